"""A shop that had a full day, and the database as the composition root gives it: with the audit and the issues."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from payme import audit, credit, drawers, issues, money, refunds, returns, sales, stock
from payme.callbacks import CallbackState
from payme.claims import paste_message
from payme.credit import AccountDraft, CreditTerms
from payme.drawers import CashMove, CashPurpose, MovementKind
from payme.issues import IssueFilter, Settled, Severity
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams, SystemClock
from payme.refunds import Method, Payout, RefundDraft
from payme.repayments import ask_mpesa as ask_for_debts
from payme.repayments import repay_in_cash
from payme.returns import Approval
from payme.sales import Cancellation, Condition, WantedBack
from payme.settlement.jobs import drain_callbacks
from payme.stock import AdjustmentDraft, AdjustmentKind, AdjustmentLine, Product
from payme.write_offs import approve_write_off, request_write_off
from tests.reconciliation.asking import Owner
from tests.support.by_hand import Safaricom, message, new_receipt, notice, registers
from tests.support.daraja import PHONE, TERMS, Counter, not_paid, paid
from tests.support.drawers import counts, opens_drawer
from tests.support.expenses import spends
from tests.support.goods import draft_of, has_stock, has_tokens, opens_sale, receives
from tests.support.people import adds_customer
from tests.support.shops import Shop, make_shop
from tests.support.statements import compares_statement


class MovableClock(SystemClock):
    """The machine's clock, which a test may set ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


def record(tx: Tx) -> None:
    audit.record_events(tx)
    issues.record_issues(tx)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def books(app_pool: AsyncpgPool, clock: MovableClock) -> Database:
    """Transactions that also open issues."""
    return Database(app_pool, replace(Seams(), clock=clock), record=record, jobs=PgQueuerJobs())


@pytest.fixture
async def shop(books: Database) -> Shop:
    return await make_shop(books)


@dataclass(frozen=True)
class Day:
    """A shop, and a few things of its day that a test needs to name."""

    shop: Shop
    counter: Counter


async def gives_back(shop: Shop, safaricom: Safaricom) -> None:
    """A customer who paid by mistake has the money again: the cashier asked, and the manager agreed and paid."""
    receipt = new_receipt(shop)
    assert await safaricom.confirms(notice(receipt, "9.00")) is CallbackState.APPLIED
    booked = await shop.transact(money.find_by_receipt, receipt)
    assert booked is not None
    asked = await shop.transact(
        refunds.request_refund, RefundDraft(booked.id, booked.amount, "a mistake"), role="cashier"
    )
    await shop.transact(refunds.approve_refund, asked.id, "", role="manager")
    await shop.transact(refunds.record_payout, asked.id, Payout(Method.CASH, None), role="manager")


async def comes_back(shop: Shop, counter: Counter, sugar: Product) -> None:
    """Goods come back in parts, some spoiled, for cash and M-Pesa; sales are voided by one person and by two."""
    kept = await opens_sale(shop, (sugar, "1"), (sugar, "0.333"), cash="500")
    for line, quantity, condition in ((1, "0.333", "restock"), (1, "0.333", "spoiled"), (2, "0.333", "restock")):
        back = WantedBack(line, Decimal(quantity), Condition(condition), "not good")
        await shop.transact(returns.return_goods, kept.sale.id, [back], None)
    by_phone = await opens_sale(shop, (sugar, "1"))
    asked = await counter.asks(by_phone.sale.id)
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED
    whole = [WantedBack(1, Decimal(1), Condition.RESTOCK, "wrong one")]
    await shop.transact(returns.return_goods, by_phone.sale.id, whole, None)
    await shop.transact(
        returns.void_sale, (await opens_sale(shop, (sugar, "1"), cash="150")).sale.id, Cancellation("a")
    )
    await shop.transact(returns.set_void_limit, Decimal(0))
    twice = await opens_sale(shop, (sugar, "1"), cash="150")
    void = await shop.transact(returns.void_sale, twice.sale.id, Cancellation("rung up twice"))
    await shop.transact(returns.approve_void, void.document.id, Approval("I saw it"), role="manager")


async def sells_on_credit(shop: Shop, sugar: Product, counter: Counter) -> None:
    """Sales on credit that are settled by a prompt, paid in part, over the limit, brought back, voided, cancelled."""
    customer = await adds_customer(shop)
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal("600.00"), 30))
    terms = CreditTerms(over_limit_reason="a wedding")
    sold = []
    for quantity in ("1", "2", "0.5", "0.5"):
        draft = draft_of((sugar, quantity), cash="10.00", customer=customer.id)
        sold.append((await shop.transact(sales.open_sale, replace(draft, credit=terms))).sale)
    back = WantedBack(1, Decimal("0.2"), Condition.RESTOCK, "damp")
    await shop.transact(returns.return_goods, sold[3].id, [back], None)
    voided = draft_of((sugar, "0.5"), cash="10.00", customer=customer.id)
    voided_id = (await shop.transact(sales.open_sale, replace(voided, credit=terms))).sale.id
    await shop.transact(repay_in_cash, customer.id, Decimal("20.00"), None, voided_id)
    await shop.transact(returns.void_sale, voided_id, Cancellation("rung up twice"))
    asked = await shop.transact(ask_for_debts, customer.id, None, PHONE, sold[0].id, TERMS)
    await counter.submits(asked)
    asked = await counter.payment(asked.id)
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED
    await shop.transact(repay_in_cash, customer.id, Decimal("100.00"), None, None)
    lost = draft_of((sugar, "0.5"), customer=customer.id)
    lost_id = (await shop.transact(sales.open_sale, replace(lost, credit=terms))).sale.id
    given_up = await shop.transact(request_write_off, lost_id, "moved away", role="manager")
    await shop.transact(approve_write_off, given_up.id, "")
    await shop.transact(credit.give_customer_credit, customer.id, None, Decimal("40.00"), "a broken jar")
    opened = await shop.transact(sales.open_sale, draft_of((sugar, "0.5"), customer=customer.id))
    await shop.transact(sales.use_customer_credit, opened.sale.id, Decimal("30.00"))
    cancelled = await shop.transact(sales.open_sale, draft_of((sugar, "0.5"), customer=customer.id))
    await shop.transact(sales.use_customer_credit, cancelled.sale.id, None)
    await shop.transact(sales.cancel_sale, cancelled.sale.id, Cancellation("no time"))


async def buys_tokens(counter: Counter) -> None:
    """One package is paid, and one is not."""
    tokens = await counter.buys_tokens()
    bought = await counter.payment(tokens.payment_id)
    assert await counter.receives(paid(bought), bought) is CallbackState.APPLIED
    unpaid = await counter.buys_tokens(70)
    refused = await counter.payment(unpaid.payment_id)
    assert await counter.receives(not_paid(refused), refused) is CallbackState.APPLIED


async def guesses(counter: Counter) -> None:
    """Let a stranger guess at a path."""
    await counter.stores(b"{}", "nobody's path")
    while await drain_callbacks(counter.shop.database):
        pass


async def corrects(shop: Shop, sugar: Product, tea: Product) -> None:
    """Write off what is wet, and correct a count."""
    spoiled = AdjustmentDraft(AdjustmentKind.SPOILAGE, "wet", (AdjustmentLine(sugar.id, -tea.selling_price / 33),))
    await shop.transact(stock.adjust, spoiled)
    counted = AdjustmentDraft(AdjustmentKind.COUNT, "stock-taking", (AdjustmentLine(tea.id, tea.selling_price / 66),))
    await shop.transact(stock.adjust, counted)


async def keeps_a_drawer(counter: Counter, sugar: Product) -> None:
    """Trade with a drawer that is counted and reported with its day, and with one that is still open."""
    shop = counter.shop
    drawer = (await opens_drawer(shop, "500.00")).drawer
    await opens_sale(shop, (sugar, "1"), cash="200")
    undone = await opens_sale(shop, (sugar, "1"), cash="50")
    await shop.transact(sales.cancel_sale, undone.sale.id, Cancellation("no"), role="cashier")
    customer = await adds_customer(shop, "Njeri")
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal("600.00"), 30))
    owed = replace(draft_of((sugar, "1"), customer=customer.id), credit=CreditTerms())
    sold = await shop.transact(sales.open_sale, owed, role="cashier")
    back = WantedBack(1, Decimal("0.5"), Condition.RESTOCK, "damp")
    await shop.transact(returns.return_goods, sold.sale.id, [back], None)
    for_debt = await shop.transact(ask_for_debts, customer.id, None, PHONE, None, TERMS, role="cashier")
    await counter.submits(for_debt)
    for_debt = await counter.payment(for_debt.id)
    assert await counter.receives(paid(for_debt), for_debt) is CallbackState.APPLIED
    in_time, late = await opens_sale(shop, (sugar, "1")), await opens_sale(shop, (sugar, "2"))
    asked = await counter.asks(in_time.sale.id)
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED
    asked = await counter.asks(late.sale.id)
    await shop.transact(drawers.move_cash, drawer.id, CashMove(MovementKind.CASH_IN, Decimal(40), "coins"))
    await shop.transact(drawers.move_cash, drawer.id, CashMove(MovementKind.CASH_OUT, Decimal(90), "bread"))
    to_safe = CashMove(MovementKind.CASH_OUT, Decimal(20), "to the safe", CashPurpose.SAFE)
    await shop.transact(drawers.move_cash, drawer.id, to_safe)
    await counts(shop, drawer.id, "580.00", "225.00")
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED  # after closing
    await shop.transact(drawers.close_day, drawer.business_day)
    await opens_drawer(shop, "100.00")
    await opens_sale(shop, (sugar, "1"), cash="150")


async def works_on_issues(shop: Shop) -> None:
    """Of four issues one is handed round and made worse, two are closed by people, and one closes by itself."""
    found = (await shop.transact(issues.list_issues, IssueFilter(is_open=True), None, 50))[::-1]
    kept, resolved, accepted = [issue for issue in found if issue.severity is Severity.HIGH][:3]
    await shop.transact(issues.acknowledge, kept.id, role="manager")
    await shop.transact(issues.hand_over, kept.id, shop.person("owner").user_id)
    await shop.transact(issues.hand_over, kept.id, None)
    await shop.transact(issues.hand_over, kept.id, shop.person("manager").user_id)
    await shop.transact(issues.change_severity, kept.id, Severity.LOW, "seen before")
    await shop.transact(issues.change_severity, kept.id, Severity.CRITICAL, "not this one")
    await shop.transact(issues.add_note, kept.id, "asked the bank")
    await shop.transact(issues.hand_over, resolved.id, shop.person("owner").user_id)
    for issue in (resolved, accepted):
        await shop.transact(issues.acknowledge, issue.id, role="manager")
    await shop.transact(issues.resolve, resolved.id, "put right")
    await shop.transact(issues.accept, accepted.id, "lived with")
    gone = next(issue for issue in found if issue.severity is Severity.MEDIUM)
    await shop.transact(issues.settle, [Settled(gone.kind, gone.subject_id, "gone")])


@pytest.fixture
async def day(shop: Shop) -> Day:
    """Cash, split and M-Pesa sales over two batches, every outcome of a prompt, cancellations, a count and spoilage."""
    counter = Counter(shop)
    await has_tokens(shop, 50)
    sugar = await has_stock(shop, "Sugar", quantity="6", cost="119.99")
    await receives(shop, sugar.id, "20.500", "121.37")
    tea = await has_stock(shop, "Tea", price="33.00", quantity="3.333", cost="20.01")

    await opens_sale(shop, (sugar, "1.337"), (sugar, "2"), cash="1000")
    await opens_sale(shop, (sugar, "1"), (tea, "0.333"))  # stays open
    emptied = await opens_sale(shop, (sugar, "3"))  # takes from both batches
    await opens_sale(shop, (sugar, "1"), cash="150")
    await shop.transact(sales.cancel_sale, emptied.sale.id, Cancellation("changed her mind"))
    await opens_sale(shop, (sugar, "2"), cash="300")  # from the batch that has goods again

    split = await opens_sale(shop, (sugar, "1"), cash="50")
    first = await counter.asks(split.sale.id)
    await counter.receives(not_paid(first), first)
    second = await counter.asks(split.sale.id)
    assert await counter.receives(paid(second), second) is CallbackState.APPLIED
    assert await counter.receives(paid(second), second) is CallbackState.DUPLICATE
    assert await counter.receives(not_paid(second), second) is CallbackState.DUPLICATE  # contradiction
    # The first prompt succeeds after all: failed, then paid, and more than is due.
    assert await counter.receives(paid(first), first) is CallbackState.APPLIED

    late = await opens_sale(shop, (sugar, "1"))
    asked = await counter.asks(late.sale.id)
    await counter.deadline_passes(asked)
    await shop.transact(sales.cancel_sale, late.sale.id, Cancellation("nobody answered"))
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED  # late money

    part = await opens_sale(shop, (sugar, "2"), cash="100")
    half = await counter.asks(part.sale.id, "150")
    assert await counter.receives(paid(half), half) is CallbackState.APPLIED
    await shop.transact(sales.cancel_sale, part.sale.id, Cancellation("no time"))  # releases M-Pesa and cash

    short = await opens_sale(shop, (tea, "1"))
    forged = await counter.asks(short.sale.id)
    assert await counter.receives(paid(forged, amount="1"), forged) is CallbackState.QUARANTINED
    await guesses(counter)

    safaricom = await registers(shop)
    by_hand = await opens_sale(shop, (tea, "1"))
    claimed, waits, said = (new_receipt(shop) for _ in range(3))
    for receipt, amount in ((claimed, "33.00"), (waits, "7.00")):
        assert await safaricom.confirms(notice(receipt, amount)) is CallbackState.APPLIED
    await shop.transact(paste_message, by_hand.sale.id, message(claimed, "33.00"))
    await shop.transact(paste_message, short.sale.id, message(said, "13.00"))  # nobody ever confirms it

    await sells_on_credit(shop, sugar, counter)
    await keeps_a_drawer(counter, sugar)
    await buys_tokens(counter)
    await gives_back(shop, safaricom)
    await compares_statement(shop, safaricom)
    await spends(shop, safaricom)

    await corrects(shop, sugar, tea)
    await comes_back(shop, counter, sugar)
    await works_on_issues(shop)
    return Day(shop, counter)


@pytest.fixture
async def owner(owner_dsn: str) -> AsyncIterator[Owner]:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    yield Owner(connection)
    await connection.close()
