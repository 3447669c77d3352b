"""What is agreed with a customer: opened and changed, folded at a merge, closed when a person is forgotten."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from payme import credit, customers, privacy
from payme.credit import (
    AccountChange,
    AccountDraft,
    AccountState,
    CreditAccount,
    CreditAccountExists,
    CreditAccountNotEmpty,
    CreditAccountUnknown,
    CreditLimitExceeded,
    DebtState,
    DebtUnknown,
)
from payme.credit.jobs import find_overdue
from payme.customers import CustomerErased, CustomerUnknown
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.errors import Busy, Refusal
from payme.write_offs import (
    NotYourWriteOff,
    OwnWriteOff,
    WriteOff,
    WriteOffAsked,
    WriteOffNotFound,
    WriteOffNotMovable,
    WriteOffState,
    approve_write_off,
    get_write_off,
    list_write_offs,
    reject_write_off,
    request_write_off,
    withdraw_write_off,
)
from tests.credit.conftest import Book
from tests.support.people import adds_customer
from tests.support.together import count, together

AGREED = AccountDraft(Decimal("500.00"), 14)


def change(limit: str | None = None, terms: int | None = None, state: AccountState | None = None) -> AccountChange:
    return AccountChange(None if limit is None else Decimal(limit), terms, state, "because")


async def changes(book: Book, wanted: AccountChange) -> CreditAccount:
    return await book.shop.transact(credit.change_account, book.customer.id, wanted, role="manager")


async def owed_by(book: Book, customer_id: UUID) -> tuple[Decimal, Decimal, Decimal]:
    account = await book.shop.transact(credit.get_account, customer_id)
    return account.balance_due, account.customer_credit, account.credit_limit


async def test_a_customer_has_one_account_however_many_open_it(book: Book) -> None:
    person = await adds_customer(book.shop, "Shiku")

    results = await together(8, lambda _: book.shop.transact(credit.open_account, person.id, AGREED))

    assert (count(results, CreditAccount), count(results, CreditAccountExists)) == (1, 7)
    with pytest.raises(CustomerUnknown):
        await book.shop.transact(credit.open_account, uuid4(), AGREED)
    assert await book.shop.disagreements() == []


async def test_what_was_agreed_changes_and_a_lower_limit_only_stops_buying(book: Book) -> None:
    await book.sells("5")

    changed = await changes(book, change("300.00", 7))

    assert (changed.credit_limit, changed.terms_days, changed.balance_due, changed.available) == (300, 7, 500, 0)
    with pytest.raises(CreditLimitExceeded):
        await book.sells("1")
    assert await changes(book, change("300.00")) == await book.account()
    assert await book.shop.disagreements() == []


async def test_an_account_is_closed_when_nobody_owes_anything(book: Book) -> None:
    await book.sells("1")
    with pytest.raises(CreditAccountNotEmpty) as refused:
        await changes(book, change(state=AccountState.CLOSED))
    assert (refused.value.owed, refused.value.customer_credit) == (100, 0)
    await book.pays("100.00")

    closed = await changes(book, change(state=AccountState.CLOSED))
    again = await changes(book, change(state=AccountState.ACTIVE))

    assert (closed.state, closed.available, again.state) == (AccountState.CLOSED, 0, AccountState.ACTIVE)
    with pytest.raises(CreditAccountUnknown):
        await book.shop.transact(credit.change_account, uuid4(), change("1.00"))
    assert await book.shop.disagreements() == []


# One person


async def test_a_merge_makes_one_account_of_two(book: Book) -> None:
    stays = await adds_customer(book.shop, "Shiku")
    await book.shop.transact(credit.open_account, stays.id, AGREED)
    await book.shop.transact(credit.give_customer_credit, stays.id, None, Decimal("30.00"), "a broken jar")
    sold = await book.sells("3")

    await book.shop.transact(credit.merge_customers, stays.id, book.customer.id)
    await book.shop.transact(credit.merge_customers, stays.id, book.customer.id)  # a second time does nothing

    assert await owed_by(book, stays.id) == await owed_by(book, book.customer.id) == (300, 30, 500)
    await book.pays("300.00")
    assert (await book.debt(sold.sale.id)).state is DebtState.SETTLED
    assert await owed_by(book, stays.id) == (0, 30, 500)
    assert await book.shop.disagreements() == []


async def test_who_has_no_account_takes_over_that_of_the_duplicate_and_merges_make_no_chain(book: Book) -> None:
    await book.sells("3")
    first, second = await adds_customer(book.shop, "Shiku"), await adds_customer(book.shop, "Wambui")

    await book.shop.transact(credit.merge_customers, first.id, book.customer.id)
    await book.shop.transact(credit.merge_customers, second.id, first.id)

    for asked in (book.customer.id, first.id, second.id):
        assert await owed_by(book, asked) == (300, 0, 1000)
    await book.pays("100.00")
    assert await owed_by(book, second.id) == (200, 0, 1000)
    assert await book.shop.disagreements() == []


@pytest.mark.parametrize("owes", [True, False])
async def test_debts_that_come_to_a_closed_account_leave_it_suspended(book: Book, owes: bool) -> None:
    stays = await adds_customer(book.shop, "Shiku")
    await book.shop.transact(credit.open_account, stays.id, AGREED)
    closing = change(state=AccountState.CLOSED)
    await book.shop.transact(credit.change_account, stays.id, closing)
    if owes:
        await book.sells("1")

    await book.shop.transact(credit.merge_customers, stays.id, book.customer.id)

    account = await book.shop.transact(credit.get_account, stays.id)
    assert account.state is (AccountState.SUSPENDED if owes else AccountState.CLOSED)
    assert await book.shop.disagreements() == []


async def test_merging_customers_of_whom_none_has_an_account_makes_none(book: Book) -> None:
    stays, goes = await adds_customer(book.shop, "Shiku"), await adds_customer(book.shop, "Wambui")

    await book.shop.transact(credit.merge_customers, stays.id, goes.id)

    assert await book.shop.transact(credit.find_account, stays.id) is None


async def test_who_waited_for_an_account_that_was_merged_meanwhile_asks_again(book: Book) -> None:
    stays = await adds_customer(book.shop, "Shiku")
    merged, waiting = asyncio.Event(), asyncio.Event()

    async def merges_slowly(tx: Tx) -> None:
        await credit.merge_customers(tx, stays.id, book.customer.id)
        await tx.flush()
        merged.set()
        await waiting.wait()
        await asyncio.sleep(0.2)

    async def holds(tx: Tx) -> CreditAccount:
        await merged.wait()
        waiting.set()
        return await credit.hold_account(tx, book.customer.id)

    _, held = await asyncio.gather(book.shop.transact(merges_slowly), book.shop.transact(holds), return_exceptions=True)

    assert isinstance(held, Busy)
    assert (await book.shop.transact(credit.hold_account, book.customer.id)).customer_id == stays.id


async def test_merges_and_sales_on_credit_at_once_lose_nothing(book: Book) -> None:
    stays = await adds_customer(book.shop, "Shiku")

    async def sells_or_merges(n: int) -> object:
        if n == 3:
            return await book.shop.transact(credit.merge_customers, stays.id, book.customer.id)
        return await book.sells("1")

    results = await together(8, sells_or_merges)

    sold = sum(not isinstance(result, Refusal) for result in results) - 1
    assert (await owed_by(book, stays.id))[0] == 100 * sold
    assert await book.shop.disagreements() == []


async def test_nobody_is_forgotten_who_owes_or_is_owed(book: Book) -> None:
    await book.sells("1")
    with pytest.raises(CreditAccountNotEmpty):
        await book.shop.transact(privacy.erase_customer, book.customer.id)
    await book.pays("105.00")
    with pytest.raises(CreditAccountNotEmpty) as refused:
        await book.shop.transact(privacy.erase_customer, book.customer.id)
    assert (refused.value.owed, refused.value.customer_credit) == (0, 5)
    assert (await book.shop.transact(customers.get_customer, book.customer.id)).name == "Wanjiku"
    stranger = await adds_customer(book.shop, "Shiku")
    await book.shop.transact(privacy.erase_customer, stranger.id)

    other = await adds_customer(book.shop, "Wambui")
    await book.shop.transact(credit.open_account, other.id, AGREED)
    await book.shop.transact(privacy.erase_customer, other.id)
    await book.shop.transact(privacy.erase_customer, other.id)

    assert (await book.shop.transact(credit.get_account, other.id)).state is AccountState.CLOSED
    with pytest.raises(CustomerErased):
        await book.shop.transact(credit.open_account, other.id, AGREED)
    assert await book.shop.disagreements() == []


async def test_a_person_gets_their_account_with_everything_else(book: Book) -> None:
    await book.sells("2")
    await book.pays("50.00")

    held = await book.shop.transact(privacy.export_customer, book.customer.id, None, 10)

    assert held.account is not None
    assert (held.account.balance_due, len(held.ledger), len(held.repayments)) == (150, 2, 1)


# Given up


async def test_a_debt_is_given_up_by_two_people(book: Book) -> None:
    sold = await book.sells("3")
    asked = await book.shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    with pytest.raises(WriteOffAsked):
        await book.shop.transact(request_write_off, sold.sale.id, "moved away")
    with pytest.raises(OwnWriteOff):
        await book.shop.transact(approve_write_off, asked.id, "", role="manager")
    with pytest.raises(OwnWriteOff):
        await book.shop.transact(reject_write_off, asked.id, "", role="manager")
    with pytest.raises(NotYourWriteOff):
        await book.shop.transact(withdraw_write_off, asked.id, "")
    await book.pays("120.00")

    results = await together(4, lambda _: book.shop.transact(approve_write_off, asked.id, "I know"))

    assert (count(results, WriteOff), count(results, WriteOffNotMovable)) == (1, 3)
    done = await book.shop.transact(get_write_off, asked.id)
    assert (done.state, done.amount) == (WriteOffState.APPROVED, 180)
    assert (await book.debt(sold.sale.id)).state is DebtState.WRITTEN_OFF
    assert await book.stands_at() == (0, 0)
    with pytest.raises(DebtUnknown):
        await book.shop.transact(request_write_off, sold.sale.id, "again")
    assert await book.shop.disagreements() == []


async def test_a_wish_to_give_up_a_debt_is_rejected_or_withdrawn_and_the_debt_stays(book: Book) -> None:
    sold = await book.sells("3")
    first = await book.shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    await book.shop.transact(reject_write_off, first.id, "she pays")
    second = await book.shop.transact(request_write_off, sold.sale.id, "moved away", role="manager")
    await book.shop.transact(withdraw_write_off, second.id, "she came", role="manager")

    listed = await book.shop.transact(list_write_offs, None, None, 10)

    assert [one.state for one in listed] == [WriteOffState.WITHDRAWN, WriteOffState.REJECTED]
    assert await book.stands_at() == (300, 0)
    for unknown in (get_write_off,):
        with pytest.raises(WriteOffNotFound):
            await book.shop.transact(unknown, uuid4())
    with pytest.raises(DebtUnknown):
        await book.shop.transact(request_write_off, uuid4(), "no such sale")
    assert await book.shop.disagreements() == []


# Who owes


async def test_who_owes_the_most_comes_first_and_the_first_page_says_the_total(book: Book) -> None:
    people = []
    for n in range(5):
        person = await adds_customer(book.shop, f"Mteja {n}")
        await book.shop.transact(credit.open_account, person.id, AGREED)
        people.append(replace(book, customer=person))
        await people[n].sells(str(n % 3 + 1))
    today = business_day(book.shop.database.seams.clock.now())

    seen: list[credit.Debtor] = []
    while True:
        after = seen[-1].account_id if seen else None
        page = await book.shop.transact(credit.list_debtors, today, after, 2)
        if not page:
            break
        assert (page[0].debtors, page[0].owed_in_all) == ((5, 900) if not seen else (None, None))
        seen += page

    assert [one.balance_due for one in seen] == [300, 200, 200, 100, 100]
    assert {one.customer_id for one in seen} == {person.customer.id for person in people}
    assert all((one.current, one.overdue) == (one.balance_due, 0) for one in seen)


async def test_what_is_overdue_is_found_by_its_day_alone(book: Book) -> None:
    await book.sells("1")
    debt = await book.debt((await book.sells("2")).sale.id)
    due: date = debt.due_on
    for late, bucket in ((0, "current"), (1, "days_1_30"), (31, "days_31_60"), (61, "days_61_90"), (91, "over_90")):
        (debtor,) = await book.shop.transact(credit.list_debtors, date.fromordinal(due.toordinal() + late), None, 5)
        assert getattr(debtor, bucket) == 300
        overdue = await book.shop.transact(credit.list_overdue, date.fromordinal(due.toordinal() + late), None, 5)
        assert [(one.debts, one.amount) for one in overdue] == ([(2, 300)] if late else [])

    (soon,) = await book.shop.transact(credit.list_due_soon, due, 3, None, 5)
    assert (soon.customer_id, soon.amount, soon.first_due_on) == (book.customer.id, 300, due)
    assert await book.shop.transact(credit.list_due_soon, due, 3, soon.account_id, 5) == []
    assert (await find_overdue(book.shop.database, book.shop.business_id)).accounts == 0
