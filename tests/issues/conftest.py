"""Shops whose issues are looked at."""

import pytest

from payme.kit.db.transaction import Database
from tests.support.shops import Shop, make_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


@pytest.fixture
async def other_shop(database: Database) -> Shop:
    return await make_shop(database)
