"""Putting a backup in the place of a database: filled beside it, proved, and only then renamed."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from payme import reconciliation, replay, restores, seals
from payme.anchors import PROVED_BACK
from payme.anchors.jobs import ask_places
from payme.app.advice import Advice
from payme.app.assembly import assemble
from payme.app.settings import Settings
from payme.identity import every_business
from payme.kit.db.migrate import migrate
from payme.kit.seams import Seams, SystemClock
from payme.kit.secrets import Keyring
from payme.restores import HeldBack
from payme.seals import Fault, restored_of
from payme.seals.jobs import evidence_of

_MAINTENANCE = "postgres"
_Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in a restored database."""

    businesses: int
    violations: tuple[reconciliation.Violation, ...]
    faults: tuple[Fault, ...]
    differences: int
    """Figures that the audit alone gives otherwise than the tables."""
    unasked: Mapping[str, str]
    """Places that could not be asked how far the audit was, and why."""

    @property
    def is_clean(self) -> bool:
        """Whether the books agree and the audit stands."""
        return not (self.violations or self.faults or self.differences)


@dataclass(frozen=True, slots=True)
class Present:
    """The database that is there before a restore."""

    businesses: int
    sessions: int
    """Of others."""


def database_of(dsn: str) -> str:
    """Return the name of the database that an address names."""
    return unquote(urlsplit(dsn).path.removeprefix("/"))


def with_database(dsn: str, name: str) -> str:
    """Return the same address for another database of the server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@asynccontextmanager
async def _session(dsn: str) -> AsyncIterator[_Session]:
    session = await asyncpg.connect(dsn)
    try:
        yield session
    finally:
        await session.close()


def _maintenance(dsn: str) -> AbstractAsyncContextManager[_Session]:
    """Connect beside the database of ``dsn``: nobody can rename or drop the one he is in."""
    elsewhere = "template1" if database_of(dsn) == _MAINTENANCE else _MAINTENANCE
    return _session(with_database(dsn, elsewhere))


@asynccontextmanager
async def scratch_database(dsn: str) -> AsyncIterator[str]:
    """Make an empty database beside that of ``dsn``, and drop it at the end where it still has its name.

    Raises Advice where the owner may make none.
    """
    name = f"{database_of(dsn)}_restored_{uuid4().hex[:12]}"
    async with _maintenance(dsn) as session:
        try:
            await session.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")
        except asyncpg.InsufficientPrivilegeError as denied:
            raise Advice(
                "A backup is restored into a database of its own, which this login may not make: "
                "let an administrator say ALTER ROLE … CREATEDB."
            ) from denied
    try:
        yield with_database(dsn, name)
    finally:
        async with _maintenance(dsn) as session:
            await session.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


async def bring_up(dsn: str) -> None:
    """Make a restored database ready to trade: brought up to date, a new era of the audit, statistics."""
    await migrate(dsn)
    await begin_era(dsn)
    async with _session(dsn) as session:
        await session.execute("ANALYZE")


async def begin_era(dsn: str) -> int:
    """Let entries from now on count in another era of the audit; returns its number."""
    async with _session(dsn) as session:
        era: int = await session.fetchval("SELECT begin_audit_era()")
    return era


async def sign_restore(dsn: str, ring: Keyring, made_at: datetime, restored_at: datetime) -> None:
    """Sign that the newest era began because a backup was restored; the worker tells every place.

    What places know of what was sealed between both instants is given up by this, and by nothing that the owner of the
    database could write alone.
    """
    async with _session(dsn) as session:
        era: int = await session.fetchval("SELECT max(number) FROM audit_eras")
        said = restored_of(era, made_at, restored_at, ring.keys[ring.current])
        await session.execute(
            "UPDATE audit_eras SET made_at = $2, restored_at = $3, key_id = $4, signature = $5 WHERE number = $1",
            said.era,
            said.made_at,
            said.restored_at,
            said.key_id,
            said.signature,
        )
        await session.execute("UPDATE audit_places SET due_at = least(due_at, $1)", restored_at)


async def hold_back(settings: Settings, app_dsn: str) -> HeldBack:
    """Let nothing leave a restored database that waited to leave when its backup was made: it may have left since."""
    held = HeldBack()
    async with assemble(settings, app_dsn) as assembly:
        async for business_id in every_business(assembly.database):
            held += await restores.hold_back(assembly.database, business_id)
    return held


def sentences_of(held: HeldBack) -> Iterator[str]:
    """Say what was held back, and what a person must look at."""
    yield (
        f"Held back, because it may have left since: {held.messages} SMS, {held.alerts} alerts, {held.issues} issues "
        f"that count as told, {held.pushes} prompts, {held.reversals} reversals."
    )
    if held.refunds:
        yield f"{held.refunds} refunds were unpaid: look at M-PESA's statement before anybody pays them."


class _ClockAt(SystemClock):
    """A clock that shows when a backup was made."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return that instant."""
        return self._at


async def prove(settings: Settings, app_dsn: str, made_at: datetime) -> Proof:
    """Ask every invariant of a restored database, verify its audit, and rebuild every balance from it.

    It is asked as of when the backup was made: what had been on its way for a minute then was in order, however old
    the backup is. What was anchored after it is not looked for: a restore is just that, a tail that is gone.
    """
    faults: list[Fault] = []
    differences = businesses = 0
    async with assemble(settings, app_dsn, Seams(_ClockAt(made_at))) as assembly:
        found = await ask_places(assembly.anchors, made_at - PROVED_BACK)
        report = await reconciliation.verify(assembly.database)
        public = assembly.seals.public_keys()
        async for business_id in every_business(assembly.database):
            businesses += 1
            told = (one for one in found.anchors.get(business_id, ()) if one.sealed_at <= made_at)
            evidence = evidence_of(public, told, found.restores)
            faults += (await seals.verify(assembly.database, business_id, evidence)).faults
            differences += len((await replay.replay(assembly.database, business_id)).differences)
    return Proof(businesses, report.violations, tuple(faults), differences, found.unasked)


async def look(dsn: str) -> Present:
    """Look at the database that is to be replaced, as its owner."""
    async with _session(dsn) as session:
        businesses = await session.fetchval("SELECT count(*) FROM business_directory")
        others = await session.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    return Present(businesses, others)


def _in_use() -> Advice:
    return Advice("Somebody uses the database. Stop PayMe (payme run, serve and worker) and try again.")


def must_be_free(sessions: int) -> None:
    """Raise Advice while somebody uses the database."""
    if sessions:
        raise _in_use()


async def take_place(dsn: str, restored_dsn: str, aside: str, *, keep: bool) -> None:
    """Let a restored database take the place of that of ``dsn``, which stays under the name ``aside`` where ``keep``.

    Both happen or neither. Raises Advice while somebody uses one of them.
    """
    name, restored = database_of(dsn), database_of(restored_dsn)
    async with _maintenance(dsn) as session:
        try:
            async with session.transaction():
                await session.execute(f"ALTER DATABASE {_quoted(name)} RENAME TO {_quoted(aside)}")
                await session.execute(f"ALTER DATABASE {_quoted(restored)} RENAME TO {_quoted(name)}")
        except asyncpg.ObjectInUseError as used:
            raise _in_use() from used
        if not keep:
            await session.execute(f"DROP DATABASE {_quoted(aside)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
