"""A pasted message is a word until Safaricom, asked, says what its receipt is."""

from datetime import timedelta

import pytest

from payme import issues
from payme.callbacks import CallbackState
from payme.issues import IssueFilter, IssueState
from payme.money import ClaimState
from payme.receipts.services import record_question
from payme.receipts.types import ASK_FOR_S, PAUSES_S, SPREAD_S
from payme.reconciliation import verify
from payme.sales import SaleState
from payme.shortcodes import Refused
from tests.receipts.conftest import Market, OpenMarket
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.database import in_time
from tests.support.together import together


async def test_a_pasted_message_is_confirmed_by_asking(market: Market) -> None:
    claim = await market.pastes(await market.dials())

    await market.asks(claim)
    assert (await market.sale_now()).state is SaleState.OPEN  # that it was asked proves nothing
    assert await market.hears() is CallbackState.APPLIED

    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await market.sale_now()).state is SaleState.COMPLETED
    assert await market.books() == [("status", 300)]
    report = await verify(market.shop.database, business_ids=[market.shop.business_id])
    assert list(report.violations) == []


async def test_another_amount_is_booked_as_it_came_and_seen(market: Market) -> None:
    claim = await market.pastes(await market.dials(200), "300.00")

    await market.asks(claim)
    await market.hears()

    assert await market.books() == [("status", 200)]
    assert ((await market.sale_now()).state, (await market.sale_now()).paid) == (SaleState.OPEN, 200)
    assert await market.issues() == ["claim_differs"]


async def test_a_receipt_nobody_knows_stays_unverified_and_ends_with_a_person(market: Market) -> None:
    claim = await market.pastes(new_receipt(market.shop))
    after_s = 5.0
    for asks, pause_s in enumerate(PAUSES_S, 1):
        await market.asks(claim, after_s)
        assert await market.hears(asks) is CallbackState.DUPLICATE
        await market.asks(claim, after_s)  # a job that is delivered twice asks once
        after_s += pause_s + 1
    assert after_s < timedelta(days=1).total_seconds()
    assert await market.issues() == []

    await market.asks(claim, after_s)

    assert (await market.claim_now(claim)).state is ClaimState.UNVERIFIED
    assert await market.issues() == ["unanswered_receipt"]
    question = await market.question(claim)
    assert question is not None
    assert (question.asks, question.next_at, question.said[:7]) == (len(PAUSES_S), None, "R000002")
    later = in_time(market.shop.database, claim.created_at + timedelta(days=2))
    report = await verify(later, only=["P10"], business_ids=[market.shop.business_id])
    assert list(report.violations) == []


async def test_a_receipt_of_another_shop_never_books_anything(market: Market) -> None:
    other = str(int(market.shortcode) + 5_000_000)
    claim = await market.pastes(await market.dials(to=other))

    await market.asks(claim)

    assert await market.hears() is CallbackState.DUPLICATE
    assert (await market.claim_now(claim)).state is ClaimState.UNVERIFIED
    assert await market.books() == []


@pytest.mark.parametrize(
    ("was", "becomes", "state", "reason"),
    [
        ('"Completed"', '"Reversed"', ClaimState.DENIED, "M-PESA says: reversed"),
        ('"Completed"', '"Declined"', ClaimState.DENIED, "M-PESA says: declined"),
        ('"Completed"', '"Pending"', ClaimState.UNVERIFIED, ""),
        ("{shortcode} - ", "700700 - ", ClaimState.DENIED, "somebody else was paid with it"),
        ("{shortcode} - ", "", ClaimState.UNVERIFIED, ""),
        ("{receipt}", "UAA1111111", ClaimState.UNVERIFIED, ""),
        ('"Amount", "Value": 300', '"Amount", "Value": "?"', ClaimState.UNVERIFIED, ""),
        ('"Result"', '"Rest"', ClaimState.UNVERIFIED, ""),
    ],
)
async def test_only_a_completed_payment_to_this_shop_is_money(
    market: Market, was: str, becomes: str, state: ClaimState, reason: str
) -> None:
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await market.asks(claim)
    was = was.format(shortcode=market.shortcode, receipt=receipt)

    await market.hears_changed(was, becomes)

    now = await market.claim_now(claim)
    assert (now.state, now.reason) == (state, reason)
    assert await market.books() == []
    assert (await market.sale_now()).state is SaleState.OPEN


async def test_what_comes_from_elsewhere_is_not_believed(market: Market) -> None:
    claim = await market.pastes(await market.dials())
    await market.asks(claim)

    assert await market.hears_changed("", "", outside=True) is CallbackState.QUARANTINED

    assert await market.books() == []


async def test_a_notice_of_delay_is_no_failure_and_the_late_result_counts(open_market: OpenMarket) -> None:
    market = await open_market(timeout_s=1)
    await market.breaks("queue_timeout")
    claim = await market.pastes(await market.dials())
    await market.asks(claim)

    assert await market.hears(1) is CallbackState.DUPLICATE  # the notice
    assert (await market.claim_now(claim)).state is ClaimState.UNVERIFIED
    assert await market.hears(2) is CallbackState.APPLIED

    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED


async def test_a_lost_result_is_asked_for_again(market: Market) -> None:
    await market.breaks("result_lost")
    claim = await market.pastes(await market.dials())
    await market.asks(claim)
    await market.asks(claim, 5 + PAUSES_S[0])

    assert await market.hears(1) is CallbackState.APPLIED


async def test_a_doubled_result_has_one_effect(market: Market) -> None:
    await market.breaks("result_doubled")
    claim = await market.pastes(await market.dials())
    await market.asks(claim)

    assert await market.hears(2) is CallbackState.APPLIED
    assert await market.applies(market.door.arrived[0]) is CallbackState.DUPLICATE

    assert await market.books() == [("status", 300)]
    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED


@pytest.mark.parametrize("order", ["status first", "confirmation first", "denied first"])
async def test_status_and_confirmation_of_one_receipt_end_the_same(market: Market, order: str) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await market.asks(claim)
    await market.door.wait_for(1)
    if order == "status first":
        assert await market.hears() is CallbackState.APPLIED
    elif order == "denied first":
        await market.hears_changed('"Completed"', '"Expired"')
        assert (await market.claim_now(claim)).state is ClaimState.DENIED
    await safaricom.confirms(notice(receipt))
    await market.hears()

    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await market.sale_now()).state is SaleState.COMPLETED
    assert [amount for _, amount in await market.books()] == [300]


async def test_what_is_confirmed_meanwhile_is_not_asked_for(market: Market) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await safaricom.confirms(notice(receipt))

    await market.asks(claim)

    question = await market.question(claim)
    assert question is not None
    assert (question.asks, question.next_at) == (0, None)
    assert await market.issues() == []


async def test_a_shop_without_an_initiator_asks_nothing(open_market: OpenMarket) -> None:
    market = await open_market(initiator=None)
    claim = await market.pastes(await market.dials())

    await market.asks(claim)

    assert await market.question(claim) is None
    assert (await market.claim_now(claim)).state is ClaimState.UNVERIFIED


async def test_a_worker_that_dies_after_asking_loses_nothing(market: Market) -> None:
    claim = await market.pastes(await market.dials())
    await market.dies_at("receipt_asked", claim)

    assert await market.sweeps(5 + PAUSES_S[0] + 45) == 0
    assert await market.sweeps(5 + PAUSES_S[0] + 70) == 1  # the next question stood before this one was asked
    assert await market.hears(1) is CallbackState.APPLIED
    assert await market.hears(2) is CallbackState.DUPLICATE

    assert await market.books() == [("status", 300)]


async def test_many_workers_with_one_question_ask_it_once(market: Market) -> None:
    claim = await market.pastes(await market.dials())

    await together(8, lambda _: market.asks(claim))

    question = await market.question(claim)
    assert question is not None
    assert question.asks == 1
    assert await market.hears(1) is CallbackState.APPLIED


async def test_a_question_that_daraja_does_not_take_is_asked_again(market: Market) -> None:
    await market.breaks("busy")
    claim = await market.pastes(await market.dials())

    await market.asks(claim)
    question = await market.question(claim)
    assert question is not None
    assert (question.asks, bool(question.said)) == (1, True)
    await market.asks(claim, 5 + PAUSES_S[0])

    assert await market.hears(1) is CallbackState.APPLIED


async def test_questions_wait_for_their_turn_on_the_line_and_do_not_count_before(open_market: OpenMarket) -> None:
    market = await open_market(a_minute=5)
    first = await market.pastes(await market.dials())
    second = await market.pastes(await market.dials(200), "200.00", await market.another_sale())
    await market.asks(first)

    await market.asks(second)

    held = await market.question(second)
    assert held is not None
    assert held.next_at is not None
    assert held.asks == 0
    after_s = (held.next_at - second.created_at).total_seconds()
    assert SPREAD_S / 2 < after_s <= 12 + SPREAD_S / 2 + 1
    assert await market.issues() == []


async def test_a_line_that_is_held_for_longer_than_the_pause_leaves_the_question_as_it_stands(market: Market) -> None:
    claim = await market.pastes(await market.dials())
    held = Refused("paced", "less often", claim.created_at + timedelta(days=1))
    await market.asks(claim)

    await market.shop.transact(record_question, claim.id, held, 0.0)

    question = await market.question(claim)
    assert question is not None
    assert question.asks == 1
    assert await market.hears() is CallbackState.APPLIED


async def test_a_line_that_is_held_after_the_end_brings_no_question_back(market: Market) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await safaricom.confirms(notice(receipt))
    await market.asks(claim)

    await market.shop.transact(record_question, claim.id, Refused("paced", "", claim.created_at), 0.0)

    question = await market.question(claim)
    assert question is not None
    assert question.next_at is None


async def test_a_line_that_is_held_all_day_ends_with_a_person_before_the_claim_is_a_day_old(market: Market) -> None:
    claim = await market.pastes(await market.dials())

    await market.asks(claim, ASK_FOR_S + 1)

    assert await market.issues() == ["unanswered_receipt"]
    assert market.door.arrived == []


@pytest.mark.parametrize("denied", [False, True])
async def test_a_receipt_that_is_told_of_after_a_person_was_closes_the_issue(market: Market, *, denied: bool) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await market.asks(claim)
    await market.door.wait_for(1)
    await market.asks(claim, ASK_FOR_S + 1)
    [unanswered] = await market.shop.transact(issues.list_issues, IssueFilter(), None, 10)
    assert unanswered.kind == "unanswered_receipt"

    if denied:
        await market.hears_changed('"Completed"', '"Expired"')
    else:
        await safaricom.confirms(notice(receipt))

    unanswered = await market.shop.transact(issues.get_issue, unanswered.id)
    assert unanswered.state is IssueState.RESOLVED
    left = await market.shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10)
    assert [issue.kind for issue in left] == (["claim_denied"] if denied else [])
    await safaricom.confirms(notice(receipt))
    assert await market.shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10) == []
