"""Money that waits is claimed once, and a pasted message is no money until Safaricom tells of it."""

from decimal import Decimal

import pytest

from payme import claims, money, sales
from payme.callbacks import CallbackState
from payme.claims import Claimed, paste_message
from payme.kit.db.transaction import Database
from payme.money import Claim, ClaimState, MoneyClaimed, MoneyNotFound, ReceiptNotClaimable, ReceiptTaken
from payme.sales import Cancellation, SaleNotFound, SaleNotOpen, SaleState
from tests.settlement.conftest import Street
from tests.support.by_hand import message, new_receipt, notice
from tests.support.daraja import paid, receipt_of
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop
from tests.support.together import count, together


async def test_n25_a_wrong_account_waits_to_be_claimed_once(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop), account="MAMA MBOGA"))
    [found] = await street.unclaimed()
    assert (await street.sale_now()).state is SaleState.OPEN

    claimed = await street.shop.transact(claims.claim_money, found.id, street.sale.id, role="cashier")

    assert claimed == Claimed(found.id, street.sale.id, Decimal(300), Decimal(300), SaleState.COMPLETED)
    assert await street.unclaimed() == []
    other = await street.another_sale()
    with pytest.raises(MoneyClaimed) as refused:
        await street.shop.transact(claims.claim_money, found.id, other.id)
    assert refused.value.sale_ids == (street.sale.id,)


async def test_sixty_four_tills_claim_one_receipt_and_one_has_it(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop)))
    [found] = await street.unclaimed()
    tea = await has_stock(street.shop, name="Tea", quantity="100")
    wanted = [(await opens_sale(street.shop, (tea, "2"))).sale for _ in range(8)]

    results = await together(
        64, lambda number: street.shop.transact(claims.claim_money, found.id, wanted[number % 8].id)
    )

    assert count(results, Claimed) == 1
    assert count(results, MoneyClaimed) + count(results, SaleNotOpen) == 63
    assert await street.books() == {"sale": 300}


async def test_more_than_is_due_is_an_overpayment_and_less_leaves_a_balance(street: Street) -> None:
    for amount in ("100.00", "250.00"):
        await street.safaricom.confirms(notice(new_receipt(street.shop), amount))
    for found in sorted(await street.unclaimed(), key=lambda one: one.amount):
        await street.shop.transact(claims.claim_money, found.id, street.sale.id)

    assert await street.books() == {"sale": 300, "overpayment": 50}
    assert "overpayment" in await street.issues()


async def test_money_is_claimed_for_an_open_sale_of_this_shop_only(database: Database, street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop)))
    [found] = await street.unclaimed()
    other = await make_shop(database)
    theirs = (await opens_sale(other, (await has_stock(other), "2"))).sale
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))

    with pytest.raises(SaleNotOpen):
        await street.shop.transact(claims.claim_money, found.id, street.sale.id)
    with pytest.raises(SaleNotFound):
        await street.shop.transact(claims.claim_money, found.id, theirs.id)
    with pytest.raises(MoneyNotFound):
        await other.transact(claims.claim_money, found.id, theirs.id)
    assert await street.books() == {"unallocated": 300}


async def test_money_of_a_cancelled_sale_can_be_claimed_for_the_next(street: Street) -> None:
    await street.safaricom.confirms(notice(new_receipt(street.shop), "100.00"))
    [found] = await street.unclaimed()
    await street.shop.transact(claims.claim_money, found.id, street.sale.id)
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))
    [again] = await street.unclaimed()
    assert again.id == found.id
    other = await street.another_sale()

    await street.shop.transact(claims.claim_money, found.id, other.id)

    assert await street.books() == {"sale": 100}
    assert (await street.sale_now(other)).paid == 100


async def test_money_claimed_for_another_sale_than_it_was_paid_for_stays_there_and_is_told(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.safaricom.confirms(notice(receipt_of(payment)))
    [found] = await street.unclaimed()
    other = await street.another_sale()
    await street.shop.transact(claims.claim_money, found.id, other.id)

    assert await street.counter.receives(paid(payment), payment) is CallbackState.APPLIED

    assert (await street.sale_now(other)).state is SaleState.COMPLETED
    assert (await street.sale_now()).state is SaleState.OPEN
    assert await street.books() == {"sale": 300}
    assert "claimed_elsewhere" in await street.issues()


# Pasted messages


async def test_a_pasted_message_is_no_money_until_safaricom_tells(street: Street) -> None:
    receipt = new_receipt(street.shop)

    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt), role="cashier")

    assert (claim.state, claim.receipt, claim.amount) == (ClaimState.UNVERIFIED, receipt, 300)
    assert (await street.sale_now()).state is SaleState.OPEN
    assert await street.books() == {}

    assert await street.safaricom.confirms(notice(receipt)) is CallbackState.APPLIED

    assert (await street.sale_now()).state is SaleState.COMPLETED
    [confirmed] = await street.claims()
    assert confirmed.state is ClaimState.CONFIRMED
    assert await street.books() == {"sale": 300}


async def test_a_pasted_message_claims_money_that_waits(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))

    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt))

    assert claim.state is ClaimState.CONFIRMED
    assert (await street.sale_now()).state is SaleState.COMPLETED


async def test_a_message_that_says_more_than_was_paid_is_believed_for_what_was_paid(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.shop.transact(paste_message, street.sale.id, message(receipt, "300.00"))

    await street.safaricom.confirms(notice(receipt, "30.00"))

    assert (await street.sale_now()).paid == 30
    assert "claim_differs" in await street.issues()


async def test_a_receipt_is_pasted_once_and_the_shop_is_told_who_has_it(street: Street) -> None:
    receipt = new_receipt(street.shop)
    other = await street.another_sale()
    await street.shop.transact(paste_message, street.sale.id, message(receipt))

    for sale in (street.sale, other):
        with pytest.raises(ReceiptTaken) as refused:
            await street.shop.transact(paste_message, sale.id, message(receipt))
        assert refused.value.sale_id == street.sale.id

    await street.safaricom.confirms(notice(receipt))
    with pytest.raises(ReceiptTaken):
        await street.shop.transact(paste_message, other.id, message(receipt))


async def test_a_receipt_that_paid_a_prompt_is_not_pasted_for_another_sale(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    await street.counter.receives(paid(payment), payment)
    other = await street.another_sale()

    with pytest.raises(ReceiptTaken) as refused:
        await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))
    assert refused.value.sale_id == street.sale.id


async def test_another_shops_receipt_is_refused_and_nothing_is_told(database: Database, street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    other = await make_shop(database)
    theirs = (await opens_sale(other, (await has_stock(other), "2"))).sale

    with pytest.raises(ReceiptNotClaimable) as refused:
        await other.transact(paste_message, theirs.id, message(receipt))

    assert refused.value.facts() == {"receipt": receipt}


async def test_only_an_open_sale_is_pasted_for(street: Street) -> None:
    await street.shop.transact(sales.cancel_sale, street.sale.id, Cancellation("left"))

    with pytest.raises(SaleNotOpen):
        await street.shop.transact(paste_message, street.sale.id, message(new_receipt(street.shop)))


async def test_a_claim_for_one_sale_of_a_prompt_for_another_is_denied(street: Street) -> None:
    payment = await street.counter.asks(street.sale.id)
    other = await street.another_sale()
    await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))

    await street.counter.receives(paid(payment), payment)

    assert (await street.sale_now()).state is SaleState.COMPLETED
    [denied] = await street.claims()
    assert (denied.state, denied.reason) == (ClaimState.DENIED, "it was paid for another sale")
    assert "claim_denied" in await street.issues()
    with pytest.raises(ReceiptTaken):
        await street.shop.transact(paste_message, other.id, message(receipt_of(payment)))


@pytest.mark.parametrize("attempt", range(6))
async def test_a_message_and_its_confirmation_race_and_the_sale_is_paid_once(street: Street, attempt: int) -> None:
    receipt = new_receipt(street.shop)

    results = await together(
        4,
        lambda number: (
            street.safaricom.confirms(notice(receipt))
            if (number + attempt) % 2
            else street.shop.transact(paste_message, street.sale.id, message(receipt))
        ),
    )

    assert count(results, Claim) == 1
    assert (await street.sale_now()).state is SaleState.COMPLETED
    assert await street.books() == {"sale": 300}
    [claim] = await street.claims()
    assert claim.state is ClaimState.CONFIRMED


async def test_sixty_four_pastes_of_one_message_are_one_claim(street: Street) -> None:
    receipt = new_receipt(street.shop)

    results = await together(64, lambda _: street.shop.transact(paste_message, street.sale.id, message(receipt)))

    assert count(results, Claim) == 1
    assert count(results, ReceiptTaken) == 63


async def test_a_claim_that_is_settled_is_not_denied(street: Street) -> None:
    receipt = new_receipt(street.shop)
    await street.safaricom.confirms(notice(receipt))
    claim = await street.shop.transact(paste_message, street.sale.id, message(receipt))

    assert await street.shop.transact(money.deny_claim, claim, "too late") is False
    assert (await street.claims())[0].state is ClaimState.CONFIRMED
