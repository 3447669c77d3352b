"""What Daraja's gateway says, whatever was asked: JSON read safely, three shapes of errors, tokens, and health. Pure.

Source: Safaricom's Daraja portal (Authorization), and recorded answers where they differ.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

from payme.daraja.models import (
    Admitted,
    Exchange,
    Health,
    Held,
    Lost,
    NoToken,
    NotSent,
    Reply,
    Standing,
    Token,
    Unsent,
)
from payme.daraja.types import Access
from payme.kit.money import AMOUNT_MAX, CENT, ZERO
from payme.kit.texts import printable

EAT: Final = timezone(timedelta(hours=3), "EAT")
"""East Africa Time, which has no summer time."""

TOKEN_LIFE_MAX_S: Final = 86_400
REFRESH_EARLY_S: Final = 120
TEXT_MAX: Final = 300
SPARED_S: Final = 12
"""How long a line is spared after 429 where the answer does not say: the gap of five requests in a minute."""
SPARED_MAX_S: Final = 3_600

ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
CODE: Final = re.compile(r"[\x21-\x7e]{1,32}")
RECEIPT: Final = re.compile(r"[A-Z0-9]{6,20}")
PHONE_SENT: Final = re.compile(r"[\x20-\x7e]{1,80}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")
_STAMP: Final = re.compile(r"20[0-9]{12}")
_SHILLINGS: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")

_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_SUCCESS: Final = range(200, 300)
RATE_LIMIT: Final = "policies.ratelimit."
_TOKEN_CODES: Final = ("400.003.01", "404.001.03", "404.001.04", "401.")
"""One meaning, worded by each of Daraja's services in its own way: this token does not serve here."""

UNSENT_TEXT: Final[Mapping[Unsent, str]] = {
    Unsent.BREAKER_OPEN: "M-PESA has not been answering, so it is left alone for some seconds.",
    Unsent.PACED: "M-PESA wants to be asked less often.",
    Unsent.BOOKS_AWAY: "The shop's books do not answer, so M-PESA was not asked.",
    Unsent.CONNECT_FAILED: "M-PESA could not be reached.",
    Unsent.TOO_MANY_AT_ONCE: "Too many requests to M-PESA are under way.",
}


# The line


def held(standing: Standing, now: datetime) -> Held | None:
    """Say why no call may go now, if so. Half-open lets the first one try."""
    if standing.not_before is not None and now < standing.not_before:
        return Held(Unsent.PACED, standing.not_before)
    if standing.open_until is None:
        return None
    until = standing.open_until if standing.probe_until is None else max(standing.open_until, standing.probe_until)
    return Held(Unsent.BREAKER_OPEN, until) if now < until else None


def admitted(standing: Standing) -> Admitted:
    """Say as what a call goes that nothing holds."""
    return Admitted(standing.era, standing.failures, standing.open_until is not None)


def health_of(ended: Exchange | NoToken) -> Health | None:
    """Say what the end of a call means for its line; None where nothing was learned."""
    if isinstance(ended, NoToken):
        return ended.health
    if is_outage(ended):
        return Health.ILL
    return None if isinstance(ended, NotSent) else Health.WELL


def is_outage(exchange: Exchange) -> bool:
    """Say whether this exchange speaks against the health of the host: no answer, or a 5xx that is none of Daraja's."""
    if isinstance(exchange, Lost):
        return True
    if isinstance(exchange, NotSent):
        return exchange.why is Unsent.CONNECT_FAILED
    code, _ = error_of(read_object(exchange.body)) or ("", "")
    return exchange.status >= _SERVER_ERROR and not (code[:1].isdigit() or code.startswith(RATE_LIMIT))


def spared_s(ended: Exchange | NoToken) -> int | None:
    """Say for how many seconds the gateway wants to be spared, if it said so."""
    if not isinstance(ended, Reply) or ended.status != _TOO_MANY:
        return None
    return min(ended.retry_after_s or SPARED_S, SPARED_MAX_S)


def seconds_of(header: str | None) -> int | None:
    """Read a Retry-After of seconds; a date, or nonsense, is None."""
    return int(header) if header and _SECONDS.fullmatch(header) else None


# Tokens


def basic_auth(access: Access) -> str:
    """Make the Authorization header that asks for a token."""
    return "Basic " + base64.b64encode(f"{access.consumer_key}:{access.consumer_secret}".encode()).decode()


def token_answer(exchange: Exchange, now: datetime) -> Token | NoToken:
    """Read the answer to a request for a token.

    ``expires_in`` is seconds, as text or number; if it cannot be read the token serves once.
    """
    match exchange:
        case NotSent(why):
            return NoToken(why.value, UNSENT_TEXT[why], Health.ILL)
        case Lost(reason):
            return NoToken("no_token", f"M-PESA gave no access token: {reason}", Health.ILL)
    status, body = exchange.status, exchange.body
    said = read_object(body)
    value = matched(_TOKEN, said.get("access_token"))
    if status in _SUCCESS and value is not None:
        seconds = matched(_SECONDS, plain(said.get("expires_in"))) or "0"
        life_s = min(int(seconds), TOKEN_LIFE_MAX_S)
        early_s = min(REFRESH_EARLY_S, life_s / 4)
        return Token(value, now + timedelta(seconds=life_s - early_s), now + timedelta(seconds=life_s))
    if status == _BAD_REQUEST and not body.strip():  # how Daraja says that it does not know this key and secret
        return NoToken("no_token", "M-PESA does not accept the consumer key and secret.", Health.WELL)
    code, text = error_of(said) or ("no_token", f"the answer cannot be read (HTTP {status})")
    health = Health.ILL if is_outage(exchange) else Health.WELL
    return NoToken(code, f"M-PESA gave no access token: {text}", health)


def may_ask_again(exchange: Exchange) -> bool:
    """Say whether a harmless request, whose answer was this, is worth a second try at once."""
    return is_outage(exchange) or (isinstance(exchange, Reply) and exchange.status == _TOO_MANY)


def is_token_refused(exchange: Exchange) -> bool:
    """Say whether the gateway turned the request away because of its token, before Daraja saw it."""
    if not isinstance(exchange, Reply):
        return False
    said = read_object(exchange.body)
    code, _ = error_of(said) or ("", "")
    if "CheckoutRequestID" in said or "ConversationID" in said:
        return False
    return code.startswith(_TOKEN_CODES) or (exchange.status == _UNAUTHORIZED and not code.startswith("500."))


# What it says


def is_success(status: int) -> bool:
    """Say whether an HTTP status is of the 200s."""
    return status in _SUCCESS


def error_of(said: Mapping[str, object]) -> tuple[str, str] | None:
    """Find the code and text of an error: Daraja's envelope, its Apigee gateway's fault, or a SOAP fault as JSON."""
    if "errorCode" in said:
        return matched(CODE, plain(said["errorCode"])) or "no_code", clean(said.get("errorMessage"))
    fault = said.get("fault")
    if isinstance(fault, dict):
        detail = fault.get("detail")
        code = detail.get("errorcode") if isinstance(detail, dict) else None
        return matched(ID, code) or "fault", clean(fault.get("faultstring"))
    return ("soap_fault", _fault_string(said["Envelope"])) if "Envelope" in said else None


def _fault_string(envelope: object, depth: int = 0) -> str:
    """Find the text of a SOAP fault; how its envelope was made JSON is nowhere written."""
    if not isinstance(envelope, dict) or depth > TEXT_MAX:
        return ""
    for name, value in envelope.items():
        if name.lower().endswith("faultstring"):
            return clean(value.get("$") if isinstance(value, dict) else value)
    return next(filter(None, (_fault_string(value, depth + 1) for value in envelope.values())), "")


def timestamp(now: datetime) -> str:
    """Write an instant as Daraja does: fourteen digits in East Africa Time."""
    return now.astimezone(EAT).strftime("%Y%m%d%H%M%S")


def dump(body: Mapping[str, str | int]) -> bytes:
    """Write the body of a request."""
    return json.dumps(body, separators=(",", ":")).encode()


def amount_of(value: object) -> Decimal | None:
    """Read shillings exactly; None unless more than nothing, within bounds and without parts of a cent."""
    text = matched(_SHILLINGS, plain(value))
    if text is None:
        return None
    amount = Decimal(text)
    in_cents = amount.quantize(CENT)
    return in_cents if in_cents == amount and ZERO < amount <= AMOUNT_MAX else None


def instant_of(value: object) -> datetime | None:
    """Read fourteen digits in East Africa Time as UTC."""
    stamp = matched(_STAMP, plain(value))
    if stamp is None:
        return None
    try:
        month, day, hour, minute, second = (int(stamp[start : start + 2]) for start in range(4, 14, 2))
        return datetime(int(stamp[:4]), month, day, hour, minute, second, tzinfo=EAT).astimezone(UTC)
    except ValueError:
        return None


def read_object(body: bytes) -> Mapping[str, object]:
    """Read a JSON object without ever making a float; anything else reads as an empty one."""
    try:
        said = json.loads(body, parse_float=Decimal, parse_constant=str)
    except (ValueError, InvalidOperation, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def plain(value: object) -> str | None:
    """Write a JSON text or number as text: codes, amounts, dates and phones come as either, and 0.0 means 0."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and abs(value) < 10**20 and value == int(value) else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def matched(pattern: re.Pattern[str], value: object) -> str | None:
    """Return the value if it is text of that form, whole."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def clean(value: object) -> str:
    """Make a text of Daraja's safe to store and show: bounded, and neither control characters nor halves of one."""
    return printable(value[:TEXT_MAX]).strip() if isinstance(value, str) else ""
