"""Logs: who, what, how much; never a secret, never a whole phone number."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
import structlog

from payme.app.logs import bind_facts, configure_logs
from payme.app.settings import Settings
from payme.kit.events import Event

CANARIES = {
    "PAYME_PLATFORM_ENVIRONMENT": "sandbox",
    "PAYME_PLATFORM_CONSUMER_KEY": "canary+key/1",
    "PAYME_PLATFORM_CONSUMER_SECRET": "canary.secret",
    "PAYME_PLATFORM_PASSKEY": "canary0passkey",
    "PAYME_METRICS_TOKEN": "canary-metrics",
    "PAYME_DATABASE_URL": "postgresql://owner:canary-database@h/db",
}
PHONES = ("254712345678", "0712345678", "+254712345678", "0712 345 678", "+254 112-345-678")
SESSION = base64.urlsafe_b64encode(bytes(range(100, 132))).decode().rstrip("=")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    out = io.StringIO()
    root = logging.getLogger()
    kept = root.handlers, root.level
    configure_logs(Settings.from_environ(CANARIES), "web", out)
    structlog.contextvars.clear_contextvars()
    yield out
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = kept


def raised(text: str) -> ValueError:
    """An error with a stack, as it is caught."""

    def fail() -> None:
        raise ValueError(text)

    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


def only(out: io.StringIO) -> dict[str, object]:
    [line] = out.getvalue().splitlines()
    return dict(json.loads(line))


@pytest.mark.parametrize(
    "canary", [value for name, value in CANARIES.items() if "ENVIRONMENT" not in name] + ["canary-database"]
)
def test_our_own_secrets_never_appear_wherever_they_stand(lines: io.StringIO, canary: str) -> None:
    log = structlog.get_logger("shop")

    said = f"said {canary} aloud"
    log.info(said, note=f"x{canary}y", nested={"deep": [{"er": canary}]}, raw=canary.encode())
    log.info("key", facts={canary: 1})
    log.error("failed", exc_info=raised(f"lost {canary}"))
    logging.getLogger("uvicorn.error").error("uvicorn says %s", canary)
    logging.getLogger("pgqueuer").warning("pgqueuer says %s", canary)

    assert len(lines.getvalue().splitlines()) == 5
    assert canary not in lines.getvalue()


@pytest.mark.parametrize("phone", PHONES)
def test_only_the_end_of_a_phone_number_is_kept(lines: io.StringIO, phone: str) -> None:
    log = structlog.get_logger("shop")

    log.info("paid", phone=phone, note=f"from {phone}.", facts={"payer": [phone]}, body=f'{{"Msisdn":"{phone}"}}')
    log.error("failed", exc_info=raised(f"phone\n{phone}"))
    logging.getLogger("asyncio").error("phone %s", phone)

    text = lines.getvalue()
    assert phone not in text
    assert phone[-7:-3] not in text
    assert text.count("***678") == 6


def test_a_phone_number_as_a_number_is_masked_too(lines: io.StringIO) -> None:
    structlog.get_logger().info("paid", PhoneNumber=254712345678, value=254712345678, sold=1200)

    assert only(lines) | {"PhoneNumber": "***678", "value": "***678", "sold": 1200} == only(lines)


@pytest.mark.parametrize(
    "text",
    [
        "GET /callbacks/CANARY/more",
        "Authorization: Bearer CANARY",
        "authorization='Basic CANARY='",
        "password=CANARY&x=1",
        '{"password": "CANARY"}',
        r"{\"Passkey\": \"CANARY\"}",
        "consumer_secret: CANARY",
        "postgresql://me:CANARY@host/db",
        "__Host-session=CANARY; Path=/",
    ],
)
def test_secrets_are_known_by_what_stands_around_them(lines: io.StringIO, text: str) -> None:
    structlog.get_logger().info("x", text=text, nested=[{"inner": text}])

    assert "CANARY" not in lines.getvalue()


@pytest.mark.parametrize(
    "name", ["password", "Password", "token", "session_token", "authorization", "cookie", "passkey", "consumer_secret"]
)
def test_secrets_are_known_by_their_name(lines: io.StringIO, name: str) -> None:
    structlog.get_logger().info("x", **{name: "CANARY"}, body={name: {"inner": "CANARY"}}, list=[{name: b"CANARY"}])

    assert "CANARY" not in lines.getvalue()


def test_a_session_token_is_known_by_its_form(lines: io.StringIO) -> None:
    structlog.get_logger().info("odd " + SESSION, error=f"[{SESSION}]")

    assert SESSION not in lines.getvalue()


def test_the_secret_of_a_receipts_address_is_known_by_its_form(lines: io.StringIO) -> None:
    structlog.get_logger().info("x", text="see https://shop.example/r/canary" + "a2" * 10, path="/r/canary" + "a2" * 10)

    assert "canary" not in lines.getvalue()
    assert "https://shop.example/r/***" in lines.getvalue()


def test_what_is_no_secret_stays_readable(lines: io.StringIO) -> None:
    facts = {
        "tokens": 8,
        "balance_tokens": "12",
        "total": Decimal("300.00"),
        "sale": UUID("0192f0c4-7a1e-7c00-8000-254712345678"),
        "path": "/v1/businesses/0192f0c4-7a1e-7c00-8000-254712345678/sales",
        "shortcode": "174379",
        "ms": 1.25,
    }

    structlog.get_logger().info("sold", **facts)

    assert {name: only(lines)[name] for name in facts} == {
        **facts,
        "total": "300.00",
        "sale": "0192f0c4-7a1e-7c00-8000-254712345678",
    }


def test_libraries_are_quiet_below_warning_where_they_name_addresses(lines: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST http://x/callbacks/CANARY")
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("asyncpg").debug("statement")

    assert lines.getvalue() == ""


@dataclass(frozen=True)
class GoodsSold(Event):
    total: Decimal
    discount: Decimal | None
    note: str


def test_amounts_of_what_was_done_stand_in_later_lines(lines: io.StringIO) -> None:
    event = GoodsSold(UUID(int=1), Decimal("300.00"), None, "to 0712345678")

    bind_facts([event])
    structlog.get_logger().info("request")

    line = only(lines)
    assert line["did"] == ["goods_sold"]
    assert line["amounts"] == {"goods_sold.total": "300.00"}
    assert line["part"] == "web"


def test_a_person_may_read_them_too() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    kept = root.handlers, root.level
    try:
        configure_logs(Settings.from_environ(CANARIES | {"PAYME_LOG_FORMAT": "console"}), "web", out)
        structlog.get_logger().error("failed", exc_info=raised("canary0passkey of 0712345678"))
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = kept

    assert "failed" in out.getvalue()
    assert "ValueError: *** of ***678" in out.getvalue()
