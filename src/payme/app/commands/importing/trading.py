"""Trade a history through the services, at its own instants: goods are received, sold and paid in cash.

A sale of the past costs its shop no token: it takes one as any sale does, and the platform gives it back with the
reason "imported history", no more and no fewer than were taken. What was taken and given stands in the books, so a
broken import gives back the rest when it is run again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from payme import ledger, reports, sales, stock, wallet
from payme.app.commands.importing import queries
from payme.app.commands.importing.buyers import Buyers
from payme.app.commands.importing.deliveries import DeliveryPlan
from payme.app.commands.importing.history import SALE_KEY, SALE_KEY_AFTER, HistoryLine, Invoice
from payme.app.commands.importing.refused import Tally
from payme.kit.days import SHOP_TIME
from payme.kit.db.idempotency import StoredAnswer
from payme.kit.db.transaction import Database, Once, Scope, Tx
from payme.kit.errors import KeyReused, Refusal, Unavailable
from payme.sales import DraftLine, SaleDraft, SaleView
from payme.stock import DeliveryDraft, ProductDraft, StockShort
from payme.wallet import WalletExhausted

REASON = "imported history"
SUPPLIER = "Imported history"
PRODUCTS_AT_ONCE = 500
KEYS_AT_ONCE = 5_000
_CHANGED = "it was imported before with other lines; correct it in the shop"


class HistoryClock:
    """Tells the time of the history that is being traded; one import at a time owns it."""

    def __init__(self) -> None:
        """Begin with the present, for what is no part of the history."""
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the instant, with time zone UTC."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class TradeTerms:
    """What else an import does: add products it does not find, and make deliveries of what is sold."""

    add_products: bool = False
    deliver: bool = False
    seed: int = 1
    dry_run: bool = False


@dataclass(slots=True)
class _Shelf:
    """Products by what the history calls them, and what is left of each."""

    ids: dict[str, UUID]
    left: dict[UUID, Decimal]


class HistoryTrade:
    """One import of a history into one business."""

    def __init__(self, database: Database, clock: HistoryClock, business_id: UUID, terms: TradeTerms) -> None:
        """``clock`` is the one that ``database`` was made with."""
        self._database = database
        self._clock = clock
        self._scope = Scope.system("import", business_id)
        self._terms = terms
        self._tally = Tally()
        self._buyers = Buyers(database, self._scope, self._tally, dry_run=terms.dry_run)
        self._shelf = _Shelf({}, {})

    async def trade(self, invoices: Sequence[Invoice], advance: Callable[[], None] = lambda: None) -> Tally:
        """Import invoices in the order of their time, each once, however often it is run.

        Raises Unavailable where the database does not answer; running it again goes on where it stopped.
        """
        if self._terms.dry_run or not invoices:
            return await self._trade(invoices, advance)
        first = min(invoice.day for invoice in invoices)
        # Reports of ended days are kept added up, and a night may fall while we trade them: before and after.
        await self._count_again(first)
        try:
            return await self._trade(invoices, advance)
        finally:
            await self._count_again(first)

    async def _count_again(self, first: date) -> None:
        await self._database.transact(self._scope, reports.count_again, first)
        await self._database.transact(self._scope, ledger.count_again, first)

    async def _trade(self, invoices: Sequence[Invoice], advance: Callable[[], None]) -> Tally:
        fresh = await self._not_imported(invoices)
        await self._look_at_shelf(fresh)
        if self._terms.add_products:
            await self._add_products(fresh)
        known = [invoice for invoice in fresh if self._knows_products(invoice)]
        await self._buyers.look_up([line.buyer for invoice in known for line in invoice.lines if line.buyer])
        for _ in range(len(invoices) - len(known)):
            advance()
        plan = self._plan(known)
        for day, todays in groupby(known, key=lambda invoice: invoice.day):
            if self._terms.deliver:
                await self._deliver(day, plan)
            for invoice in todays:
                await self._sell(invoice)
                advance()
        if not self._terms.dry_run:
            await self._give_tokens_back(at_least=0)
        return self._tally

    async def _not_imported(self, invoices: Sequence[Invoice]) -> list[Invoice]:
        imported: dict[str, bytes] = {}
        for start in range(0, len(invoices), KEYS_AT_ONCE):
            keys = [invoice.key for invoice in invoices[start : start + KEYS_AT_ONCE]]
            rows = await self._database.transact(self._scope, queries.imported_keys, keys)
            imported |= {row.key: row.fingerprint for row in rows}
        fresh = []
        for invoice in invoices:
            fingerprint = imported.get(invoice.key)
            if fingerprint is None:
                fresh.append(invoice)
            elif fingerprint == invoice.fingerprint:
                self._tally.known += 1
            else:
                self._tally.refused += invoice.refused(_CHANGED, "imported before with other lines")
        return fresh

    async def _look_at_shelf(self, invoices: Sequence[Invoice]) -> None:
        lines = [line for invoice in invoices for line in invoice.lines]
        skus = {line.sku for line in lines if line.sku}
        names = {line.name.lower() for line in lines if not line.sku}
        found = await self._database.transact(self._scope, queries.known_products, sorted(skus), sorted(names))
        for product in found:
            # Two products may have one name: the older one is meant.
            self._shelf.ids.setdefault(f"name {product.name_key}", product.id)
            self._shelf.ids.setdefault(f"sku {product.sku}", product.id)
            self._shelf.left[product.id] = product.on_hand

    async def _add_products(self, invoices: Sequence[Invoice]) -> None:
        new: dict[str, HistoryLine] = {}
        for invoice in invoices:
            for line in invoice.lines:
                if line.product not in self._shelf.ids:
                    new.setdefault(line.product, line)
        if self._terms.dry_run:
            self._shelf.ids |= {name: self._database.seams.new_id() for name in new}
            return
        if invoices:
            self._clock.at = _morning(invoices[0].day)
        pairs = list(new.items())
        for start in range(0, len(pairs), PRODUCTS_AT_ONCE):
            part = pairs[start : start + PRODUCTS_AT_ONCE]
            drafts = [ProductDraft(line.name, "piece", line.unit_price, sku=line.sku) for _, line in part]
            products = await self._database.transact(self._scope, stock.add_products, drafts)
            self._shelf.ids |= {name: product.id for (name, _), product in zip(part, products, strict=True)}

    def _knows_products(self, invoice: Invoice) -> bool:
        unknown = sorted({line.product for line in invoice.lines if line.product not in self._shelf.ids})
        if unknown:
            reason = f"the shop has no product {', '.join(unknown[:5])}; import the catalogue first, or --add-products"
            self._tally.refused += invoice.refused(reason, "of products that the shop does not have")
        return not unknown

    def _plan(self, invoices: Sequence[Invoice]) -> DeliveryPlan:
        demand: dict[date, dict[UUID, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        prices: dict[UUID, Decimal] = {}
        names: dict[UUID, str] = {}
        for invoice in invoices:
            for product_id, line in self._products_of(invoice):
                demand[invoice.day][product_id] += line.quantity
                prices.setdefault(product_id, line.unit_price)
                names[product_id] = line.product
        return DeliveryPlan(demand, prices, names, self._terms.seed)

    def _products_of(self, invoice: Invoice) -> list[tuple[UUID, HistoryLine]]:
        return [(self._shelf.ids[line.product], line) for line in invoice.lines]

    async def _deliver(self, day: date, plan: DeliveryPlan) -> None:
        lines = plan.for_day(day, self._shelf.left)
        if not lines:
            return
        self._clock.at = _morning(day)
        if not self._terms.dry_run:
            await self._database.transact(self._scope, stock.receive, DeliveryDraft(SUPPLIER, tuple(lines)))
        for line in lines:
            self._shelf.left[line.product_id] = self._shelf.left.get(line.product_id, Decimal(0)) + line.quantity

    async def _sell(self, invoice: Invoice) -> None:
        wanted: dict[UUID, Decimal] = defaultdict(Decimal)
        for product_id, line in self._products_of(invoice):
            wanted[product_id] += line.quantity
        short = {one for one, quantity in wanted.items() if quantity > self._shelf.left.get(one, Decimal(0))}
        if self._terms.dry_run and short:
            self._refuse_short(invoice, short, self._shelf.left)
            return
        if self._terms.dry_run:
            await self._buyers.customer_of(invoice.buyers)
        else:
            self._clock.at = invoice.at
            try:
                await self._sell_for_a_token(invoice)
            except Unavailable:
                raise
            except StockShort as refusal:
                left = {one.product_id: one.left for one in refusal.shortages}
                self._refuse_short(invoice, set(left), left)
                return
            except KeyReused:
                self._tally.refused += invoice.refused(_CHANGED, "imported before with other lines")
                return
            except Refusal as refusal:
                self._tally.refused += invoice.refused(refusal.title, refusal.code)
                return
        self._tally.imported += 1
        for product_id, quantity in wanted.items():
            self._shelf.left[product_id] = self._shelf.left.get(product_id, Decimal(0)) - quantity

    async def _sell_for_a_token(self, invoice: Invoice) -> None:
        lines = tuple(
            DraftLine(product_id, line.quantity, line.unit_price, line.discount)
            for product_id, line in self._products_of(invoice)
        )
        customer_id = await self._buyers.customer_of(invoice.buyers)
        draft = SaleDraft(lines, invoice.total, f"Imported: {invoice.number}", customer_id)
        once: Once[SaleView] = Once(invoice.key, invoice.fingerprint, _tell)
        try:
            await self._database.transact_once(self._scope, once, sales.open_sale, draft)
        except WalletExhausted:
            await self._give_tokens_back(at_least=1)
            await self._database.transact_once(self._scope, once, sales.open_sale, draft)

    async def _give_tokens_back(self, at_least: int) -> None:
        await self._database.transact(self._scope, _give_tokens_back, at_least)

    def _refuse_short(self, invoice: Invoice, short: set[UUID], left: Mapping[UUID, Decimal]) -> None:
        names = {product_id: line.product for product_id, line in self._products_of(invoice)}
        tell = sorted(f"{left.get(one, Decimal(0)).normalize():f} of {names[one]}" for one in short)
        reason = f"there was not enough in stock (left: {', '.join(tell[:5])}); import deliveries first, or --deliver"
        self._tally.refused += invoice.refused(reason, "of goods that were not in stock")


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), SHOP_TIME).astimezone(UTC)


async def _give_tokens_back(tx: Tx, at_least: int) -> None:
    due = await queries.tokens_to_give_back(tx, SALE_KEY, SALE_KEY_AFTER, REASON)
    if max(due, at_least) > 0:
        await wallet.grant_tokens(tx, max(due, at_least), REASON)


def _tell(view: SaleView) -> StoredAnswer:
    return StoredAnswer(201, f'{{"sale_id": "{view.sale.id}", "number": {view.sale.number}}}')
