"""Pure decisions of alerts: who is told of what, when, in which words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payme.alerts.errors import NobodyToTell
from payme.alerts.models import (
    AlertSettings,
    DueAlert,
    Lately,
    Look,
    Mail,
    MailOutcome,
    NewAlert,
    NotTaken,
    PlatformAlert,
    Refused,
    Shop,
    Taken,
    Trouble,
    Wanted,
)
from payme.alerts.types import (
    AN_HOUR,
    ANCHORS_FAILING_AFTER,
    BACKUP_OLD_AFTER,
    SILENT_AFTER,
    TOLD_AGAIN,
    WAITS,
    WINDOW,
    AlertState,
    AlertWord,
    Channel,
)
from payme.identity import email_address, phone_number
from payme.issues import Severity, Telling, Told, find_kind
from payme.kit.days import SHOP_TIME
from payme.kit.texts import printable
from payme.sms import SmsPurpose
from payme.webhooks import EventType, News

DEFAULT = AlertSettings(Severity.HIGH, [], None, [], sms_at_night=False, an_hour=AN_HOUR)
"""Where nobody chose: the owners are written to of what is high or critical."""
_ORDER = tuple(Severity)
_WORDS = {Told.OPENED: AlertWord.OPENED, Told.ESCALATED: AlertWord.ESCALATED}


def agreed(settings: AlertSettings) -> AlertSettings:
    """Return settings with addresses and numbers as they are kept, each once.

    Raises InvalidEmail, InvalidPhone, and NobodyToTell where SMS are wanted and there is no number.
    """
    phones = [phone for text in settings.phones if (phone := phone_number(text)) is not None]
    if settings.sms_at_least is not None and not phones:
        raise NobodyToTell
    emails = dict.fromkeys(email_address(text) for text in settings.emails)
    return replace(settings, emails=list(emails), phones=list(dict.fromkeys(phones)))


def news_of(tellings: Iterable[Telling]) -> list[News]:
    """Return what a business's own systems are told: ids and words, never what a person wrote."""
    news = []
    for telling in tellings:
        issue = telling.issue
        data: dict[str, str | int | None] = {
            "issue_id": str(issue.id),
            "kind": issue.kind,
            "severity": str(issue.severity),
            "subject_id": str(issue.subject_id),
            "opened_at": issue.created_at.isoformat(),
        }
        if Told.OPENED in telling.words:
            news.append(News(EventType.ISSUE_OPENED, data))
        if Told.ENDED in telling.words:
            news.append(News(EventType.ISSUE_RESOLVED, {**data, "state": str(issue.state)}))
    return news


def wanted(tellings: Iterable[Telling], settings: AlertSettings) -> list[Wanted]:
    """Return what people are told, one for each channel, word and kind.

    What nobody acknowledged in its time counts as one step worse. What has ended is not told to people.
    """
    least = {Channel.EMAIL: settings.email_at_least, Channel.SMS: settings.sms_at_least}
    found: dict[tuple[Channel, AlertWord, str], Wanted] = {}
    for telling in tellings:
        word = _WORDS.get(telling.words[-1])
        if word is None:
            continue
        issue = telling.issue
        severity = _worse(issue.severity) if word is AlertWord.ESCALATED else issue.severity
        for channel, at_least in least.items():
            if at_least is None or _ORDER.index(severity) > _ORDER.index(at_least):
                continue
            key = (channel, word, issue.kind)
            new = Wanted(*key, severity, (issue.id,))
            found[key] = _joined(found[key], new) if key in found else new
    return list(found.values())


def _worse(severity: Severity) -> Severity:
    return _ORDER[max(_ORDER.index(severity) - 1, 0)]


def _joined(one: Wanted, more: Wanted) -> Wanted:
    worst = min(one.severity, more.severity, key=_ORDER.index)
    return replace(one, severity=worst, issue_ids=one.issue_ids + more.issue_ids)


def placed(
    wanted_ones: Sequence[Wanted], lately: Sequence[Lately], ids: Sequence[UUID], at: datetime
) -> tuple[list[NewAlert], list[tuple[UUID, Wanted]]]:
    """Return the alerts that are new, and those that wait already and grow.

    A new one leaves at once, or where one of its kind left within ``WINDOW`` at the end of that, with all that comes
    until then.
    """
    last = {(one.channel, one.word, one.kind): one for one in lately}
    new, grown = [], []
    for alert_id, one in zip(ids, wanted_ones, strict=True):
        before = last.get((one.channel, one.word, one.kind))
        if before is not None and before.is_open:
            grown.append((before.id, one))
        else:
            new.append(NewAlert(alert_id, one, at if before is None else max(at, before.due_at + WINDOW)))
    return new, grown


def in_order(due: Iterable[DueAlert]) -> list[DueAlert]:
    """Return alerts the worst first, then the oldest: where an hour has not room for all, these leave."""
    return sorted(due, key=lambda alert: (_ORDER.index(alert.severity), alert.first_at, alert.id))


def purpose_of(alert: DueAlert, settings: AlertSettings) -> SmsPurpose:
    """Return the manners of an alert's SMS: only what is critical rings at night, and only where the shop wants it."""
    urgent = alert.severity is Severity.CRITICAL and settings.sms_at_night
    return SmsPurpose.URGENT_ALERT if urgent else SmsPurpose.ALERT


def sentence_of(kind: str) -> tuple[str, str]:
    """Return what an issue of a kind says, in English and Swahili."""
    known = find_kind(kind)
    return (kind, kind) if known is None else (known.sentence, known.sentence_sw)


def mail_of(alert: DueAlert, shop: Shop, to: Sequence[str], tries: int, at: datetime) -> Mail:
    """Write the e-mail of an alert: what happened, how often, since when, and where it says what to do."""
    known = find_kind(alert.kind)
    sentence, _ = sentence_of(alert.kind)
    name = " ".join(printable(shop.name).split())
    times = "" if alert.issues == 1 else f" ({alert.issues} times)"
    late = "nobody has looked yet: " if alert.word is AlertWord.ESCALATED else ""
    subject = f"[{alert.severity}] {name}: {late}{sentence}{times}"
    lines = [
        f"{name}: {late}{sentence}.",
        "",
        f"Kind: {alert.kind}",
        f"Severity: {alert.severity}",
        f"Issues: {alert.issues}, of which {alert.open_issues} stand open",
        f"First: {alert.first_at.astimezone(SHOP_TIME):%d.%m.%Y %H:%M}",
        *(f"Issue: {issue_id}" for issue_id in alert.named),
        *(("Others are in the list of issues.",) if alert.issues > len(alert.named) else ()),
    ]
    if known is not None:
        lines.append(f"What to do: docs/runbooks/{known.runbook}.md")
    lines += ["", "Say that you are looking at it in the list of issues, and nobody is told of it again."]
    return Mail(alert.id, tuple(to), subject, "\n".join(lines) + "\n", at, tries)


def after(outcome: MailOutcome, tries: int, at: datetime) -> tuple[AlertState, datetime, str]:
    """Return where an alert goes after so many tries, when it is due again, and what is noted."""
    match outcome:
        case Refused(reason):
            return AlertState.FAILED, at, reason
        case NotTaken(reason) if tries <= len(WAITS):
            return AlertState.WAITING, at + WAITS[tries - 1], reason
        case NotTaken(reason):
            return AlertState.FAILED, at, reason
        case _:
            return AlertState.SENT, at, ""


def smtp_answer(code: int, text: str) -> MailOutcome:
    """Read what a mail server said. Source: RFC 5321, 4.2.1: 5yz is for good, anything else for now."""
    said = f"{code} {printable(text)}"[:200]
    return Refused(said) if 500 <= code < 600 else NotTaken(said)  # noqa: PLR2004  permanent, in SMTP


def has_room(left: int, settings: AlertSettings) -> bool:
    """Say whether one more alert of a channel may leave in this hour."""
    return left < settings.an_hour


def troubles_of(look: Look, at: datetime) -> list[Trouble]:
    """Return what is wrong with the whole server."""
    found = []
    if look.worker_at is not None and at - look.worker_at > SILENT_AFTER:
        said = f"the worker has said nothing since {_written(look.worker_at)}: nothing is applied, sent or swept up"
        found.append(Trouble("worker_silent", said))
    if look.callback_at is not None and at - look.callback_at > SILENT_AFTER:
        found.append(Trouble("callbacks_waiting", f"callbacks wait since {_written(look.callback_at)}"))
    if look.backup_at is not None and at - look.backup_at > BACKUP_OLD_AFTER:
        found.append(Trouble("backup_old", f"the last backup is of {_written(look.backup_at)}"))
    if look.anchors_failing_since is not None and at - look.anchors_failing_since > ANCHORS_FAILING_AFTER:
        said = (
            f"since {_written(look.anchors_failing_since)} heads of the audit are not taken by {look.anchors_failing}"
        )
        found.append(Trouble("anchors_failing", said))
    for rule, rows in sorted(look.broken.items()):
        if rows:
            found.append(Trouble(f"broken_{rule}", f"{rule} does not hold of the whole database, {rows} times"))
    return found


def operators_mail(alert: PlatformAlert, to: str, at: datetime) -> Mail:
    """Write to who runs the server what is wrong with it."""
    text = f"{alert.detail}.\n\nSince: {_written(alert.since)}\nWhat to do: docs/runbooks/server.md\n"
    return Mail(alert.id, (to,), f"[PayMe] {alert.what}: {alert.detail}", text, at, alert.tries)


def told_again_at(outcome: MailOutcome, tries: int, at: datetime) -> tuple[bool, datetime, str]:
    """Return whether the operator was told, when that is done again, and what is noted: it is never given up."""
    if isinstance(outcome, Taken):
        return True, at + TOLD_AGAIN, ""
    return False, at + WAITS[min(tries, len(WAITS)) - 1], outcome.reason


def _written(at: datetime) -> str:
    return f"{at.astimezone(SHOP_TIME):%d.%m.%Y %H:%M}"
