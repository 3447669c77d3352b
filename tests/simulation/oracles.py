"""The judge: asked after every commit, on a connection of its own that nobody schedules and no policy blinds."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from uuid import UUID

from payme.reconciliation import OF_A_BUSINESS, Invariant
from tests.simulation.daraja import Arrived, Receipt, SimDaraja
from tests.simulation.ground import Ground
from tests.simulation.memory import Memory, leads_to
from tests.simulation.moves import Watch
from tests.simulation.news import Subscriber
from tests.simulation.organisation import SimOrganisation, masked
from tests.simulation.provers import Prover
from tests.simulation.scheduler import Scheduler, Violation

PACKAGES = {50: 30, 100: 70, 200: 150, 500: 400, 1000: 850}
"""Tokens by what they cost."""
TOKENS_ACCOUNT = "37605544"
LATER = frozenset({"P7", "P8", "P10", "R3"})
"""Invariants about how long something may wait: they are judged when all has come to rest."""


@dataclass(frozen=True)
class Question:
    """Several invariants in one statement."""

    statement: str
    parameters: int


def ask_together(invariants: Sequence[Invariant]) -> Question:
    """Join invariants into one statement, whose plan is made once."""
    return Question(
        "\nUNION ALL\n".join(
            f"SELECT '{invariant.id}' AS invariant, subject, detail FROM ({invariant.statement}) AS found"
            for invariant in invariants
        ),
        max(invariant.parameters for invariant in invariants),
    )


@cache
def concerned(tables: frozenset[str]) -> Question | None:
    """Ask the invariants that a change of these tables may break: those that name one of them."""
    named = [
        invariant
        for invariant in OF_A_BUSINESS
        if invariant.id not in LATER
        and any(re.search(rf"\b{table}\b", invariant.statement) for table in sorted(tables))
    ]
    return ask_together(named) if named else None


EVERYTHING = ask_together(OF_A_BUSINESS)
AT_ONCE = ask_together([invariant for invariant in OF_A_BUSINESS if invariant.id not in LATER])


_MONEY = """
    SELECT money.receipt, money.amount::integer AS amount, money.shortcode,
           coalesce(payment.account_reference, money.account_reference) AS account_reference,
           coalesce(payment.phone, money.phone) AS phone,
           money.source
      FROM money_in AS money
      LEFT JOIN payments AS payment ON payment.business_id = money.business_id AND payment.money_in_id = money.id
     ORDER BY money.receipt
"""
_BOUGHT = """
    SELECT coalesce(sum(change_tokens - change_owed), 0)::integer AS tokens
      FROM wallet_transactions WHERE type = 'purchase'
"""
_SALES_OF_A_KEY = "SELECT note AS key, count(*) AS sales FROM sales GROUP BY note HAVING count(*) > 1 ORDER BY note"
_REFUNDS = """
    SELECT refund.id, refund.state, refund.method, money.receipt
      FROM refunds AS refund JOIN money_in AS money ON money.id = refund.money_in_id
     ORDER BY refund.id
"""
_NEWS = """
    SELECT 'sale.completed' AS type, id::text AS subject FROM sales WHERE business_id = $1 AND completed_at IS NOT NULL
     UNION ALL
    SELECT 'money.received', receipt FROM money_in WHERE business_id = $1
"""
_KEPT = "SELECT business_id, key, body FROM idempotency_records ORDER BY business_id, key"
_ARRIVED = "SELECT path_hash, sha256(body) AS digest, state, reason FROM callbacks ORDER BY id"


@dataclass
class Acknowledged:
    """What the tills were told."""

    bodies: dict[str, str] = field(default_factory=dict)
    """By key: every answer under one key is the same, byte for byte."""
    sales: dict[UUID, str] = field(default_factory=dict)
    """The last state that a till was told of each sale."""
    refunds: dict[UUID, str] = field(default_factory=dict)
    """The last state that somebody was told of each refund."""
    callbacks: Counter[Arrived] = field(default_factory=Counter)
    """What we answered with 200."""


class Judge:
    """Everything that must hold."""

    def __init__(
        self,
        ground: Ground,
        scheduler: Scheduler,
        daraja: SimDaraja,
        organisation: SimOrganisation,
        subscriber: Subscriber,
    ) -> None:
        """``businesses`` and ``listed`` are filled by the world; the first business has the subscriber."""
        self._ground = ground
        self._scheduler = scheduler
        self._daraja = daraja
        self._organisation = organisation
        self._subscriber = subscriber
        self.businesses: list[UUID] = []
        self.listed: list[str] = []
        """Shortcodes of which Safaricom lists what they were paid: none of their money may stay unknown."""
        self.acknowledged = Acknowledged()
        self.booked: list[str] = []
        """The receipts that are booked."""
        self.booked_by_callback: set[str] = set()
        """Those of them that the callback of a prompt told of first."""
        self.delivered: dict[UUID, Decimal] = {}
        """What of each product came in before anybody remembers."""
        self.with_drawers: set[UUID] = set()
        """Businesses that take no cash without a drawer."""
        self.provers: list[Prover] = []
        """Those who see each commit besides."""
        self._watch = Watch()
        self.checks = 0

    async def after_commit(self, business_id: UUID | None, tables: frozenset[str]) -> None:
        """Ask what the commit may have broken, and compare the money with the truth; raises Violation."""
        self.checks += 1
        question = concerned(tables)
        if business_id in self.businesses and question is not None:
            await self._ask(question, business_id, self._scheduler.now())
        await self._watch.after_commit(self._ground, tables)
        if "money_in" in tables:
            await self._money()
        if "sales" in tables:
            await self._keys()
        for prover in self.provers:
            await prover.after_commit(business_id, tables)

    async def _ask(self, question: Question, *given: object) -> None:
        for row in await self._ground.judge.fetch(question.statement, *given[: question.parameters]):
            raise Violation(row["invariant"], f"{row['subject']}: {row['detail']}")

    async def _money(self) -> None:
        rows = await self._ground.judge.fetch(_MONEY)
        for row in rows:
            booked = Receipt(row["receipt"], row["amount"], row["account_reference"], row["shortcode"], row["phone"])
            truth = self._daraja.truth.get(booked.receipt)
            if truth is not None and row["source"] == "status" and not booked.account_reference:
                booked = replace(booked, account_reference=truth.account_reference)  # an answer does not say what for
            if truth is not None and row["source"] == "statement" and booked.phone == masked(truth.phone):
                booked = replace(booked, phone=truth.phone)
            if truth != booked:
                raise Violation("TRUTH", f"nobody paid {booked}; the truth is {truth}")
        self.booked = [row["receipt"] for row in rows]
        self.booked_by_callback = {row["receipt"] for row in rows if row["source"] == "callback"}

    async def _tokens(self) -> None:
        """Compare what was credited with what was paid for tokens, as far as it is booked."""
        paid = [receipt for receipt in self._daraja.truth.values() if receipt.account_reference == TOKENS_ACCOUNT]
        truth = sum(PACKAGES[receipt.amount] for receipt in paid if receipt.receipt in self.booked)
        bought = await self._ground.judge.fetchval(_BOUGHT)
        if bought != truth:
            raise Violation("TRUTH", f"{bought} tokens are credited, and {truth} were paid")

    async def _keys(self) -> None:
        for row in await self._ground.judge.fetch(_SALES_OF_A_KEY):
            raise Violation("I1", f"{row['sales']} sales under the key {row['key']}")

    def told(self, key: str, body: str) -> None:
        """Keep an answer; raises Violation where the key was answered otherwise before."""
        if self.acknowledged.bodies.setdefault(key, body) != body:
            raise Violation("I2", f"two answers under the key {key}")

    async def at_rest(self, *, repaired: bool = True, queue_is_through: bool = True) -> None:
        """Judge the end: everything has come to rest and nothing is lost.

        What nobody ``repaired`` may lack issues and lists; what the queue gave up may not have come to rest.
        """
        for business_id in self.businesses:
            await self._ask(EVERYTHING if repaired else AT_ONCE, business_id, self._scheduler.now())
        await self._money()
        await self._tokens()
        await self._keys()
        await self._callbacks(are_listed=repaired)
        await self._acknowledged()
        await self._remembered()
        await self._given_back()
        await self._heard()
        for name, statement in AT_REST.items() if repaired or queue_is_through else ():
            for row in await self._ground.judge.fetch(statement):
                raise Violation(name, " ".join(f"{key}={value}" for key, value in row.items()))

    async def _callbacks(self, *, are_listed: bool) -> None:
        arrived: dict[Arrived, list[str]] = {}
        for row in await self._ground.judge.fetch(_ARRIVED):
            arrived.setdefault((row["path_hash"], row["digest"]), []).append(f"{row['state']} {row['reason']}")
        for callback, times in self.acknowledged.callbacks.items():
            stored = len(arrived.get(callback, []))
            if stored < times:
                raise Violation("ACK", f"a callback was answered 200 {times} times and stored {stored} times")
        for callback, receipt in self._daraja.proofs.items():
            if callback in arrived and receipt not in self.booked:
                truth = self._daraja.truth[receipt]
                raise Violation("LOST", f"{truth} was proved and is not booked: {arrived[callback]}")
        for truth in self._daraja.truth.values() if are_listed else ():
            if truth.shortcode in self.listed and truth.receipt not in self.booked:
                raise Violation("LOST", f"{truth} is listed and not booked")

    async def _acknowledged(self) -> None:
        rows = await self._ground.judge.fetch("SELECT id, state FROM sales")
        states: Mapping[UUID, str] = {row["id"]: row["state"] for row in rows}
        for sale_id, told in self.acknowledged.sales.items():
            now = states.get(sale_id)
            if now is None or not leads_to(told, now):
                raise Violation("ACK", f"sale {sale_id} was acknowledged as {told} and is {now}")

    async def _remembered(self) -> None:
        """Compare goods and drawers with what people were told, and with what was kept for those who gave up."""
        answers = {f"{row['business_id']}/{row['key']}": row["body"] for row in await self._ground.judge.fetch(_KEPT)}
        memory = Memory(self.delivered, answers | self.acknowledged.bodies)
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for row in await self._ground.judge.fetch(_MONEY):
            paid[row["account_reference"].upper()] += row["amount"]
        for disagreement in await memory.disagreements(self._ground, self.with_drawers, paid):
            raise Violation("MEMORY", disagreement)

    async def _given_back(self) -> None:
        """Compare what the books say was given back with what was, and with what people were told."""
        rows = await self._ground.judge.fetch(_REFUNDS)
        states: Mapping[UUID, str] = {row["id"]: row["state"] for row in rows}
        for refund_id, told in self.acknowledged.refunds.items():
            if states.get(refund_id) is None or (told in {"paid", "withdrawn"} and states[refund_id] != told):
                raise Violation("ACK", f"refund {refund_id} was acknowledged as {told} and is {states.get(refund_id)}")
        truly, also_in_portal = self._organisation.reversed, self._organisation.given_back
        booked = {row["receipt"] for row in rows if row["method"] == "reversal" and row["state"] == "paid"}
        doubted = {row["receipt"] for row in rows if row["state"] == "unknown"}
        if not (booked <= set(also_in_portal) and set(truly) <= booked | doubted):
            raise Violation("TRUTH", f"{sorted(truly)} were given back, {sorted(booked)} are booked as given back")

    async def _heard(self) -> None:
        """Compare what the subscriber heard with what happened: all of it, at least once, and nothing else."""
        happened = {(row["type"], row["subject"]) for row in await self._ground.judge.fetch(_NEWS, self.businesses[0])}
        heard = set(self._subscriber.heard)
        if heard != happened:
            raise Violation(
                "NEWS", f"never told {sorted(happened - heard)}; told and not true {sorted(heard - happened)}"
            )
        for row in await self._ground.judge.fetch("SELECT id, state FROM webhook_messages ORDER BY id"):
            if row["state"] != "delivered" or not self._subscriber.messages[row["id"].hex]:
                raise Violation("NEWS", f"message {row['id']} is {row['state']}")

    async def coverage(self) -> Counter[str]:
        """Count the moves and ends that this seed reached."""
        reached = Counter(self._watch.counts)
        for row in await self._ground.judge.fetch(COVERAGE):
            reached[row["name"]] += row["times"]
        return reached


AT_REST = {
    "REST payment": "SELECT id, state FROM payments WHERE state IN ('created', 'submitting', 'unknown', 'submitted')",
    "REST inquiry": "SELECT payment_id, visits, next_at FROM inquiries WHERE next_at IS NOT NULL",
    "REST callback": "SELECT id FROM callbacks WHERE state = 'received'",
    "REST claim": """
        SELECT claim.id, claim.receipt
          FROM receipt_claims AS claim
          JOIN money_in AS money ON money.business_id = claim.business_id AND money.receipt = claim.receipt
         WHERE claim.state = 'unverified'
    """,
    "ALONE": """
        SELECT void.id, total, amount AS limit FROM voids AS void JOIN void_limits USING (business_id)
         WHERE state = 'done' AND total > amount AND (decided_by IS NULL OR decided_by = requested_by)
    """,
    # What an older debt still was when money went to a newer one: its amount less all that came off it until then.
    "OLDEST FIRST": """
        SELECT part.credit_payment_id, part.sale_id AS paid, older.sale_id AS older
          FROM credit_payment_parts AS part
          JOIN credit_payments AS repayment ON repayment.id = part.credit_payment_id
          JOIN credit_ledger AS entry ON entry.credit_payment_id = repayment.id
          JOIN credit_sales AS debt ON debt.sale_id = part.sale_id
          JOIN credit_sales AS older ON older.account_id = repayment.account_id AND older.due_on < debt.due_on
          JOIN credit_ledger AS sold
            ON sold.sale_id = older.sale_id AND sold.kind = 'sale' AND sold.sequence < entry.sequence
          LEFT JOIN payments AS payment ON payment.id = repayment.payment_id
         WHERE payment.debt_sale_id IS NULL
           AND NOT EXISTS (SELECT FROM credit_accounts WHERE merged_into = repayment.account_id)
           AND older.amount
               + (SELECT coalesce(sum(less.change_due), 0) FROM credit_ledger AS less
                   WHERE less.sale_id = older.sale_id AND less.kind IN ('return', 'void', 'write_off')
                     AND less.sequence <= entry.sequence)
               - (SELECT coalesce(sum(before.amount), 0)
                    FROM credit_payment_parts AS before
                    JOIN credit_ledger AS earlier ON earlier.credit_payment_id = before.credit_payment_id
                   WHERE before.sale_id = older.sale_id AND earlier.sequence <= entry.sequence) > 0
    """,
    "REST tokens": """
        SELECT wallet.business_id, balance_tokens AS balance, owed_tokens AS owed, given.tokens AS given, spent.sales
          FROM wallets AS wallet
          JOIN (SELECT business_id, sum(change_tokens - change_owed) AS tokens FROM wallet_transactions
                 WHERE type IN ('grant', 'purchase') GROUP BY 1) AS given USING (business_id)
          LEFT JOIN (SELECT business_id, count(*) AS sales FROM sales
                      WHERE state NOT IN ('cancelled', 'voided') GROUP BY 1) AS spent USING (business_id)
         WHERE balance_tokens - owed_tokens <> given.tokens - coalesce(spent.sales, 0)
    """,
}

COVERAGE = """
    SELECT 'payment ' || coalesce(from_state, '') || '>' || to_state || ' ' || evidence AS name, count(*) AS times
      FROM payment_events GROUP BY 1
     UNION ALL
    SELECT 'sale ' || coalesce(from_state, '') || '>' || to_state, count(*) FROM sale_events GROUP BY 1
     UNION ALL
    SELECT 'callback ' || state || CASE state WHEN 'quarantined' THEN ' ' || reason ELSE '' END, count(*)
      FROM callbacks GROUP BY 1
     UNION ALL
    SELECT 'inquiry ended ' || coalesce(answer_code, 'unanswered'), count(*) FROM inquiries
     WHERE next_at IS NULL GROUP BY 1
     UNION ALL
    SELECT 'money ' || purpose, count(*) FROM allocations GROUP BY 1
     UNION ALL
    SELECT 'issue ' || kind, count(*) FROM reconciliation_issues GROUP BY 1
     UNION ALL
    SELECT 'token ' || type, count(*) FROM wallet_transactions GROUP BY 1
     UNION ALL
    SELECT 'asked after the sale was cancelled', count(*)
      FROM payment_events AS asked
      JOIN payments AS payment ON payment.id = asked.payment_id
      JOIN sales AS sale ON sale.id = payment.sale_id
     WHERE asked.to_state = 'submitting' AND sale.cancelled_at < asked.created_at
     UNION ALL
    SELECT 'money told by ' || source, count(*) FROM money_in GROUP BY 1
     UNION ALL
    SELECT 'claim ' || state, count(*) FROM receipt_claims GROUP BY 1
     UNION ALL
    SELECT 'refund ' || coalesce(from_state, '') || '>' || to_state, count(*) FROM refund_events GROUP BY 1
     UNION ALL
    SELECT 'cash returned', count(*) FROM payments WHERE returned_at IS NOT NULL
     UNION ALL
    SELECT 'money back ' || way || CASE WHEN void_id IS NULL THEN ' for a return' ELSE ' for a void' END, count(*)
      FROM money_back GROUP BY 1
     UNION ALL
    SELECT 'goods back ' || condition, count(*) FROM sale_item_returns GROUP BY 1
     UNION ALL
    SELECT 'ledger ' || kind, count(*) FROM credit_ledger GROUP BY 1
     UNION ALL
    SELECT 'account merged', count(*) FROM credit_accounts WHERE merged_into IS NOT NULL
     UNION ALL
    SELECT CASE WHEN money_in_id IS NULL THEN 'repaid cash' WHEN payment_id IS NULL THEN 'repaid by hand'
                ELSE 'repaid prompt' END, count(*)
      FROM credit_payments GROUP BY 1
     UNION ALL
    SELECT 'drawer counts ' || kind || ' ' || tender || CASE WHEN after_closing THEN ' after closing' ELSE '' END,
           count(*)
      FROM drawer_movements GROUP BY 1
"""
