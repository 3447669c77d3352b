"""The work of seals: entries are sealed soon after they were written, and heads are told outside of the database."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import structlog
from pydantic import ValidationError

from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope
from payme.kit.rounds import keep_visiting
from payme.kit.secrets import Keys
from payme.seals import rules, services
from payme.seals.models import Anchor, Evidence, Seal, SealedEntry, Verdict
from payme.seals.schemas import AnchorLine, AuditLine, EndLine, EntryLine, SealLine, read_line
from payme.seals.types import ENTRIES_MAX, FaultKind

SEAL_EVERY_S: Final = 20.0
SEALS_A_VISIT: Final = 20
NOBODY: Final = UUID(int=0)
"""The business of a file that does not say whose it is."""
log = structlog.get_logger(__name__)


class AnchorPlace(Protocol):
    """Somewhere outside of the database that is told of heads."""

    name: str

    async def tell(self, anchor: Anchor) -> None:
        """Keep an anchor; raises OSError where it could not."""
        ...


class AnchorFile:
    """Anchors in a file, a line of JSON each, that only grows."""

    name = "file"

    def __init__(self, place: Path) -> None:
        """Write to ``place``, which is made at the first anchor."""
        self._place = place

    async def tell(self, anchor: Anchor) -> None:
        """Add a line and wait until the disk has it. Raises OSError."""
        await asyncio.to_thread(write_anchors, self._place, [anchor])


def write_anchors(place: Path, anchors: Iterable[Anchor]) -> None:
    """Add lines to a file of anchors and wait until the disk has them. Raises OSError."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, b"".join(AnchorLine.model_validate(anchor).line() for anchor in anchors))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_anchors(place: Path) -> Iterator[Anchor]:
    """Read a file of anchors, none where there is no file. Raises OSError, ValueError where a line is no anchor.

    A line that was begun and not ended, because the machine stopped, counts as not there.
    """
    if not place.exists():
        return
    with place.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield AnchorLine.model_validate_json(line).to_anchor()


def anchors_by_business(place: Path) -> dict[UUID, list[Anchor]]:
    """Read a file of anchors. Raises what ``read_anchors`` raises."""
    anchors: dict[UUID, list[Anchor]] = defaultdict(list)
    for one in read_anchors(place):
        anchors[one.business_id].append(one)
    return anchors


@dataclass(frozen=True)
class SealDesk:
    """What sealing works with."""

    database: Database
    keys: Keys
    places: Sequence[AnchorPlace]
    anchor_every_s: float

    def public_keys(self) -> Mapping[str, bytes]:
        """Return the public keys by their ids, the current one first; raises SecretKeysMissing."""
        return rules.public_keys(self.keys().keys.values())


async def seal_business(desk: SealDesk, business_id: UUID) -> int:
    """Seal what waits in a business, some seals at the most, and tell of its head; returns how many seals were made.

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
    for place in desk.places:
        anchor = await desk.database.transact(scope, services.find_due_anchor, place.name, desk.anchor_every_s)
        if anchor is not None:
            try:
                await place.tell(anchor)
            except OSError as error:
                log.warning("audit_not_anchored", place=place.name, error=type(error).__name__)
                continue
            await desk.database.seams.chaos.point("audit_anchored")
            await desk.database.transact(scope, services.record_anchor, place.name, anchor.number)
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
    lines: Iterable[bytes], public: Mapping[str, bytes], anchors: Mapping[UUID, Sequence[Anchor]]
) -> Iterator[Verdict]:
    """Judge exported audits with nothing but public keys, a seal at a time, and yield the verdict on each business.

    What is broken off, or is no such file at all, is a fault, and the end.
    """
    left = iter(lines)
    first: bytes | None = next(left, b"")
    while first is not None:
        verdict = _judge_one(first, left, public, anchors)
        yield verdict
        if any(fault.kind is FaultKind.FILE_BROKEN for fault in verdict.faults):
            return
        first = next(left, None)


def _judge_one(
    first: bytes, left: Iterator[bytes], public: Mapping[str, bytes], anchors: Mapping[UUID, Sequence[Anchor]]
) -> Verdict:
    judge = rules.Judge(NOBODY, Evidence(public))
    try:
        business_id = _begun(first).business_id
        judge = rules.Judge(business_id, evidence_of(public, anchors.get(business_id, ())))
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


def evidence_of(public: Mapping[str, bytes], anchors: Iterable[Anchor]) -> Evidence:
    """Return what the audit of a business is judged by; of two anchors of one number the first one counts."""
    by_number: dict[int, Anchor] = {}
    for anchor in anchors:
        by_number.setdefault(anchor.number, anchor)
    return Evidence(public, by_number)
