"""The product's web application over a real database, called without a network."""

from collections.abc import Mapping

import httpx
from fastapi import FastAPI

from payme.app.main import create_app
from payme.app.services import AppServices
from payme.app.settings import Settings
from payme.kit.db.transaction import Database
from tests.support.shops import SECRET_KEYS

# Tests are faster than shops: limits are tested where they are the subject.
UNHURRIED = {
    "PAYME_SESSION_RATE_PER_S": "100000",
    "PAYME_SESSION_BURST": "100000",
    "PAYME_SIGN_IN_RATE_PER_S": "100000",
    "PAYME_SIGN_IN_BURST": "100000",
    "PAYME_PUSHES_PER_PHONE": "1000",
    "PAYME_PUSHES_PER_PHONE_A_DAY": "1000",
    "PAYME_PUSHES_PER_CASHIER": "0",
    "PAYME_PUSHES_PER_BUSINESS": "0",
    "PAYME_SECRET_KEYS": SECRET_KEYS,
}


def settings_of(environ: Mapping[str, str] | None = None) -> Settings:
    """Return settings with generous limits, except for what is named."""
    return Settings.from_environ({**UNHURRIED, **(environ or {})})


def an_app(database: Database, environ: Mapping[str, str] | None = None) -> FastAPI:
    """Make the application."""
    return create_app(AppServices(settings=settings_of(environ), database=database))


def a_client(app: FastAPI, *, address: str = "127.0.0.1", token: str | None = None) -> httpx.AsyncClient:
    """Call the application from an address, signed in where there is a token."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 40000)),
        base_url="http://shop.test",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
