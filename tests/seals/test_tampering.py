"""A thousand random tamperings, as whoever owns the database would do them: each is found, and the first one named."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from payme.kit.db.transaction import Database
from payme.seals import Anchor, Verdict, public_keys, rules
from payme.seals.jobs import export, judge_file
from payme.seals.models import Seal, SealedEntry
from payme.seals.schemas import EntryLine, SealLine
from tests.support.seals import KEYS, judged, sealed_shop
from tests.support.shops import Shop

IN_MEMORY: Final = 1000
IN_THE_DATABASE: Final = 120
PUBLIC: Final = public_keys(KEYS().keys.values())
OURS: Final = KEYS().keys["v1"]
ANOTHERS: Final = b"a key that somebody else has...."


@dataclass(frozen=True)
class Audit:
    """An exported audit: seals with their entries; and what was told outside."""

    lines: list[bytes]
    anchors: list[Anchor]

    @property
    def business_id(self) -> UUID:
        return self.anchors[0].business_id

    def judge(self, lines: list[bytes], *, anchored: bool = True) -> Verdict:
        told = {self.business_id: self.anchors} if anchored else {}
        (verdict,) = judge_file(lines, PUBLIC, told)
        return verdict


@pytest.fixture(scope="module")
async def audit(database: Database) -> Audit:
    shop, anchors = await sealed_shop(database, sales=6)
    return Audit([line async for line in export(database, shop.business_id)], anchors)


def places_of(lines: list[bytes], kind: str) -> list[int]:
    return [place for place, line in enumerate(lines) if line.startswith(f'{{"line_is":"{kind}"'.encode())]


def ended(lines: list[bytes]) -> list[bytes]:
    """The same with a last line that tells the truth about what is left."""
    end = json.loads(lines[-1])
    end |= {"seals": len(places_of(lines, "seal")), "entries": len(places_of(lines, "entry"))}
    return [*lines[:-1], json.dumps(end, separators=(",", ":")).encode() + b"\n"]


def another(value: Any, chance: Random) -> Any:
    """Another value of the same form."""
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 1000])
    if value is None:
        return str(UUID(int=chance.getrandbits(128)))
    if value.startswith("{"):
        return other_facts(value, chance)
    return another_text(value, chance)


def another_text(value: str, chance: Random) -> str:
    if value.endswith("Z") and "T" in value:
        return value[:-2] + ("1Z" if value[-2] != "1" else "2Z")
    if len(value) == 36 and value.count("-") == 4:
        return str(UUID(int=UUID(value).int ^ 1 << chance.randrange(128)))
    if value.endswith("=") or len(value) > 100:
        secret = bytearray(urlsafe_b64decode(value))
        secret[chance.randrange(len(secret))] ^= 1 << chance.randrange(8)
        return urlsafe_b64encode(secret).decode()
    return f"{value}x" if len(value) != 16 else value[:-1] + ("0" if value[-1] != "0" else "1")


def other_facts(text: str, chance: Random) -> str:
    """Facts that say something else: a figure, a kind of value, a name more, a name less."""
    facts = json.loads(text)
    match chance.randrange(4):
        case 0 if facts:
            facts.pop(chance.choice(list(facts)))
        case 1 if facts:
            name = chance.choice(list(facts))
            facts[name] = f"{facts[name]}0" if isinstance(facts[name], str) else str(facts[name])
        case 2 if facts:
            name = chance.choice(list(facts))
            facts[name] = None if facts[name] is not None else False
        case _:
            facts["more"] = chance.randrange(10)
    return rules.canonical_facts(json.dumps(facts))


def change_one(kind: str) -> Callable[[list[bytes], Random], tuple[list[bytes], UUID | None]]:
    def tamper(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
        place = chance.choice(places_of(lines, kind))
        row = json.loads(lines[place])
        column = chance.choice([name for name in row if name != "line_is"])
        named = row.get("id") if kind == "entry" and column != "id" else None
        row[column] = another(row[column], chance)
        changed = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        return [*lines[:place], changed, *lines[place + 1 :]], named and UUID(named)

    return tamper


def remove_one(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    place = chance.choice(places_of(lines, "entry"))
    return ended([*lines[:place], *lines[place + 1 :]]), UUID(json.loads(lines[place])["id"])


def insert_one(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    place = chance.choice(places_of(lines, "entry"))
    row = json.loads(lines[place])
    row |= {"id": str(UUID(int=chance.getrandbits(128))), "sequence": row["sequence"] + 10_000_000}
    return ended(
        [*lines[: place + 1], json.dumps(row, separators=(",", ":")).encode() + b"\n", *lines[place + 1 :]]
    ), UUID(row["id"])


def double_one(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    place = chance.choice(places_of(lines, "entry"))
    return ended([*lines[:place], lines[place], *lines[place:]]), UUID(json.loads(lines[place])["id"])


def cut_tail(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    place = chance.choice(places_of(lines, "seal"))
    return ended([*lines[:place], lines[-1]]), None


def cut_entries(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    """Cut off the last entries, and leave the seals."""
    entries = places_of(lines, "entry")
    gone = set(entries[chance.randrange(len(entries)) :])
    first = json.loads(lines[min(gone)])["id"]
    return ended([line for place, line in enumerate(lines) if place not in gone]), UUID(first)


def remove_seal(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    seals = [*places_of(lines, "seal"), len(lines) - 1]
    which = chance.randrange(len(seals) - 1)
    return ended([*lines[: seals[which]], *lines[seals[which + 1] :]]), None


def swap_seals(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
    one, two = chance.sample(places_of(lines, "seal"), 2)
    swapped = list(lines)
    swapped[one], swapped[two] = lines[two], lines[one]
    return swapped, None


def rewrite(secret: bytes) -> Callable[[list[bytes], Random], tuple[list[bytes], UUID | None]]:
    """Tell another story from some entry on and seal all of it anew."""

    def tamper(lines: list[bytes], chance: Random) -> tuple[list[bytes], UUID | None]:
        lines, _ = change_one("entry")(lines, chance)
        written, head = [lines[0]], rules.NOTHING_SEALED
        seals = [*places_of(lines, "seal"), len(lines) - 1]
        for start, end in pairwise(seals):
            seal = SealLine.model_validate_json(lines[start]).to_seal()
            entries = [EntryLine.model_validate_json(line).to_entry() for line in lines[start + 1 : end]]
            fresh = rules.seal_of(seal.business_id, head, entries, secret, seal.sealed_at)
            written += [SealLine.model_validate(fresh).line(), *lines[start + 1 : end]]
            head = rules.head_after(fresh)
        return [*written, lines[-1]], None

    return tamper


TAMPERINGS: Final = {
    "one entry changed": change_one("entry"),
    "one seal changed": change_one("seal"),
    "one entry removed": remove_one,
    "one entry put in": insert_one,
    "one entry there twice": double_one,
    "tail cut": cut_tail,
    "entries cut": cut_entries,
    "seal removed": remove_seal,
    "seals swapped": swap_seals,
    "all rewritten with another key": rewrite(ANOTHERS),
    "all rewritten with our key": rewrite(OURS),
}
WEIGHTS: Final = (400, 150, 80, 80, 40, 60, 60, 40, 30, 30, 30)


def test_an_audit_that_nobody_touched_stands(audit: Audit) -> None:
    verdict = audit.judge(audit.lines)

    assert (verdict.faults, verdict.anchors) == ((), 7)
    assert audit.judge(audit.lines, anchored=False).faults == ()


def test_a_thousand_random_tamperings_of_an_exported_audit_are_all_found(audit: Audit) -> None:
    chance = Random(20261123)
    for number in range(IN_MEMORY):
        (name,) = chance.choices(list(TAMPERINGS), WEIGHTS)
        lines, entry_id = TAMPERINGS[name](audit.lines, chance)
        if lines == audit.lines:
            continue
        verdict = audit.judge(lines)
        assert verdict.faults, f"tampering {number}: {name} was not found"
        if entry_id is not None:
            assert verdict.faults[0].entry is not None
            assert verdict.faults[0].entry.id == entry_id, f"tampering {number}: {name} named another entry"


def test_what_only_an_anchor_tells_is_not_known_without_it(audit: Audit) -> None:
    for name in ("tail cut", "all rewritten with our key"):
        lines, _ = TAMPERINGS[name](audit.lines, Random(7))
        assert audit.judge(lines, anchored=False).faults == ()
        assert audit.judge(lines).faults


def test_every_column_of_an_entry_and_of_a_seal_is_sealed(audit: Audit) -> None:
    place = places_of(audit.lines, "entry")[0]
    entry = EntryLine.model_validate_json(audit.lines[place]).to_entry()
    seal = SealLine.model_validate_json(audit.lines[places_of(audit.lines, "seal")[0]]).to_seal()
    for field in fields(SealedEntry):
        assert rules.leaf(replace(entry, **{field.name: _other(getattr(entry, field.name))})) != rules.leaf(entry)
    for field in fields(Seal):
        other = replace(seal, **{field.name: _other(getattr(seal, field.name))})
        is_sealed = field.name not in {"digest", "signature"}
        assert (rules.seal_digest(other, bytes(32)) != rules.seal_digest(seal, bytes(32))) == is_sealed


def _other(value: object) -> Any:
    match value:
        case int():
            return value + 1
        case str():
            return value + " "
        case bytes():
            return value + b" "
        case UUID():
            return UUID(int=value.int ^ 1)
        case None:
            return UUID(int=1)
    assert hasattr(value, "tzinfo")
    return value + timedelta(microseconds=1)  # type: ignore[operator]


COLUMNS: Final = """
    SELECT attname::text FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'business_id'
     ORDER BY attnum
"""


@pytest.fixture
async def owner(owner_dsn: str, database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn)
    await connection.execute("SET session_replication_role = replica")  # a superuser need not keep foreign keys
    yield connection
    await connection.close()


async def test_what_is_sealed_is_what_the_tables_have(owner: asyncpg.Connection) -> None:
    for table, row in (("audit_entries", SealedEntry), ("audit_seals", Seal)):
        columns = {record["attname"] for record in await owner.fetch(COLUMNS, table)}
        assert columns == {field.name for field in fields(row)} - {"business_id"}


OTHER_VALUES: Final = {
    "uuid": "gen_random_uuid()",
    "bigint": "{0} + 1",
    "integer": "{0} + 1",
    "timestamp with time zone": "{0} + interval '1 microsecond'",
    "text": "CASE WHEN {0} = 'system' THEN 'member' ELSE 'f' || substr({0}, 2) || 'a' END",
    "jsonb": '{0} || \'{{"amount": "1.00"}}\'',
    "bytea": "set_byte({0}, {1} % length({0}), 255 - get_byte({0}, {1} % length({0})))",
    "xid8": "({0}::text::bigint + 1)::text::xid8",
}


async def kept(owner: asyncpg.Connection, shop: Shop) -> None:
    for table in ("audit_entries", "audit_seals"):
        await owner.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table} WITH NO DATA")
        await owner.execute(f"INSERT INTO kept_{table} SELECT * FROM {table} WHERE business_id = $1", shop.business_id)


async def put_back(owner: asyncpg.Connection, shop: Shop) -> None:
    for table in ("audit_seals", "audit_entries"):
        # Also what was given to a business that is none: a backup of this database could not be restored.
        await owner.execute(
            f"DELETE FROM {table} WHERE business_id = $1 OR business_id NOT IN (SELECT business_id FROM businesses)",
            shop.business_id,
        )
        await owner.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}")


async def tamper_with_a_row(owner: asyncpg.Connection, shop: Shop, table: str, chance: Random) -> UUID | None:
    """Change one column of one row as its owner; the id of the entry, where it is one."""
    key = "id" if table == "audit_entries" else "number"
    rows = await owner.fetch(f"SELECT {key} FROM {table} WHERE business_id = $1 ORDER BY {key}", shop.business_id)
    row = chance.choice(rows)[key]
    columns = await owner.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 ORDER BY 1", table
    )
    column, kind = chance.choice(columns)
    expression = OTHER_VALUES[kind].format(column, chance.randrange(1000))
    await owner.execute(f"UPDATE {table} SET {column} = {expression} WHERE business_id = $1 AND {key} = $2",
                        shop.business_id, row)  # fmt: skip
    return row if key == "id" and column not in {"id", "user_id", "business_id", "sequence"} else None


REMOVALS: Final = (
    """DELETE FROM audit_entries WHERE business_id = $1 AND sequence =
       (SELECT sequence FROM audit_entries WHERE business_id = $1 ORDER BY random() LIMIT 1)""",
    """DELETE FROM audit_entries WHERE business_id = $1 AND sequence >=
       (SELECT sequence FROM audit_entries WHERE business_id = $1 ORDER BY random() LIMIT 1)""",
    """DELETE FROM audit_seals WHERE business_id = $1 AND number =
       (SELECT number FROM audit_seals WHERE business_id = $1 ORDER BY random() LIMIT 1)""",
    "DELETE FROM audit_seals WHERE business_id = $1",
    """INSERT INTO audit_entries (business_id, id, transaction_id, at, actor_kind, actor_name, request_id, action,
                                  subject_id, facts)
       SELECT business_id, gen_random_uuid(), transaction_id, at, actor_kind, actor_name, request_id, action,
              subject_id, facts
         FROM audit_entries
        WHERE business_id = $1 AND transaction_id::text::bigint <
              (SELECT max(last_transaction_id) FROM audit_seals WHERE business_id = $1)
        ORDER BY random() LIMIT 1""",
)


async def test_random_tamperings_in_the_database_are_all_found(database: Database, owner: asyncpg.Connection) -> None:
    shop, anchors = await sealed_shop(database)
    await kept(owner, shop)
    chance = Random(5)
    done = 0
    while done < IN_THE_DATABASE:
        entry_id: UUID | None = None
        try:
            if chance.random() < 0.7:
                table = chance.choice(["audit_entries", "audit_entries", "audit_seals"])
                entry_id = await tamper_with_a_row(owner, shop, table, chance)
            else:
                await owner.execute(chance.choice(REMOVALS), shop.business_id)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.GeneratedAlwaysError):
            continue  # the database itself did not let it be done
        done += 1
        verdict = await judged(shop, anchors)
        assert verdict.faults, f"tampering {done} was not found"
        if entry_id is not None:
            assert verdict.faults[0].entry is not None
            assert verdict.faults[0].entry.id == entry_id
        await put_back(owner, shop)
    assert (await judged(shop, anchors)).faults == ()
