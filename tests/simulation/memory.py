"""What people remember of what they were told, and what follows from it: goods that are left, cash in drawers, debts.

It is reckoned from answers alone, also from those that were kept and never arrived, and shares no figure with the
product's own ledgers.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from payme.credit import CreditAccount, Repaid
from payme.customers import Customer
from payme.drawers import DrawerState, DrawerView, Tender
from payme.kit.db.idempotency import StoredAnswer
from payme.payments import Payment, PaymentMethod
from payme.returns import MoneyBack, ReturnView, VoidState, VoidView, Way
from payme.sales import Condition, SaleState, SaleView
from payme.sales.types import MOVES
from payme.stock import Batch
from payme.write_offs import WriteOff, WriteOffState
from tests.simulation.ground import Ground

ZERO = Decimal("0.00")
GONE = frozenset({SaleState.CANCELLED, SaleState.VOIDED})


def told(kind: str, **said: object) -> StoredAnswer:
    """Answer with what a till needs to know."""
    return StoredAnswer(201, json.dumps({"kind": kind, **said}, default=str))


def heard(reply: StoredAnswer) -> dict[str, Any]:
    """Read an answer."""
    said = json.loads(reply.body)
    assert isinstance(said, dict)
    return said


def tell_sale(view: SaleView, drawer_id: UUID | None = None) -> StoredAnswer:
    """Answer with a sale: what it is, what was paid for it how, and which drawer was named for the cash."""
    sale = view.sale
    return told(
        "sale",
        id=sale.id,
        state=sale.state,
        number=sale.number,
        due=sale.balance_due,
        cash=[(part.id, part.amount) for part in view.payments if part.method is PaymentMethod.CASH],
        drawer=drawer_id,
        customer=sale.customer_id,
        on_account=sale.on_account,
        lines=[(item.line, item.product_id, item.quantity) for item in view.items],
    )


def tell_return(view: ReturnView) -> StoredAnswer:
    """Answer with what came back, and how its money goes back."""
    return told(
        "return",
        id=view.document.id,
        sale=view.document.sale_id,
        state=view.document.sale_state,
        lines=[(line.product_id, line.quantity, line.condition) for line in view.lines],
        cash=_by(view.money_back, Way.CASH),
        off_debt=_by(view.money_back, Way.DEBT),
        to_credit=_by(view.money_back, Way.CUSTOMER_CREDIT),
        refunds=[part.refund_id for part in view.money_back if part.refund_id is not None],
    )


def tell_void(view: VoidView) -> StoredAnswer:
    """Answer with a void, which is done or waits for somebody else."""
    return told("void", id=view.document.id, sale=view.document.sale_id, state=view.document.state)


def tell_repaid(repaid: Repaid) -> StoredAnswer:
    """Answer with money that was counted against an account."""
    payment = repaid.payment
    return told("repaid", id=payment.payment_id, customer=repaid.account.customer_id, amount=payment.amount)


def tell_debt_prompt(payment: Payment, customer_id: UUID) -> StoredAnswer:
    """Answer with a request to a phone, and whose debts it is for."""
    return told("debt_prompt", reference=payment.account_reference, customer=customer_id)


def tell_account(account: CreditAccount) -> StoredAnswer:
    """Answer with what is agreed."""
    return told("account", state=account.state)


def tell_merged(customer: Customer, duplicate_id: UUID) -> StoredAnswer:
    """Answer with who stayed of two customers."""
    return told("merged", stays=customer.id, goes=duplicate_id)


def tell_write_off(write_off: WriteOff) -> StoredAnswer:
    """Answer with a wish to give a debt up, and what became of it."""
    return told("write_off", id=write_off.id, sale=write_off.sale_id, state=write_off.state, amount=write_off.amount)


def _by(money_back: Iterable[MoneyBack], way: Way) -> Decimal:
    return sum((part.amount for part in money_back if part.way is way), ZERO)


def tell_delivery(batches: list[Batch]) -> StoredAnswer:
    """Answer with what came in."""
    return told("delivery", lines=[(batch.product_id, batch.quantity_received) for batch in batches])


def tell_drawer(view: DrawerView, moved: Decimal = ZERO) -> StoredAnswer:
    """Answer with a drawer, and with the cash that was just put in, or taken out where it is less than 0."""
    counted = view.drawer.state is not DrawerState.OPEN
    (cash,) = [total.expected for total in view.totals if total.tender is Tender.CASH] if counted else (None,)
    drawer = view.drawer
    return told(
        "drawer", id=drawer.id, state=drawer.state, opening_float=drawer.opening_float, moved=moved, expected=cash
    )


def leads_to(before: str, after: str) -> bool:
    """Say whether a sale that was ``before`` can be ``after``."""
    return before == after or any(leads_to(step, after) for step in MOVES[SaleState(before)])


@dataclass
class RememberedSale:
    """What is known of a sale: what left the shelf, what was paid, how far it came."""

    business_id: str
    state: str = "open"
    cash: dict[str, Decimal] = field(default_factory=dict)
    """By payment."""
    customer: str | None = None
    on_account: Decimal = ZERO
    off_debt: Decimal = ZERO
    """What goods that came back took off the debt, or found given up."""
    to_credit: Decimal = ZERO
    given_up: Decimal = ZERO
    lines: Mapping[str, Decimal] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Drawers that were named for cash."""


@dataclass
class RememberedDrawer:
    """What is known of a drawer: what people put in and took out by hand, and what was said when it was counted."""

    by_hand: Decimal = ZERO
    opening_float: Decimal = ZERO
    expected: Decimal | None = None


class Memory:
    """Everything that everybody was told in one seed."""

    def __init__(self, delivered: Mapping[UUID, Decimal], answers: Mapping[str, str]) -> None:
        """Begin with what was ``delivered`` before, and hear all answers, by business and key."""
        self.sales: dict[str, RememberedSale] = {}
        self.drawers: dict[str, RememberedDrawer] = {}
        self.returned: dict[str, tuple[str, Decimal]] = {}
        """By return: the business, and the cash that went back."""
        self.repaid: dict[str, Decimal] = defaultdict(Decimal)
        """By customer, in cash and by claims."""
        self.repaid_cash: dict[str, tuple[str, Decimal]] = {}
        """By payment: the business, and how much."""
        self.prompts: dict[str, str] = {}
        """Customers, by the reference of what their phone was asked for."""
        self.merged: dict[str, str] = {}
        self.delivered: dict[str, Decimal] = defaultdict(Decimal)
        for product_id, quantity in delivered.items():
            self.delivered[str(product_id)] += quantity
        for key in sorted(answers):
            if answers[key].startswith("{"):
                said = json.loads(answers[key])
                getattr(self, f"_hear_{said['kind']}")(key.partition("/")[0], said)

    def _hear_sale(self, business_id: str, said: Mapping[str, Any]) -> None:
        sale = self._sale(business_id, said["id"], said["state"])
        sale.customer = said["customer"] or sale.customer
        sale.on_account = max(sale.on_account, Decimal(said["on_account"]))
        sale.cash.update({payment_id: Decimal(amount) for payment_id, amount in said["cash"]})
        sale.lines = {product_id: Decimal(quantity) for _, product_id, quantity in said["lines"]}
        if said["drawer"] is not None and said["cash"]:
            sale.named.add(said["drawer"])

    def _sale(self, business_id: str, sale_id: str, state: str) -> RememberedSale:
        sale = self.sales.setdefault(sale_id, RememberedSale(business_id))
        if leads_to(sale.state, state):
            sale.state = state
        return sale

    def _hear_return(self, business_id: str, said: Mapping[str, Any]) -> None:
        sale = self._sale(business_id, said["sale"], said["state"])
        sale.off_debt += Decimal(said["off_debt"])
        sale.to_credit += Decimal(said["to_credit"])
        self.returned[said["id"]] = business_id, Decimal(said["cash"])
        for product_id, quantity, condition in said["lines"]:
            if condition == Condition.RESTOCK:
                self.delivered[product_id] += Decimal(quantity)

    def _hear_void(self, business_id: str, said: Mapping[str, Any]) -> None:
        if said["state"] == VoidState.DONE:
            self._sale(business_id, said["sale"], SaleState.VOIDED)

    def _hear_repaid(self, business_id: str, said: Mapping[str, Any]) -> None:
        self.repaid[said["customer"]] += Decimal(said["amount"])
        if said["id"] is not None:
            self.repaid_cash[said["id"]] = business_id, Decimal(said["amount"])

    def _hear_debt_prompt(self, business_id: str, said: Mapping[str, Any]) -> None:
        self.prompts[said["reference"]] = said["customer"]

    def _hear_account(self, business_id: str, said: Mapping[str, Any]) -> None:
        """What is agreed moves no money."""

    def _hear_merged(self, business_id: str, said: Mapping[str, Any]) -> None:
        self.merged[said["goes"]] = said["stays"]

    def _hear_write_off(self, business_id: str, said: Mapping[str, Any]) -> None:
        if said["state"] == WriteOffState.APPROVED:
            self._sale(business_id, said["sale"], "open").given_up = Decimal(said["amount"])

    def owed(self, paid: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return what each person owes, less what the shop owes them; ``paid`` is M-Pesa money by its reference."""
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for sale in self.sales.values():
            if sale.customer is not None and sale.state not in GONE:
                left = sale.on_account - sale.to_credit - sale.off_debt - sale.given_up
                owed[self._person(sale.customer)] += left
        for customer, amount in self.repaid.items():
            owed[self._person(customer)] -= amount
        for reference, customer in self.prompts.items():
            owed[self._person(customer)] -= paid.get(reference, ZERO)
        return owed

    def doubt(self) -> dict[str, Decimal]:
        """Return how much more each person may owe: it was not told if goods came back before a debt was given up.

        What came back after its debt was given up took off nothing that anybody owed.
        """
        doubt: dict[str, Decimal] = defaultdict(Decimal)
        for sale in self.sales.values():
            if sale.customer is not None and sale.state not in GONE:
                doubt[self._person(sale.customer)] += min(sale.off_debt, sale.given_up)
        return doubt

    def _person(self, customer: str) -> str:
        while customer in self.merged:
            customer = self.merged[customer]
        return customer

    def _hear_delivery(self, business_id: str, said: Mapping[str, Any]) -> None:
        for product_id, quantity in said["lines"]:
            self.delivered[product_id] += Decimal(quantity)

    def _hear_drawer(self, business_id: str, said: Mapping[str, Any]) -> None:
        drawer = self.drawers.setdefault(said["id"], RememberedDrawer())
        drawer.opening_float = Decimal(said["opening_float"])
        drawer.by_hand += Decimal(said["moved"])
        if said["expected"] is not None:
            drawer.expected = Decimal(said["expected"])

    async def disagreements(
        self, ground: Ground, drawer_shops: set[UUID], paid: Mapping[str, Decimal]
    ) -> Iterator[str]:
        """Compare with the database: what is left of each product, what each drawer should hold, what people owe."""
        found = [*await self._goods(ground), *await self._drawers(ground), *await self._debts(ground, paid)]
        for business_id in sorted(drawer_shops):
            found += await self._cash(ground, business_id)
        return iter(found)

    async def _goods(self, ground: Ground) -> list[str]:
        left = dict(self.delivered)
        for sale in self.sales.values():
            if sale.state not in GONE:
                for product_id, quantity in sale.lines.items():
                    left[product_id] -= quantity
        rows = await ground.judge.fetch(
            "SELECT product_id, sum(quantity_available) AS left FROM stock_batches GROUP BY 1 ORDER BY 1"
        )
        return [
            f"{row['left']} of product {row['product_id']} are left, and by what people were told {left[product_id]}"
            for row in rows
            if (product_id := str(row["product_id"])) and left[product_id] != row["left"]
        ]

    async def _debts(self, ground: Ground, paid: Mapping[str, Decimal]) -> list[str]:
        owed, doubt = self.owed(paid), self.doubt()
        rows = await ground.judge.fetch(_DEBTS)
        return [
            f"{row['owed']} is owed by customer {person}, and by what people were told {owed[person]}"
            for row in rows
            if (person := str(row["customer_id"])) and not owed[person] <= row["owed"] <= owed[person] + doubt[person]
        ] + [
            f"customer {person} has no account and owes {owed[person]}"
            for person in sorted(set(owed) - {str(row["customer_id"]) for row in rows})
            if owed[person]
        ]

    async def _drawers(self, ground: Ground) -> list[str]:
        found = []
        for row in await ground.judge.fetch(_DRAWERS):
            known = self.drawers.get(str(row["id"]), RememberedDrawer())
            by_hand = known.opening_float + known.by_hand
            if row["by_hand"] != by_hand or row["expected"] != by_hand + row["in_trade"]:
                found.append(f"drawer {dict(row)} should hold {by_hand} and what was sold for")
            if known.expected is not None and known.expected != row["expected"]:
                found.append(f"drawer {dict(row)} was counted against {known.expected}")
            if row["alone"]:
                found.append(f"drawer {dict(row)} was closed by one person alone")
        return found

    async def _cash(self, ground: Ground, business_id: UUID) -> list[str]:
        """Compare each time that cash moved with the drawer that counted it: in this shop one always does."""
        shop = str(business_id)
        mine = [(sale_id, sale) for sale_id, sale in sorted(self.sales.items()) if sale.business_id == shop]
        truly = {
            ("returned", return_id): cash for return_id, (of, cash) in self.returned.items() if of == shop and cash
        }
        truly |= {("repayment", payment_id): cash for payment_id, (of, cash) in self.repaid_cash.items() if of == shop}
        for sale_id, sale in mine:
            truly |= {("sale", payment_id): amount for payment_id, amount in sale.cash.items()}
            if sale.state in GONE and sale.cash:
                truly["cancelled", sale_id] = sum(sale.cash.values(), ZERO)
        counted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        into: dict[str, str] = {}
        for row in await ground.judge.fetch(_CASH, business_id):
            counted[row["kind"], str(row["source_id"])] += row["amount"]
            into[str(row["source_id"])] = str(row["drawer_id"])
        found = [
            f"of {' '.join(moved)} drawers count {counted.get(moved, ZERO)}, and it was {truly.get(moved, ZERO)}"
            for moved in sorted(truly.keys() | counted.keys())
            if counted.get(moved, ZERO) != truly.get(moved, ZERO)
        ]
        return found + [
            f"no cash of sale {sale_id} went into the drawer {drawer_id} that was named"
            for sale_id, sale in mine
            for drawer_id in sorted(sale.named - {into.get(payment_id) for payment_id in sale.cash})
        ]


_DRAWERS = """
    SELECT drawer.id, drawer.state, total.expected, total.counted,
           coalesce(sum(CASE movement.kind WHEN 'float' THEN amount WHEN 'cash_in' THEN amount
                                           WHEN 'cash_out' THEN -amount ELSE 0 END), 0) AS by_hand,
           coalesce(sum(CASE WHEN movement.kind IN ('sale', 'repayment') THEN amount
                             WHEN movement.kind IN ('cancelled', 'returned', 'refunded') THEN -amount ELSE 0 END), 0)
           AS in_trade,
           drawer.state = 'closed' AND abs(total.counted - total.expected) > book.cash_allowance
           AND (drawer.approved_by IS NULL OR drawer.approved_by = drawer.counted_by) AS alone
      FROM drawers AS drawer
      JOIN drawer_totals AS total ON total.drawer_id = drawer.id AND total.tender = 'cash'
      JOIN drawer_books AS book ON book.business_id = drawer.business_id
      LEFT JOIN drawer_movements AS movement
        ON movement.drawer_id = drawer.id AND movement.tender = 'cash' AND NOT movement.after_closing
     GROUP BY drawer.id, drawer.state, drawer.approved_by, drawer.counted_by, total.expected, total.counted,
              book.cash_allowance
     ORDER BY drawer.id
"""
_DEBTS = """
    SELECT customer_id, balance_due - customer_credit AS owed
      FROM credit_accounts WHERE merged_into IS NULL ORDER BY customer_id
"""
_CASH = """
    SELECT source_id, drawer_id, kind, sum(amount) AS amount
      FROM drawer_movements
     WHERE business_id = $1 AND tender = 'cash' AND kind IN ('sale', 'repayment', 'cancelled', 'returned')
     GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3
"""
