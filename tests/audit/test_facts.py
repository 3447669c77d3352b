"""How an event becomes facts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from payme.audit import facts_of
from payme.kit.db.transaction import Database, Tx
from payme.kit.events import Event
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop

ID = UUID(int=1)


@dataclass(frozen=True)
class Part:
    amount: Decimal


@dataclass(frozen=True)
class GoodsCounted(Event):
    amount: Decimal
    product_id: UUID | None
    at: datetime
    on: date
    seen: bool
    number: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Muddle(Event):
    what: object


def test_facts_are_json_with_exact_figures() -> None:
    event = GoodsCounted(
        subject_id=ID,
        amount=Decimal("0.10"),
        product_id=None,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        on=date(2026, 11, 22),
        seen=True,
        number=3,
        parts=(Part(Decimal("1.50")),),
    )

    assert GoodsCounted.action() == "goods_counted"
    assert facts_of(event) == {
        "amount": "0.10",
        "product_id": None,
        "at": "2026-11-22T00:00:00+00:00",
        "on": "2026-11-22",
        "seen": True,
        "number": 3,
        "parts": [{"amount": "1.50"}],
    }


def test_an_event_carries_no_float_and_no_dict() -> None:
    for what in (1.5, {"a": 1}, object()):
        with pytest.raises(TypeError):
            facts_of(Muddle(ID, what))


async def test_a_sale_leaves_who_what_and_how_much(database: Database) -> None:
    shop = await make_shop(database)
    sugar = await has_stock(shop)
    sold = await opens_sale(shop, (sugar, "2"), cash="300.00")

    async def entries(tx: Tx) -> dict[str, tuple[str, UUID]]:
        rows = await tx.records(
            "SELECT action, actor_name, user_id FROM audit_entries WHERE business_id = $1 AND at = $2",
            tx.business_id,
            sold.sale.opened_at,
        )
        return {row["action"]: (row["actor_name"], row["user_id"]) for row in rows}

    found = await shop.transact(entries)

    assert set(found) == {
        "sale_opened",
        "sale_completed",
        "sale_paid",
        "cash_taken",
        "stock_taken",
        "token_reserved",
        "token_charged",
        "tokens_low",
    }
    assert set(found.values()) == {("cashier", shop.person("cashier").user_id)}
