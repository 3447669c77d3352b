"""What privacy shows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from payme.credit import CreditAccountOut, CreditPaymentOut, EntryOut
from payme.customers import CustomerOut
from payme.http.fields import MoneyOut, Out
from payme.http.paging import encode
from payme.kit.paging import After
from payme.privacy.models import Held, HeldClaim, HeldPayment, HeldReceipt
from payme.sales import CustomerTotalsOut, SaleItemOut, SaleSummaryOut
from payme.sms import HeldSmsOut, Language


class HeldPaymentOut(Out):
    """An attempt to collect, with the phone that was asked."""

    id: UUID
    method: str
    state: str
    amount: MoneyOut
    phone: str | None
    created_at: datetime

    @classmethod
    def of(cls, payment: HeldPayment) -> Self:
        """Show a payment."""
        return cls.model_validate(payment, from_attributes=True)


class HeldReceiptOut(Out):
    """Money that came by M-Pesa, with what M-Pesa told about who paid."""

    receipt: str
    amount: MoneyOut
    phone: str
    payer_name: str
    paid_at: datetime

    @classmethod
    def of(cls, receipt: HeldReceipt) -> Self:
        """Show a receipt."""
        return cls.model_validate(receipt, from_attributes=True)


class HeldClaimOut(Out):
    """What somebody said was paid."""

    receipt: str
    amount: MoneyOut
    payer_name: str
    state: str
    created_at: datetime

    @classmethod
    def of(cls, claim: HeldClaim) -> Self:
        """Show a claim."""
        return cls.model_validate(claim, from_attributes=True)


class HeldSaleOut(SaleSummaryOut):
    """A sale of the person, with all that belongs to it."""

    items: list[SaleItemOut]
    payments: list[HeldPaymentOut]
    receipts: list[HeldReceiptOut]
    claims: list[HeldClaimOut]


class ExportOut(Out):
    """All that the shop holds about a person, as far as one page goes."""

    exported_at: datetime
    customer: CustomerOut
    merged: list[CustomerOut] = Field(description="Whoever was merged into the customer.")
    totals: CustomerTotalsOut
    language: Language | None = Field(description="What the person wants messages in; null is the shop's.")
    no_reminders_since: datetime | None = Field(description="Since when the person wants no reminders.")
    messages: list[HeldSmsOut] = Field(description="The last 1000 messages to the person, newest first.")
    credit_account: CreditAccountOut | None
    credit_ledger: list[EntryOut] = Field(description="Up to 5000 entries; all of them are in the statement.")
    credit_repayments: list[CreditPaymentOut] = Field(description="The last 5000 repayments.")
    sales: list[HeldSaleOut]
    next_cursor: str | None = Field(description="Give it back as `cursor` for further sales; null at the end.")

    @classmethod
    def of(cls, held: Held, limit: int) -> Self:
        """Show a page of ``limit`` sales from what was read with ``limit + 1``."""
        shown = held.sales[:limit]
        last = shown[-1] if len(held.sales) > limit else None
        return cls(
            exported_at=held.exported_at,
            customer=CustomerOut.of(held.customer),
            merged=[CustomerOut.of(other) for other in held.merged],
            totals=CustomerTotalsOut.of(held.totals),
            language=Language(held.wish.language) if held.wish and held.wish.language else None,
            no_reminders_since=held.wish.opted_out_at if held.wish else None,
            messages=[HeldSmsOut.of(message) for message in held.messages],
            credit_account=CreditAccountOut.of(held.account) if held.account else None,
            credit_ledger=[EntryOut.of(entry) for entry in held.ledger],
            credit_repayments=[CreditPaymentOut.of(payment) for payment in held.repayments],
            sales=[
                HeldSaleOut(
                    **dict(SaleSummaryOut.of(sale)),
                    items=[SaleItemOut.of(item) for item in held.items if item.sale_id == sale.id],
                    payments=[HeldPaymentOut.of(paid) for paid in held.payments if paid.sale_id == sale.id],
                    receipts=[HeldReceiptOut.of(came) for came in held.receipts if came.sale_id == sale.id],
                    claims=[HeldClaimOut.of(said) for said in held.claims if said.sale_id == sale.id],
                )
                for sale in shown
            ],
            next_cursor=encode(After(last.opened_at, last.id)) if last else None,
        )
