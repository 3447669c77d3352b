"""Run seeds by hand: ``python -m tests.simulation --seed 7 --trace``."""

import argparse
import asyncio
import sys
import time
from collections import Counter

from tests.simulation.ground import open_ground
from tests.simulation.simulation import run_seed
from tests.support.database import embedded_postgres


async def run(dsn: str, seeds: range, *, trace: bool) -> int:
    """Run seeds and print what each did; the number of broken ones."""
    broken = 0
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    steps = 0
    async with open_ground(dsn) as ground:
        for seed in seeds:
            report = await run_seed(ground, seed, keep_trace=trace)
            if trace:
                sys.stdout.writelines(f"{line}\n" for line in report.lines)
            sys.stdout.write(f"{report}\n")
            broken += report.violation is not None
            counts += report.counts
            steps += report.steps
    took = time.perf_counter() - began
    sys.stdout.writelines(f"{times:8} {name}\n" for name, times in sorted(counts.items()))
    sys.stdout.write(
        f"{len(seeds)} seeds, {steps} steps in {took:.1f} s, {steps / took:.0f} steps/s, {broken} broken\n"
    )
    return broken


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--trace", action="store_true", help="print every step")
    arguments = parser.parse_args()
    with embedded_postgres() as dsn:
        return asyncio.run(run(dsn, range(arguments.seed, arguments.seed + arguments.seeds), trace=arguments.trace))


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
