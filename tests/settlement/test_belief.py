"""Which callbacks are believed."""

import asyncpg
import pytest

from payme.kit.db.transaction import Database
from payme.settlement import CallbackState, rules
from payme.settlement.jobs import sweep_callbacks
from tests.support.daraja import Counter, callback_state, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop

ASKED = "254712345678"


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (None, True),
        ("", True),
        ("254712345678", True),
        ("+254 712 345678", True),
        ("2547 ***** 678", True),
        ("254712***678", True),
        ("254799***678", False),
        ("254712***679", False),
        ("254799999999", False),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", True),
    ],
)
def test_a_number_may_be_masked_but_not_another(said: str | None, fits: bool) -> None:
    assert rules.phone_fits(said, ASKED) is fits


async def test_a_callback_whose_job_was_lost_is_swept_up(database: Database, owner_dsn: str) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    counter = Counter(shop)
    payment = await counter.asks(opened.sale.id)
    secret = counter.daraja.secret_of(payment)
    fresh = await counter.stores(paid(payment), secret)
    old = await counter.stores(paid(payment), secret)

    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("UPDATE callbacks SET received_at = received_at - interval '1 minute' WHERE id = $1", old)
    await connection.close()

    swept = await sweep_callbacks(database)

    assert swept >= 1
    assert await callback_state(shop, old) is CallbackState.APPLIED
    assert await callback_state(shop, fresh) is CallbackState.RECEIVED
