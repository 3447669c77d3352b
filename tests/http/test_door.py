"""The door: ids, addresses, limits and headers, on every answer."""

import hashlib
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI

from payme.app.assembly import record
from payme.app.logs import configure_logs
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams
from tests.support.goods import has_stock
from tests.support.shops import Shop
from tests.support.web import a_client, an_app, settings_of

BUSINESS = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"


def problem(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


async def test_every_answer_has_an_id_that_the_caller_may_choose(visitor: httpx.AsyncClient) -> None:
    ours = await visitor.get("/healthz")
    chosen = await visitor.get("/healthz", headers={"X-Request-Id": "till-7.receipt_0042"})

    assert UUID(ours.headers["x-request-id"]).version == 7
    assert chosen.headers["x-request-id"] == "till-7.receipt_0042"


@pytest.mark.parametrize("odd", ["short", "x" * 65, "spaces in it", "new\tline123", "<script>1234", "-begins-badly"])
async def test_an_odd_id_is_not_taken_over(visitor: httpx.AsyncClient, odd: str) -> None:
    answer = await visitor.get("/healthz", headers={"X-Request-Id": odd})

    assert UUID(answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/nothing", f"/v1/businesses/{BUSINESS}/sales", "/", "/docs", "/metrics"]
)
async def test_every_answer_is_safe_to_show_a_browser(visitor: httpx.AsyncClient, path: str) -> None:
    headers = (await visitor.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    policy = headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy[0]
    assert "script-src 'unsafe" not in policy[0]
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_https_is_remembered_by_the_browser(database: Database) -> None:
    app = an_app(database, {"PAYME_TRUSTED_PROXIES": "10.0.0.1"})
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    async with a_client(app, address="10.0.0.1") as proxy, a_client(app, address="10.0.0.2") as stranger:
        believed = await proxy.get("/healthz", headers=forwarded)
        not_believed = await stranger.get("/healthz", headers=forwarded)

    assert believed.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "strict-transport-security" not in not_believed.headers


async def test_a_body_that_says_it_is_too_large_is_not_read(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/v1/users", content=b"x" * (1 << 20) + b"x")

    assert answer.status_code == 413
    assert problem(answer) | {"code": "body_too_large", "limit_bytes": 1 << 20} == problem(answer)
    assert answer.headers["connection"] == "close"


async def streamed(size: int, piece: int = 10_000) -> AsyncIterator[bytes]:
    for start in range(0, size, piece):
        yield b"x" * min(piece, size - start)


@pytest.mark.parametrize("path", ["/v1/users", f"/v1/businesses/{BUSINESS}/sales"])
async def test_a_body_that_does_not_say_is_stopped_at_the_limit(owner: httpx.AsyncClient, path: str) -> None:
    answer = await owner.post(path, content=streamed((1 << 20) + 1), headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert problem(answer)["code"] == "body_too_large"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_streamed_body_below_the_limit_passes(visitor: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"email": "nobody@duka.example", '
        yield b'"password": "unga unga unga"}'

    answer = await visitor.post("/v1/sessions", content=pieces(), headers={"Content-Type": "application/json"})

    assert problem(answer)["code"] == "wrong_email_or_password"


@pytest.mark.parametrize("declared", [True, False])
async def test_a_callback_may_be_16_kib(visitor: httpx.AsyncClient, *, declared: bool) -> None:
    whole = b"x" * 16 * 1024
    path = "/callbacks/nobody-knows-this"

    fits = await visitor.post(path, content=whole if declared else streamed(len(whole)))
    too_large = await visitor.post(path, content=whole + b"x" if declared else streamed(len(whole) + 1))

    assert fits.status_code == 200
    assert problem(too_large) | {"code": "body_too_large", "limit_bytes": 16384} == problem(too_large)


async def test_an_address_without_a_session_has_its_share(database: Database) -> None:
    app = an_app(database, {"PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_SESSION_BURST": "3"})
    async with a_client(app, address="203.0.113.1") as one, a_client(app, address="203.0.113.2") as other:
        answers = [await one.get("/problems/busy") for _ in range(4)]
        refused = answers.pop()

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert refused.status_code == 429
        assert problem(refused)["code"] == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert (await other.get("/problems/busy")).status_code == 200
        assert (await one.get("/healthz")).status_code == 200


async def test_a_session_has_a_share_of_its_own_once_it_proved_real(database: Database, shop: Shop) -> None:
    app = an_app(database, {"PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_SESSION_BURST": "4"})
    me = "/v1/me"
    async with a_client(app, token=shop.owner.token) as owner, a_client(app) as visitor:
        assert (await owner.get(me)).status_code == 200
        while (await visitor.get("/problems/busy")).status_code == 200:
            pass

        assert (await owner.get(me)).status_code == 200


async def test_inventing_tokens_buys_no_requests(database: Database) -> None:
    app = an_app(database, {"PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_SESSION_BURST": "4"})
    async with a_client(app) as thief:
        statuses = [
            (await thief.get(path, headers={"Authorization": f"Bearer {number}"})).status_code
            for number, path in enumerate(["/v1/me", "/problems/busy"] * 4)
        ]

    assert statuses.count(429) == 4


async def test_sign_in_has_a_small_share(database: Database) -> None:
    app = an_app(database, {"PAYME_SIGN_IN_RATE_PER_S": "0.01", "PAYME_SIGN_IN_BURST": "2"})
    async with a_client(app) as visitor:
        statuses = [(await visitor.post(path, json={})).status_code for path in ["/v1/users", "/v1/sessions"] * 2]
        elsewhere = await visitor.get("/problems/busy")

    assert statuses == [422, 422, 429, 429]
    assert elsewhere.status_code == 200


async def test_callbacks_have_a_share_of_their_own(database: Database) -> None:
    app = an_app(
        database,
        {"PAYME_SESSION_BURST": "1", "PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_CALLBACK_BURST": "3",
         "PAYME_CALLBACK_RATE_PER_S": "0.1"},
    )  # fmt: skip
    async with a_client(app) as daraja:
        statuses = [(await daraja.post("/callbacks/unknown-path", content=b"{}")).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


async def test_a_proxy_of_ours_is_not_the_caller(database: Database) -> None:
    app = an_app(
        database,
        {"PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_SESSION_BURST": "1", "PAYME_TRUSTED_PROXIES": "10.0.0.0/8"},
    )
    async with a_client(app, address="10.0.0.1") as proxy:

        async def call_for(forwarded: str) -> int:
            return (await proxy.get("/problems/busy", headers={"X-Forwarded-For": forwarded})).status_code

        assert await call_for("203.0.113.1") == 200
        assert await call_for("203.0.113.2, 10.0.0.2") == 200
        assert await call_for("203.0.113.1") == 429
        assert await call_for("9.9.9.9, 203.0.113.1") == 429  # what stands further left is the caller's own invention


async def test_an_ipv6_subscriber_is_one_caller(database: Database) -> None:
    app = an_app(database, {"PAYME_SESSION_RATE_PER_S": "0.1", "PAYME_SESSION_BURST": "1"})
    async with a_client(app, address="2001:db8::1") as one, a_client(app, address="2001:db8::2:3:4:5") as same:
        assert (await one.get("/problems/busy")).status_code == 200
        assert (await same.get("/problems/busy")).status_code == 429


async def test_a_bug_tells_nothing_and_the_log_everything(database: Database) -> None:
    app = an_app(database)

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("the inner workings")

    async with a_client(app) as visitor:
        with structlog.testing.capture_logs() as lines:
            answer = await visitor.get("/bug")

    assert answer.status_code == 500
    assert problem(answer)["code"] == "internal_error"
    assert "inner workings" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    [line] = [line for line in lines if line["event"] == "unexpected_error"]
    assert str(line["exc_info"]) == "the inner workings"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the application logs, as JSON lines."""
    root = logging.getLogger()
    kept = root.handlers, root.level
    out = io.StringIO()
    configure_logs(settings_of(), "web", out)
    yield out
    structlog.reset_defaults()
    root.handlers, root.level = kept


def requests_in(lines: io.StringIO) -> list[dict[str, object]]:
    return [line for line in map(json.loads, lines.getvalue().splitlines()) if line["event"] == "request"]


async def test_each_request_is_one_line_with_its_route_and_who_asked(
    owner: httpx.AsyncClient, shop: Shop, lines: io.StringIO
) -> None:
    await owner.get(f"/v1/businesses/{shop.business_id}/audit-entries?cursor=")
    await owner.get(f"/v1/businesses/{shop.business_id}/audit-entries", headers={"X-Request-Id": "receipt-1234"})

    refused, line = requests_in(lines)
    assert refused["status"] == 400
    assert (
        line
        | {
            "method": "GET",
            "route": "/v1/businesses/{business_id}/audit-entries",
            "status": 200,
            "request_id": "receipt-1234",
            "business_id": str(shop.business_id),
            "user_id": str(shop.owner.user_id),
            "actor": "owner",
        }
        == line
    )
    assert isinstance(line["duration_ms"], float)


async def test_no_request_brings_a_secret_or_a_phone_number_into_the_log(
    owner: httpx.AsyncClient, lines: io.StringIO
) -> None:
    await owner.post("/callbacks/canary-callback-path", content=b'{"canary": 254712345678}')
    await owner.post("/v1/sessions", json={"email": "canary@duka.example", "password": "canary password"})
    await owner.post("/v1/users", json={"email": "0712345678", "password": "canary", "canary": "0712345678"})
    await owner.get("/v1/businesses/0712345678/sales?phone=0712345678&token=canary")
    await owner.get("/callbacks/canary-unknown/0712345678")
    await owner.get("/v1/me", headers={"Authorization": "Bearer canary-token", "Cookie": "__Host-session=canary"})

    assert len(requests_in(lines)) == 6
    assert "canary" not in lines.getvalue()
    assert "0712345678" not in lines.getvalue()
    assert "254712345678" not in lines.getvalue()


async def test_a_figure_of_the_mpesa_secret_path_is_not_told_either(
    owner: httpx.AsyncClient, lines: io.StringIO
) -> None:
    await owner.post("/callbacks/some-secret-path", content=b"{}")

    [line] = requests_in(lines)
    assert line["route"] == "/callbacks/{secret}"
    assert line["secret"] == "***"


async def test_what_another_site_sends_with_the_cookie_is_refused(app: FastAPI, shop: Shop) -> None:
    async with a_client(app) as browser:
        answer = await browser.post(
            "/v1/businesses",
            json={"name": "Duka"},
            headers={"Cookie": f"__Host-session={shop.owner.token}", "Sec-Fetch-Site": "cross-site"},
        )

    assert answer.status_code == 403
    assert problem(answer)["code"] == "wrong_origin"


async def test_no_token_is_kept_in_the_limits(database: Database, shop: Shop) -> None:
    app = an_app(database)
    async with a_client(app, token=shop.owner.token) as owner:
        await owner.get("/v1/me")

    [door] = [middleware for middleware in app.user_middleware if "rules" in middleware.kwargs]
    sessions = door.kwargs["rules"].limits.sessions  # type: ignore[attr-defined]
    header = f"Bearer {shop.owner.token}".encode()
    assert hashlib.blake2b(header, digest_size=16).digest() in sessions
    assert header not in sessions


async def test_the_line_of_a_sale_says_what_was_done_and_for_how_much(
    app_pool: AsyncpgPool, shop: Shop, lines: io.StringIO
) -> None:
    sugar = await has_stock(shop, price="150.00", quantity="3")
    app = an_app(Database(app_pool, Seams(), record=record, jobs=PgQueuerJobs()))
    async with a_client(app, token=shop.person("cashier").token) as cashier:
        sold = await cashier.post(
            f"/v1/businesses/{shop.business_id}/sales",
            json={"lines": [{"product_id": str(sugar.id), "quantity": "2"}], "cash_tendered": "500.00"},
            headers={"Idempotency-Key": "a-sale-of-sugar-1"},
        )

    assert sold.status_code == 201, sold.text
    [line] = requests_in(lines)
    assert line["actor"] == "cashier"
    assert {"sale_opened", "cash_taken"} <= set(line["did"])  # type: ignore[call-overload]
    assert line["amounts"]["cash_taken.amount"] == "300.00"  # type: ignore[index]
