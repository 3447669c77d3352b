"""Closing time of a shop: customers pay what they owe, goods come back, and every drawer is counted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Final
from uuid import UUID

from payme.app.commands.demo.till import Answer, Person, Premises
from payme.kit.money import CENT

FLOAT: Final = Decimal("2000.00")
MISSING: Final = Decimal(5)
"""So much is missing in the first drawer of a shop: a coin under the counter."""
TERMS_DAYS: Final = 14
_NOTES: Final = (1000, 500, 200, 100, 50, 40, 20, 10, 5, 1)


@dataclass(frozen=True, slots=True)
class Regular:
    """A customer with a credit account."""

    customer_id: UUID
    phone: str


@dataclass(slots=True)
class Today:
    """What a shop remembers of its day: who may owe something, and sales of which goods may come back."""

    regulars: list[Regular] = field(default_factory=list)
    drawers: list[UUID] = field(default_factory=list)
    """One for each cashier."""
    sold: dict[str, UUID] = field(default_factory=dict)
    """A completed sale of each course that may be given back."""


Pays = Callable[[Person, Answer], Awaitable[str]]
LooksAgain = Callable[[Person, UUID], Awaitable[Answer]]


class Closing:
    """What is left to do when the last customer was served."""

    def __init__(
        self, premises: Premises, manager: Person, cashiers: Sequence[Person], pays: Pays, looks_again: LooksAgain
    ) -> None:
        """``pays`` waits for the end of a request to pay, ``looks_again`` notes how a sale stands now."""
        self._premises = premises
        self._manager = manager
        self._cashiers = cashiers
        self._pays = pays
        self._looks_again = looks_again

    async def close(self, today: Today) -> None:
        """Close the shop. Raises ServerSaid."""
        for sale_id in today.sold.values():
            await self._take_goods_back(sale_id)
        await self._collect(today.regulars)
        day = ""
        for place, drawer_id in enumerate(today.drawers):
            missing = Decimal(0) if place else MISSING
            day = await self._count_drawer(drawer_id, self._cashiers[place], missing)
        await self._manager.do(self._premises.path("z-reports"), {"business_day": day}, once=True)

    async def _take_goods_back(self, sale_id: UUID) -> None:
        sale = await self._looks_again(self._manager, sale_id)
        first = _items(sale)[0]
        line = {
            "line": 1,
            "quantity": str(min(Decimal(str(first["quantity"])), Decimal(1))),
            "condition": "restock",
            "reason": "the customer has enough of it at home",
        }
        await self._manager.do(self._premises.path(f"sales/{sale_id}/returns"), {"lines": [line]}, once=True)
        await self._looks_again(self._manager, sale_id)

    async def _collect(self, regulars: Sequence[Regular]) -> None:
        """Let the first who owes anything bring half of it, and the last pay half of it by M-Pesa."""
        owing = [(regular, owed) for regular in regulars if (owed := await self._owed(regular))]
        if not owing:
            return
        regular, owed = owing[0]
        amount = {"amount": str(max((owed / 2).quantize(CENT), CENT))}
        await self._cashiers[0].do(self._account(regular, "repayments"), amount, once=True)
        regular, _ = owing[-1]
        whole = ((await self._owed(regular)) / 2).quantize(Decimal(1), ROUND_DOWN)
        if whole:
            asked = {"phone": regular.phone, "amount": str(whole)}
            payment = await self._cashiers[-1].do(self._account(regular, "mpesa"), asked, once=True)
            await self._pays(self._cashiers[-1], payment)

    async def _owed(self, regular: Regular) -> Decimal:
        return (await self._manager.read(self._account(regular))).money("balance_due")

    def _account(self, regular: Regular, rest: str = "") -> str:
        path = self._premises.path(f"customers/{regular.customer_id}/credit-account")
        return f"{path}/{rest}" if rest else path

    async def _count_drawer(self, drawer_id: UUID, cashier: Person, missing: Decimal) -> str:
        """Count notes and coins; cents are no coins, so they are missing too. Returns the day of the Z report."""
        path = self._premises.path(f"drawers/{drawer_id}")
        expected = {
            str(total["tender"]): Decimal(str(total["expected"])) for total in _totals(await self._manager.read(path))
        }
        found = max(expected["cash"] - missing, Decimal(0))
        body = {"cash": _pieces(int(found)), "mpesa": str(expected.get("mpesa", Decimal("0.00")))}
        await cashier.do(f"{path}/count", body, once=True)
        return (await self._manager.read(f"{path}/report")).text("business_day")


def _items(sale: Answer) -> Sequence[Mapping[str, object]]:
    items = sale.body["items"]
    assert isinstance(items, list), "a sale has lines"  # noqa: S101
    return items


def _totals(drawer: Answer) -> Sequence[Mapping[str, object]]:
    totals = drawer.body["totals"]
    assert isinstance(totals, list), "a manager sees what should be there"  # noqa: S101
    return totals


def _pieces(amount: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for note in _NOTES:
        pieces, amount = divmod(amount, note)
        if pieces:
            found.append({"denomination": f"{note}.00", "pieces": pieces})
    return found
