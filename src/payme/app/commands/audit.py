"""``payme audit``: what was written down stands as it was sealed, here or in a file without its database."""

import asyncio
import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console

from payme.anchors import Testimony
from payme.anchors.jobs import as_testimony, ask_places, read_saved, tell_places
from payme.app.advice import Advice
from payme.app.assembly import Assembly, assemble, keys_of, seal_keys_of
from payme.app.commands.books import opened_ground
from payme.app.ground import Ground
from payme.app.restoring import begin_era, hold_back, sentences_of, sign_restore
from payme.app.settings import Settings
from payme.identity import every_business
from payme.kit.seams import Seams
from payme.kit.secrets import KEY_BYTES, KeysUnusable, add_key
from payme.replay import Replayed
from payme.replay import replay as replay_books
from payme.seals import Fault, Restored, Told, Verdict, key_id, read_public_key
from payme.seals import jobs as seal_jobs
from payme.seals import verify as verify_seals

audit = typer.Typer(no_args_is_help=True, help="The audit: seal it, prove it, export it.")
TELL_EVERY: Final = 100_000
Businesses = Annotated[
    list[UUID] | None, typer.Option(help="Only this business; may be given several times.", metavar="ID")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _Teller:
    """Says how many entries were read, now and then, to whoever waits."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._told = 0

    def __call__(self, entries: int) -> None:
        if entries - self._told >= TELL_EVERY:
            self._told = entries
            self._console.print(f"{entries} entries …", highlight=False)


@audit.command()
def seal(*, business: Businesses = None) -> None:
    """Seal now what waits to be sealed, and tell places whose time has come; the worker does it all the time.

    Example: payme audit seal
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        made = asyncio.run(_seal(settings, ground, business))
    typer.echo(f"{made} seals were made.")


async def _seal(settings: Settings, ground: Ground, business: list[UUID] | None) -> int:
    made = 0
    async with assemble(settings, ground.app_dsn) as assembly:
        for business_id in await _chosen(assembly, business):
            while some := await seal_jobs.seal_business(assembly.seals, business_id):
                made += some
        await tell_places(assembly.anchors)
    return made


async def _chosen(assembly: Assembly, business: list[UUID] | None) -> list[UUID]:
    return business or [one async for one in every_business(assembly.database)]


@audit.command()
def verify(
    *,
    business: Businesses = None,
    file: Annotated[
        Path | None,
        typer.Option(help="An exported audit, judged without a database.", exists=True, dir_okay=False),
    ] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(help="With --file: a public key in base64, or a file of some, as payme audit keys prints them."),
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(
            help="What was kept of anchors, too: a file, an object or a saved e-mail; may be given several times."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask whether the audit still stands as it was sealed; exit 1 and the first bad entry where it does not.

    Every place that is told of anchors is asked what it was told; with --file only what --anchor names.
    Example: payme audit verify --file audit.jsonl --public-key keys.txt --anchor audit-anchors.jsonl
    """
    kept = [one for place in anchor or () for one in _read_kept(place)]
    unasked: Mapping[str, str] = {}
    if file is None:
        settings = Settings.from_environ(os.environ)
        with opened_ground(settings) as ground:
            verdicts, unasked = asyncio.run(_verify(settings, ground, business, kept))
    else:
        verdicts = _judge_file(file, _given_keys(public_key or []), as_testimony(kept))
    if as_json:
        facts = {"audits": [_facts(verdict) for verdict in verdicts], "unasked_places": dict(unasked)}
        typer.echo(json.dumps(facts, indent=2))
    else:
        _print_verdicts(Console(), verdicts)
    for place, reason in unasked.items():
        Console(stderr=True).print(
            f"The {place} of anchors could not be asked: {reason}.", markup=False, soft_wrap=True
        )
    if unasked or any(verdict.faults for verdict in verdicts):
        raise typer.Exit(1)


async def _verify(
    settings: Settings, ground: Ground, business: list[UUID] | None, kept: Sequence[Told]
) -> tuple[list[Verdict], Mapping[str, str]]:
    verdicts = []
    async with assemble(settings, ground.app_dsn) as assembly:
        public = assembly.seals.public_keys()
        found = await ask_places(assembly.anchors, kept=kept)
        chosen = await _chosen(assembly, business)
        if business is None:  # an anchor of a business that is not there any more tells that it was
            chosen += [business_id for business_id in found.anchors if business_id not in set(chosen)]
        for business_id in chosen:
            evidence = seal_jobs.evidence_of(public, found.anchors.get(business_id, ()), found.restores)
            verdicts.append(await verify_seals(assembly.database, business_id, evidence, on_entries=_Teller()))
    return verdicts, found.unasked


def _read_kept(place: Path) -> list[Told]:
    try:
        return read_saved(place)
    except (OSError, ValueError) as wrong:
        raise Advice(f"{place} cannot be read as anchors ({type(wrong).__name__}). Is it the right file?") from wrong


def _judge_file(file: Path, public: Mapping[str, bytes], found: Testimony) -> list[Verdict]:
    with file.open("rb") as opened:
        return list(seal_jobs.judge_file(_counted(opened), public, found.anchors, found.restores))


def _counted(lines: Iterable[bytes]) -> Iterator[bytes]:
    tell = _Teller()
    for count, line in enumerate(lines, 1):
        tell(count)
        yield line


def _given_keys(given: Sequence[str]) -> Mapping[str, bytes]:
    public: dict[str, bytes] = {}
    for one in given:
        place = Path(one)
        lines = place.read_text(encoding="utf-8").splitlines() if place.is_file() else [one]
        for words in filter(None, (line.partition("#")[0].split() for line in lines)):
            try:
                key = read_public_key(words[-1])
            except ValueError as wrong:
                raise Advice(
                    f"{one} is no public key ({wrong}). `payme audit keys` prints those of a server."
                ) from wrong
            public[key_id(key)] = key
    if not public:
        raise Advice("--file needs --public-key: a key in base64 or a file of some, as `payme audit keys` prints them.")
    return public


def _facts(verdict: Verdict) -> dict[str, object]:
    return {
        "business_id": str(verdict.business_id),
        "clean": not verdict.faults,
        "seals": verdict.seals,
        "entries": verdict.entries,
        "anchors": verdict.anchors,
        "anchors_given_up": verdict.given_up,
        "restores": [
            {"era": one.era, "made_at": one.made_at.isoformat(), "restored_at": one.restored_at.isoformat()}
            for one in verdict.restores
        ],
        "unsealed": verdict.unsealed,
        "unsealed_since": verdict.unsealed_since and verdict.unsealed_since.isoformat(),
        "faults": [
            {
                "fault": fault.kind,
                "seal": fault.seal_number,
                "detail": fault.detail,
                "entry": fault.entry
                and {
                    "id": str(fault.entry.id),
                    "sequence": fault.entry.sequence,
                    "action": fault.entry.action or None,
                    "at": fault.entry.at.isoformat(),
                },
            }
            for fault in verdict.faults
        ],
    }


def _print_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        said = f"{len(verdict.faults)} faults" if verdict.faults else "stands as it was sealed"
        waiting = f", {verdict.unsealed} not sealed yet" if verdict.unsealed else ""
        console.print(
            f"business {verdict.business_id}: {verdict.entries} entries in {verdict.seals} seals{waiting}, "
            f"{verdict.anchors} anchors: {said}.",
            highlight=False,
            soft_wrap=True,
        )
        for restored in verdict.restores:
            console.print(f"  {_restored(restored)}", markup=False, highlight=False, soft_wrap=True)
        if verdict.given_up:
            console.print(f"  {verdict.given_up} anchors tell of what was lost then.", highlight=False)
        for fault in verdict.faults:
            console.print(f"  {sentence(fault)}", markup=False, highlight=False, soft_wrap=True)
    if not verdicts:
        console.print("There is no business yet.", highlight=False)


def _restored(restored: Restored) -> str:
    return (
        f"The backup of {restored.made_at:%Y-%m-%d %H:%M:%S} UTC was restored on "
        f"{restored.restored_at:%Y-%m-%d %H:%M:%S} UTC: what was written between is gone."
    )


def sentence(fault: Fault) -> str:
    """Say a fault to a person, with the entry it is about."""
    entry = ""
    if fault.entry is not None:
        what = f" {fault.entry.action}" if fault.entry.action else ""
        entry = (
            f" [entry {fault.entry.id}, sequence {fault.entry.sequence},{what} {fault.entry.at:%Y-%m-%d %H:%M:%S} UTC]"
        )
    return f"{fault.kind}, seal {fault.seal_number}: {fault.detail}{entry}"


@audit.command()
def replay(*, business: Businesses = None, as_json: AsJson = False) -> None:
    """Rebuild every balance from the audit alone and compare it with the tables; exit 1 and each difference.

    Example: payme audit replay
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        replays = asyncio.run(_replay(settings, ground, business))
    if as_json:
        typer.echo(json.dumps({"replays": [_replay_facts(one) for one in replays]}, indent=2))
    else:
        _print_replays(Console(), replays)
    if any(one.differences for one in replays):
        raise typer.Exit(1)


async def _replay(settings: Settings, ground: Ground, business: list[UUID] | None) -> list[Replayed]:
    async with assemble(settings, ground.app_dsn) as assembly:
        return [
            await replay_books(assembly.database, business_id, on_entries=_Teller())
            for business_id in await _chosen(assembly, business)
        ]


def _replay_facts(replayed: Replayed) -> dict[str, object]:
    return {
        "business_id": str(replayed.business_id),
        "clean": not replayed.differences,
        "entries": replayed.entries,
        "figures": replayed.figures,
        "differences": [
            {"book": one.book, "subject": str(one.subject_id), "part": one.part, "held": one.held, "told": one.told}
            for one in replayed.differences
        ],
    }


def _print_replays(console: Console, replays: Sequence[Replayed]) -> None:
    for replayed in replays:
        said = f"{len(replayed.differences)} differ" if replayed.differences else "the audit gives them all"
        console.print(
            f"business {replayed.business_id}: {replayed.figures} figures from {replayed.entries} entries: {said}.",
            highlight=False,
            soft_wrap=True,
        )
        for one in replayed.differences:
            console.print(
                f"  {one.book} {one.subject_id}: {one.part} is {one.held}, and the audit gives {one.told}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


@audit.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    *,
    business: Businesses = None,
) -> None:
    """Write what is sealed to a file that can be judged anywhere, with nothing but the public keys.

    Example: payme audit export audit.jsonl && payme audit keys > keys.txt
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground, file.open("wb") as opened:
        asyncio.run(_export(settings, ground, business, opened.write))


async def _export(
    settings: Settings, ground: Ground, business: list[UUID] | None, write: Callable[[bytes], object]
) -> None:
    tell = _Teller()
    count = 0
    async with assemble(settings, ground.app_dsn) as assembly:
        for business_id in await _chosen(assembly, business):
            async for line in seal_jobs.export(assembly.database, business_id):
                write(line)
                count += 1
                tell(count)


@audit.command()
def keys(*, as_json: AsJson = False) -> None:
    """Print the public keys of the seals, the current one first: key id, then 32 bytes in base64.

    Example: payme audit keys > keys.txt
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        public = asyncio.run(_keys(settings, ground))
    told = {key: base64.b64encode(value).decode() for key, value in public.items()}
    typer.echo(
        json.dumps({"public_keys": told}, indent=2) if as_json else "\n".join(f"{k} {v}" for k, v in told.items())
    )


async def _keys(settings: Settings, ground: Ground) -> Mapping[str, bytes]:
    async with assemble(settings, ground.app_dsn) as assembly:
        return assembly.seals.public_keys()


@audit.command("rotate-key")
def rotate_key() -> None:
    """Sign from now on with a new key of PAYME_AUDIT_KEYS_FILE; the old ones stay there, for what they signed.

    Without that file the keys of the secrets sign, and `payme config rotate-key` gives both a new one.
    Example: PAYME_AUDIT_KEYS_FILE=/etc/payme/audit-keys payme audit rotate-key
    """
    place = Settings.from_environ(os.environ).audit_keys_file
    if place is None:
        raise Advice("The keys of the secrets sign the audit here: `payme config rotate-key` gives both a new one.")
    try:
        ring = add_key(place, Seams().new_bytes(KEY_BYTES))
    except (OSError, KeysUnusable) as error:
        raise Advice(f"{place} could not be given a new key: {error}.") from error
    typer.echo(f"{place} has a new key, {ring.current}.")


@audit.command("new-era")
def new_era(
    *,
    made_at: Annotated[
        datetime | None, typer.Option(help="When the dump that was restored was made (UTC); what came after is gone.")
    ] = None,
) -> None:
    """Go on sealing after the database was restored into another cluster; run it before the first sale there.

    With --made-at what waited to leave then (messages, prompts, reversals) is held back: it may have left since.

    Example: PAYME_DATABASE_URL=postgresql://owner@db/payme payme audit new-era --made-at 2026-11-23T20:00:00
    """
    settings = Settings.from_environ(os.environ)
    seams = Seams()
    with opened_ground(settings) as ground:
        number = asyncio.run(begin_era(ground.owner_dsn))
        if made_at is not None:
            signing = seal_keys_of(settings, keys_of(settings, seams))
            asyncio.run(sign_restore(ground.owner_dsn, signing(), made_at.replace(tzinfo=UTC), seams.clock.now()))
            for line in sentences_of(asyncio.run(hold_back(settings, ground.app_dsn))):
                typer.echo(line)
    typer.echo(f"Entries from now on are of era {number}.")
