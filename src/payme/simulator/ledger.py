"""The truth: every prompt, who paid what, and every delivery tried. Bounded; the oldest prompts are forgotten."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from payme.simulator.models import DeliveryAttempt, Prompt, Result, Totals
from payme.simulator.types import PromptState

DELIVERIES_KEPT_MAX = 1_000


class Ledger:
    """All prompts in the order of acceptance. Totals never forget."""

    def __init__(self, prompts_max: int) -> None:
        """Begin with nothing known."""
        self._prompts_max = prompts_max
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()
        self._deliveries: dict[str, deque[DeliveryAttempt]] = {}
        self._waiting: dict[str, str] = {}
        self.totals = Totals()
        self.refusals: Counter[str] = Counter()

    def add(self, prompt: Prompt) -> None:
        """Enter a new waiting prompt, and forget the oldest beyond the limit."""
        self._prompts[prompt.checkout_request_id] = prompt
        self._waiting[prompt.push.phone] = prompt.checkout_request_id
        self.totals = replace(self.totals, accepted=self.totals.accepted + 1)
        while len(self._prompts) > self._prompts_max:
            forgotten, _ = self._prompts.popitem(last=False)
            self._deliveries.pop(forgotten, None)
            self.totals = replace(self.totals, forgotten=self.totals.forgotten + 1)

    def find(self, checkout_request_id: str) -> Prompt | None:
        """Give the prompt, or None when it never was or is forgotten."""
        return self._prompts.get(checkout_request_id)

    def is_phone_busy(self, phone: str) -> bool:
        """Whether a prompt is live on this phone: M-Pesa shows one at a time."""
        return phone in self._waiting

    def settle(self, prompt: Prompt, result: Result, *, receipt: str | None, at: datetime) -> Prompt:
        """Record how a prompt ended, and give the settled prompt. Money is counted once."""
        settled = replace(
            self._prompts.get(prompt.checkout_request_id, prompt),
            state=PromptState.PAID if result.is_paid else PromptState.FAILED,
            result=result,
            receipt=receipt,
            settled_at=at,
        )
        if self._waiting.get(prompt.push.phone) == prompt.checkout_request_id:
            del self._waiting[prompt.push.phone]
        self._keep(settled)
        if result.is_paid:
            self.totals = replace(
                self.totals, paid=self.totals.paid + 1, paid_amount=self.totals.paid_amount + prompt.push.amount
            )
        return settled

    def count_query(self, prompt: Prompt) -> int:
        """Note one more query, and tell how many that makes."""
        self._keep(replace(prompt, queries=prompt.queries + 1))
        return prompt.queries + 1

    def record_delivery(self, prompt: Prompt, attempt: DeliveryAttempt) -> None:
        """Note one try to deliver a callback of this prompt."""
        if prompt.checkout_request_id in self._prompts:
            kept = self._deliveries.setdefault(prompt.checkout_request_id, deque(maxlen=DELIVERIES_KEPT_MAX))
            kept.append(attempt)

    def deliveries(self, prompt: Prompt) -> tuple[DeliveryAttempt, ...]:
        """Every delivery tried, oldest first; the last thousand."""
        return tuple(self._deliveries.get(prompt.checkout_request_id, ()))

    def waiting(self) -> list[Prompt]:
        """List the prompts on phones now, oldest first."""
        found = (self._prompts.get(checkout_request_id) for checkout_request_id in self._waiting.values())
        return [prompt for prompt in found if prompt is not None]

    def page(self, *, after: int, limit: int, phone: str | None, state: PromptState | None) -> list[Prompt]:
        """Prompts numbered above `after`, oldest first, at most `limit`."""
        return list(islice(self._matching(after, phone, state), limit))

    def _matching(self, after: int, phone: str | None, state: PromptState | None) -> Iterator[Prompt]:
        for prompt in self._prompts.values():
            if prompt.number > after and phone in {None, prompt.push.phone} and state in {None, prompt.state}:
                yield prompt

    def _keep(self, prompt: Prompt) -> None:
        if prompt.checkout_request_id in self._prompts:
            self._prompts[prompt.checkout_request_id] = prompt
