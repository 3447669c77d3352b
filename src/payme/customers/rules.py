"""Decisions of customers: who is meant, what a change or a merge makes, and what somebody is found by."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from payme.customers.errors import (
    CustomerErased,
    CustomerMerged,
    CustomerUnknown,
    MergedTooLarge,
    OtherPhoneUnknown,
    SameCustomer,
)
from payme.customers.models import Changed, Customer, CustomerPointer
from payme.customers.types import UNCHANGED, CustomerChange, CustomerDraft
from payme.identity import phone_number
from payme.kit.words import words

TAGS_MAX = 10
TAG_MAX = 32
NOTE_MAX = 500
OTHERS_MAX = 20
"""How many may be merged into one."""

_LAST_DIGITS = 4
_KENYA = "+254"
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[ ()./-]+(?=[0-9])")
_FIELDS = ("name", "phone", "note", "tags", "other_phones")


def tidied(tags: Iterable[str]) -> list[str]:
    """Return tags as they are kept: one space between words, each once whatever its case, as first written."""
    kept: dict[str, str] = {}
    for tag in (" ".join(written.split()) for written in tags):
        kept.setdefault(tag.casefold(), tag)
    return list(kept.values())


def customer(draft: CustomerDraft, customer_id: UUID, at: datetime) -> Customer:
    """Make a customer of a draft. Raises InvalidPhone."""
    return Customer(
        id=customer_id,
        name=draft.name,
        phone=phone_number(draft.phone),
        note=draft.note,
        tags=tidied(draft.tags),
        other_phones=[],
        merged_into=None,
        merged_at=None,
        erased_at=None,
        created_at=at,
        updated_at=at,
    )


def living(customers: Mapping[UUID, Customer], customer_id: UUID) -> Customer:
    """Return a customer of whom something can change; raises CustomerUnknown, CustomerErased, CustomerMerged."""
    found = customers.get(customer_id)
    if found is None:
        raise CustomerUnknown(customer_id)
    if found.erased_at is not None:
        raise CustomerErased(customer_id)
    if found.merged_into is not None:
        raise CustomerMerged(customer_id, found.merged_into)
    return found


def named(pointer: CustomerPointer | None, customer_id: UUID) -> UUID:
    """Return whom a sale that names ``customer_id`` means: who was merged is the one that stayed.

    Raises CustomerUnknown, CustomerErased.
    """
    if pointer is None:
        raise CustomerUnknown(customer_id)
    if pointer.erased_at is not None:
        raise CustomerErased(customer_id)
    return pointer.merged_into or pointer.id


def change(before: Customer, wanted: CustomerChange, at: datetime) -> Changed:
    """Return the customer as it will be. Raises InvalidPhone, OtherPhoneUnknown.

    A number that came by merging may become the customer's own.
    """
    phone = before.phone if wanted.phone is UNCHANGED else phone_number(wanted.phone)
    kept = before.other_phones
    if wanted.other_phones is not UNCHANGED:
        asked = {phone_number(other) for other in wanted.other_phones}
        if not asked <= set(kept):
            raise OtherPhoneUnknown(before.id)
        kept = [other for other in kept if other in asked]
    after = replace(
        before,
        name=before.name if wanted.name is UNCHANGED else wanted.name,
        phone=phone,
        note=before.note if wanted.note is UNCHANGED else wanted.note,
        tags=before.tags if wanted.tags is UNCHANGED else tidied(wanted.tags),
        other_phones=[other for other in kept if other != phone],
    )
    return _changed(before, after, at)


def _changed(before: Customer, after: Customer, at: datetime) -> Changed:
    fields = tuple(name for name in _FIELDS if getattr(before, name) != getattr(after, name))
    dropped = [phone for phone in before.other_phones if phone not in after.other_phones]
    return Changed(replace(after, updated_at=at) if fields else before, dropped, fields)


def merge(
    customers: Mapping[UUID, Customer], survivor_id: UUID, duplicate_id: UUID, others: Sequence[Customer], at: datetime
) -> Changed:
    """Make one of two; ``others`` are all that were merged into either before.

    The name of the one that stays, stays. So does the phone; who has none takes the duplicate's, else the duplicate's
    becomes another number. Tags are put together, and notes, one below the other where they differ. Raises
    SameCustomer, CustomerUnknown, CustomerErased, CustomerMerged, MergedTooLarge.
    """
    if survivor_id == duplicate_id:
        raise SameCustomer(survivor_id)
    survivor, duplicate = living(customers, survivor_id), living(customers, duplicate_id)
    tags = tidied([*survivor.tags, *duplicate.tags])
    notes = "\n".join(dict.fromkeys(note for note in (survivor.note, duplicate.note) if note))
    for what, size, most in (
        ("tags", len(tags), TAGS_MAX),
        ("note", len(notes), NOTE_MAX),
        ("merged customers", len(others) + 1, OTHERS_MAX),
    ):
        if size > most:
            raise MergedTooLarge(what, most)
    phones = [phone for phone in (survivor.phone, duplicate.phone) if phone is not None]
    phone, further = (phones[0], phones[1:]) if phones else (None, [])
    after = replace(
        survivor,
        phone=phone,
        note=notes,
        tags=tags,
        other_phones=[*survivor.other_phones, *further, *duplicate.other_phones],
    )
    return replace(_changed(survivor, after, at), customer=replace(after, updated_at=at))


def words_of(customer: Customer, others: Sequence[Customer] = ()) -> list[str]:
    """Return the words a customer is found by, and whoever was merged into them."""
    numbers = [phone for phone in (customer.phone, *customer.other_phones) if phone is not None]
    texts = [customer.name, *(other.name for other in others), *customer.tags]
    found = [word for text in texts for word in typed_words(text or "")]
    return list(dict.fromkeys([*found, *(digits for phone in numbers for digits in _digits_of(phone))]))


def _digits_of(phone: str) -> list[str]:
    digits = phone.removeprefix("+")
    national = phone.removeprefix(_KENYA) if phone.startswith(_KENYA) else digits
    return [digits, national, f"0{national}", national[-_LAST_DIGITS:]]


def typed_words(typed: str) -> list[str]:
    """Split what was typed into words; digits with spaces or signs between are one number."""
    return words(_BETWEEN_DIGITS.sub("", typed))
