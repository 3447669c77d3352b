"""What live status shows."""

from pydantic import Field

from payme.http.fields import Out
from payme.live.models import Picture, TillView
from payme.money import UnclaimedOut
from payme.payments import Payment, PaymentOut
from payme.sales import SaleSummaryOut

_KINDS = ("sales", "payments", "unclaimed_money")


class TillOut(Out):
    """Everything a till shows: the data of `state`."""

    sales: list[SaleSummaryOut] = Field(description="Open, or ended within ten minutes after they were open.")
    payments: list[PaymentOut] = Field(description="By M-Pesa: without an end, or changed within ten minutes.")
    unclaimed_money: list[UnclaimedOut] = Field(
        description="Paid by hand, or left of a sale, and waiting for a day at the most to be claimed for an open sale."
    )


class GoneOut(Out):
    """Ids of what is not shown any more; nothing was deleted. Money was claimed, is given back, or waits longer."""

    sales: list[str]
    payments: list[str]
    unclaimed_money: list[str]


class TillChangeOut(TillOut):
    """What is new or has changed, whole, and what is gone: the data of `change`."""

    gone: GoneOut


class StreamEndOut(Out):
    """Why nothing more comes: the data of `end`."""

    code: str = Field(examples=["sign_in_required"])


def picture_of_till(view: TillView) -> Picture:
    """Show a till."""
    things = {("sales", str(sale.id)): SaleSummaryOut.of(sale).model_dump_json() for sale in view.sales}
    things |= {("payments", str(asked.id)): PaymentOut.of(asked).model_dump_json() for asked in view.payments}
    things |= {("unclaimed_money", str(one.id)): UnclaimedOut.of(one).model_dump_json() for one in view.unclaimed_money}
    return Picture(things, _KINDS, whole=False)


def picture_of_payment(payment: Payment) -> Picture:
    """Show one payment."""
    return Picture({("payments", str(payment.id)): PaymentOut.of(payment).model_dump_json()}, _KINDS, whole=True)
