"""Ports: taken before anything else is started, so that a taken one is told at once."""

import errno
import socket

from payme.app.advice import Advice

BACKLOG = 2048


class PortUnavailable(Advice):
    """Nobody can listen there; the message says which port and which setting changes it."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Listen on a port (0: any free one), so that nobody else can; ``setting`` names the variable that changes it.

    Raises PortUnavailable.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as unknown:
        raise PortUnavailable(f"{host} is not an address of this machine: set PAYME_HOST to one.") from unknown
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortUnavailable(_advice(error, host, port, setting)) from error
    return listener


def port_of(listener: socket.socket) -> int:
    """Return the port that was taken."""
    port: int = listener.getsockname()[1]
    return port


def _advice(error: OSError, host: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. Choose another with {setting}={port + 10}, "
            f"for example: {setting}={port + 10} make run"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for root alone. Choose one above 1023 with {setting}."
    return f"Nobody can listen on {host} port {port} ({error.strerror}). Change PAYME_HOST or {setting}."
