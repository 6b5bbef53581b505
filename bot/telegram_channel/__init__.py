"""Telegram, through python-telegram-bot's client but without its update machinery.

Its Updater keeps updates in memory after acknowledging them and lets one malformed update
spoil a whole batch; ours commits each raw update to the inbox first (``intake``).

Only the settings are imported here: the client behind ``channel`` costs a second of every start,
and most installations have no Telegram.
"""

from bot.telegram_channel.settings import TelegramSettings

__all__ = ["TelegramSettings"]
