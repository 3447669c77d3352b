"""Routes of the ledger: in every form (`format`), JSON where none is asked for."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from payme.documents import FORMS, ROWS_MAX, DocumentTooLong, Form, Format, Wanted, render_csv_part
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, decode
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.ledger import queries, rules
from payme.ledger.errors import AccountUnknown
from payme.ledger.models import Journal
from payme.ledger.schemas import (
    AccountLedgerOut,
    AccountsOut,
    BalanceSheetOut,
    JournalOut,
    ProfitAndLossOut,
    TrialBalanceOut,
)
from payme.ledger.types import DOCUMENTS_AT_ONCE, EXPORTED_MAX
from payme.reports import PeriodBackwards

router = APIRouter(tags=["ledger"])
Reading = Annotated[Transact, needs("ledger.read")]
_FIRST, _LAST = date(1970, 1, 1), date(2999, 12, 31)
FromDay = Annotated[
    date | None, Query(ge=_FIRST, le=_LAST, description="Without it from the first of the last day's month.")
]
ToDay = Annotated[date | None, Query(ge=_FIRST, le=_LAST, description="Included; without it until today.")]
Day = Annotated[date | None, Query(ge=_FIRST, le=_LAST, description="At whose end; without it now.")]
Code = Annotated[str, Query(max_length=8, description="The code of an account; without it cash.")]
_CSV: Final[dict[int | str, dict[str, object]]] = {
    200: {"description": "As CSV, however long it is.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/accounts", response_model=AccountsOut)
async def list_accounts(transact: Reading) -> Response:
    """Show the table of accounts; it is the same for every shop."""
    return await transact(queries.list_accounts, reply=AccountsOut.of)


@router.get(
    "/lines",
    response_model=AccountLedgerOut,
    responses={**FORMS, **problems(AccountUnknown, PeriodBackwards, InvalidCursor, DocumentTooLong)},
)
async def list_lines(
    transact: Reading,
    wanted: Wanted,
    account: Code = rules.CASH,
    from_day: FromDay = None,
    to_day: ToDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Show what one account did, with what stood there before and after each line."""
    most = _most(wanted, limit)
    found = await transact.run(queries.account_ledger, account, from_day, to_day, decode(cursor), most)
    return await wanted.answer(found, reply=AccountLedgerOut.of, document=rules.account_document)


@router.get(
    "/journal",
    response_model=JournalOut,
    responses={**FORMS, **problems(PeriodBackwards, InvalidCursor, DocumentTooLong)},
)
async def list_journal(
    transact: Reading,
    wanted: Wanted,
    from_day: FromDay = None,
    to_day: ToDay = None,
    document: Annotated[UUID | None, Query(description="Only of this sale, return, delivery …")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List documents in their order, with the lines that each is posted to."""
    most = _most(wanted, limit)
    found = await transact.run(queries.journal, from_day, to_day, document, decode(cursor), most)
    return await wanted.answer(found, reply=JournalOut.of, document=rules.journal_document)


@router.get("/export", response_class=StreamingResponse, responses={**_CSV, **problems(PeriodBackwards)})
async def export_journal(transact: Reading, from_day: FromDay = None, to_day: ToDay = None) -> Response:
    """Export a period for an accountant: one CSV line for each line of the journal, with the codes of the accounts."""
    first = await transact.run(queries.journal, from_day, to_day, None, None, DOCUMENTS_AT_ONCE)
    period = first.period
    return StreamingResponse(
        _parts(transact, first),
        media_type="text/csv; charset=utf-8; header=present",
        headers={
            "Content-Disposition": f'attachment; filename="journal-{period.from_day}-{period.to_day}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _parts(transact: Transact, first: Journal) -> AsyncIterator[bytes]:
    yield render_csv_part(rules.journal_table(first.posted), first=True)
    found, period = first, first.period
    for _ in range(EXPORTED_MAX):
        if found.after is None:
            return
        found = await transact.run(
            queries.journal, period.from_day, period.to_day, None, found.after, DOCUMENTS_AT_ONCE
        )
        yield render_csv_part(rules.journal_table(found.posted), first=False)


@router.get("/trial-balance", response_model=TrialBalanceOut, responses={**FORMS, **problems(DocumentTooLong)})
async def get_trial_balance(transact: Reading, wanted: Wanted, day: Day = None) -> Response:
    """Show every account at the end of a day; debits and credits are the same."""
    found = await transact.run(queries.trial_balance, day)
    return await wanted.answer(found, reply=TrialBalanceOut.of, document=rules.trial_document)


@router.get(
    "/profit-and-loss",
    response_model=ProfitAndLossOut,
    responses={**FORMS, **problems(PeriodBackwards, DocumentTooLong)},
)
async def get_profit_and_loss(
    transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None
) -> Response:
    """Show what was earned in any period."""
    found = await transact.run(queries.profit_and_loss, from_day, to_day)
    return await wanted.answer(found, reply=ProfitAndLossOut.of, document=rules.profit_document)


@router.get("/balance-sheet", response_model=BalanceSheetOut, responses={**FORMS, **problems(DocumentTooLong)})
async def get_balance_sheet(transact: Reading, wanted: Wanted, day: Day = None) -> Response:
    """Show what there is at the end of a day, what the shop owes, and what is the owner's."""
    found = await transact.run(queries.balance_sheet, day)
    return await wanted.answer(found, reply=BalanceSheetOut.of, document=rules.sheet_document)


def _most(wanted: Form, limit: int) -> int:
    """Return how many documents are read: a page as JSON, all that fit as a file; one more is refused as too long."""
    return limit if wanted.format is Format.JSON else ROWS_MAX + 1
