"""Decisions of live status: what is worth a notice, and what a stream still has to be told."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from payme.kit.events import Event
from payme.live.models import Key, Message, Notice, Picture
from payme.live.types import NOTICE_IDS_MAX, StreamEvent
from payme.money import MoneyAllocated, Purpose
from payme.payments import PaymentMoved, PaymentRequested
from payme.sales import CustomerNamed, SaleCancelled, SaleCompleted, SaleOpened, SalePaid, SaleReturned, SaleVoided

Marks = Mapping[Key, bytes]
"""Digests of what a stream has shown: all it remembers."""

_OF_A_SALE = (SaleOpened, CustomerNamed, SalePaid, SaleCompleted, SaleCancelled, SaleReturned, SaleVoided)


def notice_of(business_id: UUID, events: Iterable[Event]) -> list[UUID] | None:
    """Return the ids of a notice: the business, then its payments that changed; None where no screen would change.

    A sale that is rung up and paid in one transaction was never open, so it is nobody's news but its own till's, which
    has the answer; and transactions with a notice commit one after the other, which cash sales must not.
    """
    told = list(events)
    at_once = {event.subject_id for event in told if isinstance(event, SaleOpened)} & {
        event.subject_id for event in told if isinstance(event, SaleCompleted)
    }
    payments = {event.subject_id for event in told if isinstance(event, PaymentRequested | PaymentMoved)}
    sales = any(isinstance(event, _OF_A_SALE) and event.subject_id not in at_once for event in told)
    waiting = any(isinstance(event, MoneyAllocated) and event.purpose == Purpose.UNALLOCATED for event in told)
    if not payments and not sales and not waiting:
        return None
    return [business_id, *(sorted(payments) if len(payments) <= NOTICE_IDS_MAX else ())]


def read_notice(text: str) -> Notice | None:
    """Read what was told; None where it is not a notice of ours."""
    try:
        business_id, *payment_ids = [UUID(hex=one) for one in text.split()]
    except ValueError:
        return None
    return Notice(business_id, frozenset(payment_ids))


def concerns(notice: Notice, payment_id: UUID | None) -> bool:
    """Say whether a stream of one payment, or of a whole till, has to look; a notice may leave its payments out."""
    return payment_id is None or not notice.payment_ids or payment_id in notice.payment_ids


def marks_of(picture: Picture) -> Marks:
    """Return what to remember of a picture that was shown."""
    return {key: hashlib.sha256(thing.encode()).digest() for key, thing in picture.things.items()}


def id_of(marks: Marks) -> str:
    """Name a state: two pictures have the same name where they show the same."""
    digest = hashlib.sha256()
    for key in sorted(marks):
        digest.update(f"{key[0]} {key[1]} ".encode() + marks[key])
    return digest.hexdigest()[:32]


def whole_state(picture: Picture, marks: Marks) -> Message:
    """Return everything."""
    if picture.whole:
        (thing,) = picture.things.values()
        return Message(StreamEvent.PAYMENT, id_of(marks), thing)
    return Message(StreamEvent.STATE, id_of(marks), _written(picture.kinds, picture.things, None))


def change(before: Marks, picture: Picture, marks: Marks) -> Message | None:
    """Return what is new, different or gone since ``before``; None where nothing is."""
    changed = {key: thing for key, thing in picture.things.items() if before.get(key) != marks[key]}
    gone = [key for key in before if key not in marks]
    if not changed and not gone:
        return None
    if picture.whole:
        return whole_state(picture, marks)
    return Message(StreamEvent.CHANGE, id_of(marks), _written(picture.kinds, changed, gone))


def end(code: str) -> Message:
    """Return the last message of a stream that may not go on."""
    return Message(StreamEvent.END, "", json.dumps({"code": code}))


def _written(kinds: Sequence[str], things: Mapping[Key, str], gone: Sequence[Key] | None) -> str:
    parts = [f'"{kind}":[{",".join(thing for key, thing in things.items() if key[0] == kind)}]' for kind in kinds]
    if gone is not None:
        ids = {kind: [key[1] for key in gone if key[0] == kind] for kind in kinds}
        parts.append(f'"gone":{json.dumps(ids)}')
    return "{" + ",".join(parts) + "}"
