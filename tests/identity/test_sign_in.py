"""Signing up, in and out."""

import time
from uuid import UUID, uuid4

import pytest

from payme import identity
from payme.identity import (
    EmailTaken,
    Login,
    SessionNotFound,
    SignInLimits,
    User,
    UserDraft,
    WrongEmailOrPassword,
    rules,
)
from payme.identity.errors import RateLimited
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Tx
from payme.kit.errors import Busy
from payme.kit.seams import Seams
from tests.identity.conftest import TurnedClock
from tests.support.shops import Person, acting, make_person
from tests.support.together import count, together

VISITOR = acting(Actor("visitor", "visitor"))


async def login_of(database: Database, person: Person) -> Login:
    login = await database.transact(VISITOR, identity.find_login, person.email)
    assert login is not None
    return login


async def sessions_of(database: Database, person: Person) -> list[UUID]:
    return [session.id for session in await database.transact(person.scope(), identity.list_sessions)]


async def test_one_address_signs_up_once_however_often_at_once(database: Database) -> None:
    email = f"{uuid4().hex}@duka.example"
    draft = UserDraft(email, "Mtu", "hash")

    results = await together(8, lambda _: database.transact(VISITOR, identity.sign_up, draft))

    assert count(results, User) == 1
    assert count(results, EmailTaken) == 7


async def test_capitals_do_not_make_another_address(database: Database) -> None:
    name = uuid4().hex
    await database.transact(VISITOR, identity.sign_up, UserDraft(f" {name}@Duka.Example", "Mtu", "hash"))

    with pytest.raises(EmailTaken):
        await database.transact(VISITOR, identity.sign_up, UserDraft(f"{name.upper()}@duka.example", "Mtu", "hash"))


async def test_neither_token_nor_password_stands_in_the_database_or_in_a_trace(database: Database) -> None:
    person = await make_person(database)

    async def kept(tx: Tx) -> str:
        rows = await tx.records(
            "SELECT row_to_json(users)::text || row_to_json(sessions)::text"
            " FROM users JOIN sessions ON sessions.user_id = users.id WHERE users.id = $1",
            person.user_id,
        )
        return str(rows[0][0])

    row = await database.transact(VISITOR, kept)
    login = await login_of(database, person)
    opened = await database.transact(VISITOR, identity.open_session, login, "", "", None)

    assert person.token not in row
    assert identity.digest(person.token).hex() in row
    assert opened.token not in repr(opened)
    assert login.password_hash not in repr(login)


async def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_it_came_with(database: Database) -> None:
    person = await make_person(database)
    login = await login_of(database, person)

    fresh = await database.transact(VISITOR, identity.open_session, login, "till", "10.0.0.1", None)
    rotated = await database.transact(VISITOR, identity.open_session, login, "till", "10.0.0.1", person.token)

    assert len({person.token, fresh.token, rotated.token}) == 3
    assert await sessions_of(database, person) == [rotated.session.id, fresh.session.id]


async def test_a_shared_browser_leaves_no_session_of_the_person_before(database: Database) -> None:
    before, after = await make_person(database), await make_person(database)

    await database.transact(VISITOR, identity.open_session, await login_of(database, after), "", "", before.token)

    assert await sessions_of(database, before) == []


async def test_a_person_keeps_the_newest_sessions(database: Database, clock: TurnedClock) -> None:
    person = await make_person(database)
    login = await login_of(database, person)
    for _ in range(rules.SESSIONS_MAX):
        clock.turn(seconds=1)
        await database.transact(VISITOR, identity.open_session, login, "", "", None)

    kept = await sessions_of(database, person)

    assert len(kept) == rules.SESSIONS_MAX
    assert person.session_id not in kept


async def test_ended_sessions_are_forgotten_at_the_next_sign_in(database: Database, clock: TurnedClock) -> None:
    person = await make_person(database)
    login = await login_of(database, person)
    clock.turn(days=31)

    await database.transact(VISITOR, identity.open_session, login, "", "", None)

    async def rows(tx: Tx) -> int:
        return int(await tx.value("SELECT count(*) FROM sessions WHERE user_id = $1", person.user_id))

    assert await database.transact(VISITOR, rows) == 1


async def test_a_password_changed_meanwhile_opens_no_session(database: Database) -> None:
    person = await make_person(database)
    login = await login_of(database, person)

    with pytest.raises(WrongEmailOrPassword):
        await database.transact(
            VISITOR, identity.open_session, Login(login.user_id, "the hash before"), "", "", person.token
        )

    assert await sessions_of(database, person) == [person.session_id]


async def test_one_ends_ones_own_sessions_only(database: Database) -> None:
    person, thief = await make_person(database), await make_person(database)

    for session_id in (person.session_id, uuid4()):
        with pytest.raises(SessionNotFound):
            await database.transact(thief.scope(), identity.revoke_session, session_id)

    assert await sessions_of(database, person) == [person.session_id]


async def test_a_session_ends_once(database: Database) -> None:
    person = await make_person(database)

    results = await together(4, lambda _: database.transact(person.scope(), identity.sign_out))

    assert count(results, SessionNotFound) == 3
    assert await sessions_of(database, person) == []


async def test_a_stranger_is_compared_with_nobodys_hash(clock: TurnedClock) -> None:
    compared: list[str] = []

    def matches(password_hash: str, password: str) -> bool:
        compared.append(password_hash)
        return rules.password_matches(password_hash, password)

    limits = SignInLimits(Seams(clock=clock), matches)
    login = Login(uuid4(), await limits.hash("sukari mchele unga"))

    for known in (login, None):
        with pytest.raises(WrongEmailOrPassword) as refused:
            await limits.verify(known, "something else")
        assert refused.value.facts() == {}

    assert compared == [login.password_hash, rules.NOBODYS_HASH]
    assert await limits.verify(login, "sukari mchele unga") == login


async def test_nobodys_hash_lets_nobody_in_even_where_it_matches(clock: TurnedClock) -> None:
    limits = SignInLimits(Seams(clock=clock), lambda _hash, _password: True)

    with pytest.raises(WrongEmailOrPassword):
        await limits.verify(None, "anything")


async def test_the_same_password_is_hashed_with_another_salt(clock: TurnedClock) -> None:
    limits = SignInLimits(Seams(clock=clock))

    assert await limits.hash("sukari mchele unga") != await limits.hash("sukari mchele unga")


async def test_few_hashes_run_at_once_and_no_endless_queue_waits(clock: TurnedClock) -> None:
    running = most = 0

    def matches(_hash: str, _password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.002)
        running -= 1
        return True

    limits = SignInLimits(Seams(clock=clock), matches)
    login = Login(uuid4(), "hash")

    results = await together(SignInLimits.HASHES_WAITING_MAX + 5, lambda _: limits.verify(login, "password"))

    assert most <= SignInLimits.HASHES_AT_ONCE
    assert count(results, Busy) == 5
    assert await limits.verify(login, "password") == login


def limits_at(clock: TurnedClock) -> SignInLimits:
    return SignInLimits(Seams(clock=clock))


def fail(limits: SignInLimits, email: str, address: str, times: int) -> None:
    for _ in range(times):
        limits.attempt(email, address)


def test_after_some_mistakes_one_waits_ever_longer(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)

    for wait in (1, 2, 4, 8):
        with pytest.raises(RateLimited) as refused:
            limits.attempt("a@b", "10.0.0.1")
        assert refused.value.retry_after_s == wait
        clock.turn(seconds=wait)
        limits.attempt("a@b", "10.0.0.1")


def test_asking_while_one_waits_makes_the_wait_no_longer(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)
    for _ in range(100):
        with pytest.raises(RateLimited):
            limits.attempt("a@b", "10.0.0.1")

    clock.turn(seconds=1)
    limits.attempt("a@b", "10.0.0.1")


def test_a_guesser_locks_nobody_else_out(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    for number in range(1000):
        try:
            limits.attempt("owner@duka.example", f"10.1.{number // 200}.{number % 200}")
        except RateLimited:
            pytest.fail("each address is new")
    with pytest.raises(RateLimited):
        fail(limits, "owner@duka.example", "10.0.0.66", rules.FREE_FAILURES + 1)

    limits.attempt("owner@duka.example", "10.0.0.1")


def test_one_address_trying_many_accounts_waits_too(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    for number in range(rules.FREE_FAILURES_OF_ADDRESS):
        limits.attempt(f"{number}@duka.example", "10.0.0.1")

    with pytest.raises(RateLimited):
        limits.attempt("one-more@duka.example", "10.0.0.1")
    limits.attempt("one-more@duka.example", "10.0.0.2")


def test_a_shop_full_of_people_signs_in_from_one_address(clock: TurnedClock) -> None:
    limits = limits_at(clock)

    for number in range(10 * rules.FREE_FAILURES_OF_ADDRESS):
        limits.attempt(f"{number}@duka.example", "10.0.0.1")
        limits.succeeded(f"{number}@duka.example", "10.0.0.1")


def test_success_forgives_the_mistakes_before(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    for _ in range(3):
        fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)
        limits.succeeded("a@b", "10.0.0.1")


def test_success_with_ones_own_account_does_not_pay_for_guessing_at_others(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    for number in range(rules.FREE_FAILURES_OF_ADDRESS - 1):
        limits.attempt(f"{number}@duka.example", "10.0.0.66")
        limits.attempt("thief@duka.example", "10.0.0.66")
        limits.succeeded("thief@duka.example", "10.0.0.66")
    limits.attempt("last@duka.example", "10.0.0.66")

    with pytest.raises(RateLimited):
        limits.attempt("thief@duka.example", "10.0.0.66")


def test_an_hour_of_quiet_is_forgiven(clock: TurnedClock) -> None:
    limits = limits_at(clock)
    fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)
    clock.turn(hours=1, seconds=1)

    fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first(clock: TurnedClock) -> None:
    class Small(SignInLimits):
        REMEMBERED_MAX = 3

    limits = Small(Seams(clock=clock))
    fail(limits, "a@b", "10.0.0.1", rules.FREE_FAILURES)
    with pytest.raises(RateLimited):
        limits.attempt("a@b", "10.0.0.1")
    for number in range(2, 5):
        limits.attempt("a@b", f"10.0.0.{number}")

    limits.attempt("a@b", "10.0.0.1")
    limits.succeeded("a@b", "10.0.0.2")  # forgotten meanwhile, and no error
