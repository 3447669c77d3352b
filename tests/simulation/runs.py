"""Runs: workers ask the books what changed, and by night everything; somebody edits books by hand meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from unittest.mock import patch
from uuid import UUID

from payme import reconciliation
from payme.kit.db.transaction import Tx
from payme.reconciliation import OF_A_BUSINESS
from payme.reconciliation.services import TABLES
from tests.simulation.oracles import LATER
from tests.simulation.provers import Prover
from tests.simulation.scheduler import Violation
from tests.simulation.world import FULL_VERIFY_EVERY, World

TOLD_OF: Final = "ST1"
"""The invariant that an edit by hand breaks."""
ASKED: Final = 10
"""So many invariants a seed's runs ask, by the seed's choice; making plans for all of them costs more than all else."""
LOOK_EVERY_S: Final = 0.5
PAUSES_S: Final = (0.02, 1.0, 11.0, 40.0)
NIGHTS_MAX: Final = 5
_ALARMS: Final = [invariant.id for invariant in OF_A_BUSINESS if invariant.id not in LATER]


class Runner(Prover):
    """The workers that ask, and the oracle of what they tell."""

    def __init__(self, world: World) -> None:
        """Ask every business of the world."""
        self.world = world
        self.choice = world.randomness("runner")
        self.writes = 0
        """Commits that wrote to the books, and edits by hand: what PostgreSQL would count, late."""
        self.edits: dict[UUID, int] = {}
        """Batches whose books are wrong now, and how much was written when they became so."""
        self._told: set[UUID] = set()

    @contextmanager
    def seams(self) -> Iterator[None]:
        """Let the world count what PostgreSQL counts for itself, when it likes and over all seeds; ask some invariants.

        Nobody changes here what nobody may change, so no table counts as rewritten.
        """

        async def count_writes(_: Tx, __: object) -> int:
            return self.writes

        async def count_rewritten(_: Tx) -> dict[str, int]:
            return {}

        with ExitStack() as stack:
            stack.enter_context(patch("payme.reconciliation.queries.count_writes", count_writes))
            stack.enter_context(patch("payme.reconciliation.queries.count_rewritten", count_rewritten))
            if self.world.seed % FULL_VERIFY_EVERY:
                needed = {TOLD_OF, *LATER, *(one.id for one in self.choice.sample(OF_A_BUSINESS, ASKED))}
                some = tuple(one for one in OF_A_BUSINESS if one.id in needed)
                stack.enter_context(patch("payme.reconciliation.services.OF_A_BUSINESS", some))
                stack.enter_context(patch("payme.reconciliation.services.OF_THE_PLATFORM", ()))
            yield

    async def asks(self, rounds: int) -> None:
        """Look what changed, begin a night, or go on with one that was interrupted; sometimes two workers at once."""
        for number in range(rounds):
            await self.world.scheduler.sleep(self.choice.choice(PAUSES_S))
            ways = [self.looks, self.begins_a_night, self._goes_on_with_a_night]
            beside = None
            if self.choice.random() < 0.3:
                beside = self.world.scheduler.spawn(f"runner-beside{number}", self.choice.choice(ways))
            await self.choice.choices(ways, [4, 1, 1])[0]()
            if beside is not None:
                await self.world.scheduler.join(beside)

    async def looks(self) -> None:
        """Ask what changed."""

        async def look() -> None:
            asked = await reconciliation.ask_all_changes(self.world.database, LOOK_EVERY_S)
            self.world.counts["changes asked"] += asked

        await self.world.on_worker("runner", look)

    async def begins_a_night(self) -> None:
        """Ask everything of everybody."""
        await self._night(begin=True)

    async def _goes_on_with_a_night(self) -> None:
        await self._night(begin=False)

    async def _night(self, *, begin: bool) -> None:
        async def ask() -> None:
            for broken in await reconciliation.ask_everybody(self.world.database, begin=begin):
                raise Violation(broken.invariant, f"found by night: {broken.detail}")

        done = await self.world.on_worker("nightly", ask)
        self.world.counts["night through" if done else "night interrupted"] += 1

    async def goes_on(self) -> None:
        """Go on with a night, and look."""
        await self._goes_on_with_a_night()
        await self.looks()

    async def ends(self) -> None:
        """Ask everything a last time: what was put right is closed, and no run is left behind."""
        await self.begins_a_night()
        judge = self.world.ground.judge
        for row in await judge.fetch(
            "SELECT kind, subject_id FROM reconciliation_issues WHERE kind = ANY ($1) AND closed_at IS NULL", _ALARMS
        ):
            raise Violation("RUNS", f"{row['kind']} of {row['subject_id']} was put right and stands open")
        for row in await judge.fetch("SELECT id, kind, state FROM reconciliation_runs WHERE state = 'running'"):
            raise Violation("RUNS", f"nobody takes the {row['kind']} run {row['id']} up again")
        if await judge.fetchval("SELECT count(*) FROM reconciliation_rounds WHERE done_at IS NOT NULL") == 0:
            raise Violation("RUNS", "no night came to its end")

    async def after_commit(self, business_id: UUID | None, tables: frozenset[str]) -> None:
        """Count what was written; see that no run raises a false alarm, and that each says only what it did."""
        self.writes += not TABLES.isdisjoint(tables)
        if "reconciliation_issues" in tables:
            for row in await self.world.ground.judge.fetch(_FALSE_ALARMS, self.world.judge.businesses, _ALARMS):
                raise Violation("RUNS", f"{row['kind']} of {row['subject_id']} on honest books: {row['facts']}")
        if self.edits and not tables.isdisjoint({"reconciliation_issues", "reconciliation_looks"}):
            await self._see_who_was_told()
        if "reconciliation_rounds" in tables:
            for row in await self.world.ground.judge.fetch(_LEFT_OUT):
                raise Violation(
                    "RUNS", f"the night of {row['began_at']} is over, and {row['business_id']} was left out"
                )

    async def _see_who_was_told(self) -> None:
        """Say whether each edit was told once a look that came to its end says so, and stays told while it stands."""
        judge = self.world.ground.judge
        asked = await judge.fetchval("SELECT writes FROM reconciliation_looks") or 0
        rows = await judge.fetch(_STANDING, TOLD_OF)
        standing = {row["subject_id"] for row in rows}
        for batch_id, written in self.edits.items():
            if batch_id in standing:
                self._told.add(batch_id)
            elif batch_id in self._told:
                raise Violation("RUNS", f"the issue about batch {batch_id} was closed, and the batch is still wrong")
            elif asked >= written:
                raise Violation("RUNS", f"all was asked up to {asked}, and nobody tells of the edit {written}")

    def put_right(self, batch_id: UUID) -> None:
        """Forget an edit that stands no more."""
        del self.edits[batch_id]
        self._told.discard(batch_id)


class Meddler(Prover):
    """Somebody with the password of the database, who edits what is left of a batch, and later puts it right."""

    def __init__(self, world: World, runner: Runner) -> None:
        """Meddle where nobody trades."""
        self.world = world
        self.choice = world.randomness("meddler")
        self._runner = runner

    async def meddles(self, times: int) -> None:
        """Edit, wait, and put right what stands, or not yet."""
        assert self.world.edited is not None
        rows = await self.world.ground.judge.fetch(
            "SELECT id FROM stock_batches WHERE business_id = $1 ORDER BY id", self.world.edited.business_id
        )
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.choice([1.0, 15.0, 60.0]))
            await self._edits(self.choice.choice([row["id"] for row in rows if row["id"] not in self._runner.edits]))
            await self.world.scheduler.sleep(self.choice.choice([1.0, 15.0, 400.0]))
            if len(self._runner.edits) > 1 or self.choice.random() < 0.5:
                await self._puts_right(self.choice.choice(sorted(self._runner.edits)))

    async def _edits(self, batch_id: UUID) -> None:
        """Change a batch, also in a transaction that is still open while a worker looks, or while a night is asked."""
        hand = self.world.ground.hand
        await hand.execute("BEGIN")
        await hand.execute(_EDIT, batch_id, -1)
        way = self.choice.randrange(3)
        night = None
        if way == 1:
            await self._runner.looks()
        elif way:
            night = self.world.scheduler.spawn("night-meanwhile", self._runner.begins_a_night)
            await self.world.scheduler.sleep(self.choice.choice([0.03, 0.06]))
        await hand.execute("COMMIT")
        self._runner.writes += 1
        self._runner.edits[batch_id] = self._runner.writes
        self.world.counts["edited by hand"] += 1
        await self._runner.looks()
        if night is not None:
            await self.world.scheduler.join(night)

    async def _puts_right(self, batch_id: UUID) -> None:
        self._runner.put_right(batch_id)
        self._runner.writes += 1
        await self.world.ground.hand.execute(_EDIT, batch_id, 1)

    async def goes_on(self) -> None:
        """Put one thing right."""
        if self._runner.edits:
            await self._puts_right(min(self._runner.edits))


_EDIT = "UPDATE stock_batches SET quantity_available = quantity_available + $2 WHERE id = $1"
_FALSE_ALARMS = """
    SELECT kind, subject_id, facts FROM reconciliation_issues WHERE business_id = ANY ($1) AND kind = ANY ($2)
"""
_STANDING = """
    SELECT subject_id FROM reconciliation_issues WHERE kind = $1 AND state IN ('open', 'acknowledged')
"""
_LEFT_OUT = """
    SELECT round.began_at, directory.business_id
      FROM reconciliation_rounds AS round
     CROSS JOIN business_directory AS directory
      LEFT JOIN reconciliation_marks AS mark ON mark.business_id = directory.business_id
     WHERE round.done_at IS NOT NULL AND coalesce(mark.asked_fully_at, 'epoch') < round.began_at
"""
