"""Documents as text and as CSV."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.documents import Column, Document, DocumentTooLong, Kind, Table, render_csv, render_text
from payme.documents.rules import file_name, guarded, plain
from tests.documents.samples import ANY_DOCUMENT, ANY_TEXT, EXAMPLE, many_rows


def parsed(file: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline=""), strict=True))


def test_a_report_on_a_screen_has_its_columns_side_by_side() -> None:
    assert render_text(EXAMPLE, 60) == (
        "                        Sales by day\n"
        "                      Duka la Wanjikũ\n"
        "November 2026\n"
        "------------------------------------------------------------\n"
        "       Day  Cashier          Sales  Weight    Takings\n"
        "------------------------------------------------------------\n"
        "01.11.2026  Wanjikũ Mũthoni     12     2.5  12,450.00\n"
        "02.11.2026  =HYPERLINK(1)        1             -60.50\n"
        "------------------------------------------------------------\n"
        "            Total               13     2.5  12,389.50\n"
        "------------------------------------------------------------\n"
        "KES\n"
    )


def test_a_report_on_a_roll_is_a_list() -> None:
    assert render_text(EXAMPLE, 32) == (
        "          Sales by day\n"
        "        Duka la Wanjikũ\n"
        "November 2026\n"
        "--------------------------------\n"
        "01.11.2026\n"
        "  Cashier        Wanjikũ Mũthoni\n"
        "  Sales                       12\n"
        "  Weight                     2.5\n"
        "  Takings              12,450.00\n"
        "02.11.2026\n"
        "  Cashier          =HYPERLINK(1)\n"
        "  Sales                        1\n"
        "  Takings                 -60.50\n"
        "--------------------------------\n"
        "  Cashier                  Total\n"
        "  Sales                       13\n"
        "  Weight                     2.5\n"
        "  Takings              12,389.50\n"
        "--------------------------------\n"
        "KES\n"
    )


@given(ANY_DOCUMENT, st.integers(24, 200))
def test_no_line_of_a_text_is_too_wide_and_every_figure_is_there(document: Document, width: int) -> None:
    text = render_text(document, width)

    assert all(len(line) <= width for line in text.split("\n"))
    for table in document.tables:
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                if column.kind is Kind.MONEY and isinstance(cell, Decimal):
                    assert f"{cell:,.2f}".replace("-0.00", "0.00") in text


def test_csv_has_the_rows_of_a_table_and_nothing_else() -> None:
    assert render_csv(EXAMPLE) == (
        b"\xef\xbb\xbfDay,Cashier,Sales,Weight,Takings\r\n"
        b"2026-11-01,Wanjik\xc5\xa9 M\xc5\xa9thoni,12,2.5,12450.00\r\n"
        b"2026-11-02,'=HYPERLINK(1),1,,-60.50\r\n"
    )


@given(ANY_DOCUMENT)
def test_csv_parses_back_to_the_same_cells(document: Document) -> None:
    expected: list[list[str]] = []
    for number, table in enumerate(document.tables):
        if number:
            expected.append([])
        if len(document.tables) > 1:
            expected.append([table.title])
        expected.append([column.title for column in table.columns])
        expected += [["" if cell is None else str(cell) for cell in row] for row in table.rows]

    read = parsed(render_csv(document))

    assert len(read) == len(expected)
    for got, wanted in zip(read, expected, strict=True):
        assert len(got) == len(wanted)
        for cell, original in zip(got, wanted, strict=True):
            assert cell.removeprefix("'") == plain(original).removeprefix("'") or Decimal(cell) == Decimal(original)


@given(ANY_TEXT)
def test_no_text_of_a_csv_begins_a_formula(text: str) -> None:
    table = Table((Column(text),), ((text,),), (), text)

    for row in parsed(render_csv(Document(text, text, text, (), (table, table)))):
        assert not any(
            cell.strip()[:1] in {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"} and cell.strip()
            for cell in row
        )
        assert not any(cell[:1] in {"\t", "\r"} and cell for cell in row)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1", "'=1"),
        (" +1", "' +1"),
        ("-5", "'-5"),
        ("@A1", "'@A1"),
        ("\uff1d1", "'\uff1d1"),
        ("5-5", "5-5"),
        ("", ""),
        ("  ", "  "),
    ],
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert guarded(text) == safe


@given(ANY_TEXT)
def test_a_file_name_is_small_letters_digits_and_hyphens(name: str) -> None:
    named = file_name(Document(name, "", ""), "csv")

    assert named.isascii()
    assert set(named.removesuffix(".csv")) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 5 <= len(named) <= 104


def test_a_file_is_named_after_its_document() -> None:
    assert file_name(EXAMPLE, "csv") == "sales-by-day-2026-11.csv"
    assert file_name(Document("../../Ngũgĩ", "", ""), "pdf") == "ngugi.pdf"
    assert file_name(Document("صفحة", "", ""), "pdf") == "document.pdf"


def test_paper_takes_fewer_rows_than_a_file() -> None:
    assert render_csv(many_rows(20_000)).count(b"\r\n") == 20_001
    with pytest.raises(DocumentTooLong):
        render_csv(many_rows(20_001))
    with pytest.raises(DocumentTooLong):
        render_text(many_rows(2_001), 80)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.MONEY, 5),
        (Kind.MONEY, Decimal("NaN")),
        (Kind.INTEGER, True),
        (Kind.TEXT, Decimal(1)),
        (Kind.DATE, "2026-01-01"),
    ],
)
def test_a_cell_of_another_kind_is_a_mistake(kind: Kind, cell: object) -> None:
    with pytest.raises(AssertionError):
        Table((Column("A", kind),), ((cell,),))  # type: ignore[arg-type]


def test_nothing_is_never_less_than_nothing() -> None:
    table = Table((Column("A", Kind.MONEY), Column("B", Kind.QUANTITY)), ((Decimal("-0.001"), Decimal("-0.0001")),))

    assert parsed(render_csv(Document("", "", "", (), (table,))))[1] == ["0.00", "0"]
