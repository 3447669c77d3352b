"""Backups: a dump of the whole database at one instant, encrypted, and proved by restoring it.

A file is a line that says what it is, a line of JSON (when, which key, which migration), and the dump in PostgreSQL's
custom format, sealed. It is sealed with the keys of the secrets, which are not in it.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Final, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from payme.app.advice import Advice
from payme.kit.db.migrate import all_migrations
from payme.kit.sealed_stream import StreamUnreadable, key_for, seal, unseal
from payme.kit.seams import Seams
from payme.kit.secrets import Keyring

_MAGIC: Final = b"PAYME BACKUP 1\n"
_HEAD_BYTES_MAX: Final = 4096
_SALT_BYTES: Final = 16
_TOLD_MAX: Final = 2000

Tell = Callable[[int], None]
"""Told how many bytes went through so far."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself, readable without a key, and authenticated with it."""

    made_at: datetime
    key_version: str
    salt: bytes
    migration: str

    def line(self) -> bytes:
        """Write it as one line."""
        facts = {
            "made_at": self.made_at.isoformat(),
            "key": self.key_version,
            "salt": self.salt.hex(),
            "migration": self.migration,
        }
        return json.dumps(facts).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written."""

    place: Path
    head: Head
    size: int


def read_head(file: BinaryIO, name: str) -> Head:
    """Read what a backup says of itself. Raises Advice where it is none."""
    if file.readline(len(_MAGIC)) != _MAGIC:
        raise Advice(f"{name} is no backup of PayMe.")
    try:
        facts = json.loads(file.readline(_HEAD_BYTES_MAX))
        made_at = datetime.fromisoformat(facts["made_at"])
        return Head(made_at, str(facts["key"]), bytes.fromhex(facts["salt"]), str(facts["migration"]))
    except (ValueError, KeyError, TypeError) as broken:
        raise Advice(f"{name} is damaged: its first lines cannot be read.") from broken


def write_backup(dsn: str, tools: Path, ring: Keyring, folder: Path, tell: Tell = lambda _: None) -> Backup:
    """Write the whole database of ``dsn``, as it is at one instant, into a new file of ``folder``.

    Nobody who sells is in its way. The file gets its name when it is whole. Raises Advice.
    """
    seams = Seams()
    now = seams.clock.now()
    head = Head(now, ring.current, seams.new_bytes(_SALT_BYTES), all_migrations()[-1].name)
    key = key_for(ring.keys[head.key_version], head.salt, _MAGIC)
    place = folder / f"payme-{now:%Y%m%dT%H%M%S}Z.backup"
    begun = place.with_suffix(".part")
    size = 0
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            _running(tools / "pg_dump", dsn, "--format=custom", stdout=subprocess.PIPE) as dump,
            os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ):
            file.write(_MAGIC + head.line())
            for piece in seal(cast("BinaryIO", dump.stdout), key, head.line()):
                size += file.write(piece)
                tell(size)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(place)
    except OSError as wrong:
        raise Advice(f"The backup cannot be written to {folder}: {wrong.strerror}.") from wrong
    finally:
        with suppress(OSError):
            begun.unlink(missing_ok=True)
    return Backup(place, head, place.stat().st_size)


def check_readable(place: Path, ring: Keyring, tell: Tell = lambda _: None) -> Head:
    """Open every piece of a backup, before anything is done with it. Raises Advice where one does not open."""
    with _opened(place, ring) as (head, pieces):
        size = 0
        for piece in pieces:
            size += len(piece)
            tell(size)
    return head


def fill_database(place: Path, ring: Keyring, dsn: str, tools: Path, tell: Tell = lambda _: None) -> None:
    """Restore a backup into an empty database, all of it or nothing. Raises Advice."""
    words = ("--no-owner", "--exit-on-error", "--single-transaction", "--format=custom")
    size = 0
    with _running(tools / "pg_restore", dsn, *words, stdin=subprocess.PIPE) as restore:
        into = cast("IO[bytes]", restore.stdin)
        # Where pg_restore ends early it said why, and _running tells.
        with _opened(place, ring) as (_, pieces), suppress(BrokenPipeError):
            for piece in pieces:
                size += into.write(piece)
                tell(size)
            into.close()


@contextmanager
def _opened(place: Path, ring: Keyring) -> Iterator[tuple[Head, Iterator[bytes]]]:
    """Open a backup for reading. Raises Advice."""
    with place.open("rb") as file:
        head = read_head(file, place.name)
        secret = ring.keys.get(head.key_version)
        if secret is None:
            raise Advice(
                f"{place.name} was made with key {head.key_version}, which this server does not have. "
                "Name the file of keys that was kept with it: PAYME_SECRET_KEYS_FILE."
            )
        try:
            yield head, unseal(file, key_for(secret, head.salt, _MAGIC), head.line())
        except StreamUnreadable as broken:
            raise Advice(
                f"{place.name} does not open ({broken}): it was changed or cut off, or made with other keys."
            ) from broken


@contextmanager
def _running(
    program: Path, dsn: str, *words: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of PostgreSQL beside the block. Raises Advice with what it said where it fails."""
    address, environ = _without_password(dsn)
    with TemporaryFile() as said:
        running = subprocess.Popen(  # noqa: S603  every word is ours
            [program, *words, f"--dbname={address}"],
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **environ},
        )
        try:
            yield running
            code = running.wait()
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
            for pipe in (running.stdin, running.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
        if code:
            said.seek(0)
            raise Advice(f"{program.name} failed: {said.read(_TOLD_MAX).decode(errors='replace').strip()}")


def _without_password(dsn: str) -> tuple[str, Mapping[str, str]]:
    """Take the password out of an address: other users of the machine see a program's words, not its environment."""
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, {}
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), {
        "PGPASSWORD": unquote(parts.password)
    }
