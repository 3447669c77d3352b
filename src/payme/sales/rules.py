"""Pure decisions of sales."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme.kit.days import SHOP_TIME
from payme.kit.money import AMOUNT_MAX, ZERO, round_half_up
from payme.sales.errors import (
    DiscountTooLarge,
    PriceNotAllowed,
    ProductNotForSale,
    SaleNotOpen,
    SaleProductUnknown,
    SaleTooLarge,
)
from payme.sales.models import DraftLine, ItemTaking, Receipt, Sale, SaleItem
from payme.sales.types import MOVES, SaleState
from payme.stock import Product, Taking


def price_lines(
    lines: Sequence[DraftLine],
    products: Mapping[UUID, Product],
    *,
    sale_id: UUID,
    may_price: bool,
    new_id: Callable[[], UUID],
) -> list[SaleItem]:
    """Price each line: ``round_half_up(quantity * price) - discount``.

    Raises SaleProductUnknown, ProductNotForSale, PriceNotAllowed, DiscountTooLarge, SaleTooLarge.
    """
    items = []
    for number, line in enumerate(lines, start=1):
        product = products.get(line.product_id)
        if product is None:
            raise SaleProductUnknown(product_id=line.product_id, line=number)
        if not product.active:
            raise ProductNotForSale(product_id=line.product_id, line=number)
        price = product.selling_price if line.unit_price is None else line.unit_price
        if not may_price and (price != product.selling_price or line.discount):
            raise PriceNotAllowed(line=number, list_price=product.selling_price)
        before_discount = round_half_up(line.quantity * price)
        if line.discount > before_discount:
            raise DiscountTooLarge(line=number, discount=line.discount, before_discount=before_discount)
        if before_discount > AMOUNT_MAX:
            raise SaleTooLarge(largest=AMOUNT_MAX)
        items.append(
            SaleItem(
                id=new_id(),
                sale_id=sale_id,
                line=number,
                product_id=product.id,
                product_name=product.name,
                unit=product.unit,
                quantity=line.quantity,
                list_price=product.selling_price,
                unit_price=price,
                discount=line.discount,
                line_total=before_discount - line.discount,
            )
        )
    return items


def total_of(items: Sequence[SaleItem]) -> Decimal:
    """Add the lines up; raises SaleTooLarge."""
    total = sum((item.line_total for item in items), ZERO)
    if total > AMOUNT_MAX:
        raise SaleTooLarge(largest=AMOUNT_MAX)
    return total


def quantity_by_product(items: Sequence[SaleItem]) -> dict[UUID, Decimal]:
    """Add up what is wanted of each product: two lines of one product are one demand on the shelf."""
    wanted: dict[UUID, Decimal] = defaultdict(Decimal)
    for item in items:
        wanted[item.product_id] += item.quantity
    return dict(wanted)


def share_takings(items: Sequence[SaleItem], takings: Sequence[Taking]) -> list[ItemTaking]:
    """Give each line its part of what the sale took from the batches, first line first, oldest batch first."""
    left: dict[UUID, list[Taking]] = defaultdict(list)
    for taking in takings:
        left[taking.product_id].append(taking)
    shares = []
    for item in items:
        wanted = item.quantity
        queue = left[item.product_id]
        while wanted:
            oldest = queue[0]
            part = min(wanted, oldest.quantity)
            shares.append(ItemTaking(item.id, oldest.batch_id, part, oldest.unit_cost))
            wanted -= part
            if part == oldest.quantity:
                queue.pop(0)
            else:
                queue[0] = replace(oldest, quantity=oldest.quantity - part)
    return shares


def move(sale: Sale, target: SaleState) -> SaleState:
    """Return the target state where the move is legal; raises SaleNotOpen."""
    if target not in MOVES[sale.state]:
        raise SaleNotOpen(sale_id=sale.id, state=sale.state)
    return target


RECEIPT_WIDTH = 32
"""Characters of a 58 mm roll."""


def receipt_text(receipt: Receipt) -> str:
    """Write a receipt for a 58 mm printer: plain text, 32 characters wide."""
    sale = receipt.view.sale
    at = (sale.completed_at or sale.opened_at).astimezone(SHOP_TIME)
    rows = [receipt.shop.name[:RECEIPT_WIDTH].center(RECEIPT_WIDTH).rstrip()]
    if receipt.shop.phone:
        rows.append(receipt.shop.phone.center(RECEIPT_WIDTH).rstrip())
    rows += [_row(f"Receipt {sale.number}", f"{at:%d.%m.%Y %H:%M}"), "-" * RECEIPT_WIDTH]
    for item in receipt.view.items:
        rows.append(item.product_name[:RECEIPT_WIDTH])
        rows.append(_row(f"  {item.quantity.normalize():f} {item.unit} x {item.unit_price:,}", f"{item.line_total:,}"))
        if item.discount:
            rows.append(f"  less discount {item.discount:,}")
    rows += ["-" * RECEIPT_WIDTH, _row("TOTAL KES", f"{sale.total:,}")]
    rows += [_row("CASH", f"{cash.tendered or cash.amount:,}") for cash in receipt.cash]
    rows += [_row(f"MPESA {part.receipt}", f"{part.amount:,}") for part in receipt.mpesa]
    if receipt.view.change:
        rows.append(_row("CHANGE", f"{receipt.view.change:,}"))
    if sale.state is SaleState.OPEN:
        rows.append(_row("STILL DUE", f"{sale.balance_due:,}"))
    if sale.state is SaleState.CANCELLED:
        rows.append("CANCELLED".center(RECEIPT_WIDTH).rstrip())
    return "\n".join(rows) + "\n"


def _row(left: str, right: str) -> str:
    return f"{left[: RECEIPT_WIDTH - len(right) - 1]:<{RECEIPT_WIDTH - len(right)}}{right}"
