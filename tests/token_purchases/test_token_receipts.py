"""What is written of a purchase of tokens: its audit and its receipt, for its own shop, and not to be forged."""

from dataclasses import replace

import asyncpg
import pytest

from payme import audit, token_purchases
from payme.kit.db.transaction import Database, Tx
from payme.token_purchases import (
    TokenPurchaseNotFound,
    TokenPurchaseNotPaid,
    rules,
)
from payme.token_purchases.queries import get_receipt
from tests.support.daraja import Counter, receipt_of
from tests.support.shops import Shop, make_shop
from tests.token_purchases.conftest import owes, pays


async def test_every_step_is_in_the_audit(counter: Counter) -> None:
    bought = await counter.buys_tokens()
    await pays(counter, bought)

    entries = await counter.shop.transact(audit.list_entries, bought.id, None, 10)

    assert {entry.action: entry.facts for entry in entries} == {
        "tokens_ordered": {"payment_id": str(bought.payment_id), "tokens": 30, "price": "50.00"},
        "tokens_purchased": {
            "tokens": 30,
            "settled": 0,
            "balance_before": 10,
            "balance_after": 40,
            "owed_before": 0,
            "owed_after": 0,
        },
    }


async def test_another_shops_purchase_does_not_exist(counter: Counter, database: Database) -> None:
    bought = await counter.buys_tokens()
    neighbour: Shop = await make_shop(database)

    with pytest.raises(TokenPurchaseNotFound):
        await neighbour.transact(token_purchases.get_purchase, bought.id)
    assert await neighbour.transact(token_purchases.list_purchases, None, 10) == []


async def test_a_receipt_follows_the_money(counter: Counter, owner_dsn: str) -> None:
    await owes(counter, owner_dsn, 5)
    bought = await counter.buys_tokens(850)
    with pytest.raises(TokenPurchaseNotPaid) as refusal:
        await counter.shop.transact(get_receipt, bought.id)
    assert refusal.value.facts() == {"purchase_id": bought.id, "state": "submitted"}
    await pays(counter, bought)

    receipt = await counter.shop.transact(get_receipt, bought.id)
    written = rules.receipt_text(receipt)

    payment = await counter.payment(bought.payment_id)
    assert all(len(line) <= rules.RECEIPT_WIDTH for line in written.splitlines())
    assert written.splitlines()[0].strip() == "Duka"
    assert f"Tokens {rules.number_of(bought.id)}" in written
    for said in ("850 tokens", "1,000.00", receipt_of(payment), "TOKENS CREDITED", "of them were owed"):
        assert said in written


async def test_a_receipt_shows_the_shops_phone(counter: Counter) -> None:
    bought = await counter.buys_tokens()
    await pays(counter, bought)
    receipt = await counter.shop.transact(get_receipt, bought.id)

    with_phone = rules.receipt_text(replace(receipt, buyer=replace(receipt.buyer, phone="+254700000000")))

    assert "+254700000000" in with_phone
    assert "owed" not in with_phone


async def test_a_credited_purchase_cannot_be_forged(counter: Counter) -> None:
    bought = await counter.buys_tokens()

    async def forge(tx: Tx) -> None:
        await tx.records(
            "UPDATE token_purchases SET tokens = 850 WHERE business_id = $1 AND id = $2", tx.business_id, bought.id
        )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await counter.shop.transact(forge)
