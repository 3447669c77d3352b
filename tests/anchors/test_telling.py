"""Places outside are told of heads, each in its rhythm, together, and never twice without need."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from payme.anchors import PlaceState, list_places
from payme.anchors.jobs import AnchorDesk, AnchorFile, ask_places, keep_telling, tell_place
from payme.anchors.rules import next_slot
from payme.app.gauges import gauges_of
from payme.kit.db.transaction import Database, Scope
from payme.kit.seams import Calm
from payme.seals import Told
from tests.support.database import in_time
from tests.support.goods import has_tokens
from tests.support.seals import Notes, judged, only, sealed_shop, seals_and_tells
from tests.support.shops import make_shop

HOUR = 3600.0


class Crash(Exception):
    """The worker died."""


class CrashAt(Calm):
    def __init__(self, name: str) -> None:
        self.name = name

    async def point(self, name: str) -> None:
        if name == self.name:
            raise Crash


class Hourly(Notes):
    every_s = HOUR


class Ill(Hourly):
    """A place that takes nothing while it is ill."""

    is_ill = True

    async def tell(self, told: Sequence[Told]) -> None:
        if self.is_ill:
            raise OSError("it answers 503 SlowDown")
        await super().tell(told)


async def state_of(database: Database, place: Notes) -> PlaceState:
    found = await database.transact(Scope.system("test"), list_places)
    return next(one for one in found if one.place == place.name)


async def test_heads_of_all_businesses_are_told_together_and_once(database: Database) -> None:
    shops, notes = [await make_shop(database) for _ in range(3)], Notes()

    assert await seals_and_tells(database, notes, *shops) == 3
    assert {anchor.business_id for anchor in notes.anchors} == {shop.business_id for shop in shops}
    assert await seals_and_tells(database, notes, *shops) == 0
    await has_tokens(shops[0], 1)
    assert await seals_and_tells(database, notes, *shops) == 1
    assert (notes.anchors[-1].business_id, notes.anchors[-1].number) == (shops[0].business_id, 2)


async def test_a_place_is_told_in_its_rhythm(database: Database) -> None:
    shop, hourly = await make_shop(database), Hourly()
    at = datetime(2027, 3, 1, 9, 50, tzinfo=UTC)
    told = []
    for minutes in (0, 5, 9, 10, 40, 69, 70):
        await has_tokens(shop, 1)
        told.append(await seals_and_tells(in_time(database, at + timedelta(minutes=minutes)), hourly, shop))

    assert told == [1, 0, 0, 1, 0, 0, 1]
    assert [anchor.number for anchor in hourly.anchors] == [1, 4, 7]


def test_the_rhythm_is_that_of_the_clock() -> None:
    at = datetime(2027, 3, 1, 9, 50, tzinfo=UTC)
    assert next_slot(at, 900) == datetime(2027, 3, 1, 10, tzinfo=UTC)
    assert next_slot(datetime(2027, 3, 1, 10, tzinfo=UTC), 900) == datetime(2027, 3, 1, 10, 15, tzinfo=UTC)
    assert next_slot(at, 86_400) == datetime(2027, 3, 2, tzinfo=UTC)


async def test_workers_at_once_tell_a_place_once(database: Database) -> None:
    shop, hourly = await make_shop(database), Hourly()
    told = await asyncio.gather(*(seals_and_tells(database, hourly, shop) for _ in range(5)))
    assert (sorted(told), len(hourly.anchors)) == ([0, 0, 0, 0, 1], 1)


async def test_a_place_that_takes_nothing_keeps_no_seal_waiting_and_is_told_later(database: Database) -> None:
    shop, ill = await make_shop(database), Ill()
    at = datetime(2027, 3, 1, 9, 50, tzinfo=UTC)
    for minutes in (0, 1, 5, 11, 71):
        await has_tokens(shop, 1)
        assert await seals_and_tells(in_time(database, at + timedelta(minutes=minutes)), ill, shop) == 0
    assert ((verdict := await judged(shop)).unsealed, verdict.seals) == (0, 5)
    state = await state_of(database, ill)
    assert (state.failing_since, state.note, state.told_at) == (at, "it answers 503 SlowDown", None)
    assert state.due_at == at + timedelta(minutes=131)

    shown = dict((await gauges_of(in_time(database, at + timedelta(hours=2)))()).anchors_failing_s)
    assert shown[ill.name] == 7200

    ill.is_ill = False
    assert await seals_and_tells(in_time(database, at + timedelta(minutes=131)), ill, shop) == 1
    state = await state_of(database, ill)
    assert (state.failing_since, state.note, state.told_at) == (None, "", at + timedelta(minutes=131))


@pytest.mark.parametrize("point", ["audit_anchored", "before_commit"])
async def test_a_worker_that_dies_leaves_the_place_to_another(database: Database, point: str) -> None:
    shop, hourly = await make_shop(database), Hourly()
    await seals_and_tells(database, Notes(), shop)
    at = database.seams.clock.now()
    dying = in_time(database, at, CrashAt(point))

    with pytest.raises(Crash):
        await tell_place(AnchorDesk(dying, [hourly]), hourly, only(shop.business_id))
    later = in_time(database, at + timedelta(minutes=5))
    if point == "audit_anchored":  # it was told, and nobody knows; until the lease ends nobody tells it again
        assert await tell_place(AnchorDesk(database, [hourly]), hourly, only(shop.business_id)) == 0
    assert await tell_place(AnchorDesk(later, [hourly]), hourly, only(shop.business_id)) == 1
    assert len({*hourly.anchors}) == 1
    assert (await judged(shop, hourly.anchors)).faults == ()


async def test_many_heads_are_told_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payme.anchors.jobs.HEADS_AT_ONCE", 2)
    shops, batches = [await make_shop(database) for _ in range(5)], []

    class Batches(Notes):
        async def tell(self, told: Sequence[Told]) -> None:
            batches.append(len(told))

    assert await seals_and_tells(database, Batches(), *shops) == 5
    assert batches == [2, 2, 1]


async def test_heads_in_a_file_are_lines_that_only_we_read(database: Database, tmp_path: Path) -> None:
    shop, place = await make_shop(database), tmp_path / "data" / "anchors.jsonl"
    file = AnchorFile(place, 1e-6)
    file.name = f"file {uuid4()}"[:40]
    desk = AnchorDesk(database, [file])
    assert (await ask_places(desk)).anchors == {}
    for _ in range(2):
        await seals_and_tells(database, file, shop)
        await has_tokens(shop, 1)

    with place.open("ab") as opened:
        opened.write(b'{"begun and not ended')
    found = await ask_places(desk)

    assert [anchor.number for anchor in found.anchors[shop.business_id]] == [1, 2]
    assert place.stat().st_mode & 0o777 == 0o600
    assert (await judged(shop, found.anchors[shop.business_id])).faults == ()
    late = found.anchors[shop.business_id][1].sealed_at
    assert [one.number for one in (await ask_places(desk, late)).anchors[shop.business_id]] == [2]


async def test_a_place_that_cannot_be_read_is_named_and_the_others_count(database: Database, tmp_path: Path) -> None:
    shop, anchors = await sealed_shop(database)
    (tmp_path / "broken").write_text("{}\n")
    (tmp_path / "folder").mkdir()
    broken, folder = AnchorFile(tmp_path / "broken", HOUR), AnchorFile(tmp_path / "folder", HOUR)
    folder.name = "folder"
    notes = Notes()
    notes.told += anchors

    found = await ask_places(AnchorDesk(database, [broken, folder, notes]), kept=anchors[:1])

    assert set(found.unasked) == {"file", "folder"}
    assert [one.number for one in found.anchors[shop.business_id]] == [1, 1, 2, 3, 4]
    with pytest.raises(OSError, match="directory"):
        await folder.tell(anchors)


async def test_a_head_that_contradicts_one_place_is_found_whatever_the_others_say(
    database: Database, owner_dsn: str
) -> None:
    shop, anchors = await sealed_shop(database)
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute("SET session_replication_role = replica")
    for table in ("audit_anchors", "audit_seals"):
        await owner.execute(f"DELETE FROM {table} WHERE business_id = $1", shop.business_id)
    await owner.execute(
        "DELETE FROM audit_entries WHERE business_id = $1 AND sequence = "
        "(SELECT max(sequence) FROM audit_entries WHERE business_id = $1)", shop.business_id
    )  # fmt: skip
    await owner.close()
    anew = Notes()
    await seals_and_tells(database, anew, shop)  # by whoever has our key

    assert (await judged(shop, anew.anchors)).faults == ()
    for order in ([*anchors, *anew.anchors], [*anew.anchors, *anchors]):
        assert {fault.kind for fault in (await judged(shop, order)).faults} == {"rewritten", "tail_cut"}


async def test_the_worker_tells_by_itself(database: Database) -> None:
    shop, notes, stop = await make_shop(database), Notes(), asyncio.Event()
    await seals_and_tells(database, Notes(), shop)
    work = asyncio.create_task(keep_telling(AnchorDesk(database, [notes]), stop))
    async with asyncio.timeout(60):
        while not any(one.business_id == shop.business_id for one in notes.anchors):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await work


class Broken(Notes):
    async def tell(self, told: Sequence[Told]) -> None:
        raise AssertionError("a bug")


async def test_a_bug_in_a_place_does_not_end_the_worker(database: Database) -> None:
    shop, stop, broken = await make_shop(database), asyncio.Event(), Broken()
    await seals_and_tells(database, Notes(), shop)
    work = asyncio.create_task(keep_telling(AnchorDesk(database, [broken]), stop))
    async with asyncio.timeout(60):
        while True:
            if any(one.place == broken.name for one in await database.transact(Scope.system("test"), list_places)):
                break
            await asyncio.sleep(0.05)
    assert not work.done()
    stop.set()
    await work
