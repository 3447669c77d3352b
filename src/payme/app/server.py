"""The web server of one process: uvicorn, with our logs and our way to stop."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI

from payme.app.middleware.door import Draining
from payme.app.settings import Settings

KEEP_ALIVE_S = 30
HEADERS_MAX_BYTES = 64 * 1024


class WebServer(uvicorn.Server):
    """Stops in order: /readyz turns 503, the door closes, running requests finish within ``drain_s``, then it ends."""

    def __init__(self, config: uvicorn.Config, draining: Draining, notice_s: float) -> None:
        """Wait ``notice_s`` seconds between turning 503 and closing the door."""
        super().__init__(config)
        self._draining = draining
        self._notice_s = notice_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; uvicorn calls it after SIGTERM, SIGINT or ``should_exit``."""
        self._draining.is_on = True
        await asyncio.sleep(self._notice_s)
        await super().shutdown(sockets)


def web_server(app: FastAPI, settings: Settings) -> WebServer:
    """Make the server of an application; ``await serve()`` runs it until a signal or ``should_exit``.

    Proxy headers are the door's business, which believes only the proxies named in the settings.
    """
    config = uvicorn.Config(
        app,
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
    return WebServer(config, app.state.draining, settings.drain_notice_s)
