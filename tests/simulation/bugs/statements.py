"""Planted where M-PESA's statement is kept and compared, and where two people put right what differs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch
from uuid import UUID

from payme import issues
from payme.adjustments import rules as adjustment_rules
from payme.issues import NewIssue, Settled
from payme.kit.db.transaction import Tx
from payme.statement_files import FileLine, StatementFile
from payme.statements import Import, Span
from payme.statements import queries as statement_queries
from payme.statements import repository as statement_repository
from payme.statements import services as statement_services
from payme.statements.models import Moved
from tests.simulation.world import World


@contextmanager
def line_kept_by_its_number(_: World) -> Iterator[None]:
    """A line that is told again further down in another file is another line."""

    async def insert_lines(tx: Tx, import_id: UUID, shortcode: str, lines: Sequence[FileLine]) -> int:
        told = [replace(line, receipt=f"{line.receipt[:-1]}{line.number % 10}") for line in lines]
        return await honest(tx, import_id, shortcode, told)

    honest = statement_repository.insert_lines
    with patch.object(statement_repository, "insert_lines", insert_lines):
        yield


@contextmanager
def import_done_before_its_lines(_: World) -> Iterator[None]:
    """A file counts as kept as soon as it is begun."""

    async def begin_import(tx: Tx, file: StatementFile, file_name: str, shortcode: str | None) -> Import:
        begun = await honest(tx, file, file_name, shortcode)
        await tx.flush()
        statement_repository.finish_import(tx, begun.id, 0, 0)
        return begun

    honest = statement_services.begin_import
    with patch.object(statement_services, "begin_import", begin_import):
        yield


@contextmanager
def comparison_ignores_reversals(_: World) -> Iterator[None]:
    """Nobody asks what M-PESA gave back."""

    async def list_unrefunded(tx: Tx, shortcode: str, span: Span) -> list[Moved]:
        return []

    with patch.object(statement_queries, "list_unrefunded", list_unrefunded):
        yield


@contextmanager
def difference_without_an_issue(_: World) -> Iterator[None]:
    """What a comparison finds is told only once it was compared again."""

    async def open_issues(tx: Tx, found: Sequence[NewIssue]) -> list[UUID]:
        told = [one for one in found if one.kind != "statement_unknown" or one.subject_id in seen]
        seen.update(one.subject_id for one in found)
        return await honest(tx, told)

    seen: set[UUID] = set()
    honest = issues.open_issues
    with patch.object(issues, "open_issues", open_issues):
        yield


@contextmanager
def issue_left_of_what_agrees(_: World) -> Iterator[None]:
    """A difference that is gone leaves its issue open."""

    async def settle(tx: Tx, gone: Sequence[Settled]) -> list[UUID]:
        return await honest(tx, [one for one in gone if not one.kind.startswith("statement_")])

    honest = issues.settle
    with patch.object(issues, "settle", settle):
        yield


@contextmanager
def adjustment_by_one_person(_: World) -> Iterator[None]:
    """Whoever asked for an adjustment may agree to it."""
    with patch.object(adjustment_rules, "check_other_person", lambda *_: None):
        yield
