"""The rules of statements, held against models that go through everything one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from payme.statement_files import Direction, FileLine, Form, LineKind, StatementFile
from payme.statement_files.models import Preamble
from payme.statements import FIXES, Finding, Fix, Reason, Span, rules
from payme.statements.models import Prompt, Standing, Suspect, Waiting
from payme.statements.types import EARLY_S, EDGE_S

BEGAN = datetime(2026, 11, 23, 6, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=12)
OURS, OTHER = "600000", "600001"

minutes = st.integers(0, 600).map(lambda number: BEGAN + timedelta(minutes=number))
ids = st.integers(1, 10**9).map(lambda number: UUID(int=number))
amounts = st.sampled_from([Decimal(10), Decimal(20), Decimal(300)])
receipts = st.sampled_from(["UAAAAAAAA1", "UAAAAAAAA2", "UAAAAAAAA3"])
references = st.sampled_from(["", "REF1", "REF2", "REF3"])
ITS_PHONE = ("2547****678", "", "254712345678")
phones = st.sampled_from([*ITS_PHONE, "2541****999"])
spans = st.tuples(minutes, st.integers(1, 400)).map(lambda pair: Span(pair[0], pair[0] + timedelta(minutes=pair[1])))


@st.composite
def suspects(draw: st.DrawFn) -> Suspect:
    """A payment on a statement that is not plainly in the books."""
    amount = draw(amounts)
    booked = draw(st.sampled_from([None, (OURS, Decimal(15)), (OURS, Decimal(250)), (OTHER, amount)]))
    return Suspect(
        id=draw(ids),
        shortcode=OURS,
        receipt=draw(receipts),
        amount=amount,
        completed_at=draw(minutes),
        by_prompt=draw(st.booleans()),
        phone=draw(phones),
        account_reference=draw(references),
        booked_id=draw(ids) if booked else None,
        booked_shortcode=booked[0] if booked else None,
        booked_amount=booked[1] if booked else None,
        is_again=draw(st.booleans()),
        is_elsewhere=draw(st.booleans()) and booked is None,
    )


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    created_at = draw(minutes)
    return Prompt(
        id=draw(ids),
        shortcode=draw(st.sampled_from([OURS, OTHER])),
        account_reference=draw(references.filter(bool)),
        phone="254712345678",
        amount=draw(amounts),
        created_at=created_at,
        deadline_at=created_at + timedelta(minutes=2),
    )


def may_be(suspect: Suspect, prompt: Prompt) -> bool:
    """Whether money without a reference may have been the answer to a prompt."""
    in_time = prompt.created_at - timedelta(seconds=EARLY_S) <= suspect.completed_at <= prompt.deadline_at
    same_phone = suspect.phone in ITS_PHONE
    return (
        suspect.by_prompt
        and prompt.shortcode == suspect.shortcode
        and prompt.amount == suspect.amount
        and in_time
        and same_phone
    )


def model(suspect: Suspect, waiting: Sequence[Waiting], asked: Sequence[Prompt]) -> tuple[Reason, Decimal]:
    """Name the reason by going through everything."""
    if suspect.is_again or suspect.is_elsewhere:
        return Reason.DUPLICATE_RECEIPT, suspect.amount
    if suspect.booked_shortcode == OTHER:
        return Reason.WRONG_TILL, suspect.amount
    if suspect.booked_amount is not None:
        more = suspect.amount - suspect.booked_amount
        return (Reason.OVER if more > 0 else Reason.SHORT), more
    if suspect.receipt in [one.receipt for one in waiting]:
        return Reason.LATE_CALLBACK, suspect.amount
    return model_of_prompts(suspect, asked)


def model_of_prompts(suspect: Suspect, asked: Sequence[Prompt]) -> tuple[Reason, Decimal]:
    if suspect.account_reference:
        meant = [one for one in asked if one.account_reference == suspect.account_reference]
    else:
        meant = [one for one in asked if may_be(suspect, one)]
    if len(meant) != 1:
        return Reason.UNKNOWN, suspect.amount
    [prompt] = meant
    if prompt.shortcode != suspect.shortcode:
        return Reason.WRONG_TILL, suspect.amount
    if prompt.amount == suspect.amount:
        return (Reason.MISSING_CALLBACK if suspect.phone in ITS_PHONE else Reason.UNKNOWN), suspect.amount
    return (Reason.OVER if suspect.amount > prompt.amount else Reason.SHORT), suspect.amount


waits = st.lists(st.builds(Waiting, ids, receipts), max_size=2)
asked_for = st.lists(prompts(), max_size=3, unique_by=lambda one: one.account_reference)


@given(suspects(), waits, asked_for)
def test_each_payment_has_the_one_reason_that_the_model_names(
    suspect: Suspect, waiting: list[Waiting], asked: list[Prompt]
) -> None:
    found = rules.judge(suspect, rules.World.of(waiting, asked))

    assert (found.reason, found.amount) == model(suspect, waiting, asked)
    assert found.fix in FIXES[found.reason]
    assert (found.fix is Fix.BOOK_MONEY) <= (found.money_in_id is None)
    assert (found.subject_id, found.line_id, found.at) == (suspect.id, suspect.id, suspect.completed_at)
    assert (found.callback_id is not None) == (found.reason is Reason.LATE_CALLBACK)
    assert (found.payment_id is None) | (found.payment_id in {one.id for one in asked})


@given(st.lists(spans, max_size=6), minutes)
def test_joined_times_hold_what_any_of_them_held(some: list[Span], at: datetime) -> None:
    joined = rules.merged(some)

    assert any(span.has(at) for span in joined) == any(span.has(at) for span in some)
    assert all(before.end < after.start for before, after in pairwise(joined))


@given(st.lists(spans, max_size=6), spans, minutes)
def test_money_is_missed_only_away_from_the_edges(some: list[Span], wanted: Span, at: datetime) -> None:
    edge = timedelta(seconds=EDGE_S)
    around = [at + timedelta(seconds=second) for second in range(-EDGE_S, EDGE_S + 1, 60)]
    covered = all(any(span.has(one) or span.end == one for span in some) for one in around)
    missed = any(span.has(at) for span in rules.well_covered(some, wanted))

    assert missed <= (wanted.has(at) and any(span.has(at) for span in some))
    assert missed <= covered
    for span in rules.merged(some):
        deep = span.start + edge <= at < span.end - edge
        assert (deep and wanted.has(at)) <= missed


def a_line(number: int, at: datetime, receipt: str = "UAAAAAAAA1", amount: str = "10") -> FileLine:
    return FileLine(
        number=number,
        receipt=receipt,
        direction=Direction.IN,
        kind=LineKind.PAYMENT,
        amount=Decimal(amount),
        completed_at=at,
        by_prompt=False,
        details="",
        phone="",
        payer_name="",
        account_reference="",
        linked_receipt="",
    )


def a_file(lines: Sequence[FileLine], period: tuple[datetime, datetime] | None = None) -> StatementFile:
    start, end = period or (None, None)
    return StatementFile(Form.CSV, b"", Preamble(None, start, end), tuple(lines), (), 0, 0, len(lines))


def test_a_period_that_is_over_is_believed() -> None:
    period = (BEGAN, BEGAN + timedelta(hours=6))
    assert rules.covered(a_file([], period), NOW) == Span(*period)
    assert rules.covered(a_file([a_line(1, BEGAN + timedelta(hours=1))], period), NOW) == Span(*period)


def test_a_period_that_goes_on_ends_with_the_newest_line() -> None:
    period = (BEGAN, NOW + timedelta(hours=6))
    last = BEGAN + timedelta(hours=3)
    assert rules.covered(a_file([a_line(1, last)], period), NOW) == Span(BEGAN, last + timedelta(seconds=1))
    assert rules.covered(a_file([], period), NOW) is None


def test_lines_outside_of_the_period_that_is_named_widen_it() -> None:
    period = (BEGAN + timedelta(hours=1), BEGAN + timedelta(hours=2))
    found = rules.covered(a_file([a_line(1, BEGAN), a_line(2, BEGAN + timedelta(hours=3))], period), NOW)
    assert found == Span(BEGAN, BEGAN + timedelta(hours=3, seconds=1))


def test_without_a_period_the_lines_are_what_is_covered() -> None:
    assert rules.covered(a_file([]), NOW) is None
    assert rules.covered(a_file([a_line(1, BEGAN)]), NOW) == Span(BEGAN, BEGAN + timedelta(seconds=1))


@given(st.lists(st.tuples(receipts, st.sampled_from(["10", "20"])), max_size=30), st.integers(1, 5))
def test_batches_hold_each_line_once_and_in_order(keys: list[tuple[str, str]], size: int) -> None:
    lines = [a_line(place + 1, BEGAN, receipt, amount) for place, (receipt, amount) in enumerate(keys)]

    cut = rules.batches(lines, size)

    flat = [(line.receipt, line.amount) for batch in cut for line in batch]
    assert flat == sorted({(receipt, Decimal(amount)) for receipt, amount in keys})
    assert all(0 < len(batch) <= size for batch in cut)
    for batch in cut:
        for line in batch:  # the first of several
            assert keys.index((line.receipt, str(line.amount))) == line.number - 1


findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(Reason),
        st.just(Fix.WRITE_ENTRY),
        st.integers(1, 5).map(lambda number: UUID(int=number)),
        st.none(),
        st.none(),
        st.none(),
        st.none(),
        receipts,
        amounts,
        minutes,
    ),
    max_size=5,
    unique_by=lambda one: one.subject_id,
)


@given(findings, findings)
def test_what_changed_is_what_is_in_one_and_not_in_the_other(before: list[Finding], now: list[Finding]) -> None:
    standing = [Standing(one.subject_id, one.reason, one.subject_id, one.amount) for one in before]

    new, gone = rules.changes(standing, now)

    def key(one: Finding | Standing) -> tuple[UUID, Reason, Decimal]:
        return one.subject_id, one.reason, one.amount

    assert {key(one) for one in new} == {key(one) for one in now} - {key(one) for one in before}
    assert {key(one) for one in gone} == {key(one) for one in before} - {key(one) for one in now}
    assert rules.changes([replace(one) for one in standing], before) == ([], [])
