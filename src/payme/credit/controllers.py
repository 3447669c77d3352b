"""Routes of credit. Those that take money for debts are repayments'; selling on credit is sales'."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from payme.credit import queries, rules, services
from payme.credit.errors import CreditAccountExists, CreditAccountNotEmpty, CreditAccountUnknown
from payme.credit.schemas import (
    AccountChangeIn,
    AccountIn,
    CreditAccountOut,
    CreditPaymentOut,
    DebtOut,
    OwingOut,
    StatementOut,
)
from payme.customers import (
    CustomerErased,
    CustomerMerged,
    CustomerOut,
    CustomerUnknown,
    MergedTooLarge,
    MergeIn,
    SameCustomer,
)
from payme.documents import FORMS, ROWS_MAX, DocumentTooLong, Format, Wanted
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.days import business_day
from payme.kit.db.transaction import Tx
from payme.kit.paging import After

customers = APIRouter(tags=["customers"])
accounts = APIRouter(tags=["credit"])
debtors = APIRouter(tags=["credit"])
Reading = Annotated[Transact, needs("credit.read")]
Changing = Annotated[Transact, needs("credit.change")]
_PATH = "/{customer_id}/credit-account"


@customers.post(
    "/{customer_id}/merges",
    response_model=CustomerOut,
    responses=problems(CustomerUnknown, CustomerMerged, CustomerErased, SameCustomer, MergedTooLarge),
)
async def merge_customers(
    transact: Annotated[Transact, needs("customers.merge")], customer_id: UUID, body: MergeIn
) -> Response:
    """Merge a duplicate into this customer, for good.

    Name and phone of this customer stay; a second number becomes another number, tags and notes are put together.
    Sales keep the customer they named, and are in this one's history. Debts and customer credit of the duplicate move
    to this customer's credit account, whose limit and terms stay.
    """
    return await transact(services.merge_customers, customer_id, body.duplicate_id, reply=CustomerOut.of)


@accounts.post(
    _PATH,
    status_code=201,
    response_model=CreditAccountOut,
    responses=problems(CustomerUnknown, CustomerErased, CreditAccountExists),
)
async def open_credit_account(transact: Changing, customer_id: UUID, body: AccountIn, key: IdempotencyKey) -> Response:
    """Let a customer buy on credit, up to a limit."""
    return await transact(
        services.open_account, customer_id, body.to_draft(), reply=CreditAccountOut.of, once=key, status=201
    )


@accounts.patch(
    _PATH,
    response_model=CreditAccountOut,
    responses=problems(CreditAccountUnknown, CreditAccountNotEmpty),
)
async def change_credit_account(
    transact: Changing, customer_id: UUID, body: AccountChangeIn, key: IdempotencyKey
) -> Response:
    """Change the limit or the terms; suspend, close or open an account again."""
    return await transact(services.change_account, customer_id, body.to_change(), reply=CreditAccountOut.of, once=key)


@accounts.get(_PATH, response_model=CreditAccountOut, responses=problems(CreditAccountUnknown))
async def get_credit_account(transact: Reading, customer_id: UUID) -> Response:
    """Read what a customer may owe, owes, and has coming."""
    return await transact(queries.get_account, customer_id, reply=CreditAccountOut.of)


@accounts.get(f"{_PATH}/debts", response_model=Page[DebtOut], responses=problems(CreditAccountUnknown, InvalidCursor))
async def list_debts(transact: Reading, customer_id: UUID, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List a customer's credit sales, newest first."""

    async def read(tx: Tx) -> Page[DebtOut]:
        account = await queries.get_account(tx, customer_id)
        rows = await queries.list_debts(tx, account.id, decode(cursor), limit + 1)
        return page(rows, limit, DebtOut.of, lambda row: After(row.created_at, row.sale_id))

    return await transact(read, reply=lambda found: found)


@accounts.get(
    f"{_PATH}/repayments",
    response_model=Page[CreditPaymentOut],
    responses=problems(CreditAccountUnknown, InvalidCursor),
)
async def list_repayments(transact: Reading, customer_id: UUID, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List what a customer paid back, newest first."""

    async def read(tx: Tx) -> Page[CreditPaymentOut]:
        account = await queries.get_account(tx, customer_id)
        rows = await queries.list_payments(tx, account.id, decode(cursor), limit + 1)
        return page(rows, limit, CreditPaymentOut.of, lambda row: After(row.created_at, row.id))

    return await transact(read, reply=lambda found: found)


@accounts.get(
    f"{_PATH}/statement",
    response_model=StatementOut,
    responses={**FORMS, **problems(CreditAccountUnknown, InvalidCursor, DocumentTooLong)},
)
async def get_statement(
    transact: Reading,
    wanted: Wanted,
    customer_id: UUID,
    from_day: date | None = None,
    to_day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Read an account over some business days: what it stood at before and after, and every entry between.

    JSON comes in pages; every other form is the whole statement.
    """
    after, most = decode(cursor), limit + 1
    if wanted.format is not Format.JSON:
        after, most = None, ROWS_MAX
    found = await transact.run(
        queries.get_printed_statement, customer_id, from_day, to_day, after.id if after else None, most
    )
    return await wanted.answer(
        found, reply=lambda one: StatementOut.of(one.statement, limit), document=rules.statement_document
    )


@debtors.get("", response_model=OwingOut, responses=problems(InvalidCursor))
async def list_debtors(transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Say who owes, the most first, and for how long; the first page also says what all of them owe."""
    after = decode(cursor)

    async def read(tx: Tx) -> OwingOut:
        rows = await queries.list_debtors(tx, business_day(tx.now), after.id if after else None, limit + 1)
        return OwingOut.of(rows, limit, is_first=after is None)

    return await transact(read, reply=lambda owing: owing)
