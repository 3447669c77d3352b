"""A spool: records on this machine's disk, for the time when the database cannot take them.

Each process appends to a file of its own, and a record is there when its bytes have been synced to the disk. A file is
taken in by whoever holds its lock: the process that wrote it, or after its death any other. Taking in stores every
record and only then removes the file, so a process that dies in between leaves the file to be taken in again, and the
store must know a record that it has. What a death tore at the end of a file was never promised to anybody.
"""

import asyncio
import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BYTES_MAX: Final = 64 * 1024 * 1024
RECORD_BYTES_MAX: Final = 1024 * 1024
_HEAD: Final = struct.Struct(">II")
_BATCH: Final = 200
_SUFFIX: Final = ".spool"

Store = Callable[[Sequence[bytes]], Awaitable[None]]


class SpoolFull(Exception):
    """The spool holds as much as it may; the record was not kept."""


@dataclass(slots=True)
class _Open:
    """A file that this process writes, or reads alone."""

    path: Path
    descriptor: int
    size: int


class Spool:
    """The spool of one process, in a folder that processes share."""

    def __init__(self, folder: Path, *, bytes_max: int = BYTES_MAX) -> None:
        """Keep at most ``bytes_max`` in the folder, all processes together; nothing is made before the first record."""
        self._folder = folder
        self._bytes_max = bytes_max
        self._writing: _Open | None = None
        self._number = 0
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def append(self, record: bytes) -> None:
        """Keep a record; when this returns it is on the disk. Raises SpoolFull and OSError.

        Those who come while the disk is busy share the next sync.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            async with self._turn:
                taken, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._write, [record for record, _ in taken])
                except (OSError, SpoolFull) as error:
                    for _, done in taken:
                        if not done.done():
                            done.set_exception(error)
                    continue
            for _, done in taken:
                if not done.done():
                    done.set_result(None)

    def _write(self, records: Sequence[bytes]) -> None:
        data = b"".join(_HEAD.pack(len(record), zlib.crc32(record)) + record for record in records)
        if self._bytes_held() + len(data) > self._bytes_max:
            raise SpoolFull
        file = self._writing = self._writing or self._begin()
        try:
            written = 0
            while written < len(data):
                written += os.write(file.descriptor, data[written:])
            os.fsync(file.descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # what comes after half a record could not be read
                os.ftruncate(file.descriptor, file.size)
            raise
        file.size += len(data)

    def _bytes_held(self) -> int:
        held = 0
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):  # taken in by somebody meanwhile
                held += path.stat().st_size
        return held

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []

    def _begin(self) -> _Open:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self._number += 1
            path = self._folder / f"{os.getpid()}-{self._number}{_SUFFIX}"
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue  # left by a process that had this number before
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
                self._sync_folder()
                return _Open(path, descriptor, 0)
            os.close(descriptor)  # somebody took the empty file in before it was locked

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _forget(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._sync_folder()

    async def take_in(self, store: Store) -> int:
        """Give every record of this process and of dead ones to ``store``, and forget it; returns how many.

        Whatever ``store`` raises is raised, and the file stays. Appending goes on meanwhile, in another file.
        """
        async with self._turn:
            own, self._writing = self._writing, None
        if own is not None:
            os.close(own.descriptor)  # from now on it is like a file of somebody who is gone
        taken = 0
        for path in await asyncio.to_thread(self._files):
            taken += await self._take_in(path, store)
        return taken

    async def _take_in(self, path: Path, store: Store) -> int:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0  # its process lives, and takes it in itself
            records = list(_records(await asyncio.to_thread(path.read_bytes)))
            for start in range(0, len(records), _BATCH):
                await store(records[start : start + _BATCH])
            await asyncio.to_thread(self._forget, path)
            return len(records)
        finally:
            os.close(descriptor)


def _records(data: bytes) -> Iterator[bytes]:
    """Read records up to the first that is not whole."""
    place = 0
    while place + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        record = data[place : place + length]
        if length > RECORD_BYTES_MAX or len(record) != length or zlib.crc32(record) != checksum:
            return
        place += length
        yield record
