"""Pure decisions of returns and voids."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme.credit import TakenBack
from payme.kit.days import SHOP_TIME, business_day
from payme.kit.money import ZERO
from payme.returns.errors import NotYourVoid, OwnVoid, SaleNotVoidable, VoidNotMovable, VoidTooLate
from payme.returns.events import WayBack
from payme.returns.models import MoneyBack, ReturnReceipt, Standing, Void
from payme.returns.types import VOID_MOVES, VoidState, Way
from payme.sales import RECEIPT_WIDTH, LineBack, ReturnedLine, Sale, SaleState, receipt_row


def standing(sale: Sale, mpesa: Decimal, gone: Mapping[Way, Decimal]) -> Standing:
    """Return what money came for a completed sale and is still there.

    ``mpesa`` is what stands in the sale's account of M-Pesa money; ``gone`` is what returns gave back before.
    """
    return Standing(mpesa, sale.paid - mpesa - gone.get(Way.MPESA, ZERO) - gone.get(Way.CASH, ZERO))


def ways_back(amount: Decimal, of_account: TakenBack, left: Standing) -> dict[Way, Decimal]:
    """Decide how the money of goods that came back goes back: the way it came, at most what came that way.

    First what of it the customer's account took back: off what they owe for this sale, or had owed when it was given
    up, then as customer credit. Then M-Pesa, then cash.
    """
    ways = {Way.DEBT: of_account.off_debt + of_account.given_up, Way.CUSTOMER_CREDIT: of_account.to_credit}
    rest = amount - sum(ways.values())
    for way, there in ((Way.MPESA, left.mpesa), (Way.CASH, left.cash)):
        ways[way] = min(rest, there)
        rest -= ways[way]
    assert rest == ZERO, "more goes back than came"  # noqa: S101
    return {way: part for way, part in ways.items() if part}


def in_order(parts: Iterable[MoneyBack]) -> list[MoneyBack]:
    """Return money that goes back in the order of its ways."""
    return sorted(parts, key=lambda part: (list(Way).index(part.way), part.receipt or ""))


def told(money_back: Sequence[MoneyBack]) -> tuple[WayBack, ...]:
    """Return what the audit keeps of money that goes back."""
    return tuple(WayBack(part.way, part.amount, part.refund_id) for part in money_back)


def shown(return_id: UUID, line: LineBack) -> ReturnedLine:
    """Return a line as it is shown."""
    item = line.item
    return ReturnedLine(
        return_id=return_id,
        line=item.line,
        product_id=item.product_id,
        product_name=item.product_name,
        unit=item.unit,
        unit_price=item.unit_price,
        quantity=line.quantity,
        amount=line.amount,
        condition=line.condition,
        reason=line.reason,
    )


def check_voidable(sale: Sale, today: date) -> None:
    """Raise SaleNotVoidable unless the sale is completed, and VoidTooLate unless that was today."""
    if sale.state is not SaleState.COMPLETED or sale.completed_at is None:
        raise SaleNotVoidable(sale_id=sale.id, state=sale.state)
    completed_on = business_day(sale.completed_at)
    if completed_on != today:
        raise VoidTooLate(sale_id=sale.id, completed_on=completed_on, today=today)


def move(void: Void, target: VoidState) -> VoidState:
    """Return the target state where the move is legal; raises VoidNotMovable."""
    if target not in VOID_MOVES[void.state]:
        raise VoidNotMovable(void_id=void.id, state=void.state, wanted=target)
    return target


def check_other_person(void: Void, user_id: UUID) -> None:
    """Raise OwnVoid where who asked would decide."""
    if void.requested_by == user_id:
        raise OwnVoid(void_id=void.id)


def check_own(void: Void, user_id: UUID) -> None:
    """Raise NotYourVoid where somebody else asked."""
    if void.requested_by != user_id:
        raise NotYourVoid(void_id=void.id)


_WORDS = {Way.DEBT: "OFF DEBT", Way.CUSTOMER_CREDIT: "TO ACCOUNT", Way.MPESA: "MPESA", Way.CASH: "CASH"}


def receipt_text(receipt: ReturnReceipt) -> str:
    """Write the receipt of a return for a 58 mm printer: plain text, 32 characters wide."""
    document = receipt.view.document
    at = document.created_at.astimezone(SHOP_TIME)
    rows = [receipt.shop.name[:RECEIPT_WIDTH].center(RECEIPT_WIDTH).rstrip()]
    if receipt.shop.phone:
        rows.append(receipt.shop.phone.center(RECEIPT_WIDTH).rstrip())
    rows += [
        f"RETURN {document.number}",
        receipt_row(f"of receipt {document.sale_number}", f"{at:%d.%m.%Y %H:%M}"),
        "-" * RECEIPT_WIDTH,
    ]
    for line in receipt.view.lines:
        rows.append(line.product_name[:RECEIPT_WIDTH])
        rows.append(receipt_row(f"  {line.quantity.normalize():f} {line.unit}", f"{line.amount:,}"))
    rows += ["-" * RECEIPT_WIDTH, receipt_row("RETURNED KES", f"{document.total:,}")]
    rows += [
        receipt_row(f"{_WORDS[part.way]} {part.receipt or ''}".rstrip(), f"{part.amount:,}")
        for part in receipt.view.money_back
    ]
    return "\n".join(rows) + "\n"
