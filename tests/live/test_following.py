"""A stream followed without a network: how it beats, waits for the database, and ends."""

import asyncio

import pytest

from payme.kit.db.transaction import Database
from payme.kit.errors import DatabaseUnavailable
from payme.live import Rhythm, Streams
from payme.live.models import Picture
from tests.support.shops import Shop, make_shop

SLOW = Rhythm(heartbeat_s=0.3, look_s=60.0, look_alone_s=60.0, rest_s=0.01)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


async def test_a_stream_that_may_no_longer_be_checked_ends(database: Database, shop: Shop) -> None:
    streams = Streams(Rhythm(look_alone_s=0.05, blind_s=0.5, try_again_s=0.05))
    looks = 0

    async def look() -> Picture:
        nonlocal looks
        looks += 1
        raise DatabaseUnavailable

    with streams.seat(shop.owner.session_id, shop.business_id) as seat:
        async with asyncio.timeout(5):
            told = [one async for one in streams.follow(seat, look, Picture({}, (), whole=False), None)]

    assert len(told) == 1
    assert looks > 3


async def test_a_stream_whose_database_hangs_ends(shop: Shop) -> None:
    streams = Streams(Rhythm(look_alone_s=0.05, blind_s=0.3))

    async def look() -> Picture:
        await asyncio.Event().wait()
        raise AssertionError

    with streams.seat(shop.owner.session_id, shop.business_id) as seat:
        async with asyncio.timeout(5):
            assert len([one async for one in streams.follow(seat, look, Picture({}, (), whole=False), None)]) == 1


async def test_a_stream_that_is_quiet_when_the_server_stops_ends_too(shop: Shop) -> None:
    streams = Streams(SLOW)

    async def look() -> Picture:
        raise AssertionError

    with streams.seat(shop.owner.session_id, shop.business_id) as seat:
        following = streams.follow(seat, look, Picture({}, (), whole=False), None)
        assert await anext(following) is not None
        streams.close()
        with pytest.raises(StopAsyncIteration):
            await anext(following)


async def test_a_quiet_stream_beats_without_looking(shop: Shop) -> None:
    streams = Streams(Rhythm(heartbeat_s=0.05, look_s=60.0, look_alone_s=60.0))

    async def look() -> Picture:
        raise AssertionError

    with streams.seat(shop.owner.session_id, shop.business_id) as seat:
        following = streams.follow(seat, look, Picture({}, (), whole=False), None)
        assert await anext(following) is not None
        assert await anext(following) is None
        assert await anext(following) is None
        await following.aclose()
