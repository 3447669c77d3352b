"""How long a text is, when it may leave, what an answer means, and what the texts say."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.sms import Language, PeriodTooLong, SmsPreference, SmsPrice, SmsPurpose, SmsState, rules
from payme.sms.models import DueSms, Lost, NotReached, Outcome, Period, Refused, SmsMove, Taken
from payme.sms.types import REMINDERS, SMS_MOVES, WAITS

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = "\f^{}\\[~]|€"
PRICE = SmsPrice(Decimal("0.80"))
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAIROBI_OFFSET = timedelta(hours=3)
texts = st.one_of(
    st.text(alphabet=GSM + TWICE, max_size=500),
    st.text(alphabet="aé€😀ş", max_size=300),
    st.text(max_size=300),
)


def brute_force(text: str) -> int:
    """Put sign after sign into messages, as a telephone does, knowing only the sizes."""
    is_gsm = all(sign in GSM + TWICE for sign in text)
    sizes = [(2 if sign in TWICE else 1) if is_gsm else len(sign.encode("utf-16-be")) // 2 for sign in text]
    single, part = (160, 153) if is_gsm else (70, 67)
    if sum(sizes) <= single:
        return 1
    messages: list[list[int]] = [[]]
    for size in sizes:
        if sum(messages[-1]) + size > part:
            messages.append([])
        messages[-1].append(size)
    return len(messages)


@given(texts)
def test_a_text_takes_as_many_messages_as_a_telephone_would_make_of_it(text: str) -> None:
    assert rules.segments(text) == brute_force(text)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 5, 2),
        ("ş" * 70, 1),
        ("ş" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 in a part, because none is torn
    ],
)
def test_the_edges_of_a_message(text: str, segments: int) -> None:
    assert rules.segments(text) == segments


@given(st.text(max_size=200))
def test_what_is_written_in_gsm_has_no_other_sign(text: str) -> None:
    written = rules.in_gsm(text)

    assert set(written) <= set(GSM)
    assert rules.in_gsm(written) == written


def test_letters_lose_the_accents_that_gsm_lacks() -> None:
    assert rules.in_gsm("Dúka la  Şukari\n😀 Mañana{1}") == "Duka la Sukari Mañana1"


NAMES = ("Mama Njeri Duka", "Duka la Ṣukārì na Mchele, Ngong Road Kibandaski", "商店", "{shop}", "%s\n", "x" * 120)


@pytest.mark.parametrize("language", Language)
@given(
    st.sampled_from(NAMES) | st.text(min_size=1, max_size=120),
    st.decimals(min_value="0.01", max_value="9999999999.99", places=2),
    st.dates(min_value=date(2000, 1, 1)),
    st.sampled_from([None, "+254712345678", "+123456789012345"]),
)
def test_every_text_fits_and_costs_no_more_than_two(
    language: Language, shop: str, amount: Decimal, day: date, phone: str | None
) -> None:
    address = "https://" + "a" * 100 + ".example/r/" + "b" * 26
    written = [rules.reminder_text(purpose, language, shop, phone, amount, day) for purpose in REMINDERS]
    written.append(rules.receipt_text(language, shop, 2**53, amount, address))

    for text in written:
        assert set(text) <= set(GSM)
        assert rules.segments(text) <= 2
        assert f"{amount:,}" in text
    assert all(f"{day:%d.%m.%Y}" in text for text in written[:-1])
    assert all(phone in text for text in written[:-1] if phone)


def test_the_texts_in_both_languages() -> None:
    owed, day, call = Decimal("1250.00"), date(2026, 11, 25), "+254712345678"
    english, swahili = Language.ENGLISH, Language.SWAHILI

    assert rules.reminder_text(SmsPurpose.DUE_SOON, english, "Duka", call, owed, day) == (
        "Duka: KES 1,250.00 is due on 25.11.2026. You can pay at the shop. Thank you. Tel. +254712345678. "
        "To stop these messages, tell the shop."
    )
    assert rules.reminder_text(SmsPurpose.OVERDUE, english, "Duka", None, owed, day) == (
        "Duka: KES 1,250.00 was due on 25.11.2026. Please pay at the shop. Thank you. "
        "To stop these messages, tell the shop."
    )
    assert rules.reminder_text(SmsPurpose.DUE_SOON, swahili, "Duka", None, owed, day) == (
        "Duka: deni lako la KES 1,250.00 linapaswa kulipwa 25.11.2026. Unaweza kulipa dukani. Asante. "
        "Hutaki ujumbe huu? Tuambie dukani."
    )
    assert rules.reminder_text(SmsPurpose.OVERDUE, swahili, "Duka", call, owed, day) == (
        "Duka: deni lako la KES 1,250.00 lilipaswa kulipwa 25.11.2026. "
        "Tafadhali lipa dukani. Asante. Simu +254712345678. Hutaki ujumbe huu? Tuambie dukani."
    )
    assert rules.receipt_text(english, "Duka", 12, owed, "https://d.ke/r/x") == (
        "Duka: thank you. Receipt 12, KES 1,250.00: https://d.ke/r/x"
    )
    assert rules.receipt_text(swahili, "商店", 12, owed, "https://d.ke/r/x") == (
        "Duka lako: asante. Risiti 12, KES 1,250.00: https://d.ke/r/x"
    )


@pytest.mark.parametrize(
    ("local", "leaves"),
    [
        ("2026-11-23T19:59:59", "2026-11-23T19:59:59"),
        ("2026-11-23T20:00:00", "2026-11-24T08:00:00"),
        ("2026-11-23T23:59:59", "2026-11-24T08:00:00"),
        ("2026-11-24T00:00:00", "2026-11-24T08:00:00"),
        ("2026-11-24T07:59:59", "2026-11-24T08:00:00"),
        ("2026-11-24T08:00:00", "2026-11-24T08:00:00"),
        ("2026-12-31T20:00:00", "2027-01-01T08:00:00"),
    ],
)
@pytest.mark.parametrize("purpose", sorted(REMINDERS))
def test_the_edges_of_quiet_hours_in_nairobi(local: str, leaves: str, purpose: SmsPurpose) -> None:
    at = datetime.fromisoformat(f"{local}+03:00").astimezone(UTC)

    assert rules.may_leave_at(purpose, at) == datetime.fromisoformat(f"{leaves}+03:00")
    assert rules.may_leave_at(SmsPurpose.RECEIPT, at) == at


@given(st.integers(0, 10**15).map(lambda us: AT + timedelta(microseconds=us)))
def test_a_reminder_leaves_at_the_first_instant_that_is_not_quiet(at: datetime) -> None:
    leaves = rules.may_leave_at(SmsPurpose.OVERDUE, at)
    hour = (leaves + NAIROBI_OFFSET).hour  # Nairobi has had one offset since 1960

    assert 8 <= hour < 20
    assert leaves >= at
    assert leaves - at <= timedelta(hours=12)
    if leaves > at:
        before = leaves - timedelta(microseconds=1) + NAIROBI_OFFSET
        assert not 8 <= before.hour < 20
        assert not 8 <= (at + NAIROBI_OFFSET).hour < 20


def due(purpose: SmsPurpose = SmsPurpose.OVERDUE, **different: object) -> DueSms:
    facts = {
        "state": SmsState.QUEUED,
        "opted_out": False,
        "reminded_at": None,
        "created_at": AT,
        **different,
    }
    return DueSms(uuid4(), purpose, phone="+254712345678", text="x", segments=2, tries=0, sealed_text=None,
                  key_version=None, **facts)  # type: ignore[arg-type]  # fmt: skip


def test_what_is_decided_about_a_message_whose_time_has_come() -> None:
    week = timedelta(days=7)
    night = AT + timedelta(hours=12)

    assert rules.next_step(due(), AT, PRICE) == SmsMove(SmsState.SENDING)
    assert rules.next_step(due(opted_out=True), AT, PRICE) == SmsMove(SmsState.WITHDRAWN, code="opted_out")
    assert rules.next_step(due(SmsPurpose.RECEIPT, opted_out=True), AT, PRICE).state is SmsState.SENDING
    almost = due(reminded_at=AT - week + timedelta(microseconds=1))
    assert rules.next_step(almost, AT, PRICE) == SmsMove(SmsState.WITHDRAWN, code="once_a_week")
    assert rules.next_step(due(reminded_at=AT - week), AT, PRICE).state is SmsState.SENDING
    assert rules.next_step(due(), night, PRICE) == SmsMove(SmsState.QUEUED, due_at=AT + timedelta(hours=20))
    old = due(created_at=AT - timedelta(hours=24))
    assert rules.next_step(old, AT, PRICE) == SmsMove(SmsState.WITHDRAWN, code="stale")
    lost = rules.next_step(due(state=SmsState.SENDING), AT, PRICE)
    assert (lost.state, lost.cost, lost.cost_is_estimated) == (SmsState.UNKNOWN, Decimal("1.6000"), True)


@pytest.mark.parametrize("state", SmsState)
@pytest.mark.parametrize("target", SmsState)
def test_the_square_of_moves(state: SmsState, target: SmsState) -> None:
    legal = {
        ("queued", "sending"), ("queued", "withdrawn"), ("sending", "queued"), ("sending", "sent"),
        ("sending", "failed"), ("sending", "unknown"), ("unknown", "sent"), ("unknown", "failed"),
    }  # fmt: skip
    assert rules.may_move(state, target) == ((state.value, target.value) in legal)
    assert set(SMS_MOVES) == set(SmsState)


@pytest.mark.parametrize(
    ("outcome", "tries", "move"),
    [
        (Taken("x", Decimal("1.6000")), 1, SmsMove(SmsState.SENT, provider_id="x", cost=Decimal("1.6000"))),
        (Taken("x", None), 1,
         SmsMove(SmsState.SENT, provider_id="x", cost=Decimal("1.6000"), cost_is_estimated=True)),
        (Refused("403", "no"), 1, SmsMove(SmsState.FAILED, code="403", note="no")),
        (NotReached("away"), 1, SmsMove(SmsState.QUEUED, code="not_reached", note="away", due_at=AT + WAITS[0])),
        (NotReached("away"), 4, SmsMove(SmsState.QUEUED, code="not_reached", note="away", due_at=AT + WAITS[3])),
        (NotReached("away"), 5, SmsMove(SmsState.FAILED, code="not_reached", note="away")),
        (Lost("hm"), 1, SmsMove(SmsState.UNKNOWN, note="hm", cost=Decimal("1.6000"), cost_is_estimated=True)),
    ],
)  # fmt: skip
def test_where_a_message_goes_after_an_outcome(outcome: Outcome, tries: int, move: SmsMove) -> None:
    assert rules.after(outcome, tries, 2, PRICE, AT) == move


def recipient(code: object, cost: str = "KES 0.8000") -> str:
    return (
        '{"SMSMessageData": {"Message": "Sent", "Recipients": [{"number": "+254711000000", "status": "S", '
        f'"statusCode": {code}, "cost": "{cost}", "messageId": "ATXid_1"}}]}}}}'
    )


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, recipient(101), Taken("ATXid_1", Decimal("0.8000"))),
        (200, recipient(102, "KES 12"), Taken("ATXid_1", Decimal("12.0000"))),
        (201, recipient(100, "UGX 35.0000"), Taken("ATXid_1", None)),
        (201, recipient(101, "0"), Taken("ATXid_1", None)),
        (201, recipient(405), Refused("405", "S")),
        (201, recipient(500), Lost("500 S")),
        (201, recipient('"what"'), Lost("an answer that cannot be read")),
        (
            201,
            '{"SMSMessageData": {"Message": "BadSender", "Recipients": []}}',
            Refused("none", "BadSender"),
        ),
        (201, '{"SMSMessageData": null}', Lost("an answer that cannot be read")),
        (201, '{"SMSMessageData": {"Recipients": [1, 2]}}', Lost("an answer that cannot be read")),
        (201, "[]", Lost("an answer that cannot be read")),
        (201, "Sent", Lost("an answer that cannot be read")),
        (302, "", Refused("302", "")),
        (400, "Must have to", Refused("400", "Must have to")),
        (401, "The supplied authentication is invalid", Refused("401", "The supplied authentication is invalid")),
        (408, "", Lost("HTTP 408: ")),
        (429, "", NotReached("asked to send more slowly")),
        (500, "oh", Lost("HTTP 500: oh")),
        (100, "", Lost("HTTP 100: ")),
    ],
)
def test_what_the_network_answers(status: int, body: str, outcome: Outcome) -> None:
    assert rules.answered(status, body) == outcome


@given(st.integers(100, 599), st.text(max_size=400))
def test_no_answer_breaks_the_worker(status: int, body: str) -> None:
    rules.answered(status, body)


def test_people_who_are_one_want_the_same() -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    early, late = AT, AT + timedelta(days=1)
    wishes = {
        one: SmsPreference(one, None, late),
        two: SmsPreference(two, Language.SWAHILI, None),
        three: SmsPreference(three, None, early),
    }

    assert rules.joined(one, wishes) == SmsPreference(one, Language.SWAHILI, early)
    assert rules.joined(uuid4(), {two: wishes[two]}).opted_out_at is None
    wishes[one] = SmsPreference(one, Language.ENGLISH, None)
    assert rules.joined(one, wishes).language is Language.ENGLISH


def test_a_period_is_the_shops_days() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30))

    assert rules.day_bounds(november) == (
        datetime.fromisoformat("2026-11-01T00:00:00+03:00"),
        datetime.fromisoformat("2026-12-01T00:00:00+03:00"),
    )
    assert rules.period_of(None, None, datetime(2026, 11, 22, 21, tzinfo=UTC)) == Period(
        date(2026, 11, 1), date(2026, 11, 23)
    )
    assert rules.period_of(date(2026, 1, 5), date(2026, 2, 1), AT) == Period(date(2026, 1, 5), date(2026, 2, 1))
    for from_day, to_day in ((date(2026, 1, 2), date(2026, 1, 1)), (date(2026, 1, 1), date(2027, 1, 2))):
        with pytest.raises(PeriodTooLong):
            rules.day_bounds(Period(from_day, to_day))
