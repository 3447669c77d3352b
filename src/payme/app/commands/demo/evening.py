"""After closing time: wait until nothing moves any more, then read the books and hold them against what was told."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from payme import ledger, reconciliation
from payme.app.commands.demo import queries
from payme.app.commands.demo.floor import Notebook
from payme.app.commands.demo.portal import Statements, read_statements
from payme.app.commands.demo.queries import AttemptCount, ShopFigures
from payme.app.commands.demo.till import Director, PromptSeen
from payme.kit.db.transaction import Database, Scope
from payme.kit.money import ZERO
from payme.ledger import BalanceSheet, TrialBalance
from payme.reconciliation import Check, Violation
from payme.replay import replay

REST_WITHIN_S: Final = 150.0
LOOK_S: Final = 0.1
ROUNDS_MAX: Final = 5
_OUTCOMES = {"1032": "cancelled_by_customer", "2001": "wrong_pin", "1037": "no_answer"}
EVERY_DEED = ("credit_sales", "repayments", "repayments_mpesa", "returns", "drawers_closed", "z_reports")
EVERY_OUTCOME = ("paid", "cancelled_by_customer", "wrong_pin", "no_answer", "late")


@dataclass(frozen=True, slots=True)
class Tendered:
    """What completed sales were paid with in one way."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Evening:
    """The books of a day: money in KES, goods at cost. Every figure is read from the database."""

    figures: ShopFigures
    """Summed over all shops."""
    cash: Tendered
    mpesa: Tendered
    account: Tendered
    outcomes: dict[str, int]
    payments_succeeded: int
    payments_failed: int
    payments_expired: int
    posted: Decimal
    """The debits of all trial balances, which are their credits."""
    profit: Decimal
    """By the ledger, with everything that the day cost."""
    statements: Statements
    violations: tuple[Violation, ...]
    checks: tuple[Check, ...]


async def come_to_rest(database: Database, director: Director, shops: Sequence[UUID]) -> int:
    """Wait until no payment is under way and no callback waits; returns how many lost callbacks were sent again.

    A callback that arrived while the server was down is lost for good, as M-Pesa's are; whoever directs the simulator
    has it sent again, as an operator would ask of Safaricom.
    """
    sent = 0
    for _ in range(ROUNDS_MAX):
        await _wait_for_rest(database, shops)
        unheard = await _unheard(database, director, shops)
        if not unheard:
            break
        for prompt in unheard:
            await director.send_again(prompt)
        sent += len(unheard)
        await asyncio.sleep(LOOK_S * 5)
    return sent


async def _wait_for_rest(database: Database, shops: Sequence[UUID]) -> None:
    give_up = time.monotonic() + REST_WITHIN_S
    while time.monotonic() < give_up:
        moving = await database.transact(Scope.system("demo"), queries.count_waiting_callbacks)
        for shop in shops:
            moving += await database.transact(Scope.system("demo", shop), queries.count_unsettled)
        if not moving:
            return
        await asyncio.sleep(LOOK_S)


async def _unheard(database: Database, director: Director, shops: Sequence[UUID]) -> list[PromptSeen]:
    """Return prompts that were paid in truth and whose money is not in the books."""
    ours: set[str] = set()
    for shop in shops:
        scope = Scope.system("demo", shop)
        ours.update(await database.transact(scope, queries.list_references))
        ours.difference_update(
            row.account_reference for row in await database.transact(scope, queries.list_booked_money)
        )
    return [prompt for prompt in await director.prompts() if prompt.is_paid and prompt.account_reference in ours]


async def read_books(
    database: Database, director: Director, notebook: Notebook, shops: Sequence[UUID], *, all_outcomes: bool
) -> Evening:
    """Read the day's figures and ask every invariant; what the tills were told must stand in the books.

    With ``all_outcomes`` an outcome or a deed of which there is none is a violation too.
    """
    figures: list[ShopFigures] = []
    tenders: dict[str, list[Tendered]] = {"cash": [], "mpesa": [], "account": []}
    attempts: list[AttemptCount] = []
    trials: list[TrialBalance] = []
    sheets: list[BalanceSheet] = []
    for shop in shops:
        scope = Scope.system("demo", shop)
        figures.append(await database.transact(scope, queries.shop_figures))
        for tender in await database.transact(scope, queries.list_tenders):
            tenders[tender.method].append(Tendered(tender.count, tender.amount))
        attempts += await database.transact(scope, queries.count_attempts)
        trials.append(await database.transact(scope, ledger.trial_balance, None))
        sheets.append(await database.transact(scope, ledger.balance_sheet, None))
    statements = await read_statements(database, director, shops)
    report = await reconciliation.verify(database, business_ids=shops)
    outcomes = _outcomes(attempts)
    violations = [
        *report.violations,
        *await not_as_told(database, notebook, shops),
        *await not_as_in_truth(database, director, shops),
        *statements.violations,
        *await not_as_the_audit_says(database, shops),
    ]
    violations += [
        Violation("DEMO", shop, f"{one.sales_open} sales", "left open in the evening")
        for shop, one in zip(shops, figures, strict=True)
        if one.sales_open
    ]
    violations += [
        Violation("DEMO", shop, "the ledger", f"debits are {trial.debit}, and credits {trial.credit}")
        for shop, trial in zip(shops, trials, strict=True)
        if trial.difference
    ]
    if all_outcomes:
        violations += [
            Violation("DEMO", None, outcome, "no payment of the day had this outcome")
            for outcome in EVERY_OUTCOME
            if not outcomes.get(outcome)
        ]
        violations += [
            Violation("DEMO", None, deed, "there is none of the day")
            for deed in EVERY_DEED
            if not any(getattr(one, deed) for one in figures)
        ]
    states = Counter[str]()
    for attempt in attempts:
        states[attempt.state] += attempt.count
    return Evening(
        figures=ShopFigures(*(sum(column) for column in zip(*map(astuple, figures), strict=True))),
        cash=_sum(tenders["cash"]),
        mpesa=_sum(tenders["mpesa"]),
        account=_sum(tenders["account"]),
        outcomes=outcomes,
        payments_succeeded=states["succeeded"],
        payments_failed=states["failed"],
        payments_expired=states["expired"],
        posted=sum((trial.debit for trial in trials), ZERO),
        profit=sum((sheet.profit for sheet in sheets), ZERO),
        statements=statements,
        violations=tuple(violations),
        checks=report.checks,
    )


def _sum(tendered: Sequence[Tendered]) -> Tendered:
    return Tendered(sum(one.count for one in tendered), sum((one.amount for one in tendered), ZERO))


def _outcomes(attempts: Sequence[AttemptCount]) -> dict[str, int]:
    found = Counter[str]()
    for attempt in attempts:
        found[_outcome(attempt)] += attempt.count
    return dict(found)


def _outcome(attempt: AttemptCount) -> str:
    if attempt.state == "succeeded":
        return "late" if attempt.was_expired else "paid"
    if attempt.state == "failed":
        return _OUTCOMES.get(attempt.result_code, "failed_otherwise")
    return "not_heard_of"


async def not_as_told(database: Database, notebook: Notebook, shops: Sequence[UUID]) -> list[Violation]:
    """Find sales that were acknowledged and are not in the books as told, and sales that nobody was told of."""
    found = []
    told = dict(notebook.sales)
    for shop in shops:
        for booked in await database.transact(Scope.system("demo", shop), queries.list_booked_sales):
            sale = told.pop(booked.id, None)
            if sale is None:
                found.append(Violation("ACK", shop, str(booked.id), "in the books, and no till was told of it"))
            elif sale.total != booked.total or sale.state not in {"open", booked.state}:
                detail = f"told: {sale.state} {sale.total}, in the books: {booked.state} {booked.total}"
                found.append(Violation("ACK", shop, str(booked.id), detail))
    return found + [
        Violation("ACK", sale.business_id, str(sale_id), f"told as {sale.state}, and not in the books")
        for sale_id, sale in told.items()
    ]


async def not_as_the_audit_says(database: Database, shops: Sequence[UUID]) -> list[Violation]:
    """Find figures that the audit alone does not give."""
    return [
        Violation(
            "REPLAY", shop, str(one.subject_id), f"{one.book}: {one.part} is {one.held}, the audit gives {one.told}"
        )
        for shop in shops
        for one in (await replay(database, shop)).differences
    ]


async def not_as_in_truth(database: Database, director: Director, shops: Sequence[UUID]) -> list[Violation]:
    """Find money that customers truly paid and the books do not have, and the other way round."""
    found = []
    paid = {prompt.account_reference: prompt.amount for prompt in await director.prompts() if prompt.is_paid}
    for shop in shops:
        scope = Scope.system("demo", shop)
        booked = {
            row.account_reference: row.amount for row in await database.transact(scope, queries.list_booked_money)
        }
        for reference in await database.transact(scope, queries.list_references):
            truth, book = paid.get(reference, ZERO), booked.get(reference, ZERO)
            if truth != book:
                found.append(Violation("TRUTH", shop, reference, f"paid {truth}, in the books {book}"))
    return found
