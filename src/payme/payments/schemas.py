"""What payments shows."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, MoneyOut, Out, PhoneOut
from payme.mpesa import explain
from payme.payments.models import Payment
from payme.payments.rules import words_of_test
from payme.payments.types import PaymentFor, PaymentMethod, PaymentState


class PaymentOut(Out):
    """One attempt to collect."""

    id: UUID
    purpose: PaymentFor
    sale_id: UUID | None = Field(description="Where the purpose is a sale.")
    credit_account_id: UUID | None = Field(description="Where the purpose is credit: whose debts are paid.")
    method: PaymentMethod
    state: PaymentState = Field(description="`expired` means not known yet: the money may still come.")
    amount: MoneyOut
    tendered: MoneyOut | None
    change_given: MoneyOut | None
    phone: PhoneOut | None = Field(description="Masked but for its last three digits.")
    account_reference: str | None
    explanation: str = Field(description="What happened, in words for the customer.")
    deadline_at: datetime | None
    money_in_id: UUID | None = Field(description="The M-Pesa receipt that it ended in.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """Show a payment."""
        return cls(
            id=payment.id,
            purpose=payment.purpose,
            sale_id=payment.sale_id,
            credit_account_id=payment.credit_account_id,
            method=payment.method,
            state=payment.state,
            amount=payment.amount,
            tendered=payment.tendered,
            change_given=payment.change_given,
            phone=payment.phone,
            account_reference=payment.account_reference,
            explanation=explain(payment.result_code) if payment.result_code else "",
            deadline_at=payment.deadline_at,
            money_in_id=payment.money_in_id,
            created_at=payment.created_at,
            updated_at=payment.updated_at,
        )


class ConfigTestIn(In):
    """Whom a test asks for one shilling."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"phone": "0712345678"}]})

    phone: Annotated[str, StringConstraints(min_length=9, max_length=20)]


class ConfigTestOut(Out):
    """How a test of a paybill or till went."""

    payment_id: UUID
    state: PaymentState
    passed: bool | None = Field(description="Whether the shilling arrived; null while that is not known.")
    explanation: str = Field(description="What M-PESA said and what to do, in plain words.")
    amount: MoneyOut
    deadline_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """Show the payment of a test."""
        ended = payment.state in {PaymentState.FAILED, PaymentState.SUCCEEDED}
        return cls(
            payment_id=payment.id,
            state=payment.state,
            passed=payment.state is PaymentState.SUCCEEDED if ended else None,
            explanation=words_of_test(payment.state, payment.result_code or "", payment.result_text or ""),
            amount=payment.amount,
            deadline_at=payment.deadline_at,
            created_at=payment.created_at,
            updated_at=payment.updated_at,
        )
