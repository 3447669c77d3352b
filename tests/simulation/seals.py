"""Sealing: workers seal while people trade, die on the way, tell heads outside; whoever asks finds nothing wrong."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

from payme import seals, wallet
from payme.anchors.jobs import AnchorDesk, tell_places
from payme.kit.db.transaction import Scope, Tx
from payme.seals import Anchor, Told
from payme.seals.jobs import SealDesk, evidence_of, seal_business
from tests.simulation.faults import Fault, Faults
from tests.simulation.provers import Prover
from tests.simulation.scheduler import Scheduler, Violation
from tests.simulation.tills import MARKETS
from tests.simulation.world import World
from tests.support.shops import BOX

PAUSES_S: Final = (0.5, 5.0, 40.0)
RUSH_S: Final = (0.02, 0.1, 0.3)
"""On the day of a rush, which is over in seconds, so that entries are sealed while others are being written."""


class SimVault:
    """A place outside of the database; what it was told it keeps, whatever it answered."""

    name = "vault"
    every_s = 5.0

    def __init__(self, scheduler: Scheduler, randomness: Random, faults: Faults) -> None:
        """Hold nothing yet."""
        self._scheduler = scheduler
        self._randomness = randomness
        self._faults = faults
        self._told: list[Anchor] = []

    async def tell(self, told: Sequence[Told]) -> None:
        """Keep anchors, or fail to."""
        await self._scheduler.sleep(self._randomness.uniform(0.05, 1.0))
        if self._faults.strikes(Fault.ANCHOR_LOST):
            raise OSError("nobody answers")
        self._told += [one for one in told if isinstance(one, Anchor)]
        self._scheduler.note(f"keeps {len(told)} heads")
        if self._faults.strikes(Fault.ANCHOR_ANSWER_LOST):
            raise OSError("no answer in time")

    async def read(self, _: datetime | None) -> AsyncIterator[Told]:
        """Yield what it keeps."""
        for one in self._told:
            yield one

    def of(self, business_id: UUID) -> list[Anchor]:
        """Return what it was told of a business."""
        return [one for one in self._told if one.business_id == business_id]


class Sealer(Prover):
    """The workers that seal, and somebody who asks whether the audit still stands as it was sealed."""

    def __init__(self, world: World) -> None:
        """Seal for every business of the world."""
        self.world = world
        self.choice = world.randomness("sealer")
        self.vault = SimVault(world.scheduler, world.randomness("vault"), world.faults)
        self.desk = SealDesk(world.database, BOX.keys)
        self._anchors = AnchorDesk(world.database, (self.vault,))
        is_rush = MARKETS[world.seed % len(MARKETS)].pause_s < 1
        self._pauses = RUSH_S if is_rush else PAUSES_S
        self._seals: dict[tuple[UUID, int], bytes] = {}

    async def seals(self, rounds: int) -> None:
        """Seal from time to time, sometimes with two workers at once, and ask at any moment."""
        for number in range(rounds):
            await self.world.scheduler.sleep(self.choice.choice(self._pauses))
            beside = None
            if self.choice.random() < 0.3:
                beside = self.world.scheduler.spawn(f"sealer-beside{number}", self.goes_on)
            elif self.choice.random() < 0.5:
                beside = self.world.scheduler.spawn(f"late-grant{number}", self._grants_late)
                await self.world.on_worker("granter", partial(self._grants, 0.0))
            await self.goes_on()
            if beside is not None:
                await self.world.scheduler.join(beside)
            if self.choice.random() < 0.4:
                await self.world.on_worker("auditor", self._asks)

    async def _grants_late(self) -> None:
        await self.world.on_worker("late-granter", partial(self._grants, 1.0))

    async def _grants(self, takes_s: float) -> None:
        """Give a token in a transaction whose number is drawn some time before it writes anything."""

        async def grant(tx: Tx) -> None:
            await tx.value("SELECT pg_current_xact_id()::text")
            await self.world.scheduler.sleep(takes_s)
            await wallet.grant_tokens(tx, 1, "patience")

        await self.world.database.transact(Scope.system("support", self.world.shops[1].business_id), grant)

    async def goes_on(self) -> None:
        """Seal once in every business, and tell outside of it."""
        await self.world.on_worker("sealer", self._seals_all)
        await self.world.on_worker("teller", self._tells)

    async def _tells(self) -> None:
        self.world.counts["anchored"] += await tell_places(self._anchors)

    async def _seals_all(self) -> None:
        for business_id in self.world.business_ids:
            self.world.counts["sealed"] += await seal_business(self.desk, business_id)

    async def _asks(self, *, unsealed_may_stand: bool = True) -> None:
        for business_id in self.world.business_ids:
            evidence = evidence_of(self.desk.public_keys(), self.vault.of(business_id))
            verdict = await seals.verify(self.world.database, business_id, evidence)
            self.world.counts["audit verified"] += 1
            for fault in verdict.faults:
                raise Violation("SEALS", f"{fault.kind} in seal {fault.seal_number}: {fault.detail} {fault.entry}")
            if verdict.unsealed and not unsealed_may_stand:
                raise Violation("SEALS", f"nobody seals {verdict.unsealed} entries since {verdict.unsealed_since}")

    async def ends(self) -> None:
        """Seal the rest and ask a last time."""

        async def asks() -> None:
            await self._asks(unsealed_may_stand=False)

        await self.goes_on()
        await self.world.on_worker("auditor", asks)
        for row in await self.world.ground.judge.fetch("SELECT business_id, place, number FROM audit_anchors"):
            if row["number"] not in {anchor.number for anchor in self.vault.of(row["business_id"])}:
                raise Violation("SEALS", f"{row['place']} was never told of seal {row['number']}")

    async def after_commit(self, business_id: UUID | None, tables: frozenset[str]) -> None:
        """See that a seal, once made, stays what it is."""
        if "audit_seals" not in tables:
            return
        rows = await self.world.ground.judge.fetch("SELECT business_id, number, digest FROM audit_seals")
        now = {(row["business_id"], row["number"]): row["digest"] for row in rows}
        for (business, number), digest in self._seals.items():
            if now.get((business, number)) != digest:
                raise Violation("SEALS", f"seal {number} of {business} is not what it was")
        self._seals = now
