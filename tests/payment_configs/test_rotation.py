"""A new key while the shops go on: every secret opens at every moment, and an interrupted rotation goes on."""

import asyncio
import base64
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from payme import payment_configs, webhooks
from payme.app.assembly import record
from payme.app.child import payme_command
from payme.app.cli import app
from payme.app.rotation import Rotation
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.migrate import migrate
from payme.kit.db.pool import open_pool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from payme.kit.secrets import Keyring, KeysInFile, add_key, given_keys
from payme.payment_configs import Strongbox
from payme.payments import PaymentState
from payme.webhooks import EndpointChange, EndpointDraft, EndpointState
from payme.webhooks.types import CHOSEN
from tests.support.daraja import Counter
from tests.support.database import embedded_postgres
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, SECRET_KEYS, Shop, make_shop

SHOPS = 40


@dataclass(frozen=True)
class Town:
    """Shops over a database of their own, and the file of their keys."""

    dsn: str
    key_file: Path
    database: Database

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PAYME_DATABASE_URL": self.dsn,
            "PAYME_DATA_DIR": str(self.key_file.parent),
            "PAYME_SECRET_KEYS_FILE": str(self.key_file),
        }

    @property
    def box(self) -> Strongbox:
        return Strongbox(KeysInFile(self.key_file), BOX.base_urls)

    async def versions(self) -> dict[str, int]:
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("SELECT key_version, count(*) AS n FROM payment_configs GROUP BY 1")
        finally:
            await connection.close()
        return {row["key_version"]: row["n"] for row in rows}

    async def told_under(self) -> list[tuple[str, str | None]]:
        """The keys of each webhook endpoint's secret and of the one before."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("SELECT key_version, old_version FROM webhook_endpoints ORDER BY id")
        finally:
            await connection.close()
        return [(row["key_version"], row["old_version"]) for row in rows]


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    with embedded_postgres() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
async def shops(dsn: str) -> AsyncIterator[list[Shop]]:
    await migrate(dsn)
    pool = await open_pool(dsn)
    database = Database(pool, Seams(), record=record, jobs=PgQueuerJobs())
    yield [await make_shop(database) for _ in range(SHOPS)]
    await pool.close()


@pytest.fixture
async def town(dsn: str, shops: list[Shop], tmp_path: Path) -> AsyncIterator[Town]:
    """Every secret under v1 at the start."""
    key_file = tmp_path / "secret-keys"
    key_file.write_text(SECRET_KEYS)
    yield Town(dsn, key_file, shops[0].database)
    # Whatever keys a test made: back under the one that all tests know.
    ring = KeysInFile(key_file)()
    back = ",".join(
        f"{version}:{base64.b64encode(key).decode()}"
        for version, key in sorted(ring.keys.items(), key=lambda item: item[0] != "v1")
    )
    assert not Rotation(shops[0].database, Strongbox(given_keys(back), BOX.base_urls), lambda _: None).unreadable
    await Rotation(shops[0].database, Strongbox(given_keys(back), BOX.base_urls), lambda _: None).run()


async def everybody_opens(town: Town, shops: list[Shop]) -> None:
    for shop in shops:
        assert shop.paybill is not None
        account = await shop.transact(payment_configs.open_account, shop.paybill.id, town.box)
        assert account.passkey == "a passkey of a test"


async def test_pushes_go_on_while_the_key_is_rotated(town: Town, shops: list[Shop]) -> None:
    counters = [Counter(shop, box=town.box) for shop in shops[:6]]
    sales = [await opens_sale(counter.shop, (await has_stock(counter.shop), "1")) for counter in counters]

    async def rotate() -> None:
        for _ in range(3):
            add_key(town.key_file, os.urandom(32))
            rotation = Rotation(town.database, town.box, lambda _: None)
            assert await rotation.run()
            assert (rotation.done, rotation.unreadable) == (SHOPS, [])

    async def push() -> None:
        for _ in range(4):
            for counter, opened in zip(counters, sales, strict=True):
                payment = await counter.asks(opened.sale.id)
                assert payment.state is PaymentState.SUBMITTED, payment.result_code
                await counter.deadline_passes(payment)

    await asyncio.gather(rotate(), push())

    assert await town.versions() == {"v4": SHOPS}
    await everybody_opens(town, shops)


def killed_on_its_way(town: Town) -> None:
    """Run the command and kill it once it has begun to seal."""
    process = subprocess.Popen(
        payme_command("config", "rotate-key"),
        env={**os.environ, **town.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    while "1 payment configs are under v2" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


async def test_a_rotation_that_was_killed_is_finished_by_the_next(town: Town, shops: list[Shop]) -> None:
    await asyncio.to_thread(killed_on_its_way, town)

    left = await town.versions()
    assert set(left) == {"v1", "v2"}, left
    await everybody_opens(town, shops)

    code, said = await asyncio.to_thread(rotated, town)
    assert code == 0, said
    assert f"{left['v1']} payment configs were sealed anew; the current key is v2." in said
    assert await town.versions() == {"v2": SHOPS}
    await everybody_opens(town, shops)


def rotated(town: Town, **environ: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["config", "rotate-key"], env=town.environ | environ)
    return told.exit_code, told.output


async def test_the_command_makes_a_key_in_the_file_and_seals_everything_anew(town: Town, shops: list[Shop]) -> None:
    before = town.key_file.read_text()
    code, said = await asyncio.to_thread(rotated, town)

    assert code == 0, said
    assert f"{SHOPS} payment configs were sealed anew; the current key is v2." in said
    assert before.strip() in town.key_file.read_text()
    assert await town.versions() == {"v2": SHOPS}
    await everybody_opens(town, shops)
    assert not any(key.split(":")[1] in said for key in town.key_file.read_text().split() if key.startswith("v"))


async def test_webhook_secrets_are_sealed_anew_counted_and_named(town: Town, shops: list[Shop]) -> None:
    """Of two endpoints one has a secret that no key opens: the other is brought under the new key all the same."""
    shop = shops[1]
    stray, kept = [
        (
            await shop.transact(
                webhooks.register_endpoint, EndpointDraft(f"https://books.example/{n}", "", CHOSEN), BOX.keys
            )
        ).endpoint
        for n in range(2)
    ]
    await shop.transact(webhooks.rotate_secret, kept.id, BOX.keys)
    connection = await asyncpg.connect(town.dsn)
    try:
        await connection.execute("UPDATE webhook_endpoints SET secret = $2 WHERE id = $1", stray.id, bytes(40))
        code, said = await asyncio.to_thread(rotated, town)
        assert code == 1
        assert f"webhook endpoint {stray.id} does not open with key v1; its owner can remove it and" in said
        assert f"1 webhook endpoints and {SHOPS} payment configs were sealed anew; the current key is v2." in said
        assert await town.told_under() == [("v1", None), ("v2", "v2")]

        await shop.transact(webhooks.change_endpoint, stray.id, EndpointChange(state=EndpointState.REMOVED))
        only_new = Keyring({"v2": town.box.keys().keys["v2"]})
        await shop.transact(webhooks.send_test, kept.id)
        [letter] = await shop.transact(webhooks.take_due, lambda: only_new, 10)
        assert letter.headers["webhook-signature"].count("v1,") == 2
    finally:
        await connection.execute("DELETE FROM webhook_messages WHERE business_id = $1", shop.business_id)
        await connection.execute("DELETE FROM webhook_endpoints WHERE business_id = $1", shop.business_id)
        await connection.close()


async def test_with_keys_in_the_environment_the_operator_adds_the_key(town: Town, shops: list[Shop]) -> None:
    given = {"PAYME_SECRET_KEYS_FILE": "", "PAYME_SECRET_KEYS": SECRET_KEYS}
    code, said = await asyncio.to_thread(lambda: rotated(town, **given))
    assert (code, "put one first in PAYME_SECRET_KEYS" in said) == (0, True), said
    assert await town.versions() == {"v1": SHOPS}

    added = f"v2:{base64.b64encode(bytes(32)).decode()},{SECRET_KEYS}"
    code, said = await asyncio.to_thread(lambda: rotated(town, **(given | {"PAYME_SECRET_KEYS": added})))
    assert (code, f"{SHOPS} payment configs were sealed anew" in said) == (0, True), said
    town.key_file.write_text(added)
    await everybody_opens(town, shops)


async def test_a_secret_that_does_not_open_is_named_and_the_rest_goes_on(town: Town, shops: list[Shop]) -> None:
    stray = shops[0].paybill
    assert stray is not None
    connection = await asyncpg.connect(town.dsn)
    try:
        was = await connection.fetchval("SELECT passkey FROM payment_configs WHERE id = $1", stray.id)
        await connection.execute("UPDATE payment_configs SET passkey = consumer_key WHERE id = $1", stray.id)
        code, said = await asyncio.to_thread(rotated, town)
        assert code == 1
        assert f"payment config {stray.id} does not open with key v1" in said
        assert await town.versions() == {"v1": 1, "v2": SHOPS - 1}
        await connection.execute("UPDATE payment_configs SET passkey = $2 WHERE id = $1", stray.id, was)
    finally:
        await connection.close()
