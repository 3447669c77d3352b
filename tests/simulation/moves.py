"""Which moves the states of things make: watched after every commit, each legal; in the end every legal one is seen."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from payme.adjustments import MOVES as ADJUSTMENT_MOVES
from payme.credit.types import ACCOUNT_MOVES, DEBT_MOVES
from payme.drawers.types import MOVES as DRAWER_MOVES
from payme.reconciliation import RunState
from payme.returns import VOID_MOVES
from payme.write_offs import MOVES as WRITE_OFF_MOVES
from tests.simulation.ground import Ground
from tests.simulation.scheduler import Violation


@dataclass(frozen=True)
class Machine:
    """States of the rows of one table, and the moves that are legal."""

    name: str
    statement: str
    moves: Mapping[Any, frozenset[Any]]

    def names(self) -> list[str]:
        """Return each legal move, as it is counted."""
        return [f"{self.name} {before}>{after}" for before, targets in self.moves.items() for after in sorted(targets)]

    def way(self, before: str, after: str) -> list[str]:
        """Return the moves of the shortest legal way between two states: one commit may make several."""
        ways: dict[str, list[str]] = {before: []}
        waiting = deque([before])
        while waiting:
            here = waiting.popleft()
            for step in sorted(next(targets for state, targets in self.moves.items() if state == here)):
                if step not in ways:
                    ways[step] = [*ways[here], f"{self.name} {here}>{step}"]
                    waiting.append(step)
        if after not in ways:
            raise Violation("MOVES", f"{self.name} from {before} to {after}")
        return ways[after]


RUN_MOVES = {
    RunState.RUNNING: frozenset({RunState.DONE, RunState.ABANDONED}),
    RunState.DONE: frozenset(),
    RunState.ABANDONED: frozenset(),
}
MACHINES: Mapping[str, Machine] = {
    "drawers": Machine("drawer", "SELECT id, state FROM drawers ORDER BY id", DRAWER_MOVES),
    "credit_accounts": Machine("account", "SELECT id, state FROM credit_accounts ORDER BY id", ACCOUNT_MOVES),
    "credit_sales": Machine("debt", "SELECT sale_id AS id, state FROM credit_sales ORDER BY sale_id", DEBT_MOVES),
    "credit_write_offs": Machine("write-off", "SELECT id, state FROM credit_write_offs ORDER BY id", WRITE_OFF_MOVES),
    "reconciliation_runs": Machine("run", "SELECT id, state FROM reconciliation_runs ORDER BY id", RUN_MOVES),
    "statement_adjustments": Machine(
        "adjustment", "SELECT id, state FROM statement_adjustments ORDER BY id", ADJUSTMENT_MOVES
    ),
    "voids": Machine("void", "SELECT id, state FROM voids ORDER BY id", VOID_MOVES),
}
"""By table."""


@dataclass
class Watch:
    """What moved in one seed."""

    counts: Counter[str] = field(default_factory=Counter)
    _stood: dict[UUID, str] = field(default_factory=dict)

    async def after_commit(self, ground: Ground, tables: frozenset[str]) -> None:
        """See what a commit that wrote these tables moved; raises Violation where a move is not legal."""
        for table, machine in MACHINES.items():
            for row in await ground.judge.fetch(machine.statement) if table in tables else ():
                before = self._stood.get(row["id"])
                if before is not None and before != row["state"]:
                    self.counts.update(machine.way(before, row["state"]))
                self._stood[row["id"]] = row["state"]
