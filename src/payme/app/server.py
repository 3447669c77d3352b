"""The web server of one process: uvicorn, with our logs and our way to stop."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from payme.app.middleware.door import Draining
from payme.app.settings import Settings
from payme.http.event_stream import ABORT
from payme.live import Streams

KEEP_ALIVE_S = 30
HEADERS_MAX_BYTES = 64 * 1024


class Protocol(HttpToolsProtocol):
    """uvicorn's, with a way to drop a connection whose reader does not read."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope[ABORT] = self.transport.abort  # type: ignore[typeddict-unknown-key]


class WebServer(uvicorn.Server):
    """Stops in order: /readyz turns 503, streams end, the door closes, running requests finish within ``drain_s``."""

    def __init__(self, config: uvicorn.Config, draining: Draining, streams: Streams, notice_s: float) -> None:
        """Wait ``notice_s`` seconds between turning 503 and closing the door."""
        super().__init__(config)
        self._draining = draining
        self._streams = streams
        self._notice_s = notice_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; uvicorn calls it after SIGTERM, SIGINT or ``should_exit``."""
        self._draining.is_on = True
        self._streams.close()
        await asyncio.sleep(self._notice_s)
        await super().shutdown(sockets)


def web_server(app: FastAPI, settings: Settings) -> WebServer:
    """Make the server of an application; ``await serve()`` runs it until a signal or ``should_exit``.

    Proxy headers are the door's business, which believes only the proxies named in the settings.
    """
    config = uvicorn.Config(
        app,
        http=Protocol,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.drain_s,
        h11_max_incomplete_event_size=HEADERS_MAX_BYTES,
    )
    return WebServer(config, app.state.draining, app.state.streams, settings.drain_notice_s)
