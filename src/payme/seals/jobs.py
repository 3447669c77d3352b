"""The work of seals: entries are sealed soon after they were written, and exported audits are judged."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope
from payme.kit.rounds import keep_visiting
from payme.kit.secrets import Keys
from payme.seals import rules, services
from payme.seals.models import Anchor, Evidence, Restored, Seal, SealedEntry, Verdict
from payme.seals.schemas import AuditLine, EndLine, EntryLine, SealLine, read_line
from payme.seals.types import ENTRIES_MAX, FaultKind

SEAL_EVERY_S: Final = 20.0
SEALS_A_VISIT: Final = 20
NOBODY: Final = UUID(int=0)
"""The business of a file that does not say whose it is."""


@dataclass(frozen=True)
class SealDesk:
    """What sealing works with."""

    database: Database
    keys: Keys

    def public_keys(self) -> Mapping[str, bytes]:
        """Return the public keys by their ids, the current one first; raises SecretKeysMissing."""
        return rules.public_keys(self.keys().keys.values())


async def seal_business(desk: SealDesk, business_id: UUID) -> int:
    """Seal what waits in a business, some seals at the most; returns how many seals were made.

    A worker that dies in between leaves the rest to the next; two at once seal one after the other.
    """
    scope = Scope.system(services.PART, business_id)
    made = 0
    while made < SEALS_A_VISIT:
        seal = await desk.database.transact(scope, services.seal_entries, desk.keys, ENTRIES_MAX)
        if seal is None:
            break
        made += 1
        await desk.database.seams.chaos.point("audit_sealed")
    return made


async def keep_sealing(desk: SealDesk, stop: asyncio.Event) -> None:
    """Seal what happened in every business until ``stop``, each some twenty seconds after it was looked at before."""
    looked: datetime | None = None

    async def businesses() -> list[UUID]:
        nonlocal looked
        now = desk.database.seams.clock.now()
        if looked is not None and now - looked < timedelta(seconds=SEAL_EVERY_S):
            return []
        looked = now
        return [business_id async for business_id in every_business(desk.database)]

    async def visit(business_id: UUID) -> int:
        return int(await seal_business(desk, business_id) == SEALS_A_VISIT)

    await keep_visiting(businesses, visit, stop, part=services.PART)


async def export(database: Database, business_id: UUID) -> AsyncIterator[bytes]:
    """Yield the lines of a file from which the audit of a business can be judged without its database."""
    seals = entries = 0
    yield AuditLine(business_id=business_id, exported_at=database.seams.clock.now()).line()
    async for seal, share in services.read_pages(database, business_id):
        yield SealLine.model_validate(seal).line()
        for entry in share:
            yield EntryLine.model_validate(entry).line()
        seals, entries = seals + 1, entries + len(share)
    yield EndLine(business_id=business_id, seals=seals, entries=entries).line()


def judge_file(
    lines: Iterable[bytes],
    public: Mapping[str, bytes],
    anchors: Mapping[UUID, Sequence[Anchor]],
    restores: Sequence[Restored] = (),
) -> Iterator[Verdict]:
    """Judge exported audits with nothing but public keys, a seal at a time, and yield the verdict on each business.

    What is broken off, or is no such file at all, is a fault, and the end.
    """
    left = iter(lines)
    first: bytes | None = next(left, b"")
    while first is not None:
        verdict = _judge_one(first, left, public, lambda one: evidence_of(public, anchors.get(one, ()), restores))
        yield verdict
        if any(fault.kind is FaultKind.FILE_BROKEN for fault in verdict.faults):
            return
        first = next(left, None)


def _judge_one(
    first: bytes, left: Iterator[bytes], public: Mapping[str, bytes], evidence: Callable[[UUID], Evidence]
) -> Verdict:
    judge = rules.Judge(NOBODY, Evidence(public))
    try:
        business_id = _begun(first).business_id
        judge = rules.Judge(business_id, evidence(business_id))
        _judge_lines(judge, left)
    except ValueError as broken:
        reason = "a line is not of this format" if isinstance(broken, ValidationError) else str(broken)
        judge.find(FaultKind.FILE_BROKEN, f"the file cannot be read to its end: {reason}")
    return judge.verdict()


def _begun(line: bytes) -> AuditLine:
    read = read_line(line)
    if isinstance(read, AuditLine):
        return read
    raise ValueError("an exported audit does not begin here")


def _judge_lines(judge: rules.Judge, left: Iterator[bytes]) -> None:
    seal: Seal | None = None
    entries: list[SealedEntry] = []
    for line in left:
        read = read_line(line)
        if isinstance(read, EntryLine):
            entries.append(read.to_entry())
            if seal is None or len(entries) > seal.entries + services.ADDED_MAX:
                raise ValueError("entries stand where none can")
            continue
        if seal is not None:
            judge.take(seal, entries)
            seal, entries = None, []
        if isinstance(read, EndLine):
            if (read.seals, read.entries) != (judge.seals, judge.entries):
                raise ValueError(f"{read.seals} seals with {read.entries} entries were written to it")
            return
        if isinstance(read, AuditLine):
            break
        seal = read.to_seal()
    raise ValueError("it is broken off")


def evidence_of(
    public: Mapping[str, bytes], anchors: Iterable[Anchor], restores: Iterable[Restored] = (), *, is_whole: bool = True
) -> Evidence:
    """Return what the audit of a business is judged by.

    What was sealed after a backup was made, and before it was restored, was given up then: it is counted, not judged.
    """
    by_number: dict[int, list[Anchor]] = defaultdict(list)
    said = dict.fromkeys(restores)
    believed = [one for one in said if rules.is_said_by_us(one, public)]
    given_up = 0
    for anchor in dict.fromkeys(anchors):
        if any(one.made_at < anchor.sealed_at <= one.restored_at for one in believed):
            given_up += 1
        else:
            by_number[anchor.number].append(anchor)
    forged = [one for one in said if one not in believed]
    return Evidence(public, by_number, given_up, believed, forged, is_whole)
