"""Commands of SMS: queue with the cause, take what is due, hand it to a provider once, and say what became of it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, TextIO
from uuid import UUID

import httpx

from payme.kit.db.transaction import Tx
from payme.kit.secrets import Keyring, Keys
from payme.sms import queries, repository, rules
from payme.sms.errors import TooManyReceipts
from payme.sms.events import SmsEnded, SmsPreferenceChanged, SmsQueued
from payme.sms.models import (
    DueSms,
    LockedSms,
    Lost,
    NotReached,
    Outcome,
    SmsDraft,
    SmsMessage,
    SmsMove,
    SmsOrder,
    SmsPreference,
    SmsPrice,
    Taken,
)
from payme.sms.types import (
    A_DAY,
    CUT,
    LEASE,
    NO_COST,
    RECEIPTS_OF_PHONE,
    RECEIPTS_OF_SALE,
    RESTORED,
    Language,
    SmsState,
)


async def queue_message(tx: Tx, draft: SmsDraft, keys: Keys | None = None) -> SmsMessage | None:
    """Write a message that the worker sends; None where it is a reminder and the customer has one under way.

    Locks: none. Raises: SecretKeysMissing where the text has a secret. Emits: SmsQueued.
    """
    message_id, sealed, kept = tx.new_id(), None, draft.text
    if draft.secret is not None:
        assert keys is not None, "a secret is sealed"  # noqa: S101
        ring = keys()
        about = rules.about(tx.business_id, message_id)
        sealed = ring.seal(draft.text, about, tx.new_nonce()), ring.current
        kept = draft.text.replace(draft.secret, CUT)
    segments = rules.segments(draft.text)
    due_at = rules.may_leave_at(draft.purpose, tx.now)
    if not await repository.insert_message(tx, message_id, draft, kept, segments, sealed, due_at):
        return None
    repository.remember_business(tx)
    tx.emit(SmsQueued(message_id, draft.purpose, draft.customer_id, draft.sale_id, segments))
    return await queries.get_message(tx, message_id)


async def may_send_receipt(tx: Tx, sale_id: UUID, phone: str) -> None:
    """Count the receipts of a sale and of a number; nobody else counts either until the transaction ends.

    Locks: SMS. Raises: TooManyReceipts.  Emits: nothing.
    """
    await repository.guard_sending(tx, f"receipts of {tx.business_id}")
    of_sale, of_phone = await queries.count_receipts(tx, sale_id, phone, tx.now - A_DAY)
    if of_sale >= RECEIPTS_OF_SALE:
        raise TooManyReceipts(RECEIPTS_OF_SALE)
    if of_phone >= RECEIPTS_OF_PHONE:
        raise TooManyReceipts(RECEIPTS_OF_PHONE)


async def take_due(tx: Tx, terms: "Terms", most: int) -> list[SmsOrder]:
    """Take messages whose time has come; each of them is handed over by us alone, and once.

    What may not leave now waits or is withdrawn, and what a worker left behind in the middle is unknown for good.
    Locks: SMS. Raises: SecretUnreadable, SecretKeysMissing. Emits: SmsEnded.
    """
    due = await repository.take_due(tx, most)
    steps = [(one, rules.next_step(one, tx.now, terms.price)) for one in due]
    leaving = [one for one, step in steps if step.state is SmsState.SENDING]
    orders = _orders(tx, leaving, terms.keys)
    waiting = [(one, step) for one, step in steps if step.state is SmsState.QUEUED]
    ended = [(one, step) for one, step in steps if step.state in {SmsState.WITHDRAWN, SmsState.UNKNOWN}]
    if leaving:
        repository.mark_taken(tx, [one.id for one in leaving], tx.now + LEASE, terms.provider)
    if waiting:
        repository.mark_waiting(tx, [one.id for one, _ in waiting], [step for _, step in waiting])
    if ended:
        repository.mark_ended(tx, [one.id for one, _ in ended], [step for _, step in ended])
        for one, step in ended:
            _emit_ended(tx, one, step)
    return orders


def _orders(tx: Tx, leaving: Collection[DueSms], keys: Keys) -> list[SmsOrder]:
    ring: Keyring | None = keys() if any(one.sealed_text for one in leaving) else None
    orders = []
    for one in leaving:
        text = one.text or ""
        if ring is not None and one.sealed_text is not None and one.key_version is not None:
            text = ring.open(one.sealed_text, rules.about(tx.business_id, one.id), one.key_version)
        orders.append(SmsOrder(one.id, one.phone or "", text))
    return orders


async def record_outcome(tx: Tx, message_id: UUID, outcome: Outcome, price: SmsPrice) -> SmsState:
    """Write what became of handing over a message; what was heard of it already stays. Returns where it stands.

    Locks: SMS. Raises: nothing. Emits: SmsEnded.
    """
    message = await repository.lock_message(tx, message_id)
    assert message is not None, "a message that was taken is there"  # noqa: S101
    move = rules.after(outcome, message.tries, message.segments, price, tx.now)
    if not rules.may_move(message.state, move.state):
        return message.state
    if move.state is SmsState.QUEUED:
        repository.mark_waiting(tx, [message_id], [move])
        return move.state
    repository.mark_ended(tx, [message_id], [move])
    _emit_ended(tx, message, move)
    return move.state


def _emit_ended(tx: Tx, message: DueSms | LockedSms, move: SmsMove) -> None:
    tx.emit(SmsEnded(message.id, message.purpose, message.state, move.state, move.cost or NO_COST, move.code))


async def set_language(tx: Tx, language: Language) -> None:
    """Choose what the shop's messages are written in.

    Locks: none. Raises: nothing. Emits: nothing; whoever calls says what was changed.
    """
    repository.keep_language(tx, language)


async def set_preference(
    tx: Tx,
    customer_ids: Collection[UUID],
    subject_id: UUID,
    language: Language | None,
    reminders: bool,  # noqa: FBT001  a command's arguments stand in order
) -> SmsPreference:
    """Write what a person wants, under every id the person had; without reminders those that wait are withdrawn.

    Locks: none; the caller holds the customer. Raises: nothing. Emits: SmsPreferenceChanged, SmsEnded.
    """
    known = (await queries.preferences_of(tx, [subject_id])).get(subject_id)
    opted_out_at = None if reminders else (known and known.opted_out_at) or tx.now
    await repository.keep_preference(tx, customer_ids, language, opted_out_at)
    withdrawn = 0 if reminders else await withdraw_reminders(tx, customer_ids, "opted_out")
    tx.emit(SmsPreferenceChanged(subject_id, language, reminders, withdrawn))
    return SmsPreference(subject_id, language, opted_out_at)


async def withdraw_reminders(tx: Tx, customer_ids: Collection[UUID], code: str) -> int:
    """Withdraw reminders that did not leave yet; returns how many.

    Locks: none. Raises: nothing. Emits: SmsEnded.
    """
    withdrawn = await repository.withdraw_reminders(tx, customer_ids, code)
    _emit_withdrawn(tx, withdrawn, code)
    return len(withdrawn)


async def withdraw_restored(tx: Tx, most: int) -> int:
    """Withdraw what waited when a backup was made, because it may have left since; returns how many, ``most`` at once.

    Whom it was that customers were reminded of is lost, too, so nobody is reminded in the next week.
    Locks: none. Raises: nothing. Emits: SmsEnded.
    """
    repository.remember_restore(tx)
    withdrawn = await repository.withdraw_queued(tx, RESTORED, most)
    _emit_withdrawn(tx, withdrawn, RESTORED)
    return len(withdrawn)


async def join_preferences(tx: Tx, survivor_id: UUID, duplicate_ids: Collection[UUID]) -> None:
    """Let people who are one want the same: no reminders where one of them wanted none.

    Locks: none; the caller holds the customers. Raises: nothing. Emits: SmsPreferenceChanged, SmsEnded.
    """
    everybody = [survivor_id, *duplicate_ids]
    wishes = await queries.preferences_of(tx, everybody)
    if not wishes:
        return
    joined = rules.joined(survivor_id, wishes)
    await set_preference(tx, everybody, survivor_id, joined.language, joined.opted_out_at is None)


async def forget_person(tx: Tx, customer_ids: Collection[UUID], phones: Collection[str]) -> None:
    """Take number and text from everything that was sent to a person, and send nothing more; what it cost stays.

    Locks: none; the caller holds the customer. Raises: nothing. Emits: SmsEnded.
    """
    _emit_withdrawn(tx, await repository.forget(tx, customer_ids, phones), "erased")


def _emit_withdrawn(tx: Tx, withdrawn: Collection[LockedSms], code: str) -> None:
    for message in withdrawn:
        tx.emit(SmsEnded(message.id, message.purpose, SmsState.QUEUED, message.state, NO_COST, code))


class Carrier(Protocol):
    """Whoever hands a message to a network. No answer is ever raised: what is not known is said to be lost."""

    @property
    def name(self) -> str:
        """What stands beside the messages it carried."""
        ...

    async def carry(self, order: SmsOrder) -> Outcome:
        """Hand a message over, at most once."""
        ...

    async def aclose(self) -> None:
        """Let go of what is open."""
        ...


@dataclass(frozen=True)
class Terms:
    """What sending goes by: what is counted where nobody says the cost, what opens texts, and who carries."""

    price: SmsPrice
    keys: Keys = field(repr=False)
    provider: str


class Console:
    """Writes messages where the worker runs, for trying the shop out; nobody's telephone rings."""

    name: Final = "console"

    def __init__(self, out: TextIO | None = None) -> None:
        """Write to ``out``; without it to standard output."""
        self._out = out

    async def carry(self, order: SmsOrder) -> Outcome:
        """Write a message."""
        out = self._out or sys.stdout
        out.write(f"SMS to {order.phone}: {order.text}\n")
        out.flush()
        return Taken("", NO_COST)

    async def aclose(self) -> None:
        """Hold nothing open."""


class Outbox:
    """Writes messages to a file of this machine, a line of JSON each; nobody's telephone rings."""

    name: Final = "file"
    BYTES_MAX: Final = 16 << 20

    def __init__(self, place: Path, now: Callable[[], datetime], *, bytes_max: int = BYTES_MAX) -> None:
        """Append to ``place``; what is there goes aside, to ``.old``, where it has ``bytes_max``."""
        self._place = place
        self._now = now
        self._bytes_max = bytes_max

    async def carry(self, order: SmsOrder) -> Outcome:
        """Write a message; a disk that cannot be written to was not reached."""
        line = {"at": self._now().isoformat(), "id": str(order.message_id), "to": order.phone, "text": order.text}
        try:
            await asyncio.to_thread(self._append, json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            return NotReached(f"{self._place.name}: {error.strerror}"[:200])
        return Taken(str(order.message_id), NO_COST)

    def _append(self, line: str) -> None:
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._place.exists() and self._place.stat().st_size >= self._bytes_max:
            self._place.replace(self._place.with_suffix(".old"))
        handle = os.open(self._place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)

    async def aclose(self) -> None:
        """Hold nothing open."""


@dataclass(frozen=True)
class AfricasTalkingAccount:
    """How Africa's Talking is spoken to; without a sender the account's own is used."""

    base_url: str
    username: str
    api_key: str = field(repr=False)
    sender_id: str | None


class AfricasTalking:
    """Sends by Africa's Talking: one message and one number a request, which is never repeated by itself."""

    name: Final = "africastalking"
    TRY_S: Final = 15.0
    ANSWER_MAX: Final = 65_536

    def __init__(self, account: AfricasTalkingAccount, *, try_s: float = TRY_S) -> None:
        """Speak for an account; an answer is waited for ``try_s`` seconds."""
        self._account = account
        self._try_s = try_s
        # A connection is never kept: one that the other side closed at this moment looks like a lost answer.
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=try_s, limits=limits)

    async def aclose(self) -> None:
        """Let go of what is open."""
        await self._http.aclose()

    async def carry(self, order: SmsOrder) -> Outcome:
        """Hand a message over. Source: Africa's Talking, bulk SMS, POST /version1/messaging."""
        try:
            async with asyncio.timeout(self._try_s):
                return rules.answered(*await self._post(order))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as unreached:
            return NotReached(f"{type(unreached).__name__}: {unreached}"[:200])
        except (TimeoutError, httpx.HTTPError) as lost:
            return Lost(f"{type(lost).__name__}: {lost}"[:200])

    async def _post(self, order: SmsOrder) -> tuple[int, str]:
        account = self._account
        form = {"username": account.username, "to": order.phone, "message": order.text, "bulkSMSMode": "1"}
        if account.sender_id is not None:
            form["from"] = account.sender_id
        headers = {"apiKey": account.api_key, "Accept": "application/json", "User-Agent": "PayMe/1"}
        url = f"{account.base_url}/version1/messaging"
        async with self._http.stream("POST", url, data=form, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.ANSWER_MAX:
                    break
        return response.status_code, body[: self.ANSWER_MAX].decode(errors="replace")
