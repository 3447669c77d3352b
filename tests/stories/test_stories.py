"""What happened to a sale or a receipt, told in order and in the shop's words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from payme.kit.db.transaction import Scope, Tx
from payme.stories import NothingToTell, Story, rules, services, tell
from payme.stories.models import Event
from tests.reconciliation.conftest import Day, books, clock, day, shop
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop
from tests.support.web import a_client, an_app

__all__ = ["books", "clock", "day", "shop"]


def sentences(story: Story) -> list[str]:
    return [line.sentence for line in story.lines]


async def test_a_cash_sale_is_told_from_the_shelf_to_the_drawer(shop: Shop) -> None:
    sugar = await has_stock(shop)
    sold = (await opens_sale(shop, (sugar, "2"), cash="500")).sale

    story = await shop.transact(tell, str(sold.number))

    assert (story.title, story.sale_id, story.is_cut) == (f"Sale {sold.number}", sold.id, False)
    told = sentences(story)
    assert f"Rung up as number {sold.number} for KES 300.00: 2 at 150.00." in told
    assert "Goods left the shelf: 2.000 (left 8.000)." in told
    assert "KES 300.00 in cash, change 200.00." in told
    assert "The token is spent; 9 left." in told
    assert "Completed: KES 300.00." in told
    assert {line.who for line in story.lines} == {"Cashier"}
    assert await shop.transact(tell, f" #{sold.number} ") == await shop.transact(tell, str(sold.id)) == story


async def test_everything_of_a_day_can_be_told(day: Day) -> None:
    async def things(tx: Tx) -> list[Any]:
        return [row["thing"] for row in await tx.records(
            """SELECT id::text AS thing FROM sales WHERE business_id = $1
                UNION ALL SELECT receipt FROM money_in WHERE business_id = $1""", tx.business_id)]  # fmt: skip

    told = []
    for thing in await day.shop.transact(things):
        story = await day.shop.transact(tell, thing)
        assert story.lines
        told += list(story.lines)
    assert {line.action for line in told} >= rules._WORDS.keys()  # noqa: SLF001  each has words, and all are told


async def test_a_receipt_tells_the_story_of_the_sale_that_it_paid(day: Day) -> None:
    async def paid_by_phone(tx: Tx) -> tuple[str, UUID]:
        (row,) = await tx.records(
            """SELECT receipt, sale_id FROM money_in JOIN allocations AS given ON given.money_in_id = money_in.id
                WHERE given.business_id = $1 AND money_in.business_id = $1 AND given.purpose = 'sale' LIMIT 1""",
            tx.business_id,
        )
        return row["receipt"], row["sale_id"]

    receipt, sale_id = await day.shop.transact(paid_by_phone)
    story = await day.shop.transact(tell, receipt.lower())

    assert (story.title, story.sale_id) == (f"M-PESA receipt {receipt}", sale_id)
    assert any(f"M-PESA receipt {receipt}" in sentence for sentence in sentences(story))
    assert any(sentence.startswith("Rung up") for sentence in sentences(story))


async def test_a_long_story_is_cut(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LINES_MAX", 3)
    sugar = await has_stock(shop)
    sold = (await opens_sale(shop, (sugar, "1"), cash="150")).sale

    story = await shop.transact(tell, str(sold.number))

    assert (len(story.lines), story.is_cut) == (3, True)


@pytest.mark.parametrize("asked", ["7777777", "UKL7A2B9XC", "1c755a07-c70d-445a-aede-abd7602dd8ab", "?", " "])
async def test_what_is_not_there_is_not_told(shop: Shop, asked: str) -> None:
    with pytest.raises(NothingToTell):
        await shop.database.transact(Scope.system("test", shop.business_id), tell, asked)


def test_what_has_no_words_says_its_figures() -> None:
    facts = {"amount": "5.00", "parts": [], "seen": True, "note": ""}
    event = Event(uuid4(), datetime.now(UTC), "Asha", "late_money", uuid4(), facts)
    assert rules.line_of(event).sentence == "Late money: amount 5.00."
    assert rules.line_of(replace(event, facts={})).sentence == "Late money."


async def test_the_manager_reads_a_story_and_the_cashier_does_not(shop: Shop) -> None:
    sugar = await has_stock(shop)
    sold = (await opens_sale(shop, (sugar, "1"), cash="150")).sale
    path = f"/v1/businesses/{shop.business_id}/{{}}/{sold.id}/story"
    async with a_client(an_app(shop.database), token=shop.person("manager").token) as manager:
        told = await manager.get(path.format("sales"))
        assert (told.status_code, told.json()["title"]) == (200, f"Sale {sold.number}")
        other = await manager.get(f"/v1/businesses/{shop.business_id}/money-in/{uuid4()}/story")
        assert (other.status_code, other.json()["code"]) == (404, "nothing_to_tell")
    async with a_client(an_app(shop.database), token=shop.person("cashier").token) as cashier:
        assert (await cashier.get(path.format("sales"))).status_code == 403
