"""Decisions of SMS: how long a text is, when it may leave, what an answer means, and the texts themselves."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

from payme.kit.days import SHOP_TIME, business_day
from payme.kit.texts import printable
from payme.sms.errors import PeriodTooLong
from payme.sms.models import (
    DueSms,
    Lost,
    NotReached,
    Outcome,
    Period,
    Refused,
    SmsMove,
    SmsPreference,
    SmsPrice,
    Taken,
)
from payme.sms.types import (
    BY_DAY,
    FRESH,
    NO_COST,
    PERIOD_MAX,
    QUIET_FROM,
    QUIET_UNTIL,
    REMINDED_EVERY,
    REMINDERS,
    SHOP_MAX,
    SMS_MOVES,
    WAITS,
    Language,
    SmsPurpose,
    SmsState,
)

# 3GPP TS 23.038: the default alphabet of seven bits, and what is written as an escape and a second sign.
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE: Final = frozenset("\f^{}\\[~]|€")
_GSM_SINGLE, _GSM_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67
_BASIC_PLANE: Final = 0xFFFF
_AMOUNT = re.compile(r"KES\s*([0-9]{1,7}(?:\.[0-9]{1,4})?)")
_ACCEPTED: Final = frozenset({100, 101, 102})
_PERHAPS: Final = frozenset({500, 501})
_SAID_MAX: Final = 200
_TOO_OFTEN: Final = 429
_TIMED_OUT: Final = 408


def segments(text: str) -> int:
    """Return how many short messages a text takes (3GPP TS 23.040): 160 signs of GSM-7 or 70 of UCS-2, or parts.

    A part is 153 or 67, because it says which part it is; no sign is torn in two. No text at all is one message.
    """
    if all(sign in _GSM or sign in _GSM_TWICE for sign in text):
        lengths = [2 if sign in _GSM_TWICE else 1 for sign in text]
        single, part = _GSM_SINGLE, _GSM_PART
    else:
        lengths = [2 if ord(sign) > _BASIC_PLANE else 1 for sign in text]
        single, part = _UCS2_SINGLE, _UCS2_PART
    if sum(lengths) <= single:
        return 1
    parts, used = 1, 0
    for length in lengths:
        if used + length > part:
            parts, used = parts + 1, 0
        used += length
    return parts


def in_gsm(text: str) -> str:
    """Write a text in signs of GSM-7: letters lose accents that it lacks, and what it has no letter for is dropped."""
    written = ""
    for sign in printable(text):
        if sign in _GSM:
            written += sign
        else:
            written += "".join(part for part in unicodedata.normalize("NFKD", sign) if part in _GSM)
    return " ".join(written.split())


def may_leave_at(purpose: SmsPurpose, at: datetime) -> datetime:
    """Return when a message of a purpose may leave, from ``at`` on: reminders and alerts not in quiet hours."""
    local = at.astimezone(SHOP_TIME)
    if purpose not in BY_DAY or QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    morning = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(morning, QUIET_UNTIL, SHOP_TIME).astimezone(at.tzinfo)


def next_step(due: DueSms, at: datetime, price: SmsPrice) -> SmsMove:
    """Decide about a message whose time has come: it leaves, waits, is withdrawn, or was lost with its worker."""
    if due.state is SmsState.SENDING:
        cost = estimated(due.segments, price)
        return SmsMove(SmsState.UNKNOWN, note="the worker died while it was sending", cost=cost, cost_is_estimated=True)
    if due.purpose in REMINDERS:
        if due.opted_out:
            return SmsMove(SmsState.WITHDRAWN, code="opted_out")
        if at >= due.created_at + FRESH:
            return SmsMove(SmsState.WITHDRAWN, code="stale")
        if due.reminded_at is not None and at < due.reminded_at + REMINDED_EVERY:
            return SmsMove(SmsState.WITHDRAWN, code="once_a_week")
    leaves_at = may_leave_at(due.purpose, at)
    return SmsMove(SmsState.QUEUED, due_at=leaves_at) if leaves_at > at else SmsMove(SmsState.SENDING)


def after(outcome: Outcome, tries: int, segments_: int, price: SmsPrice, at: datetime) -> SmsMove:
    """Decide where a message goes after so many tries: again only where it certainly did not leave."""
    match outcome:
        case Taken(provider_id, None):
            cost = estimated(segments_, price)
            return SmsMove(SmsState.SENT, provider_id=provider_id, cost=cost, cost_is_estimated=True)
        case Taken(provider_id, cost):
            return SmsMove(SmsState.SENT, provider_id=provider_id, cost=cost)
        case Refused(code, text):
            return SmsMove(SmsState.FAILED, code=code, note=text)
        case NotReached(reason) if tries <= len(WAITS):
            return SmsMove(SmsState.QUEUED, code="not_reached", note=reason, due_at=at + WAITS[tries - 1])
        case NotReached(reason):
            return SmsMove(SmsState.FAILED, code="not_reached", note=reason)
        case Lost(reason):
            cost = estimated(segments_, price)
            return SmsMove(SmsState.UNKNOWN, note=reason, cost=cost, cost_is_estimated=True)
        case _:
            assert_never(outcome)


def may_move(state: SmsState, target: SmsState) -> bool:
    """Say whether a move is legal."""
    return target in SMS_MOVES[state]


def about(business_id: UUID, message_id: UUID) -> bytes:
    """Return what a sealed text is bound to."""
    return f"sms_messages {business_id} {message_id}".encode()


def joined(survivor_id: UUID, wishes: Mapping[UUID, SmsPreference]) -> SmsPreference:
    """Return what people who are one want: the language of the one that stays, no reminders where one wanted none."""
    own = wishes.get(survivor_id)
    languages = [wish.language for wish in wishes.values() if wish.language is not None]
    refusals = [wish.opted_out_at for wish in wishes.values() if wish.opted_out_at is not None]
    language = own.language if own is not None and own.language is not None else next(iter(languages), None)
    return SmsPreference(survivor_id, language, min(refusals, default=None))


def language_of(wish: SmsPreference | None, shops: Language) -> Language:
    """Return what a person is written to in: the own choice, else the shop's."""
    return shops if wish is None or wish.language is None else wish.language


def estimated(segments_: int, price: SmsPrice) -> Decimal:
    """Return what a message of so many segments is taken to cost (KES)."""
    return (segments_ * price.per_segment).quantize(NO_COST)


def answered(status: int, body: str) -> Outcome:
    """Read what Africa's Talking answered to one message for one number. Source: its API, POST /version1/messaging.

    Only an answer that says so is a refusal; of any other nobody knows whether the message left.
    """
    if status == _TOO_OFTEN:
        return NotReached("asked to send more slowly")
    if not 200 <= status < 300:  # noqa: PLR2004  success, in HTTP
        said = printable(body)[:_SAID_MAX]
        certain = 300 <= status < 500 and status != _TIMED_OUT  # noqa: PLR2004  refused, in HTTP
        return Refused(str(status), said) if certain else Lost(f"HTTP {status}: {said}"[:_SAID_MAX])
    try:
        data = json.loads(body)["SMSMessageData"]
        recipients, said = data["Recipients"], printable(str(data.get("Message", "")))[:_SAID_MAX]
        if not recipients:
            return Refused("none", said)
        (recipient,) = recipients
        return _of_recipient(recipient)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Lost("an answer that cannot be read")


def _of_recipient(recipient: Mapping[str, object]) -> Outcome:
    code, status = int(str(recipient["statusCode"])), printable(str(recipient["status"]))[:_SAID_MAX]
    if code in _ACCEPTED:
        found = _AMOUNT.fullmatch(str(recipient.get("cost", "")).strip())
        provider_id = printable(str(recipient.get("messageId", "")))[:_SAID_MAX]
        return Taken(provider_id, Decimal(found[1]).quantize(NO_COST) if found else None)
    return Lost(f"{code} {status}"[:_SAID_MAX]) if code in _PERHAPS else Refused(str(code), status)


def period_of(from_day: date | None, to_day: date | None, at: datetime) -> Period:
    """Return the days that are meant: up to today, and from the first of the last day's month, where nobody says."""
    last = business_day(at) if to_day is None else to_day
    return Period(last.replace(day=1) if from_day is None else from_day, last)


def day_bounds(period: Period) -> tuple[datetime, datetime]:
    """Return the first instant of a period and the first after it; raises PeriodTooLong."""
    if not timedelta() <= period.to_day - period.from_day < PERIOD_MAX:
        raise PeriodTooLong(period.from_day, period.to_day)
    return (
        datetime.combine(period.from_day, datetime.min.time(), SHOP_TIME),
        datetime.combine(period.to_day, datetime.min.time(), SHOP_TIME) + timedelta(days=1),
    )


_YOUR_SHOP: Mapping[Language, str] = MappingProxyType({Language.ENGLISH: "Your shop", Language.SWAHILI: "Duka lako"})
_RECEIPT: Mapping[Language, str] = MappingProxyType(
    {
        Language.ENGLISH: "{shop}: thank you. Receipt {number}, KES {total:,}: {address}",
        Language.SWAHILI: "{shop}: asante. Risiti {number}, KES {total:,}: {address}",
    }
)
_DUE_SOON: Mapping[Language, str] = MappingProxyType(
    {
        Language.ENGLISH: (
            "{shop}: KES {amount:,} is due on {day:%d.%m.%Y}. You can pay at the shop. Thank you.{call} "
            "To stop these messages, tell the shop."
        ),
        Language.SWAHILI: (
            "{shop}: deni lako la KES {amount:,} linapaswa kulipwa {day:%d.%m.%Y}. Unaweza kulipa dukani. "
            "Asante.{call} Hutaki ujumbe huu? Tuambie dukani."
        ),
    }
)
_OVERDUE: Mapping[Language, str] = MappingProxyType(
    {
        Language.ENGLISH: (
            "{shop}: KES {amount:,} was due on {day:%d.%m.%Y}. Please pay at the shop. Thank you.{call} "
            "To stop these messages, tell the shop."
        ),
        Language.SWAHILI: (
            "{shop}: deni lako la KES {amount:,} lilipaswa kulipwa {day:%d.%m.%Y}. Tafadhali lipa dukani. "
            "Asante.{call} Hutaki ujumbe huu? Tuambie dukani."
        ),
    }
)
_REMINDER: Mapping[SmsPurpose, Mapping[Language, str]] = MappingProxyType(
    {SmsPurpose.DUE_SOON: _DUE_SOON, SmsPurpose.OVERDUE: _OVERDUE}
)
_ALERT: Mapping[Language, str] = MappingProxyType(
    {
        Language.ENGLISH: "PayMe, {shop}: {sentence}{times}. Please look at the list of issues.",
        Language.SWAHILI: "PayMe, {shop}: {sentence}{times}. Tafadhali angalia orodha ya matatizo.",
    }
)
_TIMES: Mapping[Language, str] = MappingProxyType(
    {Language.ENGLISH: " ({issues} times)", Language.SWAHILI: " (mara {issues})"}
)
_CALL: Mapping[Language, str] = MappingProxyType(
    {Language.ENGLISH: " Tel. {phone}.", Language.SWAHILI: " Simu {phone}."}
)


def receipt_text(language: Language, shop: str, number: int, total: Decimal, address: str) -> str:
    """Write the message that carries a receipt's address; the total is KES with two places."""
    return _RECEIPT[language].format(shop=_shop(shop, language), number=number, total=total, address=address)


def reminder_text(
    purpose: SmsPurpose, language: Language, shop: str, phone: str | None, amount: Decimal, day: date
) -> str:
    """Write a reminder of what is due on a day, or was; how to stop it stands in it."""
    call = _CALL[language].format(phone=phone) if phone else ""
    return _REMINDER[purpose][language].format(shop=_shop(shop, language), amount=amount, day=day, call=call)


def alert_text(language: Language, shop: str, sentence: str, issues: int) -> str:
    """Write what the people of a shop are told of issues; ``sentence`` says of which, in the language."""
    times = "" if issues == 1 else _TIMES[language].format(issues=issues)
    return _ALERT[language].format(shop=_shop(shop, language), sentence=in_gsm(sentence), times=times)


def _shop(name: str, language: Language) -> str:
    return in_gsm(name)[:SHOP_MAX].strip() or _YOUR_SHOP[language]
