"""Routes of reports about statements: in every form (`format`), JSON where none is asked for."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from payme.documents import FORMS, DocumentTooLong, Wanted
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.payment_configs import PaymentConfigMissing
from payme.statement_reports import queries, rules
from payme.statement_reports.errors import ReconciliationPeriodWrong
from payme.statement_reports.schemas import ReconciliationOut
from payme.statements import StatementNotOurs

router = APIRouter(tags=["statements"])
_FIRST, _LAST = date(2007, 1, 1), date(2999, 12, 30)


@router.get(
    "",
    response_model=ReconciliationOut,
    responses={**FORMS, **problems(PaymentConfigMissing, StatementNotOurs, ReconciliationPeriodWrong, DocumentTooLong)},
)
async def reconcile(
    transact: Annotated[Transact, needs("statements.read")],
    wanted: Wanted,
    shortcode: Annotated[
        str | None,
        Query(pattern="^[0-9]{5,7}$", description="A paybill, or a till's store number."),
    ] = None,
    from_day: Annotated[
        date | None, Query(ge=_FIRST, le=_LAST, description="Without it from the first of the last day's month.")
    ] = None,
    to_day: Annotated[
        date | None, Query(ge=_FIRST, le=_LAST, description="Included; without it until today. At most 366 days.")
    ] = None,
) -> Response:
    """Tell what a statement and the books say of a period, to the cent, and everything between them."""
    found = await transact.run(queries.reconcile, shortcode, from_day, to_day)
    return await wanted.answer(found, reply=ReconciliationOut.of, document=rules.document_of)
