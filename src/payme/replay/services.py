"""Commands of replay: give every book from the audit alone, and compare."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Final
from uuid import UUID

from payme import issues, seals
from payme.issues import NewIssue
from payme.kit.db.transaction import Database, Scope, Tx
from payme.replay import queries, rules
from payme.replay.models import Difference, Proof, Replayed, Value
from payme.replay.queries import HELD, HeldQuery
from payme.replay.rules import Book
from payme.seals import FAULTS_MAX, Evidence, Fault

ENTRIES_A_PAGE: Final = 5_000
ROWS_A_PAGE: Final = 2_000
ENTRIES_A_SHARE: Final = 2_000_000
"""Of some 240,000 sales, about which the fullest book keeps 1 kB each."""
DIFFERENCES_MAX: Final = 1_000
STANDING_MAX: Final = 5_000
UNSEALED_MAX: Final = timedelta(hours=1)
"""Entries are sealed within half a minute; after so long somebody should look why not."""
_PART: Final = "replay"


async def replay(
    database: Database, business_id: UUID, *, on_entries: Callable[[int], None] = lambda _: None
) -> Replayed:
    """Replay the audit of a business, book by book, in one snapshot with the tables, so a busy shop is no difference.

    One book is kept at a time, or a share of it: at most some 250 MB.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    return await database.snapshot(Scope.system(_PART, business_id), replay_business, on_entries)


async def replay_business(
    tx: Tx,
    on_entries: Callable[[int], None] = lambda _: None,
    at_most: int = DIFFERENCES_MAX,
    a_share: int = ENTRIES_A_SHARE,
) -> Replayed:
    """Replay every book inside the caller's transaction; after ``at_most`` differences no further one is kept.

    A book of more entries than ``a_share`` is replayed in shares, each of other sales, deliveries and so on, and its
    entries are read for each: memory stays the same, and time grows. Locks: none. Raises: nothing. Emits: nothing.
    """
    entries = figures = 0
    differences: list[Difference] = []
    shares = await queries.count_entries(tx) // a_share + 1
    for begin, share in product(rules.BOOKS, range(shares)):
        book = begin()
        book.share, book.shares = share, shares
        told = await _tell(tx, book)
        entries += told if share == 0 else 0
        on_entries(entries)
        for query in HELD[book.name]:
            figures += await _compare(tx, book, query, differences, at_most)
        differences += [
            Difference(book.name, subject_id, part, "nothing", _written(value))
            for subject_id, part, value in islice(book.rest(), at_most - len(differences))
        ]
        if len(differences) >= at_most:
            break
    return Replayed(tx.business_id, entries, figures, tuple(differences))


async def prove(database: Database, business_id: UUID, evidence: Evidence) -> list[NewIssue]:
    """Ask whether the audit of a business stands as it was sealed and gives its books; what does not is an issue.

    Issues of what it does not find any more, and nobody saw meanwhile, are closed.
    Locks: none. Raises: nothing. Emits: IssueOpened, IssueSettled.
    """
    began = database.seams.clock.now()
    verdict = await seals.verify(database, business_id, evidence)
    replayed = await replay(database, business_id)
    found = [_issue_of_fault(fault) for fault in verdict.faults] + [_issue_of(one) for one in replayed.differences]
    anchored = frozenset(evidence.anchors if evidence.is_whole else ())
    proof = Proof(began, found, verdict, anchored, len(replayed.differences) < DIFFERENCES_MAX)
    await database.transact(Scope.system(_PART, business_id), _tell_of, proof)
    return found


def _issue_of_fault(fault: Fault) -> NewIssue:
    facts: dict[str, object] = {"detail": fault.detail, "seal": fault.seal_number}
    if fault.entry is None:
        return NewIssue(f"audit_{fault.kind}", fault.business_id, facts)
    entry = fault.entry
    facts |= {"sequence": entry.sequence, "action": entry.action, "at": entry.at.isoformat()}
    return NewIssue(f"audit_{fault.kind}", entry.id, facts)


def _issue_of(one: Difference) -> NewIssue:
    detail = f"{one.book}: {one.part} is {one.held}, and the audit gives {one.told}"
    return NewIssue(rules.NOT_REPLAYED, one.subject_id, {"detail": detail})


async def _tell_of(tx: Tx, proof: Proof) -> None:
    verdict, found = proof.verdict, list(proof.found)
    if verdict.unsealed_since is not None and tx.now - verdict.unsealed_since > UNSEALED_MAX:
        detail = f"{verdict.unsealed} entries wait to be sealed since {verdict.unsealed_since:%Y-%m-%d %H:%M} UTC"
        found.append(NewIssue("audit_unsealed", tx.business_id, {"detail": detail}))
    judged = len(verdict.faults) < FAULTS_MAX
    standing = await queries.list_standing(tx, proof.began_at, STANDING_MAX)
    gone = rules.gone(standing, found, proof.anchored, judged=judged, replayed=proof.is_replayed)
    await issues.settle(tx, gone)
    await issues.open_issues(tx, found)


async def _tell(tx: Tx, book: Book) -> int:
    entries = 0
    after = (0, -1)
    while page := await queries.list_told(tx, book.actions, after, ENTRIES_A_PAGE):
        for told in page:
            book.take(told)
        after = (page[-1].transaction_id, page[-1].sequence)
        entries += len(page)
    return entries


async def _compare(tx: Tx, book: Book, query: HeldQuery, differences: list[Difference], at_most: int) -> int:
    figures = 0
    after = queries.FIRST
    while page := await query(tx, after, ROWS_A_PAGE):
        for held in page:
            if not book.keeps(held.subject_id):
                continue
            figures += 1
            told = book.told(held.subject_id, held.part)
            if (rules.NOTHING if told is None else told) != held.value and len(differences) < at_most:
                found = "nothing" if told is None else _written(told)
                differences.append(Difference(book.name, held.subject_id, held.part, _written(held.value), found))
        after = page[-1].subject_id
        if after == queries.FIRST:
            break  # a business has one wallet
    return figures


def _written(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value
