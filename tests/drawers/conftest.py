"""A shop that keeps drawers."""

import pytest

from payme.kit.db.transaction import Database
from tests.support.goods import has_tokens
from tests.support.shops import Shop, make_shop


@pytest.fixture
async def shop(database: Database) -> Shop:
    """Return a shop with enough tokens to sell all day."""
    shop = await make_shop(database, paybill=False)
    await has_tokens(shop, 500)
    return shop
