"""What a process promised to keep is kept, through full disks, torn files and its own death."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from payme.kit.spool import RECORD_BYTES_MAX, Spool, SpoolFull


class Shelf:
    """Where records go; it can be away."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.away = False

    async def store(self, records: Sequence[bytes]) -> None:
        if self.away:
            raise ConnectionError
        self.records += records


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_what_is_appended_is_taken_in_once_and_the_folder_is_empty_then(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path / "spool")
    await asyncio.gather(*(spool.append(f"record {number}".encode()) for number in range(300)))

    assert await spool.take_in(shelf.store) == 300
    assert await spool.take_in(shelf.store) == 0
    assert sorted(shelf.records) == sorted(f"record {number}".encode() for number in range(300))
    assert list((tmp_path / "spool").iterdir()) == []


async def test_nothing_is_made_on_the_disk_while_all_is_well(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path / "spool")

    assert await spool.take_in(shelf.store) == 0
    assert not (tmp_path / "spool").exists()


async def test_a_store_that_is_away_leaves_everything_where_it_is(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path)
    await spool.append(b"first")
    shelf.away = True
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await spool.take_in(shelf.store)
    await spool.append(b"second")

    shelf.away = False

    assert await spool.take_in(shelf.store) == 2
    assert shelf.records == [b"first", b"second"]


async def test_a_record_that_comes_while_others_are_taken_in_is_not_lost(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path)
    await spool.append(b"before")

    async def store(records: Sequence[bytes]) -> None:
        await spool.append(b"meanwhile")
        await shelf.store(records)

    await spool.take_in(store)
    await spool.take_in(shelf.store)

    assert shelf.records == [b"before", b"meanwhile"]


async def test_half_a_record_at_the_end_was_never_promised(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path)
    await spool.append(b"whole")
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for cut in (1, 7, 8, len(whole) - 1):
        file.write_bytes(whole + whole[:cut])
        kept = Shelf()
        stopped = Spool(tmp_path)
        assert await stopped.take_in(kept.store) == 0  # its writer lives
    await spool.take_in(shelf.store)

    assert shelf.records == [b"whole"]


@pytest.mark.parametrize("garbage", [b"\xff" * 40, (RECORD_BYTES_MAX + 1).to_bytes(4, "big") + bytes(40)])
async def test_what_is_no_record_is_not_read_as_one(tmp_path: Path, shelf: Shelf, garbage: bytes) -> None:
    (tmp_path / "1-1.spool").write_bytes(garbage)

    assert await Spool(tmp_path).take_in(shelf.store) == 0


async def test_a_spool_has_a_bound_and_says_so(tmp_path: Path, shelf: Shelf) -> None:
    spool = Spool(tmp_path, bytes_max=100)
    await spool.append(b"x" * 80)

    with pytest.raises(SpoolFull):
        await spool.append(b"x" * 80)

    await spool.take_in(shelf.store)
    await spool.append(b"y" * 80)
    assert await spool.take_in(shelf.store) == 1


async def test_a_disk_that_takes_nothing_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"a file, where a folder is wanted")

    with pytest.raises(OSError, match="exists"):
        await Spool(tmp_path / "spool").append(b"record")


async def test_a_living_process_keeps_its_file_and_a_dead_ones_is_taken_in(tmp_path: Path, shelf: Shelf) -> None:
    writing = (
        "import asyncio, sys; from pathlib import Path; from payme.kit.spool import Spool\n"
        "async def main():\n"
        "    await Spool(Path(sys.argv[1])).append(b'of another')\n"
        "    print('kept', flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    other = subprocess.Popen([sys.executable, "-c", writing, str(tmp_path)], stdout=subprocess.PIPE)  # noqa: ASYNC220
    assert other.stdout is not None
    assert await asyncio.to_thread(other.stdout.readline) == b"kept\n"

    assert await Spool(tmp_path).take_in(shelf.store) == 0

    other.kill()
    await asyncio.to_thread(other.wait)
    other.stdout.close()
    (tmp_path / f"{os.getpid()}-1.spool").touch()  # a process before us had our number

    spool = Spool(tmp_path)
    await spool.append(b"our own")
    assert await spool.take_in(shelf.store) == 2
    assert sorted(shelf.records) == [b"of another", b"our own"]
