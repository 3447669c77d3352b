"""What may never stand in a log: secrets, and more of a phone number than its end."""

import re
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

MASK: Final = "***"
_PHONE_END: Final = 3
_SHORTEST_PHONE: Final = 10**9
_DEPTH_MAX: Final = 8
_ITEMS_MAX: Final = 100
_REPR_MAX: Final = 2000
_SHORTEST_WORTH_A_LOOK: Final = 7
_HARMLESS: Final = (bool, float)

_SECRET_KEY = re.compile(
    r"(?i)passw|passkey|passphrase|secret|authori[sz]ation|cookie|credential|consumer_?key|api_?key|(^|\.)pin$"
)
_TOKEN_KEY = re.compile(r"(?i)token")  # of a session, a secret; of a wallet, a figure
_PHONE_KEY = re.compile(r"(?i)phone|msisdn|party_?a$")
# Written by our own code alone, from a few fixed words or as figures and ids; they stand in every line.
_OURS: Final = frozenset({"level", "part", "route", "status", "duration_ms", "user_id", "did", "amounts"})
_DIGITS = re.compile(r"\D")
_WORDS = r"passw\w*|passkey|passphrase|\w*secret|\w*token|\w*session|cookie|consumer_?key|security_?credential|api_?key"
_IN_TEXT = re.compile(
    r"(?P<keep>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(?P<callback>/callbacks/|/r/(?=[a-z2-7]{26}\b))[^/?#\s\"']+"
    r"|(?P<scheme>\b(?i:bearer|basic)\s+)[A-Za-z0-9._~+/=-]+"
    rf"|(?P<named>\b(?i:{_WORDS})\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"',;&}})\\]+"
    r"|(?P<login>://[^\s:/@]*:)[^\s/@]+(?=@)"
    r"|(?P<random>(?<![\w-])[\w-]{43}(?![\w-]))"  # 256 bits in URL-safe base64: a session or a callback path
    r"|(?P<phone>(?<![0-9])\+?(?:254|0)[ -]?[17](?:[ -]?[0-9]){8}(?![0-9]))"
)


class _Meaning(Enum):
    SECRET = auto()
    PHONE = auto()
    TOKEN = auto()
    OURS = auto()
    PLAIN = auto()


@lru_cache(maxsize=1024)
def _meaning_of(name: str) -> _Meaning:
    if _SECRET_KEY.search(name):
        return _Meaning.SECRET
    if _PHONE_KEY.search(name):
        return _Meaning.PHONE
    if _TOKEN_KEY.search(name):
        return _Meaning.TOKEN
    return _Meaning.OURS if name in _OURS else _Meaning.PLAIN


class Masker:
    """Masks values wherever they stand: by the name they stand under, by their form, and our own secrets by value."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """Know ``secrets``, which are masked even in the middle of a word."""
        known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_WORTH_A_LOOK}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, object]:
        """Mask a log line; structlog calls it."""
        return {name: self._value(name, value, 0) for name, value in event.items()}

    def text(self, text: str) -> str:
        """Mask everything in a text that looks like a secret or a phone number."""
        if len(text) < _SHORTEST_WORTH_A_LOOK:
            return text
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _IN_TEXT.sub(_masked, text)

    def _value(self, name: str, value: object, depth: int) -> object:
        meaning = _meaning_of(name)
        if meaning is _Meaning.OURS or value is None or isinstance(value, _HARMLESS):
            return value
        if meaning is _Meaning.SECRET:
            return MASK
        if meaning is _Meaning.PHONE and isinstance(value, str | int):
            return _end_of(str(value))
        if meaning is _Meaning.TOKEN and isinstance(value, str | bytes) and not value.isdigit():
            return MASK
        return self.text(value) if type(value) is str else self._plain(name, value, depth)

    def _plain(self, name: str, value: object, depth: int) -> object:
        if isinstance(value, int):
            if abs(value) < _SHORTEST_PHONE:
                return value
            text = str(value)
            return value if self.text(text) == text else self.text(text)
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._inside(name, value, depth + 1) if depth < _DEPTH_MAX else MASK
        if isinstance(value, bytes):
            return self.text(value[:_REPR_MAX].decode("utf-8", "replace"))
        if isinstance(value, str | Decimal | UUID):
            return self.text(str(value))
        return self.text(repr(value)[:_REPR_MAX])

    def _inside(self, name: str, value: Mapping[object, object] | Collection[object], depth: int) -> object:
        if isinstance(value, Mapping):
            items = islice(value.items(), _ITEMS_MAX)
            return {self.text(str(key)): self._value(f"{name}.{key}", inner, depth) for key, inner in items}
        return [self._value(name, inner, depth) for inner in islice(value, _ITEMS_MAX)]


def _end_of(phone: str) -> str:
    digits = _DIGITS.sub("", phone)
    return MASK + digits[-_PHONE_END:] if len(digits) > 2 * _PHONE_END else MASK


def _masked(found: re.Match[str]) -> str:
    if found["keep"]:
        return found["keep"]
    if found["phone"]:
        return _end_of(found["phone"])
    kept = found["callback"] or found["scheme"] or found["named"] or found["login"] or ""
    return kept + MASK
