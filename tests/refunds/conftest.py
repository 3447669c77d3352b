"""A shop with money that nobody needs, and people who decide what becomes of it."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest

from payme import refunds, sales
from payme.callbacks import Arrival, CallbackState
from payme.daraja import Access
from payme.kit.db.transaction import Database, Tx
from payme.money import MoneyIn, find_by_receipt
from payme.payment_configs import SecretField, add_config
from payme.refunds import Refund, RefundDraft, RefundState
from payme.refunds.jobs import RefundDesk, check_refund, reverse_refund
from payme.refunds.models import Attempt
from payme.refunds.queries import list_attempts
from payme.sales import Sale
from payme.shortcodes import Initiator, OrderAnswer, ResultPaths, Taken
from tests.support.by_hand import Safaricom, new_receipt, notice, registers
from tests.support.daraja import applies, callback_state, stores
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, Shop, make_shop, paybill_draft


@dataclass
class PlayedReverser:
    """Answers orders to reverse as told, and remembers them."""

    answer: OrderAnswer | None = None
    orders: list[tuple[str, Decimal, ResultPaths]] = field(default_factory=list)
    initiators: list[Initiator] = field(default_factory=list)

    async def reverse(
        self, _: Access, initiator: Initiator, receipt: str, amount: Decimal, paths: ResultPaths
    ) -> OrderAnswer:
        self.orders.append((receipt, amount, paths))
        self.initiators.append(initiator)
        return self.answer or Taken(f"AG_{len(self.orders)}")


@dataclass
class Till:
    """A shop that is told of money paid by hand."""

    shop: Shop
    safaricom: Safaricom
    reverser: PlayedReverser = field(default_factory=PlayedReverser)

    @property
    def desk(self) -> RefundDesk:
        return RefundDesk(self.shop.database, self.reverser, BOX, "http://shop.invalid")

    async def is_paid(self, amount: str = "300.00") -> MoneyIn:
        """A customer pays by hand, for nothing that is known."""
        receipt = new_receipt(self.shop)
        assert await self.safaricom.confirms(notice(receipt, amount)) is CallbackState.APPLIED
        money = await self.shop.transact(find_by_receipt, receipt)
        assert money is not None
        return money

    async def opens_sale(self, quantity: str = "2") -> Sale:
        """A sale of KES 150 a piece."""
        sugar = await has_stock(self.shop, price="150.00", quantity="100")
        return (await opens_sale(self.shop, (sugar, quantity))).sale

    async def sale_now(self, sale: Sale) -> Sale:
        return await self.shop.transact(sales.get_sale, sale.id)

    async def stands(self, money: MoneyIn) -> dict[str, Decimal]:
        """What a receipt stands for."""

        async def read(tx: Tx) -> dict[str, Decimal]:
            rows = await tx.records(
                "SELECT purpose, sum(amount) AS amount FROM allocations"
                " WHERE business_id = $1 AND money_in_id = $2 GROUP BY 1",
                tx.business_id,
                money.id,
            )
            return {row["purpose"]: row["amount"] for row in rows if row["amount"]}

        return await self.shop.transact(read)

    async def issues(self, state: str = "open") -> list[str]:
        async def read(tx: Tx) -> list[str]:
            rows = await tx.records(
                "SELECT kind FROM reconciliation_issues WHERE business_id = $1 AND state = $2 ORDER BY 1",
                tx.business_id,
                state,
            )
            return [row["kind"] for row in rows]

        return await self.shop.transact(read)

    async def asks(self, money: MoneyIn, amount: str = "300.00", role: str = "cashier") -> Refund:
        draft = RefundDraft(money.id, Decimal(amount), "paid twice")
        return await self.shop.transact(refunds.request_refund, draft, role=role)

    async def agreed(self, money: MoneyIn, amount: str = "300.00") -> Refund:
        """A refund that the manager approved."""
        asked = await self.asks(money, amount)
        return await self.shop.transact(refunds.approve_refund, asked.id, "", role="manager")

    async def refund(self, refund: Refund) -> Refund:
        return await self.shop.transact(refunds.get_refund, refund.id)

    async def state(self, refund: Refund) -> RefundState:
        return (await self.refund(refund)).state

    async def attempts(self, refund: Refund) -> list[Attempt]:
        """The oldest first."""
        return (await self.shop.transact(list_attempts, refund.id))[::-1]

    async def orders_reversal(self, refund: Refund, *, sends: bool = True) -> Attempt:
        await self.shop.transact(refunds.start_reversal, refund.id)
        attempt = (await self.attempts(refund))[-1]
        if sends:
            await self.sends(attempt)
        return attempt

    def address(self, attempt: Attempt) -> dict[str, str]:
        return {"business_id": str(self.shop.business_id), "attempt_id": str(attempt.id)}

    async def sends(self, attempt: Attempt) -> None:
        await reverse_refund(self.desk, self.address(attempt))

    async def waits_no_longer(self, attempt: Attempt) -> None:
        await check_refund(self.desk, self.address(attempt))

    async def hears(self, body: bytes, order: int = -1, *, delay: bool = False, outside: bool = False) -> CallbackState:
        """Let Daraja's answer to an order come in, and apply it."""
        callback_id = await self.stores(body, order, delay=delay, outside=outside)
        await applies(self.shop.database, callback_id)
        return await callback_state(self.shop, callback_id)

    async def stores(self, body: bytes, order: int = -1, *, delay: bool = False, outside: bool = False) -> UUID:
        paths = self.reverser.orders[order][2]
        secret = (paths.timeout_url if delay else paths.result_url).rpartition("/")[2]
        arrival = Arrival(secret, body, "", "196.201.214.200", outside=outside)
        return await stores(self.shop.database, arrival)


def result(
    code: object = 0,
    *,
    conversation: str = "AG_1",
    receipt: str | None = None,
    amount: float | None = None,
    payout: str = "",
) -> bytes:
    """Write the result of a reversal as Daraja does; of a success it names receipt and amount."""
    body: dict[str, object] = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": "dad6-4c34",
        "ConversationID": conversation,
        "TransactionID": payout or "SKE0000000",
    }
    if receipt is not None:
        body["ResultParameters"] = {
            "ResultParameter": [
                {"Key": "Amount", "Value": amount},
                {"Key": "OriginalTransactionID", "Value": receipt},
            ]
        }
    return json.dumps({"Result": body}).encode()


@pytest.fixture
async def till(database: Database) -> Till:
    shop = await make_shop(database, paybill=False)
    draft = paybill_draft(initiator_name="apiop37")
    secrets = {**draft.secrets, SecretField.INITIATOR_CREDENTIAL: "c2VhbGVk"}
    await shop.transact(add_config, paybill_draft(initiator_name="apiop37", secrets=secrets), BOX)
    return Till(shop, await registers(shop))
