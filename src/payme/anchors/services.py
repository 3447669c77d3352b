"""Commands of anchors: take a place whose time has come, ask what it is to be told, and say what became of it."""

from collections.abc import Sequence
from typing import Final

from payme.anchors import queries, repository, rules
from payme.anchors.models import TakenPlace
from payme.anchors.types import LEASE
from payme.kit.db.transaction import Tx
from payme.seals import Anchor, Restored, anchor_of

PART: Final = "anchors"


async def take_place(tx: Tx, place: str) -> TakenPlace | None:
    """Take a place that is to be told now: ours for ``LEASE``.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    return await repository.take_place(tx, place, tx.now + LEASE)


async def find_head(tx: Tx, place: str) -> Anchor | None:
    """Return the head of the business where a place does not know it yet.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    seal = await queries.find_untold(tx, place)
    return None if seal is None else anchor_of(seal)


async def record_head(tx: Tx, place: str, number: int) -> None:
    """Remember that a place was told of a seal.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    repository.insert_anchor(tx, place, number)


async def record_round(tx: Tx, place: str, every_s: float, taken: TakenPlace, restores: Sequence[Restored]) -> None:
    """Write that a place knows everything now, and when it is told again.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    era = max([taken.told_era, *(one.era for one in restores)])
    repository.mark_told(tx, place, rules.next_slot(tx.now, every_s), era)


async def record_failure(tx: Tx, place: str, taken: TakenPlace, reason: str) -> None:
    """Write that a place did not take what it was told, and when it is told again.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    repository.mark_failing(tx, place, rules.again_at(taken.tries, tx.now), reason)
