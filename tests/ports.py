"""A port for a server that must know its own before it listens, or listen on it again."""

from __future__ import annotations

import random
import socket

#: Below what Linux gives out by itself: between the choice and the first ``listen`` one of the
#: thousands of connections that tests open may be given a port from there.
_PORTS = range(15_000, 32_000)


def free_port() -> int:
    """A port nobody listens on, and that nobody is given unasked."""
    draw = random.Random()  # each process of the tests its own, whatever seed a test has set
    for port in draw.sample(_PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("a hundred ports drawn by chance were all in use")
