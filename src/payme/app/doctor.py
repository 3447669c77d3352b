"""What ``payme doctor`` looks at: each finding says how it stands and what to do."""

import os
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import httpx

from payme.alerts import Smtp, Taken
from payme.app.assembly import anchor_file_of, keys_of, mail_account_of, store_of
from payme.app.described import unknown_variables
from payme.app.explain import explain
from payme.app.ground import Ground, binaries_named
from payme.app.ports import PortUnavailable, listen
from payme.app.settings import SMTP, Settings, SettingsError
from payme.app.supervisor import find_running
from payme.kit.db.embedded import PostgresUnavailable, find_binaries
from payme.kit.db.migrate import all_migrations
from payme.kit.db.pool import APP_ROLE
from payme.kit.object_store import ObjectStore, StoreFault
from payme.kit.seams import Seams
from payme.kit.secrets import SecretKeysMissing

PYTHON_MIN: Final = (3, 11)
POSTGRES_MIN: Final = 150000
DISK_FAIL_BYTES: Final = 200 * 1024**2
DISK_WARN_BYTES: Final = 1024**3
CLOCK_WARN_S: Final = 2.0
CLOCK_FAIL_S: Final = 30.0
DARAJA_WITHIN_S: Final = 10.0


class Level(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    level: Level
    what: str
    found: str
    advice: str = ""


def ok(what: str, found: str) -> Finding:
    """Say that all is well."""
    return Finding(Level.OK, what, found)


def warn(what: str, found: str, advice: str) -> Finding:
    """Say that something will bite one day."""
    return Finding(Level.WARN, what, found, advice)


def fail(what: str, found: str, advice: str) -> Finding:
    """Say that something does not work."""
    return Finding(Level.FAIL, what, found, advice)


def look_at_machine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything that needs no database."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON_MIN:
        yield ok("Python", version)
    else:
        yield fail("Python", version, "PayMe needs Python 3.11 or newer.")
    unknown = unknown_variables(environ)
    if not unknown:
        yield ok("Settings", "every PAYME_ variable is known")
    for sentence in unknown:
        yield warn("Settings", sentence, "Correct or remove it; payme config lists all settings.")
    yield _data_dir(settings)
    yield _disk(settings.data_dir)
    if settings.uses_embedded_database:
        yield _binaries(settings)
    yield _keys(settings)
    yield from _ports(settings)


def _keys(settings: Settings) -> Finding:
    place = settings.key_file
    if place is not None and not place.exists() and settings.secret_keys_file is None:
        if settings.uses_embedded_database:
            return ok("Keys of secrets", f"{place} (will be made)")
        advice = "Set PAYME_SECRET_KEYS or PAYME_SECRET_KEYS_FILE to the same keys on every machine."
        return warn("Keys of secrets", "none: no shop can set up its paybill or till", advice)
    try:
        ring = keys_of(settings, Seams())()
    except (SecretKeysMissing, SettingsError) as missing:
        reason = missing.reason if isinstance(missing, SecretKeysMissing) else str(missing)
        return fail("Keys of secrets", reason, "Without them no M-Pesa credentials can be opened: bring the keys back.")
    if place is not None and place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warn("Keys of secrets", f"{place} is open to others", f"chmod 600 {place}")
    return ok("Keys of secrets", f"{len(ring.keys)}, {ring.current} is the current one")


def _data_dir(settings: Settings) -> Finding:
    place = settings.data_dir
    standing = next(above for above in (place, *place.parents) if above.exists())
    if not os.access(standing, os.W_OK | os.X_OK):
        return fail("Data directory", f"{standing} is not yours to write to", "Name another in PAYME_DATA_DIR.")
    if standing != place:
        return ok("Data directory", f"{place} (will be made)")
    if place.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        return warn("Data directory", f"{place} is open to others", f"chmod go-rwx {place}")
    return ok("Data directory", str(place))


def _disk(place: Path) -> Finding:
    standing = next(above for above in (place, *place.parents) if above.exists())
    free = shutil.disk_usage(standing).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < DISK_FAIL_BYTES:
        return fail("Disk", found, "PostgreSQL stops when the disk is full: make room now.")
    if free < DISK_WARN_BYTES:
        return warn("Disk", found, "Make room before it is full.")
    return ok("Disk", found)


def _binaries(settings: Settings) -> Finding:
    environ = {**os.environ, **binaries_named(settings)}
    try:
        return ok("PostgreSQL programs", str(find_binaries(settings.data_dir, environ)))
    except PostgresUnavailable as unavailable:
        return fail("PostgreSQL programs", "none that fits", str(unavailable))


def _ports(settings: Settings) -> Iterator[Finding]:
    running = find_running(settings.data_dir)
    if running is not None:
        yield ok("Ports", f"PayMe runs at {running.url}")
        return
    wanted = [("PAYME_PORT", settings.host, settings.port)]
    if settings.uses_simulator:
        wanted.append(("PAYME_SIMULATOR_PORT", "127.0.0.1", settings.simulator_port))
    for setting, host, port in wanted:
        try:
            listen(host, port, setting).close()
        except PortUnavailable as taken:
            yield fail("Ports", f"{port} is taken", str(taken))
        else:
            yield ok("Ports", f"{port} is free")


async def look_at_database(settings: Settings, ground: Ground) -> AsyncIterator[Finding]:
    """Look at the database as its owner and as the server sees it."""
    try:
        owner = await asyncpg.connect(ground.owner_dsn, timeout=settings.connect_timeout_s)
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        yield fail("Database", "does not answer", explain(error))
        return
    try:
        yield await _version(owner)
        yield await _clock(owner)
        yield await _migrations(owner)
        yield await _role(owner)
    finally:
        await owner.close()
    yield await _as_server(settings, ground)


async def _version(owner: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    number = int(await owner.fetchval("SHOW server_version_num"))
    name = f"PostgreSQL {await owner.fetchval('SHOW server_version')}"
    if number < POSTGRES_MIN:
        return fail("Database", name, "PayMe needs PostgreSQL 15 or newer.")
    return ok("Database", name)


async def _clock(owner: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    before = datetime.now(UTC)
    there: datetime = await owner.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    # The answer was made between our two looks; only what lies outside of them is a difference.
    apart_s = max((before - there).total_seconds(), (there - after).total_seconds(), 0.0)
    found = f"{apart_s:.1f} s apart from the database's"
    advice = "Let both machines keep time with NTP (timedatectl set-ntp true)."
    if apart_s > CLOCK_FAIL_S:
        return fail("Clock", found, advice)
    if apart_s > CLOCK_WARN_S:
        return warn("Clock", found, advice)
    return ok("Clock", found)


async def _migrations(owner: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    wanted = {file.name: file.digest for file in all_migrations()}
    try:
        applied = {
            row["name"]: row["digest"] for row in await owner.fetch("SELECT name, digest FROM schema_migrations")
        }
    except asyncpg.UndefinedTableError:
        return fail("Migrations", "none applied", "Run: payme migrate")
    missing = sorted(set(wanted) - set(applied))
    if missing:
        return fail("Migrations", f"{missing[0]} is not applied", "Run: payme migrate")
    if applied != wanted:
        return fail("Migrations", "the database is of another version of PayMe", "Run the version that migrated it.")
    return ok("Migrations", f"all {len(wanted)} applied")


async def _role(owner: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    role = await owner.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = $1", APP_ROLE)
    if role is None:
        return fail("Roles", f"{APP_ROLE} is not there", "Run: payme migrate")
    owned = await owner.fetchval(
        "SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = $1", APP_ROLE
    )
    if role["rolsuper"] or role["rolbypassrls"]:
        advice = f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS"
        return fail("Roles", f"{APP_ROLE} sees past the walls between businesses", advice)
    if owned:
        advice = "REASSIGN OWNED BY payme_app TO the owner of the others."
        return fail("Roles", f"{APP_ROLE} owns {owned} relations, and should own none", advice)
    return ok("Roles", f"{APP_ROLE} owns nothing and obeys row level security")


async def _as_server(settings: Settings, ground: Ground) -> Finding:
    try:
        session = await asyncpg.connect(
            ground.app_dsn, timeout=settings.connect_timeout_s, server_settings={"role": APP_ROLE}
        )
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        return fail("Server's sign-in", "does not work", explain(error))
    try:
        is_super = await session.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
    finally:
        await session.close()
    if is_super:
        return warn(
            "Server's sign-in",
            "is a superuser's",
            f"Make a login that is a member of {APP_ROLE} only, and name it in PAYME_APP_DATABASE_URL.",
        )
    return ok("Server's sign-in", f"becomes {APP_ROLE}")


async def look_at_anchors(settings: Settings) -> AsyncIterator[Finding]:
    """Look whether each place outside takes the heads of the audit, and whether e-mail leaves."""
    file = anchor_file_of(settings)
    standing = next(above for above in (file, *file.parents) if above.exists())
    if os.access(standing, os.W_OK):
        yield ok("Anchors in a file", str(file))
    else:
        yield fail(
            "Anchors in a file", f"{standing} is not yours to write to", "Name another in PAYME_AUDIT_ANCHOR_FILE."
        )
    store = store_of(settings)
    if store is not None:
        async with aclosing(store):
            yield await _store(store, f"{settings.audit_store_url}")
    if settings.mail_provider == SMTP:
        yield await _mail_server(settings)
    elif settings.audit_mail_to:
        advice = "Name your mail server: PAYME_MAIL_PROVIDER=smtp and PAYME_SMTP_URL."
        yield warn("E-mail", f"goes to the {settings.mail_provider}, and nobody gets the heads of the audit", advice)


async def _store(store: ObjectStore, address: str) -> Finding:
    try:
        await store.put_once("doctor.txt", b"payme doctor puts this once, to see whether it may.\n")
        async with aclosing(store.names()) as names:
            await anext(names, None)
    except StoreFault as fault:
        advice = (
            "Check PAYME_AUDIT_STORE_… and this machine's clock. The key needs s3:PutObject, s3:GetObject and "
            "s3:ListBucket."
        )
        return fail("Anchors in an object store", f"{address}: {fault}", advice)
    return ok("Anchors in an object store", f"{address} takes and lists objects")


async def _mail_server(settings: Settings) -> Finding:
    account = mail_account_of(settings)
    outcome = await Smtp(account).greet()
    if isinstance(outcome, Taken):
        return ok("E-mail", f"{account.host} port {account.port} lets us in")
    advice = "Check PAYME_SMTP_URL, and whether the network lets this machine speak to it."
    return fail("E-mail", f"{account.host} port {account.port}: {outcome.reason}", advice)


def look_at_daraja(settings: Settings) -> Iterator[Finding]:
    """Look whether M-Pesa is to be reached, takes our keys, and can reach us."""
    if settings.uses_simulator:
        running = find_running(settings.data_dir)
        if running is None or running.simulator_url is None:
            yield ok("M-Pesa", "pretended by the simulator, which starts with payme run")
            return
        with _asking() as client:
            try:
                client.get(f"{running.simulator_url}/simulator/phones").raise_for_status()
                yield ok("M-Pesa", f"pretended by the simulator at {running.simulator_url}")
            except httpx.HTTPError as error:
                yield fail("M-Pesa", f"the simulator does not answer ({type(error).__name__})", "Run: payme simulator")
        return
    yield _token(settings)
    callback = urlsplit(settings.public_url)
    if callback.scheme != "https" or callback.hostname in {"127.0.0.1", "localhost"}:
        advice = "Safaricom calls back over HTTPS only: set PAYME_PUBLIC_URL to the public address of this server."
        yield fail("M-Pesa callbacks", f"would go to {settings.public_url}", advice)
    else:
        yield ok("M-Pesa callbacks", f"come to {settings.public_url}")


def _token(settings: Settings) -> Finding:
    address = settings.daraja_urls[settings.platform_environment]
    with _asking() as client:
        try:
            answer = client.get(
                f"{address}/oauth/v1/generate",
                params={"grant_type": "client_credentials"},
                auth=(settings.platform_consumer_key, settings.platform_consumer_secret),
            )
        except httpx.HTTPError as error:
            advice = "Check the network and the proxy."
            return fail("M-Pesa", f"{address} does not answer ({type(error).__name__})", advice)
    if answer.is_success:
        return ok("M-Pesa", f"{address} takes the platform's keys")
    advice = "Check PAYME_PLATFORM_CONSUMER_KEY and _SECRET: sandbox keys work in the sandbox only."
    return fail("M-Pesa", f"{address} refuses the platform's keys ({answer.status_code})", advice)


@contextmanager
def _asking() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=DARAJA_WITHIN_S) as client:
        yield client
