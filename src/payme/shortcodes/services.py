"""The client of the calls about a shortcode. An order is sent at most once; a question may be repeated."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from payme.daraja import Access, Call, Wire
from payme.shortcodes import rules
from payme.shortcodes.types import Initiator, OrderAnswer, PullAnswer, ResultPaths

REGISTER_PATHS: Final = ("/mpesa/c2b/v2/registerurl", "/mpesa/c2b/v1/registerurl")
STATUS_PATH: Final = "/mpesa/transactionstatus/v1/query"
REVERSAL_PATH: Final = "/mpesa/reversal/v1/request"
PULL_REGISTER_PATH: Final = "/pulltransactions/v1/register"
PULL_PATH: Final = "/pulltransactions/v1/query"
PULL_PAGE: Final = 100
"""Rows of a full page: another follows."""


class ShortcodeClient:
    """Daraja's calls about a shortcode, through the lines that all processes share. No answer is ever raised."""

    def __init__(self, wire: Wire) -> None:
        """Take the way there; whoever opened it closes it."""
        self._wire = wire

    async def register_urls(self, access: Access, confirmation_url: str, validation_url: str) -> OrderAnswer:
        """Say where payments by hand are told; the older version serves where the app has no newer one."""
        body = rules.register_body(access.shortcode, confirmation_url, validation_url)
        newer, older = REGISTER_PATHS
        exchange = await self._wire.call(access, Call.REGISTER, newer, lambda _: body)
        if rules.is_other_version(exchange):
            exchange = await self._wire.call(access, Call.REGISTER, older, lambda _: body)
        return rules.order_answer(exchange)

    async def ask_status(self, access: Access, initiator: Initiator, receipt: str, paths: ResultPaths) -> OrderAnswer:
        """Ask what a receipt is; the result is posted to ``paths``."""
        body = rules.status_body(access.shortcode, initiator, receipt, paths)
        return rules.order_answer(await self._wire.call(access, Call.STATUS, STATUS_PATH, lambda _: body))

    async def reverse(
        self, access: Access, initiator: Initiator, receipt: str, amount: Decimal, paths: ResultPaths
    ) -> OrderAnswer:
        """Order a payment to be given back, at most once; the result is posted to ``paths``."""
        body = rules.reversal_body(access.shortcode, initiator, receipt, amount, paths)
        return rules.order_answer(await self._wire.call(access, Call.REVERSAL, REVERSAL_PATH, lambda _: body))

    async def register_pull(self, access: Access, nominated_phone: str, callback_url: str) -> OrderAnswer:
        """Register a shortcode for pulling; having done so before is success."""
        body = rules.pull_registration_body(access.shortcode, nominated_phone, callback_url)
        return rules.order_answer(await self._wire.call(access, Call.REGISTER, PULL_REGISTER_PATH, lambda _: body))

    async def pull(self, access: Access, start: datetime, end: datetime, offset: int) -> PullAnswer:
        """Ask for one page of the payments of a time within the last 48 hours."""
        body = rules.pull_body(access.shortcode, start, end, offset)
        return rules.pull_answer(await self._wire.call(access, Call.PULL, PULL_PATH, lambda _: body))
