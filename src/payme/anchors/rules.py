"""Pure decisions of anchors: when a place is told, in which words, and what is read out of them again."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from payme.alerts import Mail
from payme.anchors.types import WAITS
from payme.kit.days import SHOP_TIME
from payme.seals import Anchor, Told, read_told_line, told_line

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OBJECT: Final = re.compile(r"[0-9]{8}T[0-9]{6}[.][0-9]{6}Z-[0-9a-f]{16}\.jsonl")
_LINE: Final = re.compile(r'\{"line_is"[^{}]*\}')
_BETWEEN: Final = re.compile(r"[\s>]+")
"""What e-mail programs put into a line that is too long for them; no line of ours has any of it."""


def next_slot(at: datetime, every_s: float) -> datetime:
    """Return when a place is told next: all businesses together, at whole multiples of its rhythm since 1970 (UTC)."""
    every = timedelta(seconds=every_s)
    return _EPOCH + ((at - _EPOCH) // every + 1) * every


def again_at(tries: int, at: datetime) -> datetime:
    """Return when a place is told again that did not take what it was told."""
    return at + WAITS[min(tries, len(WAITS)) - 1]


def lines_of(told: Sequence[Told]) -> bytes:
    """Write what is told, a line each."""
    return b"".join(map(told_line, told))


def instant_of(told: Told) -> datetime:
    """Return of when something is that is told."""
    return told.sealed_at if isinstance(told, Anchor) else told.restored_at


def stamp(at: datetime) -> str:
    """Return what the names of objects of an instant begin with: they sort as they came."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def object_name(told: Sequence[Told], content: bytes) -> str:
    """Name an object by its content, so that the same told twice is the same object."""
    return f"{stamp(max(map(instant_of, told)))}-{sha256(content).hexdigest()[:16]}.jsonl"


def is_ours(name: str) -> bool:
    """Tell whether an object is named as we name ours."""
    return _OBJECT.fullmatch(name) is not None


def is_whole(name: str, content: bytes) -> bool:
    """Tell whether an object is what was put under its name."""
    return name.removesuffix(".jsonl").endswith(f"-{sha256(content).hexdigest()[:16]}")


def mail_of(told: Sequence[Told], to: Sequence[str], at: datetime) -> Mail:
    """Write what is told to people; the same told twice is the same mail.

    Lines stand as they are in a file of anchors, so the mail, saved as it is, can be judged by.
    """
    content = lines_of(told)
    heads = sum(isinstance(one, Anchor) for one in told)
    restored = "A backup was restored. " if heads < len(told) else ""
    when = f"{max(map(instant_of, told)).astimezone(SHOP_TIME):%d.%m.%Y %H:%M}"
    text = (
        f"{restored}How the audit stood, {heads} businesses, {when}.\n\n"
        "Keep this where nobody who runs the server can delete it. It proves later that nothing written by then was\n"
        "changed or cut off. Save it as a file, and on the server:\n\n"
        "    payme audit verify --anchor this-mail.eml\n\n"
    )
    subject = f"[PayMe] {restored}The audit of {when}: {heads} heads"
    return Mail(UUID(bytes=sha256(content).digest()[:16]), tuple(to), subject, text + content.decode(), at, 1)


def told_in(text: str) -> list[Told]:
    """Read what was told out of the text of an e-mail, however it was quoted or wrapped. Raises ValueError."""
    found = _LINE.findall(text)
    if not found or len(found) != text.count('{"line_is"'):
        raise ValueError("there are no whole lines of anchors in it")
    return [read_told_line(_BETWEEN.sub("", line).encode()) for line in found]
