"""The port to listen on, taken before anything slow begins.

take_port(host, port) -> socket        bound, not yet listening; raises PortTaken
"""

from __future__ import annotations

import socket


class PortTaken(OSError):
    """It cannot be bound; the text says which and what to do."""


def take_port(host: str, port: int) -> socket.socket:
    """Bind and keep it: clients are refused, not left waiting, until the server listens."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        door = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(f"{host} is no address of this machine; choose another --host.") from error
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
    except OSError as error:
        door.close()
        raise PortTaken(
            f"Port {port} on {host} cannot be used; choose another with --port."
        ) from error
    return door
