"""After closing time each shop's statement is fetched, as its owner would, and held against the books."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar, TypeVarTuple
from uuid import UUID

from payme import payment_configs
from payme.app.commands.demo.till import Director
from payme.kit.days import business_day
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.money import ZERO
from payme.reconciliation import Violation
from payme.statement_files import read_statement
from payme.statement_reports import Reconciliation, reconcile
from payme.statements import Reason, import_statement

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


@dataclass(frozen=True, slots=True)
class Statements:
    """What the statements of all shops said: lines, what M-PESA took, and where they and the books differ."""

    lines: int
    fees: Decimal
    violations: tuple[Violation, ...]


async def read_statements(database: Database, director: Director, shops: Sequence[UUID]) -> Statements:
    """Bring each shop's statement and reconcile the day; fees that nobody booked yet are no fault of the day."""
    lines, fees, violations = 0, ZERO, []
    for shop in shops:
        found = await _reconciled(database, director, shop)
        sums = found.sums
        lines += sums.paid_in.count + sums.given_back.count + sums.fees.count + sums.others.count
        fees += sums.fees.amount
        violations += [
            Violation("STATEMENT", shop, one.receipt, f"{one.reason}: {one.amount}")
            for one in found.differences
            if one.reason is not Reason.FEE
        ]
        if found.rest:
            violations.append(Violation("STATEMENT", shop, found.shortcode, f"{found.rest} is not explained"))
    return Statements(lines, fees, tuple(violations))


async def _reconciled(database: Database, director: Director, shop: UUID) -> Reconciliation:
    scope = Scope.system("demo", shop)

    async def run(work: Callable[[Tx, *Args], Awaitable[Result]], /, *args: *Args) -> Result:
        return await database.transact(scope, work, *args)

    shortcode = (await run(payment_configs.get_active)).shortcode
    file = read_statement(await director.statement(shortcode))
    await import_statement(run, file, "statement of the demo day", shortcode)
    today = business_day(database.seams.clock.now())
    return await run(reconcile, shortcode, today - timedelta(days=1), today)
