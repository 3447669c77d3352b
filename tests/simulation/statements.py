"""M-PESA's statement: the portal writes down what truly moved, and a manager brings it, again, in parts, too early.

What differs must be what the books do not know yet, to the cent; and bringing a statement overrules nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar, TypeVarTuple
from uuid import UUID

from payme import adjustments, statements
from payme.adjustments import Adjustment
from payme.daraja import EAT
from payme.identity import Role
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.ports import Record
from payme.kit.db.transaction import Tx
from payme.kit.errors import Refusal
from payme.statement_files import read_statement
from payme.statement_reports import reconcile
from payme.statements import ADJUSTABLE, Difference, DifferenceState, Fix, Imported
from payme.statements import jobs as statement_jobs
from tests.simulation.daraja import Receipt
from tests.simulation.organisation import masked
from tests.simulation.provers import Prover
from tests.simulation.scheduler import START, Violation
from tests.simulation.tills import Client, beside
from tests.simulation.world import SimShop, World
from tests.statements.portal import Portal

Result = TypeVar("Result")
Args = TypeVarTuple("Args")
Line = tuple[str, str, Decimal]
"""Receipt, kind and amount."""

SECOND: Final = timedelta(seconds=1)
NEVER: Final = ("ours_only", "duplicate_receipt", "not_reversed")
"""Nobody pays one receipt twice, and the portal writes everything down."""
TRIES_MAX: Final = 6
DECISIONS: Final = (
    *(adjustments.approve_adjustment,) * 4,
    adjustments.reject_adjustment,
    adjustments.withdraw_adjustment,
)


def tell_adjustment(adjustment: Adjustment) -> StoredAnswer:
    """Answer with where an adjustment stands."""
    return StoredAnswer(201, f"{adjustment.id} {adjustment.state}")


class BookKeeper(Client, Prover):
    """A manager who brings statements, and those who ask for adjustments and agree to them."""

    def __init__(self, world: World, shop: SimShop, name: str) -> None:
        """Keep the books of ``shop``; the owner is the other person."""
        super().__init__(world, shop, name, Role.MANAGER)
        self._owner = Client(world, shop, f"{name}-owner", Role.OWNER)
        self._adjusts = self.choice.random() < 0.6
        self._brought: list[bytes] = []
        self._told: set[Line] = set()

    async def keeps_books(self, times: int) -> None:
        """Bring a statement from time to time: of all so far, of a part, the last one again, or two at once."""
        for _ in range(times):
            await self.world.scheduler.sleep(self.choice.choice([5.0, 40.0, 120.0]))
            await self._something_happens_in_the_portal()
            files = [self._some_file() for _ in range(self.choice.choice([1, 1, 1, 2]))]
            await beside(self, *(partial(self._brings, file) for file in files))
            if self._adjusts:
                await self._adjusts_one()

    async def _something_happens_in_the_portal(self) -> None:
        """Let somebody pay of whom nobody tells, or money go back that nobody tells of."""
        if self.choice.random() < 0.5:
            phone, amount = f"2547{self.choice.randrange(10**8):08d}", self.choice.choice([40, 150, 999])
            await self.world.organisation.pay_by_hand(self.shop.shortcode, phone, amount, "", in_silence=True)
        truth = self.world.daraja.truth
        mine = [receipt for receipt, paid in truth.items() if paid.shortcode == self.shop.shortcode]
        if mine and self.choice.random() < 0.4:
            self.world.organisation.reverse_in_portal(self.choice.choice(mine))

    def _some_file(self) -> bytes:
        now = self.world.scheduler.now().replace(microsecond=0)
        ways = ["all", "all", "part", *(["again"] if self._brought else [])]
        way = self.choice.choice(ways)
        if way == "again":
            return self.choice.choice(self._brought)
        seconds = int((now - START).total_seconds())
        first, last = sorted(self.choice.sample(range(seconds + 2), 2)) if way == "part" else (0, seconds)
        return self._file(START + first * SECOND, START + last * SECOND)

    def _file(self, start: datetime, end: datetime) -> bytes:
        """Write the statement of a time that is over, its end not included, with all that truly moved."""
        portal = Portal(self.shop.shortcode, period=(_moment(start), _moment(end - SECOND)))
        truth, back = self.world.daraja.truth, self.world.organisation.given_back
        reversed_at = self.world.organisation.reversed_at
        for paid in sorted(truth.values(), key=lambda one: (one.paid_at, one.receipt)):
            if paid.shortcode == self.shop.shortcode:
                self._writes_payment(portal, paid, start, end)
                payout = back.get(paid.receipt)
                if payout is not None and start <= reversed_at[payout] < end:
                    portal.reverses(payout, reversed_at[payout], f"{paid.amount}", paid.receipt)
                    self._told.add((payout, "reversal", Decimal(paid.amount)))
        for out in self.world.organisation.paid_out.values():
            if out.shortcode == self.shop.shortcode and start <= out.at < end:
                portal.pays_out(out.receipt, out.at, f"{out.amount}")
                self._told.add((out.receipt, "other", out.amount))
        return portal.csv()

    def _writes_payment(self, portal: Portal, paid: Receipt, start: datetime, end: datetime) -> None:
        at = paid.paid_at.replace(microsecond=0)
        if start <= at < end:
            reason = "Pay Bill Online" if paid.receipt.startswith("U") else "Pay Bill"
            said = {"reason": reason, "account": paid.account_reference, "party": payer(paid.phone)}
            portal.pays(paid.receipt, at, f"{paid.amount}", **said)
            portal.takes_fee(paid.receipt, at, f"{fee_of(paid.amount)}")
            self._told.add((paid.receipt, "payment", Decimal(paid.amount)))
            self._told.add((paid.receipt, "fee", fee_of(paid.amount)))

    async def _brings(self, file: bytes) -> Imported | None:
        """Bring a file until it is said to be kept."""
        read = read_statement(file)
        self._brought.append(file)
        scope = self.shop.scope(self.role, f"statement-{self.name}")
        imported: list[Imported] = []

        async def run(work: Callable[[Tx, *Args], Awaitable[Result]], /, *args: *Args) -> Result:
            return await self.world.database.transact(scope, work, *args)

        async def handle() -> StoredAnswer:
            imported.append(await statements.import_statement(run, read, "statement.csv", None))
            return StoredAnswer(201, "")

        for _ in range(TRIES_MAX):
            if isinstance(await self.world.network.request(self.name, handle), StoredAnswer):
                self.world.counts["statement brought"] += 1
                return imported[-1]
            await self.world.scheduler.sleep(1.0)
        return None

    async def _adjusts_one(self) -> None:
        """Ask for what is suggested; two decide at once, one of whom may be who asked."""
        found: dict[Fix, list[UUID]] = {}
        for one in await self._differences():
            found.setdefault(one.fix, []).append(one.id)
        if not found:
            return
        wanted = self.choice.choice(found[self.choice.choice(sorted(found))])
        asked = self._known(
            await self.command(tell_adjustment, adjustments.request_adjustment, wanted, "in the portal")
        )
        if asked is None:
            return
        first, second = self.choice.sample([self, self._owner], 2)
        verb = self.choice.choice(DECISIONS)

        def decides(who: Client, verb: Callable[..., Awaitable[Adjustment]]) -> Callable[[], Awaitable[None]]:
            async def decide() -> None:
                self._known(await who.command(tell_adjustment, verb, asked, "seen"))

            return decide

        await beside(self, decides(first, adjustments.approve_adjustment), decides(second, verb))

    async def adjusts_what_left(self, receipt: str) -> None:
        """Bring all so far, and write an entry for what the portal paid out, before anybody says what for."""
        await self._brings(self._file(START, self.world.scheduler.now().replace(microsecond=0)))
        for one in await self._differences():
            if one.receipt == receipt:
                asked = self._known(
                    await self.command(tell_adjustment, adjustments.request_adjustment, one.id, "in the portal")
                )
                if asked is not None:
                    self._known(
                        await self._owner.command(tell_adjustment, adjustments.approve_adjustment, asked, "seen")
                    )

    async def _differences(self) -> list[Difference]:
        """Return what stands and an adjustment can put right; nothing where nobody answers."""
        found: list[Difference] = []

        async def handle() -> StoredAnswer:
            scope = self.shop.scope(self.role, f"list-{self.name}")
            found[:] = await self.world.database.transact(
                scope, statements.list_differences, None, None, DifferenceState.OPEN, None, 50
            )
            return StoredAnswer(200, "")

        await self.world.network.request(self.name, handle)
        return [one for one in found if one.fix in ADJUSTABLE]

    def _known(self, reply: StoredAnswer | Refusal | None) -> UUID | None:
        self.refused(reply)
        return UUID(reply.body.split()[0]) if isinstance(reply, StoredAnswer) else None

    async def goes_on(self) -> None:
        """Compare again what differs, as a worker does every hour."""

        async def compare() -> None:
            gone = await statement_jobs.compare_again(self.world.database, self.shop.business_id)
            self.world.counts["difference gone"] += gone

        await self.world.on_worker("comparer", compare)

    async def ends(self) -> None:
        """Bring all there ever was: what differs is what the books do not know; brought again it changes nothing."""
        now = self.world.scheduler.now().replace(microsecond=0)
        file = self._file(START, now)
        for one in dict.fromkeys([*self._brought, file]):
            await self._brings(one)
        await self._judge_lines()
        await self._judge_differences()
        before = await self._books()
        again = await self._brings(file)
        assert again is not None
        assert again.compared is not None
        if (again.imported.new_lines, again.compared.found, again.compared.settled) != (0, 0, 0):
            raise Violation("STATEMENT", f"brought again, it is {again}")
        if await self._books() != before:
            raise Violation("STATEMENT", "a statement that is brought again changes the books")
        await self._judge_report()

    async def _judge_lines(self) -> None:
        rows = await self._read("SELECT receipt, kind, amount FROM statement_lines WHERE business_id = $1")
        kept = [(row["receipt"], row["kind"], row["amount"]) for row in rows]
        if len(kept) != len(set(kept)) or set(kept) != self._told:
            raise Violation("STATEMENT", f"{len(kept)} lines are kept of {len(self._told)}: {set(kept) ^ self._told}")

    async def _judge_differences(self) -> None:
        """Compare what stands with what of the truth is not in the books, and the issues with what stands."""
        booked = {row["receipt"] for row in await self._read("SELECT receipt FROM money_in WHERE business_id = $1")}
        fees = {row["receipt"] for row in await self._read("SELECT receipt FROM mpesa_fees WHERE business_id = $1")}
        refunded = {row["receipt"] for row in await self._read(_REFUNDED)}
        reversed_ones = self.world.organisation.given_back
        payouts = {payout: receipt for receipt, payout in reversed_ones.items()}
        explained = {row["receipt"]: row["amount"] for row in await self._read(_EXPLAINED)}
        expected = set()
        for receipt, kind, amount in self._told:
            if kind == "payment" and receipt not in booked and receipt not in reversed_ones:
                expected.add((receipt, "unbooked"))
            elif kind == "fee" and receipt not in fees:
                expected.add((receipt, "fee"))
            elif kind == "reversal" and payouts[receipt] in booked and payouts[receipt] not in refunded:
                expected.add((receipt, "reversed"))
            elif kind == "other" and explained.get(receipt, 0) != amount:
                expected.add((receipt, "moved"))
        rows = await self._read(_STANDING)
        standing = {(row["receipt"], _kind_of(row["reason"])) for row in rows}
        if standing != expected:
            raise Violation("STATEMENT", f"differs and is not told {expected - standing}; told {standing - expected}")
        wanted = {f"statement_{row['reason']} {row['subject']}" for row in rows}
        issues = {f"{row['kind']} {row['subject_id']}" for row in await self._read(_ISSUES)}
        if issues != wanted:
            raise Violation("STATEMENT", f"differences without an issue {wanted - issues}; issues {issues - wanted}")

    async def _books(self) -> list[object]:
        return [await self.world.ground.judge.fetchval(statement) for statement in _BOOKS]

    async def _judge_report(self) -> None:
        """The period must agree to the cent: what is paid in, what is booked, and everything between them."""

        async def report() -> None:
            days = START.astimezone(EAT).date(), self.world.scheduler.now().astimezone(EAT).date()
            scope = self.shop.scope(self.role, "report")
            found = await self.world.database.transact(scope, reconcile, self.shop.shortcode, *days)
            truly = sum((amount for _, kind, amount in self._told if kind == "payment"), Decimal(0))
            if found.rest or found.sums.paid_in.amount != truly:
                raise Violation("STATEMENT", f"{truly} was paid in: {found}")

        await self.world.on_worker("reporter", report)

    async def _read(self, statement: str) -> Sequence[Record]:
        return await self.world.ground.judge.fetch(statement, self.shop.business_id)

    async def after_commit(self, business_id: UUID | None, tables: frozenset[str]) -> None:
        """See that no difference is told that cannot be, and that nobody adjusts anything alone."""
        if "statement_differences" in tables:
            for row in await self.world.ground.judge.fetch(_IMPOSSIBLE, list(NEVER)):
                raise Violation("STATEMENT", f"{row['reason']} is told of {row['receipt']}")
        if "statement_adjustments" in tables:
            for row in await self.world.ground.judge.fetch(_ALONE):
                raise Violation("ALONE", f"one person asked for {row['fix']} and agreed to it")


def payer(phone: str) -> str:
    """Write who paid as the portal does: the phone is masked."""
    return f"{masked(phone)} - NYOTA MBUYU"


def fee_of(amount: int) -> Decimal:
    """Return what M-PESA takes of a payment."""
    return Decimal(amount) / 100


def _kind_of(reason: str) -> str:
    return reason if reason in {"fee", "reversed", "moved"} else "unbooked"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(EAT):%d-%m-%Y %H:%M:%S}"


_REFUNDED = """
    SELECT money.receipt
      FROM refunds AS refund JOIN money_in AS money ON money.id = refund.money_in_id
     WHERE refund.business_id = $1 AND refund.state = 'paid' AND refund.method = 'reversal'
"""
_EXPLAINED = """
    SELECT receipt, sum(amount) AS amount
      FROM (SELECT receipt, amount - adjusted AS amount FROM expenses
             WHERE business_id = $1 AND paid_from = 'mpesa' AND reversed_at IS NULL
             UNION ALL
            SELECT receipt, -amount FROM statement_entries WHERE business_id = $1) AS said
     GROUP BY receipt
"""
_STANDING = """
    SELECT difference.receipt, difference.reason,
           CASE difference.reason WHEN 'fee' THEN import.payment_config_id ELSE difference.subject_id END AS subject
      FROM statement_differences AS difference
     CROSS JOIN (SELECT payment_config_id FROM statement_imports WHERE business_id = $1 LIMIT 1) AS import
     WHERE difference.business_id = $1 AND difference.settled_at IS NULL
"""
_ISSUES = """
    SELECT kind, subject_id FROM reconciliation_issues
     WHERE business_id = $1 AND kind LIKE 'statement_%' AND closed_at IS NULL
"""
_IMPOSSIBLE = "SELECT reason, receipt FROM statement_differences WHERE reason = ANY ($1)"
_ALONE = "SELECT fix FROM statement_adjustments WHERE state = 'approved' AND decided_by = requested_by"
_BOOKS = tuple(
    f"SELECT md5(string_agg(part::text, ',' ORDER BY part::text)) FROM {table} AS part"
    for table in ("money_in", "allocations", "statement_lines", "statement_differences", "mpesa_fees", "payments")
)
