"""Planted where people are told of issues: how often, under which name, and whether they had it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from payme.alerts import AlertState, Mail
from payme.alerts import queries as alert_queries
from payme.alerts import repository as alert_repository
from payme.alerts import services as alert_services
from payme.alerts.models import Lately
from payme.kit.db.transaction import Tx
from tests.simulation.world import World


@contextmanager
def alert_sent_before_the_answer(_: World) -> Iterator[None]:
    """An alert counts as sent when a worker takes it."""

    async def take_due(tx: Tx, most: int) -> list[Mail]:
        mails = await honest(tx, most)
        await tx.flush()
        for mail in mails:
            await alert_repository.mark_tried(tx, mail.id, mail.tries, AlertState.SENT, mail.at, "")
        return mails

    honest = alert_services.take_due
    with patch.object(alert_services, "take_due", take_due):
        yield


@contextmanager
def alert_for_each_issue(_: World) -> Iterator[None]:
    """Nobody looks whether people were told of the kind just now."""

    async def list_lately(tx: Tx, since: datetime) -> list[Lately]:
        return []

    with patch.object(alert_queries, "list_lately", list_lately):
        yield


@contextmanager
def mail_under_another_name_each_time(world: World) -> Iterator[None]:
    """A mail that is sent again is another mail."""

    async def take_due(tx: Tx, most: int) -> list[Mail]:
        return [replace(mail, id=mail.id if mail.tries == 1 else tx.new_id()) for mail in await honest(tx, most)]

    honest = alert_services.take_due
    with patch.object(alert_services, "take_due", take_due):
        yield


@contextmanager
def issue_told_before_its_alert_is_written(_: World) -> Iterator[None]:
    """Issues are marked as told, and of some of them nobody writes an alert."""

    def insert_alerts(tx: Tx, alerts: Sequence[object]) -> None:
        return None

    with (
        patch.object(alert_repository, "insert_alerts", insert_alerts),
        patch.object(alert_repository, "insert_alert_issues", insert_alerts),
    ):
        yield
