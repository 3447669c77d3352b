"""A business's own paybill or till: one collects at a time, a number is one business's, secrets keep their place."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from payme import payment_configs, sales
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.secrets import Keyring, SecretUnreadable, given_keys
from payme.mpesa import TransactionType
from payme.payment_configs import (
    ConfigChange,
    Environment,
    EnvironmentNotOffered,
    InitiatorIncomplete,
    NumberTaken,
    PaymentConfig,
    PaymentConfigMissing,
    PaymentConfigNotFound,
    PaymentConfigsBusy,
    SecretField,
    ShortcodeKind,
    Strongbox,
    TillNumberWrong,
    TooManyPaymentConfigs,
    rules,
)
from payme.payment_configs.types import CONFIGS_MAX
from payme.payments import PaymentState
from payme.sales import SaleState
from tests.support.daraja import PHONE, TERMS, Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, Shop, make_shop, paybill_draft
from tests.support.together import count, together

OTHER_KEY = "v1:" + "Q" * 43 + "="
LOST = Strongbox(given_keys(OTHER_KEY), BOX.base_urls)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database, paybill=False)


async def actions(shop: Shop) -> list[str]:
    async def read(tx: Tx) -> list[str]:
        rows = await tx.records(
            """
            SELECT action FROM audit_entries WHERE business_id = $1 AND action LIKE 'payment_config%' ORDER BY sequence
            """,
            tx.business_id,
        )
        return [row["action"] for row in rows]

    return await shop.transact(read)


async def owner_of(database: Database, number: str) -> object:
    return await database.transact(
        Scope.system("test"), payment_configs.find_number_owner, Environment.SIMULATOR, number
    )


async def test_without_a_payment_config_a_shop_sells_for_cash_only(shop: Shop) -> None:
    opened = await opens_sale(shop, (await has_stock(shop), "1"))

    with pytest.raises(PaymentConfigMissing):
        await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)

    paid = await shop.transact(sales.take_cash, opened.sale.id, Decimal(500))
    assert paid.sale.state is SaleState.COMPLETED


async def test_a_push_is_ordered_with_the_shops_own_credentials(shop: Shop) -> None:
    secrets = {
        SecretField.CONSUMER_KEY: "key of the shop",
        SecretField.CONSUMER_SECRET: "secret of the shop",
        SecretField.PASSKEY: "passkey of the shop",
    }
    draft = paybill_draft(kind=ShortcodeKind.TILL, till_number="5123456", secrets=secrets)
    config = await shop.transact(payment_configs.add_config, draft, BOX)
    counter = Counter(shop)
    opened = await opens_sale(shop, (await has_stock(shop), "1"))

    payment = await counter.asks(opened.sale.id)

    assert (payment.shortcode, payment.payment_config_id) == (draft.shortcode, config.id)
    (account,) = counter.daraja.accounts
    assert (account.shortcode, account.party_b) == (draft.shortcode, "5123456")
    assert (account.consumer_key, account.consumer_secret, account.passkey) == tuple(secrets.values())
    assert account.transaction_type is TransactionType.TILL
    assert not any(secret in f"{config!r} {draft!r} {account!r} {BOX!r}" for secret in secrets.values())


async def test_the_newest_collects_and_the_one_before_may_collect_again(shop: Shop, database: Database) -> None:
    first = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    second = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    assert (await shop.transact(payment_configs.get_active)).id == second.id
    assert await owner_of(database, first.shortcode) is None

    again = await shop.transact(payment_configs.activate_config, first.id)
    assert again.active
    assert await shop.transact(payment_configs.activate_config, first.id) == again
    assert (await shop.transact(payment_configs.get_active)).id == first.id
    found = await owner_of(database, first.shortcode)
    assert found == payment_configs.NumberOwner(shop.business_id, first.id)

    ended = await shop.transact(payment_configs.deactivate_config, first.id)
    assert await shop.transact(payment_configs.deactivate_config, first.id) == ended
    with pytest.raises(PaymentConfigMissing):
        await shop.transact(payment_configs.get_active)
    assert await actions(shop) == [
        "payment_config_added",
        "payment_config_deactivated",
        "payment_config_added",
        "payment_config_deactivated",
        "payment_config_activated",
        "payment_config_deactivated",
    ]


async def test_a_number_collects_for_one_business(shop: Shop, database: Database) -> None:
    other = await make_shop(database, paybill=False)
    mine = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)

    with pytest.raises(NumberTaken):
        await other.transact(payment_configs.add_config, paybill_draft(shortcode=mine.shortcode), BOX)
    till = paybill_draft(kind=ShortcodeKind.TILL, till_number=mine.shortcode)
    with pytest.raises(NumberTaken):
        await other.transact(payment_configs.add_config, till, BOX)
    with pytest.raises(NumberTaken):
        await shop.transact(payment_configs.add_config, paybill_draft(shortcode=mine.shortcode), BOX)
    # In another environment it is another number.
    sandbox = paybill_draft(shortcode=mine.shortcode, environment=Environment.SANDBOX)
    await other.transact(payment_configs.add_config, sandbox, BOX)

    await shop.transact(payment_configs.deactivate_config, mine.id)
    theirs = await other.transact(payment_configs.add_config, paybill_draft(shortcode=mine.shortcode), BOX)
    with pytest.raises(NumberTaken):
        await shop.transact(payment_configs.activate_config, mine.id)
    assert await owner_of(database, mine.shortcode) == payment_configs.NumberOwner(other.business_id, theirs.id)


async def test_many_at_once_end_with_one_that_collects(shop: Shop, database: Database) -> None:
    shops = [await make_shop(database, paybill=False) for _ in range(4)]
    wanted = paybill_draft()
    claims = await together(4, lambda n: shops[n].transact(payment_configs.add_config, wanted, BOX))
    assert (count(claims, PaymentConfig), count(claims, NumberTaken)) == (1, 3)

    firsts = await together(6, lambda _: shop.transact(payment_configs.add_config, paybill_draft(), BOX))
    made = [config for config in firsts if isinstance(config, PaymentConfig)]
    assert len(made) + count(firsts, PaymentConfigsBusy) == 6
    last = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    everyone = [*made, last]
    switched = await together(
        8, lambda n: shop.transact(payment_configs.activate_config, everyone[n % len(everyone)].id)
    )
    assert count(switched, PaymentConfig) == 8
    configs = await shop.transact(payment_configs.list_configs, None, 50)
    assert [config.active for config in configs].count(True) == 1


async def test_the_list_stays_short(shop: Shop) -> None:
    for _ in range(CONFIGS_MAX):
        await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    with pytest.raises(TooManyPaymentConfigs):
        await shop.transact(payment_configs.add_config, paybill_draft(), BOX)


async def test_what_cannot_be_is_refused(shop: Shop) -> None:
    playground = Strongbox(BOX.keys, {Environment.SANDBOX: "https://sandbox.invalid"})
    for draft, box, refusal in (
        (paybill_draft(kind=ShortcodeKind.TILL), BOX, TillNumberWrong),
        (paybill_draft(till_number="5123456"), BOX, TillNumberWrong),
        (paybill_draft(initiator_name="api"), BOX, InitiatorIncomplete),
        (paybill_draft(), playground, EnvironmentNotOffered),
    ):
        with pytest.raises(refusal):
            await shop.transact(payment_configs.add_config, draft, box)
    for verb in (payment_configs.activate_config, payment_configs.deactivate_config, payment_configs.lock_config):
        with pytest.raises(PaymentConfigNotFound):
            await shop.transact(verb, uuid4())
    with pytest.raises(PaymentConfigNotFound):
        await shop.transact(payment_configs.get_config, uuid4())


async def opened(shop: Shop, config: PaymentConfig) -> dict[SecretField, str]:
    return dict(rules.unseal(BOX.keys(), shop.business_id, config))


async def test_a_change_leaves_what_was_not_typed(shop: Shop) -> None:
    config = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    change = ConfigChange(
        {SecretField.PASSKEY: "another", SecretField.INITIATOR_CREDENTIAL: "cipher"}, "api", "254712345678", True
    )
    after = await shop.transact(payment_configs.change_config, config.id, change, BOX)
    assert await opened(shop, after) == {
        **await opened(shop, config),
        SecretField.PASSKEY: "another",
        SecretField.INITIATOR_CREDENTIAL: "cipher",
    }
    assert (after.initiator_name, after.pull_number) == ("api", "254712345678")
    assert after.consumer_key != config.consumer_key  # a nonce is never used twice

    without = ConfigChange({}, without_initiator=True)
    bare = await shop.transact(payment_configs.change_config, config.id, without, BOX)
    assert (bare.initiator_name, bare.initiator_credential, bare.pull_number) == (None, None, "254712345678")
    with pytest.raises(InitiatorIncomplete):
        await shop.transact(payment_configs.change_config, config.id, ConfigChange({}, initiator_name="api"), BOX)
    assert await shop.transact(payment_configs.get_config, config.id) == bare


async def test_where_the_key_is_lost_the_secrets_are_typed_again(shop: Shop) -> None:
    draft = paybill_draft()
    config = await shop.transact(payment_configs.add_config, draft, BOX)
    with pytest.raises(SecretUnreadable):
        await shop.transact(
            payment_configs.change_config, config.id, ConfigChange({SecretField.PASSKEY: "another"}), LOST
        )
    typed = await shop.transact(payment_configs.change_config, config.id, ConfigChange(draft.secrets), LOST)
    account = await shop.transact(payment_configs.open_account, typed.id, LOST)
    assert account.passkey == draft.secrets[SecretField.PASSKEY]


async def test_a_payment_whose_config_does_not_open_fails_at_once_and_certainly(shop: Shop) -> None:
    await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    counter = replace(Counter(shop), box=LOST)
    opened_sale = await opens_sale(shop, (await has_stock(shop), "1"))

    payment = await counter.asks(opened_sale.sale.id)

    assert (payment.state, payment.result_code) == (PaymentState.FAILED, "secret_unreadable")
    assert counter.daraja.orders == []

    sent = await Counter(shop).asks(opened_sale.sale.id)
    waiting = await counter.deadline_passes(sent)
    assert waiting.state is PaymentState.EXPIRED


async def test_a_ciphertext_opens_in_no_other_row_or_field(shop: Shop, database: Database, owner_dsn: str) -> None:
    other = await make_shop(database)
    assert other.paybill is not None
    mine = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    connection = await asyncpg.connect(owner_dsn)
    move = "UPDATE payment_configs SET passkey = $2, key_version = 'v1' WHERE id = $1"
    try:
        for stolen in (other.paybill.passkey, mine.consumer_secret):
            await connection.execute(move, mine.id, stolen)
            with pytest.raises(SecretUnreadable):
                await shop.transact(payment_configs.open_account, mine.id, BOX)
        await connection.execute(move, mine.id, mine.passkey)
    finally:
        await connection.close()
    assert (await shop.transact(payment_configs.open_account, mine.id, BOX)).passkey == "a passkey of a test"


async def test_a_config_is_sealed_again_once(shop: Shop) -> None:
    config = await shop.transact(payment_configs.add_config, paybill_draft(), BOX)
    ring = BOX.keys()
    newer = Keyring({"v2": bytes(32), **ring.keys})
    box = Strongbox(lambda: newer, BOX.base_urls)
    assert await shop.transact(payment_configs.list_under_other_keys, "v2", None, 10) == [config.id]

    assert await shop.transact(payment_configs.reseal, config.id, box)
    assert not await shop.transact(payment_configs.reseal, config.id, box)

    assert await shop.transact(payment_configs.list_under_other_keys, "v2", None, 10) == []
    after = await shop.transact(payment_configs.get_config, config.id)
    assert after.key_version == "v2"
    assert dict(rules.unseal(newer, shop.business_id, after)) == await opened(shop, config)
    with pytest.raises(SecretUnreadable):
        await shop.transact(payment_configs.open_account, config.id, BOX)


def test_only_the_end_of_a_long_secret_is_shown() -> None:
    assert rules.end_of("simulator") == ""
    assert rules.end_of("0123456789abcdef") == "cdef"
