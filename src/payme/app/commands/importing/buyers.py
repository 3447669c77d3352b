"""Who bought: the customers of another system become customers of the shop, each once, however often it is run."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payme import customers
from payme.app.commands.importing import queries
from payme.app.commands.importing.columns import Found, plain
from payme.app.commands.importing.refused import Tally
from payme.app.commands.importing.tables import Row
from payme.app.commands.importing.values import ValueUnclear
from payme.customers import Customer, CustomerDraft, CustomerPhoneTaken
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Database, Once, Scope
from payme.kit.phones import e164
from payme.kit.texts import printable

REFERENCE_MAX = 64
NAME_MAX = 120
PHONE_MAX = 40
TAG_MAX = 32
ASKED_AT_ONCE = 5_000
SEVERAL = "of invoices that name several customers"
_NOBODY = frozenset(
    {"", "0", "anonymous", "cash", "cashcustomer", "cashsale", "guest", "na", "nan", "none", "null", "walkin",
     "walkincustomer"}
)  # fmt: skip
_NUMBER = re.compile(r"(\d+)\.0+")
_LIKE_PHONE = re.compile(r"\s*(?:\+|0|254)")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought, as one row tells it; what it does not tell is empty."""

    reference: str
    """What the other system calls the customer: an id, a code, or a name."""
    name: str
    phone: str

    @property
    def identity(self) -> str:
        """What makes it this customer and no other, in this file and the next."""
        if self.reference:
            return f"customer {self.reference.casefold()}"
        return f"phone {e164(self.phone) or self.phone}" if self.phone else f"name {self.name.casefold()}"

    @property
    def key(self) -> str:
        """The key under which the customer is added once."""
        return f"import-customer:{hashlib.sha256(self.identity.encode()).hexdigest()[:40]}"

    @property
    def fingerprint(self) -> bytes:
        """Who it is, whatever else is told of them the next time."""
        return hashlib.sha256(self.identity.encode()).digest()

    def with_facts_of(self, other: "Buyer") -> "Buyer":
        """Return the same customer with what another row tells and this one does not."""
        return Buyer(self.reference, self.name or other.name, self.phone or other.phone)

    def draft(self) -> CustomerDraft:
        """Return the customer to be added; a number nobody can be called on is kept in the note."""
        phone = e164(self.phone)
        called = self.name or self.reference
        if not called:
            called = f"Customer {self.phone[-4:]}"
        elif called.isdecimal():
            called = f"Customer {called}"
        return CustomerDraft(
            name=called,
            phone=phone,
            note=f"Telephone as imported: {self.phone}" if self.phone and phone is None else "",
            tags=(self.reference,) if self.reference and len(self.reference) <= TAG_MAX else (),
        )


def read_buyer(found: Found, row: Row) -> Buyer | None:
    """Return whom a row names; None for nobody, which is also what tills call a walk-in. Raises ValueUnclear."""
    reference = _cell(found, row, "customer", REFERENCE_MAX)
    name = _cell(found, row, "customer_name", NAME_MAX)
    phone = _cell(found, row, "phone", PHONE_MAX)
    if not phone and _LIKE_PHONE.match(reference) and e164(reference):
        reference, phone = "", reference
    return Buyer(reference, name, phone) if reference or name or phone else None


def _cell(found: Found, row: Row, name: str, longest: int) -> str:
    text = " ".join(printable(found.cell(row, name)).split())
    if len(text) > longest:
        raise ValueUnclear(f"{name.replace('_', ' ')} is longer than {longest} characters")
    if number := _NUMBER.fullmatch(text):  # a spreadsheet's way of writing 13126
        text = number[1]
    return "" if plain(text) in _NOBODY else text


class Buyers:
    """The buyers of a history, and which customers of the shop they are."""

    def __init__(self, database: Database, scope: Scope, tally: Tally, *, dry_run: bool) -> None:
        """Add customers as ``scope``, and count them in ``tally``."""
        self._database = database
        self._scope = scope
        self._tally = tally
        self._dry_run = dry_run
        self._told: dict[str, Buyer] = {}
        self._ids: dict[str, UUID | None] = {}

    async def look_up(self, named: Sequence[Buyer]) -> None:
        """Learn all that is told of each buyer, and who is a customer already.

        Whoever asked to be forgotten stays forgotten: their sales name nobody.
        """
        for buyer in named:
            known = self._told.get(buyer.identity)
            self._told[buyer.identity] = known.with_facts_of(buyer) if known else buyer
        told = list(self._told.values())
        for start in range(0, len(told), ASKED_AT_ONCE):
            part = told[start : start + ASKED_AT_ONCE]
            phones = {buyer.identity: e164(buyer.phone) for buyer in part}
            holders = await self._database.transact(
                self._scope, queries.holders_of_phones, sorted({phone for phone in phones.values() if phone})
            )
            by_phone = {holder.phone: holder.customer_id for holder in holders}
            keys = [buyer.key for buyer in part]
            added = await self._database.transact(self._scope, queries.customers_added, keys)
            by_key = {one.key: None if one.erased else one.customer_id for one in added}
            for buyer in part:
                if buyer.key in by_key:
                    self._ids[buyer.identity] = by_key[buyer.key]
                elif (phone := phones[buyer.identity]) in by_phone:
                    self._ids[buyer.identity] = by_phone[phone]
        self._tally.customers_known += len(self._ids)

    async def customer_of(self, named: Sequence[Buyer]) -> UUID | None:
        """Return which customer a sale names, if any, after adding one who is none yet. Raises what adding raises."""
        if not named:
            return None
        buyer = named[0]
        if buyer.identity not in self._ids:
            self._ids[buyer.identity] = await self._add(self._told[buyer.identity])
        return self._ids[buyer.identity]

    async def _add(self, buyer: Buyer) -> UUID | None:
        if self._dry_run:
            self._tally.customers += 1
            return self._database.seams.new_id()
        once: Once[Customer] = Once(buyer.key, buyer.fingerprint, _tell)
        try:
            answer = await self._database.transact_once(self._scope, once, customers.add_customer, buyer.draft())
        except CustomerPhoneTaken as taken:
            if taken.customer_id is None:
                raise
            self._tally.customers_known += 1
            return taken.customer_id
        self._tally.customers += 1
        return UUID(json.loads(answer.body)["customer_id"])


def _tell(customer: Customer) -> StoredAnswer:
    return StoredAnswer(201, f'{{"customer_id": "{customer.id}"}}')
