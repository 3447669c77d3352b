"""The application over a real database, and a shop to ask about."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from payme.kit.db.transaction import Database
from tests.support.shops import Shop, make_shop
from tests.support.web import a_client, an_app


@pytest.fixture(scope="session")
def app(database: Database) -> FastAPI:
    return an_app(database)


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with a_client(app) as client:
        yield client


@pytest.fixture(scope="session")
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def owner(app: FastAPI, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(app, token=shop.owner.token) as client:
        yield client
