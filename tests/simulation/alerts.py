"""Alerts: a worker writes to people of what was opened, over a mail server that loses and refuses letters."""

from collections import Counter
from random import Random
from typing import Final

from payme.alerts import AlertSettings, Mail, MailOutcome, NotTaken, Refused, Taken, change_settings
from payme.alerts.jobs import AlertDesk, tell_due
from payme.alerts.types import WINDOW
from payme.identity import Role
from payme.issues import Severity
from tests.simulation.faults import Fault, Faults
from tests.simulation.provers import Prover
from tests.simulation.scheduler import Scheduler, Violation
from tests.simulation.world import World

PAUSES_S: Final = (1.0, 15.0, 40.0)
ROUNDS_MAX: Final = 30
"""A shop is told of so many things an hour, and a bad day has more."""
WAIT_S: Final = 700.0
"""Longer than alerts of one kind wait for each other."""


class SimPost:
    """The mail server, and whoever reads; what arrived stands in ``heard``."""

    name = "post"

    def __init__(self, scheduler: Scheduler, randomness: Random, faults: Faults) -> None:
        """Nothing has arrived yet."""
        self._scheduler = scheduler
        self._randomness = randomness
        self._faults = faults
        self.heard: Counter[str] = Counter()
        """By the hexadecimal id of the mail."""

    async def send(self, mail: Mail) -> MailOutcome:
        """Take a mail, or fail to."""
        await self._scheduler.sleep(self._randomness.uniform(0.05, 1.0))
        if self._faults.strikes(Fault.MAIL_LOST):
            return NotTaken("no answer in time")
        if self._faults.strikes(Fault.MAIL_REFUSED):
            return Refused("550 no such mailbox")
        self.heard[mail.id.hex] += 1
        self._scheduler.note("reads a mail")
        if self._faults.strikes(Fault.MAIL_ANSWER_LOST):
            return NotTaken("no answer in time")
        return Taken()


class Teller(Prover):
    """The workers that tell people of issues."""

    def __init__(self, world: World) -> None:
        """Tell the people of every business."""
        self.world = world
        self.choice = world.randomness("teller")
        self.post = SimPost(world.scheduler, world.randomness("post"), world.faults)
        self._desk = AlertDesk(world.database, self.post)

    async def tells(self, rounds: int) -> None:
        """Tell from time to time, sometimes with two workers at once; one shop wants to know everything."""
        await self.world.on_worker("settings", self._chooses)
        for number in range(rounds):
            await self.world.scheduler.sleep(self.choice.choice(PAUSES_S))
            beside = None
            if self.choice.random() < 0.3:
                beside = self.world.scheduler.spawn(f"teller-beside{number}", self.goes_on)
            await self.goes_on()
            if beside is not None:
                await self.world.scheduler.join(beside)

    async def _chooses(self) -> None:
        scope = self.world.shops[0].scope(Role.OWNER, "settings")
        settings = AlertSettings(Severity.LOW, [], Severity.HIGH, ["254712345678"], sms_at_night=False, an_hour=10)
        await self.world.database.transact(scope, change_settings, settings)

    async def goes_on(self) -> None:
        """Write what issues ask for and send what is due, one mail at a time."""

        async def tell() -> None:
            for business_id in self.world.judge.businesses:
                while await tell_due(self._desk, business_id, at_once=1):
                    pass

        await self.world.on_worker("alerter", tell)

    async def ends(self) -> None:
        """Tell the rest; then each issue that asks for it was told once, in a mail that arrived or was refused."""
        for _ in range(ROUNDS_MAX):
            await self.goes_on()
            if not await self.world.ground.judge.fetchval("SELECT count(*) FROM alerts WHERE state = 'waiting'"):
                break
            await self.world.scheduler.sleep(WAIT_S)
        judge = self.world.ground.judge
        for row in await judge.fetch(_NOT_TOLD, self.world.judge.businesses):
            raise Violation("ALERT", f"{row['kind']} stands open, and nobody is told: {row['state']}")
        ids = set()
        for row in await judge.fetch("SELECT id, state, tries FROM alerts WHERE channel = 'email' ORDER BY id"):
            ids.add(row["id"].hex)
            self.world.counts[f"alert {row['state']}"] += 1
            if row["state"] == "sent" and not self.post.heard[row["id"].hex]:
                raise Violation("ALERT", f"alert {row['id']} counts as sent, and nobody had it")
            if row["state"] == "withdrawn" and self.post.heard[row["id"].hex]:
                raise Violation("ALERT", f"alert {row['id']} was withdrawn after it was read")
        if not ids >= set(self.post.heard):
            raise Violation("ALERT", f"mails of no alert: {sorted(set(self.post.heard) - ids)}")
        for row in await judge.fetch(_DOUBLED, WINDOW):
            raise Violation("ALERT", f"people are told twice of {row['kind']}, {row['apart']} apart")
        for row in await judge.fetch(_OVER):
            raise Violation("ALERT", f"people are told at {row['left_at']} of {row['kind']}, which was over before")


_NOT_TOLD = """
    SELECT issue.kind, coalesce(alert.state, 'no alert') AS state
      FROM reconciliation_issues AS issue
      LEFT JOIN alert_issues AS told
        ON told.issue_id = issue.id AND told.channel = 'email' AND told.word = 'opened'
      LEFT JOIN alerts AS alert ON alert.id = told.alert_id
     WHERE issue.business_id = ANY ($1) AND issue.severity IN ('critical', 'high') AND issue.closed_at IS NULL
       AND coalesce(alert.state, '') NOT IN ('sent', 'failed')
     ORDER BY issue.id
"""
_DOUBLED = """
    SELECT kind, left_at - before AS apart
      FROM (SELECT kind, left_at,
                   lag(left_at) OVER (PARTITION BY business_id, channel, word, kind ORDER BY left_at) AS before
              FROM alerts WHERE left_at IS NOT NULL) AS step
     WHERE left_at - before < $1
"""
# An issue may close in the moment in which its alert is taken.
_OVER = """
    SELECT alert.kind, alert.left_at
      FROM alerts AS alert
     WHERE alert.left_at > ALL (SELECT coalesce(issue.closed_at, 'infinity') + interval '1 minute'
                                  FROM alert_issues AS told
                                  JOIN reconciliation_issues AS issue ON issue.id = told.issue_id
                                 WHERE told.alert_id = alert.id)
"""
