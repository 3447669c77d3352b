"""The rotation of the key: every secret is opened and sealed again, a row at a time, while the shops go on."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payme import payment_configs, webhooks
from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.secrets import SecretUnreadable
from payme.payment_configs import Strongbox

BATCH: Final = 50
TELL_EVERY: Final = 100


@dataclass(frozen=True)
class Holder:
    """What holds secrets: how its rows are found, and how one is sealed anew."""

    name: str
    advice: str
    list_under_other_keys: Callable[[Tx, str, UUID | None, int], Awaitable[list[UUID]]]
    reseal: Callable[[Tx, UUID, Strongbox], Awaitable[bool]]


@dataclass(frozen=True)
class Unreadable:
    """A row whose secrets the given keys do not open."""

    holder: Holder
    business_id: UUID
    id: UUID
    key_version: str


async def _reseal_endpoint(tx: Tx, endpoint_id: UUID, box: Strongbox) -> bool:
    return await webhooks.reseal(tx, endpoint_id, box.keys)


CONFIGS: Final = Holder(
    "payment config", "type the secrets again", payment_configs.list_under_other_keys, payment_configs.reseal
)
ENDPOINTS: Final = Holder(
    "webhook endpoint", "remove it and register it again", webhooks.list_under_other_keys, _reseal_endpoint
)


class Rotation:
    """Brings every secret under the current key. Interrupted, it goes on where it was."""

    def __init__(self, database: Database, box: Strongbox, say: Callable[[str], None]) -> None:
        """Tell progress to ``say``."""
        self._database = database
        self._box = box
        self._say = say
        self.done = 0
        """Payment configs that were sealed anew."""
        self.webhooks = 0
        """Webhook endpoints that were."""
        self.unreadable: list[Unreadable] = []

    async def run(self) -> bool:
        """Reseal what is under another key than the current; True where there was anything. Raises SecretKeysMissing.

        What does not open is noted and left as it is.
        """
        before = self.done + self.webhooks
        current = self._box.keys().current
        self.unreadable.clear()
        async for business_id in every_business(self._database):
            async for _ in self._resealed(CONFIGS, business_id, current):
                self.done += 1
                if self.done % TELL_EVERY == 1:
                    self._say(f"{self.done} payment configs are under {current} …")
                await self._database.seams.chaos.point("resealed")
            async for _ in self._resealed(ENDPOINTS, business_id, current):
                self.webhooks += 1
        return self.done + self.webhooks > before or bool(self.unreadable)

    async def _resealed(self, holder: Holder, business_id: UUID, current: str) -> AsyncGenerator[UUID]:
        """Yield each row of a business that was sealed anew."""
        scope = Scope.system("key rotation", business_id)
        after: UUID | None = None
        while found := await self._database.transact(scope, holder.list_under_other_keys, current, after, BATCH):
            for one in found:
                after = one
                try:
                    is_resealed = await self._database.transact(scope, holder.reseal, one, self._box)
                except SecretUnreadable as unreadable:
                    self.unreadable.append(Unreadable(holder, business_id, one, unreadable.key_version))
                    continue
                if is_resealed:
                    yield one

    def verdict(self) -> str:
        """Say how it ended."""
        lines = [
            f"Business {one.business_id}: {one.holder.name} {one.id} does not open with key {one.key_version}; "
            f"its owner can {one.holder.advice}."
            for one in self.unreadable
        ]
        lines.append(
            f"{self.webhooks} webhook endpoints and {self.done} payment configs were sealed anew; "
            f"the current key is {self._box.keys().current}."
        )
        return "\n".join(lines)
