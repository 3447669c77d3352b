"""Whatever is answered with 200 is kept: in the database, or on the disk until there is one."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from payme.app.main import create_app
from payme.app.services import AppServices
from payme.callbacks import Arrival, CallbackKeeper, hash_of_secret
from payme.callbacks.rules import HEADER_MAX, as_record, from_record, new_callback
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.ports import Connection
from payme.kit.db.transaction import Database
from payme.kit.errors import DatabaseUnavailable
from payme.kit.seams import Seams
from payme.kit.spool import Spool
from tests.support.web import a_client, settings_of

BODY = b'{"Body":{"stkCallback":{"ResultCode":0}}}\xff\x00'


class Away:
    """A pool whose database is away, or so slow that nobody can wait for it."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow

    async def acquire(self) -> Connection:
        if self.slow:
            await asyncio.sleep(60)
        raise DatabaseUnavailable

    async def release(self, connection: Connection) -> None:
        raise AssertionError("nothing was lent")


def away(*, slow: bool = False) -> Database:
    return Database(Away(slow=slow), Seams(), record=lambda _: None, jobs=PgQueuerJobs())


async def stored(owner_dsn: str, secret: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(owner_dsn)
    rows = await connection.fetch("SELECT * FROM callbacks WHERE path_hash = $1", hash_of_secret(secret))
    await connection.close()
    return rows


async def test_a_callback_is_kept_raw_with_where_it_came_from(
    database: Database, owner_dsn: str, tmp_path: Path
) -> None:
    settings = settings_of({"PAYME_DATA_DIR": str(tmp_path), "PAYME_CALLBACK_SOURCES": "196.201.212.0/24"})
    app = create_app(AppServices(settings=settings, database=database))
    secret = database.seams.new_secret()
    headers = {"Businessshortcode": "174379", "User-Agent": "Daraja\u0001 1.0", "X-Forwarded-For": "1.2.3.4"}

    for address in ("196.201.212.69", "41.90.1.1"):
        async with a_client(app, address=address) as daraja:
            answer = await daraja.post(f"/callbacks/{secret}", content=BODY, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"ResultCode": 0, "ResultDesc": "Accepted"})

    rows = await stored(owner_dsn, secret)
    assert [(row["body"], row["state"], row["shortcode"]) for row in rows] == [(BODY, "received", "174379")] * 2
    assert {row["address"]: row["outside"] for row in rows} == {"196.201.212.69": False, "41.90.1.1": True}
    assert '"businessshortcode": "174379"' in rows[0]["headers"]
    assert '"x-forwarded-for": "1.2.3.4"' in rows[0]["headers"]
    assert secret not in str(rows)
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("slow", [False, True])
async def test_without_a_database_the_answer_is_200_and_the_callback_is_taken_in_later(
    database: Database, owner_dsn: str, tmp_path: Path, slow: bool
) -> None:
    spool = Spool(tmp_path)
    keeper = CallbackKeeper(away(slow=slow), spool, store_within_s=0.05)
    app = create_app(AppServices(settings=settings_of(), database=away(), callbacks=keeper))
    secrets = [database.seams.new_secret() for _ in range(5)]
    async with a_client(app) as daraja:
        answers = await asyncio.gather(*(daraja.post(f"/callbacks/{secret}", content=BODY) for secret in secrets))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not any(secret in file.read_text("latin-1") for secret in secrets for file in tmp_path.iterdir())

    gone = CallbackKeeper(away(), spool)
    with pytest.raises(DatabaseUnavailable):
        await gone.take_in_spool()
    back = CallbackKeeper(database, spool)
    assert await back.take_in_spool() == 5
    assert await back.take_in_spool() == 0
    assert [len(await stored(owner_dsn, secret)) for secret in secrets] == [1] * 5


async def test_what_came_twice_out_of_the_spool_is_there_once(
    database: Database, owner_dsn: str, tmp_path: Path
) -> None:
    keeper = CallbackKeeper(away(), Spool(tmp_path))
    secret = database.seams.new_secret()
    await keeper.keep(Arrival(secret, BODY, "", ""))
    (file,) = tmp_path.iterdir()
    copy = file.read_bytes()

    back = CallbackKeeper(database, keeper._spool)  # noqa: SLF001
    assert await back.take_in_spool() == 1
    (tmp_path / "0-0.spool").write_bytes(copy)
    assert await back.take_in_spool() == 1

    assert len(await stored(owner_dsn, secret)) == 1


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from payme.callbacks import Arrival, CallbackKeeper
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import open_pool
from payme.kit.db.transaction import Database
from payme.kit.errors import DatabaseUnavailable
from payme.kit.seams import Seams
from payme.kit.spool import Spool

class Away:
    async def acquire(self): raise DatabaseUnavailable

class Killed(Spool):
    def _forget(self, path): os.kill(os.getpid(), signal.SIGKILL)

async def main(dsn, folder, secret):
    spool = Killed(Path(folder))
    absent = Database(Away(), Seams(), record=lambda _: None, jobs=PgQueuerJobs())
    keeper = CallbackKeeper(absent, spool)
    for number in range(3):
        await keeper.keep(Arrival(secret, b"%d" % number, "", ""))
    present = Database(await open_pool(dsn), Seams(), record=lambda _: None, jobs=PgQueuerJobs())
    await CallbackKeeper(present, spool).take_in_spool()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_killed_between_storing_and_forgetting_stores_once(
    database: Database, owner_dsn: str, tmp_path: Path
) -> None:
    secret = database.seams.new_secret()
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _KILLED, owner_dsn, str(tmp_path), secret], check=False, env=os.environ
    )
    assert died.returncode == -signal.SIGKILL
    assert len(await stored(owner_dsn, secret)) == 3
    assert len(list(tmp_path.iterdir())) == 1

    assert await CallbackKeeper(database, Spool(tmp_path)).take_in_spool() == 3

    assert sorted(row["body"] for row in await stored(owner_dsn, secret)) == [b"0", b"1", b"2"]
    assert list(tmp_path.iterdir()) == []


async def test_a_callback_that_nobody_can_keep_is_not_said_to_be_kept(tmp_path: Path) -> None:
    keeper = CallbackKeeper(away(), Spool(tmp_path, bytes_max=10))
    app = create_app(AppServices(settings=settings_of(), database=away(), callbacks=keeper))

    async with a_client(app) as daraja:
        answer = await daraja.post("/callbacks/some-path", content=BODY)

    assert answer.status_code == 503
    assert answer.json()["code"] == "callback_not_kept"


async def test_more_than_a_callback_may_hold_is_refused_unread(database: Database, tmp_path: Path) -> None:
    app = create_app(AppServices(settings=settings_of({"PAYME_DATA_DIR": str(tmp_path)}), database=database))

    async with a_client(app) as daraja:
        assert (await daraja.post("/callbacks/path", content=bytes(16_385))).status_code == 413
        assert (await daraja.post("/callbacks/path", content=bytes(16_384))).status_code == 200


def test_a_record_of_the_spool_reads_as_it_was_written() -> None:
    seams = Seams()
    arrival = Arrival("secret", BODY, "1" * 100, "196.201.212.69", {"user-agent": "x" * 500, "cookie": "no"}, True)
    callback = new_callback(arrival, UUID(int=7), seams.clock.now())

    assert from_record(as_record(callback)) == callback
    assert callback.headers == {"user-agent": "x" * HEADER_MAX}
    assert callback.shortcode == "1" * 64
