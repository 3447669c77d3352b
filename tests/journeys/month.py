"""A month of a shop that sells on credit, traded through the services and in books kept by hand at the same time.

What happens is chosen by seed from what the files tell: who pays cash, who buys on credit and up to what limit, who
pays back how much when. Whatever one of the two books refuses the other must refuse as well.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from uuid import UUID

import pytest

from payme import credit, customers, drawers, repayments, returns, sales, stock, wallet
from payme.credit import AccountDraft, CreditLimitExceeded, CreditTerms
from payme.customers import CustomerDraft
from payme.drawers import CashMove, CashPurpose, Count, MovementKind, Tender
from payme.kit.db.transaction import Scope
from payme.sales import Condition, DraftLine, MoreThanSold, SaleDraft, SaleState, WantedBack
from payme.stock import DeliveryDraft, DeliveryLine, ProductDraft
from payme.write_offs import approve_write_off, request_write_off
from tests.journeys.brute_books import CENT, NOTHING, BruteBooks
from tests.journeys.retail import NAIROBI, History, SoldLine, TakenBack, by_day
from tests.support.shops import Shop

FLOAT = Decimal(3000)
BANKED = Decimal(50_000)
LIMITS = (Decimal(5_000), Decimal(30_000), Decimal(90_000), Decimal(400_000))
TERMS = (7, 10, 14, 30)
WEEK = 7
NOTES = (1000, 500, 200, 100, 50, 40, 20, 10, 5, 1)


class MonthClock:
    """Tells the time of what is being traded."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def set(self, local: datetime) -> None:
        self.at = local.replace(tzinfo=NAIROBI).astimezone(UTC)


@dataclass(frozen=True)
class ClosedDrawer:
    """What should have been in a drawer, and what somebody found."""

    expected: Decimal
    counted: Decimal


def _pieces(amount: Decimal) -> tuple[tuple[Decimal, int], ...]:
    found, rest = [], int(amount)
    for note in NOTES:
        how_many, rest = divmod(rest, note)
        found.append((Decimal(note), how_many))
    return tuple(found)


class Month:
    """One shop, its clock, and both its books."""

    def __init__(self, shop: Shop, clock: MonthClock, history: History, seed: int) -> None:
        self.shop = shop
        self.books = BruteBooks()
        self.customers: dict[str, UUID] = {}
        self.sale_ids: dict[str, UUID] = {}
        self.closed: dict[date, ClosedDrawer] = {}
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._history = history
        self._seed = seed
        self._products: dict[str, UUID] = {}
        self._prices: dict[str, Decimal] = {}
        self._sold_to: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        self._drawer: UUID

    def _chance(self, *what: object) -> Random:
        return Random("/".join(map(str, (self._seed, *what))))

    async def trade(self) -> None:
        """Trade all days, one after the other."""
        invoices = self._history.sales()
        self._clock.set(datetime.combine(invoices[0][0].at.date(), time(6)))
        await self._fill_the_list(invoices)
        days = by_day(invoices, lambda lines: lines[0].at)
        brought = by_day(self._history.returns, lambda line: line.at)
        demand = self._demand(days)
        open_days = sorted(set(days) | set(brought))
        for day in open_days:
            self._clock.set(datetime.combine(day, time(7)))
            await self._deliver(day, demand)
            await self._open_drawer()
            await self._serve(days[day], brought[day])
            self._clock.set(datetime.combine(day, time(21)))
            if day == open_days[-1] or day.isocalendar().week != _after(open_days, day).isocalendar().week:
                await self._collect(day)
            if day in open_days[-2:]:
                await self._give_up(day)
            await self._close_drawer(day)

    async def _fill_the_list(self, invoices: Sequence[Sequence[SoldLine]]) -> None:
        for lines in invoices:
            for line in lines:
                self._prices.setdefault(line.code, line.price)
        drafts = [ProductDraft(f"Item {code}", "piece", price, sku=code) for code, price in self._prices.items()]
        for start in range(0, len(drafts), 500):
            added = await self.shop.transact(stock.add_products, drafts[start : start + 500])
            self._products |= {product.sku: product.id for product in added if product.sku}
        scope = Scope.system("test", self.shop.business_id)
        await self.shop.database.transact(scope, wallet.grant_tokens, len(invoices), "a month")

    # Goods

    @staticmethod
    def _demand(days: dict[date, list[list[SoldLine]]]) -> dict[date, Counter[str]]:
        demand: dict[date, Counter[str]] = defaultdict(Counter)
        for day, invoices in days.items():
            for lines in invoices:
                for line in lines:
                    demand[day][line.code] += line.quantity
        return demand

    async def _deliver(self, day: date, demand: dict[date, Counter[str]]) -> None:
        """Bring a week's demand of what is too little for the day, at a cost that drifts."""
        lines = []
        for code, needed in sorted(demand[day].items()):
            left = self.books.left(code)
            if left < needed:
                week = sum(demand[day + timedelta(days=ahead)][code] for ahead in range(WEEK))
                chance = self._chance(code, day)
                drift = Decimal(1000 + day.timetuple().tm_yday + chance.randint(-30, 30)) / 1000
                cost = max((self._prices[code] * chance.randint(550, 800) / 1000 * drift).quantize(CENT), CENT)
                quantity = max(week - left, needed - left) + chance.randint(0, 3)
                self.books.deliver(code, quantity, cost)
                lines.append(DeliveryLine(self._products[code], quantity, cost))
        for start in range(0, len(lines), 500):
            draft = DeliveryDraft("Wholesaler", tuple(lines[start : start + 500]))
            await self.shop.transact(stock.receive, draft)
        self.counts["deliveries"] += len(lines)

    # Selling and taking back

    async def _serve(self, invoices: Sequence[list[SoldLine]], brought: Sequence[TakenBack]) -> None:
        together: dict[str, list[TakenBack]] = defaultdict(list)
        for line in brought:
            together[line.invoice].append(line)
        events = [(lines[0].at, 0, number) for number, lines in enumerate(invoices)]
        backs = list(together.values())
        events += [(lines[0].at, 1, number) for number, lines in enumerate(backs)]
        for at, is_back, number in sorted(events):
            self._clock.set(at)
            if is_back:
                await self._take_back(backs[number])
            else:
                await self._sell(f"{invoices[number][0].invoice}/{number}", invoices[number])

    async def _sell(self, sale: str, lines: list[SoldLine]) -> None:
        chance, day, customer = self._chance(sale), lines[0].at.date(), lines[0].customer
        discounts = [self._discount(chance, line) for line in lines]
        sold = self.books.sell(
            sale,
            customer,
            [(line.code, Decimal(line.quantity), line.total - off) for line, off in zip(lines, discounts, strict=True)],
            day,
        )
        for place, line in enumerate(lines):
            self._sold_to[customer, line.code].append((sale, place))
        draft = SaleDraft(
            tuple(
                DraftLine(self._products[line.code], Decimal(line.quantity), line.price, off)
                for line, off in zip(lines, discounts, strict=True)
            ),
            None,
            "",
            self.customers.get(customer) if customer and await self._is_trusted(customer) else None,
        )
        cash = sold.total
        if draft.customer_id is not None and chance.random() < 0.8:
            part = chance.random() < 0.3
            cash = (sold.total * chance.randint(10, 90) / 100).quantize(CENT, ROUND_DOWN) if part else NOTHING
        terms = CreditTerms() if cash < sold.total else None
        if terms and self.books.passes_limit(customer, sold.total - cash):
            await self._is_refused(draft, customer, cash, sold.total - cash)
            terms = CreditTerms(over_limit_reason="the owner's brother") if chance.random() < 0.2 else None
            cash = cash if terms else sold.total
        self.sale_ids[sale] = await self._ring_up(draft, cash, sold.total, terms, chance)
        self.books.take_cash(sale, cash, day)
        if terms:
            self.books.put_on_account(sale, sold.total - cash, day)
        self.counts["sales"] += 1
        self.counts["lines"] += len(lines)
        self.counts["credit sales"] += bool(sold.debt)
        self.counts["part cash, part credit"] += bool(cash and sold.debt)
        self.counts["paid with customer credit"] += bool(sold.credit_used)

    async def _ring_up(
        self, draft: SaleDraft, cash: Decimal, total: Decimal, terms: CreditTerms | None, chance: Random
    ) -> UUID:
        """Ring up at once, or open the sale and put the rest on the account afterwards."""
        later = terms is not None and chance.random() < 0.3
        draft = replace(draft, cash_tendered=cash if cash or terms is None else None, credit=None if later else terms)
        view = await self.shop.transact(sales.open_sale, draft, role="manager")
        if terms and later:
            view = await self.shop.transact(sales.put_on_credit, view.sale.id, terms, role="manager")
        on_account = total - cash if terms else NOTHING
        assert (view.sale.total, view.sale.paid, view.sale.on_account) == (total, cash, on_account)
        assert view.sale.state is SaleState.COMPLETED
        return view.sale.id

    async def _is_refused(self, draft: SaleDraft, customer: str, cash: Decimal, amount: Decimal) -> None:
        account = self.books.accounts[customer]
        with pytest.raises(CreditLimitExceeded) as refused:
            await self.shop.transact(
                sales.open_sale, replace(draft, cash_tendered=cash or None, credit=CreditTerms()), role="manager"
            )
        owed = amount - account.credit
        assert (refused.value.owed, refused.value.limit) == (account.due, account.limit)
        assert (refused.value.amount, refused.value.would_be) == (owed, account.due + owed)
        self.counts["refused by the limit"] += 1

    @staticmethod
    def _discount(chance: Random, line: SoldLine) -> Decimal:
        return (line.total * chance.randint(1, 99) / 1000).quantize(CENT) if chance.random() < 0.05 else NOTHING

    async def _is_trusted(self, customer: str) -> bool:
        """Make the customer's acquaintance; nine of ten get an account, and are named when they buy."""
        chance = self._chance("customer", customer)
        trusted = chance.random() < 0.9
        if customer not in self.customers:
            added = await self.shop.transact(customers.add_customer, CustomerDraft(f"Customer {customer}"))
            self.customers[customer] = added.id
            if trusted:
                account = self.books.open_account(customer, chance.choice(LIMITS), chance.choice(TERMS))
                draft = AccountDraft(account.limit, account.terms_days)
                await self.shop.transact(credit.open_account, added.id, draft)
        return trusted

    async def _take_back(self, brought: Sequence[TakenBack]) -> None:
        """Find the newest sale of each line to whoever brings it; what none has is refused."""
        wanted: dict[str, dict[tuple[int, bool], int]] = defaultdict(dict)
        for line in brought:
            found = self._sold_to.get((line.customer, line.code), [])
            fits = [
                (sale, place)
                for sale, place in reversed(found)
                if self._still_out(sale, place, wanted[sale]) >= line.quantity
            ]
            if fits:
                sale, place = fits[0]
                spoiled = self._chance(line.invoice, line.code).random() < 0.25
                parts = wanted[sale]
                parts[place, spoiled] = parts.get((place, spoiled), 0) + line.quantity
                self.counts["return lines"] += 1
            elif found:
                await self._more_than_sold(*found[-1], line.quantity)
                self.counts["return lines of more than was sold"] += 1
            else:
                self.counts["return lines of what was never sold"] += 1
        for sale, parts in wanted.items():
            if parts:
                await self._bring_back(sale, parts, brought[0].at.date())

    def _still_out(self, sale: str, place: int, parts: dict[tuple[int, bool], int]) -> Decimal:
        line = self.books.sales[sale].lines[place]
        return line.quantity - line.back - sum(quantity for (other, _), quantity in parts.items() if other == place)

    async def _more_than_sold(self, sale: str, place: int, quantity: int) -> None:
        line = self.books.sales[sale].lines[place]
        wanted = [WantedBack(place + 1, Decimal(quantity), Condition.RESTOCK, "wrong")]
        with pytest.raises(MoreThanSold) as refused:
            await self.shop.transact(returns.return_goods, self.sale_ids[sale], wanted, role="manager")
        assert (refused.value.sold, refused.value.returned) == (line.quantity, line.back)

    async def _bring_back(self, sale: str, parts: dict[tuple[int, bool], int], day: date) -> None:
        wanted = [
            WantedBack(
                place + 1, Decimal(quantity), Condition.SPOILED if spoiled else Condition.RESTOCK, "brought back"
            )
            for (place, spoiled), quantity in parts.items()
        ]
        view = await self.shop.transact(returns.return_goods, self.sale_ids[sale], wanted, role="manager")
        back = self.books.bring_back(
            sale, [(place, Decimal(quantity), spoiled) for (place, spoiled), quantity in parts.items()], day
        )
        ways = {"debt": back.off_debt + back.given_up, "customer_credit": back.to_credit, "cash": back.cash}
        assert view.document.total == back.amount
        assert {part.way.value: part.amount for part in view.money_back} == {
            way: amount for way, amount in ways.items() if amount
        }
        self.counts["returns"] += 1

    # Debts

    async def _collect(self, day: date) -> None:
        """Let six of ten who owe anything pay, in cash: all, a part, too much, or for one sale."""
        for customer, account in sorted(self.books.accounts.items()):
            chance = self._chance("repays", customer, day)
            if not account.due or chance.random() > 0.6:
                continue
            way, named = chance.choice(("all", "part", "too much", "too much", "named")), None
            share = {"all": 100, "too much": chance.randint(101, 150)}.get(way, chance.randint(5, 95))
            owed = account.due
            if way == "named":
                named = chance.choice(self.books.debts(customer))
                owed, share = self.books.sales[named].outstanding, chance.randint(50, 130)
            amount = max((owed * share / 100).quantize(CENT), CENT)
            repaid = await self.shop.transact(
                repayments.repay_in_cash,
                self.customers[customer],
                amount,
                None,
                self.sale_ids[named] if named else None,
                role="cashier",
            )
            self.books.repay(customer, amount, named, day)
            assert (repaid.account.balance_due, repaid.account.customer_credit) == (account.due, account.credit)
            self.counts["repayments"] += 1
            self.counts["repayments above the debt"] += account.credit > 0

    async def _give_up(self, day: date) -> None:
        """Write the oldest debts off, asked by one and approved by another; then goods of one come back after all."""
        owed = sorted(
            (sold.due_on, place, sale)
            for place, (sale, sold) in enumerate(self.books.sales.items())
            if sold.outstanding and not sold.returned
        )
        given_up = [sale for *_, sale in owed[:3]]
        for sale in given_up:
            asked = await self.shop.transact(request_write_off, self.sale_ids[sale], "moved away", role="manager")
            done = await self.shop.transact(approve_write_off, asked.id, "agreed", role="owner")
            assert done.amount == self.books.write_off(sale)
            self.counts["write-offs"] += 1
        if given_up:
            await self._bring_back(given_up[0], {(0, False): 1}, day)

    # The drawer

    async def _open_drawer(self) -> None:
        view = await self.shop.transact(drawers.open_drawer, "Till 1", FLOAT, role="cashier")
        self._drawer = view.drawer.id

    async def _close_drawer(self, day: date) -> None:
        """Bring what is too much to the bank, and count the rest; a coin may be missing."""
        figures = self.books.days[day]
        held = FLOAT + figures.drawer
        if held > BANKED:
            banked = (held - BANKED).quantize(Decimal(1000), ROUND_DOWN)
            if banked:
                move = CashMove(MovementKind.CASH_OUT, banked, "to the bank", CashPurpose.BANK)
                await self.shop.transact(drawers.move_cash, self._drawer, move, role="manager")
                held -= banked
        found = max(held - self._chance("counts", day).choice((0, 0, 0, 1, 5)), NOTHING).quantize(
            Decimal(1), ROUND_DOWN
        )
        view = await self.shop.transact(
            drawers.count_drawer, self._drawer, Count(_pieces(found), NOTHING), role="cashier"
        )
        (cash,) = [total for total in view.totals if total.tender is Tender.CASH]
        self.closed[day] = ClosedDrawer(cash.expected, cash.counted or NOTHING)
        assert self.closed[day] == ClosedDrawer(held, found), day
        self.counts["drawers closed"] += 1


def _after(days: Sequence[date], day: date) -> date:
    return days[days.index(day) + 1]
