"""One seed from opening to rest: safety under faults, then calm, a virtual day, and rest."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final
from unittest.mock import patch

from payme.identity import Role
from tests.simulation.alerts import Teller
from tests.simulation.credit import CreditTill
from tests.simulation.drawers import DrawerKeeper
from tests.simulation.expenses import Spender
from tests.simulation.faults import Fault
from tests.simulation.ground import Ground
from tests.simulation.hands import HandTill, Refunder
from tests.simulation.others import Buyer, Forger, Receiver, Support, Thief
from tests.simulation.returns import ReturnsDesk
from tests.simulation.runs import Meddler, Runner
from tests.simulation.scheduler import SECOND_US, Task
from tests.simulation.seals import Sealer
from tests.simulation.statements import BookKeeper
from tests.simulation.tills import MARKETS, SimTill
from tests.simulation.world import Room, World

TILLS: Final = 2
OFTEN: Final = 0.7
"""How often a seed has people who are not needed for trade: with all of them it would take too long."""
MERGED_EVERY: Final = 4
"""In one of so many seeds two customers turn out to be one person."""
SPENT_EVERY: Final = 2
"""In one of so many seeds the shop pays by the portal."""
NEWS_ROUNDS: Final = 4
NEWS_PAUSE_S: Final = 45.0
FAULTS_LAST_S: Final = 400.0
CALM_SWEEPS_S: Final = (60.0, 600.0, 3_600.0, 82_140.0)
PAUSES_S: Final = (30, 60, 120, 300, 900, 3_600, 28_800)
"""The product's pauses between questions, but for the last: in calm the twentieth question of a day finds nothing that
the third did not, and they were a quarter of all steps."""
LINES_AT_ONCE: Final = 7
"""So many lines of a statement one transaction keeps, so that an import can break off between."""

Bug = Callable[[World], AbstractContextManager[None]]


@dataclass(frozen=True)
class Report:
    """What a seed did."""

    seed: int
    steps: int
    virtual_s: float
    trace: str
    checks: int
    counts: Counter[str]
    violation: Exception | None
    lines: Sequence[str]

    def __str__(self) -> str:
        """Say how to see it again."""
        broken = f" BROKEN {type(self.violation).__name__} {self.violation}" if self.violation else ""
        return (
            f"seed {self.seed}: {self.steps} steps, {self.virtual_s:.0f} virtual s, {self.checks} checks, "
            f"trace {self.trace[:12]}{broken}; again with python -m tests.simulation --seed {self.seed} --trace"
        )


async def run_seed(
    ground: Ground, seed: int, *, bug: Bug | None = None, keep_trace: bool = False, repairs: bool = True
) -> Report:
    """Run one seed; what it breaks stands in the report.

    Without ``repairs`` nobody sweeps and nothing is verified by night: what the queue is given must be enough, so the
    queue drops nothing. Healing hides what should never have been ill.
    """
    await ground.clear()
    world = World(ground, seed, keep_trace=keep_trace)
    if not repairs:
        world.faults.spare(Fault.JOB_GIVEN_UP)
    violation: Exception | None = None
    reached: Counter[str] = Counter()
    runner = Runner(world)
    with (
        patch("payme.inquiries.rules.PAUSES_S", PAUSES_S),
        patch("payme.statements.services.BATCH", LINES_AT_ONCE),
        runner.seams(),
        bug(world) if bug else nullcontext(),
    ):
        try:
            await world.open_shops()
            people(world, runner, repairs=repairs)
            await world.scheduler.run()
            await world.judge.at_rest(repaired=repairs, queue_is_through=not world.counts["job held"])
            reached = await world.judge.coverage()
        except Exception as error:  # noqa: BLE001  whatever the product raises that is not a refusal is a find
            violation = error
        finally:
            await world.scheduler.abandon()
    counts = world.counts + world.faults.hits + reached
    counts.update({f"habit {habit}": times for habit, times in world.daraja.habits.items()})
    counts["lock waits"] = world.pool.waits
    counts["deadlocks"] = world.scheduler.deadlocks
    return Report(
        seed=seed,
        steps=world.scheduler.steps,
        virtual_s=world.scheduler.now_us / SECOND_US,
        trace=world.scheduler.trace,
        checks=world.judge.checks,
        counts=counts,
        violation=violation,
        lines=world.scheduler.lines or (),
    )


def people(world: World, runner: Runner, *, repairs: bool) -> None:
    """Send everybody to work."""
    spawn = world.scheduler.spawn
    at_work: list[Task] = []
    comes = world.randomness("people")
    market = MARKETS[world.seed % len(MARKETS)]
    for number, shop in enumerate(world.shops):
        for till in range(TILLS):
            cashier = SimTill(world, shop, f"shop{number}-till{till}")
            at_work.append(spawn(cashier.name, partial(cashier.trade, market)))
        receiver = Receiver(world, shop, f"shop{number}-receiver", Role.MANAGER)
        at_work.append(spawn(receiver.name, partial(receiver.receives, 2)))
        if comes.random() < OFTEN:
            buyer = Buyer(world, shop, f"shop{number}-buyer", Role.MANAGER)
            at_work.append(spawn(buyer.name, partial(buyer.buys, 1)))
        if comes.random() < OFTEN:
            by_hand = HandTill(world, shop, f"shop{number}-by-hand")
            at_work.append(spawn(by_hand.name, partial(by_hand.trades_by_hand, 2)))
        support = Support(world, shop, f"shop{number}-support")
        at_work.append(spawn(support.name, partial(support.grants, 1)))
    at_work += [*rooms(world), *provers(world, runner, repairs=repairs)]
    refunder = Refunder(world, world.shops[0], "refunder")
    at_work.append(spawn(refunder.name, partial(refunder.refunds, 3)))
    at_work.append(spawn("postman", partial(posts, world)))
    thief = Thief(world, world.shops[1], "thief", world.shops[0])
    at_work.append(spawn("thief", partial(thief.steals, 2)))
    at_work.append(spawn("forger", partial(Forger(world).forges, 6)))
    heals = Random(f"{world.seed}/sweeper").random() < 0.5  # healing hides bugs
    spawn("closing", partial(closing, world, at_work, heals=heals and repairs, repairs=repairs))


def rooms(world: World) -> list[Task]:
    """Send to work whom this seed has besides."""
    spawn = world.scheduler.spawn
    at_work: list[Task] = []
    if Room.CREDIT in world.rooms:
        tills = [CreditTill(world, world.busy, f"credit-till{number}") for number in range(TILLS)]
        at_work += [spawn(till.name, partial(till.trades_on_credit, 2)) for till in tills]
        if world.seed % MERGED_EVERY == 0:
            at_work.append(spawn("merger", CreditTill(world, world.busy, "merger").merges))
    if Room.DRAWERS in world.rooms:
        keeper = DrawerKeeper(world, world.busy, "drawer-keeper")
        at_work.append(spawn(keeper.name, partial(keeper.keeps, 2)))
    if Room.RETURNS in world.rooms:
        desk = ReturnsDesk(world, world.busy, "returns-desk")
        at_work.append(spawn(desk.name, partial(desk.takes_back, 3)))
    return at_work


def provers(world: World, runner: Runner, *, repairs: bool) -> list[Task]:
    """Send to work those who prove the books, as far as this seed has them; a statement heals."""
    spawn = world.scheduler.spawn
    at_work: list[Task] = []
    if Room.SEALS in world.rooms:
        sealer = Sealer(world)
        world.judge.provers.append(sealer)
        at_work.append(spawn("sealer", partial(sealer.seals, 4)))
    if Room.RUNS in world.rooms:
        meddler = Meddler(world, runner)
        world.judge.provers += [runner, meddler]
        at_work.append(spawn("runner", partial(runner.asks, 3)))
        at_work.append(spawn("meddler", partial(meddler.meddles, 3)))
    if Room.STATEMENTS in world.rooms and repairs:
        keeper = BookKeeper(world, world.busy, "book-keeper")
        world.judge.provers.append(keeper)
        at_work.append(spawn(keeper.name, partial(keeper.keeps_books, 3)))
        if world.seed % SPENT_EVERY == 1:
            spender = Spender(world, world.busy, "spender", keeper)
            world.judge.provers.append(spender)
            at_work.append(spawn(spender.name, partial(spender.spends, 3)))
    if Room.ALERTS in world.rooms:
        teller = Teller(world)
        world.judge.provers.append(teller)
        at_work.append(spawn("teller", partial(teller.tells, 5)))
    return at_work


async def posts(world: World) -> None:
    """Let a worker look for news a few times; what is left goes with the sweeps."""
    for _ in range(NEWS_ROUNDS):
        await world.scheduler.sleep(NEWS_PAUSE_S)
        await world.send_news()


async def closing(world: World, at_work: Sequence[Task], *, heals: bool, repairs: bool) -> None:
    """Sweep while people work, then end the faults and let a day pass."""
    for task in at_work:
        while not await world.scheduler.join(task, patience_s=60.0):
            if heals:
                await world.sweep()
    await world.scheduler.sleep(FAULTS_LAST_S)
    world.faults.stop()
    for pause_s in CALM_SWEEPS_S:
        await world.scheduler.sleep(pause_s)
        await (world.sweep() if repairs else world.go_on())
        for prover in world.judge.provers:
            await prover.goes_on()
    if repairs:
        await world.verify_by_night()
    for prover in world.judge.provers:
        await prover.ends()
