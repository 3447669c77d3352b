"""Routes of reports: each in every form (`format`), JSON where none is asked for."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from payme.documents import FORMS, DocumentTooLong, Wanted
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.reports import queries, rules
from payme.reports.errors import PeriodBackwards, PeriodTooLong
from payme.reports.schemas import (
    DebtsOut,
    GrossProfitOut,
    SalesByCashierOut,
    SalesByDayOut,
    SalesByProductOut,
    SalesByTenderOut,
    StockValueOut,
    TokensOut,
)

router = APIRouter(tags=["reports"])
Reading = Annotated[Transact, needs("reports.read")]
_FIRST, _LAST = date(1970, 1, 1), date(2999, 12, 31)
FromDay = Annotated[
    date | None, Query(ge=_FIRST, le=_LAST, description="Without it from the first of the last day's month.")
]
ToDay = Annotated[
    date | None, Query(ge=_FIRST, le=_LAST, description="Included; without it until today. At most 366 days.")
]
_OF_A_PERIOD = {**FORMS, **problems(PeriodBackwards, PeriodTooLong, DocumentTooLong)}


@router.get("/sales-by-day", response_model=SalesByDayOut, responses=_OF_A_PERIOD)
async def sales_by_day(transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None) -> Response:
    """Tell what was sold on each day, and how it was paid. A sale counts on the day on which it was completed."""
    found = await transact.run(queries.sales_by_day, from_day, to_day)
    return await wanted.answer(found, reply=SalesByDayOut.of, document=rules.days_document)


@router.get("/sales-by-tender", response_model=SalesByTenderOut, responses=_OF_A_PERIOD)
async def sales_by_tender(
    transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None
) -> Response:
    """Tell how sales were paid: cash, M-Pesa, or put on the customer's account."""
    found = await transact.run(queries.sales_by_day, from_day, to_day)
    return await wanted.answer(found, reply=SalesByTenderOut.of, document=rules.tenders_document)


@router.get("/sales-by-product", response_model=SalesByProductOut, responses=_OF_A_PERIOD)
async def sales_by_product(
    transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None
) -> Response:
    """Tell what was sold of each product, with its cost and gross profit."""
    found = await transact.run(queries.sales_by_product, from_day, to_day)
    return await wanted.answer(found, reply=SalesByProductOut.of, document=rules.products_document)


@router.get("/sales-by-cashier", response_model=SalesByCashierOut, responses=_OF_A_PERIOD)
async def sales_by_cashier(
    transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None
) -> Response:
    """Tell what each person rang up."""
    found = await transact.run(queries.sales_by_cashier, from_day, to_day)
    return await wanted.answer(found, reply=SalesByCashierOut.of, document=rules.cashiers_document)


@router.get("/gross-profit", response_model=GrossProfitOut, responses=_OF_A_PERIOD)
async def gross_profit(transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None) -> Response:
    """Tell what was earned with goods on each day: the revenue less what they cost, first in, first out."""
    found = await transact.run(queries.sales_by_day, from_day, to_day)
    return await wanted.answer(found, reply=GrossProfitOut.of, document=rules.profit_document)


@router.get("/stock-value", response_model=StockValueOut, responses={**FORMS, **problems(DocumentTooLong)})
async def stock_value(transact: Reading, wanted: Wanted) -> Response:
    """Tell what is on the shelf now, at what it cost and at what it would sell for."""
    found = await transact.run(queries.stock_value)
    return await wanted.answer(found, reply=StockValueOut.of, document=rules.stock_document)


@router.get("/debts", response_model=DebtsOut, responses={**FORMS, **problems(DocumentTooLong)})
async def debts(transact: Reading, wanted: Wanted) -> Response:
    """Tell who owes now, how much, and how long it is overdue."""
    found = await transact.run(queries.debts)
    return await wanted.answer(found, reply=DebtsOut.of, document=rules.debts_document)


@router.get("/tokens", response_model=TokensOut, responses=_OF_A_PERIOD)
async def tokens(transact: Reading, wanted: Wanted, from_day: FromDay = None, to_day: ToDay = None) -> Response:
    """Tell the tokens of each day: granted, bought, reserved, charged, refunded, owed; and what there is now."""
    found = await transact.run(queries.tokens_by_day, from_day, to_day)
    return await wanted.answer(found, reply=TokensOut.of, document=rules.tokens_document)
