"""The reference: pgbench, sending what the product sends for a sale, as the same role with the same settings.

The statements are recorded from one real sale that goes through the whole application, and their values are replaced by
pgbench's variables. pgbench decides nothing: it does not price, check or answer. Two scripts come out of one recording:

- *statement by statement*: each write that the services collected, and each read that another took along, is sent by
  itself; the ratio is told against it;
- *as sent*: exactly what went over the wire, where the writes of a sale are one statement.

pgbench cannot send ``SET LOCAL x = $1`` nor make up ids, so its first statement sets the tenant with ``set_config`` and
reads the ids of a random shop in the same round trip.
"""

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import httpx
from stage import PRODUCTS, StagedShop

from payme.app.assembly import record
from payme.app.main import create_app
from payme.app.services import AppServices
from payme.app.settings import Settings
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import APP_ROLE, AsyncpgPool, PoolLimits
from payme.kit.db.ports import Connection, Record
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams

_PARAMETER = re.compile(r"\$([0-9]+)")
_PART = re.compile(r"(?:WITH |,\n)w[0-9]+ AS \(\n")
_CLOSE = "\n)\nSELECT 1"
_CARRIED = re.compile(r"(?:WITH |,\n)carried_[a-z]+ AS MATERIALIZED \(\n")
_ASKED = re.compile(
    r"SELECT answered\.\*, true AS asked_answered FROM \(\n(.*)\n\) AS answered\) AS asked ON true", re.DOTALL
)
_PROGRESS = re.compile(r"^progress: ([0-9.]+) s, ([0-9.]+) tps, lat ([0-9.]+) ms", re.MULTILINE)

Sent = tuple[str, tuple[object, ...]]


class ReferenceUnavailable(Exception):
    """pgbench cannot be run, or said that it failed."""


class _Recorder:
    """A session that writes down what is sent through it."""

    def __init__(self, connection: Connection, sent: list[Sent]) -> None:
        self._connection = connection
        self._sent = sent

    async def execute(self, query: str, *args: object) -> str:
        self._sent.append((query, args))
        return await self._connection.execute(query, *args)

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        self._sent.append((query, args))
        return await self._connection.fetch(query, *args)

    def is_in_transaction(self) -> bool:
        return self._connection.is_in_transaction()

    def terminate(self) -> None:
        self._connection.terminate()


class _RecordingPool:
    def __init__(self, pool: AsyncpgPool) -> None:
        self._pool = pool
        self._lent: dict[int, Connection] = {}
        self.sent: list[Sent] = []

    async def acquire(self) -> Connection:
        connection = await self._pool.acquire()
        recorder = _Recorder(connection, self.sent)
        self._lent[id(recorder)] = connection
        return recorder

    async def release(self, connection: Connection) -> None:
        await self._pool.release(self._lent.pop(id(connection)))


@dataclass(frozen=True, slots=True)
class Recording:
    """One sale as the database saw it."""

    shop: StagedShop
    sold: tuple[UUID, ...]
    answer: Mapping[str, object]
    sent: tuple[Sent, ...]

    @property
    def round_trips(self) -> int:
        """How often the product waits for the database in a sale."""
        return len(self.sent)


async def record_sale(pool: AsyncpgPool, settings: Settings, shop: StagedShop) -> Recording:
    """Ring up one sale of three articles through the application and write down its statements."""
    recording = _RecordingPool(pool)
    app = create_app(
        AppServices(settings=settings, database=Database(recording, Seams(), record=record, jobs=PgQueuerJobs()))
    )
    third = PRODUCTS // 3
    sold = tuple(shop.product_ids[part * third] for part in range(3))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
        for attempt in range(2):  # the second finds a receipt counter that is there already
            recording.sent.clear()
            answer = await client.post(
                f"/v1/businesses/{shop.business_id}/sales",
                headers={"Authorization": f"Bearer {shop.token}", "Idempotency-Key": f"recorded-{attempt}"},
                json={
                    "lines": [{"product_id": str(product), "quantity": "1"} for product in sold],
                    "cash_tendered": "1000.00",
                },
            )
            answer.raise_for_status()
    return Recording(shop, sold, answer.json(), tuple(recording.sent))


@dataclass(frozen=True, slots=True)
class Script:
    """A pgbench script with its constant values."""

    text: str
    values: Mapping[str, str]
    statements: int


class _Writer:
    """Turns recorded statements into a pgbench script."""

    def __init__(self, recording: Recording, ids: Mapping[UUID, str]) -> None:
        self._names = dict(ids)
        self._answer = recording.answer
        self._token_hash = hashlib.sha256(recording.shop.token.encode()).digest()
        self.values: dict[str, str] = {}

    def expression(self, value: object, cast: str = "") -> str:
        """Say how pgbench sends a value: a variable, a new id, the time, or a constant parameter."""
        if isinstance(value, UUID):
            return f":{self._names[value]}{cast}" if value in self._names else "uuidv7()"
        if isinstance(value, list | tuple | set | frozenset):
            if any(isinstance(item, UUID | datetime) for item in value):
                return "ARRAY[" + ", ".join(self.expression(item, "::uuid") for item in value) + "]"
            return self._constant("{" + ",".join(_quoted(_plain(item)) for item in value) + "}")
        return self._of_each_sale(value) or self._constant(_plain(value))

    def _of_each_sale(self, value: object) -> str | None:
        if value is None:
            return "NULL"
        if isinstance(value, datetime):
            return "now()"
        if isinstance(value, str) and "recorded-" in value:
            return ":sale_id"  # an Idempotency-Key that nobody used yet
        if isinstance(value, int) and not isinstance(value, bool) and value == self._answer["number"]:
            return ":last_number"
        return ":token_hash" if value == self._token_hash else None

    def _constant(self, text: str) -> str:
        if not text:
            return "''"  # which pgbench does not take for a variable
        name = next((name for name, known in self.values.items() if known == text), None)
        if name is None:
            name = f"constant{len(self.values)}"
            self.values[name] = text
        return f":{name}"

    def statement(self, text: str, args: Sequence[object]) -> str:
        """Write one statement; what later ones need of its answer is kept."""
        sql = _PARAMETER.sub(lambda found: self.expression(args[int(found[1]) - 1]), text)
        sql = " ".join(sql.split())
        if "RETURNING last_number" not in text:
            return f"{sql};"
        # pgbench takes values from one row only, where a read of several took the number along.
        return f"{sql} ORDER BY 1 LIMIT 1 \\gset" if _CARRIED.match(text) else f"{sql} \\gset"


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "NULL" if value is None else str(value)


def _quoted(text: str) -> str:
    return text if text == "NULL" else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parts_of(sent: Sent) -> list[Sent]:
    """Split a statement in which several were sent together: the writes of a transaction, or a read with another."""
    text, args = sent
    if _CARRIED.match(text):
        together, _, rest = text.partition("\n)\nSELECT ")
        asked = [found[1]] if (found := _ASKED.search(rest)) else []
        return [(piece.removesuffix("\n)"), args) for piece in (*_CARRIED.split(together)[1:], *asked)]
    if not _PART.match(text) or not text.endswith(_CLOSE):
        return [sent]
    pieces = _PART.split(text[: -len(_CLOSE)])[1:]
    return [(piece.removesuffix("\n)"), args) for piece in pieces]


def scripts_of(recording: Recording, shops: int, batches: Mapping[UUID, UUID], user_id: UUID) -> tuple[Script, Script]:
    """Write the script that goes statement by statement, and the one that sends what the product sent."""
    began = next(place for place, (text, _) in enumerate(recording.sent) if text.startswith("BEGIN"))
    middle = recording.sent[began + 1 : -1]
    by_statement = [part for sent in middle for part in parts_of(sent)]
    return (
        _script(recording, by_statement, shops, batches, user_id),
        _script(recording, middle, shops, batches, user_id),
    )


def _script(
    recording: Recording, sent: Sequence[Sent], shops: int, batches: Mapping[UUID, UUID], user_id: UUID
) -> Script:
    answer = recording.answer
    items = _ids_of_items(recording)
    payments = answer["payments"]
    assert isinstance(payments, list)  # noqa: S101
    ids = {
        recording.shop.business_id: "business_id",
        user_id: "user_id",
        UUID(str(answer["id"])): "sale_id",
        UUID(payments[0]["id"]): "payment_id",
        **{item: f"item{place}" for place, item in enumerate(items)},
        **{product: f"product{place}" for place, product in enumerate(recording.sold)},
        **{batches[product]: f"batch{place}" for place, product in enumerate(recording.sold)},
    }
    writer = _Writer(recording, ids)
    lines = [writer.statement(text, args) for text, args in sent]
    third = PRODUCTS // 3
    picks = [f"\\set pick{part} random({part * third + 1}, {(part + 1) * third})" for part in range(3)]
    first = (  # no value in it is anybody's input
        "SELECT set_config('payme.business_id', business_id::text, true), business_id, token_hash, user_id, "  # noqa: S608
        + ", ".join(f"products[:pick{part}] AS product{part}, batches[:pick{part}] AS batch{part}" for part in range(3))
        + ", uuidv7() AS sale_id, uuidv7() AS payment_id, "
        + ", ".join(f"uuidv7() AS item{place}" for place in range(3))
        + " FROM bench.shops WHERE number = :shop \\gset"
    )
    text = "\n".join([f"\\set shop random(1, {shops})", *picks, "BEGIN;", first, *lines, "COMMIT;", ""])
    return Script(text, writer.values, len(lines) + 3)


def _ids_of_items(recording: Recording) -> list[UUID]:
    for text, args in (part for sent in recording.sent for part in parts_of(sent)):
        if "INSERT INTO sale_items" in text:
            used = [args[int(number) - 1] for number in _PARAMETER.findall(text)]
            return next(list(value) for value in used if isinstance(value, list) and isinstance(value[0], UUID))
    raise AssertionError("a sale writes its items")


@dataclass(frozen=True, slots=True)
class PgbenchRun:
    """What one run of pgbench said."""

    sales_per_second: float
    latency_ms: float
    sales: int
    """With the lead-in."""


@dataclass(frozen=True, slots=True)
class Pgbench:
    """How pgbench is started against the server that the product uses."""

    program: Path
    socket_dir: Path
    user: str
    database: str
    limits: PoolLimits
    clients: int

    def run(self, script: Script, place: Path, lead_in_s: int, seconds: int) -> PgbenchRun:
        """Run a script; the first seconds, in which sessions connect and prepare, do not count."""
        place.write_text(script.text, encoding="utf-8")
        options = {
            "role": APP_ROLE,
            "timezone": "UTC",
            "jit": "off",
            "plan_cache_mode": "force_generic_plan",
            "statement_timeout": str(int(self.limits.statement_s * 1000)),
            "idle_in_transaction_session_timeout": str(int(self.limits.idle_in_transaction_s * 1000)),
        }
        words = [str(self.program), "-n", "-M", "prepared", "-c", str(self.clients), "-j", "1", "-P", "1"]
        words += ["-T", str(lead_in_s + seconds), "-f", str(place)]
        for name, value in script.values.items():
            words += ["-D", f"{name}={value}"]
        done = subprocess.run(  # noqa: S603  every word is ours
            [*words, "-h", str(self.socket_dir), "-U", self.user, self.database],
            env={"PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in options.items())},
            capture_output=True,
            text=True,
            check=False,
        )
        seen = [(float(tps), float(latency)) for at, tps, latency in _PROGRESS.findall(done.stderr)]
        counted = seen[lead_in_s:]
        if done.returncode or not counted or "ERROR" in done.stderr or "aborted" in done.stderr:
            raise ReferenceUnavailable(f"pgbench failed ({done.returncode}):\n{done.stderr[-2000:]}")
        speeds, latencies = zip(*counted, strict=True)
        processed = re.search(r"transactions actually processed: ([0-9]+)", done.stdout)
        assert processed is not None, done.stdout  # noqa: S101
        return PgbenchRun(sum(speeds) / len(speeds), sum(latencies) / len(latencies), int(processed[1]))
