"""The work of alerts: what issues ask for is written, and what is due leaves, each between two transactions."""

import asyncio
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog

from payme import issues
from payme.alerts import rules, services
from payme.alerts.models import Mail, MailOutcome, Taken
from payme.alerts.services import Mailer
from payme.alerts.types import WATCH_EVERY_S, Part
from payme.kit.db.transaction import Database, Scope
from payme.kit.rounds import keep_doing, keep_visiting

AT_ONCE_OF_BUSINESS = 20
BUSINESSES_MAX = 10_000
_PART = "alerts"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AlertDesk:
    """What telling people needs: the books, and who carries e-mail."""

    database: Database
    mailer: Mailer
    operator: str | None = None
    """Whom troubles of the whole server are written to; without one they stand in the log."""


async def tell_due(desk: AlertDesk, business_id: UUID, *, at_once: int = AT_ONCE_OF_BUSINESS) -> int:
    """Write what a business's issues ask for and send what is due; returns how much was done.

    A worker that dies in between leaves e-mails due again after their lease, under the same ids.
    """
    scope = Scope.system(_PART, business_id)
    written = await desk.database.transact(scope, services.write_alerts)
    mails = await desk.database.transact(scope, services.take_due, at_once)
    await asyncio.gather(*(_send(desk, scope, mail) for mail in mails))
    return written + len(mails)


async def _send(desk: AlertDesk, scope: Scope, mail: Mail) -> None:
    outcome = await desk.mailer.send(mail)
    await desk.database.seams.chaos.point("alert_sent")
    state = await desk.database.transact(scope, services.record_try, mail, outcome)
    log.info("alert_sent", alert_id=str(mail.id), mailer=desk.mailer.name, state=state, tries=mail.tries)


async def keep_telling(desk: AlertDesk, stop: asyncio.Event) -> None:
    """Look for issues of which people are to be told until ``stop``."""

    async def businesses() -> list[UUID]:
        return await desk.database.transact(Scope.system(_PART), issues.list_businesses, BUSINESSES_MAX)

    async def visit(business_id: UUID) -> int:
        return await tell_due(desk, business_id)

    await keep_visiting(businesses, visit, stop, part=_PART)


async def watch_once(desk: AlertDesk, *, beating: Part | None = None) -> int:
    """Look once how the whole server does and write to its operator; returns of how many troubles."""
    scope = Scope.system(_PART)
    if beating is not None:
        await desk.database.transact(scope, services.beat, beating)
    found = await desk.database.transact(scope, services.watch)
    for alert in found:
        log.error("platform_alert", what=alert.what, detail=alert.detail, since=alert.since.isoformat())
        outcome: MailOutcome = Taken()
        if desk.operator is not None:
            mail = rules.operators_mail(alert, desk.operator, desk.database.seams.clock.now())
            outcome = await desk.mailer.send(mail)
        await desk.database.transact(scope, services.record_told, alert, outcome)
    return len(found)


async def keep_watch(desk: AlertDesk, stop: asyncio.Event, *, beating: Part | None = None) -> None:
    """Watch over the whole server until ``stop``; ``beating`` says each time that it works itself.

    The web server watches, too: who stands still cannot say so.
    """
    await keep_doing(partial(watch_once, desk, beating=beating), WATCH_EVERY_S, stop, part="watch")
