"""A line that does not answer is left alone by every process, tried once, and trusted again."""

import asyncio
from dataclasses import replace

import pytest

from payme.daraja import (
    Call,
    Exchange,
    MpesaUnavailable,
    NoToken,
    NotSent,
    Reply,
    Unsent,
    Wire,
    line_of,
    require_line,
)
from payme.daraja.services import FAILURES_MAX, OPEN_S, PROBE_S
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import PoolLimits, open_pool
from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import DatabaseUnavailable
from payme.kit.seams import Seams
from payme.mpesa import (
    DarajaClient,
    MpesaAccount,
    NotAsked,
    PushAccepted,
    PushAnswer,
    PushOrder,
    PushRefused,
    PushUnknown,
    QueryResult,
    QueryUnknown,
)
from tests.mpesa.conftest import wired
from tests.mpesa.gateway import (
    CHECKOUT_ID,
    FIREWALL,
    PUSH,
    QUERY,
    SPIKE,
    TOKEN,
    Fault,
    Gateway,
    Http,
    ShopClock,
    accepted,
    as_json,
    envelope,
    result,
)

QUESTIONS = {
    Call.QUERY: (QUERY, result("0", "Processed.")),
    Call.STATUS: ("/mpesa/transactionstatus/v1/query", as_json(200, ConversationID="AG_1", ResponseCode="0")),
    Call.PULL: ("/pulltransactions/v1/query", as_json(200, ResponseCode="1001", Response=[[]])),
}
"""What the sweeper asks, and an answer to each."""


async def fail(daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder) -> None:
    gateway.next(PUSH, *[Fault.RESET] * FAILURES_MAX)
    for _ in range(FAILURES_MAX):
        assert isinstance(await daraja.push(account, order), PushUnknown)


def code_of(answer: PushAnswer) -> str:
    return answer.code if isinstance(answer, PushRefused) else type(answer).__name__


async def test_a_line_that_keeps_dying_is_left_alone_then_tried_and_trusted_again(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    asked = len(gateway.asked)

    assert code_of(await daraja.push(account, order)) == "breaker_open"
    assert isinstance(await daraja.query(account, CHECKOUT_ID), NotAsked)
    clock.pass_by(OPEN_S - 0.001)
    assert code_of(await daraja.push(account, order)) == "breaker_open"
    assert len(gateway.asked) == asked

    clock.pass_by(0.001)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_failures_with_answers_between_them_open_nothing(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    for _ in range(3):
        gateway.next(PUSH, *[Fault.RESET] * (FAILURES_MAX - 1))
        for _ in range(FAILURES_MAX - 1):
            assert isinstance(await daraja.push(account, order), PushUnknown)
        assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_a_probe_asks_for_a_token_so_that_no_push_finds_out(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(OPEN_S)
    pushed = gateway.times(PUSH)
    gateway.usual[TOKEN] = FIREWALL

    assert isinstance(await daraja.push(account, order), PushRefused)
    assert code_of(await daraja.push(account, order)) == "breaker_open"
    assert gateway.times(PUSH) == pushed


async def test_a_line_that_still_dies_is_left_alone_again(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(OPEN_S)
    gateway.next(PUSH, FIREWALL)

    assert isinstance(await daraja.push(account, order), PushUnknown)
    assert code_of(await daraja.push(account, order)) == "breaker_open"


async def test_one_push_alone_of_all_processes_tries_a_line_that_was_left_alone(
    daraja: DarajaClient,
    gateway: Gateway,
    account: MpesaAccount,
    order: PushOrder,
    clock: ShopClock,
    owner_dsn: str,
) -> None:
    pool = await open_pool(owner_dsn, limits=PoolLimits(connections_max=5))
    elsewhere = Database(pool, Seams(clock=clock), record=lambda _: None, jobs=PgQueuerJobs())
    async with wired(elsewhere) as wire:
        other = DarajaClient(wire)
        await fail(daraja, gateway, account, order)
        assert code_of(await other.push(account, order)) == "breaker_open"
        clock.pass_by(OPEN_S)
        asked = len(gateway.asked)
        gateway.hold.clear()

        racing = [asyncio.create_task(client.push(account, order)) for client in (daraja, other) * 10]
        await gateway.hears(TOKEN, 2)
        done, under_way = await _all_but_one(racing)
        assert {code_of(task.result()) for task in done} == {"breaker_open"}
        gateway.hold.set()
        [probe] = under_way
        assert isinstance(await probe, PushAccepted)
        assert len(gateway.asked) == asked + 2  # its token and its push
        assert isinstance(await other.push(account, order), PushAccepted)
    await pool.close()


async def _all_but_one(
    racing: list[asyncio.Task[PushAnswer]],
) -> tuple[set[asyncio.Task[PushAnswer]], set[asyncio.Task[PushAnswer]]]:
    left = set(racing)
    async with asyncio.timeout(10):
        while len(left) > 1:
            _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
    return set(racing) - left, left


async def test_a_trial_that_is_given_up_makes_room_for_the_next(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(OPEN_S)
    tokens = gateway.times(TOKEN)
    gateway.hold.clear()
    probe = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(TOKEN, tokens + 1)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    gateway.hold.set()

    assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_a_process_that_died_with_the_probe_is_overtaken(
    daraja: DarajaClient,
    gateway: Gateway,
    account: MpesaAccount,
    order: PushOrder,
    clock: ShopClock,
) -> None:
    await fail(daraja, gateway, account, order)
    clock.pass_by(OPEN_S)
    gateway.hold.clear()
    probe = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(TOKEN, 2)

    assert code_of(await daraja.push(account, order)) == "breaker_open"
    clock.pass_by(PROBE_S)
    gateway.hold.set()
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert isinstance(await probe, PushAccepted)


async def test_refusals_in_darajas_own_words_are_a_sign_of_health(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    for refusal in (envelope(500, "500.001.1001", "Wrong credentials"), Http(403), Http(200, b"odd")):
        gateway.next(PUSH, *[refusal] * (FAILURES_MAX + 1))
        for _ in range(FAILURES_MAX + 1):
            assert code_of(await daraja.push(account, order)) != "breaker_open"


async def test_one_dead_line_does_not_close_another(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    await fail(daraja, gateway, account, order)

    assert isinstance(await daraja.push(replace(account, shortcode="600100"), order), PushAccepted)
    assert code_of(await daraja.push(replace(account, base_url=account.base_url + "/"), order)) == "breaker_open"


async def test_two_minutes_without_daraja_and_one_probe_back(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock, books: Database
) -> None:
    line = line_of(account.base_url, account.shortcode)
    gateway.usual[PUSH] = gateway.usual[TOKEN] = Fault.RESET
    refusals: list[int] = []
    exchanges = len(gateway.asked)
    for _ in range(120):
        clock.pass_by(1)
        try:
            await books.transact(Scope.system("till"), require_line, line)
        except MpesaUnavailable as told:
            refusals.append(told.retry_after_s)
        else:
            assert not isinstance(await daraja.push(account, order), PushAccepted)
    assert len(refusals) > 60
    assert {1, OPEN_S - 1} <= set(refusals) <= set(range(1, OPEN_S + 1))
    assert len(gateway.asked) - exchanges <= 50

    gateway.usual |= {PUSH: Gateway().usual[PUSH], TOKEN: Gateway().usual[TOKEN]}
    clock.pass_by(OPEN_S)
    await books.transact(Scope.system("till"), require_line, line)
    assert isinstance(await daraja.push(account, order), PushAccepted)
    assert isinstance(await daraja.push(account, order), PushAccepted)


# Pace


@pytest.mark.parametrize("kind", list(QUESTIONS))
async def test_five_questions_of_a_kind_a_minute_whoever_asks(
    wire: Wire, gateway: Gateway, account: MpesaAccount, clock: ShopClock, books: Database, kind: Call
) -> None:
    path, said = QUESTIONS[kind]
    gateway.usual[path] = said
    answers: list[Exchange | NoToken] = []
    async with wired(books) as elsewhere:
        for second in range(60):
            asking = (one.call(account.access, kind, path, lambda _: b"{}") for one in (wire, elsewhere))
            answers += await asyncio.gather(*asking)
            if second == 0:
                held = [answer for answer in answers if isinstance(answer, NotSent)]
                assert held == [NotSent(Unsent.PACED, clock.now().replace(second=17))]
            clock.pass_by(1)

    assert sum(isinstance(answer, Reply) for answer in answers) == 5
    assert gateway.times(path) == 5


async def test_no_kind_of_question_waits_for_another_and_no_order_for_any(
    wire: Wire, gateway: Gateway, account: MpesaAccount
) -> None:
    for kind in Call:
        path, said = QUESTIONS.get(kind, (f"/{kind}", accepted()))
        gateway.usual[path] = said
        for _ in range(2):
            await wire.call(account.access, kind, path, lambda _: b"{}")
        assert gateway.times(path) == (1 if kind in QUESTIONS else 2), kind


async def test_a_gateway_that_says_too_often_is_spared(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    gateway.next(PUSH, SPIKE, replace(SPIKE, retry_after="40"))
    assert code_of(await daraja.push(account, order)) == "policies.ratelimit.SpikeArrestViolation"
    assert code_of(await daraja.push(account, order)) == "paced"
    assert isinstance(await daraja.query(account, CHECKOUT_ID), QueryResult)
    clock.pass_by(12)
    assert code_of(await daraja.push(account, order)) == "policies.ratelimit.SpikeArrestViolation"
    clock.pass_by(39)
    assert code_of(await daraja.push(account, order)) == "paced"
    clock.pass_by(1)
    assert isinstance(await daraja.push(account, order), PushAccepted)


async def test_a_question_whose_answer_was_lost_is_asked_again_at_the_lines_pace(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, clock: ShopClock
) -> None:
    gateway.next(QUERY, Fault.RESET, FIREWALL)
    began = clock.now()

    assert isinstance(await daraja.query(account, CHECKOUT_ID), QueryResult)

    assert gateway.times(QUERY) == 3
    assert 24.75 <= (clock.now() - began).total_seconds() <= 27.5


async def test_a_token_is_asked_for_three_times_and_waited_for_ever_longer(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder, clock: ShopClock
) -> None:
    gateway.next(TOKEN, Fault.RESET, SPIKE)
    began = clock.now()

    assert isinstance(await daraja.push(account, order), PushAccepted)

    assert gateway.times(TOKEN) == 3
    assert 1.5 <= (clock.now() - began).total_seconds() <= 3


# Without the books


class AwayBooks(Database):
    """Books that do not answer, from the second transaction on or from the first."""

    answers = 0

    async def transact(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        if self.answers == 0:
            raise DatabaseUnavailable
        self.answers -= 1
        return await super().transact(*args, **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize(("answers", "pushes"), [(0, 0), (1, 1)])
async def test_without_the_books_nobody_is_asked_and_what_daraja_said_is_kept(
    gateway: Gateway, account: MpesaAccount, order: PushOrder, app_pool: object, answers: int, pushes: int
) -> None:
    away = AwayBooks(app_pool, Seams(), record=lambda _: None, jobs=PgQueuerJobs())  # type: ignore[arg-type]
    away.answers = answers
    gateway.next(PUSH, Fault.RESET)
    async with wired(away) as wire:
        answer = await DarajaClient(wire).push(account, order)
    assert gateway.times(PUSH) == pushes
    assert isinstance(answer, PushUnknown if pushes else PushRefused)


async def test_a_question_that_could_not_be_noted_was_not_asked(
    gateway: Gateway, account: MpesaAccount, app_pool: object
) -> None:
    away = AwayBooks(app_pool, Seams(), record=lambda _: None, jobs=PgQueuerJobs())  # type: ignore[arg-type]
    async with wired(away) as wire:
        assert not isinstance(await DarajaClient(wire).query(account, CHECKOUT_ID), QueryUnknown | QueryResult)
    assert gateway.times(QUERY) == 0


async def test_a_call_given_up_while_the_line_is_shaken_counts_neither_way(
    daraja: DarajaClient, gateway: Gateway, account: MpesaAccount, order: PushOrder
) -> None:
    gateway.next(PUSH, *[Fault.RESET] * (FAILURES_MAX - 1))
    for _ in range(FAILURES_MAX - 1):
        await daraja.push(account, order)
    gateway.hold.clear()
    given_up = asyncio.create_task(daraja.push(account, order))
    await gateway.hears(PUSH, FAILURES_MAX)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    gateway.usual[PUSH] = Fault.RESET
    gateway.hold.set()

    assert isinstance(await daraja.push(account, order), PushUnknown)
    assert code_of(await daraja.push(account, order)) == "breaker_open"
