"""``payme backup`` and ``payme restore``: the whole shop in one encrypted file, and back again."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from payme import alerts
from payme.alerts import Part
from payme.app.advice import Advice
from payme.app.assembly import assemble, keys_of, seal_keys_of
from payme.app.backups import Backup, Head, check_readable, fill_database, write_backup
from payme.app.commands.audit import sentence
from payme.app.commands.books import opened_ground
from payme.app.ground import Ground, binaries_named
from payme.app.restoring import (
    Proof,
    bring_up,
    database_of,
    hold_back,
    look,
    must_be_free,
    prove,
    scratch_database,
    sentences_of,
    sign_restore,
    take_place,
    with_database,
)
from payme.app.settings import Settings
from payme.kit.db.binaries import find_binaries
from payme.kit.db.transaction import Scope
from payme.kit.seams import Seams
from payme.kit.secrets import Keyring
from payme.restores import HeldBack

KEEP_MAX = 1000
_SHOWN_MAX = 20
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def backup(
    *,
    to: Annotated[Path | None, typer.Option(help="A folder; without it `backups` in the data directory.")] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, max=KEEP_MAX, help="Keep only so many backups in the folder, the newest.")
    ] = None,
    proof: Annotated[bool, typer.Option(help="Restore it at once beside the database and prove its books.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write the whole shop, as it is at one instant, to one encrypted file, and prove that it can be restored.

    Nobody who sells is in its way. The keys that open it are those of the secrets and are not in it: keep a copy of
    them elsewhere. Exit 1 where the proof fails.

    Example: payme backup --to /mnt/usb --keep 30
    """
    settings = Settings.from_environ(os.environ)
    ring = keys_of(settings, Seams())()
    with opened_ground(settings) as ground:
        folder = to or settings.data_dir / "backups"
        with _telling("Backup") as tell:
            made = write_backup(ground.owner_dsn, _tools(settings), ring, folder, tell)
        proved = asyncio.run(_prove_aside(settings, ground, ring, made.place, made.head))[0] if proof else None
        if proved is None or proved.is_clean:
            asyncio.run(_remember(settings, ground))
            _forget_older(folder, keep)
    _tell(made, proved, as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="What payme backup wrote.", exists=True, dir_okay=False)],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only restore it beside the database and prove it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the database, after it was restored beside it and proved.

    The database that was there stays, under another name. PayMe must not run meanwhile. Money that moved after the
    backup was made comes back by itself as far back as Daraja's pull reaches; bring the M-PESA statement for the rest.
    What waited to leave when the backup was made (messages, prompts, reversals) is held back: it may have left since.

    Example: payme restore /mnt/usb/payme-20261123T200000Z.backup
    """
    settings = Settings.from_environ(os.environ)
    ring = keys_of(settings, Seams())()
    with _telling("Read") as tell:
        head = check_readable(file, ring, tell)
    with opened_ground(settings) as ground:
        proved, held, aside = asyncio.run(_restore(settings, ground, ring, file, head, dry_run=dry_run))
    _tell(Backup(file, head, file.stat().st_size), proved, held, aside, as_json=as_json)


async def _prove_aside(
    settings: Settings, ground: Ground, ring: Keyring, file: Path, head: Head
) -> tuple[Proof, HeldBack]:
    async with scratch_database(ground.owner_dsn) as scratch:
        return await _fill_and_prove(settings, ground, ring, file, head, scratch)


async def _remember(settings: Settings, ground: Ground) -> None:
    """Let the operator's watch know, which says so when backups stop."""
    async with assemble(settings, ground.app_dsn) as assembly:
        await assembly.database.transact(Scope.system("backup"), alerts.beat, Part.BACKUP)


async def _restore(
    settings: Settings, ground: Ground, ring: Keyring, file: Path, head: Head, *, dry_run: bool
) -> tuple[Proof, HeldBack, str | None]:
    present = await look(ground.owner_dsn)
    if not dry_run:
        must_be_free(present.sessions)  # now, and not after the long work
    async with scratch_database(ground.owner_dsn) as scratch:
        proved, held = await _fill_and_prove(settings, ground, ring, file, head, scratch)
        if dry_run or not proved.is_clean:
            return proved, held, None
        now = Seams().clock.now()
        aside = f"{database_of(ground.owner_dsn)}_before_{now:%Y%m%dT%H%M%S}"
        signing = seal_keys_of(settings, keys_of(settings, Seams()))
        await sign_restore(scratch, signing(), head.made_at, now)
        await take_place(ground.owner_dsn, scratch, aside, keep=present.businesses > 0)
    return proved, held, aside if present.businesses else None


async def _fill_and_prove(
    settings: Settings, ground: Ground, ring: Keyring, file: Path, head: Head, scratch: str
) -> tuple[Proof, HeldBack]:
    with _telling("Restore") as tell:
        await asyncio.to_thread(fill_database, file, ring, scratch, _tools(settings), tell)
    await bring_up(scratch)
    app_dsn = with_database(ground.app_dsn, database_of(scratch))
    held = await hold_back(settings, app_dsn)
    return await prove(settings, app_dsn, head.made_at), held


def _tools(settings: Settings) -> Path:
    return find_binaries(settings.data_dir, binaries_named(settings))


def _forget_older(folder: Path, keep: int | None) -> None:
    if keep is not None:
        for old in sorted(folder.glob("payme-*Z.backup"))[:-keep]:
            old.unlink()


@contextmanager
def _telling(what: str) -> Iterator[Callable[[int], None]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda size: bar.update(task, completed=size)


def _tell(
    made: Backup, proved: Proof | None, held: HeldBack | None = None, aside: str | None = None, *, as_json: bool
) -> None:
    if as_json:
        typer.echo(json.dumps(_facts(made, proved, held, aside), indent=2))
    else:
        for line in _lines(made, proved, held, aside):
            typer.echo(line)
    if proved is not None and not proved.is_clean:
        raise Advice(
            "The restored books are not in order, so nothing was replaced. `payme verify` looks at the present ones."
        )


def _facts(made: Backup, proved: Proof | None, held: HeldBack | None, aside: str | None) -> dict[str, object]:
    facts: dict[str, object] = {
        "file": str(made.place),
        "bytes": made.size,
        "made_at": made.head.made_at.isoformat(),
        "key": made.head.key_version,
        "kept_as": aside,
        "proved": None,
        "held_back": held and asdict(held),
    }
    if proved is not None:
        facts["proved"] = {
            "clean": proved.is_clean,
            "businesses": proved.businesses,
            "violations": [f"{one.invariant} {one.subject}: {one.detail}" for one in proved.violations],
            "audit_faults": [sentence(fault) for fault in proved.faults],
            "replay_differences": proved.differences,
            "unasked_places": dict(proved.unasked),
        }
    return facts


def _lines(made: Backup, proved: Proof | None, held: HeldBack | None, aside: str | None) -> Iterator[str]:
    head = made.head
    yield f"{made.place}: {made.size:,} bytes, made {head.made_at:%Y-%m-%d %H:%M:%S} UTC, key {head.key_version}."
    if proved is not None:
        state = "every book agrees and the audit stands" if proved.is_clean else "something is wrong"
        yield f"Restored and proved: {proved.businesses} businesses, {state}."
        for one in proved.violations[:_SHOWN_MAX]:
            yield f"  {one.invariant} {one.subject}: {one.detail}"
        for fault in proved.faults[:_SHOWN_MAX]:
            yield f"  {sentence(fault)}"
        for place, reason in proved.unasked.items():
            yield f"  The anchors of place {place} could not be read: {reason}."
        if proved.differences:
            yield f"  {proved.differences} figures differ from what the audit gives: payme audit replay names them."
    if held is not None:
        yield from sentences_of(held)
    if aside is not None:
        yield f"The database that was here is kept as {aside}."
