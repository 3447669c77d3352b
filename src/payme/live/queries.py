"""Reads of live status."""

from datetime import timedelta
from uuid import UUID

from payme import money, payments, sales
from payme.kit.db.transaction import Tx
from payme.live.models import TillView
from payme.live.types import PAYMENTS_MAX, RECENT_S, SALES_MAX, UNCLAIMED_MAX, WAITING_S


async def get_session_id(tx: Tx) -> UUID:
    """Return the session that asks."""
    assert tx.actor.session_id is not None, "only a session follows"  # noqa: S101
    return tx.actor.session_id


async def get_till(tx: Tx) -> TillView:
    """Return what a till of the business shows, newest first; payments and money to those who may see payments."""
    since = tx.now - timedelta(seconds=RECENT_S)
    shown = await sales.list_for_till(tx, since, SALES_MAX)
    if not tx.actor.may("payments.read"):
        return TillView(tuple(shown), (), ())
    asked = await payments.list_for_till(tx, since, PAYMENTS_MAX)
    waiting = await money.list_for_till(tx, tx.now - timedelta(seconds=WAITING_S), UNCLAIMED_MAX)
    return TillView(tuple(shown), tuple(asked), tuple(waiting))
