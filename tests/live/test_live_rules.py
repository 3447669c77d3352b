"""What is worth a notice, and what a stream still has to be told."""

from decimal import Decimal
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from payme.kit.events import Event
from payme.live import rules
from payme.live.models import Picture
from payme.live.types import NOTICE_IDS_MAX
from payme.money import MoneyAllocated, Purpose
from payme.payments import CashTaken, PaymentMoved
from payme.sales import (
    SaleCancelled,
    SaleCompleted,
    SaleOpened,
    SalePaid,
    SaleReturned,
    SaleState,
    SaleVoided,
)

BUSINESS = uuid4()
KEYS = st.tuples(st.sampled_from(["sales", "payments"]), st.sampled_from(["1", "2", "3"]))
THINGS = st.dictionaries(KEYS, st.sampled_from(['{"a":1}', '{"a":2}']))


def opened(sale_id: UUID) -> Event:
    return SaleOpened(sale_id, 1, Decimal(100), ())


def completed(sale_id: UUID) -> Event:
    return SaleCompleted(sale_id, 1, Decimal(100))


def moved(payment_id: UUID) -> Event:
    return PaymentMoved(payment_id, None, "created", "failed", "till", "")


def test_a_sale_that_was_never_open_is_no_news() -> None:
    sale, cash = uuid4(), uuid4()
    paid = SalePaid(sale, Decimal(0), Decimal(100), Decimal(100))
    taken = CashTaken(cash, sale, Decimal(100), Decimal(100), Decimal(0))

    assert rules.notice_of(BUSINESS, [opened(sale), taken, paid, completed(sale)]) is None
    assert rules.notice_of(BUSINESS, [taken]) is None
    assert rules.notice_of(BUSINESS, [opened(sale)]) == [BUSINESS]
    assert rules.notice_of(BUSINESS, [paid, completed(sale)]) == [BUSINESS]
    assert rules.notice_of(
        BUSINESS, [SaleCancelled(sale, 1, "", Decimal(0), Decimal(0), customer_was_being_asked=False)]
    ) == [BUSINESS]


def test_what_becomes_of_a_completed_sale_is_news() -> None:
    sale, nothing = uuid4(), Decimal(0)
    back = SaleReturned(sale, 1, uuid4(), Decimal(100), nothing, Decimal(100), SaleState.RETURNED)
    undone = SaleVoided(
        sale, 1, "", Decimal(100), nothing, nothing, customer_was_being_asked=False, account_reversed=nothing
    )

    assert rules.notice_of(BUSINESS, [back]) == rules.notice_of(BUSINESS, [undone]) == [BUSINESS]


def test_money_that_begins_or_ends_to_wait_is_news_and_a_sales_own_is_not() -> None:
    money, sale = uuid4(), uuid4()
    for amount in (Decimal(100), Decimal(-100)):
        waiting = MoneyAllocated(money, Purpose.UNALLOCATED, None, amount)
        assert rules.notice_of(BUSINESS, [waiting]) == [BUSINESS]
        assert rules.notice_of(BUSINESS, [MoneyAllocated(money, Purpose.SALE, sale, amount)]) is None


def test_a_notice_names_few_payments_and_stays_short() -> None:
    few = sorted(uuid4() for _ in range(NOTICE_IDS_MAX))
    ids = rules.notice_of(BUSINESS, [moved(one) for one in few])
    assert ids == [BUSINESS, *few]
    text = " ".join(one.hex for one in ids)
    assert len(text) < 8000
    notice = rules.read_notice(text)
    assert notice is not None
    assert (notice.business_id, notice.payment_ids) == (BUSINESS, frozenset(few))
    assert rules.concerns(notice, None)
    assert rules.concerns(notice, few[0])
    assert not rules.concerns(notice, uuid4())

    many = rules.notice_of(BUSINESS, [moved(one) for one in [*few, uuid4()]])
    assert many == [BUSINESS]
    every = rules.read_notice(BUSINESS.hex)
    assert every is not None
    assert rules.concerns(every, uuid4())


@given(before=THINGS, after=THINGS)
def test_a_reader_who_takes_every_change_has_the_state(
    before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]
) -> None:
    kinds = ("sales", "payments")
    old, new = Picture(before, kinds, whole=False), Picture(after, kinds, whole=False)
    marks, marks_after = rules.marks_of(old), rules.marks_of(new)

    message = rules.change(marks, new, marks_after)

    if message is None:
        assert before == after
        assert rules.id_of(marks) == rules.id_of(marks_after)
    else:
        assert rules.id_of(marks) != message.id == rules.id_of(marks_after) == rules.whole_state(new, marks_after).id
