"""Planted where the books are asked: what counts as asked, which issues a run may close, and when a night is over."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final
from unittest.mock import patch

from payme.issues import Settled
from payme.kit.db.transaction import Tx
from payme.reconciliation import OF_A_BUSINESS
from payme.reconciliation import queries as run_queries
from payme.reconciliation import repository as run_repository
from payme.reconciliation import rules as run_rules
from payme.reconciliation.models import Asked, Finding, Position, Standing
from tests.simulation.world import World

EVERY: Final = [invariant.id for invariant in OF_A_BUSINESS]


@contextmanager
def mark_at_the_newest_transaction(_: World) -> Iterator[None]:
    """A run counts as having seen every transaction that had begun, also one that had not ended."""

    async def position_after(tx: Tx, mark: int | None) -> Position:
        position = await honest(tx, mark)
        newest = await tx.value("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return replace(position, seen_before=newest)

    honest = run_queries.position_after
    with patch.object(run_queries, "position_after", position_after):
        yield


@contextmanager
def look_counts_when_it_begins(_: World) -> Iterator[None]:
    """Who looks says beforehand that all was asked."""

    async def take_look(tx: Tx, not_since: datetime, writes: int) -> bool:
        taken = await honest(tx, not_since, writes)
        if taken:
            await run_repository.end_look(tx, writes)
        return taken

    honest = run_repository.take_look
    with patch.object(run_repository, "take_look", take_look):
        yield


@contextmanager
def night_over_after_the_first(_: World) -> Iterator[None]:
    """A night counts as over as soon as anybody was asked."""

    async def note_round(tx: Tx, began_at: datetime, businesses: int, found: int, is_done: bool) -> None:
        await honest(tx, began_at, businesses, found, is_done or businesses > 0)

    honest = run_repository.note_round
    with patch.object(run_repository, "note_round", note_round):
        yield


@contextmanager
def dead_run_never_given_up(_: World) -> Iterator[None]:
    """A run that says nothing any more is waited for."""

    async def abandon_runs(tx: Tx, silent_since: datetime) -> None:
        return None

    with patch.object(run_repository, "abandon_runs", abandon_runs):
        yield


@contextmanager
def run_closes_what_it_found(_: World) -> Iterator[None]:
    """A run that asked an invariant closes its issues, whatever it found."""

    def gone(
        standing: Iterable[Standing], asked: Iterable[Asked], findings: Sequence[Finding], rows_max: int
    ) -> list[Settled]:
        return honest(standing, asked, (), rows_max)

    honest = run_rules.gone
    with patch.object(run_rules, "gone", gone):
        yield


@contextmanager
def run_closes_what_it_did_not_ask(_: World) -> Iterator[None]:
    """A run that asked what changed closes issues about what did not."""

    async def list_standing(tx: Tx, kinds: Collection[str], seen_until: datetime) -> list[Standing]:
        return await honest_list(tx, EVERY, seen_until)

    def gone(
        standing: Iterable[Standing], asked: Iterable[Asked], findings: Sequence[Finding], rows_max: int
    ) -> list[Settled]:
        return honest_gone(standing, [replace(one, is_whole=True) for one in asked], findings, rows_max)

    honest_list, honest_gone = run_queries.list_standing, run_rules.gone
    with patch.object(run_queries, "list_standing", list_standing), patch.object(run_rules, "gone", gone):
        yield
