"""A shop whose shelves the tests fill through the services."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from payme import stock
from payme.kit.db.transaction import Database, Tx
from payme.stock import Batch, DeliveryDraft, DeliveryLine, Product, ProductDraft, Taking
from tests.support.shops import Shop, make_shop


async def take_fifo(tx: Tx, quantities: Mapping[UUID, Decimal], source_id: UUID) -> list[Taking]:
    """Lock products and take from them, as a sale does."""
    return await stock.take_from(tx, await stock.lock_products(tx, quantities), quantities, source_id)


@dataclass(frozen=True)
class Store:
    """A shop, seen by whoever keeps its stock."""

    shop: Shop

    async def product(self, name: str = "Sukari 1kg", *, sku: str | None = None, active: bool = True) -> Product:
        draft = ProductDraft(name, "bag", Decimal("180.00"), sku=sku, active=active)
        return await self.shop.transact(stock.add_product, draft)

    async def receive(self, product_id: UUID, *lines: tuple[str, str]) -> list[Batch]:
        """Receive (quantity, unit cost) a line, in one delivery."""
        goods = tuple(DeliveryLine(product_id, Decimal(quantity), Decimal(cost)) for quantity, cost in lines)
        return await self.shop.transact(stock.receive, DeliveryDraft("Mama Mboga Ltd", goods))

    async def take(self, product_id: UUID, quantity: str, sale_id: UUID | None = None) -> list[Taking]:
        source = sale_id or self.shop.database.seams.new_id()
        return await self.shop.transact(take_fifo, {product_id: Decimal(quantity)}, source)

    async def left(self, product_id: UUID) -> list[Decimal]:
        """What each batch of a product has, oldest first."""

        async def read(tx: Tx) -> list[Decimal]:
            records = await tx.records(
                """
                SELECT quantity_available FROM stock_batches
                 WHERE business_id = $1 AND product_id = $2 ORDER BY received_at, id
                """,
                tx.business_id,
                product_id,
            )
            return [record[0] for record in records]

        return await self.shop.transact(read)

    async def broken_books(self) -> list[tuple[object, ...]]:
        """Rows that break ST1, ST2, ST3 or ST4; none, or the stock is wrong."""

        async def read(tx: Tx) -> list[tuple[object, ...]]:
            records = await tx.records(
                """
                SELECT 'ST1', batch.id FROM stock_batches AS batch
                 WHERE batch.business_id = $1 AND batch.quantity_available <> batch.quantity_received
                       + (SELECT coalesce(sum(quantity), 0) FROM stock_movements
                           WHERE business_id = $1 AND batch_id = batch.id)
                UNION ALL
                SELECT 'ST4', movement.id FROM stock_movements AS movement
                  JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = movement.batch_id
                 WHERE movement.business_id = $1 AND movement.unit_cost <> batch.unit_cost
                UNION ALL
                SELECT 'ST3', movement.id FROM stock_movements AS movement
                  JOIN stock_batches AS batch ON batch.business_id = $1 AND batch.id = movement.batch_id
                  JOIN stock_batches AS older
                    ON older.business_id = $1 AND older.product_id = batch.product_id
                   AND (older.received_at, older.id) < (batch.received_at, batch.id)
                 WHERE movement.business_id = $1 AND movement.kind = 'sale'
                   AND older.quantity_received + (SELECT coalesce(sum(quantity), 0) FROM stock_movements
                           WHERE business_id = $1 AND batch_id = older.id AND sequence < movement.sequence) > 0
                """,
                tx.business_id,
            )
            return [tuple(record.values()) for record in records]

        return await self.shop.transact(read)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """A shop of this test alone; whatever the test did, its books must agree."""
    made = Store(await make_shop(database))
    yield made
    assert await made.broken_books() == []
