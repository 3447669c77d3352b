"""A shop whose people are told of its issues, and the mail server that carries it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from payme import alerts, issues
from payme.alerts import Alert, AlertSettings, Channel, Smtp, SmtpAccount
from payme.alerts.jobs import AlertDesk, tell_due
from payme.issues import NewIssue, Settled, Severity
from payme.kit.db.transaction import Database
from payme.sms import SmsFilter, SmsMessage, list_messages
from tests.support.database import in_time
from tests.support.mail_server import MailServer, receiving_mail
from tests.support.shops import Shop, make_shop

NOON = datetime.fromisoformat("2026-11-23T12:00:00+03:00")
"""A working day in Nairobi."""
EVERYTHING = AlertSettings(Severity.LOW, [], None, [], sms_at_night=False, an_hour=10)


@dataclass
class Telling:
    """A shop, the desk that tells its people, and the mail server."""

    shop: Shop
    mail: MailServer
    desk: AlertDesk

    def at(self, when: datetime) -> "Telling":
        """The same at another instant."""
        database = in_time(self.desk.database, when)
        return Telling(replace(self.shop, database=database), self.mail, replace(self.desk, database=database))

    def later(self, **span: float) -> "Telling":
        return self.at(self.desk.database.seams.clock.now() + timedelta(**span))

    async def tells(self) -> int:
        """Let a worker tell what is due."""
        return await tell_due(self.desk, self.shop.business_id)

    async def opens(self, kind: str = "late_money", subjects: int = 1) -> list[UUID]:
        found = [NewIssue(kind, uuid4(), {"detail": "looked at"}) for _ in range(subjects)]
        return await self.shop.transact(issues.open_issues, found)

    async def closes(self, issue_id: UUID) -> None:
        issue = await self.shop.transact(issues.get_issue, issue_id)
        await self.shop.transact(issues.settle, [Settled(issue.kind, issue.subject_id, "gone")])

    async def chooses(self, **chosen: object) -> AlertSettings:
        return await self.shop.transact(alerts.change_settings, replace(EVERYTHING, **chosen))  # type: ignore[arg-type]

    async def alerts(self, channel: Channel | None = None) -> list[Alert]:
        """What was told, oldest first."""
        return (await self.shop.transact(alerts.list_alerts, channel, None, None, 100))[::-1]

    async def texts(self) -> list[SmsMessage]:
        return (await self.shop.transact(list_messages, SmsFilter(), None, 100))[::-1]


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with receiving_mail() as running:
        yield running


@pytest.fixture
async def telling(database: Database, mail: MailServer) -> Telling:
    mailer = Smtp(SmtpAccount("127.0.0.1", mail.port, False, None, None, "payme@shop.example"), try_s=1.0)
    shop = await make_shop(database)
    return Telling(shop, mail, AlertDesk(database, mailer)).at(NOON)
