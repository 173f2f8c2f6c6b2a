"""Python imports this first if PYTHONPATH has the folder: a connection is an error."""

import sys
from typing import Any

#: Events of the socket module. An address of the internet is a tuple; one of this machine is text.
WATCHED = ("socket.connect", "socket.sendto", "socket.bind", "socket.getaddrinfo")


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise an error for what leaves this machine."""
    if event in WATCHED and (event == "socket.getaddrinfo" or isinstance(arguments[1], tuple)):
        raise RuntimeError(f"the network is used: {event} {arguments[1:]}")


sys.addaudithook(refuse)
