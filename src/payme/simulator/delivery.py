"""The postman: sends callbacks the way Daraja does, once, without signature, and never again after a failure."""

import asyncio
import json
from collections.abc import Coroutine

import httpx

from payme.simulator import rules
from payme.simulator.ledger import Ledger
from payme.simulator.models import Delivery, DeliveryAttempt, Prompt, Result, SimulatorConfig
from payme.simulator.types import Clock, JsonObject, Sleep


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
        self._live_max = config.live_max
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(config.callback_timeout_s, pool=None),
            limits=httpx.Limits(max_connections=config.deliveries_at_once_max),
            trust_env=False,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(config.deliveries_at_once_max)

    async def close(self) -> None:
        """Stop: what is not delivered by now never will be, as when Daraja itself goes down."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    @property
    def is_full(self) -> bool:
        """Whether as many prompts are under way as may be."""
        return len(self._tasks) >= self._live_max

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run the life of one prompt, or of one re-sent callback, in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def deliver(self, prompt: Prompt, result: Result, delivery: Delivery) -> None:
        """Send every copy the delivery asks for: together, or `gap_s` apart."""
        body = rules.callback_body(prompt, result, delivery)
        if delivery.delay_s:
            await self._sleep(delivery.delay_s)
        if not delivery.gap_s:
            await asyncio.gather(*(self._send(prompt, result, body) for _ in range(delivery.copies)))
            return
        for copy in range(delivery.copies):
            if copy:
                await self._sleep(delivery.gap_s)
            await self._send(prompt, result, body)

    async def _send(self, prompt: Prompt, result: Result, body: JsonObject) -> None:
        status, error = None, None
        async with self._at_once:
            try:
                response = await self._client.post(
                    prompt.push.callback_url,
                    content=json.dumps(body, separators=(",", ":")),
                    headers={
                        "Content-Type": "application/json;charset=UTF-8",
                        "Businessshortcode": prompt.push.shortcode,
                    },
                )
                status = response.status_code
            except (httpx.HTTPError, httpx.InvalidURL) as failure:
                error = type(failure).__name__
        self._ledger.record_delivery(prompt, DeliveryAttempt(self._clock(), result.code, status, error))
