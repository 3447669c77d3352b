"""The work of anchors: places outside of the database are told of heads, each in its rhythm, and are asked again."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import structlog

from payme import seals
from payme.alerts import Mailer, Taken
from payme.anchors import rules, services
from payme.anchors.models import Testimony
from payme.anchors.types import HEADS_AT_ONCE
from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope
from payme.kit.object_store import ObjectStore
from payme.kit.rounds import keep_doing
from payme.kit.texts import printable
from payme.seals import Anchor, Restored, Told

LOOK_EVERY_S: Final = 20.0
READ_AT_ONCE: Final = 8
log = structlog.get_logger(__name__)


class AnchorPlace(Protocol):
    """Somewhere outside of the database that is told of heads."""

    @property
    def name(self) -> str:
        """What it is called in the database and to people."""
        ...

    @property
    def every_s(self) -> float:
        """How often, at the most, it is told."""
        ...

    async def tell(self, told: Sequence[Told]) -> None:
        """Keep what is told; the same told twice is as good as once. Raises OSError where it could not."""
        ...

    def read(self, since: datetime | None) -> AsyncIterator[Told]:
        """Yield what it was told since an instant, or ever; raises OSError, ValueError where that cannot be read."""
        ...


class AnchorFile:
    """Anchors in a file, a line of JSON each, that only grows."""

    name = "file"

    def __init__(self, place: Path, every_s: float) -> None:
        """Write to ``place``, which is made at the first anchor."""
        self._place = place
        self.every_s = every_s

    async def tell(self, told: Sequence[Told]) -> None:
        """Add lines and wait until the disk has them. Raises OSError."""
        await asyncio.to_thread(self._write, rules.lines_of(told))

    def _write(self, lines: bytes) -> None:
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(descriptor)

    async def read(self, since: datetime | None) -> AsyncIterator[Told]:
        """Yield its lines. Raises OSError, ValueError."""
        for one in await asyncio.to_thread(lambda: list(read_file(self._place))):
            if since is None or rules.instant_of(one) >= since:
                yield one


class AnchorStore:
    """Anchors in an object store: each batch is an object of lines of JSON that is put once."""

    name = "store"

    def __init__(self, store: ObjectStore, every_s: float) -> None:
        """Put objects into a store."""
        self._store = store
        self.every_s = every_s

    async def tell(self, told: Sequence[Told]) -> None:
        """Put an object. Raises StoreFault, an OSError."""
        content = rules.lines_of(told)
        await self._store.put_once(rules.object_name(told, content), content)

    async def read(self, since: datetime | None) -> AsyncIterator[Told]:
        """Yield the lines of its objects. Raises OSError, ValueError where an object is not what was put."""
        names: list[str] = []
        async for name in self._store.names("" if since is None else rules.stamp(since)):
            if rules.is_ours(name):
                names.append(name)
            if len(names) == READ_AT_ONCE:
                for one in await self._fetch(names):
                    yield one
                names = []
        for one in await self._fetch(names):
            yield one

    async def _fetch(self, names: Sequence[str]) -> list[Told]:
        told: list[Told] = []
        for name, content in zip(names, await asyncio.gather(*map(self._store.find, names)), strict=True):
            if content is None or not rules.is_whole(name, content):
                raise ValueError(f"{name} is not what was put there")
            told += map(seals.read_told_line, content.splitlines())
        return told


class AnchorMail:
    """Anchors in e-mails to people; what these keep can be read from a file that they saved."""

    name = "email"

    def __init__(self, mailer: Mailer, to: Sequence[str], every_s: float, now: Callable[[], datetime]) -> None:
        """Write to some addresses."""
        self._mailer = mailer
        self._to = to
        self._now = now
        self.every_s = every_s

    async def tell(self, told: Sequence[Told]) -> None:
        """Send an e-mail. Raises OSError where the mail server did not take it."""
        outcome = await self._mailer.send(rules.mail_of(told, self._to, self._now()))
        if not isinstance(outcome, Taken):
            raise OSError(outcome.reason)

    async def read(self, _: datetime | None) -> AsyncIterator[Told]:
        """Yield nothing: nobody asks people."""
        nothing: tuple[Told, ...] = ()
        for one in nothing:
            yield one


def read_file(place: Path) -> Iterator[Told]:
    """Read a file of anchors, none where there is no file. Raises OSError, ValueError where a line is no anchor.

    A line that was begun and not ended, because the machine stopped, counts as not there.
    """
    if not place.exists():
        return
    with place.open("rb") as file:
        for line in file:
            try:
                yield seals.read_told_line(line)
            except ValueError:
                if line.endswith(b"\n"):
                    raise


def read_saved(place: Path) -> list[Told]:
    """Read what somebody kept: a file of anchors, an object, or an e-mail, as it was saved or copied.

    Raises OSError, ValueError where there are no anchors in it.
    """
    raw = place.read_bytes()
    if raw.startswith(b"{"):
        return list(read_file(place))
    leaves = [part.get_payload(decode=True) for part in message_from_bytes(raw).walk() if not part.is_multipart()]
    texts = [leaf.decode(errors="replace") for leaf in leaves if isinstance(leaf, bytes)]
    whole = next((text for text in texts if "line_is" in text), raw.decode(errors="replace"))
    return rules.told_in(whole)


@dataclass(frozen=True)
class AnchorDesk:
    """What telling outside needs: the books, and the places."""

    database: Database
    places: Sequence[AnchorPlace]


async def tell_place(desk: AnchorDesk, place: AnchorPlace, businesses: AsyncIterator[UUID]) -> int:
    """Tell a place of every head that it does not know, where its time has come; returns of how many.

    Nobody who sells or seals waits for it. A worker that dies in between leaves it to another after the lease, which
    tells the same in the same words: the same object, the same e-mail, the same line once more.
    """
    scope = Scope.system(services.PART)
    taken = await desk.database.transact(scope, services.take_place, place.name)
    if taken is None:
        return 0
    restores = await desk.database.transact(scope, seals.list_restores, taken.told_era)
    told = 0
    async for batch in _batches(desk, place.name, restores, businesses):
        try:
            await place.tell(batch)
        except OSError as error:
            reason = printable(str(error))
            log.warning("audit_not_anchored", place=place.name, tries=taken.tries, error=reason)
            await desk.database.transact(scope, services.record_failure, place.name, taken, reason)
            return told
        await desk.database.seams.chaos.point("audit_anchored")
        for head in batch:
            if isinstance(head, Anchor):
                of_business = Scope.system(services.PART, head.business_id)
                await desk.database.transact(of_business, services.record_head, place.name, head.number)
                told += 1
    await desk.database.transact(scope, services.record_round, place.name, place.every_s, taken, restores)
    return told


async def _batches(
    desk: AnchorDesk, place: str, restores: Sequence[Restored], businesses: AsyncIterator[UUID]
) -> AsyncIterator[list[Told]]:
    batch: list[Told] = [*restores]
    async for business_id in businesses:
        scope = Scope.system(services.PART, business_id)
        head = await desk.database.transact(scope, services.find_head, place)
        if head is not None:
            batch.append(head)
        if len(batch) >= HEADS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def tell_places(desk: AnchorDesk) -> int:
    """Tell every place whose time has come; returns of how many heads. One that is ill keeps no other waiting long."""
    found = [await tell_place(desk, place, every_business(desk.database)) for place in desk.places]
    return sum(found)


async def keep_telling(desk: AnchorDesk, stop: asyncio.Event) -> None:
    """Tell places of heads until ``stop``."""
    await keep_doing(partial(tell_places, desk), LOOK_EVERY_S, stop, part=services.PART)


async def ask_places(desk: AnchorDesk, since: datetime | None = None, kept: Sequence[Told] = ()) -> Testimony:
    """Read what places were told since an instant, or ever; those that cannot be asked are named, and why.

    ``kept`` is what people kept beside, and counts like what places say.
    """
    told = list(kept)
    unasked: dict[str, str] = {}
    for place in desk.places:
        try:
            async for one in place.read(since):
                told.append(one)  # noqa: PERF401  what was read before a fault counts
        except (OSError, ValueError) as fault:
            reason = str(fault) if isinstance(fault, OSError) else f"a line of it is no anchor ({type(fault).__name__})"
            unasked[place.name] = reason
    restores = await desk.database.transact(Scope.system(services.PART), seals.list_restores, 0)
    found = as_testimony([*told, *restores])
    return Testimony(found.anchors, found.restores, unasked)


def as_testimony(told: Iterable[Told]) -> Testimony:
    """Sort what was told by its business."""
    anchors: dict[UUID, list[Anchor]] = defaultdict(list)
    restores: list[Restored] = []
    for one in told:
        if isinstance(one, Anchor):
            anchors[one.business_id].append(one)
        else:
            restores.append(one)
    return Testimony(anchors, restores)
