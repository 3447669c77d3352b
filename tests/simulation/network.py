"""Between the tills and the server, and between Daraja and the server: requests, lost replies, crashed processes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from payme.kit.db.idempotency import StoredAnswer
from payme.kit.errors import Refusal
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Process, Scheduler, Task

PATIENCE_S = 30.0

Handler = Callable[[], Awaitable[StoredAnswer]]


@dataclass(frozen=True)
class NoReply:
    """The client waited in vain: it does not know whether anything happened."""


Reply = StoredAnswer | Refusal | NoReply


class Network:
    """One server process that dies and comes back, and the lines to it."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        """Own the server process."""
        self._scheduler = scheduler
        self._faults = faults
        self.server = Process("server")
        self._number = 0

    async def request(self, client: str, handler: Handler) -> Reply:
        """Send a request and wait for its reply."""
        await self._scheduler.point("send")
        if self._faults.strikes(Fault.REQUEST_LOST):
            self._scheduler.note("request lost")
            await self._scheduler.sleep(PATIENCE_S)
            return NoReply()
        if self._faults.strikes(Fault.REQUEST_DOUBLED):
            self._start(client, handler, [])
        replies: list[Reply] = []
        task = self._start(client, handler, replies)
        patience_s = 0.02 if self._faults.strikes(Fault.REPLY_SLOW) else PATIENCE_S
        await self._scheduler.join(task, patience_s)
        if not replies:
            return NoReply()
        if self._faults.strikes(Fault.REPLY_LOST):
            self._scheduler.note("reply lost")
            await self._scheduler.sleep(PATIENCE_S)
            return NoReply()
        return replies[0]

    def _start(self, client: str, handler: Handler, replies: list[Reply]) -> Task:
        self._number += 1

        async def handle() -> None:
            try:
                replies.append(await handler())
            except Refusal as refusal:
                self._scheduler.note(f"refused {refusal.code}")
                replies.append(refusal)

        return self._scheduler.spawn(f"{client}/{self._number}", handle, self.server)
