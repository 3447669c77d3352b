"""Pure decisions of sales."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from payme.credit import SaleOnAccount
from payme.kit.days import SHOP_TIME
from payme.kit.money import AMOUNT_MAX, CENT, GRAM, ZERO, round_half_up
from payme.sales.errors import (
    DiscountTooLarge,
    MoreThanSold,
    PriceNotAllowed,
    ProductNotForSale,
    SaleLineUnknown,
    SaleNotOpen,
    SaleNotReturnable,
    SaleProductUnknown,
    SaleTooLarge,
)
from payme.sales.models import DraftLine, ItemTaking, LineBack, Receipt, Sale, SaleItem, WantedBack
from payme.sales.types import MOVES, Condition, SaleState
from payme.stock import GoodsBack, Product, Taking


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


def worth_of_part(line_total: Decimal, sold: Decimal, before: Decimal, quantity: Decimal) -> Decimal:
    """Return what a part of a line was sold for: its share of ``line_total``, rounded half up over all parts so far.

    The parts are those of one pile, so their order and size do not matter: they never exceed the line, and the last
    takes what is left. Exact: quantities have three places.
    """
    return _worth(line_total, sold, before + quantity) - _worth(line_total, sold, before)


def _worth(line_total: Decimal, sold: Decimal, back: Decimal) -> Decimal:
    cents, whole, part = int(line_total / CENT), int(sold / GRAM), int(back / GRAM)
    return Decimal((2 * cents * part + whole) // (2 * whole)) * CENT


def take_back(sale: Sale, items: Sequence[SaleItem], wanted: Sequence[WantedBack]) -> list[LineBack]:
    """Decide what comes back of which line, and what it was sold for, one after the other.

    Raises SaleNotReturnable, SaleLineUnknown, MoreThanSold.
    """
    if not sale.state.stands:
        raise SaleNotReturnable(sale_id=sale.id, state=sale.state)
    by_line = {item.line: item for item in items}
    gone = {item.line: item.returned_quantity for item in items}
    lines = []
    for want in wanted:
        item = by_line.get(want.line)
        if item is None:
            raise SaleLineUnknown(sale_id=sale.id, line=want.line)
        before = gone[want.line]
        if before + want.quantity > item.quantity:
            raise MoreThanSold(line=want.line, sold=item.quantity, returned=before, wanted=want.quantity)
        gone[want.line] = before + want.quantity
        amount = worth_of_part(item.line_total, item.quantity, before, want.quantity)
        lines.append(LineBack(item, want.quantity, amount, want.condition, want.reason, before))
    return lines


def after_return(sale: Sale, items: Sequence[SaleItem], lines: Sequence[LineBack]) -> list[tuple[SaleState, SaleState]]:
    """Return the steps that a sale takes when goods of it come back; none where it stays partly returned."""
    out = sum((item.quantity - item.returned_quantity for item in items), ZERO)
    steps: list[tuple[SaleState, SaleState]] = []
    if sale.state is not SaleState.PARTLY_RETURNED:
        steps.append((sale.state, SaleState.PARTLY_RETURNED))
    if out == sum((line.quantity for line in lines), ZERO):
        steps.append((SaleState.PARTLY_RETURNED, SaleState.RETURNED))
    return steps


def goods_back(lines: Sequence[LineBack], takings: Sequence[ItemTaking]) -> list[GoodsBack]:
    """Return what stock brings back: of each line the batches that it took."""
    by_item: dict[UUID, list[Taking]] = defaultdict(list)
    product_of = {line.item.id: line.item.product_id for line in lines}
    for part in takings:
        if part.sale_item_id in product_of:
            taking = Taking(product_of[part.sale_item_id], part.batch_id, part.quantity, part.unit_cost)
            by_item[part.sale_item_id].append(taking)
    return [
        GoodsBack(
            product_id=line.item.product_id,
            takings=tuple(by_item[line.item.id]),
            before=line.returned_before,
            quantity=line.quantity,
            spoiled=line.reason if line.condition is Condition.SPOILED else None,
        )
        for line in lines
    ]


RECEIPT_WIDTH = 32
"""Characters of a 58 mm roll."""


def receipt_text(receipt: Receipt) -> str:
    """Write a receipt for a 58 mm printer: plain text, 32 characters wide."""
    sale = receipt.view.sale
    at = (sale.completed_at or sale.opened_at).astimezone(SHOP_TIME)
    rows = [receipt.shop.name[:RECEIPT_WIDTH].center(RECEIPT_WIDTH).rstrip()]
    if receipt.shop.phone:
        rows.append(receipt.shop.phone.center(RECEIPT_WIDTH).rstrip())
    rows += [receipt_row(f"Receipt {sale.number}", f"{at:%d.%m.%Y %H:%M}"), "-" * RECEIPT_WIDTH]
    for item in receipt.view.items:
        rows.append(item.product_name[:RECEIPT_WIDTH])
        rows.append(
            receipt_row(f"  {item.quantity.normalize():f} {item.unit} x {item.unit_price:,}", f"{item.line_total:,}")
        )
        if item.discount:
            rows.append(f"  less discount {item.discount:,}")
    rows += ["-" * RECEIPT_WIDTH, receipt_row("TOTAL KES", f"{sale.total:,}")]
    rows += [receipt_row("CASH", f"{cash.tendered or cash.amount:,}") for cash in receipt.cash]
    rows += [receipt_row(f"MPESA {part.receipt}", f"{part.amount:,}") for part in receipt.mpesa]
    if receipt.account is not None:
        rows += _account_rows(receipt.account)
    if receipt.view.change:
        rows.append(receipt_row("CHANGE", f"{receipt.view.change:,}"))
    if sale.state is SaleState.OPEN:
        rows.append(receipt_row("STILL DUE", f"{sale.balance_due:,}"))
    for item in receipt.view.items:
        if item.returned_quantity:
            rows.append(
                f"RETURNED {item.returned_quantity.normalize():f} {item.unit} {item.product_name}"[:RECEIPT_WIDTH]
            )
            rows.append(receipt_row("", f"-{item.returned_amount:,}"))
    if sale.state in {SaleState.CANCELLED, SaleState.VOIDED, SaleState.RETURNED}:
        rows.append(sale.state.upper().center(RECEIPT_WIDTH).rstrip())
    return "\n".join(rows) + "\n"


def _account_rows(account: SaleOnAccount) -> list[str]:
    """Write what went on an account, who owes it until when, and what they owe in all."""
    rows = [receipt_row("CUSTOMER CREDIT", f"{account.credit_used:,}")] if account.credit_used else []
    if account.due_on is not None:
        rows += [
            receipt_row("ON CREDIT", f"{account.debt:,}"),
            receipt_row("  still owed of it", f"{account.outstanding:,}"),
            receipt_row("  due", f"{account.due_on:%d.%m.%Y}"),
        ]
    rows.append(f"Customer: {account.customer_name or '-'}"[:RECEIPT_WIDTH])
    return [*rows, receipt_row("OWED IN ALL", f"{account.owed_in_all:,}")]


def receipt_row(left: str, right: str) -> str:
    """Write a row of a receipt: what it is on the left, the figure on the right."""
    return f"{left[: RECEIPT_WIDTH - len(right) - 1]:<{RECEIPT_WIDTH - len(right)}}{right}"
