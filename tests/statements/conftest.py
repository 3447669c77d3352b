"""A shop whose customers pay its paybill, and the portal that writes down what truly moved."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from payme import money, sales
from payme.daraja import EAT
from payme.kit.db.transaction import Database, Tx
from payme.payments import Payment
from payme.sales import Sale
from payme.statement_files import read_statement
from payme.statements import Difference, DifferenceState, Fix, Imported, Reason, import_statement, list_differences
from tests.statements.portal import Portal
from tests.support.by_hand import Safaricom, new_receipt, notice, registers
from tests.support.daraja import Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, make_shop


@dataclass
class Street:
    """A shop with an open sale of KES 300, Safaricom, and what the portal says in the end."""

    counter: Counter
    safaricom: Safaricom
    sale: Sale
    portal: Portal
    opened_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def shop(self) -> Shop:
        return self.counter.shop

    def at(self, minutes: int) -> datetime:
        """So many minutes after the shop was opened."""
        return self.opened_at + timedelta(minutes=minutes)

    async def asks(self) -> Payment:
        return await self.counter.asks(self.sale.id)

    async def books(self, receipt: str, amount: str, at: datetime, account: str = "") -> None:
        """Safaricom confirms money paid by hand."""
        stamp = f"{at.astimezone(EAT):%Y%m%d%H%M%S}"
        await self.safaricom.confirms(notice(receipt, amount, account=account, at=stamp))

    async def paid_by_hand(self, minutes: int, amount: str = "300", account: str = "") -> str:
        """A customer pays by hand: it is on the statement and in the books."""
        receipt = new_receipt(self.shop)
        self.portal.pays(receipt, self.at(minutes), amount, reason="Pay Bill", account=account)
        await self.books(receipt, amount, self.at(minutes), account)
        return receipt

    async def brings(self, portal: Portal | None = None) -> Imported:
        return await import_statement(self.shop.transact, read_statement((portal or self.portal).csv()), "", None)

    async def differences(self, state: DifferenceState | None = DifferenceState.OPEN) -> list[Difference]:
        return await self.shop.transact(list_differences, None, None, state, None, 200)

    async def told(self) -> list[tuple[Reason, Fix, Decimal]]:
        """What stands, oldest movement first."""
        return [(one.reason, one.fix, one.amount) for one in reversed(await self.differences())]

    async def only(self) -> Difference:
        [found] = await self.differences()
        return found

    async def issues(self, state: str = "open") -> list[tuple[str, UUID]]:
        """The issues about statements, and what they are about."""

        async def read(tx: Tx) -> list[tuple[str, UUID]]:
            rows = await tx.records(
                "SELECT kind, subject_id FROM reconciliation_issues"
                " WHERE business_id = $1 AND state = $2 AND kind LIKE 'statement_%' ORDER BY kind, created_at",
                tx.business_id,
                state,
            )
            return [(row["kind"], row["subject_id"]) for row in rows]

        return await self.shop.transact(read)

    async def booked(self, receipt: str) -> money.MoneyIn | None:
        return await self.shop.transact(money.find_by_receipt, receipt)

    async def sale_now(self) -> Sale:
        return await self.shop.transact(sales.get_sale, self.sale.id)


@pytest.fixture
async def street(database: Database) -> Street:
    shop = await make_shop(database)
    opened = await opens_sale(shop, (await has_stock(shop, price="150.00", quantity="10"), "2"))
    assert shop.paybill is not None
    return Street(Counter(shop), await registers(shop), opened.sale, Portal(shop.paybill.shortcode))
