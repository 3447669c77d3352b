"""An object store, pretended: a real HTTP server that checks every signature and knows nothing of the product.

Source: Amazon S3 API Reference: Authenticating Requests (Signature Version 4), PutObject, GetObject, ListObjectsV2.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY_ID = "AKTEST"
SECRET_KEY = "a secret/key+of a test"
REGION = "eu-north-7"
BUCKET = "books"
SKEW_MAX = timedelta(minutes=15)


@dataclass
class Asked:
    """One request that it took in whole."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class StoreServer:
    """Keeps what it is given, or does the next of ``answers``.

    ``(status, code)`` is an error; ``"hang up"`` does nothing and says nothing; ``"keep and hang up"`` does it and says
    nothing; ``"half"`` says half of its answer; a text is the whole body; a number of seconds waits first.
    """

    port: int = 0
    knows_conditions: bool = True
    page: int = 1000
    answers: list[tuple[int, str] | str | float] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    said: list[tuple[int, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{BUCKET}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = first.split(" ")
            parts = urlsplit(target)
            asked = Asked(method, parts.path, parts.query, headers, body)
            self.asked.append(asked)
            trouble = self.answers.pop(0) if self.answers else ""
            if isinstance(trouble, float):
                await asyncio.sleep(trouble)
            if trouble == "hang up":
                return
            status, answer = self._reply(asked) if not isinstance(trouble, tuple) else _error(*trouble)
            if trouble == "keep and hang up":
                return
            if isinstance(trouble, str) and trouble not in {"", "half"}:
                answer = trouble.encode()
            self.said.append((status, answer.decode(errors="replace")))
            writer.write(
                f"HTTP/1.1 {status} Said\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(answer[: len(answer) // 2] if trouble == "half" else answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _reply(self, asked: Asked) -> tuple[int, bytes]:
        wrong = wrong_with(asked)
        if wrong is not None:
            return _error(403, wrong)
        bucket, _, key = unquote(asked.path).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        if asked.method == "PUT":
            return self._put(asked, key)
        if key:
            return (200, self.objects[key]) if key in self.objects else _error(404, "NoSuchKey")
        return self._list({name: values[0] for name, values in parse_qs(asked.query).items()})

    def _put(self, asked: Asked, key: str) -> tuple[int, bytes]:
        if "if-none-match" in asked.headers:
            if not self.knows_conditions:
                return _error(501, "NotImplemented")
            if key in self.objects:
                return _error(412, "PreconditionFailed")
        self.objects[key] = asked.body
        return 200, b""

    def _list(self, asked: dict[str, str]) -> tuple[int, bytes]:
        if asked.get("list-type") != "2":
            return _error(400, "InvalidArgument")
        after = max(asked.get("start-after", ""), asked.get("continuation-token", ""))
        left = [key for key in sorted(self.objects) if key.startswith(asked.get("prefix", "")) and key > after]
        keys, more = left[: self.page], len(left) > self.page
        contents = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in keys)
        token = f"<NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>" if more else ""
        return 200, (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        ).encode()


def _error(status: int, code: str) -> tuple[int, bytes]:
    return status, f"<Error><Code>{code}</Code><Message>{SECRET_KEY} is not to be shown</Message></Error>".encode()


def wrong_with(asked: Asked) -> str | None:
    """What S3 would call wrong with who asks, if anything."""
    kind, _, rest = asked.headers.get("authorization", "").partition(" ")
    said = {name.strip(): value for name, _, value in (part.partition("=") for part in rest.split(","))}
    if kind != "AWS4-HMAC-SHA256" or set(said) != {"Credential", "SignedHeaders", "Signature"}:
        return "AccessDenied"
    key_id, day, region, service, end = said["Credential"].split("/")
    if key_id != KEY_ID:
        return "InvalidAccessKeyId"
    stamp, signed = asked.headers["x-amz-date"], said["SignedHeaders"].split(";")
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - at) > SKEW_MAX:
        return "RequestTimeTooSkewed"
    must = {"host"} | {name for name in asked.headers if name.startswith("x-amz-")}
    if (region, service, end, day) != (REGION, "s3", "aws4_request", stamp[:8]) or must - set(signed):
        return "AuthorizationHeaderMalformed"
    if asked.headers["x-amz-content-sha256"] != hashlib.sha256(asked.body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    pairs = [part.partition("=") for part in asked.query.split("&") if part]
    query = sorted((quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs)
    request = "\n".join(
        [
            asked.method,
            quote(unquote(asked.path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{asked.headers[name]}" for name in signed),
            "",
            ";".join(signed),
            asked.headers["x-amz-content-sha256"],
        ]
    )
    scope = f"{day}/{region}/{service}/{end}"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + SECRET_KEY.encode()
    for part in (day, region, service, end):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proper = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(proper, said["Signature"]) else "SignatureDoesNotMatch"


@asynccontextmanager
async def storing() -> AsyncIterator[StoreServer]:
    """Run a store until the block ends."""
    server = StoreServer()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
