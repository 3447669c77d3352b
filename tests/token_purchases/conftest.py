"""A shop that buys tokens."""

from decimal import Decimal

import asyncpg
import pytest

from payme import token_purchases, wallet
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database, Tx
from payme.token_purchases import TokenPurchase
from payme.token_purchases.models import Credited
from payme.wallet import Wallet
from tests.support.daraja import Counter, paid
from tests.support.shops import make_shop


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


async def tokens(counter: Counter) -> Wallet:
    return await counter.shop.transact(wallet.get_wallet)


async def pays(counter: Counter, purchase: TokenPurchase, amount: str | None = None) -> CallbackState:
    payment = await counter.payment(purchase.payment_id)
    return await counter.receives(paid(payment, amount=amount, phone=payment.phone or ""), payment)


async def purposes(counter: Counter) -> list[tuple[str, Decimal]]:
    async def read(tx: Tx) -> list[tuple[str, Decimal]]:
        rows = await tx.records(
            "SELECT purpose, amount FROM allocations WHERE business_id = $1 ORDER BY purpose", tx.business_id
        )
        return [(row["purpose"], row["amount"]) for row in rows]

    return await counter.shop.transact(read)


async def issues(counter: Counter) -> list[str]:
    async def read(tx: Tx) -> list[str]:
        rows = await tx.records(
            "SELECT kind FROM reconciliation_issues WHERE business_id = $1 ORDER BY kind", tx.business_id
        )
        return [row["kind"] for row in rows]

    return await counter.shop.transact(read)


async def books_agree(counter: Counter) -> None:
    assert await counter.shop.disagreements() == []


async def owes(counter: Counter, owner_dsn: str, owed: int) -> None:
    """Let the wallet owe tokens that were used before they were bought."""
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute(
        "UPDATE wallets SET owed_tokens = $2, balance_tokens = 0 WHERE business_id = $1",
        counter.shop.business_id,
        owed,
    )
    await connection.close()


async def settles(counter: Counter, purchase: TokenPurchase, amount: str, receipt: str = "UKK1234567") -> Credited:
    """Let evidence that a person believed bring an amount that was not asked for."""
    return await counter.shop.transact(token_purchases.receive_money, purchase.payment_id, Decimal(amount), receipt)
