"""Commands of seals: seal what happened, and ask whether it still stands as it was sealed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.secrets import Keys
from payme.seals import queries, repository, rules
from payme.seals.errors import AuditEraMissing
from payme.seals.models import Evidence, Head, Seal, SealedEntry, Verdict
from payme.seals.types import LEAF_BYTES

PART: Final = "seals"
SEALS_A_PAGE: Final = 50
ADDED_MAX: Final = 100
"""So many entries more than were sealed are looked at on a page; the first one is what matters."""


async def seal_entries(tx: Tx, keys: Keys, limit: int) -> Seal | None:
    """Seal the next entries of the business, in one seal; None where nothing waits that can be sealed.

    Locks: AUDIT_SEAL. Raises: AuditEraMissing, SecretKeysMissing. Emits: nothing.
    """
    await tx.guard(LockRank.AUDIT_SEAL, f"audit of {tx.business_id}")
    head = await queries.find_head(tx) or rules.NOTHING_SEALED
    for era in await queries.list_eras(tx, head.era):
        start = rules.in_era(head, era)
        entries = await queries.list_entries(tx, start, era, None, limit)
        if entries:
            ring = keys()
            seal = rules.seal_of(tx.business_id, start, entries, ring.keys[ring.current], tx.now)
            repository.insert_seal(tx, seal)
            return seal
        if era.end_sequence is None and start.transaction_id >= await queries.next_transaction(tx):
            raise AuditEraMissing(start.transaction_id)
    return None


async def list_public_keys(_: Tx, keys: Keys) -> dict[str, bytes]:
    """Return the keys that seals are signed with by their ids, the current one first.

    Locks: none. Raises: SecretKeysMissing. Emits: nothing.
    """
    return rules.public_keys(keys().keys.values())


@dataclass(frozen=True)
class _Page:
    """Some seals, with the entries that stand where theirs were, and what stands beyond the end of an era."""

    shares: list[tuple[Seal, list[SealedEntry]]]
    beyond: list[SealedEntry]


async def _read_page(tx: Tx, head: Head) -> _Page:
    page = rules.page_of(await queries.list_seals(tx, head.number, SEALS_A_PAGE))
    if not page:
        return _Page([], [])
    eras = {era.number: era for era in await queries.list_eras(tx, 1)}
    beyond: list[SealedEntry] = []
    if page[0].era != head.era and head.era in eras:
        beyond = await queries.list_entries(tx, head, eras[head.era], None, ADDED_MAX)
    era = eras.get(page[0].era)
    if era is None:
        return _Page([(seal, []) for seal in page], beyond)
    room = sum(len(seal.leaves) for seal in page) // LEAF_BYTES + ADDED_MAX
    until = max(rules.end_of(seal) for seal in page)
    entries = await queries.list_entries(tx, rules.in_era(head, era), era, until, room)
    return _Page(rules.shared_out(page, [rules.canonical(entry) for entry in entries]), beyond)


async def _count_unsealed(tx: Tx, head: Head) -> tuple[int, datetime | None]:
    found = [
        await queries.count_unsealed(tx, rules.in_era(head, era), era) for era in await queries.list_eras(tx, head.era)
    ]
    return sum(entries for entries, _ in found), min((since for _, since in found if since), default=None)


async def verify(
    database: Database, business_id: UUID, evidence: Evidence, *, on_entries: Callable[[int], None] = lambda _: None
) -> Verdict:
    """Ask whether the audit of a business still stands as it was sealed, some seals a transaction, from the first on.

    What is sealed is never changed, so nobody who sells is in its way, and it needs no one instant.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    scope = Scope.system(PART, business_id)
    judge = rules.Judge(business_id, evidence)
    while not judge.is_done:
        page = await database.transact(scope, _read_page, judge.head)
        judge.take_beyond(page.beyond)
        for seal, entries in page.shares:
            judge.take(seal, entries)
        if not page.shares:
            break
        on_entries(judge.entries)
    return judge.verdict(*await database.transact(scope, _count_unsealed, judge.head))


async def read_pages(database: Database, business_id: UUID) -> AsyncIterator[tuple[Seal, list[SealedEntry]]]:
    """Yield the seals of a business with the entries that stand where theirs were, for whoever copies them out.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    head = rules.NOTHING_SEALED
    while True:
        page = await database.transact(Scope.system(PART, business_id), _read_page, head)
        if not page.shares:
            return
        for seal, entries in page.shares:
            yield seal, entries
            head = rules.head_after(seal)
