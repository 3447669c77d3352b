"""Planted where the audit is sealed: which entries a seal is over, one after the other, and what is told outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from payme.anchors import services as anchor_services
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.seals import Anchor
from payme.seals import queries as seal_queries
from payme.seals.models import Era, Head, SealedEntry
from tests.simulation.world import World

FAR: Final = 2**62


@contextmanager
def sealed_while_others_still_write(_: World) -> Iterator[None]:
    """All that can be seen is sealed, also behind a transaction that has not ended yet."""

    async def list_entries(
        tx: Tx, after: Head, era: Era, until: tuple[int, int] | None, limit: int
    ) -> list[SealedEntry]:
        return await honest(tx, after, era, until or (FAR, FAR), limit)

    honest = seal_queries.list_entries
    with patch.object(seal_queries, "list_entries", list_entries):
        yield


@contextmanager
def two_seal_at_once(_: World) -> Iterator[None]:
    """Nobody waits for the worker that seals already."""

    async def guard(tx: Tx, rank: LockRank, name: str) -> None:
        if rank is not LockRank.AUDIT_SEAL:
            await honest(tx, rank, name)

    honest = Tx.guard
    with patch.object(Tx, "guard", guard):
        yield


@contextmanager
def anchor_kept_before_it_was_told(_: World) -> Iterator[None]:
    """A head counts as told outside from the moment somebody is about to tell it."""

    async def find_head(tx: Tx, place: str) -> Anchor | None:
        anchor = await honest(tx, place)
        if anchor is not None:
            await anchor_services.record_head(tx, place, anchor.number)
        return anchor

    honest = anchor_services.find_head
    with patch.object(anchor_services, "find_head", find_head):
        yield
