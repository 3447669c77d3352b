"""``payme issues``: what a person must look at, for whoever runs the server and sits at a terminal."""

import json
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from payme import issues as room
from payme.app.commands.books import in_database
from payme.issues import HistoryEntry, Issue, IssueFilter, IssueNotFound, Severity
from payme.kit.db.transaction import Database, Scope

issues = typer.Typer(no_args_is_help=True, help="What a person must look at, over all businesses.")
LIST_MAX: Final = 1000
BUSINESSES_MAX: Final = 10_000
HISTORY_MAX: Final = 100
_PART: Final = "command line"
_ORDER: Final = tuple(Severity)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
OfBusiness = Annotated[UUID | None, typer.Option(help="Only this business.", metavar="ID")]
IssueId = Annotated[UUID, typer.Argument(metavar="ISSUE", help="Its id, as the list has it.")]
Found = tuple[UUID, Issue]


@issues.command(name="list")
def list_them(
    *,
    business: OfBusiness = None,
    severity: Annotated[Severity | None, typer.Option(help="Only issues of this severity.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones instead of those that stand open.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="How many of a business at the most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List issues that nobody closed, the worst first; exit 1 where one is critical.

    Example: payme issues list --severity critical
    """
    wanted = IssueFilter(is_open=not closed, severity=severity)
    found = in_database(lambda database: _list(database, business, wanted, limit))
    found.sort(key=lambda one: (_ORDER.index(one[1].severity), one[1].created_at, one[1].id))
    if as_json:
        typer.echo(json.dumps({"issues": [_facts(*one) for one in found]}, indent=2))
    else:
        for business_id, issue in found:
            # Never folded: ids are there to be copied.
            seen = f"{issue.created_at:%Y-%m-%d %H:%M}  {issue.severity}  {issue.state}"
            typer.echo(f"{issue.id}  business {business_id}  {seen}  {issue.kind}  {_sentence(issue)}")
        if not found:
            typer.echo("No such issue." if closed or severity else "Nothing waits to be looked at.")
    if not closed and any(issue.severity is Severity.CRITICAL for _, issue in found):
        raise typer.Exit(1)


async def _list(database: Database, business: UUID | None, wanted: IssueFilter, limit: int) -> list[Found]:
    found: list[Found] = []
    for business_id in await _businesses(database, business):
        scope = Scope.system(_PART, business_id)
        found += [(business_id, one) for one in await database.transact(scope, room.list_issues, wanted, None, limit)]
    return found


async def _businesses(database: Database, business: UUID | None) -> list[UUID]:
    if business is not None:
        return [business]
    return await database.transact(Scope.system(_PART), room.list_businesses, BUSINESSES_MAX)


@issues.command()
def show(issue_id: IssueId, *, business: OfBusiness = None, as_json: AsJson = False) -> None:
    """Show an issue, what was done with it, and the page that says what to do.

    Its id is in what ``payme issues list`` prints.
    """

    async def read(database: Database) -> tuple[Found, list[HistoryEntry]]:
        found = await _find(database, issue_id, business)
        scope = Scope.system(_PART, found[0])
        return found, await database.transact(scope, room.list_history, issue_id, None, HISTORY_MAX)

    (business_id, issue), history = in_database(read)
    if as_json:
        steps = [_step(entry) for entry in reversed(history)]
        typer.echo(json.dumps({**_facts(business_id, issue), "history": steps}, indent=2))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in _facts(business_id, issue).items():
        shown = json.dumps(value) if isinstance(value, dict) else value
        table.add_row(name, "" if shown is None else str(shown))
    Console(soft_wrap=True).print(table, highlight=False, markup=False)
    for entry in reversed(history):
        change = f"  {entry.before} → {entry.after}" if entry.before != entry.after else ""
        typer.echo(f"{entry.created_at:%Y-%m-%d %H:%M}  {entry.step}{change}  by {entry.actor}  {entry.note}".rstrip())


@issues.command()
def acknowledge(issue_id: IssueId, *, business: OfBusiness = None) -> None:
    """Say that somebody is looking at an issue.

    Example: payme issues acknowledge 019ac0de-0000-7000-8000-000000000018
    """

    async def write(database: Database) -> Issue:
        business_id, _ = await _find(database, issue_id, business)
        return await database.transact(Scope.system(_PART, business_id), room.acknowledge, issue_id)

    typer.echo(f"{in_database(write).id} is acknowledged.")


@issues.command()
def resolve(
    issue_id: IssueId,
    resolution: Annotated[str, typer.Argument(help="What was done, or why it is lived with.")],
    *,
    business: OfBusiness = None,
    accept: Annotated[bool, typer.Option("--accept", help="It is lived with, and not opened again.")] = False,
) -> None:
    """Close an acknowledged issue: it was put right, or is lived with.

    Example: payme issues resolve 019ac0de-0000-7000-8000-000000000018 "granted the missing token"
    """
    said = resolution.strip()
    if not 1 <= len(said) <= room.NOTE_MAX:
        raise typer.BadParameter(f"say in 1 to {room.NOTE_MAX} characters what was done")

    async def write(database: Database) -> Issue:
        business_id, _ = await _find(database, issue_id, business)
        close = room.accept if accept else room.resolve
        return await database.transact(Scope.system(_PART, business_id), close, issue_id, said)

    issue = in_database(write)
    typer.echo(f"{issue.id} is {issue.state}.")


async def _find(database: Database, issue_id: UUID, business: UUID | None) -> Found:
    for business_id in await _businesses(database, business):
        try:
            return business_id, await database.transact(Scope.system(_PART, business_id), room.get_issue, issue_id)
        except IssueNotFound:
            continue
    raise IssueNotFound(issue_id=issue_id)


def _sentence(issue: Issue) -> str:
    known = room.find_kind(issue.kind)
    return known.sentence if known else ""


def _facts(business_id: UUID, issue: Issue) -> dict[str, object]:
    known = room.find_kind(issue.kind)
    return {
        "id": str(issue.id),
        "business_id": str(business_id),
        "kind": issue.kind,
        "sentence": _sentence(issue),
        "severity": issue.severity,
        "state": issue.state,
        "subject_id": str(issue.subject_id),
        "facts": issue.facts,
        "times_seen": issue.times_seen,
        "owner_id": str(issue.owner_id) if issue.owner_id else None,
        "created_at": issue.created_at.isoformat(),
        "last_seen_at": issue.last_seen_at.isoformat(),
        "resolution": issue.resolution,
        "runbook": f"docs/runbooks/{known.runbook}.md" if known else None,
    }


def _step(entry: HistoryEntry) -> dict[str, object]:
    return {
        "at": entry.created_at.isoformat(),
        "step": entry.step,
        "actor": entry.actor,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "before": entry.before,
        "after": entry.after,
        "note": entry.note,
    }
