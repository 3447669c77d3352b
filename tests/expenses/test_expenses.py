"""What is paid otherwise than from a drawer is recorded once, never edited, and taken back whole."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from payme import ledger, refunds
from payme.expenses import (
    DAYS_MAX,
    Category,
    CategoryUnfit,
    Expense,
    ExpenseDayWrong,
    ExpenseDraft,
    ExpenseFromDrawer,
    ExpenseNotFound,
    ExpensePurpose,
    ExpenseReceiptTaken,
    ExpenseReversedAlready,
    PaidFrom,
    PaidToItself,
    get_expense,
    list_expenses,
    record_expense,
    repository,
    reverse_expense,
)
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.ledger.services import keep_ended_days
from payme.money import find_by_receipt
from payme.refunds import Method, Payout, PayoutReceiptTaken, RefundDraft
from tests.reports.conftest import SetClock
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.expenses import an_expense, records
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together

Wanted = tuple[ExpensePurpose | None, Category | None, PaidFrom | None, date | None, date | None, bool | None]
ALL: Wanted = (None, None, None, None, None, None)
OF_CATEGORY = {
    Category.RENT: "6600",
    Category.WAGES: "6610",
    Category.POWER_AND_WATER: "6620",
    Category.TRANSPORT: "6630",
    Category.AIRTIME_AND_INTERNET: "6640",
    Category.LICENCES_AND_TAXES: "6650",
    Category.REPAIRS: "6660",
    Category.OTHER: "6690",
}
PAID = {PaidFrom.MPESA: "1010", PaidFrom.BANK: "1020", PaidFrom.OWNER: "3000"}


async def accounts(shop: Shop) -> dict[str, Decimal]:
    """What stands on each account, debits less credits."""
    trial = await shop.transact(ledger.trial_balance, None)
    assert trial.difference == 0
    return {one.account.code: one.closing for one in trial.balances if one.closing}


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("paid_from", [PaidFrom.MPESA, PaidFrom.BANK, PaidFrom.OWNER])
async def test_each_category_has_its_account_and_the_money_leaves_where_it_was(
    shop: Shop, category: Category, paid_from: PaidFrom
) -> None:
    await records(shop, "1000.50", category=category, paid_from=paid_from)

    assert await accounts(shop) == {OF_CATEGORY[category]: Decimal("1000.50"), PAID[paid_from]: Decimal("-1000.50")}
    earned = await shop.transact(ledger.profit_and_loss, None, None)
    assert earned.profit == Decimal("-1000.50")
    assert await shop.disagreements() == []


@pytest.mark.parametrize(
    ("purpose", "paid_from", "wanted"),
    [
        (ExpensePurpose.SUPPLIER, PaidFrom.MPESA, {"2200": 70, "1010": -70}),
        (ExpensePurpose.SUPPLIER, PaidFrom.BANK, {"2200": 70, "1020": -70}),
        (ExpensePurpose.SUPPLIER, PaidFrom.OWNER, {"2200": 70, "3000": -70}),
        (ExpensePurpose.OWNER, PaidFrom.MPESA, {"3000": 70, "1010": -70}),
        (ExpensePurpose.OWNER, PaidFrom.BANK, {"3000": 70, "1020": -70}),
        (ExpensePurpose.BANK, PaidFrom.MPESA, {"1020": 70, "1010": -70}),
        (ExpensePurpose.BANK, PaidFrom.OWNER, {"1020": 70, "3000": -70}),
    ],
)
async def test_suppliers_the_owner_and_the_bank_are_no_expense(
    shop: Shop, purpose: ExpensePurpose, paid_from: PaidFrom, wanted: dict[str, Decimal]
) -> None:
    expense = await records(shop, "70.00", purpose=purpose, category=None, paid_from=paid_from)

    assert await accounts(shop) == wanted
    assert (await shop.transact(ledger.profit_and_loss, None, None)).profit == 0
    journal = await shop.transact(ledger.journal, None, None, expense.id, None, 10)
    (posted,) = journal.posted
    assert (posted.document.kind, posted.document.reference) == ("expense", "Rent of the shop")
    assert {line.account.code: line.change for line in posted.lines} == wanted
    assert await shop.disagreements() == []


async def test_what_was_wrong_is_reversed_whole_and_nothing_is_left(shop: Shop, clock: SetClock) -> None:
    receipt = new_receipt(shop)
    wrong = await records(shop, receipt=receipt)
    clock.at += timedelta(days=1)

    after = await shop.transact(reverse_expense, wrong.id, "it was the neighbour's", role="manager")

    assert (after.reversed_by, after.reversed_at) == (shop.person("manager").user_id, clock.at)
    assert after.reversal_reason == "it was the neighbour's"
    assert await shop.transact(get_expense, wrong.id) == after
    assert await accounts(shop) == {}
    # Each day keeps what was known on it.
    yesterday = business_day(clock.at - timedelta(days=1))
    assert (await shop.transact(ledger.profit_and_loss, yesterday, yesterday)).profit == -1000
    with pytest.raises(ExpenseReversedAlready) as refused:
        await shop.transact(reverse_expense, wrong.id, "again")
    assert refused.value.facts() == {"expense_id": wrong.id, "reversed_at": clock.at}
    again = await records(shop, receipt=receipt)
    assert again.id != wrong.id
    assert await shop.disagreements() == []


async def test_days_that_are_kept_say_the_same(shop: Shop, clock: SetClock) -> None:
    wrong = await records(shop, "30.00", paid_from=PaidFrom.BANK)
    await records(shop, "1000.00", paid_from=PaidFrom.OWNER)
    clock.at += timedelta(days=1)
    await shop.transact(reverse_expense, wrong.id, "not paid")
    clock.at += timedelta(days=5)
    counted = await accounts(shop)

    while await shop.transact(keep_ended_days):
        pass

    assert await accounts(shop) == counted == {"6600": 1000, "3000": -1000}
    assert await shop.disagreements() == []


async def test_cash_of_a_drawer_is_sent_to_the_drawer(shop: Shop) -> None:
    with pytest.raises(ExpenseFromDrawer) as refused:
        await records(shop, paid_from=PaidFrom.CASH)

    assert "drawer" in refused.value.advice
    assert await shop.transact(list_expenses, *ALL, None, 10) == []


@pytest.mark.parametrize(
    ("purpose", "category"),
    [
        (ExpensePurpose.EXPENSE, None),
        (ExpensePurpose.SUPPLIER, Category.RENT),
        (ExpensePurpose.OWNER, Category.OTHER),
        (ExpensePurpose.BANK, Category.OTHER),
    ],
)
async def test_an_expense_has_a_category_and_nothing_else_has(
    shop: Shop, purpose: ExpensePurpose, category: Category | None
) -> None:
    with pytest.raises(CategoryUnfit) as refused:
        await records(shop, purpose=purpose, category=category)

    assert refused.value.facts() == {"purpose": purpose, "category": category}


@pytest.mark.parametrize(
    ("purpose", "paid_from"), [(ExpensePurpose.OWNER, PaidFrom.OWNER), (ExpensePurpose.BANK, PaidFrom.BANK)]
)
async def test_money_goes_somewhere_else(shop: Shop, purpose: ExpensePurpose, paid_from: PaidFrom) -> None:
    with pytest.raises(PaidToItself):
        await records(shop, purpose=purpose, category=None, paid_from=paid_from)


@pytest.mark.parametrize(("days", "is_taken"), [(0, True), (-DAYS_MAX, True), (1, False), (-DAYS_MAX - 1, False)])
async def test_the_day_is_not_to_come_and_not_years_ago(
    shop: Shop,
    clock: SetClock,
    days: int,
    is_taken: bool,
) -> None:
    today = business_day(clock.at)
    day = today + timedelta(days=days)
    if is_taken:
        assert (await records(shop, paid_on=day)).paid_on == day
        return
    with pytest.raises(ExpenseDayWrong) as refused:
        await records(shop, paid_on=day)
    assert refused.value.facts() == {"paid_on": day, "earliest": today - timedelta(DAYS_MAX), "latest": today}


async def test_a_receipt_stands_for_one_thing(shop: Shop) -> None:
    receipt = new_receipt(shop)
    first = await records(shop, receipt=receipt)

    with pytest.raises(ExpenseReceiptTaken) as refused:
        await records(shop, "5.00", receipt=receipt, paid_from=PaidFrom.OWNER)

    assert refused.value.facts() == {"receipt": receipt, "expense_id": first.id}


async def test_a_receipt_of_money_that_came_or_went_back_is_no_expense(shop: Shop) -> None:
    safaricom = await registers(shop)
    came, back = new_receipt(shop), new_receipt(shop)
    await safaricom.confirms(notice(came, "70.00"))
    booked = await shop.transact(find_by_receipt, came)
    assert booked is not None
    refund = await shop.transact(refunds.request_refund, RefundDraft(booked.id, Decimal(70), "late"), role="cashier")
    await shop.transact(refunds.approve_refund, refund.id, "")
    mine = new_receipt(shop)
    await records(shop, receipt=mine)
    with pytest.raises(PayoutReceiptTaken):
        await shop.transact(refunds.record_payout, refund.id, Payout(Method.MPESA, mine))
    await shop.transact(refunds.record_payout, refund.id, Payout(Method.MPESA, back))

    for receipt in (came, back):
        with pytest.raises(ExpenseReceiptTaken) as refused:
            await records(shop, receipt=receipt)
        assert refused.value.expense_id is None
    assert await shop.disagreements() == []


async def test_of_two_who_record_one_receipt_one_does(shop: Shop) -> None:
    receipt = new_receipt(shop)
    draft = an_expense(shop, receipt=receipt)

    results = await together(8, lambda _: shop.transact(record_expense, draft))

    assert (count(results, Expense), count(results, ExpenseReceiptTaken)) == (1, 7)
    assert await accounts(shop) == {"6600": 1000, "1010": -1000}


async def test_of_two_who_reverse_one_does(shop: Shop) -> None:
    wrong = await records(shop)

    results = await together(8, lambda number: shop.transact(reverse_expense, wrong.id, f"wrong {number}"))

    assert (count(results, Expense), count(results, ExpenseReversedAlready)) == (1, 7)
    assert await accounts(shop) == {}
    assert await shop.disagreements() == []


async def test_the_database_itself_keeps_a_receipt_to_one_standing_expense(shop: Shop, clock: SetClock) -> None:
    receipt = new_receipt(shop)
    standing = await records(shop, receipt=receipt)

    async def writes_it_again(tx: Tx) -> None:
        expense = await queries_again(tx, standing)
        repository.insert_expense(tx, expense)

    async def queries_again(tx: Tx, expense: Expense) -> Expense:
        found = await get_expense(tx, expense.id)
        return Expense(tx.new_id(), *(getattr(found, name) for name in Expense.__slots__[1:]))

    with pytest.raises(asyncpg.UniqueViolationError):
        await shop.transact(writes_it_again)
    assert clock.at == standing.created_at


async def test_what_is_not_there_is_not_found(shop: Shop, books: object) -> None:
    assert books
    nothing = uuid4()
    for work in (get_expense, lambda tx, it: reverse_expense(tx, it, "wrong")):
        with pytest.raises(ExpenseNotFound):
            await shop.transact(work, nothing)
    theirs = await records(await make_shop(shop.database))
    with pytest.raises(ExpenseNotFound):
        await shop.transact(get_expense, theirs.id)


async def test_the_list_is_the_newest_first_by_every_filter(shop: Shop, clock: SetClock) -> None:
    made: list[Expense] = []
    for different in (
        {"category": Category.WAGES},
        {"paid_from": PaidFrom.BANK, "paid_on": business_day(clock.at) - timedelta(3)},
        {"purpose": ExpensePurpose.SUPPLIER, "category": None, "paid_from": PaidFrom.OWNER},
        {},
    ):
        made.insert(0, await records(shop, **different))
        clock.at += timedelta(minutes=1)
    gone = await shop.transact(reverse_expense, made[0].id, "wrong")
    plain, supplier, bank, wages = gone, *made[1:]

    today = business_day(clock.at)

    async def found(*wanted: *Wanted) -> list[Expense]:
        return await shop.transact(list_expenses, *wanted, None, 10)

    assert await found(*ALL) == [plain, supplier, bank, wages]
    assert await found(ExpensePurpose.SUPPLIER, None, None, None, None, None) == [supplier]
    assert await found(None, Category.WAGES, None, None, None, None) == [wages]
    assert await found(None, None, PaidFrom.BANK, None, None, None) == [bank]
    assert await found(None, None, None, None, today - timedelta(1), None) == [bank]
    assert await found(None, None, None, today, None, None) == [plain, supplier, wages]
    assert await found(None, None, None, None, None, True) == [supplier, bank, wages]
    assert await found(None, None, None, None, None, False) == [plain]
    after = After(supplier.created_at, supplier.id)
    assert await shop.transact(list_expenses, *ALL, after, 1) == [bank]


async def test_the_audit_says_what_was_spent_and_taken_back(shop: Shop) -> None:
    draft: ExpenseDraft = an_expense(shop, "12.50", receipt=new_receipt(shop))
    expense = await shop.transact(record_expense, draft)
    await shop.transact(reverse_expense, expense.id, "wrong")

    async def read(tx: Tx) -> list[tuple[str, str]]:
        rows = await tx.records(
            "SELECT action, facts ->> 'amount' AS amount FROM audit_entries WHERE business_id = $1 AND subject_id = $2"
            " ORDER BY sequence",
            tx.business_id,
            expense.id,
        )
        return [(row["action"], row["amount"]) for row in rows]

    assert await shop.transact(read) == [("expense_recorded", "12.50"), ("expense_reversed", "12.50")]
