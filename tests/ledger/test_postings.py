"""What happens in a shop, and to which accounts it is posted."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from payme import credit, drawers, ledger, money, refunds, returns, sales, stock
from payme.callbacks import CallbackState
from payme.credit import AccountDraft, CreditTerms
from payme.drawers import CashMove, CashPurpose, MovementKind
from payme.kit.days import SHOP_TIME
from payme.kit.paging import After
from payme.refunds import Method, Payout, RefundDraft
from payme.repayments import repay_in_cash
from payme.returns import Approval
from payme.sales import Cancellation, Condition, WantedBack
from payme.stock import AdjustmentDraft, AdjustmentKind, AdjustmentLine, Product
from payme.write_offs import approve_write_off, request_write_off
from tests.reports.conftest import SetClock
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import Counter, paid
from tests.support.drawers import counts, opens_drawer
from tests.support.goods import draft_of, has_stock, has_tokens, opens_sale, receives
from tests.support.people import adds_customer
from tests.support.shops import Shop

TERMS = CreditTerms(over_limit_reason="a wedding")
Told = list[tuple[str, dict[str, str]]]


class Bookkeeper:
    """Reads what was posted since the last look."""

    def __init__(self, shop: Shop, clock: SetClock) -> None:
        self._shop = shop
        self._clock = clock
        self._after: After | None = None

    async def reads(self) -> Told:
        """Return each document's kind, and by how much it changed which account."""
        day = self._clock.at.astimezone(SHOP_TIME).date()
        found = await self._shop.transact(ledger.journal, day, day, None, self._after, 100)
        if found.posted:
            last = found.posted[-1].document
            self._after = After(last.at, last.id)
        self._clock.at += timedelta(minutes=1)
        return [
            (one.document.kind.value, {it.account.code: str(it.change) for it in one.lines}) for one in found.posted
        ]


@pytest.fixture
def book(shop: Shop, clock: SetClock) -> Bookkeeper:
    clock.at = datetime(2026, 3, 2, 9, tzinfo=SHOP_TIME)
    return Bookkeeper(shop, clock)


@pytest.fixture
async def sugar(shop: Shop, book: Bookkeeper) -> Product:
    await has_tokens(shop, 50)
    sugar = await has_stock(shop, "Sugar", quantity="20", price="150.00", cost="100.00")
    assert await book.reads() == [("delivery", {"1200": "2000.00", "2200": "-2000.00"})]
    return sugar


async def test_a_cash_sale_is_cash_to_sales_and_goods_to_their_cost(
    shop: Shop, sugar: Product, book: Bookkeeper
) -> None:
    await opens_sale(shop, (sugar, "2"), cash="500")

    assert await book.reads() == [("sale", {"1000": "300.00", "5000": "200.00", "1200": "-200.00", "4000": "-300.00"})]


async def test_an_open_sale_posts_nothing_but_its_money_and_cancelling_takes_it_back(
    shop: Shop, sugar: Product, book: Bookkeeper
) -> None:
    opened = await opens_sale(shop, (sugar, "2"), cash="50")
    assert await book.reads() == [("sale", {"1000": "50.00", "2050": "-50.00"})]

    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("no time"))
    assert await book.reads() == [("sale", {"2050": "50.00", "1000": "-50.00"})]


async def test_a_prompt_pays_a_sale_and_what_comes_twice_is_overpaid(
    shop: Shop, sugar: Product, book: Bookkeeper
) -> None:
    counter = Counter(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    first = await counter.asks(opened.sale.id)
    await counter.deadline_passes(first)
    second = await counter.asks(opened.sale.id)
    assert await counter.receives(paid(second), second) is CallbackState.APPLIED
    assert await book.reads() == [("sale", {"1010": "150.00", "5000": "100.00", "1200": "-100.00", "4000": "-150.00"})]

    assert await counter.receives(paid(first), first) is CallbackState.APPLIED
    assert await book.reads() == [("sale", {"1010": "150.00", "2110": "-150.00"})]


async def test_late_money_waits_is_set_aside_and_given_back(shop: Shop, sugar: Product, book: Bookkeeper) -> None:
    counter = Counter(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    asked = await counter.asks(opened.sale.id)
    await counter.deadline_passes(asked)
    await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("nobody answered"))
    assert await book.reads() == []
    assert await counter.receives(paid(asked), asked) is CallbackState.APPLIED
    assert await book.reads() == [("sale", {"1010": "150.00", "2100": "-150.00"})]

    payment = await counter.payment(asked.id)
    assert payment.money_in_id is not None
    refund = await shop.transact(refunds.request_refund, RefundDraft(payment.money_in_id, Decimal(150), "late"))
    assert await book.reads() == []
    await shop.transact(refunds.approve_refund, refund.id, "", role="manager")
    moved: dict[str, Decimal] = {}
    for kind, lines in await book.reads():
        assert kind in {"sale", "mpesa"}
        for code, change in lines.items():
            moved[code] = moved.get(code, Decimal(0)) + Decimal(change)
    assert {code: change for code, change in moved.items() if change} == {"2100": 150, "2120": -150}
    await shop.transact(refunds.record_payout, refund.id, Payout(Method.CASH, None), role="manager")
    assert await book.reads() == [("refund", {"2120": "150.00", "1000": "-150.00"})]


async def test_money_by_hand_waits_until_it_is_claimed(shop: Shop, sugar: Product, book: Bookkeeper) -> None:
    safaricom = await registers(shop)
    receipt = new_receipt(shop)
    assert await safaricom.confirms(notice(receipt, "7.00")) is CallbackState.APPLIED

    assert await book.reads() == [("mpesa", {"1010": "7.00", "2100": "-7.00"})]
    assert sugar
    assert await shop.transact(money.find_by_receipt, receipt)


async def test_goods_on_credit_are_owed_repaid_and_given_up(shop: Shop, sugar: Product, book: Bookkeeper) -> None:
    customer = await adds_customer(shop)
    await shop.transact(credit.open_account, customer.id, AccountDraft(Decimal(1000), 30))
    sold = await shop.transact(
        sales.open_sale, replace(draft_of((sugar, "2"), cash="10.00", customer=customer.id), credit=TERMS)
    )
    assert await book.reads() == [
        ("sale", {"1000": "10.00", "1100": "290.00", "5000": "200.00", "1200": "-200.00", "4000": "-300.00"})
    ]
    await shop.transact(repay_in_cash, customer.id, Decimal(90), None, None)
    assert await book.reads() == [("repayment", {"1000": "90.00", "1100": "-90.00"})]
    asked = await shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    await shop.transact(approve_write_off, asked.id, "")
    assert await book.reads() == [("write_off", {"6300": "200.00", "1100": "-200.00"})]
    # What comes back of a debt that was given up is less of a bad debt, and nobody gets money for it.
    back = WantedBack(1, Decimal(1), Condition.RESTOCK, "damp")
    await shop.transact(returns.return_goods, sold.sale.id, [back], None)
    assert await book.reads() == [
        ("return", {"1200": "100.00", "4100": "150.00", "5000": "-100.00", "6300": "-150.00"})
    ]
    await shop.transact(repay_in_cash, customer.id, Decimal(30), None, None)
    assert await book.reads() == [("repayment", {"1000": "30.00", "2000": "-30.00"})]
    await shop.transact(credit.give_customer_credit, customer.id, None, Decimal(40), "a broken jar")
    assert await book.reads() == [("credit_given", {"6500": "40.00", "2000": "-40.00"})]
    opened = await shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=customer.id))
    await shop.transact(sales.use_customer_credit, opened.sale.id, Decimal(70))
    assert await book.reads() == [("sale", {"2000": "70.00", "2050": "-70.00"})]
    assert await shop.disagreements() == []


async def test_what_comes_back_spoiled_is_a_loss_and_a_void_leaves_nothing(
    shop: Shop, sugar: Product, book: Bookkeeper
) -> None:
    kept = await opens_sale(shop, (sugar, "2"), cash="300")
    await book.reads()
    back = [WantedBack(1, Decimal(1), Condition.SPOILED, "wet")]
    await shop.transact(returns.return_goods, kept.sale.id, back, None)
    read = await book.reads()
    assert sorted(read) == [
        ("adjustment", {"5100": "100.00", "1200": "-100.00"}),
        ("return", {"1200": "100.00", "4100": "150.00", "1000": "-150.00", "5000": "-100.00"}),
    ]

    voided = await opens_sale(shop, (sugar, "1"), cash="150")
    (rung,) = await book.reads()
    await shop.transact(returns.set_void_limit, Decimal(0))
    void = await shop.transact(returns.void_sale, voided.sale.id, Cancellation("rung up twice"))
    await shop.transact(returns.approve_void, void.document.id, Approval("I saw it"), role="manager")
    (undone,) = await book.reads()
    assert {code: -Decimal(change) for code, change in undone[1].items()} == {
        code: Decimal(change) for code, change in rung[1].items()
    }


async def test_counts_spoilage_and_drawers(shop: Shop, sugar: Product, book: Bookkeeper) -> None:
    for kind, quantity, wanted in (
        (AdjustmentKind.SPOILAGE, "-2", {"5100": "200.00", "1200": "-200.00"}),
        (AdjustmentKind.COUNT, "-1", {"5200": "100.00", "1200": "-100.00"}),
        (AdjustmentKind.COUNT, "3", {"1200": "300.00", "5200": "-300.00"}),
    ):
        await shop.transact(stock.adjust, AdjustmentDraft(kind, "wet", (AdjustmentLine(sugar.id, Decimal(quantity)),)))
        assert await book.reads() == [("adjustment", wanted)]

    drawer = (await opens_drawer(shop, "500.00")).drawer
    assert await book.reads() == []  # a float is the shop's cash before and after
    await shop.transact(drawers.move_cash, drawer.id, CashMove(MovementKind.CASH_IN, Decimal(40), "coins"))
    assert await book.reads() == [("cash", {"1000": "40.00", "3000": "-40.00"})]
    await shop.transact(drawers.move_cash, drawer.id, CashMove(MovementKind.CASH_OUT, Decimal(90), "bread"))
    assert await book.reads() == [("cash", {"6200": "90.00", "1000": "-90.00"})]
    for way, purpose, told in (
        (MovementKind.CASH_OUT, CashPurpose.SUPPLIER, [("cash", {"2200": "10.00", "1000": "-10.00"})]),
        (MovementKind.CASH_OUT, CashPurpose.BANK, [("cash", {"1020": "10.00", "1000": "-10.00"})]),
        (MovementKind.CASH_IN, CashPurpose.BANK, [("cash", {"1000": "10.00", "1020": "-10.00"})]),
        (MovementKind.CASH_OUT, CashPurpose.OWNER, [("cash", {"3000": "10.00", "1000": "-10.00"})]),
        (MovementKind.CASH_OUT, CashPurpose.SAFE, []),
    ):
        await shop.transact(drawers.move_cash, drawer.id, CashMove(way, Decimal(10), "by hand", purpose))
        assert await book.reads() == told
    await counts(shop, drawer.id, "415.00")
    assert await book.reads() == [("drawer", {"6400": "5.00", "1000": "-5.00"})]
    assert await shop.disagreements() == []


async def test_tokens_are_an_expense_that_the_owner_paid(shop: Shop, sugar: Product, book: Bookkeeper) -> None:
    assert sugar
    counter = Counter(shop)
    bought = await counter.payment((await counter.buys_tokens()).payment_id)
    assert await counter.receives(paid(bought), bought) is CallbackState.APPLIED

    (only,) = await book.reads()
    assert only == ("mpesa", {"6100": str(bought.amount), "3000": str(-bought.amount)})
    assert await shop.disagreements() == []


async def test_parts_of_cents_come_together_day_by_day(
    shop: Shop, sugar: Product, book: Bookkeeper, clock: SetClock
) -> None:
    tea = await has_stock(shop, "Tea", price="33.00", quantity="3.333", cost="20.01")
    assert await book.reads() == [
        ("delivery", {"1200": "66.69", "2200": "-66.69"}),  # 66.69333
    ]
    for _ in range(3):
        await opens_sale(shop, (tea, "0.333"), cash="100")  # 6.66333 each, posted as 6.66
        clock.at += timedelta(minutes=1)
    await receives(shop, sugar.id, "0.001", "150.00")  # 0.15: whole cents
    today = clock.at.astimezone(SHOP_TIME).date()
    trial = await shop.transact(ledger.trial_balance, today)
    goods = next(one for one in trial.balances if one.account.code == "1200")

    # Tea: 3.333 - 0.999 = 2.334 at 20.01 is 46.70334; sugar is 2000.00 and 0.15.
    assert goods.closing == Decimal("2046.85")
    assert trial.difference == 0
    assert (await book.reads())[-1] == ("rounding", {"5900": "0.01", "1200": "-0.01"})
    assert await shop.disagreements() == []
