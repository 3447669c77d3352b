"""A phone is asked three times in ten minutes and ten times a day at most, whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.app.assembly import record
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.seams import Seams, SystemClock
from payme.push_limits import PushLimitReached, PushLimits, count_push, rules
from payme.push_limits.jobs import forget_old_pushes
from payme.push_limits.models import Counter, Limit
from payme.push_limits.types import Counted
from tests.support.daraja import new_phone
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together

LIMITS = PushLimits(per_phone=3, per_phone_a_day=10, per_cashier=0, per_business=0, key=lambda: b"a key of the tests")
NOON = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass
class Hand(SystemClock):
    """A clock that is set by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass
class Watch:
    """A shop at an hour that the test decides."""

    shop: Shop
    clock: Hand
    phone: str = field(default_factory=new_phone)

    async def pushes(self, phone: str | None = None, limits: PushLimits = LIMITS, role: str = "cashier") -> None:
        await self.shop.transact(count_push, phone or self.phone, limits, role=role)

    async def refused(self, phone: str | None = None, limits: PushLimits = LIMITS, role: str = "cashier") -> object:
        with pytest.raises(PushLimitReached) as refusal:
            await self.pushes(phone, limits, role)
        return refusal.value.facts()

    def later(self, **time: float) -> None:
        self.clock.at += timedelta(**time)


@pytest.fixture
async def clock() -> Hand:
    return Hand()


@pytest.fixture
async def timed(app_pool: AsyncpgPool, clock: Hand) -> Database:
    return Database(app_pool, Seams(clock=clock), record=record, jobs=PgQueuerJobs())


@pytest.fixture
async def watch(timed: Database, clock: Hand) -> Watch:
    return Watch(await make_shop(timed), clock)


async def test_a_phone_is_asked_three_times_in_ten_minutes(watch: Watch) -> None:
    for _ in range(3):
        await watch.pushes()
        watch.later(minutes=1)

    assert await watch.refused() == {"counted": "phone", "retry_after_s": 7 * 60}
    watch.later(minutes=7, seconds=-1)
    assert await watch.refused() == {"counted": "phone", "retry_after_s": 1}
    watch.later(seconds=1)
    await watch.pushes()
    assert await watch.refused() == {"counted": "phone", "retry_after_s": 60}


async def test_a_phone_is_asked_ten_times_a_day(watch: Watch) -> None:
    for _ in range(10):
        await watch.pushes()
        watch.later(minutes=10)

    assert await watch.refused() == {"counted": "phone", "retry_after_s": (24 * 60 - 100) * 60}
    watch.later(hours=22, minutes=19)
    await watch.refused()
    watch.later(minutes=1)
    await watch.pushes()


async def test_another_shop_cannot_ask_a_phone_that_had_enough(watch: Watch, timed: Database) -> None:
    neighbour = replace(watch, shop=await make_shop(timed))
    for asking in (watch, neighbour, watch):
        await asking.pushes()

    assert await neighbour.refused() == {"counted": "phone", "retry_after_s": 600}
    await neighbour.pushes(new_phone())


async def test_of_sixty_four_at_once_three_are_let_through(watch: Watch, timed: Database) -> None:
    shops = [watch, *[replace(watch, shop=await make_shop(timed)) for _ in range(3)]]

    results = await together(64, lambda number: shops[number % 4].pushes(role=("owner", "cashier")[number % 2]))

    assert (results.count(None), count(results, PushLimitReached)) == (3, 61)


async def test_many_asking_many_phones_never_stand_in_each_others_way(watch: Watch, timed: Database) -> None:
    shops = [watch, replace(watch, shop=await make_shop(timed))]
    phones = [new_phone() for _ in range(4)]
    limits = replace(LIMITS, per_cashier=50, per_business=60)

    results = await together(96, lambda number: shops[number % 2].pushes(phones[number % 4], limits))

    assert (results.count(None), count(results, PushLimitReached)) == (12, 84)


async def test_a_refused_push_is_not_counted(watch: Watch) -> None:
    for _ in range(3):
        await watch.pushes()
    for _ in range(20):
        await watch.refused()

    watch.later(minutes=10)
    for _ in range(3):
        await watch.pushes()


async def test_a_cashier_and_a_business_have_limits_of_their_own(watch: Watch) -> None:
    limits = replace(LIMITS, per_cashier=4, per_business=6)
    for _ in range(4):
        await watch.pushes(new_phone(), limits)

    assert await watch.refused(new_phone(), limits) == {"counted": "cashier", "retry_after_s": 600}
    for _ in range(2):
        await watch.pushes(new_phone(), limits, role="owner")
    assert await watch.refused(new_phone(), limits, role="manager") == {"counted": "business", "retry_after_s": 600}
    watch.later(minutes=10)
    await watch.pushes(new_phone(), limits, role="manager")


async def test_the_system_has_no_limit_of_a_cashier(watch: Watch, timed: Database) -> None:
    limits = replace(LIMITS, per_cashier=1)

    for _ in range(2):
        await timed.transact(Scope.system("test", watch.shop.business_id), count_push, new_phone(), limits)


async def test_no_telephone_number_is_kept(watch: Watch, owner_dsn: str) -> None:
    await watch.pushes()

    connection = await asyncpg.connect(owner_dsn)
    rows = [row["row"] for row in await connection.fetch("SELECT push_counts::text AS row FROM push_counts")]
    await connection.close()
    assert rows
    assert not [row for row in rows if watch.phone in row or watch.phone.encode().hex() in row]
    assert rules.key_of(b"one", Counted.PHONE, watch.phone) != rules.key_of(b"two", Counted.PHONE, watch.phone)


async def test_what_was_not_counted_for_a_day_is_forgotten(watch: Watch, timed: Database) -> None:
    async def known(tx: Tx) -> int:
        key = rules.key_of(LIMITS.key(), Counted.PHONE, watch.phone)
        return int(await tx.value("SELECT count(*) FROM push_counts WHERE key = $1", key))

    await watch.pushes()
    watch.later(days=1)
    await forget_old_pushes(timed)
    assert await watch.shop.transact(known) == 1

    watch.later(seconds=1)
    assert await forget_old_pushes(timed) >= 1
    assert await watch.shop.transact(known) == 0


instants = st.lists(st.integers(0, 3_000).map(lambda seconds: NOON - timedelta(seconds=seconds)), max_size=30)


@given(instants, st.integers(1, 5))
def test_after_the_wait_one_more_push_fits_and_no_sooner(before: Sequence[datetime], pushes: int) -> None:
    counter = Counter(Counted.PHONE, b"k", (Limit(pushes, rules.SHORT),))

    def wait_s(now: datetime) -> int:
        try:
            rules.check([counter], {b"k": [*before, now]}, now)
        except PushLimitReached as reached:
            return reached.retry_after_s
        return 0

    waits = [wait_s(NOON + timedelta(seconds=seconds)) for seconds in range(602)]

    assert all(earlier == later + 1 or earlier == later == 0 for earlier, later in pairwise(waits))
    within = [at for at in before if at > NOON - rules.SHORT]
    assert (waits[0] > 0) == (len(within) >= pushes)
