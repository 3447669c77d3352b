"""Objects are put once, signed as S3 asks for, and read back whole or not at all."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from payme.kit.object_store import ObjectStore, StoreAccount, StoreFault, sign
from tests.support.object_store import KEY_ID, REGION, SECRET_KEY, StoreServer, storing

EXAMPLE = StoreAccount(
    "https://examplebucket.s3.amazonaws.com",
    "us-east-1",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
"""The account of the four examples in Amazon's own description of the signature."""
Storing = Callable[..., ObjectStore]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def server() -> AsyncIterator[StoreServer]:
    async with storing() as running:
        yield running


@pytest.fixture
async def store_at(server: StoreServer) -> AsyncIterator[Storing]:
    opened: list[ObjectStore] = []

    def store(folder: str = "", clock: Callable[[], datetime] = now, **account: str) -> ObjectStore:
        given = replace(StoreAccount(f"{server.url}{folder}", REGION, KEY_ID, SECRET_KEY), **account)
        opened.append(ObjectStore(given, clock, try_s=1.0))
        return opened[-1]

    yield store
    for one in opened:
        await one.aclose()


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("GET", "/?lifecycle", {}, b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/?prefix=J&max-keys=2", {}, b"", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_the_signature_is_that_of_amazons_examples(
    method: str, target: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    request = httpx.Request(method, EXAMPLE.url + target, headers=headers, content=body)
    sign(request, EXAMPLE, datetime(2013, 5, 24, tzinfo=UTC))
    assert request.headers["authorization"].endswith(f"Signature={signature}")


async def test_what_is_put_is_found_and_listed_in_order(server: StoreServer, store_at: Storing) -> None:
    store = store_at("/of mama Njeri/päper&+")
    server.objects["elsewhere"] = b"of somebody else"
    server.page = 2
    for name in ("b", "a", "d & e", "c"):
        await store.put_once(name, name.encode())

    assert [name async for name in store.names()] == ["a", "b", "c", "d & e"]
    assert [name async for name in store.names("b")] == ["c", "d & e"]
    assert await store.find("d & e") == b"d & e"
    assert await store.find("f") is None
    assert set(server.objects) == {"elsewhere", *(f"of mama Njeri/päper&+/{name}" for name in ("a", "b", "c", "d & e"))}


@pytest.mark.parametrize("knows_conditions", [True, False])
async def test_nothing_is_overwritten(server: StoreServer, store_at: Storing, knows_conditions: bool) -> None:
    server.knows_conditions = knows_conditions
    await store_at().put_once("a", b"first")
    await store_at().put_once("a", b"first")

    with pytest.raises(StoreFault, match="is another"):
        await store_at().put_once("a", b"second")
    assert server.objects == {"a": b"first"}
    puts = [asked for asked in server.asked if asked.method == "PUT" and "if-none-match" not in asked.headers]
    assert len(puts) == (0 if knows_conditions else 1)


async def test_an_object_whose_answer_was_lost_is_not_put_twice(server: StoreServer, store_at: Storing) -> None:
    server.answers = ["keep and hang up"]
    with pytest.raises(StoreFault):
        await store_at().put_once("a", b"first")
    await store_at().put_once("a", b"first")
    assert [status for status, _ in server.said] == [412, 200]


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ({"secret_key": "another"}, "403 SignatureDoesNotMatch"),
        ({"key_id": "AKOTHER"}, "403 InvalidAccessKeyId"),
        ({"region": "us-east-1"}, "403 AuthorizationHeaderMalformed"),
        ({"clock": lambda: now() + timedelta(hours=1)}, "403 RequestTimeTooSkewed"),
    ],
)
async def test_who_may_not_is_told_why_and_no_secret(store_at: Storing, account: dict[str, str], code: str) -> None:
    store = store_at(**account)
    with pytest.raises(StoreFault) as fault:
        await store.put_once("a", b"")
    assert str(fault.value) == f"it answers {code}"
    with pytest.raises(StoreFault, match=code):
        [name async for name in store.names()]
    with pytest.raises(StoreFault, match=code):
        await store.find("a")
    assert SECRET_KEY not in repr(EXAMPLE) + repr(StoreAccount("", "", KEY_ID, SECRET_KEY))


async def test_a_bucket_that_is_not_there_is_no_empty_one(server: StoreServer, store_at: Storing) -> None:
    nowhere = store_at(url=server.url.replace("books", "other"))
    for asking in (nowhere.find("a"), nowhere.put_once("a", b"")):
        with pytest.raises(StoreFault, match="404 NoSuchBucket"):
            await asking


async def test_reading_is_tried_again_and_putting_is_not(server: StoreServer, store_at: Storing) -> None:
    server.objects["a"] = b"here"
    server.answers = [(503, "SlowDown"), "half"]
    assert await store_at().find("a") == b"here"
    server.answers = ["hang up", (500, "InternalError")]
    assert [name async for name in store_at().names()] == ["a"]
    for trouble in ("hang up", (503, "SlowDown"), 1.5):
        server.answers = [trouble]
        with pytest.raises(StoreFault):
            await store_at().put_once("b", b"")
    server.answers = ["half"] * 3
    with pytest.raises(StoreFault):
        await store_at().find("a")
    server.answers = [(503, "SlowDown")] * 3
    with pytest.raises(StoreFault, match="503 SlowDown"):
        await store_at().find("a")


@pytest.mark.parametrize("answer", ["no list", "<html/>", "<ListBucketResult>"])
async def test_what_is_no_list_is_no_empty_list(server: StoreServer, store_at: Storing, answer: str) -> None:
    server.answers = [answer]
    with pytest.raises(StoreFault, match="no list"):
        [name async for name in store_at().names()]


async def test_nothing_without_end_is_read(
    server: StoreServer, store_at: Storing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ObjectStore, "BYTES_MAX", 10)
    server.objects["a"] = b"longer than ten"
    with pytest.raises(StoreFault, match="longer than 10"):
        await store_at().find("a")
    monkeypatch.undo()
    monkeypatch.setattr(ObjectStore, "PAGES_MAX", 2)
    server.page = 1
    server.objects |= {"b": b"", "c": b""}
    with pytest.raises(StoreFault, match="without end"):
        [name async for name in store_at().names()]


async def test_a_store_that_is_away_is_a_fault() -> None:
    store = ObjectStore(StoreAccount("http://127.0.0.1:1/books", REGION, KEY_ID, SECRET_KEY), now)
    with pytest.raises(StoreFault, match="ConnectError"):
        await store.put_once("a", b"")
    await store.aclose()
