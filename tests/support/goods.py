"""Goods on the shelf, for one test each."""

from decimal import Decimal
from uuid import UUID

from payme import sales, stock, wallet
from payme.kit.db.transaction import Scope
from payme.sales import DraftLine, SaleDraft, SaleView
from payme.stock import DeliveryDraft, DeliveryLine, Product, ProductDraft
from tests.support.shops import Shop


async def has_tokens(shop: Shop, tokens: int) -> None:
    """Give the shop more tokens, as support would."""
    await shop.database.transact(Scope.system("test", shop.business_id), wallet.grant_tokens, tokens, "for a test")


async def has_stock(
    shop: Shop, name: str = "Sugar", price: str = "150.00", quantity: str = "10", cost: str = "120.00"
) -> Product:
    """Add a product and receive one batch of it."""
    product = await shop.transact(stock.add_product, ProductDraft(name=name, unit="kg", selling_price=Decimal(price)))
    await receives(shop, product.id, quantity, cost)
    return product


async def receives(shop: Shop, product_id: UUID, quantity: str, cost: str) -> None:
    """Receive one more batch."""
    line = DeliveryLine(product_id, Decimal(quantity), Decimal(cost))
    await shop.transact(stock.receive, DeliveryDraft("Wholesaler", (line,)))


def draft_of(
    *lines: tuple[Product, str], cash: str | None = None, customer: UUID | None = None, drawer: UUID | None = None
) -> SaleDraft:
    """Write a draft of products and quantities."""
    drafted = tuple(DraftLine(product.id, Decimal(quantity), None, Decimal("0.00")) for product, quantity in lines)
    return SaleDraft(drafted, None if cash is None else Decimal(cash), "", customer, drawer)


async def opens_sale(
    shop: Shop, *lines: tuple[Product, str], cash: str | None = None, role: str = "cashier"
) -> SaleView:
    """Ring up a sale as the cashier."""
    return await shop.transact(sales.open_sale, draft_of(*lines, cash=cash), role=role)
