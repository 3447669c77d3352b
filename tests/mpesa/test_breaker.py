"""A host that does not answer is left alone, tried once, and trusted again."""

import asyncio
from dataclasses import replace

import pytest

from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryUnknown,
)
from payme.mpesa.models import BREAKER_FAILURES_MAX, BREAKER_OPEN_S
from tests.mpesa.gateway import (
    CHECKOUT_ID,
    FIREWALL,
    PUSH,
    SPIKE,
    Fault,
    Gateway,
    Http,
    ShopClock,
    envelope,
)


async def fail(daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder) -> None:
    gateway.next(PUSH, *[Fault.RESET] * BREAKER_FAILURES_MAX)
    for _ in range(BREAKER_FAILURES_MAX):
        assert isinstance(await daraja.push(account, order), PushUnknown)


def code_of(answer: PushAnswer) -> str:
    return answer.code if isinstance(answer, PushRefused) else type(answer).__name__


async def test_a_host_that_keeps_dying_is_left_alone_then_tried_and_trusted_again(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    asked = len(gateway.asked)

    assert code_of(await daraja.push(account, order)) == "breaker_open"
    assert isinstance(await daraja.query(account, CHECKOUT_ID), QueryUnknown)
    clock.pass_by(BREAKER_OPEN_S - 0.001)
    assert code_of(await daraja.push(account, order)) == "breaker_open"
    assert len(gateway.asked) == asked

    clock.pass_by(0.001)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_a_host_that_still_dies_is_left_alone_again(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(BREAKER_OPEN_S)
    gateway.next(PUSH, FIREWALL)

    assert isinstance(await daraja.push(account, order), PushUnknown)
    assert code_of(await daraja.push(account, order)) == "breaker_open"


async def test_one_push_alone_tries_a_host_that_was_left_alone(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(BREAKER_OPEN_S)
    pushed = gateway.times(PUSH)
    gateway.hold.clear()

    probe = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(PUSH, pushed + 1)
    others = await asyncio.gather(*(daraja.push(account, order) for _ in range(10)))
    gateway.hold.set()

    assert {code_of(other) for other in others} == {"breaker_open"}
    assert isinstance(await probe, PushAccepted)
    assert gateway.times(PUSH) == pushed + 1


async def test_a_trial_that_is_given_up_makes_room_for_the_next(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(BREAKER_OPEN_S)
    pushed = gateway.times(PUSH)
    gateway.hold.clear()
    probe = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(PUSH, pushed + 1)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    gateway.hold.set()

    assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_refusals_in_darajas_own_words_are_a_sign_of_health(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    for refusal in (SPIKE, envelope(500, "500.001.1001", "Wrong credentials"), Http(403), Http(200, b"odd")):
        gateway.next(PUSH, *[refusal] * (BREAKER_FAILURES_MAX + 1))
        for _ in range(BREAKER_FAILURES_MAX + 1):
            assert code_of(await daraja.push(account, order)) != "breaker_open"


async def test_one_dead_host_does_not_close_another(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    await fail(daraja, gateway, account, order)

    elsewhere = replace(account, base_url=gateway.base_url.replace("127.0.0.1", "localhost"))
    assert isinstance(await daraja.push(elsewhere, order), PushAccepted)
