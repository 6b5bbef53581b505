"""Telegram, through python-telegram-bot's client but without its update machinery.

Its Updater keeps updates in memory after acknowledging them and lets one malformed update
spoil a whole batch; ours commits each raw update to the inbox first (``intake``).
"""

from bot.telegram_channel.channel import TelegramChannel
from bot.telegram_channel.settings import TelegramSettings

__all__ = ["TelegramChannel", "TelegramSettings"]
