"""A payment is driven to its end without any callback, and no query is taken for a receipt."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from payme import issues, payments, sales
from payme.inquiries import queries
from payme.inquiries.jobs import SWEEP_GRACE_S, check_payment, sweep_payments
from payme.inquiries.models import Inquiry
from payme.inquiries.services import record_visit
from payme.inquiries.types import ASK_FOR_S
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Database, Scope, Tx
from payme.mpesa import NotAsked, PushRefused, PushUnknown, QueryAnswer, QueryPending, QueryResult, QueryUnknown
from payme.payments import Payment, PaymentState
from payme.reconciliation import verify
from tests.support.daraja import DEADLINE_S, PHONE, TERMS, Counter, not_paid, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import together

CANCELLED = QueryResult("1032", "Request cancelled by user")
CLAIMED = QueryResult("0", "processed")
BUSY = QueryPending("still under processing")


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


async def asked(counter: Counter) -> Payment:
    opened = await opens_sale(counter.shop, (await has_stock(counter.shop), "2"))
    return await counter.asks(opened.sale.id)


async def inquiry(counter: Counter, payment: Payment) -> Inquiry:
    found = await counter.shop.transact(queries.find_inquiry, payment.id)
    assert found is not None
    return found


async def until_the_end(counter: Counter, payment: Payment) -> Payment:
    """Visit whenever it is time, until nobody comes any more."""
    after_s = 15.0
    for _ in range(60):
        payment = await counter.visited(payment, after_s)
        next_at = (await inquiry(counter, payment)).next_at
        if next_at is None:
            return payment
        after_s = (next_at - payment.created_at).total_seconds()
    raise AssertionError("visited for ever")


async def opened_about(counter: Counter, payment: Payment) -> list[str]:
    async def read(tx: Tx) -> list[str]:
        found = await tx.records(
            "SELECT kind FROM reconciliation_issues WHERE business_id = $1 AND subject_id = $2 ORDER BY kind",
            tx.business_id,
            payment.id,
        )
        return [record["kind"] for record in found]

    return await counter.shop.transact(read)


@pytest.mark.parametrize(
    ("answer", "state", "kinds"),
    [
        (CANCELLED, PaymentState.FAILED, []),
        (CLAIMED, PaymentState.EXPIRED, ["unsettled_payment"]),
        (BUSY, PaymentState.EXPIRED, ["unsettled_payment"]),
        (QueryUnknown("timeout"), PaymentState.EXPIRED, ["unsettled_payment"]),
        (QueryResult("77777", "what?"), PaymentState.EXPIRED, ["unsettled_payment"]),
        (NotAsked("left alone"), PaymentState.EXPIRED, ["unsettled_payment"]),
    ],
)
async def test_what_daraja_says_for_a_day_decides_how_a_payment_ends(
    counter: Counter, answer: QueryAnswer, state: PaymentState, kinds: list[str]
) -> None:
    payment = await asked(counter)
    counter.daraja.query_answer = answer

    ended = await until_the_end(counter, payment)

    assert ended.state is state
    assert await opened_about(counter, payment) == kinds
    assert counter.daraja.queries == 29
    later = payment.created_at + timedelta(days=1, seconds=1)
    report = await verify(counter.inquiries_at(later).database, only=["P7"], business_ids=[counter.shop.business_id])
    assert not report.violations


@pytest.mark.parametrize(
    ("answer", "state", "kinds"),
    [
        (PushUnknown("timeout"), PaymentState.EXPIRED, ["unsettled_payment"]),
        (PushRefused("400.002.02", "Bad Request", "Check it."), PaymentState.FAILED, []),
    ],
)
async def test_a_push_without_a_number_cannot_be_asked_about(
    counter: Counter, answer: PushUnknown | PushRefused, state: PaymentState, kinds: list[str]
) -> None:
    counter.daraja.answer = answer
    counter.daraja.query_answer = CANCELLED
    payment = await asked(counter)

    ended = await until_the_end(counter, payment)

    assert (ended.state, counter.daraja.queries) == (state, 0)
    assert await opened_about(counter, payment) == kinds


async def test_a_query_that_lies_does_not_stand_in_the_way_of_money(counter: Counter) -> None:
    payment = await asked(counter)
    counter.daraja.query_answer = CANCELLED
    assert (await counter.visited(payment, 15)).state is PaymentState.FAILED

    await counter.receives(paid(payment), payment)
    counter.daraja.query_answer = CANCELLED

    assert (await counter.visited(payment, 45)).state is PaymentState.SUCCEEDED
    assert (await inquiry(counter, payment)).next_at is None
    assert await opened_about(counter, payment) == ["contradiction"]


async def test_a_failure_that_only_a_query_claims_is_asked_about_again(counter: Counter) -> None:
    payment = await asked(counter)
    counter.daraja.query_answer = CANCELLED
    await counter.visited(payment, 15)
    counter.daraja.query_answer = CLAIMED
    ended = await until_the_end(counter, payment)

    assert ended.state is PaymentState.FAILED
    assert await opened_about(counter, payment) == ["unsettled_payment"]


async def test_a_failure_that_daraja_called_back_is_not_asked_about(counter: Counter) -> None:
    payment = await asked(counter)
    await counter.receives(not_paid(payment), payment)

    await counter.visited(payment, 15)

    assert counter.daraja.queries == 0
    assert (await inquiry(counter, payment)).next_at is None


async def test_ten_minutes_of_4999_and_then_an_end(counter: Counter) -> None:
    payment = await asked(counter)
    counter.daraja.query_answer = BUSY
    for after_s in (15, 45, 105):
        assert (await counter.visited(payment, after_s)).state is PaymentState.SUBMITTED
    assert (await counter.visited(payment, 120)).state is PaymentState.EXPIRED
    assert (await counter.visited(payment, 420)).state is PaymentState.EXPIRED
    counter.daraja.query_answer = CANCELLED

    assert (await counter.visited(payment, 1_320)).state is PaymentState.FAILED


async def test_at_the_deadline_the_cashier_can_go_on_before_daraja_has_answered(counter: Counter) -> None:
    payment = await asked(counter)

    class Silent(Exception):
        """The worker dies while it waits."""

    async def query(*_: object) -> QueryAnswer:
        assert (await counter.payment(payment.id)).state is PaymentState.EXPIRED
        raise Silent

    counter.daraja.query = query  # type: ignore[method-assign, assignment]
    with pytest.raises(Silent):
        await counter.deadline_passes(payment)
    assert (await inquiry(counter, payment)).next_at is not None


async def test_eight_workers_ask_once(counter: Counter) -> None:
    payment = await asked(counter)

    await together(8, lambda _: counter.visited(payment, 15))

    assert counter.daraja.queries == 1
    assert (await inquiry(counter, payment)).visits == 1


async def test_a_line_that_is_held_is_tried_again_when_it_is_free(counter: Counter) -> None:
    payment = await asked(counter)
    free_at = payment.created_at + timedelta(seconds=18)
    counter.daraja.query_answer = NotAsked("paced", free_at - timedelta(seconds=60))

    await counter.visited(payment, 15)

    held = await inquiry(counter, payment)
    assert held.visits == 0
    assert held.next_at is not None
    assert held.next_at <= free_at
    counter.daraja.query_answer = NotAsked("left alone", payment.created_at + timedelta(days=1))
    await counter.visited(payment, 46)
    assert (await inquiry(counter, payment)).visits == 1


async def test_a_line_that_is_held_after_the_end_brings_nobody_back(counter: Counter) -> None:
    payment = await asked(counter)
    counter.daraja.query_answer = NotAsked("paced", payment.created_at)
    scope = Scope.system("test", counter.shop.business_id)
    await counter.receives(paid(payment), payment)
    await counter.visited(payment, 15)

    await counter.shop.database.transact(scope, record_visit, payment.id, counter.daraja.query_answer, 0.0)

    assert (await inquiry(counter, payment)).next_at is None


async def test_visits_whose_jobs_were_lost_are_swept_up(counter: Counter) -> None:
    begun, never, fresh = await asked(counter), await asked(counter), await asked(counter)
    counter.daraja.query_answer = BUSY
    await counter.visited(begun, 15)
    desk = counter.inquiries_at(never.created_at + timedelta(seconds=DEADLINE_S + SWEEP_GRACE_S + 1))
    await counter.receives(not_paid(fresh), fresh)

    assert await sweep_payments(desk, counter.shop.business_id) == 2
    assert await sweep_payments(desk, counter.shop.business_id) == 0

    assert (await counter.payment(begun.id)).state is PaymentState.EXPIRED
    assert (await counter.payment(never.id)).state is PaymentState.EXPIRED
    assert counter.daraja.queries == 3


async def test_a_day_late_and_never_visited_is_still_told(counter: Counter) -> None:
    payment = await asked(counter)

    await counter.visited(payment, ASK_FOR_S)

    assert counter.daraja.queries == 0
    assert await opened_about(counter, payment) == ["unsettled_payment"]
    await check_payment(
        counter.inquiries_at(payment.created_at + timedelta(days=2)),
        {"business_id": str(counter.shop.business_id), "payment_id": str(payment.id)},
    )
    assert await opened_about(counter, payment) == ["unsettled_payment"]


@pytest.mark.parametrize(
    ("said", "end", "left"),
    [
        (paid, PaymentState.SUCCEEDED, []),
        (not_paid, PaymentState.FAILED, []),
        (lambda payment: paid(payment, receipt=""), PaymentState.EXPIRED, ["unsettled_payment"]),
    ],
)
@pytest.mark.parametrize("seen", [False, True])
async def test_evidence_that_comes_after_a_person_was_told_closes_the_issue(
    counter: Counter, said: Callable[[Payment], bytes], end: PaymentState, left: list[str], *, seen: bool
) -> None:
    payment = await asked(counter)
    payment = await counter.visited(payment, ASK_FOR_S)
    [issue] = await counter.shop.transact(issues.list_issues, IssueFilter(), None, 10)
    assert (issue.kind, issue.subject_id) == ("unsettled_payment", payment.id)
    if seen:
        await counter.shop.transact(issues.acknowledge, issue.id)

    await counter.receives(said(payment), payment)

    assert (await counter.payment(payment.id)).state is end
    issue = await counter.shop.transact(issues.get_issue, issue.id)
    assert (issue.state in {IssueState.OPEN, IssueState.ACKNOWLEDGED}) == bool(left)
    if not left:
        assert (issue.state, issue.resolution) == (
            IssueState.RESOLVED,
            f"Settled: the payment is {end}, by callback",
        )


async def test_a_failure_that_only_a_question_claims_closes_no_issue(counter: Counter) -> None:
    payment = await asked(counter)
    await counter.visited(payment, ASK_FOR_S)
    scope = Scope.system("test", counter.shop.business_id)

    await counter.shop.database.transact(scope, record_visit, payment.id, CANCELLED, 0.0)

    assert (await counter.payment(payment.id)).state is PaymentState.FAILED
    [issue] = await counter.shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10)
    assert issue.kind == "unsettled_payment"


async def test_the_first_visit_is_soon_after_the_prompt(counter: Counter) -> None:
    opened = await opens_sale(counter.shop, (await has_stock(counter.shop), "1"))

    async def ask(tx: Tx) -> list[float]:
        await sales.ask_mpesa(tx, opened.sale.id, PHONE, None, TERMS)
        return [job.delay_s for job in tx.jobs if job.name == payments.CHECK_PAYMENT]

    assert await counter.shop.transact(ask) == [15]
