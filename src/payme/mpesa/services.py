"""The Daraja client: a prompt is ordered at most once, and what became of it may be asked again."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from payme.daraja import Call, Wire
from payme.mpesa import rules
from payme.mpesa.types import MpesaAccount, PushAnswer, PushOrder, QueryAnswer

PUSH_PATH: Final = "/mpesa/stkpush/v1/processrequest"
QUERY_PATH: Final = "/mpesa/stkpushquery/v1/query"


class Daraja(Protocol):
    """M-PESA as the product needs it. No answer is ever raised: what is not known is said to be unknown."""

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Order a prompt on the customer's phone. Source: Daraja, M-Pesa Express."""
        ...

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Ask what became of a prompt. Source: Daraja, M-Pesa Express Query."""
        ...


class DarajaClient(Daraja):
    """Daraja over HTTP, through the lines that all processes share."""

    def __init__(self, wire: Wire) -> None:
        """Take the way there; whoever opened it closes it."""
        self._wire = wire

    async def push(self, account: MpesaAccount, order: PushOrder) -> PushAnswer:
        """Order a prompt on the customer's phone, at most once."""
        body: Callable[[datetime], bytes] = partial(rules.push_body, account, order)
        return rules.push_answer(await self._wire.call(account.access, Call.PUSH, PUSH_PATH, body))

    async def query(self, account: MpesaAccount, checkout_request_id: str) -> QueryAnswer:
        """Ask what became of a prompt, at the line's pace; the caller decides when to ask again."""
        body: Callable[[datetime], bytes] = partial(rules.query_body, account, checkout_request_id)
        exchange = await self._wire.call(account.access, Call.QUERY, QUERY_PATH, body)
        return rules.query_answer(exchange, checkout_request_id)
