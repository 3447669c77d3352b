"""What Safaricom lists is booked once, whoever told of it before, and settles what was lost."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme.callbacks import CallbackState
from payme.daraja import Access
from payme.kit.db.transaction import Tx
from payme.money import ClaimState
from payme.payments import PaymentState
from payme.receipts import PULL_NEXT
from payme.receipts.jobs import pull_money
from payme.receipts.queries import find_pull
from payme.receipts.types import LIST_FOR_S, OVERLAP_S, PAGES_MAX, REACH_S
from payme.sales import SaleState
from payme.shortcodes import (
    PULL_PAGE,
    Initiator,
    OrderAnswer,
    PullAnswer,
    Pulled,
    PulledMoney,
    Refused,
    ResultPaths,
    Taken,
    Unknown,
)
from tests.receipts.conftest import Market, NotedJobs, OpenMarket
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import PHONE, Counter, paid
from tests.support.shops import make_shop
from tests.support.together import together


async def test_a_payment_whose_callback_was_lost_is_settled_by_the_list(market: Market) -> None:
    counter = Counter(market.shop, box=market.desk.strongbox)
    payment = await counter.asks(market.sale.id)
    await market.pulls()  # registers, and finds nothing
    await counter.deadline_passes(payment)
    receipt = await market.dials(account=payment.account_reference or "")

    assert await market.pulls() == 1

    settled = await counter.payment(payment.id)
    assert settled.state is PaymentState.SUCCEEDED
    assert (await market.sale_now()).state is SaleState.COMPLETED
    assert await market.books() == [("pull", 300)]
    assert await market.pulls() == 0  # the same time again
    assert await counter.receives(paid(payment, receipt), payment) is CallbackState.DUPLICATE  # late after all
    assert await market.books() == [("pull", 300)]
    assert await market.shop.disagreements() == []


async def test_money_by_hand_pays_the_sale_it_names_and_else_waits(market: Market) -> None:
    await market.dials(account=str(market.sale.number))
    await market.dials(450, account="MAMA MBOGA", phone="254799111222")

    assert await market.pulls() == 2

    assert (await market.sale_now()).state is SaleState.COMPLETED
    assert sorted(await market.books()) == [("pull", 300), ("pull", 450)]


@pytest.mark.parametrize("order", ["pull", "confirmation", "status"])
async def test_list_status_and_confirmation_of_one_receipt_end_the_same(market: Market, order: str) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await market.asks(claim)
    await market.door.wait_for(1)
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "pull": market.pulls,
        "confirmation": lambda: safaricom.confirms(notice(receipt)),
        "status": market.hears,
    }
    first = steps.pop(order)
    await first()
    for step in steps.values():
        await step()

    assert await market.books() == [(order, 300)]
    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await market.sale_now()).state is SaleState.COMPLETED


async def test_everything_at_once_books_once(market: Market) -> None:
    safaricom = await registers(market.shop)
    receipt = await market.dials()
    claim = await market.pastes(receipt)
    await market.asks(claim)
    await market.pulls(-60)  # registered, before it was paid
    [status] = await market.door.wait_for(1)

    async def one(number: int) -> object:
        if number % 3 == 0:
            return await market.pulls()
        if number % 3 == 1:
            return await safaricom.confirms(notice(receipt))
        return await market.applies(status)

    await together(12, one)

    assert len(await market.books()) == 1
    assert (await market.claim_now(claim)).state is ClaimState.CONFIRMED
    assert (await market.sale_now()).paid == 300


async def test_a_shop_without_a_number_that_may_have_the_list_pulls_nothing(open_market: OpenMarket) -> None:
    market = await open_market(pull_number=None)
    await market.dials()

    assert await market.pulls() == 0

    assert await market.books() == []


async def test_a_shop_without_a_paybill_pulls_nothing(market: Market) -> None:
    bare = await make_shop(market.shop.database, paybill=False)
    assert await replace(market, shop=bare).pulls() == 0


async def test_the_receipt_of_another_business_is_not_booked_twice_in_the_world(market: Market) -> None:
    thief = await make_shop(market.shop.database)
    receipt = await market.dials()
    await (await registers(thief)).confirms(notice(receipt))

    assert await market.pulls() == 0

    assert await market.books() == []
    assert await market.issues() == ["listed_money_doubted"]


class PlayedOrganisation:
    """Daraja, which lists what it is told to."""

    def __init__(self, registered: OrderAnswer, *pages: PullAnswer) -> None:
        self.registered = registered
        self.registrations = 0
        self.pages = list(pages)
        self.asked: list[tuple[datetime, datetime, int]] = []

    async def ask_status(self, access: Access, initiator: Initiator, receipt: str, paths: ResultPaths) -> OrderAnswer:
        raise AssertionError("nobody asks for a receipt")

    async def register_pull(self, access: Access, nominated_phone: str, callback_url: str) -> OrderAnswer:
        self.registrations += 1
        return self.registered

    async def pull(self, access: Access, start: datetime, end: datetime, offset: int) -> PullAnswer:
        self.asked.append((start, end, offset))
        return self.pages.pop(0)


def with_daraja(market: Market, daraja: PlayedOrganisation) -> Market:
    return replace(market, desk=replace(market.desk, organisation=daraja))


def row(receipt: str, amount: str | None = "300") -> PulledMoney:
    return PulledMoney(receipt, None if amount is None else Decimal(amount), "", PHONE, datetime.now(UTC))


async def pulled_to(market: Market) -> datetime | None:
    async def read(tx: Tx, config_id: UUID) -> datetime | None:
        found = await find_pull(tx, config_id)
        return found.pulled_to if found else None

    assert market.shop.paybill is not None
    return await market.shop.transact(read, market.shop.paybill.id)


async def test_pages_follow_one_another_and_the_next_list_begins_a_little_before(market: Market) -> None:
    full = Pulled((row(new_receipt(market.shop)),), PULL_PAGE)
    daraja = PlayedOrganisation(Taken("x"), full, Pulled((row(new_receipt(market.shop)),), 1), Pulled((), 0))
    played = with_daraja(market, daraja)

    assert await played.pulls() == 2
    assert await played.pulls(900) == 0

    (start, end, _), (_, _, second), (again, _, _) = daraja.asked
    assert (second, end - start) == (PULL_PAGE, timedelta(seconds=REACH_S))
    assert again == end - timedelta(seconds=OVERLAP_S)
    assert daraja.registrations == 1


@pytest.mark.parametrize("answer", [Refused("429", "too often"), Unknown("timeout")])
async def test_an_unfinished_list_is_listed_again_from_its_beginning(market: Market, answer: PullAnswer) -> None:
    full = Pulled((row(new_receipt(market.shop)),), PULL_PAGE)
    daraja = PlayedOrganisation(Taken("x"), full, answer, full, Pulled((), 0))
    played = with_daraja(market, daraja)

    assert await played.pulls() == 1
    assert await pulled_to(market) is None
    assert await played.pulls() == 0

    assert await pulled_to(market) is not None
    assert len(await market.books()) == 1


async def test_a_page_for_which_the_line_is_held_comes_when_it_is_free(market: Market) -> None:
    full = Pulled((row(new_receipt(market.shop)),), PULL_PAGE)
    held = Refused("paced", "less often", datetime.now(UTC) + timedelta(seconds=12))
    daraja = PlayedOrganisation(Taken("x"), full, held, Pulled((row(new_receipt(market.shop)),), 1))

    assert await with_daraja(market, daraja).pulls() == 2

    assert [offset for _, _, offset in daraja.asked] == [0, PULL_PAGE, PULL_PAGE]
    assert len({(start, end) for start, end, _ in daraja.asked}) == 1
    assert await pulled_to(market) == daraja.asked[0][1]


async def test_a_list_for_which_the_line_is_held_until_the_next_is_left_to_that(market: Market) -> None:
    held = Refused("breaker_open", "left alone", datetime.now(UTC) + timedelta(seconds=LIST_FOR_S + 60))
    daraja = PlayedOrganisation(Taken("x"), held)

    assert await with_daraja(market, daraja).pulls() == 0

    assert await pulled_to(market) is None


async def test_the_pages_of_a_long_list_keep_the_pace_of_the_line(open_market: OpenMarket) -> None:
    market = await open_market(a_minute=5)
    await market.dials()
    assert await market.pulls() == 1
    jobs = NotedJobs()

    assert await pull_money(market.desk_at(1, jobs), market.shop.business_id) == 0

    [again] = jobs.noted
    assert (again.name, again.payload["page"]) == (PULL_NEXT, "0")
    assert 0 < again.delay_s <= 12


async def test_a_list_without_an_end_is_left(market: Market) -> None:
    daraja = PlayedOrganisation(Taken("x"), *[Pulled((), PULL_PAGE)] * (PAGES_MAX + 1))

    assert await with_daraja(market, daraja).pulls() == 0

    assert len(daraja.asked) == PAGES_MAX
    assert await pulled_to(market) is None


@pytest.mark.parametrize("answer", [Refused("400", "Invalid NominatedNumber"), Unknown("timeout")])
async def test_without_registration_nothing_is_listed_and_it_is_tried_again(
    market: Market, answer: OrderAnswer
) -> None:
    daraja = PlayedOrganisation(answer)

    assert await with_daraja(market, daraja).pulls() == 0
    assert await with_daraja(market, daraja).pulls() == 0

    assert (daraja.registrations, daraja.asked) == (2, [])


async def test_a_row_without_an_amount_is_for_a_person(market: Market) -> None:
    daraja = PlayedOrganisation(Taken("x"), Pulled((row(new_receipt(market.shop), None),), 1))

    assert await with_daraja(market, daraja).pulls() == 0

    assert await market.issues() == ["listed_money_doubted"]
