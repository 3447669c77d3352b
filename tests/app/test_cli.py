"""The command line, on a PostgreSQL of its own with the demo shop in it."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from payme.app.assembly import assemble, terms_of
from payme.app.child import payme_command
from payme.app.cli import app
from payme.app.demo_shop import DemoSignIn, find_or_make_demo_shop, sign_in_of
from payme.app.settings import Settings
from payme.kit.days import business_day
from payme.kit.db.migrate import all_migrations
from tests.support.aside import aside
from tests.support.database import embedded_postgres
from tests.support.mail_server import receiving_mail
from tests.support.object_store import KEY_ID, REGION, SECRET_KEY, storing


@dataclass(frozen=True)
class Installation:
    """A migrated database with a demo shop, and the data directory that keeps its sign-in."""

    dsn: str
    data_dir: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"PAYME_DATABASE_URL": self.dsn, "PAYME_DATA_DIR": str(self.data_dir)}

    def payme(self, *words: str, **environ: str) -> Result:
        """Run a command in this process."""
        cleared = {name: None for name in os.environ if name.startswith("PAYME_")}
        return CliRunner().invoke(app, words, env=cleared | self.environ | environ)

    def find_or_make(self) -> DemoSignIn | None:
        settings = Settings.from_environ(self.environ)

        async def work() -> DemoSignIn | None:
            async with assemble(settings, self.dsn) as assembly:
                box = assembly.desk.accounts.strongbox
                return await find_or_make_demo_shop(assembly.database, self.data_dir, box, terms_of(settings, box))

        return asyncio.run(work())

    def execute(self, *statements: str) -> list[asyncpg.Record]:
        """Run SQL as the owner; rows of the last."""

        async def work() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.dsn)
            try:
                rows: list[asyncpg.Record] = []
                for statement in statements:
                    rows = await connection.fetch(statement)
                return rows
            finally:
                await connection.close()

        return asyncio.run(work())


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with embedded_postgres() as dsn:
        installation = Installation(dsn, tmp_path_factory.mktemp("data"))
        installation.data_dir.chmod(0o700)
        assert "7 migrations" in installation.payme("migrate").output or installation.execute("SELECT 1")
        assert installation.find_or_make() is not None
        yield installation


def test_migrating_twice_does_nothing_the_second_time(here: Installation) -> None:
    again = here.payme("migrate")
    assert again.exit_code == 0
    assert "Nothing to do" in again.output


def test_the_demo_shop_is_made_once_and_found_again(here: Installation) -> None:
    first = sign_in_of(here.data_dir)
    assert here.find_or_make() == first
    [shops] = here.execute("SELECT count(*) AS shops FROM businesses")
    [goods] = here.execute("SELECT count(*) AS products FROM products")
    [tokens] = here.execute("SELECT balance_tokens FROM wallets")
    members = here.execute("SELECT role FROM members ORDER BY role")
    assert (shops["shops"], goods["products"]) == (1, 25)
    assert tokens["balance_tokens"] > 1000
    assert [member["role"] for member in members] == ["cashier", "manager", "owner"]
    [debt] = here.execute("SELECT balance_due FROM credit_accounts")
    [cash] = here.execute("SELECT counted - expected AS variance FROM drawer_totals WHERE tender = 'cash'")
    states = here.execute("SELECT state FROM sales ORDER BY number")
    assert debt["balance_due"] == 610 + 580 - 200 - 300
    assert cash["variance"] == -5
    assert [sale["state"] for sale in states] == ["partly_returned", "completed", "completed"]


def test_no_demo_shop_is_made_beside_a_shop_of_somebody(here: Installation, tmp_path: Path) -> None:
    assert Installation(here.dsn, tmp_path).find_or_make() is None


def test_callbacks_without_effect_are_counted_listed_and_replayed(here: Installation) -> None:
    assert "had its effect" in here.payme("callbacks", "count").output
    shop = sign_in_of(here.data_dir)
    assert shop is not None
    here.execute(f"""
        INSERT INTO callbacks (id, path_hash, body, state, reason, attempts, due_at, business_id, received_at,
                               updated_at)
        SELECT gen_random_uuid(), sha256('path'), 'x', state, 'why', 8, now(), business_id::uuid, now(), now()
          FROM (VALUES ('orphan', NULL), ('dead', '{shop.business_id}')) AS kept (state, business_id)
    """)

    counted = json.loads(here.payme("callbacks", "count", "--json").stdout)["callbacks"]
    assert {(end["state"], end["count"]) for end in counted} == {("orphan", 1), ("dead", 1)}
    assert "why" in here.payme("callbacks", "count").output
    assert str(shop.business_id) in here.payme("callbacks", "list", "dead").output
    assert "No callback is quarantined" in here.payme("callbacks", "list", "quarantined").output
    [dead] = json.loads(here.payme("callbacks", "list", "dead", "--json").stdout)["callbacks"]
    assert here.payme("callbacks", "replay").exit_code == 2
    assert "1 callbacks wait" in here.payme("callbacks", "replay", dead["id"]).output
    assert "0 callbacks wait" in here.payme("callbacks", "replay", "--all").output
    [row] = here.execute("SELECT attempts FROM callbacks WHERE state = 'received'")
    assert row["attempts"] == 0
    here.execute("DELETE FROM callbacks")


def test_agreeing_books_are_told_line_by_line(here: Installation) -> None:
    clean = here.payme("verify")
    assert clean.exit_code == 0, clean.output
    assert "every book agrees" in clean.output
    told = json.loads(here.payme("verify", "--json").stdout)
    assert told["violations"] == []
    assert {check["invariant"] for check in told["checks"]} >= {"ST1", "W1", "S1", "P1"}
    assert all(check["sentence"] for check in told["checks"])


def test_a_broken_book_is_named_and_ends_with_1(here: Installation) -> None:
    shop = sign_in_of(here.data_dir)
    assert shop is not None
    here.execute("UPDATE wallets SET balance_tokens = balance_tokens + 1")
    try:
        broken = here.payme("verify", "--json", "--business", str(shop.business_id))
        told = json.loads(broken.stdout)
        assert broken.exit_code == 1
        assert "W1" in {found["invariant"] for found in told["violations"]}
        assert told["violations"][0]["business_id"] == shop.business_id
        assert "W1" in here.payme("verify").output
        assert "W1" in here.payme("verify", "--changes").output
    finally:
        here.execute("UPDATE wallets SET balance_tokens = balance_tokens - 1")


def test_the_doctor_finds_a_healthy_installation_healthy(here: Installation) -> None:
    told = here.payme("doctor", "--json", PAYME_PORT="18231", PAYME_SIMULATOR_PORT="18232")
    findings = {finding["what"]: finding for finding in json.loads(told.stdout)["findings"]}
    assert told.exit_code == 0, told.output
    assert findings["Migrations"]["level"] == "ok"
    assert findings["Roles"]["level"] == "ok"
    assert findings["Clock"]["level"] == "ok"
    # The tests connect as a superuser, which the doctor does not overlook.
    assert findings["Server's sign-in"]["level"] == "warn"


def test_the_doctor_names_what_is_ill_and_what_to_do(here: Installation, tmp_path: Path) -> None:
    here.execute("DELETE FROM schema_migrations WHERE name = '0007_reconciliation.sql'", "CREATE TABLE stray ()")
    here.execute("ALTER TABLE stray OWNER TO payme_app")
    [kept] = here.execute("SELECT count(*) AS n FROM schema_migrations")
    assert kept["n"] == len(all_migrations()) - 1
    try:
        told = here.payme("doctor", PAYME_PROT="1", PAYME_DATA_DIR=str(tmp_path))
        assert told.exit_code == 1
        assert "payme migrate" in told.output
        assert "payme_app owns 1 relations" in told.output
        assert "Did you mean PAYME_PORT?" in told.output
    finally:
        here.execute("DROP TABLE stray")
        digest = next(file.digest for file in all_migrations() if file.name == "0007_reconciliation.sql")
        here.execute(f"INSERT INTO schema_migrations (name, digest) VALUES ('0007_reconciliation.sql', '{digest}')")


def test_the_doctor_tries_whoever_is_told_of_the_audit(here: Installation) -> None:
    ports = {"PAYME_PORT": "18231", "PAYME_SIMULATOR_PORT": "18232"}
    with aside(storing) as store, aside(receiving_mail) as mail:
        told = ports | {
            "PAYME_AUDIT_STORE_URL": f"{store.url}/payme",
            "PAYME_AUDIT_STORE_REGION": REGION,
            "PAYME_AUDIT_STORE_KEY_ID": KEY_ID,
            "PAYME_AUDIT_STORE_SECRET_KEY": SECRET_KEY,
            "PAYME_AUDIT_MAIL_TO": "asha@shop.example",
        }
        smtp = {"PAYME_MAIL_PROVIDER": "smtp", "PAYME_SMTP_URL": f"smtp://127.0.0.1:{mail.port}"}
        for _ in range(2):
            well = here.payme("doctor", **told, **smtp)
            assert well.exit_code == 0, well.output
            assert "takes and lists objects" in well.output
            assert "lets us in" in well.output
        assert (list(store.objects), mail.got) == (["payme/doctor.txt"], [])
        assert "nobody gets the heads" in here.payme("doctor", **told).output

        mail.trouble = {"CONNECT": "554 go away"}
        wrong = {"PAYME_AUDIT_STORE_SECRET_KEY": "another"}
        ill = here.payme("doctor", **told | smtp | wrong)
        assert (ill.exit_code, "403 SignatureDoesNotMatch" in ill.output, "554 go away" in ill.output) == (
            1,
            True,
            True,
        )
        assert SECRET_KEY not in ill.output


def test_the_doctor_says_when_the_database_does_not_answer(tmp_path: Path) -> None:
    nowhere = Installation("postgresql://nobody@127.0.0.1:1/payme", tmp_path)
    told = nowhere.payme("doctor")
    assert told.exit_code == 1
    assert "Check PAYME_DATABASE_URL" in told.output


def test_settings_are_told_with_secrets_masked(here: Installation) -> None:
    told = here.payme("config", "--json", PAYME_PLATFORM_PASSKEY="very-secret", PAYME_PORT="8123")
    settings = {line["name"]: line for line in json.loads(told.stdout)["settings"]}
    assert told.exit_code == 0
    assert settings["PAYME_PORT"]["value"] == "8123"
    assert "very-secret" not in told.output
    assert "PAYME_PORT" in here.payme("config", "--set", PAYME_PORT="8123").output


def test_an_operator_helps_a_person_in_and_out(here: Installation) -> None:
    made = here.payme("user", "add", "Mwenye@duka.example", "--name", "Mwenye", "--generate")
    assert made.exit_code == 0, made.output
    assert "Password: " in made.output
    assert "signed in nowhere" in here.payme("user", "sessions", "mwenye@duka.example").output

    here.execute("""
        INSERT INTO sessions (id, user_id, token_hash, device, created_at, expires_at)
        SELECT gen_random_uuid(), id, sha256(id::text::bytea), 'the till', now(), now() + interval '1 day'
          FROM users WHERE email = 'mwenye@duka.example'
    """)
    assert "the till" in here.payme("user", "sessions", "mwenye@duka.example").output
    changed = here.payme("user", "password", "mwenye@duka.example", "--generate")
    assert "every session has ended" in changed.output
    assert "signed in nowhere" in here.payme("user", "sessions", "mwenye@duka.example").output
    assert here.payme("user", "revoke", "mwenye@duka.example").exit_code == 0


def test_the_ledger_is_printed_and_agrees_with_itself(here: Installation) -> None:
    shop = sign_in_of(here.data_dir)
    assert shop is not None
    words = ("ledger", "trial-balance", str(shop.business_id))
    trial = json.loads(here.payme(*words, "--json").stdout)
    balances = {one["name"]: Decimal(one["balance"]) for one in trial["accounts"]}
    assert trial["difference"] == "0.00"
    assert sum(balances.values()) == 0
    assert balances["Customers who owe"] == 610 + 580 - 200 - 300
    assert balances["Cash short or over"] == 5
    assert "Customers who owe" in here.payme(*words, "--day", business_day(datetime.now(UTC)).isoformat()).output
    month = ("--from", "2000-01-01", "--to", "2100-01-01")
    earned = here.payme("ledger", "profit-and-loss", str(shop.business_id), *month)
    assert "Gross profit" in earned.output
    as_json = here.payme("ledger", "profit-and-loss", str(shop.business_id), *month, "--json")
    assert Decimal(json.loads(as_json.stdout)["revenue"]) > 0
    listed = here.payme("ledger", "journal", str(shop.business_id), *month, "--json").stdout.splitlines()
    kinds = {json.loads(line)["kind"] for line in listed}
    assert {"delivery", "sale", "repayment", "drawer", "return"} <= kinds
    assert "4000  Sales" in here.payme("ledger", "journal", str(shop.business_id), *month).output


def test_an_unknown_person_is_said_to_be_unknown(here: Installation) -> None:
    unknown = here.payme("user", "sessions", "nobody@duka.example")
    assert unknown.exit_code == 1
    assert "payme user add nobody@duka.example" in str(unknown.exception)


@pytest.mark.parametrize(
    "words", [(), ("run",), ("serve",), ("worker",), ("verify",), ("doctor",), ("user", "add"), ("ledger", "journal")]
)
def test_help_shows_an_example(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*words, "--help"])
    assert told.exit_code == 0
    assert "xample" in told.output or "payme run" in told.output


def test_the_operator_sees_a_sentence_and_never_a_traceback_unless_it_is_asked_for() -> None:
    environ = {**os.environ, "PAYME_PORT": "many"}
    plain = subprocess.run(payme_command("verify"), env=environ, capture_output=True, text=True, check=False)
    assert plain.returncode == 1
    assert "PAYME_PORT is 'many'" in plain.stderr
    assert "Traceback" not in plain.stderr
    debug = subprocess.run(payme_command("verify", "--debug"), env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" in debug.stderr
