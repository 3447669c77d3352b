"""Whatever evidence of one payment comes, in whatever order, however often: the books end the same."""

import asyncio
import contextlib
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payme import sales, settlement
from payme.claims import paste_message
from payme.kit.db.transaction import Database, Tx
from payme.money import ReceiptTaken
from payme.sales import SaleNotOpen
from tests.support.by_hand import HASHED, MASKED, Safaricom, message, notice, registers
from tests.support.daraja import PHONE, Counter, not_paid, paid, receipt_of
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import Shop, make_shop

PROOFS = ("callback", "confirmation")
REST = ("failure", "nonsense", "claim", "message", "deadline")


@dataclass(frozen=True)
class Course:
    """What comes, in order; ``account`` says whether the payer's account is told: of a till it is not."""

    steps: tuple[str, ...]
    account: bool
    phone: str


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """At least one proof, and anything else besides, in any order and any number."""
    steps = draw(st.lists(st.sampled_from(PROOFS), min_size=1, max_size=4))
    steps += draw(st.lists(st.sampled_from(REST), max_size=4))
    account = draw(st.booleans())
    if not account and "callback" not in steps:
        steps.append(draw(st.sampled_from(["callback", "claim", "message"])))  # else nobody can know whose it is
        if steps[-1] == "claim":
            return Course((*draw(st.permutations(steps[:-1])), "claim"), account, draw(phones()))
    return Course(tuple(draw(st.permutations(steps))), account, draw(phones()))


def phones() -> st.SearchStrategy[str]:
    return st.sampled_from([PHONE, MASKED, HASHED, ""])


@pytest.fixture(scope="module")
async def shop(database: Database) -> Shop:
    opened = await make_shop(database)
    await has_tokens(opened, 10_000)
    return opened


async def books(shop: Shop, sale_id: UUID) -> dict[str, object]:
    """Where the money of one sale stands, and what became of the sale."""

    async def read(tx: Tx) -> dict[str, object]:
        records = await tx.records(
            """
            WITH mine AS (
                SELECT DISTINCT money_in_id FROM allocations WHERE business_id = $1 AND sale_id = $2)
            SELECT sale.state, sale.paid,
                   (SELECT count(*) FROM mine) AS receipts,
                   (SELECT coalesce(sum(amount), 0) FROM allocations
                     WHERE business_id = $1 AND sale_id = $2 AND purpose = 'sale') AS for_sale,
                   (SELECT coalesce(sum(amount), 0) FROM allocations
                     WHERE business_id = $1 AND purpose <> 'sale' AND money_in_id IN (SELECT money_in_id FROM mine)
                   ) AS elsewhere,
                   (SELECT count(*) FROM wallet_transactions
                     WHERE business_id = $1 AND sale_id = $2 AND type = 'charge') AS charged
              FROM sales AS sale
             WHERE sale.business_id = $1 AND sale.id = $2
            """,
            tx.business_id,
            sale_id,
        )
        return dict(zip(records[0].keys(), records[0].values(), strict=True))

    return await shop.transact(read)


async def happens(course: Course, counter: Counter, safaricom: Safaricom, sale_id: UUID) -> None:
    shop = counter.shop
    payment = await counter.asks(sale_id)
    secret = counter.daraja.secret_of(payment)
    told = notice(
        receipt_of(payment), account=(payment.account_reference or "") if course.account else "", phone=course.phone
    )
    for step in course.steps:
        if step == "callback":
            await counter.receives_at(paid(payment), secret)
        elif step == "confirmation":
            await safaricom.confirms(told)
        elif step == "failure":
            await counter.receives_at(not_paid(payment), secret)
        elif step == "nonsense":
            await counter.receives_at(paid(payment, amount="1"), secret)
        elif step == "deadline":
            await counter.deadline_passes(payment)
        elif step == "message":
            await pastes(shop, sale_id, receipt_of(payment))
        else:
            await claims(shop, sale_id, receipt_of(payment))


async def pastes(shop: Shop, sale_id: UUID, receipt: str) -> None:
    with contextlib.suppress(ReceiptTaken, SaleNotOpen):
        await shop.transact(paste_message, sale_id, message(receipt))


async def claims(shop: Shop, sale_id: UUID, receipt: str) -> None:
    """The cashier taps the receipt, if it is among those that wait."""

    async def waiting(tx: Tx) -> UUID | None:
        found: UUID | None = await tx.value(
            """
            SELECT money_in_id FROM allocations AS part JOIN money_in AS money ON money.id = part.money_in_id
             WHERE part.business_id = $1 AND receipt = $2 AND purpose = 'unallocated'
             GROUP BY money_in_id HAVING sum(part.amount) > 0
            """,
            tx.business_id,
            receipt,
        )
        return found

    found = await shop.transact(waiting)
    if found is not None:
        await shop.transact(settlement.claim_money, found, sale_id)


PAID_ONCE = {
    "state": "completed",
    "paid": Decimal(300),
    "receipts": 1,
    "for_sale": Decimal(300),
    "elsewhere": Decimal(0),
    "charged": 1,
}


async def test_n24_any_evidence_of_one_payment_in_any_order_pays_its_sale_once(shop: Shop) -> None:
    tea = await has_stock(shop, quantity="100000")
    safaricom = await registers(shop)
    loop = asyncio.get_running_loop()
    seen: list[Course] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(courses())
    def examine(course: Course) -> None:
        async def run() -> dict[str, object]:
            sale = (await opens_sale(shop, (tea, "2"))).sale
            await happens(course, Counter(shop), safaricom, sale.id)
            return await books(shop, sale.id)

        seen.append(course)
        assert asyncio.run_coroutine_threadsafe(run(), loop).result(60) == PAID_ONCE, course

    await asyncio.to_thread(examine)
    assert len(seen) >= 60


async def test_without_any_proof_nothing_is_booked(shop: Shop) -> None:
    tea = await has_stock(shop, quantity="100")
    safaricom = await registers(shop)
    sale = (await opens_sale(shop, (tea, "2"))).sale

    await happens(Course(REST, account=True, phone=PHONE), Counter(shop), safaricom, sale.id)

    assert (await shop.transact(sales.get_sale, sale.id)).paid == 0
    assert (await books(shop, sale.id))["receipts"] == 0
