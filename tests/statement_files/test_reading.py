"""The portal's statement is read in every form in which merchants have it; a bad row stops no other."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payme.statement_files import (
    FILE_BYTES_MAX,
    ROWS_MAX,
    Direction,
    FileLine,
    Form,
    LineKind,
    StatementFile,
    StatementUnreadable,
    read_statement,
    rules,
)
from payme.statement_files.types import CELL_MAX, LINES_MAX, REFUSED_TOLD_MAX
from tests.statements.portal import TITLES, Portal, PortalRow

SAMPLE = Path(__file__).with_name("sample.csv").read_text(encoding="utf-8")
AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)


def read(text: str) -> StatementFile:
    return read_statement(text.encode())


def lines_of(text: str) -> list[FileLine]:
    return [replace(line, number=0) for line in read(text).lines]


def test_the_sample_is_read_whole() -> None:
    found = read(SAMPLE)

    assert (found.form, found.preamble.shortcode, found.rows, found.refused_count) == (Form.CSV, "600000", 3, 0)
    assert found.preamble.from_at == datetime(2026, 8, 31, 21, tzinfo=UTC)
    assert found.preamble.to_at == datetime(2026, 9, 30, 21, tzinfo=UTC)
    settled, paid, fee = found.lines
    assert (settled.kind, settled.direction, settled.amount) == (LineKind.OTHER, Direction.OUT, Decimal("4000.00"))
    assert paid == FileLine(
        7,
        "UI24A1BB8C",
        Direction.IN,
        LineKind.PAYMENT,
        Decimal("3000.00"),
        AT,
        by_prompt=True,
        details="Pay Bill Online from 2547****111 - JANE DOE Acc. HSE12",
        phone="2547****111",
        payer_name="JANE DOE",
        account_reference="HSE12",
        linked_receipt="",
    )
    assert (fee.receipt, fee.kind, fee.amount) == ("UI24A1BB8C", LineKind.FEE, Decimal("25.00"))


@pytest.mark.parametrize(
    "changed",
    [
        SAMPLE.replace("\n", "\r\n"),
        SAMPLE.replace("\n", "\r"),
        "\ufeff" + SAMPLE,
        re.sub(r"(\d\d)-09-2026 ", r"2026-09-\1 ", SAMPLE),
        re.sub(r"(\d\d)-09-2026 ", r"\1/09/2026 ", SAMPLE),
        SAMPLE.replace('"-4,000.00"', '"4,000.00"').replace("-25.00", "25.00"),
        SAMPLE.replace('"-4,000.00"', '"(4,000.00)"').replace("-25.00", "KES 25"),
        SAMPLE.replace("Receipt No.,Completion Time", '"Receipt No."," Completion Time "'),
        SAMPLE.replace("16:02:11", "4:02:11 PM").replace("12:30:00", "12:30:00 p.m."),
        SAMPLE.replace("Completed", "COMPLETED"),
        SAMPLE + ',,,,,"3,000.00","-4,025.00",,,,,,\n\n',
        SAMPLE + 'Total:,,,,,"3,000.00","-4,025.00",,,,,,\n',
    ],
    ids=[
        "CRLF",
        "CR",
        "BOM",
        "ISO dates",
        "slashes",
        "positive",
        "brackets",
        "quoted titles",
        "half days",
        "capitals",
        "sum",
        "total",
    ],
)
def test_forms_that_differ_say_the_same(changed: str) -> None:
    assert lines_of(changed) == lines_of(SAMPLE)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_letters_of_every_encoding(encoding: str) -> None:
    text = SAMPLE.replace("JANE DOE", "JÀNÈ DOE").replace("03-09-2026 16:02:11", "03-09-2026\u00a016:02:11")
    text = text.replace("\u00a0", " ")

    assert read_statement(text.encode(encoding)).lines[1].payer_name == "JÀNÈ DOE"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters(delimiter: str) -> None:
    rows = csv.reader(io.StringIO(SAMPLE))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)

    assert lines_of(out.getvalue()) == lines_of(SAMPLE)


def test_columns_may_be_missing_and_stand_anywhere() -> None:
    eight = """Till Number: 123456
Withdrawn,Paid In,Details,Receipt No.,Completion Time
,2500,Merchant Payment Online from 2547***578 - JOHN DOE,UIA9B1U5VV,2026-09-02 12:30:00
13.75,,Pay merchant Charge,UIA9B1U5VV,2026-09-02 12:30:00
,200,Merchant Payment from 0790***511 - JANE DOE,UIA9B1U5VW,2026-09-02 12:31
"""
    found = read(eight)

    assert found.preamble.shortcode == "123456"
    assert [(line.kind, line.amount, line.by_prompt) for line in found.lines] == [
        (LineKind.PAYMENT, Decimal(2500), True),
        (LineKind.FEE, Decimal("13.75"), False),
        (LineKind.PAYMENT, Decimal(200), False),
    ]
    assert (found.lines[0].phone, found.lines[0].payer_name) == ("2547***578", "JOHN DOE")


@pytest.mark.parametrize(
    ("above", "shortcode"),
    [
        ("Short Code:,600000", "600000"),
        ("Shortcode: 600000", "600000"),
        ("Paybill Number,600000", "600000"),
        ("Till Number:,5512345", "5512345"),
        ("Business No.,600000", "600000"),
        ("Short Code Name:,SHOP 600001", None),
        ("Organisation Name:,SHOP 600001", None),
        ("Short Code:,", None),
        ("Phone:,254712345678", None),
    ],
)
def test_whose_statement_it_is(above: str, shortcode: str | None) -> None:
    assert read(f"{above}\n{SAMPLE.partition(chr(10) * 2)[2]}").preamble.shortcode == shortcode


@pytest.mark.parametrize(
    ("above", "days"),
    [
        ("Statement Period:,2026-09-01 to 2026-09-02", ("2026-08-31 21:00", "2026-09-02 21:00")),
        ("Time Period:,01/09/2026 08:00:00 - 01/09/2026 18:00:00", ("2026-09-01 05:00", "2026-09-01 15:00")),
        ("From:,01-09-2026\nTo:,02-09-2026", ("2026-08-31 21:00", "2026-09-02 21:00")),
        ("Time Period:,30-09-2026 - 01-09-2026", None),
        ("Time Period:,31-02-2026 - 01-03-2026", None),
        ("Time Period:,always", None),
    ],
)
def test_for_which_time_it_is(above: str, days: tuple[str, str] | None) -> None:
    found = read(f"{above}\n{SAMPLE.partition(chr(10) * 2)[2]}").preamble

    told = found.from_at and found.to_at and (f"{found.from_at:%Y-%m-%d %H:%M}", f"{found.to_at:%Y-%m-%d %H:%M}")
    assert told == days


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("UI!,02-09-2026 12:30:00,x,Completed,1,", "no receipt number"),
        ("UI24A1BB8C,yesterday,x,Completed,1,", "no date with a time"),
        ("UI24A1BB8C,,x,Completed,1,", "no completion time"),
        ("UI24A1BB8C,31-02-2026 12:30:00,x,Completed,1,", "there is no"),
        ("UI24A1BB8C,02-09-1999 12:30:00,x,Completed,1,", "the year 1999"),
        ("UI24A1BB8C,02-09-2026 12:30:00,x,Completed,1.234,", "no amount"),
        ("UI24A1BB8C,02-09-2026 12:30:00,x,Completed,ten,", "no amount"),
        ("UI24A1BB8C,02-09-2026 12:30:00,x,Completed,99999999999,", "more than the books can hold"),
        ("UI24A1BB8C,02-09-2026 12:30:00,x,Completed,1,-1", "paid in and withdrawn"),
        (f"UI24A1BB8C,02-09-2026 12:30:00,{'x' * (CELL_MAX + 1)},Completed,1,", "too long"),
        ('UI24A1BB8C,02-09-2026 12:30:00,"x,Completed,1,', "a quote is never closed"),
        (f"UI24A1BB8C,02-09-2026 12:30:00,{'x' * 140_000},Completed,1,", "field larger"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_stops_no_other(row: str, reason: str) -> None:
    good = "UI24A1BB9C,02-09-2026 12:31:00,Pay Bill from 2547****111 - JANE DOE,Completed,5,"
    text = f"Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn\n{row}\n{good}\n"

    found = read(text)

    assert [line.receipt for line in found.lines] == ["UI24A1BB9C"]
    [refused] = found.refused
    assert refused.number == 2
    assert reason in refused.reason


def test_a_cell_over_several_lines_is_one_cell() -> None:
    text = SAMPLE.replace("Organization Settle to Bank", '"Organization Settle\nto Bank"')

    assert [line.number for line in read(text).lines] == [6, 8, 9]


@pytest.mark.parametrize("status", ["Failed", "Declined", "Pending", ""])
def test_only_what_completed_counts(status: str) -> None:
    found = read(SAMPLE.replace(',Completed,"3,000.00"', f',{status},"3,000.00"'))

    assert (len(found.lines), found.not_completed) == (2, 1)


def test_what_moved_nothing_is_no_line() -> None:
    found = read(SAMPLE.replace('"3,000.00"', "0.00"))
    assert (len(found.lines), found.not_completed) == (2, 1)


def test_many_refused_rows_are_counted_and_the_first_are_told() -> None:
    found = read(SAMPLE + "x,y\n" * (REFUSED_TOLD_MAX + 5))
    assert (len(found.refused), found.refused_count) == (REFUSED_TOLD_MAX, REFUSED_TOLD_MAX + 5)


@pytest.mark.parametrize(
    ("words", "direction", "kind"),
    [
        ("pay bill online", Direction.IN, LineKind.PAYMENT),
        ("customer merchant payment", Direction.IN, LineKind.PAYMENT),
        ("buy goods", Direction.IN, LineKind.PAYMENT),
        ("organization settlement account to utility account", Direction.IN, LineKind.OTHER),
        ("business deposit", Direction.IN, LineKind.OTHER),
        ("b2c reversal", Direction.IN, LineKind.OTHER),
        ("pay bill charge reversal", Direction.IN, LineKind.FEE),
        ("pay merchant charge", Direction.OUT, LineKind.FEE),
        ("reversal charge", Direction.OUT, LineKind.FEE),
        ("merchant payment reversal", Direction.OUT, LineKind.REVERSAL),
        ("withdraw funds to bank", Direction.OUT, LineKind.OTHER),
        ("biashara overdraft repayment", Direction.OUT, LineKind.OTHER),
    ],
)
def test_what_a_line_is_about(words: str, direction: Direction, kind: LineKind) -> None:
    assert rules.kind_of(words, direction) is kind


def test_a_payer_named_charge_is_no_fee() -> None:
    [line] = read(SAMPLE.replace("JANE DOE", "CHARGE REVERSAL").replace("Pay Bill Charge", "Pay Bill")).lines[1:2]
    assert line.kind is LineKind.PAYMENT


@pytest.mark.parametrize(
    ("linked", "details", "found"),
    [
        ("UI24A1BB8C", "Reversal", "UI24A1BB8C"),
        ("", "Reversal of UI24A1BB8C to 2547****111 - JANE DOE", "UI24A1BB8C"),
        ("", "Pay Bill Reversal", "UI55555555"),
    ],
)
def test_a_reversal_names_what_went_back(linked: str, details: str, found: str) -> None:
    row = PortalRow("UI55555555", AT, Decimal(-5), "Pay Bill Reversal", linked=linked, details=details)
    [line] = read_statement(Portal("600000", [row]).csv()).lines
    assert (line.kind, line.linked_receipt) == (LineKind.REVERSAL, found)


# What is no statement


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x81\x8d\x8f",
        b"\xff\xfe\x00",
        b"\xd0\xcf\x11\xe0 old",
        b"a,b\n" * 300 + SAMPLE.encode(),
        b"Receipt No.,Completion Time,Details\n",
    ],
    ids=["nothing", "hello", "bytes", "half UTF-16", "old Excel", "titles too far down", "no amounts"],
)
def test_what_is_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises(StatementUnreadable):
        read_statement(data)


def test_too_much_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="MB"):
        read_statement(b"x" * (FILE_BYTES_MAX + 1))
    with pytest.raises(StatementUnreadable, match="rows"):
        read(SAMPLE + "x,y\n" * (ROWS_MAX + 1))
    with pytest.raises(StatementUnreadable, match="more than 200,000 rows"):
        read(SAMPLE + "\n" * LINES_MAX)
    assert len(read(SAMPLE + "\n" * ROWS_MAX).lines) == len(read(SAMPLE).lines)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for given_data in (data, ",".join(TITLES).encode() + b"\n" + data, b"PK\x03\x04" + data):
        try:
            found = read_statement(given_data)
        except StatementUnreadable:
            continue
        assert len(found.lines) + found.not_completed + found.refused_count >= found.rows


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z0-9]{10}", fullmatch=True),
            st.datetimes(datetime(2010, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            st.decimals("0.01", "250000", places=2),
            st.booleans(),
        ),
        max_size=20,
    ),
    st.sampled_from(["%d-%m-%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    st.sampled_from([1, -1]),
)
@settings(deadline=None)
def test_what_is_written_is_read(rows: list[tuple[str, datetime, Decimal, bool]], dates: str, sign: int) -> None:
    portal = Portal("600000")
    for receipt, at, amount, comes in rows:
        if comes:
            portal.pays(receipt, at, str(amount))
        else:
            portal.takes_fee(receipt, at, str(amount))

    found = read_statement(portal.csv(dates=dates, withdrawn_sign=sign))

    told = [(line.receipt, line.completed_at, line.amount, line.direction is Direction.IN) for line in found.lines]
    assert told[::-1] == [(receipt, at.replace(microsecond=0), amount, comes) for receipt, at, amount, comes in rows]
