"""Streams take places: few for each, given back by who leaves, and kept through a restart of the database."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from payme.app.assembly import record
from payme.http.event_stream import EventStream
from payme.kit.db.embedded import EmbeddedPostgres
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.migrate import migrate
from payme.kit.db.pool import open_pool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from payme.live import Limits
from tests.live.conftest import QUICK, SLOW, Served, live, serving, until
from tests.support.database import FAST
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop


@pytest.mark.parametrize(
    ("limits", "of"),
    [
        (Limits(per_session=2), "session"),
        (Limits(per_business=2), "business"),
        (Limits(per_process=2), "server"),
    ],
)
async def test_streams_are_bounded_and_a_place_that_is_left_is_free(
    database: Database, shop: Shop, limits: Limits, of: str
) -> None:
    async with serving(database, None, QUICK, limits) as served:
        async with served.follows(shop.owner, live(shop)) as one, served.follows(shop.owner, live(shop)) as two:
            await one.next()
            await two.next()
            refused = await served.get(shop.owner, live(shop))
        await until(lambda: served.streams.count == 0)
        async with served.follows(shop.owner, live(shop)) as again:
            await again.next()

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_streams"
    assert (refused.json()["of"], refused.json()["limit"]) == (of, 2)
    assert refused.headers["retry-after"]


async def test_streams_end_when_the_server_stops(database: Database, owner_dsn: str, shop: Shop) -> None:
    async with (
        serving(database, owner_dsn, SLOW, PAYME_DRAIN_S="30", PAYME_DRAIN_NOTICE_S="1.5") as served,
        served.follows(shop.owner, live(shop)) as reader,
    ):
        await reader.next()
        served.server.should_exit = True
        await reader.ends(3)
        async with served.follows(shop.owner, live(shop)) as late:
            await late.next()
            await late.ends(3)
        async with asyncio.timeout(3):
            await served.running


async def test_a_reader_that_does_not_read_is_cut(served: Served) -> None:
    left = []

    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield b": " + b"x" * 60_000 + b"\n\n"

    @served.app.get("/endless")
    async def flood() -> EventStream:
        return EventStream(endless(), left=lambda: left.append(1), send_s=0.5)

    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: s\r\n\r\n")
        await until(lambda: left)
        # Dropped, not told to close: that would wait for the reader to take what is on its way.
        await until(lambda: not served.server.server_state.connections)


async def test_a_reader_that_leaves_frees_its_place(served: Served, shop: Shop) -> None:
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        assert served.streams.count == 1
    await until(lambda: served.streams.count == 0)


async def test_streams_do_not_spoil_the_figures(served: Served, shop: Shop) -> None:
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        await asyncio.sleep(0.6)
        during = (await served.get(shop.owner, "/metrics")).text
    await until(lambda: served.streams.count == 0)
    after = (await served.get(shop.owner, "/metrics")).text

    route = 'method="GET",route="/v1/businesses/{business_id}/live"'
    for text, streams in ((during, "1.0"), (after, "0.0")):
        assert f"payme_http_streams {streams}" in text
        assert "payme_http_requests_in_flight 1.0" in text
        assert f"payme_http_request_duration_seconds_count{{{route}}} 1.0" in text
        assert f'payme_http_request_duration_seconds_bucket{{le="0.5",{route}}} 1.0' in text


async def test_no_session_of_the_database_is_held_while_a_stream_waits(served: Served, shop: Shop) -> None:
    pool = served.app.state.database._pool  # noqa: SLF001
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        await until(lambda: pool.use().in_use == 0)
        await reader.beats()


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="payme-test-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


async def test_streams_live_through_a_restart_of_the_database() -> None:
    with a_folder() as folder:
        postgres = EmbeddedPostgres(folder, settings=FAST)
        dsn = postgres.start().dsn("postgres", "postgres")
        await migrate(dsn)
        pool = await open_pool(dsn)
        database = Database(pool, Seams(), record=record, jobs=PgQueuerJobs())
        shop = await make_shop(database)
        sugar = await has_stock(shop)
        try:
            async with serving(database, dsn, SLOW) as served, served.follows(shop.owner, live(shop)) as reader:
                await reader.next()
                postgres.stop()
                await until(lambda: not served.streams.is_listening)
                await reader.beats()
                postgres.start()
                await until(lambda: served.streams.is_listening)
                await opens_sale(shop, (sugar, "1"))
                assert (await reader.next()).event == "change"
        finally:
            await pool.close()
            postgres.stop()
