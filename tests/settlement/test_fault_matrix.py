"""Whatever Daraja does wrong: where a sale and a purchase of tokens stand at the deadline, and where they come to rest.

Each case runs the real client against the pretended M-PESA over HTTP, and the callbacks come in at the real door. Both
share a time that passes only when told to, so that a callback three days late is as quick as any other.
"""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from zlib import crc32

import pytest

from payme import reconciliation, sales, token_purchases
from payme.app.assembly import record
from payme.callbacks import CallbackState
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Tx
from payme.kit.seams import Seams
from payme.payments import Payment, PaymentFor, PaymentState
from payme.sales import SaleState
from payme.settlement import Doubt
from payme.simulator import Fault
from payme.wallet import STARTING_GRANT
from tests.simulator.shop import served
from tests.support.daraja import DEADLINE_S, PHONE
from tests.support.goods import has_stock, opens_sale
from tests.support.virtual import Counter, VirtualClock, counter_of
from tests.support.web import an_app

REST_S: Final = 4 * 24 * 3_600.0
HANGS_UP_AFTER_S: Final = 0.5
"""How long the shop really waits for an answer that takes longer than its patience."""
PACKAGE, PRICE, TOTAL = 30, 50, 300

APPLIED, DUPLICATE, QUARANTINED = CallbackState.APPLIED, CallbackState.DUPLICATE, CallbackState.QUARANTINED
FAILED, EXPIRED, SUCCEEDED = PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.SUCCEEDED
SALE, TOKENS = PaymentFor.SALE, PaymentFor.TOKENS
UNSETTLED, CONTRADICTION = "unsettled_payment", "contradiction"


@dataclass(frozen=True)
class Row:
    """One fault, and the end it must have: of the payment, the issues, and each callback of the prompt.

    What a payment's state means for the sale, the money and the tokens is the same in every row. ``failures`` are
    callbacks of a failure: applied, or nothing new where a query told it first. ``confirmations`` come to a shop that
    is told of each payment to its paybill, as the platform is not. ``beside`` strikes together with the fault,
    ``times`` is how often it strikes.
    """

    fault: Fault
    at_deadline: PaymentState
    at_rest: PaymentState
    callbacks: Mapping[CallbackState, int] = field(default_factory=dict)
    issues: tuple[str, ...] = ()
    failures: int = 0
    confirmations: int | None = None
    beside: Fault | None = None
    times: int | None = None
    purposes: tuple[PaymentFor, ...] = (SALE, TOKENS)


ONE: Final = MappingProxyType({APPLIED: 1})


def refused(fault: Fault) -> Row:
    """It is certain that no prompt went out: the cashier knows at once and may ask again."""
    return Row(fault, FAILED, FAILED)


def not_known(fault: Fault) -> Row:
    """No prompt went out, but nobody can know: it expires, and a person looks at it after a day."""
    return Row(fault, EXPIRED, EXPIRED, issues=(UNSETTLED,))


def not_paid(fault: Fault) -> Row:
    """The customer did not pay: nothing moves, and the cashier may ask again."""
    return Row(fault, FAILED, FAILED, failures=1)


def paid(fault: Fault, times: int | None = None) -> Row:
    """The fault makes no difference: paid, once."""
    return Row(fault, SUCCEEDED, SUCCEEDED, ONE, times=times)


def paid_late(fault: Fault, *issues: str) -> Row:
    """The deadline passes, then the money is told of and counts."""
    return Row(fault, EXPIRED, SUCCEEDED, ONE, issues)


def doubted(fault: Fault, doubt: Doubt) -> Row:
    """What came is kept and not believed: nothing moves, and a person is told why."""
    return Row(fault, EXPIRED, EXPIRED, {QUARANTINED: 1}, (doubt, UNSETTLED))


def confirmed(fault: Fault, confirmations: int) -> Row:
    """Told of twice, by callback and by confirmation: one money in."""
    return Row(fault, SUCCEEDED, SUCCEEDED, ONE, confirmations=confirmations, purposes=(SALE,))


MATRIX: Final = (
    # How the request is answered
    refused(Fault.TOKEN_DOWN),
    paid(Fault.TOKEN_REVOKED, times=1),
    refused(Fault.WRONG_PRODUCT),
    not_known(Fault.CONNECTION_RESET),
    not_known(Fault.SERVER_ERROR),
    not_known(Fault.UNAVAILABLE),
    not_known(Fault.HTML),
    refused(Fault.SPIKE_ARREST),
    refused(Fault.QUOTA),
    refused(Fault.BUSY),
    refused(Fault.MAINTENANCE),
    refused(Fault.PHONE_LOCKED),
    refused(Fault.NO_ICCID),
    paid(Fault.ANSWER_LOST),
    paid(Fault.ANSWER_TRUNCATED),
    paid(Fault.ANSWER_SLOW),
    # Who pays
    not_paid(Fault.INSUFFICIENT_BALANCE),
    not_paid(Fault.CANCELLED),
    not_paid(Fault.NO_ANSWER),
    not_paid(Fault.WRONG_PIN),
    not_paid(Fault.EXPIRED),
    not_paid(Fault.PUSH_FAILED),
    not_paid(Fault.RULE_LIMITED),
    not_paid(Fault.PIN_LOCKED),
    doubted(Fault.UNKNOWN_CODE, Doubt.UNKNOWN_CODE),
    doubted(Fault.UNKNOWN_TEXT, Doubt.UNKNOWN_CODE),
    Row(Fault.PAID_AFTER_CANCEL, FAILED, SUCCEEDED, ONE, (CONTRADICTION,), failures=1),
    Row(Fault.PAID_TWICE, SUCCEEDED, SUCCEEDED, {APPLIED: 1, QUARANTINED: 1}, (Doubt.SECOND_RECEIPT,)),
    Row(Fault.PAID_THEN_FAILED, SUCCEEDED, SUCCEEDED, {APPLIED: 1, DUPLICATE: 1}, (CONTRADICTION,)),
    # How the callback comes
    not_known(Fault.CALLBACK_LOST),
    Row(Fault.CALLBACK_DOUBLED, SUCCEEDED, SUCCEEDED, {APPLIED: 1, DUPLICATE: 1}),
    Row(Fault.CALLBACK_FLOOD, SUCCEEDED, SUCCEEDED, {APPLIED: 1, DUPLICATE: 49}),
    paid(Fault.CALLBACK_REORDERED),
    paid(Fault.CALLBACK_EARLY),
    Row(Fault.CALLBACK_AFTER_C2B, SUCCEEDED, SUCCEEDED, ONE, confirmations=1),
    paid_late(Fault.CALLBACK_LATE),
    paid_late(Fault.CALLBACK_LATE_HOUR),
    paid_late(Fault.CALLBACK_LATE_DAYS, UNSETTLED),
    # Who knows the address and comes first is believed once; the true receipt then waits for a person.
    Row(Fault.CALLBACK_FORGED, SUCCEEDED, SUCCEEDED, {APPLIED: 1, QUARANTINED: 1}, (Doubt.SECOND_RECEIPT,)),
    doubted(Fault.WRONG_AMOUNT, Doubt.OTHER_AMOUNT),
    doubted(Fault.WRONG_PHONE, Doubt.OTHER_PHONE),
    doubted(Fault.WRONG_SHORTCODE, Doubt.OTHER_SHORTCODE),
    doubted(Fault.NO_METADATA, Doubt.NO_RECEIPT),
    paid(Fault.STRING_CODE),
    paid(Fault.MASKED_PHONE),
    paid(Fault.FLOAT_AMOUNT),
    paid(Fault.BALANCE_ITEM),
    paid(Fault.OLD_WORDING),
    # What queries say, while the callback is late enough for them to be asked
    Row(Fault.QUERY_LIES, FAILED, SUCCEEDED, ONE, (CONTRADICTION,), beside=Fault.CALLBACK_LATE),
    Row(Fault.QUERY_STUCK, EXPIRED, SUCCEEDED, ONE, beside=Fault.CALLBACK_LATE),
    Row(Fault.QUERY_FLAKY, EXPIRED, SUCCEEDED, ONE, beside=Fault.CALLBACK_LATE),
    # How the confirmation comes to a shop that is told of each payment to its paybill
    confirmed(Fault.CONFIRMATION_LOST, 0),
    confirmed(Fault.CONFIRMATION_DOUBLED, 2),
    confirmed(Fault.CONFIRMATION_LATE, 1),
)
NO_PUSH: Final = frozenset({Fault.RESULT_LOST, Fault.RESULT_DOUBLED, Fault.RESULT_LATE, Fault.QUEUE_TIMEOUT})
"""Results are of status queries and reversals: no sale and no purchase waits for one after a push."""
CASES: Final = [(row, purpose) for row in MATRIX for purpose in row.purposes]


@dataclass(frozen=True)
class Books:
    """What the books say of the one thing that was to be paid, beside the payment."""

    bought: SaleState | int | None
    money: int
    allocated: Mapping[str, int]
    tokens: int
    charges: int


def books_of(purpose: PaymentFor, state: PaymentState) -> Books:
    """What the books must say while a payment stands so: all of its effect, or none."""
    is_paid = state is SUCCEEDED
    if purpose is SALE:
        allocated = {"sale": TOTAL} if is_paid else {}
        sale_state = SaleState.COMPLETED if is_paid else SaleState.OPEN
        return Books(sale_state, TOTAL * is_paid, allocated, STARTING_GRANT - 1, int(is_paid))
    allocated = {"tokens": PRICE} if is_paid else {}
    return Books(PACKAGE if is_paid else None, PRICE * is_paid, allocated, STARTING_GRANT + PACKAGE * is_paid, 0)


async def read_books(tx: Tx) -> Books:
    parts = await tx.records(
        "SELECT purpose, sum(amount) AS amount FROM allocations WHERE business_id = $1 GROUP BY purpose",
        tx.business_id,
    )
    [row] = await tx.records(
        """
        SELECT (SELECT state FROM sales WHERE business_id = $1) AS sale_state,
               (SELECT credited_tokens FROM token_purchases WHERE business_id = $1) AS credited,
               (SELECT coalesce(sum(amount), 0) FROM money_in WHERE business_id = $1) AS money,
               (SELECT balance_tokens FROM wallets WHERE business_id = $1) AS tokens,
               (SELECT count(*) FROM wallet_transactions WHERE business_id = $1 AND type = 'charge') AS charges
        """,
        tx.business_id,
    )
    bought = SaleState(row["sale_state"]) if row["sale_state"] else row["credited"]
    allocated = {part["purpose"]: int(part["amount"]) for part in parts}
    return Books(bought, int(row["money"]), allocated, row["tokens"], row["charges"])


async def read_issues(tx: Tx) -> list[str]:
    rows = await tx.records("SELECT kind FROM reconciliation_issues WHERE business_id = $1", tx.business_id)
    return sorted(row["kind"] for row in rows)


async def read_callbacks(tx: Tx) -> Tally[CallbackState]:
    rows = await tx.records(
        """
        SELECT callbacks.state FROM callbacks JOIN callback_paths USING (path_hash)
         WHERE callback_paths.business_id = $1
        """,
        tx.business_id,
    )
    return Tally(CallbackState(row["state"]) for row in rows)


async def is_told_by_query(tx: Tx) -> bool:
    """Whether a query told of the failure before the callback did."""
    failed_by = "SELECT 1 FROM payment_events WHERE business_id = $1 AND evidence = 'query'"
    return bool(await tx.records(failed_by, tx.business_id))


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="module")
def books(app_pool: AsyncpgPool, clock: VirtualClock) -> Database:
    return Database(app_pool, Seams(clock=clock), record=record, jobs=PgQueuerJobs())


@pytest.fixture(scope="module")
async def door_url(books: Database) -> AsyncIterator[str]:
    """The product on a real port, where callbacks come in."""
    async with served(an_app(books)) as url:
        yield url


async def asks(counter: Counter, purpose: PaymentFor) -> Payment:
    """Want money for a sale of KES 300, or for 30 tokens of KES 50."""
    if purpose is SALE:
        sugar = await has_stock(counter.shop)
        opened = await opens_sale(counter.shop, (sugar, "2"))
        return await counter.shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, counter.terms)
    bought = await counter.shop.transact(token_purchases.buy_tokens, PACKAGE, PHONE, counter.terms)
    return await counter.payment(bought.payment_id)


async def stands(counter: Counter, payment: Payment, state: PaymentState) -> None:
    """Check that the payment stands so, that the books say what that means, and that they agree with themselves."""
    assert (await counter.payment(payment.id)).state is state
    assert await counter.shop.transact(read_books) == books_of(payment.purpose, state)
    assert await counter.shop.transact(reconciliation.check_business) == []


async def callbacks_of(counter: Counter, row: Row, purpose: PaymentFor) -> Tally[CallbackState]:
    """What must have become of the callbacks and confirmations of a row."""
    expected = Tally(row.callbacks)
    if row.failures:
        expected[DUPLICATE if await counter.shop.transact(is_told_by_query) else APPLIED] += row.failures
    if row.confirmations and purpose is SALE:
        expected[DUPLICATE] += row.confirmations
    return expected


@pytest.mark.parametrize(("row", "purpose"), CASES, ids=[f"{row.fault}-{purpose}" for row, purpose in CASES])
async def test_each_fault_has_its_end(
    books: Database, clock: VirtualClock, door_url: str, row: Row, purpose: PaymentFor
) -> None:
    clock.reset()
    seed = crc32(f"{row.fault} {purpose}".encode())
    patience = {"timeout_s": HANGS_UP_AFTER_S} if row.fault is Fault.ANSWER_SLOW else {}
    async with counter_of(books, clock, door_url, seed, **patience) as counter:
        if row.confirmations is not None:
            await counter.registers()
        await counter.meets(row.fault, row.times)
        if row.beside is not None:
            await counter.meets(row.beside)
        payment = await asks(counter, purpose)

        await counter.submits(payment.id)
        await counter.passes_until(payment, DEADLINE_S + 5)
        await stands(counter, payment, row.at_deadline)

        await counter.passes_until(payment, REST_S)
        await stands(counter, payment, row.at_rest)
        assert await counter.shop.transact(read_issues) == sorted(row.issues)
        assert await counter.shop.transact(read_callbacks) == await callbacks_of(counter, row, purpose)
        assert await counter.count_strikes(row.fault) > 0

        truly_paid = await counter.paid_prompts()
        assert truly_paid or row.at_rest is not SUCCEEDED
        for checkout_request_id in truly_paid if row.at_rest is not SUCCEEDED else ():
            await counter.tells_again(checkout_request_id)
            await stands(counter, payment, SUCCEEDED)


def test_the_matrix_knows_every_fault_of_the_simulator_once() -> None:
    listed = Tally(row.fault for row in MATRIX) + Tally(NO_PUSH)

    assert listed == Tally(Fault)
