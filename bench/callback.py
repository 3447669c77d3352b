"""M-Pesa callbacks: how many a second are stored and answered, beside pgbench inserting one row; and applied.

    .venv/bin/python bench/callback.py [--json] [--seconds 60] [--rounds 3] [--clients 32] [--paid 1000] [--forged 1000]

First the server alone stores what comes (the reference is the same INSERT by pgbench, in turns). Then customers pay all
at once: the callback of each comes one to five times, in any order and between forged ones, while the worker applies
them. Exit code 1 where a callback was lost, or the books are not what the customers paid.
See README.md in this directory for what the figures mean.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import cast

import asyncpg
import uvloop
from paying import Asked, ask_customers, paid_body, receipt_of, receipts_in_books
from product import UNHURRIED, own_installation, serving, working
from reference import Pgbench, Script

from payme import reconciliation
from payme.app.assembly import Assembly, assemble
from payme.app.ground import DATABASE, SERVER_ROLE, Ground, prepare
from payme.app.settings import Settings
from payme.kit.db.embedded import find_binaries
from payme.kit.db.transaction import Scope

LEAD_IN_S = 1
APPLIED_WITHIN_S = 600.0
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_INSERT = """
INSERT INTO callbacks (id, path_hash, body, shortcode, address, headers, outside, state, attempts, due_at, received_at,
                       updated_at)
VALUES (uuidv7(), sha256(:path::bytea), :body::bytea, :shortcode, :address, :headers, false, 'received', 0, now(),
        now(), now())
ON CONFLICT (id) DO NOTHING;
"""


@dataclass
class Heard:
    """What Daraja was answered."""

    answers: int = 0
    refused: int = 0
    latencies_s: list[float] = field(default_factory=list)


class Line(asyncio.Protocol):
    """One connection of Daraja's: posts a callback, reads the answer, posts the next there is."""

    def __init__(self, requests: Iterator[bytes], heard: Heard, rested: asyncio.Event) -> None:
        """Take requests from an iterator that all lines share."""
        self._requests = requests
        self._heard = heard
        self._rested = rested
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._post()

    def _post(self) -> None:
        assert self._transport is not None  # noqa: S101
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Count an answer."""
        buffer = self._buffer + data
        end = buffer.find(_END_OF_HEAD)
        if end >= 0:
            start = buffer.index(_LENGTH) + len(_LENGTH)
            length = int(buffer[start : buffer.index(b"\r", start)])
        if end < 0 or len(buffer) < end + len(_END_OF_HEAD) + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._heard.answers += 1
        self._heard.refused += not buffer.startswith(b"HTTP/1.1 200")
        self._heard.latencies_s.append(time.perf_counter() - self._sent_at)
        self._post()

    def connection_lost(self, error: Exception | None) -> None:
        """Rest."""
        del error
        self._rested.set()


async def post_all(port: int, requests: Iterator[bytes], clients: int) -> Heard:
    """Post every request over ``clients`` connections."""
    heard = Heard()
    loop = asyncio.get_running_loop()
    rests = [asyncio.Event() for _ in range(clients)]
    for rested in rests:
        await loop.create_connection(lambda rested=rested: Line(requests, heard, rested), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(rested.wait() for rested in rests))
    return heard


def request_of(secret: str, body: bytes, shortcode: str = "174379") -> bytes:
    """Write a callback as Daraja sends it."""
    return (
        f"POST /callbacks/{secret} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json;charset=UTF-8\r\n"
        f"Businessshortcode: {shortcode}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def strangers(body: bytes, until: float) -> Iterator[bytes]:
    """Make callbacks on paths that nobody has, until a moment: stored like any other."""
    while time.perf_counter() < until:
        yield request_of(secrets.token_urlsafe(32), body)


@dataclass(frozen=True, slots=True)
class Applied:
    """How a burst was applied."""

    callbacks: int
    stored_in_s: float
    applied_in_s: float
    """From the first that came to the last that was applied."""
    states: dict[str, int]


def burst_of(asked: list[Asked], forged: int, randomness: random.Random) -> list[bytes]:
    """Write what comes: each customer's callback one to five times, and forgeries, in any order."""
    requests = []
    for number, one in enumerate(asked):
        requests += [request_of(one.secret, paid_body(one, number), one.shortcode)] * randomness.randint(1, 5)
    for number in range(forged):
        one = asked[randomness.randrange(len(asked))]
        if number % 2:  # somebody who knows the path, and everything but what the prompt was for
            body = paid_body(one, len(asked) + number, amount=one.amount + 1)
            requests.append(request_of(one.secret, body, one.shortcode))
        else:
            requests.append(request_of(secrets.token_urlsafe(32), paid_body(one, len(asked) + number)))
    randomness.shuffle(requests)
    return requests


async def _wait_for_worker(connection: "asyncpg.Connection[asyncpg.Record]", port: int) -> None:
    """Wait until the worker has closed a callback that leads nowhere, and forget that one."""
    await post_all(port, iter([request_of("nobody", b"{}")]), 1)
    await _drained(connection)
    await connection.execute("DELETE FROM callbacks")


async def _drained(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Wait until no callback waits, or for ``APPLIED_WITHIN_S``."""
    deadline = time.perf_counter() + APPLIED_WITHIN_S
    while time.perf_counter() < deadline:
        if not await connection.fetchval("SELECT count(*) FROM callbacks WHERE state = 'received'"):
            return
        await asyncio.sleep(0.05)


async def apply_burst(ground: Ground, folder: Path, port: int, requests: list[bytes], clients: int) -> Applied:
    """Post everything while the worker runs, and wait until it has been through all.

    The other jobs of the payments (send the prompt, ask what became of it) are taken away: they are not measured here.
    """
    connection = await asyncpg.connect(ground.owner_dsn)
    try:
        await connection.execute("DELETE FROM pgqueuer")
        with working(ground, folder):
            await _wait_for_worker(connection, port)
            began = time.perf_counter()
            heard = await post_all(port, iter(requests), clients)
            stored_in_s = time.perf_counter() - began
            await _drained(connection)
            applied_in_s = time.perf_counter() - began
        assert not heard.refused, "every callback is answered with 200"  # noqa: S101
        rows = await connection.fetch("SELECT state, count(*) FROM callbacks GROUP BY 1")
    finally:
        await connection.close()
    return Applied(len(requests), stored_in_s, applied_in_s, {row["state"]: row["count"] for row in rows})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    seconds: int
    rounds: int
    clients: int
    paid: int
    forged: int
    seed: int

    @property
    def part_s(self) -> int:
        """How long one part of a round is measured."""
        return max(2, round(self.seconds / self.rounds / 2) - LEAD_IN_S)


async def accept(ground: Ground, folder: Path, port: int, wanted: Wanted) -> dict[str, list[float]]:
    """Go round: the product stores callbacks, pgbench inserts rows, and again."""
    assert ground.embedded is not None  # noqa: S101
    settings = Settings.from_environ({**os.environ, **UNHURRIED})
    pgbench = Pgbench(
        find_binaries(ground.embedded.data_dir, os.environ) / "pgbench",
        ground.embedded.endpoint.socket_dir,
        SERVER_ROLE,
        DATABASE,
        settings.pool_limits(),
        wanted.clients,
    )
    body = paid_body(Asked("", "ws_CO_1", "1-1-1", "0722000000", 300), 1)
    values = {"path": "x", "body": body.decode(), "shortcode": "174379", "address": "127.0.0.1", "headers": "{}"}
    script = Script(_INSERT, values, 1)
    seen: dict[str, list[float]] = {"product": [], "reference": [], "ratio": [], "p99_ms": [], "lost": []}
    for number in range(wanted.rounds + 1):
        began = time.perf_counter()
        heard = await post_all(port, strangers(body, began + wanted.part_s), wanted.clients)
        product = (heard.answers - heard.refused) / (time.perf_counter() - began)
        stored = await _count_and_forget(ground)
        run = await asyncio.to_thread(pgbench.run, script, folder / "callback.pgbench", LEAD_IN_S, wanted.part_s)
        await _count_and_forget(ground)
        if number:  # the first round warms up
            seen["product"].append(product)
            seen["reference"].append(run.sales_per_second)
            seen["ratio"].append(product / run.sales_per_second)
            seen["p99_ms"].append(sorted(heard.latencies_s)[int(heard.answers * 0.99)] * 1000)
            seen["lost"].append(heard.answers - heard.refused - stored)
    return seen


async def _count_and_forget(ground: Ground) -> int:
    connection = await asyncpg.connect(ground.owner_dsn)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM callbacks")
        await connection.execute("TRUNCATE callbacks")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return count


async def wrong_in_books(assembly: Assembly, asked: list[Asked]) -> tuple[int, int]:
    """Count the customers whose money is not in the books as they paid it, and the rows that break an invariant."""
    booked = await receipts_in_books(assembly, asked)
    paid = {
        one.payment_id: (receipt_of(number), Decimal(one.amount))
        for number, one in enumerate(asked)
        if one.payment_id is not None
    }
    wrong = len(booked.keys() ^ paid.keys()) + sum(booked[one] != paid[one] for one in booked.keys() & paid.keys())
    violations = 0
    for business_id in {one.business_id for one in asked}:
        scope = Scope.system("bench", business_id)
        violations += len(await assembly.database.snapshot(scope, reconciliation.check_business))
    return wrong, violations


async def measure(wanted: Wanted, settings: Settings, ground: Ground, folder: Path) -> dict[str, object]:
    """Measure both and return the figures."""
    await prepare(ground)
    async with assemble(settings, ground.app_dsn) as assembly:
        asked = await ask_customers(assembly, wanted.paid)
        requests = burst_of(asked, wanted.forged, random.Random(wanted.seed))
        with serving(ground, folder) as (port, _):
            seen = await accept(ground, folder, port, wanted)
            applied = await apply_burst(ground, folder, port, requests, wanted.clients)
        wrong, violations = await wrong_in_books(assembly, asked)
    return {
        "accepted_per_second": round(statistics.median(seen["product"]), 1),
        "reference_per_second": round(statistics.median(seen["reference"]), 1),
        "ratio": round(statistics.median(seen["ratio"]), 3),
        "ratio_min": round(min(seen["ratio"]), 3),
        "ratio_max": round(max(seen["ratio"]), 3),
        "p99_ms": round(statistics.median(seen["p99_ms"]), 1),
        "lost": int(sum(seen["lost"])) + applied.callbacks - sum(applied.states.values()),
        "burst": applied.callbacks,
        "burst_stored_s": round(applied.stored_in_s, 2),
        "burst_applied_s": round(applied.applied_in_s, 2),
        "applied_per_second": round(applied.callbacks / applied.applied_in_s, 1),
        "states": applied.states,
        "paid": len(asked),
        "wrong": wrong,
        "violations": violations,
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="M-Pesa callbacks a second, stored beside pgbench, and applied.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=int, default=60, help="of storing, in all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--paid", type=int, default=1000, help="customers who pay at once")
    parser.add_argument("--forged", type=int, default=1000, help="forged callbacks among theirs")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wanted = Wanted(asked.seconds, asked.rounds, asked.clients, asked.paid, asked.forged, asked.seed)
    with own_installation() as (settings, ground, folder), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(wanted, settings, ground, folder))
    if asked.json:
        print(json.dumps(figures))
    else:
        for label, value in figures.items():
            print(f"{label.replace('_', ' '):22} {value}")
    sys.exit(1 if figures["lost"] or figures["wrong"] or figures["violations"] else 0)


if __name__ == "__main__":
    main()
