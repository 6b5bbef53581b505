"""The browser chat at ``/chat``: no login, no JavaScript needed, one page and one stream."""

from bot.web_channel.channel import WebChannel
from bot.web_channel.routes import add_routes

__all__ = ["WebChannel", "add_routes"]
