"""Routes of SMS."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.paging import After
from payme.sms import queries
from payme.sms.errors import PeriodTooLong, SmsNotFound
from payme.sms.models import SmsFilter
from payme.sms.schemas import SmsCostsOut, SmsOut
from payme.sms.types import SmsPurpose, SmsState

messages = APIRouter(tags=["messages"])
costs = APIRouter(tags=["messages"])
Reading = Annotated[Transact, needs("sms.read")]


@messages.get("", response_model=Page[SmsOut], responses=problems(InvalidCursor))
async def list_sms_messages(
    transact: Reading,
    purpose: SmsPurpose | None = None,
    state: SmsState | None = None,
    customer_id: UUID | None = None,
    sale_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what customers were sent, or are to be sent, newest first."""
    return await transact(
        queries.list_messages,
        SmsFilter(purpose, state, customer_id, sale_id),
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, SmsOut.of, lambda row: After(row.created_at, row.id)),
    )


@messages.get("/{sms_id}", response_model=SmsOut, responses=problems(SmsNotFound))
async def get_sms_message(transact: Reading, sms_id: UUID) -> Response:
    """Read one message, to see what became of it."""
    return await transact(queries.get_message, sms_id, reply=SmsOut.of)


@costs.get("", response_model=SmsCostsOut, responses=problems(PeriodTooLong))
async def add_up_sms_costs(
    transact: Reading,
    from_day: Annotated[
        date | None,
        Query(description="The first day, in the shop's time; without it the first of the month."),
    ] = None,
    to_day: Annotated[
        date | None, Query(description="The last day, a year later at the most; without it today.")
    ] = None,
) -> Response:
    """Add up what messages cost that left in a period."""
    return await transact(queries.add_up_costs, from_day, to_day, reply=SmsCostsOut.of)
