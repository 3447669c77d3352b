"""What a shop pays by the portal: a manager says what for, before the statement tells of it or after, twice, wrong."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from payme import expenses
from payme.expenses import Category, Expense, ExpenseDraft, ExpensePurpose, PaidFrom
from payme.identity import Role
from payme.kit.days import business_day
from payme.kit.db.idempotency import StoredAnswer
from tests.simulation.provers import Prover
from tests.simulation.scheduler import Violation
from tests.simulation.statements import BookKeeper
from tests.simulation.tills import Client, beside
from tests.simulation.world import SimShop, World


def tell_expense(expense: Expense) -> StoredAnswer:
    """Answer with what was written down."""
    return StoredAnswer(201, f"{expense.id} {expense.amount}")


class Spender(Client, Prover):
    """A manager who pays for the shop and writes it down, mostly."""

    def __init__(self, world: World, shop: SimShop, name: str, keeper: BookKeeper) -> None:
        """Pay out of the shortcode of ``shop``, whose statements ``keeper`` brings."""
        super().__init__(world, shop, name, Role.MANAGER)
        self._keeper = keeper
        self._recorded: list[UUID] = []

    async def spends(self, times: int) -> None:
        """Pay, and write down at once, once the statement may have told of it, or never."""
        for number in range(times):
            await self.world.scheduler.sleep(self.choice.choice([5.0, 40.0, 120.0]))
            amount = self.choice.choice([100, 250, 4_000])
            receipt = self.world.organisation.pay_out(self.shop.shortcode, amount)
            if self.choice.random() < 0.2:
                continue
            if self.choice.random() < 0.4:
                await self.world.scheduler.sleep(2.0)
                await self._keeper.adjusts_what_left(receipt)
            else:
                await self.world.scheduler.sleep(self.choice.choice([0.0, 0.0, 60.0, 200.0]))
            wrong = 10 if self.choice.random() < 0.1 else 0
            draft = self._draft(f"rent {number}", amount + wrong, receipt, self.world.scheduler.now())
            await beside(self, *[partial(self._records, draft)] * self.choice.choice([1, 1, 2]))
            if self._recorded and self.choice.random() < 0.3:
                expense_id = self.choice.choice(self._recorded)
                await beside(self, *[partial(self._reverses, expense_id)] * self.choice.choice([1, 2]))

    def _draft(self, what_for: str, amount: int, receipt: str, at: datetime) -> ExpenseDraft:
        return ExpenseDraft(
            ExpensePurpose.EXPENSE,
            Category.RENT,
            PaidFrom.MPESA,
            Decimal(amount),
            what_for,
            business_day(at),
            receipt,
        )

    async def _records(self, draft: ExpenseDraft) -> None:
        reply = await self.command(tell_expense, expenses.record_expense, draft)
        self.refused(reply)
        if isinstance(reply, StoredAnswer):
            self._recorded.append(UUID(reply.body.split()[0]))
            self.world.counts["expense recorded"] += 1

    async def _reverses(self, expense_id: UUID) -> None:
        reply = await self.command(tell_expense, expenses.reverse_expense, expense_id, "it was another's")
        self.refused(reply)
        self.world.counts["expense reversed"] += isinstance(reply, StoredAnswer)

    async def ends(self) -> None:
        """See that what is written down rightly left M-Pesa once, whether an entry or the expense took it out."""
        for row in await self.world.ground.judge.fetch(_RIGHT, self.shop.business_id):
            paid = self.world.organisation.paid_out[row["receipt"]]
            if row["amount"] == paid.amount != row["taken"] and not row["put_back"]:
                raise Violation(
                    "EXPENSE", f"{paid.amount} left under {paid.receipt}, and the books took {row['taken']}"
                )


_RIGHT = """
    SELECT spent.receipt, spent.amount, spent.amount - spent.adjusted - coalesce(entered.amount, 0) AS taken,
           coalesce(entered.put_back, false) AS put_back
      FROM expenses AS spent
     CROSS JOIN LATERAL (SELECT sum(entry.amount) AS amount, bool_or(entry.amount > 0) AS put_back
                           FROM statement_entries AS entry
                          WHERE entry.business_id = $1 AND entry.receipt = spent.receipt) AS entered
     WHERE spent.business_id = $1 AND spent.reversed_at IS NULL
"""
