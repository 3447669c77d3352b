"""The rotation of the key: every secret is opened and sealed again, a row at a time, while the shops go on."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from payme import payment_configs, webhooks
from payme.kit.db.transaction import Database, Scope
from payme.kit.secrets import SecretUnreadable
from payme.payment_configs import Strongbox
from payme.reconciliation import every_business

BATCH: Final = 50
TELL_EVERY: Final = 100


class Rotation:
    """Brings every payment config under the current key. Interrupted, it goes on where it was."""

    def __init__(self, database: Database, box: Strongbox, say: Callable[[str], None]) -> None:
        """Tell progress to ``say``."""
        self._database = database
        self._box = box
        self._say = say
        self.done = 0
        self.webhooks = 0
        """Endpoints of webhooks that were resealed."""
        self.unreadable_webhooks: list[tuple[UUID, str]] = []
        """Business and key."""
        self.unreadable: list[tuple[UUID, UUID, str]] = []
        """Business, payment config and the key that does not open it."""

    async def run(self) -> bool:
        """Reseal what is under another key than the current; True where there was anything. Raises SecretKeysMissing.

        What does not open is noted and left as it is.
        """
        before = self.done + self.webhooks
        current = self._box.keys().current
        self.unreadable.clear()
        self.unreadable_webhooks.clear()
        async for business_id in every_business(self._database):
            await self._business(business_id, current)
        return self.done + self.webhooks > before or bool(self.unreadable or self.unreadable_webhooks)

    async def _business(self, business_id: UUID, current: str) -> None:
        scope = Scope.system("key rotation", business_id)
        await self._webhooks(scope, business_id)
        after: UUID | None = None
        while found := await self._database.transact(
            scope, payment_configs.list_under_other_keys, current, after, BATCH
        ):
            for config_id in found:
                after = config_id
                try:
                    if not await self._database.transact(scope, payment_configs.reseal, config_id, self._box):
                        continue
                except SecretUnreadable as unreadable:
                    self.unreadable.append((business_id, config_id, unreadable.key_version))
                    continue
                self.done += 1
                if self.done % TELL_EVERY == 1:
                    self._say(f"{self.done} payment configs are under {current} …")
                await self._database.seams.chaos.point("resealed")

    async def _webhooks(self, scope: Scope, business_id: UUID) -> None:
        try:
            self.webhooks += await self._database.transact(scope, webhooks.reseal, self._box.keys)
        except SecretUnreadable as unreadable:
            self.unreadable_webhooks.append((business_id, unreadable.key_version))

    def verdict(self) -> str:
        """Say how it ended."""
        lines = [
            f"Business {business_id}: payment config {config_id} does not open with key {version}; its owner can type "
            "the secrets again."
            for business_id, config_id, version in self.unreadable
        ]
        lines += [
            f"Business {business_id}: a webhook secret does not open with key {version}; its owner can rotate it."
            for business_id, version in self.unreadable_webhooks
        ]
        lines.append(f"{self.done} payment configs were sealed anew; the current key is {self._box.keys().current}.")
        return "\n".join(lines)
