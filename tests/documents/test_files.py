"""Documents as XLSX and PDF, read back by libraries that did not write them."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from payme.documents import Column, Document, DocumentTooLong, Kind, Table, render_pdf, render_xlsx
from payme.documents.rules import plain
from tests.documents.samples import ANY_DOCUMENT, ANY_TEXT, EXAMPLE, many_rows


def sheets(document: Document) -> list[Worksheet]:
    book = openpyxl.load_workbook(BytesIO(render_xlsx(document)))
    return [book[name] for name in book.sheetnames]


def texts(document: Document) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(render_pdf(document))).pages]


def test_a_workbook_has_figures_days_and_texts() -> None:
    (sheet,) = sheets(EXAMPLE)

    assert sheet.title == "Sales by day"
    assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == ["Sales by day", "Duka la Wanjikũ", "November 2026"]
    assert [cell.value for cell in sheet[5]] == ["Day", "Cashier", "Sales", "Weight", "Takings"]
    assert [cell.value for cell in sheet["A"][5:7]] == [datetime(2026, 11, day) for day in (1, 2)]  # noqa: DTZ001
    assert [cell.value for cell in sheet[6]][1:] == ["Wanjikũ Mũthoni", 12, 2.5, 12450]
    assert [cell.value for cell in sheet[7]][1:] == ["=HYPERLINK(1)", 1, None, -60.5]
    assert [cell.value for cell in sheet[8]] == [None, "Total", 13, 2.5, 12389.5]
    assert [cell.data_type for cell in sheet[7]] == ["d", "s", "n", "n", "n"]
    assert sheet["E6"].number_format == "#,##0.00"
    assert sheet["A10"].value == "KES"


@given(ANY_DOCUMENT)
@settings(max_examples=60, deadline=None)
def test_a_workbook_reads_back_the_same(document: Document) -> None:
    read = sheets(document)

    assert len(read) == max(len(document.tables), 1)
    top = 2 + len(document.lines) + 2
    for table, sheet in zip(document.tables, read, strict=False):
        first = top + bool(table.title) + 1
        for number, row in enumerate((*table.rows, *table.totals)):
            for place, (cell, column) in enumerate(zip(row, table.columns, strict=True), start=1):
                assert same(sheet.cell(first + number, place).value, cell, column.kind)
        assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def same(read: object, written: object, kind: Kind) -> bool:
    if kind is Kind.TEXT:
        return unescape(str(read or "")) == unescape(plain(str(written or "")))
    if read is None or written is None:
        return read is written
    if kind is Kind.DATE:
        return isinstance(read, datetime) and read.date() == written
    return isinstance(read, int | float) and Decimal(str(read)) == written


@given(st.lists(ANY_TEXT, min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_each_sheet_has_a_name_of_its_own(titles: list[str]) -> None:
    table = tuple(Table((Column("A"),), (), (), title) for title in titles)

    names = [sheet.title for sheet in sheets(Document("", "", "", (), table))]

    assert len({name.casefold() for name in names}) == len(titles)


def test_a_sheet_is_not_called_as_excel_forbids() -> None:
    table = tuple(
        Table((Column("A"),), (), (), title) for title in ("History", "a/b:c", "'quoted'", "x" * 40, "x" * 40)
    )

    assert [sheet.title for sheet in sheets(Document("", "", "", (), table))] == [
        "History (2)",
        "a b c",
        "quoted",
        "x" * 31,
        "x" * 27 + " (2)",
    ]


def test_what_no_cell_of_excel_holds_is_cut_or_written_out() -> None:
    table = Table((Column("A"), Column("B", Kind.DATE)), (("x" * 40_000, date(1899, 12, 31)),))

    (sheet,) = sheets(Document("", "T", "", (), (table,)))

    assert len(str(sheet["A5"].value)) == 32_767
    assert sheet["B5"].value == "1899-12-31"


def test_a_page_shows_title_shop_rows_and_its_number() -> None:
    (page,) = texts(EXAMPLE)

    for text in ("Sales by day", "Duka la Wanjikũ", "Wanjikũ Mũthoni", "12,450.00", "-60.50", "Total", "KES", "1 / 1"):
        assert text in page


def test_every_page_has_the_header_and_no_row_is_lost() -> None:
    pages = texts(many_rows(500))

    assert len(pages) == 9
    assert all("Name" in page and "Sold" in page for page in pages)
    assert all(f"{number} / 9" in page for number, page in enumerate(pages, start=1))
    rows = "\n".join(pages)
    assert all(f"Product {number}\n" in rows or f"Product {number} " in rows for number in range(500))


def test_many_columns_turn_the_page() -> None:
    columns = tuple(Column(f"Figure {number}", Kind.MONEY) for number in range(10))
    row = tuple(Decimal("1234567.89") for _ in columns)
    wide = Document("", "Wide", "", (), (Table(columns, (row,)),))

    page = PdfReader(BytesIO(render_pdf(wide))).pages[0]

    assert page.mediabox.width > page.mediabox.height


def test_more_columns_than_a_page_holds_are_squeezed_not_lost() -> None:
    columns = tuple(Column(f"Figure {number}", Kind.MONEY) for number in range(24))
    row = tuple(Decimal(number) + Decimal("0.25") for number in range(24))

    (page,) = texts(Document("", "Wide", "", (), (Table(columns, (row,)),)))

    assert all(f"{number}.25" in page for number in range(24))


def test_a_sign_that_the_font_lacks_is_a_question_mark() -> None:
    (page,) = texts(Document("", "Duka ድካ 😀", "Ng'ang'a Wanjiku\u0303"))

    assert "Duka ?? ?" in page
    assert "Ng'ang'a Wanjikũ" in page


@given(ANY_DOCUMENT)
@settings(max_examples=60, deadline=None)
def test_any_document_can_be_printed(document: Document) -> None:
    assert render_pdf(document) == render_pdf(document)
    assert texts(document)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(DocumentTooLong):
        render_xlsx(many_rows(20_001))
    with pytest.raises(DocumentTooLong):
        render_pdf(many_rows(2_001))
