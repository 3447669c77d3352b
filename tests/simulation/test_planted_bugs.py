"""Who guards the guards: each planted bug must be caught, or the simulation proves nothing."""

import pytest

from tests.simulation.bugs import BUGS, HEALED
from tests.simulation.ground import Ground
from tests.simulation.simulation import run_seed

SEEDS_MAX = 50
STALE = (TypeError, AttributeError, NameError)
"""What Python raises where a bug was planted into code that has changed since: that proves nothing."""


@pytest.mark.no_cover
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [*BUGS, *HEALED])
async def test_the_planted_bug_is_caught(ground: Ground, name: str) -> None:
    for seed in range(SEEDS_MAX):
        report = await run_seed(ground, seed, bug=(BUGS | HEALED)[name], repairs=name in BUGS)
        if report.violation is not None:
            assert not isinstance(report.violation, STALE), f"the bug is not what it says any more: {report}"
            print(f"{name}: caught in {report}")  # noqa: T201  shown with -s
            return
    pytest.fail(f"{name} lived through {SEEDS_MAX} seeds")
