"""A payment says why money is collected, and names a sale exactly where that is the reason."""

import asyncpg
import pytest

from payme.kit.db.transaction import Database, Tx
from payme.payments import PaymentFor
from tests.support.daraja import Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


async def test_a_payment_for_a_sale_says_so(counter: Counter) -> None:
    opened = await opens_sale(counter.shop, (await has_stock(counter.shop), "1"))

    payment = await counter.asks(opened.sale.id)

    assert (payment.purpose, payment.sale_id) == (PaymentFor.SALE, opened.sale.id)


@pytest.mark.parametrize(
    ("purpose", "names_sale"), [("sale", False), ("tokens", True), ("test", True), ("gift", False)]
)
async def test_a_purpose_and_a_sale_go_together(counter: Counter, purpose: str, *, names_sale: bool) -> None:
    opened = await opens_sale(counter.shop, (await has_stock(counter.shop), "1"))

    async def book(tx: Tx) -> None:
        await tx.records(
            """
            INSERT INTO payments (business_id, id, purpose, sale_id, method, state, amount, phone, shortcode,
                                  account_reference, deadline_at, request_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, 'mpesa', 'created', 1, '254712345678', '174379', 'PURPOSE', $5, 'test', $5, $5)
            """,
            tx.business_id,
            tx.new_id(),
            purpose,
            opened.sale.id if names_sale else None,
            tx.now,
        )

    with pytest.raises(asyncpg.CheckViolationError):
        await counter.shop.transact(book)
