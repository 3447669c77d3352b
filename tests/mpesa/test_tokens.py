"""Access tokens: one for all who wait, renewed early, replaced once when refused."""

import asyncio
from dataclasses import replace

import pytest

from payme.daraja import Wire, services
from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    PushAccepted,
    PushOrder,
    PushRefused,
    QueryResult,
    QueryUnknown,
)
from tests.mpesa.gateway import (
    CHECKOUT_ID,
    FIREWALL,
    PUSH,
    QUERY,
    SPIKE,
    STALE_TOKEN,
    TOKEN,
    Answer,
    Fault,
    Gateway,
    Http,
    ShopClock,
    as_json,
    envelope,
    token,
)


async def test_sixty_four_pushes_at_once_ask_for_one_token(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    answers = await asyncio.gather(*(daraja.push(account, order) for _ in range(64)))

    assert all(isinstance(answer, PushAccepted) for answer in answers)
    assert gateway.times(TOKEN) == 1
    assert gateway.times(PUSH) == 64


async def test_sixty_four_pushes_with_a_revoked_token_ask_for_one_new_one(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    await daraja.push(account, order)
    gateway.revoked.add("c9SQxWWhmdVRlyh0zh8gZDTkubVF")
    gateway.next(TOKEN, token("the-second"))

    answers = await asyncio.gather(*(daraja.push(account, order) for _ in range(64)))

    assert all(isinstance(answer, PushAccepted) for answer in answers)
    assert gateway.times(TOKEN) == 2
    assert gateway.last(PUSH).headers["authorization"] == "Bearer the-second"


@pytest.mark.parametrize(
    "stale",
    [
        STALE_TOKEN,
        envelope(401, "401.003.01", "Error Occurred - Invalid Access Token - Invalid API call as no apiproduct match"),
        as_json(401, fault={"faultstring": "Invalid", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}),
        Http(401),
    ],
)
async def test_a_token_the_gateway_refuses_is_replaced_once(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, stale: Answer
) -> None:
    gateway.next(PUSH, stale)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert (gateway.times(TOKEN), gateway.times(PUSH)) == (2, 2)

    gateway.next(PUSH, stale, stale)
    assert isinstance(await daraja.push(account, order), PushRefused)
    assert (gateway.times(TOKEN), gateway.times(PUSH)) == (3, 4)

    gateway.next(QUERY, stale)
    assert isinstance(await daraja.query(account, CHECKOUT_ID), QueryResult)


async def test_no_new_token_for_a_refused_one_is_a_refusal(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    await daraja.push(account, order)
    gateway.next(PUSH, STALE_TOKEN)
    gateway.next(TOKEN, Http(400))

    answer = await daraja.push(account, order)

    assert isinstance(answer, PushRefused)
    assert answer.code == "no_token"
    assert "key" in answer.advice


@pytest.mark.parametrize(
    "refusal", [Http(400), FIREWALL, SPIKE, Fault.RESET, Fault.SILENCE, Http(200, b"{}"), token("two words")]
)
async def test_without_a_token_nothing_is_sent(
    hasty: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, refusal: Answer
) -> None:
    gateway.usual[TOKEN] = refusal

    assert isinstance(await hasty.push(account, order), PushRefused)
    assert isinstance(await hasty.query(account, CHECKOUT_ID), QueryUnknown)
    assert (gateway.times(PUSH), gateway.times(QUERY)) == (0, 0)


async def test_a_token_is_renewed_before_it_ends(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await daraja.push(account, order)
    clock.pass_by(3599 - 121)
    await daraja.push(account, order)
    assert gateway.times(TOKEN) == 1
    clock.pass_by(1)
    gateway.next(TOKEN, token("the-second"))
    await daraja.push(account, order)
    assert gateway.last(PUSH).headers["authorization"] == "Bearer c9SQxWWhmdVRlyh0zh8gZDTkubVF"
    async with asyncio.timeout(10):
        while gateway.last(PUSH).headers["authorization"] != "Bearer the-second":
            await daraja.push(account, order)
    assert gateway.times(TOKEN) == 2


async def test_an_old_token_serves_while_no_new_one_can_be_had(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await daraja.push(account, order)
    gateway.usual[TOKEN] = FIREWALL
    clock.pass_by(3599 - 60)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    clock.pass_by(60)
    assert isinstance(await daraja.push(account, order), PushRefused)


async def test_a_token_without_a_life_serves_once(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    gateway.usual[TOKEN] = token(expires_in="soon")
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert gateway.times(TOKEN) == 2


async def test_knowing_another_shops_key_does_not_lend_its_token(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    await daraja.push(account, order)
    gateway.usual[TOKEN] = Http(400)

    assert isinstance(await daraja.push(replace(account, consumer_secret="guessed"), order), PushRefused)


async def test_who_hangs_up_first_does_not_take_the_token_from_the_others(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    gateway.hold.clear()
    first = asyncio.create_task(daraja.push(account, order))
    second = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(TOKEN)
    first.cancel()
    gateway.hold.set()

    assert isinstance(await second, PushAccepted)
    assert gateway.times(TOKEN) == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_tokens_remembered_are_bounded(
    daraja: DarajaClient,
    gateway: Gateway,
    account: MpesaAccount,
    order: PushOrder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "TOKENS_MAX", 2)
    first, second, third = (replace(account, consumer_key=key) for key in ("a", "b", "c"))
    for shop in (first, second, first, third, first):
        await daraja.push(shop, order)
    assert gateway.times(TOKEN) == 3
    await daraja.push(second, order)
    assert gateway.times(TOKEN) == 4


async def test_closing_ends_a_request_for_a_token(
    daraja: DarajaClient, wire: Wire, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    gateway.hold.clear()
    waiting = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(TOKEN)

    await wire.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting
