"""Routes of alerts."""

from typing import Annotated

from fastapi import APIRouter, Response

from payme.alerts import queries, services
from payme.alerts.errors import NobodyToTell
from payme.alerts.schemas import AlertOut, AlertSettingsIn, AlertSettingsOut
from payme.alerts.types import AlertState, Channel
from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.identity import InvalidEmail, InvalidPhone
from payme.kit.paging import After

settings = APIRouter(tags=["issues"])
alerts = APIRouter(tags=["issues"])
Reading = Annotated[Transact, needs("issues.read")]


@settings.get("", response_model=AlertSettingsOut)
async def get_alert_settings(transact: Reading) -> Response:
    """Read who is told of issues, and of which."""
    return await transact(queries.get_settings, reply=AlertSettingsOut.of)


@settings.put("", response_model=AlertSettingsOut, responses=problems(InvalidEmail, InvalidPhone, NobodyToTell))
async def change_alert_settings(
    transact: Annotated[Transact, needs("alerts.change")], body: AlertSettingsIn
) -> Response:
    """Choose who is told of issues, and of which."""
    return await transact(services.change_settings, body.to_settings(), reply=AlertSettingsOut.of)


@alerts.get("", response_model=Page[AlertOut], responses=problems(InvalidCursor))
async def list_alerts(
    transact: Reading,
    channel: Channel | None = None,
    state: AlertState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what people were told of issues, or are to be told, newest first."""
    return await transact(
        queries.list_alerts,
        channel,
        state,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, AlertOut.of, lambda row: After(row.created_at, row.id)),
    )
