"""The test of a payment config: one shilling, and what M-PESA said in plain words."""

from decimal import Decimal

import pytest

from payme import payments
from payme.callbacks import CallbackState
from payme.kit.db.transaction import Database
from payme.mpesa import PushRefused, PushUnknown
from payme.payment_configs import PaymentConfig, PaymentConfigNotFound, deactivate_config
from payme.payments import Payment, PaymentConfigNotTested, PaymentFor, PaymentInProgress, PaymentState, PhoneNotValid
from payme.payments.queries import get_test
from payme.payments.schemas import ConfigTestOut
from tests.support.daraja import PHONE, TERMS, Counter, not_paid, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together


@pytest.fixture
async def counter(database: Database) -> Counter:
    return Counter(await make_shop(database))


def paybill(shop: Shop) -> PaymentConfig:
    assert shop.paybill is not None
    return shop.paybill


async def tries(counter: Counter) -> Payment:
    shop = counter.shop
    payment = await shop.transact(payments.try_config, paybill(shop).id, PHONE, TERMS)
    await counter.submits(payment)
    return await counter.payment(payment.id)


async def told(counter: Counter) -> ConfigTestOut:
    return ConfigTestOut.of(await counter.shop.transact(get_test, paybill(counter.shop).id))


async def test_a_shilling_that_arrives_says_that_it_works(counter: Counter) -> None:
    payment = await tries(counter)
    assert (payment.purpose, payment.amount, payment.sale_id) == (PaymentFor.TEST, 1, None)
    (order,) = counter.daraja.orders
    assert (order.amount, order.description) == (1, "Test")
    asked = await told(counter)
    assert (asked.passed, asked.state) == (None, PaymentState.SUBMITTED)
    assert "Enter the PIN" in asked.explanation

    assert await counter.receives(paid(payment), payment) is CallbackState.APPLIED
    assert await counter.receives(paid(payment), payment) is CallbackState.DUPLICATE

    works = await told(counter)
    assert (works.passed, works.explanation) == (True, "It works: one shilling arrived.")
    assert await counter.shop.disagreements() == []


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("500.001.1001", "Wrong credentials", "check shortcode and passkey"),
        ("500.001.1001", "Merchant does not exist", "for a till: the store number"),
        ("no_token", "M-PESA does not accept the consumer key and secret.", "check consumer key and secret"),
    ],
)
async def test_wrong_settings_are_told_in_words(counter: Counter, code: str, text: str, words: str) -> None:
    counter.daraja.answer = PushRefused(code, text, "")
    await tries(counter)
    said = await told(counter)
    assert said.passed is False
    assert words in said.explanation
    assert "500." not in said.explanation


async def test_settings_are_right_where_only_nobody_paid(counter: Counter) -> None:
    payment = await tries(counter)
    await counter.receives(not_paid(payment), payment)
    said = await told(counter)
    assert (said.passed, said.state) == (False, PaymentState.FAILED)
    assert said.explanation.startswith("The settings are right, but nobody paid. The customer cancelled")

    counter.daraja.answer = PushUnknown("timeout")
    await counter.deadline_passes(await tries(counter))
    assert (await told(counter)).passed is None


async def test_one_test_of_a_config_runs_at_a_time(counter: Counter) -> None:
    shop = counter.shop
    ends = await together(5, lambda _: shop.transact(payments.try_config, paybill(shop).id, PHONE, TERMS))
    assert (count(ends, Payment), count(ends, PaymentInProgress)) == (1, 4)


async def test_a_config_is_tested_before_it_collects_and_beside_a_sale(counter: Counter) -> None:
    shop = counter.shop
    opened = await opens_sale(shop, (await has_stock(shop), "1"))
    await counter.asks(opened.sale.id)
    await shop.transact(deactivate_config, paybill(shop).id)
    assert (await tries(counter)).state is PaymentState.SUBMITTED


async def test_what_is_not_there_is_not_tested(counter: Counter, database: Database) -> None:
    shop = counter.shop
    theirs = paybill(await make_shop(database))
    with pytest.raises(PaymentConfigNotFound):
        await shop.transact(payments.try_config, theirs.id, PHONE, TERMS)
    with pytest.raises(PaymentConfigNotFound):
        await shop.transact(get_test, theirs.id)
    with pytest.raises(PaymentConfigNotTested):
        await shop.transact(get_test, paybill(shop).id)
    with pytest.raises(PhoneNotValid):
        await shop.transact(payments.try_config, paybill(shop).id, "0201234567", TERMS)


async def test_the_platforms_account_collects_for_tokens(counter: Counter) -> None:
    """Its account reference is the same for every purchase."""
    collector = payments.Collector("650880", TERMS.base_urls[paybill(counter.shop).environment], None, "37605544")
    for _ in range(2):
        wish = payments.Ask(PaymentFor.TOKENS, None, Decimal(50), PHONE)
        payment = await counter.shop.transact(payments.ask, wish, collector, TERMS)
        await counter.submits(payment)
        assert (payment.account_reference, payment.payment_config_id, payment.amount) == ("37605544", None, 50)
    assert {account.shortcode for account in counter.daraja.accounts} == {"650880"}
