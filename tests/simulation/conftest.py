"""The ground of the simulation: a database of its own on the tests' server."""

from collections.abc import AsyncIterator

import pytest

from tests.simulation.ground import Ground, open_ground


@pytest.fixture(scope="session")
async def ground(owner_dsn: str) -> AsyncIterator[Ground]:
    async with open_ground(owner_dsn) as opened:
        yield opened
