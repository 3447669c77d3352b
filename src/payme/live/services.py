"""Live status: tell what changed with the commit, and keep streams that look when they are told."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from payme.kit.db.transaction import Tx
from payme.kit.errors import Refusal, Unavailable
from payme.live import rules
from payme.live.errors import TooManyStreams
from payme.live.models import Message, Picture
from payme.live.types import LOOKS_AT_ONCE, Crowd, Limits, Rhythm

log = structlog.get_logger(__name__)

Look = Callable[[], Awaitable[Picture]]
"""Reads what a stream shows, in a transaction that lets its actor in anew."""


def announce(tx: Tx) -> None:
    """Tell the screens of a business that something they show changed, with the commit and at no round trip.

    Locks: none. Raises: nothing. Emits: nothing.
    """
    if tx.events and tx.has_business:
        ids = rules.notice_of(tx.business_id, tx.events)
        if ids is not None:
            tx.notify(ids)


class Seat:
    """One open stream, and whether it has to look."""

    def __init__(self, business_id: UUID, payment_id: UUID | None) -> None:
        """Belong to ``Streams``."""
        self.business_id = business_id
        self.payment_id = payment_id
        self._stirred = asyncio.Event()
        self._is_woken = False

    def wake(self) -> None:
        """Let the stream look."""
        self._is_woken = True
        self._stirred.set()

    async def changed(self, timeout_s: float) -> bool:
        """Wait to be woken; False where nobody did in time."""
        # A timer stirs it, and nothing is cancelled: before Python 3.12 a coroutine into which an exception is thrown
        # is resumed without a word to tracers, and what it does next is not measured.
        timer = asyncio.get_running_loop().call_later(timeout_s, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()
        self._stirred.clear()
        woken, self._is_woken = self._is_woken, False
        return woken


class Streams:
    """The open streams of one process: bounded, woken by notices, ended together."""

    def __init__(self, rhythm: Rhythm | None = None, limits: Limits | None = None) -> None:
        """Start with none, and with nobody who listens to notices."""
        self.rhythm = rhythm or Rhythm()
        self._limits = limits or Limits()
        self._seats: dict[UUID, set[Seat]] = {}
        self._by_session: Counter[UUID] = Counter()
        self._looking = asyncio.Semaphore(LOOKS_AT_ONCE)
        self.is_listening = False
        self.is_closing = False

    @property
    def count(self) -> int:
        """How many streams are open."""
        return self._by_session.total()

    @contextmanager
    def seat(self, session_id: UUID, business_id: UUID, payment_id: UUID | None = None) -> Iterator[Seat]:
        """Take a place for one stream; raises TooManyStreams."""
        limits = self._limits
        for crowd, taken, most in (
            (Crowd.SESSION, self._by_session[session_id], limits.per_session),
            (Crowd.BUSINESS, len(self._seats.get(business_id, ())), limits.per_business),
            (Crowd.SERVER, self.count, limits.per_process),
        ):
            if taken >= most:
                raise TooManyStreams(of=crowd, limit=most, retry_after_s=30)
        seat = Seat(business_id, payment_id)
        if self.is_closing:
            seat.wake()
        self._seats.setdefault(business_id, set()).add(seat)
        self._by_session[session_id] += 1
        try:
            yield seat
        finally:
            self._leave(seat, session_id)

    def _leave(self, seat: Seat, session_id: UUID) -> None:
        self._seats[seat.business_id].discard(seat)
        if not self._seats[seat.business_id]:
            del self._seats[seat.business_id]
        self._by_session[session_id] -= 1
        if not self._by_session[session_id]:
            del self._by_session[session_id]

    def hear(self, text: str) -> None:
        """Take a notice: the streams it concerns look."""
        notice = rules.read_notice(text)
        if notice is None:
            log.warning("notice_not_understood", length=len(text))
            return
        for seat in self._seats.get(notice.business_id, ()):
            if rules.concerns(notice, seat.payment_id):
                seat.wake()

    def listening(self, *, is_on: bool) -> None:
        """Take note that notices are heard from now on, or no longer; either way everybody looks once."""
        self.is_listening = is_on
        self._wake_all()

    def close(self) -> None:
        """End every stream, and each later one after its first state: the process is about to stop."""
        self.is_closing = True
        self._wake_all()

    def _wake_all(self) -> None:
        for seats in self._seats.values():
            for seat in seats:
                seat.wake()

    async def look(self, look: Look) -> Picture:
        """Look, when it is one's turn."""
        async with self._looking:
            return await look()

    async def follow(self, seat: Seat, look: Look, first: Picture, seen: str | None) -> AsyncGenerator[Message | None]:
        """Yield the state and then its changes for as long as they may be seen; None is a heartbeat.

        ``seen`` is the id of the state that the reader has: where it is still so, nothing was missed and nothing is
        repeated. Every message is made of a look, so nothing is lost whatever became of notices.
        """
        marks = rules.marks_of(first)
        yield None if rules.id_of(marks) == seen else rules.whole_state(first, marks)
        turn = _Turn(self)
        while True:
            woken = await seat.changed(turn.pause_s())
            if self.is_closing or turn.is_over():
                return
            news: Message | None = None
            if woken or turn.is_time_to_look():
                seen_now = await self._glance(look, turn)
                if isinstance(seen_now, Picture):
                    before, marks = marks, rules.marks_of(seen_now)
                    news = rules.change(before, seen_now, marks)
                elif seen_now is not None:
                    yield rules.end(seen_now.code)
                    return
            if news is not None or turn.is_time_to_beat():
                turn.beat()
                yield news

    async def _glance(self, look: Look, turn: "_Turn") -> Picture | Refusal | None:
        """Look once; a refusal where the stream may not go on, None where the database does not answer."""
        try:
            async with asyncio.timeout(turn.patience_s()):
                await turn.rest()
                picture = await self.look(look)
        except (Unavailable, TimeoutError):
            turn.missed()
            return None
        except Refusal as refusal:
            return refusal
        turn.looked()
        return picture


class _Turn:
    """When a stream beats and looks next."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._time = asyncio.get_running_loop().time
        self._beat_at = self._looked_at = self._tried_at = self._time()
        self._is_blind = False

    def _look_at(self) -> float:
        rhythm = self._streams.rhythm
        if self._is_blind:
            return self._tried_at + rhythm.try_again_s
        return self._looked_at + (rhythm.look_s if self._streams.is_listening else rhythm.look_alone_s)

    def pause_s(self) -> float:
        return min(self._beat_at + self._streams.rhythm.heartbeat_s, self._look_at()) - self._time()

    def is_time_to_look(self) -> bool:
        return self._time() >= self._look_at()

    def is_time_to_beat(self) -> bool:
        return self._time() >= self._beat_at + self._streams.rhythm.heartbeat_s

    def patience_s(self) -> float:
        return max(0, self._looked_at + self._streams.rhythm.blind_s - self._time())

    async def rest(self) -> None:
        await asyncio.sleep(max(0, self._tried_at + self._streams.rhythm.rest_s - self._time()))
        self._tried_at = self._time()

    def beat(self) -> None:
        self._beat_at = self._time()

    def looked(self) -> None:
        self._looked_at, self._is_blind = self._time(), False

    def missed(self) -> None:
        """Note that the database did not answer."""
        self._is_blind = True

    def is_over(self) -> bool:
        """Say whether the database has not answered for too long."""
        return self._is_blind and self._time() - self._looked_at >= self._streams.rhythm.blind_s
