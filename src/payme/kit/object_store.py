"""An object store that speaks S3's protocol (AWS, MinIO, Cloudflare R2, Backblaze B2): put once, listed, read back."""

import asyncio
import hmac
import re
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from xml.etree import ElementTree as ET

import httpx

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = frozenset({
    "accept", "accept-encoding", "authorization", "connection", "content-length", "transfer-encoding", "user-agent",
})  # fmt: skip
"""Headers that a proxy on the way may change, or that are made after signing."""
_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")
_OK, _MISSING, _NOT_NEW, _NOT_IMPLEMENTED, _BROKEN = 200, 404, 412, 501, 500


@dataclass(frozen=True)
class StoreAccount:
    """How a bucket is spoken to; ``url`` is the endpoint, the bucket and a folder in it, if any."""

    url: str
    region: str
    key_id: str
    secret_key: str = field(repr=False)


class StoreFault(OSError):
    """The store did not do what it was asked to, or nobody knows whether it did."""


def sign(request: httpx.Request, account: StoreAccount, at: datetime) -> None:
    """Sign a request with every header it has by now.

    Source: Signature Version 4, "Signature Calculations for the Authorization Header: Transferring Payload in a Single
    Chunk" (Amazon S3 API Reference); its four examples are our tests. The path must be percent-encoded already.
    """
    stamp, payload = f"{at:%Y%m%dT%H%M%SZ}", sha256(request.content).hexdigest()
    request.headers["x-amz-date"] = stamp
    request.headers["x-amz-content-sha256"] = payload
    names = sorted({name.lower() for name in request.headers} - _UNSIGNED)
    headers = "".join([f"{name}:{' '.join(request.headers[name].split())}\n" for name in names])
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in parse_qsl(query, True))  # noqa: FBT003
    asked = "&".join([f"{name}={value}" for name, value in pairs])
    canonical = "\n".join((request.method, path, asked, headers, ";".join(names), payload))
    scope = f"{stamp[:8]}/{account.region}/s3/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{account.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    request.headers["authorization"] = (
        f"{_ALGORITHM} Credential={account.key_id}/{scope},SignedHeaders={';'.join(names)},Signature={signature}"
    )


class _Signing(httpx.Auth):
    requires_request_body = True

    def __init__(self, account: StoreAccount, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        sign(request, self._account, self._now())
        yield request


class ObjectStore:
    """One folder of a bucket. Objects are never overwritten: what has a name keeps it."""

    TRY_S: Final = 15.0
    TRIES: Final = 3
    BYTES_MAX: Final = 4 << 20
    PAGES_MAX: Final = 10_000

    def __init__(self, account: StoreAccount, now: Callable[[], datetime], *, try_s: float = TRY_S) -> None:
        """Speak for an account; an answer is waited for ``try_s`` seconds."""
        parts = urlsplit(account.url)
        bucket, _, folder = parts.path.strip("/").partition("/")
        self._bucket = f"{parts.scheme}://{parts.netloc}/{quote(bucket)}"
        self._folder = f"{folder}/" if folder else ""
        self._try_s = try_s
        self._http = httpx.AsyncClient(auth=_Signing(account, now), follow_redirects=False, timeout=try_s)

    async def aclose(self) -> None:
        """Let go of what is open."""
        await self._http.aclose()

    async def put_once(self, name: str, content: bytes) -> None:
        """Put an object that was not there; the same once more is well, too. Raises StoreFault.

        A store that knows no condition (Backblaze B2 answers 501) is asked first whether the name is free.
        """
        status, answer = await self._ask("PUT", self._key(name), content, {"If-None-Match": "*"})
        if status in {_NOT_NEW, _NOT_IMPLEMENTED}:
            there = await self.find(name)
            if there == content:
                return
            if there is not None or status == _NOT_NEW:
                raise StoreFault(f"{name} is there already and is another")
            status, answer = await self._ask("PUT", self._key(name), content)
        if status != _OK:
            raise _fault(status, answer)

    async def find(self, name: str) -> bytes | None:
        """Return an object; None where there is none. Raises StoreFault."""
        status, answer = await self._ask_again(self._key(name))
        if status == _MISSING and b"NoSuchBucket" not in answer:
            return None
        if status != _OK:
            raise _fault(status, answer)
        return answer

    async def names(self, after: str = "") -> AsyncGenerator[str, None]:
        """Yield the names of objects that sort after ``after``, in order. Raises StoreFault."""
        asked = {"list-type": "2", "prefix": self._folder, "start-after": self._folder + after}
        asked = {name: value for name, value in asked.items() if value}
        for _ in range(self.PAGES_MAX):
            status, answer = await self._ask_again(f"?{urlencode(sorted(asked.items()), quote_via=quote)}")
            if status != _OK:
                raise _fault(status, answer)
            keys, token = _page_of(answer)
            for key in keys:
                yield key.removeprefix(self._folder)
            if token is None:
                return
            asked["continuation-token"] = token
        raise StoreFault("the store lists without end")

    def _key(self, name: str) -> str:
        return "/" + quote(self._folder + name)

    async def _ask_again(self, path: str) -> tuple[int, bytes]:
        for tried in range(1, self.TRIES + 1):
            try:
                status, answer = await self._ask("GET", path)
                if status < _BROKEN or tried == self.TRIES:
                    return status, answer
            except StoreFault:
                if tried == self.TRIES:
                    raise
            await asyncio.sleep(0.1 * 3**tried)
        raise AssertionError("the last try returns or raises")

    async def _ask(
        self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._try_s),
                self._http.stream(method, self._bucket + path, content=content, headers=headers) as response,
            ):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self.BYTES_MAX:
                        raise StoreFault(f"an answer is longer than {self.BYTES_MAX} bytes")
        except (TimeoutError, httpx.HTTPError) as lost:
            raise StoreFault(f"{type(lost).__name__}: {lost}"[:200]) from lost
        return response.status_code, bytes(body)


def _fault(status: int, answer: bytes) -> StoreFault:
    # The store's own sentence is left out: it repeats what was signed and with which key.
    code = _CODE.search(answer)
    return StoreFault(f"it answers {status} {code[1].decode() if code else ''}".rstrip())


def _page_of(answer: bytes) -> tuple[list[str], str | None]:
    """Read a page of ListObjectsV2. Raises StoreFault."""
    try:
        root = ET.fromstring(answer)  # noqa: S314  expat bounds what entities grow to, and an answer is short
    except ET.ParseError as broken:
        raise StoreFault("what it answers is no list") from broken
    space = root.tag.partition("ListBucketResult")[0]
    keys = [key.text or "" for key in root.iterfind(f"{space}Contents/{space}Key")]
    if root.tag != f"{space}ListBucketResult":
        raise StoreFault("what it answers is no list")
    more = root.findtext(f"{space}IsTruncated") == "true"
    return keys, root.findtext(f"{space}NextContinuationToken") if more else None
