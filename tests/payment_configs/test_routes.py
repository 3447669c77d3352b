"""Payment configs over HTTP: masked, behind the password, and nowhere to be found in plain."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from fastapi import FastAPI

from payme.app.logs import configure_logs
from payme.kit.db.transaction import Database
from tests.support.daraja import Counter
from tests.support.shops import PASSWORD, Shop, make_shop, paybill_draft
from tests.support.web import a_client, an_app, settings_of

CANARIES = {
    "consumer_key": "canary-consumer-key-0001",
    "consumer_secret": "canary-consumer-secret-0002",
    "passkey": "canary-passkey-of-the-shop-0003",
    "initiator_credential": "canary-credential-0004",
}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    out = io.StringIO()
    root = logging.getLogger()
    kept = root.handlers, root.level
    configure_logs(settings_of({"PAYME_LOG_LEVEL": "debug"}), "web", out)
    yield out
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = kept


@pytest.fixture
def app(database: Database) -> FastAPI:
    return an_app(database)


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database, paybill=False)


def at(shop: Shop, rest: str = "") -> str:
    return f"/v1/businesses/{shop.business_id}/payment-configs{rest}"


def body(**different: Any) -> dict[str, Any]:
    return {
        "environment": "simulator",
        "kind": "paybill",
        "shortcode": paybill_draft().shortcode,
        "initiator_name": "api",
        "password": PASSWORD,
        **CANARIES,
        **different,
    }


async def test_a_config_is_set_up_read_masked_changed_and_put_away(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        made = await owner.post(at(shop), json=body(consumer_key=" canary-consumer-key-0001 \n"))
        assert made.status_code == 201, made.text
        config = made.json()
        assert config["active"]
        assert config["secrets"] == {name: {"ends_with": value[-4:]} for name, value in CANARIES.items()}
        place = at(shop, f"/{config['id']}")
        assert (await owner.get(place)).json() == config
        assert (await owner.get(at(shop))).json()["items"] == [config]

        twice = await owner.post(at(shop), json=body(shortcode=config["shortcode"]))
        assert (twice.status_code, twice.json()["code"]) == (409, "number_taken")
        changed = await owner.patch(place, json={"passkey": "another", "initiator_name": None, "password": PASSWORD})
        assert changed.status_code == 200, changed.text
        assert changed.json()["secrets"]["passkey"] == {"ends_with": ""}
        assert (changed.json()["initiator_name"], "initiator_credential" in changed.json()["secrets"]) == (None, False)

        ended = await owner.post(f"{place}/deactivation", json={"password": PASSWORD})
        assert (ended.status_code, ended.json()["active"]) == (200, False)
        again = await owner.post(f"{place}/activation", json={"password": PASSWORD})
        assert (again.status_code, again.json()["active"]) == (200, True)


async def test_a_config_that_does_not_open_is_still_shown(database: Database, app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        made = (await owner.post(at(shop), json=body())).json()
    lost = an_app(database, {"PAYME_SECRET_KEYS": "v2:" + "Q" * 43 + "="})
    async with a_client(lost, token=shop.owner.token) as owner:
        assert (await owner.get(at(shop, f"/{made['id']}"))).json()["secrets"] is None
        refused = await owner.patch(at(shop, f"/{made['id']}"), json={"passkey": "x", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"], refused.json()["key_version"]) == (
        503,
        "secret_unreadable",
        "v1",
    )


async def test_without_keys_nothing_is_kept_in_plain_instead(database: Database, shop: Shop, tmp_path: object) -> None:
    keyless = an_app(database, {"PAYME_SECRET_KEYS": "", "PAYME_SECRET_KEYS_FILE": f"{tmp_path}/none"})
    async with a_client(keyless, token=shop.owner.token) as owner:
        refused = await owner.post(at(shop), json=body())
        assert (refused.status_code, refused.json()["code"]) == (503, "secret_keys_missing")
        assert (await owner.get(at(shop))).json()["items"] == []


async def test_whoever_changes_it_types_the_password_again(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        made = (await owner.post(at(shop), json=body())).json()
        place = at(shop, f"/{made['id']}")
        for call in (
            owner.post(at(shop), json=body(password="guess one")),
            owner.patch(place, json={"passkey": "mine", "password": "guess two"}),
            owner.post(f"{place}/deactivation", json={"password": "guess three"}),
        ):
            refused = await call
            assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
            assert "guess" not in refused.text
        missing = await owner.post(f"{place}/deactivation", json={})
        assert missing.status_code == 422
        assert (await owner.get(place)).json() == made


async def test_a_guesser_with_a_borrowed_device_waits(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.owner.token, address="203.0.113.7") as thief:
        codes = [(await thief.post(at(shop), json=body(password=f"guess {n}"))).json()["code"] for n in range(6)]
        assert codes == ["wrong_password"] * 5 + ["rate_limited"]
        held = await thief.post(at(shop), json=body())
        assert (held.status_code, held.json()["code"]) == (429, "rate_limited")
    async with a_client(app, token=shop.owner.token, address="203.0.113.8") as owner:
        assert (await owner.post(at(shop), json=body())).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"shortcode": "12"},
        {"shortcode": "http://169.254.169.254"},
        {"environment": "https://example.com"},
        {"base_url": "https://example.com"},
        {"passkey": ""},
        {"passkey": "two words"},
        {"pull_number": "0712345678"},
        {"consumer_key": "x" * 2001},
    ],
)
async def test_what_makes_no_sense_is_refused_and_not_repeated(app: FastAPI, shop: Shop, wrong: dict[str, str]) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        refused = await owner.post(at(shop), json=body(**wrong))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert "canary" not in refused.text
    assert PASSWORD not in refused.text


async def plain_in_the_database(owner_dsn: str, needles: list[str]) -> list[str]:
    """Every table that holds a needle, in text or in bytes."""
    connection = await asyncpg.connect(owner_dsn)
    found = []
    try:
        tables = await connection.fetch(
            """
            SELECT oid::regclass::text AS name FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            """
        )
        for table in tables:
            for row in await connection.fetch(f"SELECT t::text AS line FROM {table['name']} AS t"):
                found += [
                    f"{needle} in {table['name']}"
                    for needle in needles
                    if needle in row["line"] or needle.encode().hex() in row["line"]
                ]
    finally:
        await connection.close()
    return found


async def test_no_secret_stands_in_a_dump_or_in_the_logs(
    app: FastAPI, shop: Shop, owner_dsn: str, lines: io.StringIO
) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        made = await owner.post(at(shop), json=body(), headers=key())
        place = at(shop, f"/{made.json()['id']}")
        await owner.post(at(shop), json=body(passkey="two words"), headers=key())
        await owner.patch(place, json={**CANARIES, "password": PASSWORD}, headers=key())
        await owner.patch(place, json={**CANARIES, "password": "guess"}, headers=key())
        tried = await owner.post(f"{place}/test", json={"phone": "0712345678"}, headers=key())
        assert tried.status_code == 202, tried.text
        counter = Counter(shop)
        from_books = await counter.payment(tried.json()["payment_id"])
        await counter.submits(from_books)
        assert counter.daraja.accounts[0].passkey == CANARIES["passkey"]

    needles = [*CANARIES.values(), PASSWORD]
    assert await plain_in_the_database(owner_dsn, needles) == []
    assert [needle for needle in needles if needle in lines.getvalue()] == []
    assert "password_refused" in lines.getvalue()
    assert await plain_in_the_database(owner_dsn, [str(from_books.id)])  # the look finds what is there
    entries = await plain_in_the_database(owner_dsn, ["payment_config_changed"])
    assert set(entries) == {"payment_config_changed in audit_entries"}


async def test_a_manager_reads_and_a_cashier_does_not(app: FastAPI, shop: Shop) -> None:
    for role, status in (("manager", 200), ("cashier", 403)):
        async with a_client(app, token=shop.person(role).token) as member:
            assert (await member.get(at(shop))).status_code == status
            refused = await member.post(at(shop), json=body())
            assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


async def test_the_audit_tells_what_changed_and_no_secret(app: FastAPI, shop: Shop) -> None:
    async with a_client(app, token=shop.owner.token) as owner:
        made = (await owner.post(at(shop), json=body())).json()
        await owner.patch(at(shop, f"/{made['id']}"), json={"passkey": "another", "password": PASSWORD})
        found: httpx.Response = await owner.get(
            f"/v1/businesses/{shop.business_id}/audit-entries", params={"subject_id": made["id"]}
        )
    changed, added = found.json()["items"]
    assert (added["action"], changed["action"]) == ("payment_config_added", "payment_config_changed")
    assert changed["facts"]["secrets"] == ["passkey"]
    assert changed["facts"]["before"] == added["facts"]["after"]
    assert changed["facts"]["after"]["sealed_sha256"] != added["facts"]["after"]["sealed_sha256"]
    assert "canary" not in json.dumps(found.json())
