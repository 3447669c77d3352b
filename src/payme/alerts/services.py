"""Commands of alerts: choose who is told, write what issues ask for, hand it over, and say what became of it."""

import asyncio
import json
import os
import smtplib
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Protocol, TextIO

from payme import issues, sms, webhooks
from payme.alerts import queries, repository, rules
from payme.alerts.events import AlertSettingsChanged
from payme.alerts.models import (
    AlertFigures,
    AlertSettings,
    DueAlert,
    Mail,
    MailOutcome,
    NotTaken,
    PlatformAlert,
    Shop,
    Taken,
)
from payme.alerts.types import AT_ONCE, HELD, HOUR, LEASE, LINE_MAX, RESTORED, WINDOW, AlertState, Channel, Part
from payme.identity import get_business
from payme.kit.db.transaction import Database, Scope, Tx
from payme.sms import SmsDraft

GAUGES_BUSINESSES_MAX: Final = 200
FAILED_WITHIN: Final = timedelta(days=1)
_PART: Final = "alerts"


async def change_settings(tx: Tx, settings: AlertSettings) -> AlertSettings:
    """Choose who is told of what.

    Locks: none. Raises: InvalidEmail, InvalidPhone, NobodyToTell. Emits: AlertSettingsChanged where something differs.
    """
    settings = rules.agreed(settings)
    if settings != await queries.get_settings(tx):
        repository.keep_settings(tx, settings)
        tx.emit(
            AlertSettingsChanged(
                tx.business_id,
                settings.email_at_least,
                len(settings.emails),
                settings.sms_at_least,
                len(settings.phones),
                settings.sms_at_night,
                settings.an_hour,
            )
        )
    return settings


async def write_alerts(tx: Tx) -> int:
    """Write what the business's issues ask people and systems to be told; returns of how many issues.

    The issues are marked in the same transaction, so nothing is told twice and nothing is forgotten.
    Locks: ISSUE, ALERT. Raises: nothing. Emits: nothing.
    """
    tellings = await issues.take_untold(tx, AT_ONCE)
    if not tellings:
        return 0
    webhooks.tell(tx, rules.news_of(tellings))
    wanted = rules.wanted(tellings, await queries.get_settings(tx))
    if wanted:
        await repository.guard(tx)
        lately = await queries.list_lately(tx, tx.now - WINDOW)
        new, grown = rules.placed(wanted, lately, [tx.new_id() for _ in wanted], tx.now)
        if new:
            repository.insert_alerts(tx, new)
        if grown:
            repository.grow_alerts(tx, grown)
        repository.insert_alert_issues(tx, [*((alert.id, alert.wanted) for alert in new), *grown])
    return len(tellings)


async def take_due(tx: Tx, most: int) -> list[Mail]:
    """Take alerts whose time has come: SMS are handed to their outbox, e-mails are ours for ``LEASE``.

    Where an hour is full the worst leave and the others wait; of what everybody closed meanwhile nobody is told.
    Locks: ALERT. Raises: nothing. Emits: SmsQueued.
    """
    await repository.guard(tx)
    due = await queries.list_due(tx, most)
    if not due:
        return []
    settings, left = await queries.get_settings(tx), await queries.count_left(tx, tx.now - HOUR)
    leaving: list[DueAlert] = []
    held: list[DueAlert] = []
    over = [alert for alert in due if not alert.open_issues and not alert.tries]
    for alert in rules.in_order(alert for alert in due if alert not in over):
        if alert.tries or rules.has_room(left.get(alert.channel, 0), settings):
            left[alert.channel] = left.get(alert.channel, 0) + (not alert.tries)
            leaving.append(alert)
        else:
            held.append(alert)
    if held:
        repository.mark_held(tx, [alert.id for alert in held], tx.now + HELD)
    if over:
        ends = [AlertState.WITHDRAWN] * len(over)
        repository.mark_ended(tx, [alert.id for alert in over], ends, ["everything was closed"] * len(over))
    return await _hand_over(tx, leaving, settings)


async def _hand_over(tx: Tx, leaving: Sequence[DueAlert], settings: AlertSettings) -> list[Mail]:
    if not leaving:
        return []
    shop = Shop((await get_business(tx)).name, await sms.get_language(tx))
    to = settings.emails or await queries.owners_addresses(tx)
    texts = [alert for alert in leaving if alert.channel is Channel.SMS]
    mails = [alert for alert in leaving if alert.channel is Channel.EMAIL]
    for alert in texts:
        await _queue_sms(tx, alert, settings, shop)
    if texts:
        states = [AlertState.HANDED_OVER if settings.phones else AlertState.WITHDRAWN] * len(texts)
        notes = ["" if settings.phones else "nobody to tell"] * len(texts)
        repository.mark_ended(tx, [alert.id for alert in texts], states, notes)
    if mails and not to:
        nobody = ["nobody to tell"] * len(mails)
        repository.mark_ended(tx, [alert.id for alert in mails], [AlertState.WITHDRAWN] * len(mails), nobody)
    elif mails:
        repository.mark_taken(tx, [alert.id for alert in mails], tx.now + LEASE)
        return [rules.mail_of(alert, shop, to, alert.tries + 1, tx.now) for alert in mails]
    return []


async def _queue_sms(tx: Tx, alert: DueAlert, settings: AlertSettings, shop: Shop) -> None:
    english, swahili = rules.sentence_of(alert.kind)
    text = sms.alert_text(shop.language, shop.name, {"en": english, "sw": swahili}[shop.language], alert.issues)
    for phone in settings.phones:
        await sms.queue_message(tx, SmsDraft(rules.purpose_of(alert, settings), shop.language, phone, text))


async def record_try(tx: Tx, mail: Mail, outcome: MailOutcome) -> AlertState:
    """Write what became of sending an e-mail, and when it is tried again.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    state, due_at, note = rules.after(outcome, mail.tries, tx.now)
    await repository.mark_tried(tx, mail.id, mail.tries, state, due_at, note)
    return state


async def withdraw_restored(tx: Tx, most: int) -> int:
    """Withdraw what waited when a backup was made, because it may have left since; returns how many, ``most`` at once.

    Locks: ALERT. Raises: nothing. Emits: nothing.
    """
    await repository.guard(tx)
    return await repository.withdraw_waiting(tx, RESTORED, most)


async def read_gauges(database: Database) -> AlertFigures:
    """Add up alerts that wait, and those that failed in a day, over at most ``GAUGES_BUSINESSES_MAX`` businesses.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    waiting = failed = 0
    since = database.seams.clock.now() - FAILED_WITHIN
    for business_id in await database.transact(Scope.system(_PART), issues.list_businesses, GAUGES_BUSINESSES_MAX):
        found = await database.transact(Scope.system(_PART, business_id), queries.count_waiting, since)
        waiting, failed = waiting + found.waiting, failed + found.failed
    return AlertFigures(waiting, failed)


async def beat(tx: Tx, part: Part) -> None:
    """Say that a part of the server still works.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    repository.beat(tx, part)


async def watch(tx: Tx) -> list[PlatformAlert]:
    """Look how the whole server does, and take what its operator is to be told: ours for ``LEASE``.

    Locks: ALERT. Raises: nothing. Emits: nothing.
    """
    troubles = rules.troubles_of(await queries.look_at_platform(tx), tx.now)
    await repository.keep_troubles(tx, troubles)
    return await repository.take_troubles(tx, tx.now + LEASE)


async def record_told(tx: Tx, alert: PlatformAlert, outcome: MailOutcome) -> None:
    """Write what became of telling the operator, and when that is done again.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    told, due_at, note = rules.told_again_at(outcome, alert.tries, tx.now)
    repository.mark_trouble(tx, alert, due_at, note, told=told)


class Mailer(Protocol):
    """Whoever carries e-mail. No answer is ever raised: what is not known is not taken, and is sent again."""

    @property
    def name(self) -> str:
        """What logs say."""
        ...

    async def send(self, mail: Mail) -> MailOutcome:
        """Hand an e-mail over."""
        ...


class MailConsole:
    """Writes e-mails where the worker runs; nobody is written to."""

    name: Final = "console"

    def __init__(self, out: TextIO | None = None) -> None:
        """Write to ``out``; without it to standard output."""
        self._out = out

    async def send(self, mail: Mail) -> MailOutcome:
        """Write an e-mail."""
        out = self._out or sys.stdout
        out.write(f"E-mail to {', '.join(mail.to)}: {mail.subject}\n{mail.text}")
        out.flush()
        return Taken()


class MailFile:
    """Writes e-mails to a file of this machine, a line of JSON each; nobody is written to."""

    name: Final = "file"
    BYTES_MAX: Final = 16 << 20

    def __init__(self, place: Path, *, bytes_max: int = BYTES_MAX) -> None:
        """Append to ``place``; what is there goes aside, to ``.old``, where it has ``bytes_max``."""
        self._place = place
        self._bytes_max = bytes_max

    async def send(self, mail: Mail) -> MailOutcome:
        """Write an e-mail; a disk that cannot be written to has not taken it."""
        line = {"at": mail.at.isoformat(), "id": str(mail.id), "to": mail.to, "subject": mail.subject}
        try:
            text = json.dumps({**line, "text": mail.text}, ensure_ascii=False)
            await asyncio.to_thread(self._append, f"{text}\n")
        except OSError as error:
            return NotTaken(f"{self._place.name}: {error.strerror}"[:200])
        return Taken()

    def _append(self, line: str) -> None:
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._place.exists() and self._place.stat().st_size >= self._bytes_max:
            self._place.replace(self._place.with_suffix(".old"))
        handle = os.open(self._place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)


@dataclass(frozen=True)
class SmtpAccount:
    """How a mail server is spoken to; ``is_tls`` from the first byte, else TLS is begun where the server offers it."""

    host: str
    port: int
    is_tls: bool
    user: str | None
    password: str | None = field(repr=False)
    sender: str


class Smtp:
    """Sends by a mail server (RFC 5321): one connection a mail, in a thread of its own.

    A password is never said in plain to another machine.
    """

    name: Final = "smtp"
    TRY_S: Final = 15.0

    def __init__(
        self, account: SmtpAccount, *, try_s: float = TRY_S, tls: Callable[[], ssl.SSLContext] | None = None
    ) -> None:
        """Speak for an account; an answer is waited for ``try_s`` seconds."""
        self._account = account
        self._try_s = try_s
        self._tls = tls or ssl.create_default_context

    async def send(self, mail: Mail) -> MailOutcome:
        """Hand an e-mail over; where the answer is lost it counts as not taken, and goes again under the same id."""
        message = _message(mail, self._account.sender)
        return await asyncio.to_thread(
            self._speak, lambda server: server.send_message(message, self._account.sender, list(mail.to))
        )

    async def greet(self) -> MailOutcome:
        """Say who we are and nothing else: Taken where the server would let us hand an e-mail over."""
        return await asyncio.to_thread(self._speak, _say_nothing)

    def _open(self) -> smtplib.SMTP:
        account = self._account
        if account.is_tls:
            return smtplib.SMTP_SSL(account.host, account.port, timeout=self._try_s, context=self._tls())
        return smtplib.SMTP(account.host, account.port, timeout=self._try_s)

    def _speak(self, say: Callable[[smtplib.SMTP], object]) -> MailOutcome:
        account = self._account
        try:
            with self._open() as server:
                if not account.is_tls:
                    server.ehlo()
                    if server.has_extn("starttls"):
                        server.starttls(context=self._tls())
                        server.ehlo()
                    elif account.user is not None:
                        return NotTaken("the server offers no TLS, so the password was not said")
                if account.user is not None:
                    server.login(account.user, account.password or "")
                say(server)
        except smtplib.SMTPRecipientsRefused as refusal:
            code, text = next(iter(refusal.recipients.values()))
            return rules.smtp_answer(code, text.decode(errors="replace"))
        except smtplib.SMTPResponseException as refusal:
            error = refusal.smtp_error
            return rules.smtp_answer(
                refusal.smtp_code, error.decode(errors="replace") if isinstance(error, bytes) else error
            )
        except (OSError, smtplib.SMTPException) as failed:
            return NotTaken(f"{type(failed).__name__}: {failed}"[:200])
        return Taken()


def _say_nothing(server: smtplib.SMTP) -> None:
    code, text = server.noop()
    if code != 250:  # noqa: PLR2004  RFC 5321, 4.1.1.9
        raise smtplib.SMTPResponseException(code, text)


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP.clone(max_line_length=LINE_MAX))
    message["From"] = sender
    message["To"] = ", ".join(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
