"""A prompt whose callback is lost is paid by whatever else tells of its receipt, and by nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from payme import callbacks, issues
from payme.callbacks import CallbackState, PathKind
from payme.issues import IssueFilter, IssueState
from payme.kit.db.transaction import Tx
from payme.money import Claim, ClaimState
from payme.mpesa import QueryResult
from payme.payments import Payment, PaymentState
from payme.sales import Sale, SaleState
from tests.receipts.conftest import Market
from tests.support.by_hand import notice, registers, status_result
from tests.support.daraja import PHONE, Counter, not_paid, paid
from tests.support.together import together


@dataclass
class Till:
    """A prompt that was sent for the open sale, and a customer who shows the message of a receipt."""

    market: Market
    counter: Counter
    payment: Payment

    async def pastes(self, receipt: str, sale: Sale | None = None) -> tuple[Claim, str]:
        """Paste the message; returns the claim, and the secret of a path on which it is answered."""
        claim = await self.market.pastes(receipt, sale=sale)

        async def open_path(tx: Tx) -> str:
            return callbacks.open_path(tx, PathKind.STATUS, claim.id)

        return claim, await self.market.shop.transact(open_path)

    async def now(self) -> Payment:
        return await self.counter.payment(self.payment.id)


@pytest.fixture
async def till(market: Market) -> Till:
    counter = Counter(market.shop, box=market.desk.strongbox)
    return Till(market, counter, await counter.asks(market.sale.id))


@pytest.mark.parametrize("before", ["", "deadline", "soft failure", "failure", "a day"])
async def test_an_answer_about_the_receipt_settles_the_very_prompt(till: Till, before: str) -> None:
    if before == "soft failure":
        till.counter.daraja.query_answer = QueryResult("1032", "Request cancelled by user")
        await till.counter.visited(till.payment, 15)
    elif before == "failure":
        await till.counter.receives(not_paid(till.payment), till.payment)
    elif before:
        await till.counter.visited(till.payment, 120 if before == "deadline" else 86_200)
    receipt = await till.market.dials()
    claim, path = await till.pastes(receipt)
    body = status_result(receipt, till.market.shortcode)

    assert await till.counter.receives_at(body, path) is CallbackState.APPLIED

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert (await till.market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await till.market.sale_now()).state is SaleState.COMPLETED
    assert await till.counter.receives_at(body, path) is CallbackState.DUPLICATE
    assert await till.counter.receives(paid(till.payment, receipt), till.payment) is CallbackState.DUPLICATE
    assert await till.market.books() == [("status", 300)]
    left = await till.market.shop.transact(issues.list_issues, IssueFilter(state=IssueState.OPEN), None, 10)
    assert [issue.kind for issue in left] == (["contradiction"] if "failure" in before else [])
    assert await till.market.shop.disagreements() == []


async def test_a_receipt_claimed_for_another_sale_than_its_prompt_was_for_pays_the_prompts(till: Till) -> None:
    other = await till.market.another_sale()
    receipt = await till.market.dials()
    claim, path = await till.pastes(receipt, other)

    await till.counter.receives_at(status_result(receipt, till.market.shortcode), path)

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert (await till.market.claim_now(claim)).state is ClaimState.DENIED
    assert (await till.market.sale_now()).state is SaleState.COMPLETED
    assert (await till.market.sale_now(other)).paid == 0


@pytest.mark.parametrize(
    ("amount", "phone", "reason", "after_s"),
    [
        ("300", PHONE, "Pay Bill", 0),
        ("300", PHONE, "", 0),
        ("300", "254799999999", "Pay Bill Online", 0),
        ("300", "2547*****678", "Pay Bill Online", 0),
        ("200", PHONE, "Pay Bill Online", 0),
        ("300", PHONE, "Pay Bill Online", 180),
        ("300", PHONE, "Pay Bill Online", -90),
    ],
)
async def test_money_that_need_not_be_the_prompts_leaves_it_as_it_is(
    till: Till, amount: str, phone: str, reason: str, after_s: float
) -> None:
    receipt = await till.market.dials(int(amount))
    claim, path = await till.pastes(receipt)
    at = datetime.now(UTC) + timedelta(seconds=after_s)
    body = status_result(receipt, till.market.shortcode, amount, phone, reason, at)

    assert await till.counter.receives_at(body, path) is CallbackState.APPLIED

    assert (await till.now()).state is PaymentState.SUBMITTED
    assert (await till.market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await till.market.sale_now()).paid == int(amount)
    await till.counter.receives(not_paid(till.payment), till.payment)
    assert (await till.now()).state is PaymentState.FAILED
    assert "contradiction" not in await till.market.issues()
    assert await till.market.shop.disagreements() == []


async def test_of_two_prompts_for_the_same_none_is_guessed_and_each_callback_finds_its_own(till: Till) -> None:
    other = await till.market.another_sale()
    second = await till.counter.asks(other.id)
    receipt = await till.market.dials()
    _, path = await till.pastes(receipt)

    await till.counter.receives_at(status_result(receipt, till.market.shortcode), path)

    assert (await till.now()).state is PaymentState.SUBMITTED
    assert (await till.counter.payment(second.id)).state is PaymentState.SUBMITTED
    await till.counter.receives(paid(second, receipt), second)
    assert (await till.now()).state is PaymentState.SUBMITTED
    assert (await till.counter.payment(second.id)).state is PaymentState.SUCCEEDED
    assert await till.market.books() == [("status", 300)]


async def test_a_prompt_that_is_paid_is_not_paid_by_another_receipt(till: Till) -> None:
    await till.counter.receives(paid(till.payment), till.payment)
    other = await till.market.another_sale()
    receipt = await till.market.dials()
    _, path = await till.pastes(receipt, other)

    await till.counter.receives_at(status_result(receipt, till.market.shortcode), path)

    assert await till.market.books() == [("callback", 300), ("status", 300)]
    assert (await till.market.sale_now(other)).state is SaleState.COMPLETED


@pytest.mark.parametrize("first", ["status", "confirmation"])
async def test_a_list_that_names_the_prompt_links_money_that_was_booked_without_it(till: Till, first: str) -> None:
    safaricom = await registers(till.market.shop)
    receipt = await till.market.dials(account=till.payment.account_reference or "")
    _, path = await till.pastes(receipt)
    if first == "status":
        await till.counter.receives_at(status_result(receipt, till.market.shortcode, reason=""), path)
    else:
        await safaricom.confirms(notice(receipt))
    assert ((await till.now()).state, (await till.market.sale_now()).paid) == (PaymentState.SUBMITTED, 300)

    assert await till.market.pulls() == 1

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert await till.market.books() == [(first, 300)]
    assert await till.counter.receives(paid(till.payment, receipt), till.payment) is CallbackState.DUPLICATE
    assert await till.market.pulls() == 0
    assert await till.market.shop.disagreements() == []


async def test_a_list_that_names_the_prompt_finds_money_that_waited(till: Till) -> None:
    safaricom = await registers(till.market.shop)
    receipt = await till.market.dials(account=till.payment.account_reference or "")
    await safaricom.confirms(notice(receipt))
    assert (await till.market.sale_now()).paid == 0

    assert await till.market.pulls() == 1

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert (await till.market.sale_now()).state is SaleState.COMPLETED
    assert await till.market.shop.disagreements() == []


@pytest.mark.parametrize("first", ["question", "list"])
async def test_a_list_without_accounts_settles_the_prompt_that_a_question_says_was_paid(till: Till, first: str) -> None:
    receipt = await till.market.dials()
    if first == "list":
        assert await till.market.pulls() == 1
        assert (await till.now()).state is PaymentState.SUBMITTED  # the sale is paid; that the prompt was is a guess
    till.counter.daraja.query_answer = QueryResult("0", "The service request is processed successfully.")
    await till.counter.visited(till.payment, 15)

    assert await till.market.pulls() == 1

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert (await till.market.sale_now()).state is SaleState.COMPLETED
    assert await till.counter.receives(paid(till.payment, receipt), till.payment) is CallbackState.DUPLICATE
    assert await till.market.books() == [("pull", 300)]
    assert await till.market.shop.disagreements() == []


@pytest.mark.parametrize(("amount", "phone"), [(300, "254799999999"), (200, PHONE)])
async def test_a_list_without_accounts_settles_no_prompt_for_something_else(
    till: Till, amount: int, phone: str
) -> None:
    till.counter.daraja.query_answer = QueryResult("0", "The service request is processed successfully.")
    await till.counter.visited(till.payment, 15)
    await till.market.dials(amount, phone=phone)

    assert await till.market.pulls() == 1

    assert (await till.now()).state is PaymentState.SUBMITTED
    assert (await till.market.sale_now()).paid == 0


async def test_all_that_tells_of_a_prompts_money_at_once_settles_it_once(till: Till) -> None:
    receipt = await till.market.dials(account=till.payment.account_reference or "")
    _, path = await till.pastes(receipt)
    await till.market.pulls(-60)  # registered, before it was paid
    body = status_result(receipt, till.market.shortcode)
    tells: tuple[Callable[[], Awaitable[object]], ...] = (
        till.market.pulls,
        lambda: till.counter.receives_at(body, path),
        lambda: till.counter.receives(paid(till.payment, receipt), till.payment),
        lambda: till.counter.receives(not_paid(till.payment), till.payment),
    )

    await together(12, lambda number: tells[number % 4]())

    assert (await till.now()).state is PaymentState.SUCCEEDED
    assert [amount for _, amount in await till.market.books()] == [300]
    assert (await till.market.sale_now()).paid == 300
    assert await till.market.shop.disagreements() == []


async def test_what_somebody_typed_for_another_account_is_not_taken_for_the_prompts(till: Till) -> None:
    safaricom = await registers(till.market.shop)
    receipt = await till.market.dials(account=till.payment.account_reference or "")
    await safaricom.confirms(notice(receipt, account="MAMA MBOGA"))

    assert await till.market.pulls() == 0

    assert (await till.now()).state is PaymentState.SUBMITTED
