"""Each invariant finds the fault that is planted for it, and names whom it struck."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from payme import reconciliation
from payme.kit.db.transaction import Database
from payme.reconciliation import OF_A_BUSINESS, OF_THE_PLATFORM
from payme.reconciliation.invariants import CHANGES
from payme.reconciliation.models import Looked
from payme.reconciliation.services import look_at_changes
from payme.reconciliation.types import NIGHTLY
from tests.reconciliation.conftest import Day, MovableClock
from tests.reconciliation.faults_of_credit import FAULTS_OF_CREDIT
from tests.reconciliation.faults_of_days import FAULTS_OF_DAYS
from tests.reconciliation.faults_of_drawers import FAULTS_OF_DRAWERS
from tests.reconciliation.faults_of_goods import FAULTS_OF_GOODS
from tests.reconciliation.faults_of_issues import FAULTS_OF_ISSUES
from tests.reconciliation.faults_of_ledger import FAULTS_OF_LEDGER
from tests.reconciliation.faults_of_money import FAULTS_OF_MONEY
from tests.reconciliation.faults_of_returns import FAULTS_OF_RETURNS
from tests.reconciliation.faults_of_sales import FAULTS_OF_SALES
from tests.reconciliation.faults_of_seals import FAULTS_OF_SEALS
from tests.reconciliation.faults_of_statements import FAULTS_OF_STATEMENTS
from tests.reconciliation.planting import Fault, planted
from tests.support.shops import Shop, make_shop

FAULTS = (
    *FAULTS_OF_SALES,
    *FAULTS_OF_MONEY,
    *FAULTS_OF_GOODS,
    *FAULTS_OF_RETURNS,
    *FAULTS_OF_DAYS,
    *FAULTS_OF_CREDIT,
    *FAULTS_OF_DRAWERS,
    *FAULTS_OF_SEALS,
    *FAULTS_OF_LEDGER,
    *FAULTS_OF_STATEMENTS,
    *FAULTS_OF_ISSUES,
)
ACTIONS = (
    "sale_opened",
    "sale_completed",
    "sale_cancelled",
    "sale_returned",
    "sale_voided",
    "goods_returned",
    "void_requested",
    "void_moved",
    "cash_taken",
    "cash_returned",
    "payment_requested",
    "payment_moved",
    "money_received",
    "money_allocated",
    "receipt_claimed",
    "claim_confirmed",
    "refund_requested",
    "refund_moved",
    "credit_account_opened",
    "credit_moved",
    "write_off_requested",
    "write_off_moved",
    "tokens_granted",
    "tokens_ordered",
    "tokens_purchased",
    "token_reserved",
    "token_charged",
    "token_refunded",
    "stock_received",
    "stock_taken",
    "stock_given_back",
    "stock_adjusted",
    "drawer_opened",
    "drawer_counted",
    "drawer_closed",
    "cash_moved",
    "money_after_closing",
    "money_counted",
    "member_invited",
    "day_reported",
    "statement_imported",
    "adjustment_requested",
    "adjustment_moved",
    "fees_booked",
    "entry_written",
    "expense_recorded",
    "expense_reversed",
    "member_joined",
)
PLATFORM_FAULTS: tuple[tuple[str, str, str, set[str]], ...] = (
    ("A3", "GRANT UPDATE (facts) ON audit_entries TO payme_app", "audit_entries", set()),
    ("A3", "GRANT DELETE ON wallet_transactions TO payme_app", "wallet_transactions", set()),
    ("I2", "GRANT UPDATE ON idempotency_records TO payme_app", "idempotency_records", set()),
    ("I2", "GRANT TRUNCATE ON idempotency_records TO payme_app", "idempotency_records", set()),
    ("TN1", "ALTER TABLE sales NO FORCE ROW LEVEL SECURITY", "sales", set()),
    ("TN1", "CREATE TABLE loose_sales (business_id uuid PRIMARY KEY)", "loose_sales", set()),
    ("TN1", "ALTER POLICY one_business ON sales WITH CHECK (business_id IS NULL)", "sales", set()),
    ("TN2", "CREATE UNIQUE INDEX sales_number_first ON sales (number, business_id)", "sales", set()),
    ("TN2", "ALTER TABLE sale_events ADD UNIQUE (id)", "sale_events", set()),
    (
        "TN2",
        """CREATE TABLE visits (business_id uuid, sale_id uuid, number bigint);
           CREATE UNIQUE INDEX sales_by_id ON sales (id);
           ALTER TABLE visits ADD FOREIGN KEY (sale_id) REFERENCES sales (id)""",
        "visits",
        {"TN1"},
    ),
    ("TN3", "ALTER TABLE sales DISABLE ROW LEVEL SECURITY", "sales", {"TN1"}),
    ("TN3", "CREATE POLICY everybody ON sales FOR SELECT USING (true)", "sales", {"TN1"}),
    ("TN3", "CREATE POLICY everything ON sales FOR INSERT WITH CHECK (true)", "sales", {"TN1"}),
    ("TN4", "ALTER ROLE payme_read BYPASSRLS", "payme_read", set()),
    ("TN4", "ALTER TABLE business_directory OWNER TO payme_app", "payme_app", set()),
    ("TN4", "GRANT pg_read_all_data TO payme_app", "payme_app", set()),
    ("TN4", "ALTER ROLE payme_read RENAME TO payme_reads", "payme_read", set()),
)
BY_TIME = {"P7", "P8", "CB3"}
BY_NIGHT = {invariant.id for invariant in OF_A_BUSINESS if invariant.focus == NIGHTLY}
LOOKED_UP = {"businesses", "reconciliation_issues", "audit_entries", "statement_lines", "statement_differences"}
"""What invariants only hold other things against; nobody may change a line of it."""
MOVED = {
    "a voided sale kept its token",
    "money for an account was never counted",
    "what came back went into another batch",
    "cash was taken and its drawer never counted it",
}
"""A line of a ledger was made another thing's: that one is told at once, and whose it was by the next look."""
SEEN_BY_NIGHT = {"the paybill is not found by its number", "the newer batch was sold first"}
"""A row is gone that the app itself may delete; the past was put into another order: the next full run says so."""


async def test_every_table_of_an_invariant_is_asked_for_one_business(owner_dsn: str, day: Day) -> None:
    async with planted(owner_dsn, day.shop.database.seams, guarded=True) as plot:
        rows = await plot.connection.fetch("SELECT relname FROM pg_class WHERE obj_description(oid) = 'tenant'")
    tables = "|".join(row["relname"] for row in rows)

    for invariant in OF_A_BUSINESS:
        named = re.findall(rf"\b(?:FROM|JOIN)\s+(?:{tables})\b", invariant.statement)
        asked = re.findall(r"\bbusiness_id = \$1", invariant.statement)
        assert len(asked) >= len(named), invariant.id
        if invariant.focused is not None:
            stand_ins = invariant.focused.removesuffix(invariant.statement)
            named = re.findall(rf"\b(?:FROM|JOIN)\s+(?:{tables})\s+(?:AS\s+\w+\s+)?(?:ON|WHERE)\b", stand_ins)
            assert len(re.findall(r"\bbusiness_id = \$1", stand_ins)) >= len(named) > 0, invariant.id


async def test_what_an_invariant_is_asked_of_among_changes_is_looked_through_for_changes(
    owner_dsn: str, day: Day
) -> None:
    """Or an edit by hand would wait for the night. And A1 may not be asked of a whole table with some entries only."""
    async with planted(owner_dsn, day.shop.database.seams, guarded=True) as plot:
        rows = await plot.connection.fetch("SELECT relname FROM pg_class WHERE obj_description(oid) = 'tenant'")
    books = {row["relname"] for row in rows} - LOOKED_UP
    seen = set(re.findall(r"FROM ([a-z_]+) AS changed", CHANGES))

    for invariant in OF_A_BUSINESS:
        if invariant.focus != NIGHTLY:
            assert invariant.tables & books <= seen, invariant.id
        if invariant.focus == "entry":
            assert invariant.focused is not None
            stand_ins = set(re.findall(r"^([a-z_]+) AS \(", invariant.focused, re.MULTILINE))
            assert invariant.tables & (books | {"audit_entries"}) <= stand_ins


def test_every_invariant_has_a_planted_fault() -> None:
    faulted = {fault.invariant for fault in FAULTS} | {fault[0] for fault in PLATFORM_FAULTS} | BY_TIME

    assert faulted == {invariant.id for invariant in (*OF_A_BUSINESS, *OF_THE_PLATFORM)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.invariant}: {fault.name}")
async def test_a_planted_fault_is_found_and_named(books: Database, owner_dsn: str, day: Day, fault: Fault) -> None:
    """Asked of everything, and asked of what changed."""
    async with planted(owner_dsn, books.seams) as plot:
        await plot.mark(day.shop.business_id)
        struck = await plot.plant(fault.sql, day.shop.business_id)
        rewritten = await plot.rewritten()
        tx = await plot.look(day.shop.business_id)
        found = await reconciliation.check_business(tx)
        looked = await look_at_changes(tx, books, rewritten)
        if fault.name in MOVED:
            assert isinstance(looked, Looked)
            assert looked.findings
            await plot.mark_edited(day.shop.business_id, looked.edited)
            looked = await look_at_changes(tx, books, rewritten)

    assert struck
    accused = {violation.subject for violation in found if violation.invariant == fault.invariant}
    assert accused
    assert accused <= struck
    # The ledger mirrors all other books, so G2 sees most of their wounds as well.
    seen = {violation.invariant for violation in found}
    assert seen | {"G2"} == {fault.invariant, "G2"} | fault.also
    for violation in found:
        assert UUID(violation.subject)
        assert violation.detail
    among_changes = {(one.invariant, one.subject) for one in looked.findings} if isinstance(looked, Looked) else set()
    if fault.invariant not in BY_NIGHT and fault.name not in SEEN_BY_NIGHT:
        assert {subject for invariant, subject in among_changes if invariant == fault.invariant} == accused
        assert {invariant for invariant, _ in among_changes} - BY_NIGHT == ({fault.invariant} | fault.also) - BY_NIGHT


async def test_nothing_is_found_among_the_changes_of_a_day(books: Database, owner_dsn: str, day: Day) -> None:
    """Everything of the day is asked as if all of it had changed at once, and nothing is a false alarm."""
    async with planted(owner_dsn, books.seams) as plot:
        await plot.mark(day.shop.business_id, seen_before=plot.before_everything)
        looked = await look_at_changes(await plot.look(day.shop.business_id), books, {})

    assert isinstance(looked, Looked)
    assert looked.findings == ()
    assert {one.invariant.id for one in looked.asked if not one.is_whole} == {
        invariant.id for invariant in OF_A_BUSINESS if invariant.focused is not None
    }


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_change_without_its_audit_entry_is_found(
    books: Database, owner_dsn: str, day: Day, action: str
) -> None:
    async with planted(owner_dsn, books.seams) as plot:
        silenced = await plot.plant(
            f"DELETE FROM audit_entries WHERE business_id = $1 AND action = '{action}' RETURNING subject_id",
            day.shop.business_id,
        )
        found = await reconciliation.check_business(await plot.look(day.shop.business_id))

    assert silenced
    assert {violation.subject for violation in found if violation.invariant == "A1"} == silenced
    assert {violation.invariant for violation in found} <= {"A1", "A4"}  # what carried a balance is missing twice


async def test_the_first_owner_came_with_the_business(books: Database, owner_dsn: str, shop: Shop) -> None:
    async with planted(owner_dsn, books.seams) as plot:
        await plot.plant(
            "DELETE FROM audit_entries WHERE business_id = $1 AND action = 'business_opened' RETURNING id",
            shop.business_id,
        )
        found = await reconciliation.check_business(await plot.look(shop.business_id))

    assert [violation.detail for violation in found] == ["no entry member_joined"]


async def test_a_payment_without_an_end_needs_an_issue_after_a_day(
    books: Database, day: Day, clock: MovableClock
) -> None:
    clock.ahead = timedelta(hours=23)
    await reconciliation.verify(books, business_ids=[day.shop.business_id], only=["P8"], open_issues=True)
    assert await day.shop.transact(reconciliation.check_business) == []

    clock.ahead = timedelta(hours=25)
    report = await reconciliation.verify(
        books, business_ids=[day.shop.business_id], only=["P7", "P10"], open_issues=True
    )
    assert [violation.invariant for violation in report.violations] == ["P7", "P10"]

    assert await day.shop.transact(reconciliation.check_business) == []


async def test_loose_money_needs_an_issue_after_a_quarter_of_an_hour(
    books: Database, owner_dsn: str, day: Day, clock: MovableClock
) -> None:
    clock.ahead = timedelta(minutes=14)
    assert await day.shop.transact(reconciliation.check_business) == []
    clock.ahead = timedelta(minutes=16)
    await reconciliation.verify(books, business_ids=[day.shop.business_id], only=["P8"], open_issues=True)
    assert await day.shop.transact(reconciliation.check_business) == []

    async with planted(owner_dsn, books.seams) as plot:
        loose = await plot.plant(
            """
            DELETE FROM reconciliation_issues
             WHERE business_id = $1 AND kind IN ('late_money', 'unallocated_money', 'P8');
            SELECT money_in_id FROM allocations WHERE business_id = $1 AND purpose = 'unallocated'
             GROUP BY money_in_id HAVING sum(amount) > 0
            """,
            day.shop.business_id,
        )
        found = await reconciliation.check_business(await plot.look(day.shop.business_id))

    assert len(loose) >= 4
    assert {(violation.invariant, violation.subject) for violation in found} == {("P8", money) for money in loose}


async def test_a_callback_that_waits_for_a_minute_is_found(books: Database, day: Day, clock: MovableClock) -> None:
    waiting = str(await day.counter.stores(b"{}", "a path"))

    async def late() -> set[str]:
        report = await reconciliation.verify(books, business_ids=[], only=["CB3"])
        return {violation.subject for violation in report.violations}

    assert waiting not in await late()
    clock.ahead = timedelta(seconds=61)
    assert waiting in await late()


@pytest.mark.parametrize(("invariant", "fault", "subject", "also"), PLATFORM_FAULTS)
async def test_a_hole_in_the_schema_is_found(
    books: Database, owner_dsn: str, day: Day, invariant: str, fault: str, subject: str, also: set[str]
) -> None:
    async with planted(owner_dsn, books.seams, guarded=True) as plot:
        await plot.plant(fault)
        found = [
            violation
            for violation in await reconciliation.check_platform(await plot.look())
            if violation.invariant not in BY_TIME
        ]

    assert subject in {violation.subject for violation in found if violation.invariant == invariant}
    assert {violation.invariant for violation in found} == {invariant} | also
    assert all(violation.business_id is None for violation in found)


async def test_a_fault_of_one_shop_is_not_told_to_another(books: Database, owner_dsn: str, day: Day) -> None:
    neighbour = await make_shop(books)
    async with planted(owner_dsn, books.seams) as plot:
        await plot.plant(FAULTS[0].sql, day.shop.business_id)
        assert await reconciliation.check_business(await plot.look(neighbour.business_id)) == []
