"""What is asked about a shortcode, over real HTTP, and every answer it may get."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from payme.daraja import Access, NotSent, Reply, Unsent, Wire
from payme.kit.db.transaction import Database
from payme.shortcodes import (
    Initiator,
    Pulled,
    Refused,
    ResultPaths,
    ShortcodeClient,
    Taken,
    Unknown,
    rules,
    security_credential,
    services,
)
from tests.mpesa.gateway import (
    FIREWALL,
    SOAP_FAULT,
    SPIKE,
    Answer,
    Fault,
    Gateway,
    Http,
    as_json,
    envelope,
    opened_gateway,
)

NOW = datetime(2026, 11, 22, 21, 30, 5, tzinfo=UTC)
ACK = as_json(200, OriginatorConversationID="7071-4170", ConversationID="AG_1", ResponseCode="0")
PATHS = ResultPaths("https://x/r", "https://x/t")
OPERATOR = Initiator("apiop37", "sealed")
NO_PRODUCT = envelope(401, "401.003.01", "Invalid API call as no apiproduct match found")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with opened_gateway() as opened:
        yield opened


@pytest.fixture
async def client(database: Database) -> AsyncIterator[ShortcodeClient]:
    wire = Wire(httpx.AsyncClient(trust_env=False), database, timeout_s=5, queries_per_minute=1_000_000)
    yield ShortcodeClient(wire)
    await wire.aclose()


@pytest.fixture
def access(gateway: Gateway) -> Access:
    return Access(gateway.base_url, "key", "secret", "600984")


async def test_urls_are_registered_with_the_version_the_app_has(
    client: ShortcodeClient, gateway: Gateway, access: Access
) -> None:
    newer, older = services.REGISTER_PATHS
    gateway.usual[newer] = NO_PRODUCT
    gateway.usual[older] = as_json(200, OriginatorCoversationID="6e86-45dd", ResponseCode="00000000")

    assert await client.register_urls(access, "https://x/c", "https://x/v") == Taken("6e86-45dd")

    assert json.loads(gateway.last(older).body) == {
        "ShortCode": "600984",
        "ResponseType": "Completed",
        "ConfirmationURL": "https://x/c",
        "ValidationURL": "https://x/v",
    }
    gateway.usual[newer] = envelope(500, "500.003.1001", "Urls are already registered.")
    assert await client.register_urls(access, "https://x/c", "https://x/v") == Refused(
        "500.003.1001", "Urls are already registered."
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ACK, Taken),
        (envelope(400, "400.003.02", "Bad Request"), Refused),
        (envelope(500, "500.002.1001", "Service is currently under maintenance."), Refused),
        (SPIKE, Refused),
        (envelope(500, "500.003.02", "System is busy."), Refused),
        (envelope(500, "500.001.1001", ""), Unknown),
        (SOAP_FAULT, Unknown),
        (FIREWALL, Unknown),
        (Http(200, b"<html>"), Unknown),
        (as_json(200, ResponseCode="77"), Unknown),
        (Fault.RESET, Unknown),
        (Fault.TRUNCATED, Unknown),
    ],
)
async def test_an_order_is_sent_once_and_a_question_may_be_repeated(
    client: ShortcodeClient, gateway: Gateway, access: Access, answer: Answer, kind: type
) -> None:
    gateway.usual |= {services.STATUS_PATH: answer, services.REVERSAL_PATH: answer}

    assert isinstance(await client.reverse(access, OPERATOR, "UKM31H462N", Decimal(200), PATHS), kind)
    assert isinstance(await client.ask_status(access, OPERATOR, "UKM31H462N", PATHS), kind)

    assert gateway.times(services.REVERSAL_PATH) == 1
    no_answer = isinstance(answer, Fault) or answer in {FIREWALL, SOAP_FAULT}
    assert gateway.times(services.STATUS_PATH) == (3 if no_answer else 1)
    reversal = json.loads(gateway.last(services.REVERSAL_PATH).body)
    assert (reversal["Amount"], reversal["RecieverIdentifierType"]) == ("200", "11")
    assert json.loads(gateway.last(services.STATUS_PATH).body)["TransactionID"] == "UKM31H462N"


async def test_without_a_token_or_a_connection_nothing_was_ordered(
    client: ShortcodeClient, gateway: Gateway, access: Access
) -> None:
    gateway.usual["/oauth/v1/generate?grant_type=client_credentials"] = Http(400)
    assert isinstance(await client.ask_status(access, OPERATOR, "UKM31H462N", PATHS), Refused)
    nowhere = Access("http://127.0.0.1:9", "key", "secret", "600984")
    assert isinstance(await client.register_urls(nowhere, "https://x/c", "https://x/v"), Refused)
    assert not rules.is_other_version(Reply(200, b"{}"))
    assert isinstance(rules.order_answer(NotSent(Unsent.PACED)), Refused)


async def test_payments_are_pulled_page_by_page(client: ShortcodeClient, gateway: Gateway, access: Access) -> None:
    row = {
        "transactionId": "LHG31AA5TX",
        "trxDate": "2020-08-05T10:13:00Z",
        "msisdn": 72200000,
        "billreference": "K7Q2M9",
        "amount": "233.8",
    }
    gateway.usual[services.PULL_REGISTER_PATH] = as_json(200, ResponseRefID="1", ResponseStatus="1001")
    gateway.next(
        services.PULL_PATH,
        as_json(200, ResponseCode="1000", Response=[[row, {"transactionId": "?"}, {**row, "trxDate": "soon"}]]),
        as_json(200, ResponseCode="1001", Response=[[]]),
        as_json(200, ResponseCode="1000", Response=[row]),
        as_json(200, ResponseCode="1000", Response=None),
        as_json(200, ResponseCode="7"),
        Http(400, b"{}"),
    )
    assert await client.register_pull(access, "254722000111", "https://x/p") == Taken("1")

    page = await client.pull(access, NOW - timedelta(hours=1), NOW, 0)
    assert isinstance(page, Pulled)
    assert page.rows == 3
    first, second = page.money
    assert (first.receipt, first.amount, first.bill_reference, first.phone) == (
        "LHG31AA5TX",
        Decimal("233.80"),
        "K7Q2M9",
        "72200000",
    )
    assert first.paid_at == datetime(2020, 8, 5, 7, 13, tzinfo=UTC)
    assert second.paid_at is None
    assert json.loads(gateway.last(services.PULL_PATH).body)["StartDate"] == "2026-11-22 23:30:05"
    assert await client.pull(access, NOW, NOW, 0) == Pulled((), 0)
    one = await client.pull(access, NOW, NOW, 0)
    assert isinstance(one, Pulled)
    assert one.rows == 1
    assert await client.pull(access, NOW, NOW, 0) == Pulled((), 0)
    assert isinstance(await client.pull(access, NOW, NOW, 0), Unknown)
    assert isinstance(await client.pull(access, NOW, NOW, 0), Unknown)
    gateway.usual[services.PULL_PATH] = envelope(400, "400.003.01", "Invalid Access Token")
    assert isinstance(await client.pull(access, NOW, NOW, 0), Refused)


def test_the_initiators_password_is_sealed_and_a_certificate_long_ended_serves() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2014, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2016, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )

    sealed = security_credential("Pass#&%$", certificate.public_bytes(serialization.Encoding.PEM))

    assert len(sealed) == 344
    assert key.decrypt(base64.b64decode(sealed), padding.PKCS1v15()) == b"Pass#&%$"
    assert "sealed" not in repr(OPERATOR)
