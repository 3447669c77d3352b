"""The postman: sends letters the way Daraja does, once, without signature, and never again after a failure."""

import asyncio
import json
from collections.abc import Coroutine

import httpx

from payme.simulator import rules
from payme.simulator.errors import busy_refusal
from payme.simulator.ledger import Ledger
from payme.simulator.models import Delivery, DeliveryAttempt, Letter, Prompt, Reply, Result, SimulatorConfig
from payme.simulator.types import Clock, LetterKind, Sleep

REPLY_MAX_BYTES = 16 * 1024


class Postman:
    """Owns the outgoing HTTP client and every background task, at most `live_max` of them."""

    def __init__(
        self,
        config: SimulatorConfig,
        ledger: Ledger,
        *,
        clock: Clock,
        sleep: Sleep,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        """Be ready to send. Proxies of the environment are not for us: callbacks go to a local server."""
        self.sleep = sleep
        self._live_max = config.live_max
        self._ledger = ledger
        self._clock = clock
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(config.callback_timeout_s, pool=None),
            limits=httpx.Limits(max_connections=config.deliveries_at_once_max),
            trust_env=False,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._at_once = asyncio.Semaphore(config.deliveries_at_once_max)

    async def close(self) -> None:
        """Stop: what is not delivered by now never will be, as when Daraja itself goes down."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def check_room(self) -> None:
        """Refuse when as much is under way as may be. Raises GatewayRefusal 500.003.02."""
        if len(self._tasks) >= self._live_max:
            raise busy_refusal()

    @property
    def is_holding(self) -> bool:
        """Whether letters are held back."""
        return not self._open.is_set()

    def hold(self) -> None:
        """Keep every callback, confirmation and result back, until they are let go together."""
        self._open.clear()

    def let_go(self) -> None:
        """Send everything held back, in one burst."""
        self._open.set()

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run the life of one prompt, or the way of one letter, in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def deliver(self, prompt: Prompt, result: Result, delivery: Delivery) -> None:
        """Send every copy of an STK callback that the delivery asks for: together, or `gap_s` apart."""
        body = rules.callback_body(prompt, result, delivery)
        push = prompt.push
        shortcode = rules.neighbour(push.shortcode) if delivery.wrong_shortcode else push.shortcode
        letter = Letter(LetterKind.STK, push.callback_url, shortcode, body, result.code)
        await self.send_copies(letter, prompt.checkout_request_id, delivery)

    async def send_copies(self, letter: Letter, about: str, delivery: Delivery) -> None:
        """Send one letter as often, as late and as far apart as the delivery asks for."""
        if delivery.delay_s:
            await self.sleep(delivery.delay_s)
        await self._open.wait()
        if not delivery.gap_s:
            await asyncio.gather(*(self.send(letter, about) for _ in range(delivery.copies)))
            return
        for copy in range(delivery.copies):
            if copy:
                await self.sleep(delivery.gap_s)
            await self.send(letter, about)

    async def send(self, letter: Letter, about: str, *, timeout_s: float | None = None) -> Reply:
        """Send a letter once, and note what became of it."""
        async with self._at_once:
            try:
                async with asyncio.timeout(timeout_s):
                    response = await self._client.post(
                        letter.url,
                        content=json.dumps(letter.body, separators=(",", ":")),
                        headers={
                            "Content-Type": "application/json;charset=UTF-8",
                            "Businessshortcode": letter.shortcode,
                        },
                    )
                reply = Reply(response.status_code, response.content[:REPLY_MAX_BYTES])
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
                reply = Reply(None, error=type(failure).__name__)
        attempt = DeliveryAttempt(self._clock(), letter.kind, letter.result_code, reply.status, reply.error)
        self._ledger.record_delivery(about, attempt)
        return reply
