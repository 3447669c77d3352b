"""Pure decisions about money that came in."""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme.kit.money import ZERO
from payme.money.models import SaleMoney, Share
from payme.money.types import CLAIM_MOVES, ClaimState, Purpose

_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER_MIN = 9
"""Digits that tell one number in Kenya from another, after the country's 254 or the leading 0."""


def share_out(amount: Decimal, applied: Decimal, sale_id: UUID, *, sale_is_terminal: bool) -> list[Share]:
    """Say what money was for, after the sale took ``applied`` of it.

    What a cancelled sale cannot take waits for a person (unallocated); what a paid sale does not need is an
    overpayment.
    """
    assert ZERO <= applied <= amount, "a sale took more than came"  # noqa: S101
    shares = [Share(Purpose.SALE, sale_id, applied)] if applied else []
    rest = amount - applied
    if rest:
        shares.append(Share(Purpose.UNALLOCATED if sale_is_terminal else Purpose.OVERPAYMENT, sale_id, rest))
    return shares


def taken_from(standing: Sequence[Share], sources: Sequence[Purpose], amount: Decimal) -> list[Share]:
    """Take an amount back from what money stands for, the first source first; the caller has seen that there is enough.

    The parts are negative.
    """
    parts, left = [], amount
    for purpose in sources:
        for share in standing:
            part = min(left, share.amount) if share.purpose is purpose else ZERO
            if part:
                parts.append(Share(purpose, share.sale_id, -part))
                left -= part
    assert left == ZERO, "more was taken than stands"  # noqa: S101
    return parts


def part_of(standing: Sequence[SaleMoney], amount: Decimal) -> list[SaleMoney]:
    """Choose which receipts give an amount back: one that is just that, as M-PESA reverses it whole; else the newest.

    ``standing`` comes oldest first, and there is enough.
    """
    whole = [part for part in standing if part.amount == amount]
    if whole:
        return whole[:1]
    parts, left = [], amount
    for part in reversed(standing):
        given = min(left, part.amount)
        if given:
            parts.append(replace(part, amount=given))
            left -= given
    assert left == ZERO, "more was given back than came"  # noqa: S101
    return parts


def total_of(standing: Sequence[Share], purposes: Collection[Purpose]) -> Decimal:
    """Add up what stands for some purposes."""
    return sum((share.amount for share in standing if share.purpose in purposes), ZERO)


def after_move(standing: Sequence[Share], parts: Sequence[Share]) -> list[Share]:
    """Return what money stands for after parts were taken and given."""
    amounts: dict[tuple[Purpose, UUID | None], Decimal] = {}
    for share in (*standing, *parts):
        key = share.purpose, share.sale_id
        amounts[key] = amounts.get(key, ZERO) + share.amount
    return [Share(purpose, sale_id, amount) for (purpose, sale_id), amount in amounts.items() if amount]


def may_move(current: ClaimState, target: ClaimState) -> bool:
    """Say whether a claim may move."""
    return target in CLAIM_MOVES[current]


def is_same_phone(said: str, known: str) -> bool | None:
    """Say whether what evidence says of a phone is ``known`` (2547…): None where it proves nothing either way.

    M-PESA has shown numbers plain, masked in the middle, as SHA-256, and as a SHA-256 that is masked in the middle.
    """
    compact = re.sub(r"[\s+]", "", said).lower()
    if not compact:
        return None
    if compact.isdigit():
        return compact[-_NUMBER_MIN:] == known[-_NUMBER_MIN:]
    hashed = hashlib.sha256(known.encode()).hexdigest()
    if _HASH.fullmatch(compact):
        return compact == hashed
    if "*" not in compact:
        return None
    head, tail = compact.split("*", 1)[0], compact.rsplit("*", 1)[1]
    if any(_fits(whole, head, tail) for whole in (known, "0" + known[3:], hashed)):
        return None  # a mask that fits may be many people's
    return False


def _fits(whole: str, head: str, tail: str) -> bool:
    return whole.startswith(head) and whole.endswith(tail)
