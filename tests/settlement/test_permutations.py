"""Whatever evidence of one payment comes, in whatever order, however often: the books end the same."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from secrets import randbelow
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payme import payment_configs, sales, settlement
from payme.claims import claim_money, paste_message
from payme.inquiries.services import record_visit
from payme.kit.db.transaction import Database, Scope, Tx
from payme.money import ReceiptTaken
from payme.mpesa import QueryResult
from payme.payment_configs import SecretField
from payme.payments import Payment, PaymentState
from payme.receipts.models import Asking
from payme.receipts.services import begin_question
from payme.receipts.types import FIRST_S
from payme.sales import SaleNotOpen
from payme.shortcodes import PulledMoney
from payme.stock import Product
from tests.support.by_hand import MASKED, Safaricom, hashed, message, notice, registers, status_result
from tests.support.daraja import Counter, not_paid, paid, receipt_of
from tests.support.database import in_time
from tests.support.goods import has_stock, has_tokens, opens_sale
from tests.support.shops import BOX, Shop, make_shop, paybill_draft

PROOFS = ("callback", "confirmation", "status", "pull")
REST = ("failure", "soft failure", "nonsense", "claim", "message", "deadline", "status timeout")
ASKED = frozenset({"status", "status timeout"})
"""What comes only after somebody pasted the message, so that Safaricom was asked about the receipt."""


@dataclass(frozen=True)
class Course:
    """What comes, in order; ``account`` says whether the payer's account is told: of a till it is not.

    ``tells`` is how a confirmation or a list tells the phone.
    """

    steps: tuple[str, ...]
    account: bool
    tells: Callable[[str], str]

    @property
    def end(self) -> PaymentState:
        """Where the payment must end: paid by all that says so of this very prompt, by money beside it as it was."""
        came = set(self.steps)
        if came & {"callback", "status"} or (self.account and came & set(PROOFS)):
            return PaymentState.SUCCEEDED
        if came & {"failure", "soft failure"}:
            return PaymentState.FAILED
        return PaymentState.EXPIRED if "deadline" in came else PaymentState.SUBMITTED


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """At least one proof, and anything else besides, in any order and any number."""
    steps = draw(st.lists(st.sampled_from(PROOFS), min_size=1, max_size=4))
    steps += draw(st.lists(st.sampled_from(REST), max_size=4))
    account = draw(st.booleans())
    if not account and not {"callback", "message", *ASKED} & set(steps):
        steps.append(draw(st.sampled_from(["callback", "claim", "message"])))  # else nobody can know whose it is
        if steps[-1] == "claim":
            return Course((*draw(st.permutations(steps[:-1])), "claim"), account, draw(tellings()))
    return Course(tuple(draw(st.permutations(steps))), account, draw(tellings()))


def masked(_: str) -> str:
    return MASKED


def plain(phone: str) -> str:
    return phone


def nothing(_: str) -> str:
    return ""


def tellings() -> st.SearchStrategy[Callable[[str], str]]:
    return st.sampled_from([plain, masked, hashed, nothing])


@pytest.fixture(scope="module")
async def shop(database: Database) -> Shop:
    opened = await make_shop(database, paybill=False)
    draft = paybill_draft(initiator_name="testapi")
    secrets = {**draft.secrets, SecretField.INITIATOR_CREDENTIAL: "c2VhbGVk"}
    paybill = await opened.transact(payment_configs.add_config, replace(draft, secrets=secrets), BOX)
    opened = replace(opened, paybill=paybill)
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


async def happens(course: Course, counter: Counter, safaricom: Safaricom, sale_id: UUID) -> Payment:
    shop = counter.shop
    phone = f"2547{randbelow(10**5):05}678"  # its own, which fits the mask: one prompt is on a phone at a time
    payment, told = await counter.asks(sale_id, phone=phone), course.tells(phone)
    secret, receipt = counter.daraja.secret_of(payment), receipt_of(payment)
    account = (payment.account_reference or "") if course.account else ""
    asking = await asks_about(shop, sale_id, receipt) if ASKED & set(course.steps) else None
    answer = status_result(receipt, safaricom.shortcode, phone=phone)
    row = PulledMoney(receipt, Decimal(300), account, told, datetime.now(UTC))
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "callback": lambda: counter.receives_at(paid(payment, phone=phone), secret),
        "confirmation": lambda: safaricom.confirms(notice(receipt, account=account, phone=told)),
        "status": lambda: counter.receives_at(answer, asking.result if asking else ""),
        "status timeout": lambda: counter.receives_at(b'{"Result":{}}', asking.timeout if asking else ""),
        "pull": lambda: lists(shop, safaricom, row),
        "failure": lambda: counter.receives_at(not_paid(payment), secret),
        "soft failure": lambda: fails_softly(counter, payment),
        "nonsense": lambda: counter.receives_at(paid(payment, amount="1", phone=phone), secret),
        "deadline": lambda: counter.deadline_passes(payment),
        "message": lambda: pastes(shop, sale_id, receipt),
        "claim": lambda: claims(shop, sale_id, receipt),
    }
    for step in course.steps:
        await steps[step]()
    return await counter.payment(payment.id)


async def lists(shop: Shop, safaricom: Safaricom, row: PulledMoney) -> None:
    scope = Scope.system("test", shop.business_id)
    await shop.database.transact(scope, settlement.book_listed, safaricom.config_id, safaricom.shortcode, row)


async def fails_softly(counter: Counter, payment: Payment) -> None:
    """A question is answered that the customer did not pay; that is not known to be so."""
    scope = Scope.system("test", counter.shop.business_id)
    said = QueryResult("1032", "Request cancelled by user")
    await counter.shop.database.transact(scope, record_visit, payment.id, said, 0.0)


async def pastes(shop: Shop, sale_id: UUID, receipt: str) -> None:
    with contextlib.suppress(ReceiptTaken, SaleNotOpen):
        await shop.transact(paste_message, sale_id, message(receipt))


async def asks_about(shop: Shop, sale_id: UUID, receipt: str) -> Asking:
    """Paste the message, and let the job ask Safaricom what its receipt is."""
    claim = await shop.transact(paste_message, sale_id, message(receipt))
    later = in_time(shop.database, claim.created_at + timedelta(seconds=FIRST_S))
    asking = await later.transact(Scope.system("test", shop.business_id), begin_question, claim.id)
    assert asking is not None
    return asking


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
        await shop.transact(claim_money, found, sale_id)


PAID_ONCE = {
    "state": "completed",
    "paid": Decimal(300),
    "receipts": 1,
    "for_sale": Decimal(300),
    "elsewhere": Decimal(0),
    "charged": 1,
}


async def examined(shop: Shop, safaricom: Safaricom, tea: Product, course: Course) -> None:
    sale = (await opens_sale(shop, (tea, "2"))).sale
    payment = await happens(course, Counter(shop), safaricom, sale.id)
    assert await books(shop, sale.id) == PAID_ONCE, course
    assert payment.state is course.end, course


async def test_n24_any_evidence_of_one_payment_in_any_order_pays_its_sale_once(shop: Shop) -> None:
    tea = await has_stock(shop, quantity="100000")
    safaricom = await registers(shop)
    loop = asyncio.get_running_loop()
    seen: list[Course] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(courses())
    def examine(course: Course) -> None:
        seen.append(course)
        asyncio.run_coroutine_threadsafe(examined(shop, safaricom, tea, course), loop).result(60)

    await asyncio.to_thread(examine)
    assert len(seen) >= 60
    assert await shop.disagreements() == []


@pytest.mark.parametrize("account", [True, False])
async def test_n24_every_order_of_all_that_proves_a_payment_ends_the_same(shop: Shop, *, account: bool) -> None:
    tea = await has_stock(shop, quantity="100000")
    safaricom = await registers(shop)
    for steps in permutations(PROOFS):
        await examined(shop, safaricom, tea, Course(steps, account, masked))


async def test_without_any_proof_nothing_is_booked(shop: Shop) -> None:
    tea = await has_stock(shop, quantity="100")
    safaricom = await registers(shop)
    sale = (await opens_sale(shop, (tea, "2"))).sale

    await happens(Course(REST, account=True, tells=plain), Counter(shop), safaricom, sale.id)

    assert (await shop.transact(sales.get_sale, sale.id)).paid == 0
    assert (await books(shop, sale.id))["receipts"] == 0
