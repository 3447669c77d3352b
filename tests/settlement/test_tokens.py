"""Money for tokens that was not their price: a person believes it, and it buys whole tokens at the package's price."""

from decimal import Decimal

import pytest

from payme import claims, money, settlement, token_purchases, wallet
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database, Tx
from payme.payments import MoneyOfPlatform
from payme.wallet import STARTING_GRANT
from tests.support.daraja import Counter, applies, callback_state, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


async def seen(tx: Tx) -> tuple[list[tuple[str, Decimal]], list[str]]:
    """What the money was for, and what a person is told."""
    parts = await tx.records(
        "SELECT purpose, amount FROM allocations WHERE business_id = $1 ORDER BY purpose", tx.business_id
    )
    issues = await tx.records(
        "SELECT kind FROM reconciliation_issues WHERE business_id = $1 ORDER BY kind", tx.business_id
    )
    return [(row["purpose"], row["amount"]) for row in parts], [row["kind"] for row in issues]


@pytest.mark.parametrize(
    ("amount", "tokens", "purposes", "issue"),
    [
        ("20", 12, [("tokens", 20)], "tokens_paid_short"),
        ("1", 0, [("unallocated", 1)], "tokens_paid_short"),
        ("80", 30, [("overpayment", 30), ("tokens", 50)], "overpayment"),
    ],
)
async def test_another_amount_buys_whole_tokens_once_a_person_believes_it(
    counter: Counter, amount: str, tokens: int, purposes: list[tuple[str, int]], issue: str
) -> None:
    shop = counter.shop
    bought = await counter.buys_tokens()
    payment = await counter.payment(bought.payment_id)
    callback_id = await counter.stores(paid(payment, amount=amount), counter.daraja.secret_of(payment))
    assert await applies(shop.database, callback_id) is CallbackState.QUARANTINED
    assert (await shop.transact(wallet.get_wallet)).balance_tokens == STARTING_GRANT

    await shop.transact(settlement.apply_quarantined, callback_id)

    assert await callback_state(shop, callback_id) is CallbackState.APPLIED
    assert (await shop.transact(wallet.get_wallet)).balance_tokens == STARTING_GRANT + tokens
    after = await shop.transact(token_purchases.get_purchase, bought.id)
    assert (after.credited_tokens, after.paid) == (tokens, Decimal(amount))
    shared, issues = await shop.transact(seen)
    assert shared == purposes
    assert issue in issues
    assert await shop.disagreements() == []


async def test_money_that_was_paid_for_tokens_pays_no_sale(counter: Counter) -> None:
    shop = counter.shop
    bought = await counter.buys_tokens()
    payment = await counter.payment(bought.payment_id)
    callback_id = await counter.stores(paid(payment, amount="1"), counter.daraja.secret_of(payment))
    await applies(shop.database, callback_id)
    await shop.transact(settlement.apply_quarantined, callback_id)
    (waiting,) = await shop.transact(money.list_unclaimed, None, None, 10)
    sale = await opens_sale(shop, (await has_stock(shop), "1"))

    with pytest.raises(MoneyOfPlatform):
        await shop.transact(claims.claim_money, waiting.id, sale.sale.id, role="cashier")
