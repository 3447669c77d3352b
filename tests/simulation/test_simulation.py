"""Two shops trade under faults, again and again: whatever happens, in whatever order, every book agrees."""

import asyncio
import json
import os
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import asyncpg
import pytest

from tests.simulation.faults import Fault, Faults
from tests.simulation.ground import Ground
from tests.simulation.moves import MACHINES
from tests.simulation.scheduler import Crash, Process, Scheduler, Violation
from tests.simulation.simulation import run_seed

SEEDS = int(os.environ.get("PAYME_SIMULATION_SEEDS", "200"))
SEEDS_THAT_REACH_ALL = 200
CHUNK = 20
TWICE = 3
"""So many of each chunk run a second time."""

SELDOM = frozenset(
    {
        "debt part_paid>written_off",
        "write-off requested>rejected",
        "write-off requested>withdrawn",
        "void requested>rejected",
        "void requested>withdrawn",
    }
)
"""Moves that so few seeds make that 200 may not have one; they are tested where they belong."""
REACHED = (
    *(fault.value for fault in Fault),
    # every step of the ladder that evidence can cause
    "payment >created till",
    "payment created>submitting submission",
    "payment submitting>submitted submission",
    "payment submitting>unknown submission",
    "payment submitting>failed submission",
    "payment submitting>succeeded callback",
    "payment submitted>succeeded callback",
    "payment submitted>failed callback",
    "payment submitted>failed query",
    "payment expired>failed query",
    "payment submitted>expired deadline",
    "payment unknown>expired deadline",
    "payment unknown>failed callback",
    "payment unknown>succeeded callback",  # N6
    "payment expired>succeeded callback",  # N1
    "payment expired>failed callback",
    "payment failed>succeeded callback",  # N10
    "sale >open",
    "sale open>completed",
    "sale open>cancelled",
    "token reserve",
    "token charge",
    "token refund",
    "token grant",
    "token purchase",
    "money tokens",
    "refused too_many_token_purchases",
    "money sale",
    "money overpayment",  # N4, N5
    "money unallocated",  # N2, N3
    "cash returned",
    "issue late_money",
    "issue overpayment",
    "issue contradiction",  # N10, N11
    "issue unsettled_payment",
    "inquiry ended 0",
    "inquiry ended 1032",
    "inquiry ended unanswered",
    "visit swept",
    "callback applied",
    "callback duplicate",  # N14
    "callback quarantined no_receipt",  # N12
    "callback quarantined other_amount",  # N8, N9 forged
    "callback quarantined other_phone",
    "callback quarantined other_request",
    "callback quarantined other_shortcode",
    "callback quarantined receipt_reuse",  # N13
    "callback quarantined second_receipt",
    "callback quarantined unknown_code",
    "callback quarantined unreadable",
    "callback orphan",  # N7
    "payment submitted>succeeded confirmation",  # N24
    "payment unknown>succeeded confirmation",
    "payment expired>succeeded confirmation",
    "payment failed>succeeded confirmation",
    "money told by callback",
    "money told by confirmation",
    "money told by status",
    "money told by pull",
    "claim confirmed",
    "claim unverified",
    "refused money_claimed",  # N25
    "refused receipt_taken",
    "refused receipt_not_claimable",
    "issue unallocated_money",
    "issue unanswered_receipt",
    "money refund",
    "refund >requested",
    "refund requested>approved",
    "refund approved>withdrawn",
    "refund approved>paid",
    "refund approved>paying",
    "refund paying>paid",
    "refund paying>unknown",
    "refund paying>failed",
    "refund unknown>paid",
    "issue unsettled_refund",
    "refused own_refund",
    "refused refund_too_large",
    "refused refund_not_movable",
    "refused wallet_exhausted",  # N15
    "refused stock_short",
    "refused payment_in_progress",
    "refused payment_still_live",
    "refused sale_not_open",
    "sale completed>partly_returned",
    "sale partly_returned>returned",
    "sale completed>voided",
    "ledger sale",
    "ledger credit_used",
    "ledger repayment",
    "ledger return",
    "ledger void",  # N19
    "ledger write_off",
    "refused own_write_off",
    "ledger merged_out",
    "ledger merged_in",
    "repaid cash",
    "repaid prompt",
    "repaid by hand",
    "money credit",
    "money back debt for a return",
    "money back customer_credit for a return",  # N20
    "refused credit_limit_exceeded",  # N21
    "refused over_limit_not_allowed",
    "refused credit_account_not_active",
    "refused credit_account_not_empty",
    "refused customer_credit_short",
    "refused debt_unknown",
    "goods back restock",
    "goods back spoiled",
    "money back cash for a return",
    "money back cash for a void",
    "refused more_than_sold",  # N22
    "refused sale_not_returnable",
    "refused sale_not_voidable",
    "refused void_not_movable",
    *(move for machine in MACHINES.values() for move in machine.names() if move not in SELDOM),
    "drawer counts sale cash",
    "drawer counts sale mpesa",
    "drawer counts sale mpesa after closing",
    "drawer counts cancelled cash",
    "drawer counts returned cash",
    "drawer counts cash_in cash",
    "drawer counts cash_out cash",
    "refused drawer_needed",
    "refused drawer_not_open",
    "refused drawer_not_counted",
    "refused till_occupied",
    "refused cash_short",
    "refused own_count",
    "sealed",
    "anchored",
    "audit verified",
    "alert sent",
    "alert failed",
    "alert withdrawn",
    "changes asked",
    "edited by hand",
    "night through",
    "night interrupted",
    "statement brought",
    "difference gone",
    "issue statement_fee",
    "issue statement_late_callback",
    "issue statement_reversed",
    "issue statement_unknown",
    "money told by statement",
    "refused own_adjustment",
    "refused adjustment_not_movable",
    "refused difference_settled",
    "thief refused",
    "replayed",
    "sent again",
    "job delivered again",
    "swept",
    "lock waits",
)


@pytest.fixture(scope="session")
def reached(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder in which all processes of this run write down what their seeds reached."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "reached"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "first",  # one chunk is measured: it runs what all run, and measuring costs a quarter of the time
    [pytest.param(first, marks=pytest.mark.no_cover if first else ()) for first in range(0, SEEDS, CHUNK)],
)
async def test_whatever_happens_every_book_agrees_and_no_money_is_lost(
    ground: Ground, reached: Path, first: int
) -> None:
    seeds = range(first, min(first + CHUNK, SEEDS))
    reports = {seed: await run_seed(ground, seed) for seed in seeds}

    broken = [str(report) for report in reports.values() if report.violation is not None]
    assert not broken, "\n".join(broken)
    # In another order, so that nothing may hang on what was in the database before.
    again = {seed: (await run_seed(ground, seed)).trace for seed in reversed(seeds[:TWICE])}
    assert [seed for seed in again if again[seed] != reports[seed].trace] == []
    assert len({report.trace for report in reports.values()}) == len(seeds)

    (reached / f"{first}.json").write_text(json.dumps(sum((one.counts for one in reports.values()), Counter())))
    everything_was_reached(reached)


@pytest.mark.no_cover
@pytest.mark.timeout(900)
async def test_what_the_queue_was_given_is_enough_where_nobody_sweeps(ground: Ground) -> None:
    reports = [await run_seed(ground, seed, repairs=False) for seed in range(min(SEEDS, CHUNK))]

    assert [str(report) for report in reports if report.violation is not None] == []


def everything_was_reached(folder: Path) -> None:
    """Add up what the seeds of all processes reached, once the last of them is through."""
    written = list(folder.glob("*.json"))
    if SEEDS < SEEDS_THAT_REACH_ALL or len(written) < len(range(0, SEEDS, CHUNK)):
        return
    counts: Counter[str] = sum((Counter(json.loads(one.read_text())) for one in written), Counter())
    print("\n".join(f"{times:8} {name}" for name, times in sorted(counts.items())))  # noqa: T201  shown with -s or on failure
    assert not [name for name in REACHED if not counts[name]]


def test_each_seed_switches_a_half_of_the_faults_off() -> None:
    on = [Faults(Random(seed)).on for seed in range(50)]

    assert {len(kinds) for kinds in on} == {len(Fault) // 2}
    assert set().union(*on) == set(Fault)


def a_scheduler(seed: int = 1) -> Scheduler:
    return Scheduler(Random(seed), steps_max=1_000)


async def test_nobody_moves_while_another_does() -> None:
    scheduler = a_scheduler()
    inside: list[str] = []

    async def act(name: str) -> None:
        for _ in range(20):
            await scheduler.point("act")
            inside.append(name)
            await asyncio.sleep(0)  # a real wait: nobody else may use it
            assert inside == [name]
            inside.remove(name)

    for name in ("first", "second", "third"):
        scheduler.spawn(name, partial(act, name))
    await scheduler.run()

    assert scheduler.steps == 3 * 21


async def test_time_jumps_to_the_first_who_wakes() -> None:
    scheduler = a_scheduler()
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await scheduler.sleep(seconds)
        woken.append(name)

    for name, seconds in (("late", 86_400.0), ("early", 60.0)):
        scheduler.spawn(name, partial(sleeper, name, seconds))
    await scheduler.run()

    assert woken == ["early", "late"]
    assert 86_400 < scheduler.now_us / 1_000_000 < 86_401


async def test_those_who_wait_for_each_other_get_a_victim_of_the_seeds_choice() -> None:
    victims = set()
    for seed in range(20):
        scheduler = a_scheduler(seed)
        scheduler.deadlock = lambda: asyncpg.DeadlockDetectedError("deadlock detected")
        found: list[str] = []

        async def waits(name: str, scheduler: Scheduler = scheduler, found: list[str] = found) -> None:
            try:
                await scheduler.blocked()
            except asyncpg.DeadlockDetectedError:
                found.append(name)
                scheduler.transaction_ended()

        for name in ("first", "second"):
            scheduler.spawn(name, partial(waits, name))
        await scheduler.run()
        assert scheduler.deadlocks == len(found) == 1
        victims.add(found[0])

    assert victims == {"first", "second"}


async def test_a_process_dies_with_all_its_tasks_where_they_stand() -> None:
    scheduler = a_scheduler()
    process = Process("server")
    survived: list[str] = []
    died: list[str] = []

    async def request(name: str) -> None:
        try:
            await scheduler.sleep(10.0)
            survived.append(name)
        except Crash:
            died.append(name)
            with pytest.raises(Crash):
                await scheduler.point("the dead do nothing")
            raise

    async def operator() -> None:
        await scheduler.sleep(1.0)
        scheduler.crash(process)

    for name in ("first", "second"):
        scheduler.spawn(name, partial(request, name), process)
    scheduler.spawn("bystander", partial(request, "bystander"))
    scheduler.spawn("operator", operator)
    await scheduler.run()

    assert sorted(died) == ["first", "second"]
    assert survived == ["bystander"]


async def test_who_goes_round_in_circles_is_stopped() -> None:
    scheduler = a_scheduler()

    async def circle() -> None:
        while True:
            await scheduler.point("again")

    scheduler.spawn("circle", circle)
    with pytest.raises(Violation, match="circles"):
        await scheduler.run()
    await scheduler.abandon()
