"""``payme backup`` and ``payme restore``: the shop in one file, lost, and back again."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from payme.app.advice import Advice
from payme.app.restoring import prove, with_database
from payme.app.settings import Settings
from tests.app.test_audit_command import Sealed
from tests.support.aside import aside
from tests.support.database import embedded_postgres
from tests.support.object_store import KEY_ID, REGION, SECRET_KEY, storing
from tests.support.shops import SECRET_KEYS

CANARY = "Mama Canary's secret recipe"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    with embedded_postgres() as server:
        Sealed(server, Path()).execute("CREATE DATABASE payme")
        installation = Sealed(with_database(server, "payme"), tmp_path_factory.mktemp("data"))
        installation.data_dir.chmod(0o700)
        installation.payme("migrate")
        assert installation.find_or_make() is not None
        installation.execute(f"UPDATE sales SET note = '{CANARY.replace(chr(39), chr(39) * 2)}'")
        assert installation.payme("audit", "seal").exit_code == 0
        yield installation


def databases(here: Sealed) -> set[str]:
    return {row["datname"] for row in here.execute("SELECT datname FROM pg_database WHERE datname LIKE 'payme%'")}


def sales(here: Sealed) -> int:
    return int(here.execute("SELECT count(*) FROM sales")[0][0])


def backs_up(here: Sealed, *words: str) -> Path:
    told = here.payme("backup", "--json", *words)
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout)
    assert facts["proved"] is None or facts["proved"]["clean"]
    return Path(facts["file"])


def test_a_shop_is_backed_up_lost_restored_and_trades_on(here: Sealed) -> None:
    file = backs_up(here)
    before = sales(here)
    assert before
    assert (file.stat().st_mode & 0o777, CANARY.encode() in file.read_bytes()) == (0o600, False)
    assert databases(here) == {"payme"}  # the database of the proof is gone
    assert here.execute("SELECT FROM platform_beats WHERE part = 'backup'")

    lost = ("SET session_replication_role = replica", "DELETE FROM sales", "DELETE FROM audit_seals")
    here.execute(*lost)
    assert here.payme("verify").exit_code == 1
    told = json.loads(here.payme("restore", str(file), "--json").stdout)

    assert told["proved"]["clean"]
    assert sales(here) == before
    assert databases(here) == {"payme", told["kept_as"]}
    for words in (("verify",), ("audit", "verify"), ("audit", "replay"), ("audit", "seal")):
        assert here.payme(*words).exit_code == 0
    assert here.execute("SELECT max(number) FROM audit_eras")[0][0] == 2
    here.execute(f'DROP DATABASE "{told["kept_as"]}"')


def trades_on(here: Sealed) -> None:
    """Something more is written, sealed and told."""
    here.execute(
        """INSERT INTO audit_entries (business_id, id, at, actor_kind, actor_name, request_id, action, subject_id,
                                      facts)
           SELECT business_id, gen_random_uuid(), now(), actor_kind, actor_name, request_id, action, subject_id, facts
             FROM audit_entries ORDER BY sequence LIMIT 1""",
        "UPDATE audit_places SET due_at = now()",
    )
    assert here.payme("audit", "seal").exit_code == 0


def test_what_a_restore_lost_is_named_for_ever_and_is_no_fault(here: Sealed, tmp_path: Path) -> None:
    before = here.audits()[1][0]
    file = backs_up(here, "--no-proof", "--to", str(tmp_path))
    trades_on(here)
    assert here.audits()[1][0]["seals"] == before["seals"] + 1
    anchors = here.data_dir / "audit-anchors.jsonl"
    told = anchors.read_bytes()

    kept_as = json.loads(here.payme("restore", str(file), "--json").stdout)["kept_as"]

    code, (said,) = here.audits()
    assert (code, said["seals"], said["anchors_given_up"]) == (0, before["seals"], 1)
    assert len(said["restores"]) == len(before["restores"]) + 1
    assert anchors.read_bytes() == told  # no place is ever cut back
    assert here.payme("audit", "seal").exit_code == 0
    assert b'"line_is":"restored"' in anchors.read_bytes().removeprefix(told)
    trades_on(here)
    code, (said,) = here.audits()
    assert (code, said["seals"], said["anchors_given_up"]) == (0, before["seals"] + 1, 1)
    assert "was restored on" in here.payme("audit", "verify").output

    here.execute("UPDATE audit_eras SET restored_at = now() + interval '1 day' WHERE signature IS NOT NULL")
    code, (said,) = here.audits()  # whoever has only the database excuses nothing
    assert (code, {fault["fault"] for fault in said["faults"]}) == (1, {"anchor_forged"})
    whole = anchors.read_bytes()
    anchors.write_bytes(told)
    assert "rewritten" in here.payme("audit", "verify").output

    anchors.write_bytes(whole)
    again = json.loads(here.payme("restore", str(file), "--json").stdout)["kept_as"]
    assert (here.audits()[0], here.audits()[1][0]["anchors_given_up"]) == (0, 2)
    here.execute(f'DROP DATABASE "{kept_as}"', f'DROP DATABASE "{again}"')


def test_a_store_is_asked_whenever_the_backup_was_made(here: Sealed) -> None:
    with aside(storing) as server:
        there = {
            "PAYME_AUDIT_STORE_URL": server.url,
            "PAYME_AUDIT_STORE_REGION": REGION,
            "PAYME_AUDIT_STORE_KEY_ID": KEY_ID,
            "PAYME_AUDIT_STORE_SECRET_KEY": SECRET_KEY,
        }
        settings = Settings.from_environ(here.environ | there)
        proved = asyncio.run(prove(settings, here.dsn, datetime.now(UTC) - timedelta(hours=1)))
        assert (proved.faults, proved.unasked) == ((), {})  # S3 takes no request that says it is of an hour ago
        server.answers = [(403, "AccessDenied")]
        file = json.loads(here.payme("backup", "--json", **there).stdout)
        assert (file["proved"]["clean"], file["proved"]["unasked_places"]) == (
            True,
            {"store": "it answers 403 AccessDenied"},
        )


def test_a_file_that_is_not_whole_replaces_nothing(here: Sealed, tmp_path: Path) -> None:
    file = backs_up(here, "--no-proof", "--to", str(tmp_path))
    whole = file.read_bytes()
    for name, spoilt in {
        "cut": whole[: len(whole) // 2],
        "changed": whole[:-100] + bytes(100),
        "head": whole.replace(b'"migration": "0', b'"migration": "1', 1),
        "no-backup": b"SELECT 1;",
        "headless": whole[:15] + b"{}\n",
    }.items():
        (tmp_path / name).write_bytes(spoilt)
        told = here.payme("restore", str(tmp_path / name))
        assert isinstance(told.exception, Advice), name
    other = {"PAYME_SECRET_KEYS": SECRET_KEYS.replace("v1:", "v9:")}
    assert "v1" in str(here.payme("restore", str(file), **other).exception)
    assert databases(here) == {"payme"}


def test_books_that_are_wrong_replace_nothing(here: Sealed, tmp_path: Path) -> None:
    told_at = "SELECT max(beat_at) FROM platform_beats WHERE part = 'backup'"
    [before] = here.execute(told_at)
    here.execute("UPDATE wallets SET balance_tokens = balance_tokens + 1")
    try:
        told = here.payme("backup", "--to", str(tmp_path))
        assert (isinstance(told.exception, Advice), "W1" in told.output) == (True, True)
        assert here.execute(told_at) == [before]  # a backup that proves nothing does not count as one
        (file,) = tmp_path.iterdir()
        assert isinstance(here.payme("restore", str(file)).exception, Advice)
    finally:
        here.execute("UPDATE wallets SET balance_tokens = balance_tokens - 1")
    assert databases(here) == {"payme"}


def test_what_was_on_its_way_when_the_backup_was_made_is_in_order_however_old_the_backup_is(here: Sealed) -> None:
    made_at = datetime.now(UTC)
    settings = Settings.from_environ(here.environ)
    here.execute(f"""
        INSERT INTO callbacks (id, path_hash, body, state, reason, attempts, due_at, received_at, updated_at)
        SELECT gen_random_uuid(), sha256('on its way'), 'x', 'received', '', 0, at, at, at
          FROM (VALUES ('{made_at - timedelta(seconds=5)}'::timestamptz)) AS it (at)
    """)
    try:
        assert asyncio.run(prove(settings, here.dsn, made_at)).is_clean
        late = asyncio.run(prove(settings, here.dsn, made_at + timedelta(minutes=2)))
        assert [one.invariant for one in late.violations] == ["CB3"]
    finally:
        here.execute("DELETE FROM callbacks WHERE path_hash = sha256('on its way')")


def test_nothing_is_replaced_under_the_feet_of_a_running_shop(here: Sealed) -> None:
    file = backs_up(here, "--no-proof")

    async def restores_while_open() -> object:
        connection = await asyncpg.connect(here.dsn)
        try:
            return await asyncio.to_thread(lambda: here.payme("restore", str(file)).exception)
        finally:
            await connection.close()

    refused = asyncio.run(restores_while_open())
    assert isinstance(refused, Advice)
    assert "Stop PayMe" in str(refused)
    assert databases(here) == {"payme"}


def test_only_so_many_backups_are_kept(here: Sealed, tmp_path: Path) -> None:
    for day in range(1, 5):
        (tmp_path / f"payme-2026010{day}T200000Z.backup").touch()
    mine = tmp_path / "payme-notes.txt"
    mine.touch()

    newest = backs_up(here, "--no-proof", "--to", str(tmp_path), "--keep", "2")

    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "payme-20260104T200000Z.backup", newest, mine])


def test_a_folder_that_cannot_be_written_to_is_said(here: Sealed, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert isinstance(here.payme("backup", "--to", str(tmp_path / "file")).exception, Advice)


def test_the_password_is_not_among_the_words_of_a_program(here: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = here.data_dir / "tools"
    tools.mkdir()
    for name in ("pg_dump", "postgres", "initdb"):
        program = tools / name
        program.write_text('#!/bin/sh\necho "postgres (PostgreSQL) 18.0"\necho "$@ with $PGPASSWORD" >&2\nexit 3\n')
        program.chmod(0o755)
    (tools / "postgres").write_text('#!/bin/sh\necho "postgres (PostgreSQL) 18.0"\n')
    monkeypatch.setitem(os.environ, "PGPASSWORD", "")
    known = here.dsn.replace("postgresql://postgres", "postgresql://postgres:s3cret")

    refused = str(here.payme("backup", PAYME_POSTGRES_BIN=str(tools), PAYME_DATABASE_URL=known).exception)

    assert "with s3cret" in refused
    assert ":s3cret" not in refused
