"""Cash sales a second over HTTP, beside pgbench sending the same statements to the same server in the same run.

    .venv/bin/python bench/sale.py [--json] [--seconds 90] [--rounds 5] [--clients 32] [--shops 200] [--one-shop]

See README.md in this directory for what the figures mean. Exit code 1 where a sale was lost, doubled or oversold.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
from books import Verdict, judge, rows_per_sale, written
from machine import cpu_of_ended, cpu_with_children
from product import LEAD_IN_S, Tills, own_installation, serving
from reference import Pgbench, PgbenchRun, Recording, Script, record_sale, scripts_of
from stage import StagedShop, stage, tell_reference, vacuum

from payme.app.assembly import Assembly, assemble
from payme.app.ground import DATABASE, SERVER_ROLE, Ground, prepare
from payme.app.settings import Settings
from payme.kit.db.embedded import find_binaries

WARM_UP_S = 3
SHARES = 3
"""A round has three parts: the product, the reference statement by statement, and the reference as sent."""


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for."""

    seconds: int
    rounds: int
    clients: int
    shops: int
    as_json: bool
    seed: int

    @property
    def part_s(self) -> int:
        """How long one part of a round is measured."""
        return max(2, round(self.seconds / self.rounds / SHARES) - LEAD_IN_S)


@dataclass
class Seen:
    """Everything the rounds told."""

    product: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    as_sent: list[float] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    sold: list[tuple[str, str, str]] = field(default_factory=list)
    replays: int = 0
    doubled: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    load_cpu: list[float] = field(default_factory=list)
    server_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)
    reference_ms: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Product to reference, of each round."""
        return [mine / theirs for mine, theirs in zip(self.product, self.reference, strict=True)]

    @property
    def product_ms(self) -> float:
        """Processor time of one sale, of the server and the database together."""
        return statistics.median(self.server_ms) + statistics.median(self.database_ms)

    @property
    def ratios_as_sent(self) -> list[float]:
        """Product to what it sends, of each round."""
        return [mine / theirs for mine, theirs in zip(self.product, self.as_sent, strict=True)]


async def batches_and_user(owner_dsn: str, shop: StagedShop) -> tuple[dict[UUID, UUID], UUID]:
    """Return the batch of each product of a shop, and its owner."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        rows = await connection.fetch(
            "SELECT product_id, id FROM stock_batches WHERE business_id = $1", shop.business_id
        )
        user: UUID = await connection.fetchval(
            "SELECT user_id FROM user_businesses WHERE business_id = $1", shop.business_id
        )
    finally:
        await connection.close()
    return {row["product_id"]: row["id"] for row in rows}, user


@dataclass(frozen=True)
class Stage:
    """What is measured on what."""

    ground: Ground
    assembly: Assembly
    ours: list[StagedShop]
    theirs: list[StagedShop]
    recording: Recording
    by_statement: Script
    as_sent: Script
    pgbench: Pgbench
    folder: Path


async def set_up(ground: Ground, assembly: Assembly, wanted: Wanted, folder: Path) -> Stage:
    """Make the shops and write the reference's scripts."""
    ours = await stage(assembly.database, wanted.shops)
    theirs = await stage(assembly.database, wanted.shops)
    recording = await record_sale(assembly.pool, assembly.settings, theirs[0])
    await tell_reference(ground.owner_dsn, theirs)
    batches, user_id = await batches_and_user(ground.owner_dsn, theirs[0])
    await count_receipts(ground.owner_dsn, theirs)
    by_statement, as_sent = scripts_of(recording, len(theirs), batches, user_id)
    assert ground.embedded is not None  # noqa: S101
    pgbench = Pgbench(
        find_binaries(ground.embedded.data_dir, os.environ) / "pgbench",
        ground.embedded.endpoint.socket_dir,
        SERVER_ROLE,
        DATABASE,
        assembly.settings.pool_limits(),
        wanted.clients,
    )
    return Stage(ground, assembly, ours, theirs, recording, by_statement, as_sent, pgbench, folder)


async def count_receipts(owner_dsn: str, shops: Sequence[StagedShop]) -> None:
    """Give each shop of the reference its receipt counter, as the recorded statements expect."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute(
            "INSERT INTO receipt_counters SELECT unnest($1::uuid[]), 0 ON CONFLICT DO NOTHING",
            [shop.business_id for shop in shops],
        )
    finally:
        await connection.close()


def measure(on: Stage, wanted: Wanted, tills: Tills, server_pid: int) -> Seen:
    """Go round: product, reference, reference as sent, and again.

    A shop has a history. What PostgreSQL plans while its tables are empty it keeps until they are analyzed, and then
    every session plans anew; both come first.
    """
    seen = Seen()
    assert on.ground.embedded is not None  # noqa: S101
    for analyzed in (False, True):
        _count(seen, tills.sell(WARM_UP_S), warm_up=True)
        _refer(on, on.by_statement, WARM_UP_S)
        _refer(on, on.as_sent, WARM_UP_S)
        if not analyzed:
            asyncio.run(vacuum(on.ground.owner_dsn))
    postmaster = on.ground.embedded.pid or 0
    for number in range(1, wanted.rounds + 1):
        server, database = cpu_with_children(server_pid), cpu_with_children(postmaster)
        told = tills.sell(wanted.part_s)
        answers = int(str(told["answers"]))
        seen.server_ms.append((cpu_with_children(server_pid) - server) / answers * 1000)
        seen.database_ms.append((cpu_with_children(postmaster) - database) / answers * 1000)
        _count(seen, told)
        database = cpu_with_children(postmaster) + cpu_of_ended()
        reference = _refer(on, on.by_statement, wanted.part_s)
        used_s = cpu_with_children(postmaster) + cpu_of_ended() - database
        seen.reference_ms.append(used_s / reference.sales * 1000)
        as_sent = _refer(on, on.as_sent, wanted.part_s)
        seen.reference.append(reference.sales_per_second)
        seen.as_sent.append(as_sent.sales_per_second)
        if not wanted.as_json:
            print(
                f"round {number}: product {seen.product[-1]:7.1f}/s  reference {reference.sales_per_second:7.1f}/s  "
                f"as sent {as_sent.sales_per_second:7.1f}/s  ratio {seen.ratios[-1]:.3f}",
                flush=True,
            )
    return seen


def _refer(on: Stage, script: Script, seconds: int) -> PgbenchRun:
    return on.pgbench.run(script, on.folder / "sale.pgbench", LEAD_IN_S, seconds)


def _count(seen: Seen, told: dict[str, object], *, warm_up: bool = False) -> None:
    latencies, sold, refused = told["latencies_s"], told["sold"], told["refused"]
    assert isinstance(latencies, list)  # noqa: S101
    assert isinstance(sold, list)  # noqa: S101
    assert isinstance(refused, dict)  # noqa: S101
    seen.sold += [(business, key, sale) for business, key, sale in sold]
    seen.replays += int(str(told["replays"]))
    seen.doubled += int(str(told["doubled"]))
    for said, times in refused.items():
        seen.refused[said] = seen.refused.get(said, 0) + times
    if not warm_up:
        seen.latencies_s += latencies
        seen.product.append(float(str(told["sales_per_second"])))
        seen.load_cpu.append(float(str(told["cpu_share"])))


def _three(values: Sequence[float], digits: int = 1) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{low:.{digits}f} / {middle:.{digits}f} / {high:.{digits}f}"


def report(seen: Seen, verdict: Verdict, on: Stage, rows: dict[str, dict[str, float]], wanted: Wanted) -> None:
    """Print for a person, or one JSON object for a program."""
    latencies = sorted(seen.latencies_s)
    p50_ms = latencies[len(latencies) // 2] * 1000
    p99_ms = latencies[int(len(latencies) * 0.99)] * 1000
    mean_ms = statistics.fmean(latencies) * 1000
    if wanted.as_json:
        print(
            json.dumps(
                {
                    "ratio": round(statistics.median(seen.ratios), 3),
                    "ratio_min": round(min(seen.ratios), 3),
                    "ratio_max": round(max(seen.ratios), 3),
                    "ratio_as_sent": round(statistics.median(seen.ratios_as_sent), 3),
                    "sales_per_second": round(statistics.median(seen.product), 1),
                    "reference_per_second": round(statistics.median(seen.reference), 1),
                    "as_sent_per_second": round(statistics.median(seen.as_sent), 1),
                    "p50_ms": round(p50_ms, 2),
                    "p99_ms": round(p99_ms, 2),
                    "mean_ms": round(mean_ms, 2),
                    "round_trips": on.recording.round_trips,
                    "reference_statements": on.by_statement.statements,
                    "sales": len(seen.sold),
                    "replays": seen.replays,
                    "refused": sum(seen.refused.values()),
                    "lost": verdict.lost,
                    "oversold": verdict.oversold,
                    "duplicated": verdict.duplicated,
                    "violations": verdict.violations,
                    "server_cpu_ms": round(statistics.median(seen.server_ms), 2),
                    "database_cpu_ms": round(statistics.median(seen.database_ms), 2),
                    "reference_cpu_ms": round(statistics.median(seen.reference_ms), 2),
                    "load_cpu_share": round(statistics.median(seen.load_cpu), 3),
                }
            )
        )
        return
    print(
        f"\n{wanted.shops} shops, {wanted.clients} tills, {wanted.rounds} rounds of {wanted.part_s} s; "
        "minimum / median / maximum\n"
        f"product               {_three(seen.product)} sales/s over HTTP, {on.recording.round_trips} round trips each\n"
        f"reference             {_three(seen.reference)} sales/s by pgbench, statement by statement "
        f"({on.by_statement.statements})\n"
        f"reference as sent     {_three(seen.as_sent)} sales/s by pgbench, writes in one ({on.as_sent.statements})\n"
        f"ratio                 {_three(seen.ratios, 3)}\n"
        f"ratio as sent         {_three(seen.ratios_as_sent, 3)}\n"
        f"latency               p50 {p50_ms:.1f} ms, mean {mean_ms:.1f} ms, p99 {p99_ms:.1f} ms\n"
        f"processor, one sale   product {seen.product_ms:.2f} ms: server {statistics.median(seen.server_ms):.2f}, "
        f"database {statistics.median(seen.database_ms):.2f}; reference {statistics.median(seen.reference_ms):.2f} ms\n"
        f"                      the tills used {statistics.median(seen.load_cpu):.0%} of one processor\n"
        f"rows of a sale        product   {rows['product']}\n"
        f"                      reference {rows['reference']}\n"
        f"sales                 {len(seen.sold)}, sent twice {seen.replays}, refused {seen.refused or 0}\n"
        f"lost {verdict.lost}, oversold {verdict.oversold}, duplicated {verdict.duplicated}, "
        f"invariants broken {verdict.violations}"
    )


def run(wanted: Wanted) -> bool:
    """Measure; returns whether every sale was right."""
    with own_installation() as (settings, ground, folder), asyncio.Runner() as runner:
        return runner.run(_run(wanted, settings, ground, folder))


async def _run(wanted: Wanted, settings: Settings, ground: Ground, folder: Path) -> bool:
    await prepare(ground)
    async with assemble(settings, ground.app_dsn) as assembly:
        on = await set_up(ground, assembly, wanted, folder)
        with serving(ground, folder) as (port, pid):
            tills = Tills(port, wanted.clients, wanted.seed, on.ours)
            before = {"product": await written(ground.owner_dsn, on.ours)}
            before["reference"] = await written(ground.owner_dsn, on.theirs)
            seen = await asyncio.to_thread(measure, on, wanted, tills, pid)
            tills.close()
        rows = {
            "product": rows_per_sale(before["product"], await written(ground.owner_dsn, on.ours)),
            "reference": rows_per_sale(before["reference"], await written(ground.owner_dsn, on.theirs)),
        }
        verdict = await judge(ground.owner_dsn, assembly.database, on.ours, seen.sold, seen.doubled)
        report(seen, verdict, on, rows, wanted)
        return verdict.is_clean and rows["product"] == rows["reference"]


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Cash sales a second over HTTP, beside pgbench.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=int, default=90, help="in all, divided over the rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--shops", type=int, default=200)
    parser.add_argument("--one-shop", action="store_true", help="one busy shop instead of many")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wanted = Wanted(
        seconds=asked.seconds,
        rounds=asked.rounds,
        clients=asked.clients,
        shops=1 if asked.one_shop else asked.shops,
        as_json=asked.json,
        seed=asked.seed,
    )
    sys.exit(0 if run(wanted) else 1)


if __name__ == "__main__":
    main()
