"""A shop whose customers the tests know by name."""

import pytest

from payme.kit.db.transaction import Database
from tests.support.shops import Shop, make_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    """A shop of this test alone."""
    return await make_shop(database, paybill=False)
