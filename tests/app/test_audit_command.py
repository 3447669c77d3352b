"""``payme audit``: sealed, exported, judged elsewhere, and the first bad entry named."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payme.app.advice import Advice
from payme.app.assembly import assemble
from payme.app.settings import Settings
from payme.app.worker import prove_audits
from tests.app.test_cli import Installation
from tests.support.aside import aside
from tests.support.database import embedded_postgres
from tests.support.object_store import KEY_ID, REGION, SECRET_KEY, StoreServer, storing
from tests.support.shops import SECRET_KEYS


class Sealed(Installation):
    """An installation that has the keys of its secrets."""

    @property
    def environ(self) -> dict[str, str]:
        return super().environ | {"PAYME_SECRET_KEYS": SECRET_KEYS}

    def audits(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        """Verify, and say how it ended and what was found."""
        told = self.payme("audit", "verify", "--json", *words)
        return told.exit_code, json.loads(told.stdout)["audits"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    with embedded_postgres() as dsn:
        installation = Sealed(dsn, tmp_path_factory.mktemp("data"))
        installation.data_dir.chmod(0o700)
        installation.payme("migrate")
        assert installation.find_or_make() is not None
        assert "1 seals were made" in installation.payme("audit", "seal").output
        yield installation


def test_an_untouched_audit_stands_here_and_in_a_file(here: Sealed, tmp_path: Path) -> None:
    code, (here_said,) = here.audits()
    assert (code, here_said["clean"], here_said["seals"], here_said["anchors"]) == (0, True, 1, 1)
    assert "stands as it was sealed" in here.payme("audit", "verify").output

    file, keys = tmp_path / "audit.jsonl", tmp_path / "keys.txt"
    assert here.payme("audit", "export", str(file)).exit_code == 0
    keys.write_text(here.payme("audit", "keys").stdout)
    anchors = here.data_dir / "audit-anchors.jsonl"
    nowhere = {"PAYME_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/payme"}
    words = ("audit", "verify", "--file", str(file), "--public-key", str(keys))
    judged = here.payme(*words, "--anchor", str(anchors), **nowhere)
    assert (judged.exit_code, "1 anchors: stands" in judged.output) == (0, True)
    (key,) = json.loads(here.payme("audit", "keys", "--json").stdout)["public_keys"].values()
    assert here.payme("audit", "verify", "--file", str(file), "--public-key", key).exit_code == 0

    file.write_bytes(file.read_bytes()[:-20])
    assert "file_broken" in here.payme(*words).output
    file.write_bytes(b"")
    assert here.payme(*words).exit_code == 1


def test_a_changed_entry_is_named_first(here: Sealed) -> None:
    first = "action = 'sale_opened' AND facts ->> 'number' = '1'"
    before = f'UPDATE audit_entries SET facts = facts || \'{{"total": "%s"}}\' WHERE {first}'
    [row] = here.execute(f"SELECT id, sequence, facts ->> 'total' AS total FROM audit_entries WHERE {first}")
    here.execute(before % "1.00")
    try:
        code, (said,) = here.audits()
        entry = said["faults"][0]["entry"]
        assert (code, said["faults"][0]["fault"]) == (1, "entry_changed")
        assert (entry["id"], entry["sequence"], entry["action"]) == (str(row["id"]), row["sequence"], "sale_opened")
        assert str(row["id"]) in here.payme("audit", "verify").output
    finally:
        here.execute(before % row["total"])
    assert here.audits()[0] == 0


def test_a_business_that_is_gone_with_its_audit_is_told_of_by_its_anchors(here: Sealed) -> None:
    here.execute(
        "CREATE TABLE kept AS TABLE audit_seals",
        "SET session_replication_role = replica",
        "DELETE FROM audit_seals",
    )
    try:
        code, (said,) = here.audits()
        assert (code, [fault["fault"] for fault in said["faults"]]) == (1, ["tail_cut"])
    finally:
        here.execute("INSERT INTO audit_seals TABLE kept", "DROP TABLE kept")


def test_what_is_needed_and_missing_is_said(here: Sealed, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.touch()
    for words in ((), ("--public-key", "no key")):
        told = here.payme("audit", "verify", "--file", str(file), *words)
        assert isinstance(told.exception, Advice)
    broken = tmp_path / "anchors"
    broken.write_text("{}\n")
    assert isinstance(here.payme("audit", "verify", "--anchor", str(broken)).exception, Advice)


def test_the_key_of_the_seals_can_be_its_own_and_be_replaced(here: Sealed, tmp_path: Path) -> None:
    assert isinstance(here.payme("audit", "rotate-key").exception, Advice)
    own = {"PAYME_AUDIT_KEYS_FILE": str(tmp_path / "audit-keys")}
    assert isinstance(here.payme("audit", "rotate-key", **own).exception, Advice)
    (tmp_path / "audit-keys").write_text(SECRET_KEYS)
    assert "v2" in here.payme("audit", "rotate-key", **own).output
    keys = here.payme("audit", "keys", **own).stdout.split("\n")
    assert len(keys) == 3
    assert keys[1] + "\n" == here.payme("audit", "keys").stdout
    assert here.payme("audit", "verify", **own).exit_code == 0


def test_a_new_era_begins_after_a_restore(here: Sealed) -> None:
    assert "era 2" in here.payme("audit", "new-era").output
    assert here.audits()[0] == 0


def test_a_restore_by_other_means_is_said_with_its_time(here: Sealed) -> None:
    here.execute(
        """INSERT INTO sms_messages (business_id, id, purpose, language, phone, text, segments, state, tries, due_at,
                                     created_at)
           SELECT business_id, gen_random_uuid(), 'receipt', 'en', '+254712345678', 'Duka', 1, 'queued', 0, now(), now()
             FROM businesses"""
    )
    told = here.payme("audit", "new-era", "--made-at", "2026-11-23T20:00:00").output
    assert ("era 3" in told, "1 SMS" in told) == (True, True)
    assert here.execute("SELECT state, code FROM sms_messages")[-1]["code"] == "restored"
    code, (said,) = here.audits()
    assert (code, said["restores"][0]["era"], said["restores"][0]["made_at"]) == (0, 3, "2026-11-23T20:00:00+00:00")


def told_to(server: StoreServer) -> dict[str, str]:
    return {
        "PAYME_AUDIT_STORE_URL": f"{server.url}/payme",
        "PAYME_AUDIT_STORE_REGION": REGION,
        "PAYME_AUDIT_STORE_KEY_ID": KEY_ID,
        "PAYME_AUDIT_STORE_SECRET_KEY": SECRET_KEY,
    }


def test_the_object_store_is_told_and_asked(here: Sealed, tmp_path: Path) -> None:
    with aside(storing) as server:
        there = told_to(server)
        assert here.payme("audit", "seal", **there).exit_code == 0
        (content,) = server.objects.values()
        (tmp_path / "object").write_bytes(content)
        (here.data_dir / "audit-anchors.jsonl").rename(tmp_path / "aside")

        told = here.payme("audit", "verify", "--json", **there)
        assert (told.exit_code, json.loads(told.stdout)["audits"][0]["anchors"]) == (0, 1)
        kept = here.payme("audit", "verify", "--anchor", str(tmp_path / "object"))
        assert (kept.exit_code, "1 anchors: stands" in kept.output) == (0, True)

        server.answers = [(403, "AccessDenied")]
        refused = here.payme("audit", "verify", "--json", **there)
        assert (refused.exit_code, "403 AccessDenied" in refused.stderr) == (1, True)
        assert json.loads(refused.stdout)["unasked_places"] == {"store": "it answers 403 AccessDenied"}
        shown = here.payme("config", "--json", **there).output
        assert ("PAYME_AUDIT_STORE_SECRET_KEY" in shown, SECRET_KEY in shown + refused.output) == (True, False)
        (tmp_path / "aside").rename(here.data_dir / "audit-anchors.jsonl")


def test_by_night_every_place_is_asked_what_it_was_told(here: Sealed, tmp_path: Path) -> None:
    def prove_by_night(there: dict[str, str]) -> set[str]:
        async def work() -> None:
            async with assemble(Settings.from_environ(here.environ | there), here.dsn) as assembly:
                await prove_audits(assembly)

        asyncio.run(work())
        states = "SELECT kind FROM reconciliation_issues WHERE state = 'open' AND starts_with(kind, 'audit_')"
        return {row["kind"] for row in here.execute(states)}

    with aside(storing) as server:
        there = told_to(server)
        here.execute("DELETE FROM audit_places", "DELETE FROM audit_anchors")
        assert here.payme("audit", "seal", **there).exit_code == 0
        anchors = here.data_dir / "audit-anchors.jsonl"
        anchors.rename(tmp_path / "aside")
        assert prove_by_night(there) == set()
        replica = "SET session_replication_role = replica"
        here.execute("CREATE TABLE kept AS TABLE audit_seals", replica, "DELETE FROM audit_seals")
        try:
            assert "audit_tail_cut" in prove_by_night(there)  # that the store alone can tell
        finally:
            here.execute(replica, "INSERT INTO audit_seals TABLE kept", "DROP TABLE kept")
        anchors.write_bytes((tmp_path / "aside").read_bytes())
        server.answers = [(403, "AccessDenied")]
        assert "audit_tail_cut" in prove_by_night(there)  # it could not be asked whether it is over
        assert "audit_tail_cut" not in prove_by_night(there)


def test_the_books_are_replayed_from_the_audit_alone(here: Sealed) -> None:
    told = here.payme("audit", "replay")
    assert (told.exit_code, "the audit gives them all" in told.output) == (0, True), told.output
    [row] = here.execute("UPDATE wallets SET balance_tokens = balance_tokens + 1 RETURNING business_id, balance_tokens")
    try:
        differs = here.payme("audit", "replay", "--json", "--business", str(row["business_id"]))
        assert differs.exit_code == 1
        [[one]] = [replay["differences"] for replay in json.loads(differs.stdout)["replays"]]
        assert (one["book"], one["part"], int(one["held"])) == ("wallet", "tokens", row["balance_tokens"])
        assert "wallet" in here.payme("audit", "replay").output
    finally:
        here.execute("UPDATE wallets SET balance_tokens = balance_tokens - 1")


def test_the_story_of_a_sale_is_told(here: Sealed) -> None:
    told = here.payme("audit", "show", "1").output
    assert "Sale 1" in told
    assert "Rung up as number 1" in told
    [story] = json.loads(here.payme("audit", "show", "#1", "--json").stdout)["stories"]
    assert story["lines"][0]["action"] in {"stock_taken", "token_reserved", "sale_opened"}
    assert isinstance(here.payme("audit", "show", "UKL7A2B9XC").exception, Advice)
