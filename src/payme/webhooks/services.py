"""Commands of webhooks: register, choose, rotate, replay; write news with its cause; carry it and say what happened."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import httpx

from payme.kit.db.transaction import Database, Tx
from payme.kit.secrets import Keys
from payme.webhooks import queries, repository, rules
from payme.webhooks.errors import AddressRefused, EndpointExists, EndpointNotMovable, MessageNotFound
from payme.webhooks.events import (
    WebhookEndpointAdded,
    WebhookEndpointChanged,
    WebhookEndpointDisabled,
    WebhookMessagesReplayed,
    WebhookSecretRotated,
)
from payme.webhooks.models import (
    Endpoint,
    EndpointChange,
    EndpointDraft,
    Letter,
    Message,
    MessageView,
    NewEndpoint,
    News,
    Outcome,
)
from payme.webhooks.types import (
    BODY_KEPT,
    DISABLED_AFTER,
    KEPT,
    LEASE,
    OLD_SECRET_LASTS,
    REPLAY_MAX,
    EndpointState,
    EventType,
)

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a name."""


def record_news(tx: Tx) -> None:
    """Write what the transaction's events are to the outside, for every endpoint that wants it.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    if tx.events and tx.has_business:
        tell(tx, rules.news_of(tx.events))


def tell(tx: Tx, news: Sequence[News]) -> None:
    """Write news for every endpoint of the business that wants it, for a room that knows more than the events say.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    if news:
        bodies = [rules.payload(one, tx.business_id, tx.now) for one in news]
        repository.insert_messages(tx, [tx.new_id() for _ in news], [one.type for one in news], bodies)


async def may_register(tx: Tx) -> None:
    """Look before the address is looked up, which takes time.

    Locks: none. Raises: TooManyEndpoints. Emits: nothing.
    """
    rules.may_add(await queries.list_endpoints(tx))


async def register_endpoint(tx: Tx, draft: EndpointDraft, keys: Keys) -> NewEndpoint:
    """Tell a business's news to an address from now on, signed with a new secret.

    Locks: none. Raises: TooManyEndpoints, EndpointExists, SecretKeysMissing. Emits: WebhookEndpointAdded.
    """
    await may_register(tx)
    types = [kind.value for kind in draft.event_types]
    endpoint = Endpoint(
        tx.new_id(), draft.url, draft.note, types, EndpointState.ACTIVE, None, None, None, tx.now, tx.now
    )
    secret, ring = rules.new_secret(tx.new_secret()), keys()
    sealed = ring.seal(secret, rules.about(tx.business_id, endpoint.id), tx.new_nonce())
    if not await repository.insert_endpoint(tx, endpoint, sealed, ring.current):
        raise EndpointExists(draft.url)
    repository.remember_business(tx)
    tx.emit(WebhookEndpointAdded(endpoint.id, endpoint.url, tuple(types)))
    return NewEndpoint(endpoint, secret)


async def change_endpoint(tx: Tx, endpoint_id: UUID, change: EndpointChange) -> Endpoint:
    """Choose what is told, pause, go on after a pause or a disabling, or remove.

    Locks: none. Raises: EndpointNotFound, EndpointNotMovable. Emits: WebhookEndpointChanged.
    """
    before = await queries.get_endpoint(tx, endpoint_id)
    state = before.state if change.state is None else rules.move(before, change.state)
    types = before.event_types if change.event_types is None else [kind.value for kind in change.event_types]
    after = replace(
        before,
        note=before.note if change.note is None else change.note,
        event_types=types,
        state=state,
        failing_since=before.failing_since if state is before.state else None,
        held_until=before.held_until if change.state is None else None,
        updated_at=tx.now,
    )
    if not await repository.update_endpoint(tx, before, after):
        raise EndpointNotMovable(endpoint_id, before.state, state)
    tx.emit(WebhookEndpointChanged(endpoint_id, tuple(before.event_types), tuple(types), before.state, state))
    return after


async def rotate_secret(tx: Tx, endpoint_id: UUID, keys: Keys) -> NewEndpoint:
    """Sign with a new secret, and for a day with the one before, too.

    Locks: none. Raises: EndpointNotFound, SecretKeysMissing. Emits: WebhookSecretRotated.
    """
    endpoint = await queries.get_endpoint(tx, endpoint_id)
    secret, ring, until = rules.new_secret(tx.new_secret()), keys(), tx.now + OLD_SECRET_LASTS
    sealed = ring.seal(secret, rules.about(tx.business_id, endpoint_id), tx.new_nonce())
    repository.update_secret(tx, endpoint_id, sealed, ring.current, until)
    tx.emit(WebhookSecretRotated(endpoint_id, until.isoformat()))
    return NewEndpoint(replace(endpoint, old_until=until, updated_at=tx.now), secret)


async def reseal(tx: Tx, endpoint_id: UUID, keys: Keys) -> bool:
    """Encrypt the secrets of an endpoint under the current key; False where they are already, or it was removed.

    A secret before that signs no more is dropped.

    Locks: none. Raises: SecretUnreadable, SecretKeysMissing. Emits: nothing.
    """
    ring, sealed = keys(), await queries.find_sealed(tx, endpoint_id)
    if sealed is None or {sealed.key_version, sealed.old_version or ring.current} == {ring.current}:
        return False
    about = rules.about(tx.business_id, endpoint_id)
    plain = ring.open(sealed.secret, about, sealed.key_version)
    old = None
    if sealed.old_secret is not None and sealed.old_version and sealed.old_until and tx.now < sealed.old_until:
        old = ring.seal(ring.open(sealed.old_secret, about, sealed.old_version), about, tx.new_nonce())
    new = ring.seal(plain, about, tx.new_nonce())
    return await repository.update_sealing(tx, endpoint_id, sealed.secret, new, old, ring.current)


async def send_test(tx: Tx, endpoint_id: UUID) -> Message:
    """Send an endpoint a message that means nothing, whatever it has chosen.

    Locks: none. Raises: EndpointNotFound, EndpointNotMovable where it is sent nothing now. Emits: nothing.
    """
    endpoint = await queries.get_endpoint(tx, endpoint_id)
    if endpoint.state is not EndpointState.ACTIVE:
        raise EndpointNotMovable(endpoint_id, endpoint.state, "test")
    message_id, news = tx.new_id(), News(EventType.TEST, {"endpoint_id": str(endpoint_id)})
    repository.insert_message(tx, endpoint_id, message_id, news.type, rules.payload(news, tx.business_id, tx.now))
    return (await queries.get_message(tx, endpoint_id, message_id)).message


async def replay_message(tx: Tx, endpoint_id: UUID, message_id: UUID) -> MessageView:
    """Send a message again, under its own id.

    Locks: none. Raises: MessageNotFound. Emits: WebhookMessagesReplayed.
    """
    if not await repository.replay_message(tx, endpoint_id, message_id):
        raise MessageNotFound(message_id)
    tx.emit(WebhookMessagesReplayed(endpoint_id, 1))
    return await queries.get_message(tx, endpoint_id, message_id)


async def replay_since(tx: Tx, endpoint_id: UUID, since: datetime, only_failed: bool) -> int:  # noqa: FBT001  a command's arguments stand in order
    """Send what ended since then again, the oldest first, at most ``REPLAY_MAX``; returns how many.

    Locks: none. Raises: EndpointNotFound. Emits: WebhookMessagesReplayed.
    """
    await queries.get_endpoint(tx, endpoint_id)
    messages = await repository.replay_since(tx, endpoint_id, since, REPLAY_MAX, only_failed=only_failed)
    if messages:
        tx.emit(WebhookMessagesReplayed(endpoint_id, messages))
    return messages


async def take_due(tx: Tx, keys: Keys, most: int) -> list[Letter]:
    """Take messages that are due, signed; they are ours for ``LEASE``.

    Locks: none. Raises: SecretUnreadable, SecretKeysMissing. Emits: nothing.
    """
    claimed = await repository.claim_due(tx, tx.now + LEASE, most)
    ring = keys() if claimed else None
    letters = []
    for one in claimed:
        assert ring is not None, "there is something to sign"  # noqa: S101
        secrets = rules.open_secrets(ring, tx.business_id, one, tx.now)
        headers = rules.headers(one.id, tx.now, one.payload, secrets)
        letters.append(Letter(one.endpoint_id, one.id, one.url, one.tries, one.payload, headers))
    return letters


async def record_try(tx: Tx, letter: Letter, outcome: Outcome, percent: int) -> None:
    """Write what became of a try, when the next one is, and that an endpoint is given up.

    Locks: none. Raises: nothing. Emits: WebhookEndpointDisabled.
    """
    repository.insert_try(tx, letter, outcome)
    if outcome.is_delivered:
        repository.mark_delivered(tx, letter)
        return
    spared = rules.spared(outcome.retry_after, tx.now)
    wait = rules.wait_after(letter.tries, percent, spared)
    repository.mark_not_delivered(tx, letter, None if wait is None else tx.now + wait)
    await repository.mark_failing(tx, letter.endpoint_id)
    if spared:
        repository.hold(tx, letter.endpoint_id, tx.now + spared)
    if outcome.is_gone or wait is None:
        since = tx.now if outcome.is_gone else tx.now - DISABLED_AFTER
        disabled = await repository.disable(tx, letter.endpoint_id, since)
        if disabled is not None:
            reason = "the receiver says it is gone" if outcome.is_gone else "it took nothing for three days"
            since_text = disabled.failing_since.isoformat()
            tx.emit(WebhookEndpointDisabled(disabled.id, disabled.url, since_text, reason))


async def forget_ended(tx: Tx) -> None:
    """Delete messages that ended long ago.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    repository.forget_ended(tx, tx.now - KEPT)


async def resolve(host: str, port: int) -> list[str]:
    """Ask the machine for the addresses of a name; none where it is not known."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Courier:
    """Carries letters: to a public address, once, without following anybody anywhere else."""

    RESOLVE_S = 5.0
    TRY_S = 15.0

    def __init__(self, *, loopback_allowed: bool, resolve: Resolve = resolve, try_s: float = TRY_S) -> None:
        """Send to this machine, too, where ``loopback_allowed``: for trying it with the simulator."""
        self._loopback_allowed = loopback_allowed
        self._resolve = resolve
        self._try_s = try_s
        # A connection is never kept: one that was opened for a name must not serve another at the same address.
        self._limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
        self._client: httpx.AsyncClient | None = None

    def _http(self) -> httpx.AsyncClient:
        """Return the client, made at the first need: the web server only checks addresses."""
        if self._client is None:
            timeout = httpx.Timeout(self._try_s)
            self._client = httpx.AsyncClient(
                trust_env=False, follow_redirects=False, timeout=timeout, limits=self._limits
            )
        return self._client

    async def aclose(self) -> None:
        """Let go of what is open."""
        if self._client is not None:
            await self._client.aclose()

    async def check(self, url: str) -> str:
        """Return the address that a URL leads to now; raises AddressRefused."""
        target = rules.target_of(url, loopback_allowed=self._loopback_allowed)
        try:
            async with asyncio.timeout(self.RESOLVE_S):
                addresses = await self._resolve(target.host, target.port)
        except TimeoutError:
            addresses = []
        return rules.address_to_use(target, addresses, loopback_allowed=self._loopback_allowed)

    async def carry(self, letter: Letter) -> Outcome:
        """Send a letter and say what the receiver answered; never raises for what the receiver or the network does."""
        time = asyncio.get_running_loop().time
        started_s = time()
        status, error, body, retry_after = None, "", "", ""
        try:
            async with asyncio.timeout(self._try_s):
                status, body, retry_after = await self._post(letter, await self.check(letter.url))
        except AddressRefused as refused:
            error = f"not sent: {refused.reason}"
        except TimeoutError:
            error = "no answer in time"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failed:
            error = f"{type(failed).__name__}: {failed}"[:200]
        return Outcome(status, error, body, int((time() - started_s) * 1000), retry_after)

    async def _post(self, letter: Letter, address: str) -> tuple[int, str, str]:
        """Post to the address that was checked, under the name that it has."""
        url = httpx.URL(letter.url)
        headers = {**letter.headers, "Host": url.netloc.decode("ascii"), "Content-Type": "application/json"}
        headers |= {"User-Agent": "PayMe-Webhooks/1", "Accept-Encoding": "identity"}
        http = self._http()
        request = http.build_request(
            "POST",
            url.copy_with(host=address),
            content=letter.payload.encode(),
            headers=headers,
            extensions={"sni_hostname": url.host},
        )
        response = await http.send(request, stream=True)
        try:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk[:BODY_KEPT]
                if len(body) >= BODY_KEPT:
                    break
        finally:
            await response.aclose()
        said = body[:BODY_KEPT].decode(errors="replace").replace("\0", " ")
        return response.status_code, said, response.headers.get("retry-after", "")


@dataclass(frozen=True)
class PostOffice:
    """What sending needs: the books, who carries, and the keys of the secrets."""

    database: Database
    courier: Courier
    keys: Keys
