"""Jobs of C2B: the network stands between two transactions, never inside one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from payme import payment_configs
from payme.c2b import services
from payme.c2b.types import RegistrationState
from payme.daraja import Access
from payme.kit.db.transaction import Database, Scope
from payme.payment_configs import Strongbox
from payme.shortcodes import OrderAnswer, Refused, Taken


class Registrar(Protocol):
    """Tells Safaricom two addresses."""

    async def register_urls(self, access: Access, confirmation_url: str, validation_url: str) -> OrderAnswer:
        """Say where payments by hand are told."""
        ...


@dataclass(frozen=True)
class C2bDesk:
    """What the job needs: the books, the way to Daraja, what opens the credentials, and where we are reached."""

    database: Database
    registrar: Registrar
    strongbox: Strongbox
    callback_base_url: str


async def register_c2b(desk: C2bDesk, payload: Mapping[str, str]) -> None:
    """Tell Safaricom where to tell of money paid by hand. Run twice, it tells new ones; all of them stay good."""
    config_id = UUID(payload["config_id"])
    scope = Scope.system("c2b", UUID(payload["business_id"]))
    account = await desk.database.transact(scope, payment_configs.open_account, config_id, desk.strongbox)
    secrets = await desk.database.transact(scope, services.open_c2b, config_id)
    answer = await desk.registrar.register_urls(
        account.access,
        f"{desk.callback_base_url}/callbacks/{secrets.confirmation}",
        f"{desk.callback_base_url}/callbacks/ask/{secrets.validation}",
    )
    state, said = _read(answer)
    await desk.database.transact(scope, services.record_c2b, config_id, state, said)


def _read(answer: OrderAnswer) -> tuple[RegistrationState, str]:
    if isinstance(answer, Taken):
        return RegistrationState.REGISTERED, ""
    if isinstance(answer, Refused):
        return RegistrationState.REFUSED, f"{answer.code}: {answer.text}"
    return RegistrationState.REQUESTED, f"It is not known whether Safaricom took it: {answer.reason}"
