"""The tills: keep-alive HTTP/1.1 connections that ring up cash sales as fast as they are answered.

A process of its own, so that what it costs can be told apart. It reads one JSON command a line from its standard input
and answers one JSON object a line. Requests are put together from prepared bytes, and of an answer only what is needed
is read, because the tills share the machine with what they measure.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_CREATED = b"HTTP/1.1 201"
_REPLAYED = b"idempotency-replayed: true"
_SALE_ID = slice(7, 43)  # the answer begins with {"id":"…"}
_QUANTITIES = (b'"1"', b'"2"', b'"0.500"')
_LINE_MAX = 1 << 24
REPLAYS_OF_100 = 1
"""So many sales of a hundred are sent once more, with the same key, as a till does whose answer was lost."""


@dataclass(slots=True)
class ShopBytes:
    """The parts of a request that are the same for every sale of a shop."""

    head: bytes
    thirds: tuple[tuple[bytes, ...], ...]
    business_id: str


@dataclass(slots=True)
class Tally:
    """What a round saw."""

    latencies_s: list[float] = field(default_factory=list)
    sold: list[tuple[str, str, str]] = field(default_factory=list)
    """Business, key and sale of each answer that said a sale was made."""
    replays: int = 0
    doubled: int = 0
    """Replays that were answered with another sale."""
    refused: dict[str, int] = field(default_factory=dict)


def prepare(shop: dict[str, object], host: str) -> ShopBytes:
    """Write the unchanging bytes of a shop's requests."""
    business_id, token, products = str(shop["business_id"]), shop["token"], shop["products"]
    assert isinstance(products, list)  # noqa: S101
    head = (
        f"POST /v1/businesses/{business_id}/sales HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\n"
    ).encode()
    third = len(products) // 3
    lines = [f'{{"product_id":"{product}","quantity":'.encode() for product in products]
    return ShopBytes(head, tuple(tuple(lines[part * third : (part + 1) * third]) for part in range(3)), business_id)


class Till(asyncio.Protocol):
    """One connection: sends a sale, reads the answer, sends the next."""

    def __init__(self, floor: "Floor") -> None:
        """Belong to a floor of tills."""
        self._floor = floor
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._request = b""
        self._key = ""
        self._business_id = ""
        self._sale_id = ""
        self._sent_at = 0.0
        self._replaying = False
        self.closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is one in all but name

    def ring_up(self) -> None:
        """Send a new sale of a random shop."""
        floor = self._floor
        shop = floor.pick()
        randomness = floor.randomness
        self._key = f"{randomness.getrandbits(128):032x}"
        self._business_id = shop.business_id
        lines = b",".join(
            third[int(randomness.random() * len(third))] + _QUANTITIES[int(randomness.random() * 3)] + b"}"
            for third in shop.thirds
        )
        body = b'{"lines":[' + lines + b'],"cash_tendered":"1000.00"}'
        self._request = b"%bIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            shop.head,
            self._key.encode(),
            len(body),
            body,
        )
        self._send(replaying=False)

    def _send(self, *, replaying: bool) -> None:
        assert self._transport is not None  # noqa: S101
        self._replaying = replaying
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take one whole answer, count it, go on."""
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(_END_OF_HEAD)
        if end < 0:
            self._buffer = buffer
            return
        start = buffer.index(_LENGTH) + len(_LENGTH)
        length = int(buffer[start : buffer.index(b"\r", start)])
        if len(buffer) < end + len(_END_OF_HEAD) + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._count(buffer[:end], buffer[end + len(_END_OF_HEAD) :])

    def _count(self, head: bytes, body: bytes) -> None:
        floor, tally = self._floor, self._floor.tally
        now = time.perf_counter()
        created = head.startswith(_CREATED)
        if not created:
            said = f"{head[9:12].decode()} {body[:200].decode(errors='replace')}"
            tally.refused[said] = tally.refused.get(said, 0) + 1
        elif self._replaying:
            tally.replays += 1
            tally.doubled += body[_SALE_ID].decode() != self._sale_id or _REPLAYED not in head
        else:
            self._sale_id = body[_SALE_ID].decode()
            tally.sold.append((self._business_id, self._key, self._sale_id))
            if self._sent_at >= floor.counts_from and now <= floor.counts_to:
                tally.latencies_s.append(now - self._sent_at)
        if now >= floor.counts_to:
            floor.rest()
        elif created and not self._replaying and int(floor.randomness.random() * 100) < REPLAYS_OF_100:
            self._send(replaying=True)
        else:
            self.ring_up()

    def connection_lost(self, error: Exception | None) -> None:
        """Stop: the server is not to close a connection."""
        if not self.closing:
            raise RuntimeError(f"the server closed a connection: {error}")

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None  # noqa: S101
        self.closing = True
        self._transport.close()


class Floor:
    """All tills of the process."""

    def __init__(self, shops: Sequence[ShopBytes], seed: int) -> None:
        """Sell in ``shops``."""
        self._shops = shops
        self.randomness = random.Random(seed)
        self.tally = Tally()
        self.tills: list[Till] = []
        self.counts_from = 0.0
        self.counts_to = 0.0
        self.rest: Callable[[], None] = lambda: None

    def pick(self) -> ShopBytes:
        """Choose a shop."""
        return self._shops[int(self.randomness.random() * len(self._shops))]

    def close(self) -> None:
        """Close every connection; the next round opens its own, because the server lets none rest for long."""
        for till in self.tills:
            till.close()
        self.tills.clear()

    async def sell(self, lead_in_s: float, seconds: float) -> dict[str, object]:
        """Sell for a lead-in that is not counted and then ``seconds``; return what was seen."""
        self.tally = Tally()
        rested = asyncio.Event()
        waiting = len(self.tills)

        def rest() -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                rested.set()

        self.rest = rest
        used = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        self.counts_from = began + lead_in_s
        self.counts_to = self.counts_from + seconds
        for till in self.tills:
            till.ring_up()
        await rested.wait()
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        tally = self.tally
        return {
            "sales_per_second": len(tally.latencies_s) / seconds,
            "latencies_s": tally.latencies_s,
            "sold": tally.sold,
            "replays": tally.replays,
            "doubled": tally.doubled,
            "refused": tally.refused,
            "cpu_share": cpu_s / took,
            "answers": len(tally.sold) + tally.replays,
            "took_s": took,
        }


async def _serve(lines: asyncio.StreamReader) -> None:
    command = json.loads(await lines.readline())
    host, port = command["host"], command["port"]
    floor = Floor([prepare(shop, f"{host}:{port}") for shop in command["shops"]], command["seed"])
    loop = asyncio.get_running_loop()
    print(json.dumps({"ready": True}), flush=True)
    while line := await lines.readline():
        asked = json.loads(line)
        for _ in range(command["clients"]):
            _, till = await loop.create_connection(lambda: Till(floor), host, port)
            floor.tills.append(till)
        told = await floor.sell(asked["lead_in_s"], asked["seconds"])
        floor.close()
        print(json.dumps(told), flush=True)


async def _main() -> None:
    lines = asyncio.StreamReader(limit=_LINE_MAX)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await _serve(lines)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
