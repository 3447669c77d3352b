"""The addresses a shop is told at: registered, sealed, paused, given up, removed, and never in a private network."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from payme import webhooks
from payme.kit.db.transaction import Tx
from payme.kit.secrets import SecretUnreadable, read_keyring
from payme.webhooks import (
    Courier,
    EndpointChange,
    EndpointState,
    Letter,
    MessageState,
    PostOffice,
)
from payme.webhooks.jobs import send_due
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, SECRET_KEYS, make_shop
from tests.support.together import together
from tests.webhooks.conftest import DAY, TimePasses, Told, register
from tests.webhooks.receiver import Receiver


async def test_an_endpoint_that_takes_nothing_for_days_is_disabled_and_told_to_a_person(
    told: Told, time_passes: TimePasses, owner: asyncpg.Connection
) -> None:
    sugar = await has_stock(told.shop)
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [500] * 2
    await told.sends()
    await owner.execute("UPDATE webhook_messages SET tries = 9 WHERE business_id = $1", told.shop.business_id)
    await time_passes(3 * DAY + timedelta(hours=1))
    await told.sends()

    assert (await told.endpoint()).state is EndpointState.DISABLED
    kind = await owner.fetchval("SELECT kind FROM reconciliation_issues WHERE business_id = $1", told.shop.business_id)
    assert kind == "webhook_endpoint_disabled"
    await opens_sale(told.shop, (sugar, "1"), cash="150.00")
    assert len(await told.messages()) == 1

    await told.shop.transact(webhooks.change_endpoint, told.endpoint_id, EndpointChange(state=EndpointState.ACTIVE))
    assert (await told.endpoint()).failing_since is None


async def test_an_endpoint_that_failed_one_message_is_not_given_up(told: Told, owner: asyncpg.Connection) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await owner.execute("UPDATE webhook_messages SET tries = 9 WHERE business_id = $1", told.shop.business_id)
    told.receiver.answers, told.receiver.body = [500], b"no"
    await told.sends()

    [message] = await told.messages()
    view = await told.shop.transact(webhooks.get_message, told.endpoint_id, message.id)
    assert (message.state, view.tries[0].body) == (MessageState.FAILED, "no")
    assert (await told.endpoint()).state is EndpointState.ACTIVE


async def test_a_receiver_that_is_gone_is_sent_nothing_more(told: Told) -> None:
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    told.receiver.answers = [410]
    await told.sends()

    assert (await told.endpoint()).state is EndpointState.DISABLED


async def test_after_a_rotation_both_secrets_sign_for_a_day(told: Told, time_passes: TimePasses) -> None:
    rotated = await told.shop.transact(webhooks.rotate_secret, told.endpoint_id, BOX.keys)
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await told.sends()
    await time_passes(DAY + timedelta(minutes=1))
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await told.sends()

    during, after = told.receiver.received
    assert during.is_signed_with(told.new.secret)
    assert during.is_signed_with(rotated.secret)
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert not after.is_signed_with(told.new.secret)
    assert after.is_signed_with(rotated.secret)


async def test_secrets_are_sealed_and_move_to_another_key(told: Told, owner: asyncpg.Connection) -> None:
    rotated = await told.shop.transact(webhooks.rotate_secret, told.endpoint_id, BOX.keys)
    raw = await owner.fetchrow("SELECT * FROM webhook_endpoints WHERE id = $1", told.endpoint_id)
    assert raw is not None
    for plain in (told.new.secret, rotated.secret):
        assert plain.encode() not in b"".join(value for value in raw.values() if isinstance(value, bytes))
        assert plain not in str(dict(raw))

    both = read_keyring(f"v9:{'B' * 43}=,{SECRET_KEYS}")
    only_new = read_keyring(f"v9:{'B' * 43}=")
    assert await told.shop.transact(webhooks.reseal, told.endpoint_id, lambda: both)
    assert not await told.shop.transact(webhooks.reseal, told.endpoint_id, lambda: both)
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    with pytest.raises(SecretUnreadable):
        await told.sends()
    office = PostOffice(told.office.database, told.office.courier, lambda: only_new)
    assert await send_due(office, told.shop.business_id) == 1
    assert told.receiver.received[0].is_signed_with(told.new.secret)
    assert told.receiver.received[0].is_signed_with(rotated.secret)

    other = await make_shop(told.shop.database)
    plain_one = await register(other, told.receiver.url)
    assert await other.transact(webhooks.reseal, plain_one.endpoint.id, lambda: both)
    await other.transact(webhooks.send_test, plain_one.endpoint.id)
    assert await send_due(office, other.business_id) == 1


async def test_a_secret_that_signs_no_more_is_not_sealed_again(told: Told, time_passes: TimePasses) -> None:
    newer = read_keyring(f"v9:{'B' * 43}=,{SECRET_KEYS}")
    await told.shop.transact(webhooks.rotate_secret, told.endpoint_id, BOX.keys)
    await time_passes(DAY + timedelta(minutes=1))

    assert await told.shop.transact(webhooks.reseal, told.endpoint_id, lambda: newer)
    assert (await told.endpoint()).old_until is None
    await told.shop.transact(webhooks.change_endpoint, told.endpoint_id, EndpointChange(state=EndpointState.REMOVED))
    assert not await told.shop.transact(webhooks.reseal, told.endpoint_id, lambda: newer)


async def test_a_paused_endpoint_is_told_nothing_and_a_removed_one_is_gone(told: Told) -> None:
    change = webhooks.change_endpoint
    sugar = await has_stock(told.shop)
    await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await told.shop.transact(change, told.endpoint_id, EndpointChange(state=EndpointState.PAUSED, note="moving"))
    await opens_sale(told.shop, (sugar, "1"), cash="150.00")
    assert await told.sends() == 0
    with pytest.raises(webhooks.EndpointNotMovable):
        await told.shop.transact(webhooks.send_test, told.endpoint_id)
    await told.shop.transact(change, told.endpoint_id, EndpointChange(state=EndpointState.ACTIVE))
    assert await told.sends() == 1

    await told.shop.transact(change, told.endpoint_id, EndpointChange(state=EndpointState.REMOVED))
    with pytest.raises(webhooks.EndpointNotFound):
        await told.shop.transact(webhooks.get_endpoint, told.endpoint_id)
    assert (await register(told.shop, told.receiver.url)).endpoint.id != told.endpoint_id


async def test_a_removal_wins_over_a_pause_at_the_same_moment(told: Told) -> None:
    async def act(number: int) -> object:
        state = EndpointState.REMOVED if number % 2 else EndpointState.PAUSED
        return await told.shop.transact(webhooks.change_endpoint, told.endpoint_id, EndpointChange(state=state))

    for _ in range(5):
        await together(6, act)
    assert await told.shop.transact(webhooks.list_endpoints) == []


async def test_a_change_that_somebody_else_overtook_is_refused(told: Told, owner: asyncpg.Connection) -> None:
    async def overtaken(tx: Tx) -> None:
        await webhooks.get_endpoint(tx, told.endpoint_id)
        await owner.execute("UPDATE webhook_endpoints SET state = 'disabled' WHERE id = $1", told.endpoint_id)
        before = await webhooks.get_endpoint(tx, told.endpoint_id)
        assert before.state is EndpointState.DISABLED
        await webhooks.change_endpoint(tx, told.endpoint_id, EndpointChange(state=EndpointState.PAUSED))

    with pytest.raises(webhooks.EndpointNotMovable):
        await told.shop.transact(overtaken)


async def test_an_address_is_registered_once_and_endpoints_are_few(told: Told) -> None:
    with pytest.raises(webhooks.EndpointExists):
        await register(told.shop, told.receiver.url)
    for number in range(9):
        await register(told.shop, f"https://books.example/{number}")
    with pytest.raises(webhooks.TooManyEndpoints):
        await register(told.shop, "https://books.example/more")


async def test_the_address_is_checked_again_when_a_message_leaves(receiver: Receiver) -> None:
    """A name that led to the internet when it was registered, and leads home now."""
    led_to = [["93.184.216.34"], ["127.0.0.1"], ["10.0.0.7"], ["93.184.216.34", "169.254.169.254"], []]

    async def resolve(_: str, __: int) -> list[str]:
        return led_to.pop(0)

    courier = Courier(loopback_allowed=False, resolve=resolve)
    assert await courier.check("https://books.example/hooks") == "93.184.216.34"
    letter = Letter(uuid4(), uuid4(), f"https://books.example:{receiver.port}/hooks", 1, "{}", {})
    outcomes = [await courier.carry(letter) for _ in range(4)]
    await courier.aclose()

    assert [outcome.error for outcome in outcomes] == [
        "not sent: it leads into a private network",
        "not sent: it leads into a private network",
        "not sent: it leads into a private network",
        "not sent: its name is not known",
    ]
    assert receiver.received == []


async def test_a_name_that_nobody_answers_for_is_not_known() -> None:
    async def silent(_: str, __: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    courier = Courier(loopback_allowed=False, resolve=silent)
    courier.RESOLVE_S = 0.05
    with pytest.raises(webhooks.AddressRefused):
        await courier.check("https://books.example/")
    with pytest.raises(webhooks.AddressRefused):
        await Courier(loopback_allowed=False).check("https://" + "x" * 70 + ".example/")
    with pytest.raises(webhooks.AddressRefused):
        await Courier(loopback_allowed=False).check("https://localhost/")
