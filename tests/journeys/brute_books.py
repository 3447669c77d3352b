"""A shop's books kept by hand: dicts, lists and Decimal, and nothing of the product.

Every rule stands here a second time, in the plainest words: first in, first out; who owes what until when; which debt
money pays; how money goes back; what must lie in the drawer. It refuses by returning None.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NOTHING = Decimal(0)
BUCKETS = (("current", 0), ("days_1_30", 30), ("days_31_60", 60), ("days_61_90", 90))

Entry = tuple[Decimal, Decimal, Decimal, Decimal]
"""The change of the debt and what is owed then; the change of the customer's credit and what it is then."""


@dataclass
class Batch:
    """A delivery of one product."""

    cost: Decimal
    left: Decimal


@dataclass
class Line:
    """A line that was sold, the batches it took, oldest first, and how much of it came back."""

    code: str
    quantity: Decimal
    total: Decimal
    took: list[tuple[Batch, Decimal]]
    back: Decimal = NOTHING

    def worth(self, back: Decimal) -> Decimal:
        """What a part of the line was sold for, to the cent."""
        return (self.total * back / self.quantity).quantize(CENT, ROUND_HALF_UP)


@dataclass
class Sold:
    """A sale: what was paid in cash and what went on the account, less what was given back."""

    customer: str
    lines: list[Line]
    cash: Decimal
    credit_used: Decimal = NOTHING
    debt: Decimal = NOTHING
    repaid: Decimal = NOTHING
    outstanding: Decimal = NOTHING
    written_off: Decimal = NOTHING
    never_paid: Decimal = NOTHING
    """Of what was written off: goods of this worth did not come back yet."""
    due_on: date = date.max
    on_account: Decimal = NOTHING
    returned: Decimal = NOTHING
    cost_back: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), NOTHING)

    @property
    def cost(self) -> Decimal:
        return sum((part * batch.cost for line in self.lines for batch, part in line.took), NOTHING)


@dataclass
class Account:
    """What one customer may owe, owes, and has coming; and every change of it."""

    limit: Decimal
    terms_days: int
    due: Decimal = NOTHING
    credit: Decimal = NOTHING
    ledger: list[Entry] = field(default_factory=list)

    def change(self, due: Decimal = NOTHING, credit: Decimal = NOTHING) -> None:
        if due or credit:
            self.due += due
            self.credit += credit
            self.ledger.append((due, self.due, credit, self.credit))


@dataclass
class Back:
    """How the money of goods that came back was given back."""

    amount: Decimal
    off_debt: Decimal
    to_credit: Decimal
    cash: Decimal
    given_up: Decimal
    """Had been owed and was written off: nobody gets it."""


@dataclass
class Takings:
    """The figures of a day."""

    revenue: Decimal = NOTHING
    cost: Decimal = NOTHING
    returned: Decimal = NOTHING
    cost_back: Decimal = NOTHING
    spoiled: Decimal = NOTHING
    cash: Decimal = NOTHING
    on_account: Decimal = NOTHING
    cash_back: Decimal = NOTHING
    drawer: Decimal = NOTHING

    @property
    def gross_profit(self) -> Decimal:
        return (self.revenue - self.returned) - (self.cost - self.cost_back)


class BruteBooks:
    """The books of one shop."""

    def __init__(self) -> None:
        self.shelf: dict[str, list[Batch]] = defaultdict(list)
        self.accounts: dict[str, Account] = {}
        self.sales: dict[str, Sold] = {}
        self.days: dict[date, Takings] = defaultdict(Takings)
        self.counts: Counter[str] = Counter()

    # Goods

    def deliver(self, code: str, quantity: Decimal, cost: Decimal) -> None:
        self.shelf[code].append(Batch(cost, quantity))

    def left(self, code: str) -> Decimal:
        return sum((batch.left for batch in self.shelf[code]), NOTHING)

    def stock_value(self) -> Decimal:
        return sum((batch.left * batch.cost for batches in self.shelf.values() for batch in batches), NOTHING)

    def gross_profit(self) -> Decimal:
        return sum((day.gross_profit for day in self.days.values()), NOTHING)

    def _take(self, code: str, quantity: Decimal) -> list[tuple[Batch, Decimal]]:
        took = []
        for batch in self.shelf[code]:
            part = min(batch.left, quantity)
            if part:
                batch.left -= part
                quantity -= part
                took.append((batch, part))
        assert not quantity, f"{code} is not there"
        return took

    # Sales

    def sell(self, sale: str, customer: str, lines: list[tuple[str, Decimal, Decimal]], day: date) -> Sold:
        """Sell lines (code, quantity, total) for cash; what is not paid so goes on the account afterwards."""
        sold = Sold(
            customer,
            [Line(code, quantity, total, self._take(code, quantity)) for code, quantity, total in lines],
            NOTHING,
        )
        self.sales[sale] = sold
        figures = self.days[day]
        figures.revenue += sold.total
        figures.cost += sold.cost
        return sold

    def take_cash(self, sale: str, amount: Decimal, day: date) -> None:
        self.sales[sale].cash += amount
        self.days[day].cash += amount
        self.days[day].drawer += amount

    def open_account(self, customer: str, limit: Decimal, terms_days: int) -> Account:
        self.accounts[customer] = Account(limit, terms_days)
        return self.accounts[customer]

    def passes_limit(self, customer: str, amount: Decimal) -> bool:
        account = self.accounts[customer]
        owed = amount - min(account.credit, amount)
        return owed > 0 and account.due + owed > account.limit

    def put_on_account(self, sale: str, amount: Decimal, day: date) -> None:
        """Use the customer's credit first; the rest is owed until the terms have passed."""
        sold, account = self.sales[sale], self.accounts[self.sales[sale].customer]
        sold.credit_used = min(account.credit, amount)
        sold.debt = sold.outstanding = amount - sold.credit_used
        sold.on_account = amount
        self.days[day].on_account += amount
        sold.due_on = day + timedelta(days=account.terms_days)
        account.change(credit=-sold.credit_used)
        account.change(due=sold.debt)

    # Money against debts

    def debts(self, customer: str) -> list[str]:
        """What a customer owes, what is due first first; of one day, what was bought first."""
        open_ones = [(sold.due_on, place, sale) for place, (sale, sold) in enumerate(self.sales.items())
                     if sold.customer == customer and sold.outstanding]  # fmt: skip
        return [sale for *_, sale in sorted(open_ones)]

    def repay(self, customer: str, amount: Decimal, named: str | None, day: date) -> None:
        in_order = self.debts(customer)
        if named is not None:
            in_order = [named, *(sale for sale in in_order if sale != named)]
        rest = amount
        for sale in in_order:
            part = min(rest, self.sales[sale].outstanding)
            self.sales[sale].outstanding -= part
            self.sales[sale].repaid += part
            rest -= part
        self.accounts[customer].change(due=rest - amount, credit=rest)
        self.days[day].drawer += amount

    def write_off(self, sale: str) -> Decimal:
        sold = self.sales[sale]
        given_up, sold.outstanding = sold.outstanding, NOTHING
        sold.written_off += given_up
        sold.never_paid += given_up
        self.accounts[sold.customer].change(due=-given_up)
        return given_up

    # Goods that come back

    def bring_back(self, sale: str, parts: list[tuple[int, Decimal, bool]], day: date) -> Back:
        """Take parts (line, quantity, whether spoiled) back into the batches they came from, last taken first."""
        sold, figures = self.sales[sale], self.days[day]
        amount = NOTHING
        for place, quantity, spoiled in parts:
            line = sold.lines[place]
            assert line.back + quantity <= line.quantity
            amount += line.worth(line.back + quantity) - line.worth(line.back)
            skip, rest = line.back, quantity
            for batch, took in reversed(line.took):
                skipped = min(skip, took)
                part = min(took - skipped, rest)
                skip -= skipped
                rest -= part
                sold.cost_back += part * batch.cost
                figures.cost_back += part * batch.cost
                if spoiled:
                    figures.spoiled += part * batch.cost
                else:
                    batch.left += part
            line.back += quantity
        back = self._give_back(sold, amount)
        figures.returned += amount
        figures.cash_back += back.cash
        figures.drawer -= back.cash
        sold.returned += amount
        return back

    def _give_back(self, sold: Sold, amount: Decimal) -> Back:
        """Off the debt of that very sale, then what nobody paid, then what was paid through the account, then cash."""
        off = min(amount, sold.outstanding)
        sold.outstanding -= off
        given_up = min(amount - off, sold.never_paid)
        sold.never_paid -= given_up
        rest = amount - off - given_up
        to_credit = min(rest, sold.repaid + sold.credit_used)
        from_repaid = min(to_credit, sold.repaid)
        sold.repaid -= from_repaid
        sold.credit_used -= to_credit - from_repaid
        cash = rest - to_credit
        assert cash <= sold.cash
        sold.cash -= cash
        if off or to_credit:
            self.accounts[sold.customer].change(due=-off, credit=to_credit)
        return Back(amount, off, to_credit, cash, given_up)

    # Reports

    def ageing(self, today: date) -> dict[str, dict[str, Decimal]]:
        """What each customer owes, by how many days it is overdue."""
        found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: NOTHING))
        for sold in self.sales.values():
            if sold.outstanding:
                late = (today - sold.due_on).days
                bucket = next((name for name, days in BUCKETS if late <= days), "over_90")
                found[sold.customer][bucket] += sold.outstanding
        return found
