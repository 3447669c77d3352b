"""Workbooks are read like texts, and what would eat memory is refused before it is read."""

import io
from datetime import UTC, date, datetime
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from payme.statement_files import Form, StatementUnreadable, read_statement, services
from tests.statements.portal import Portal

AT = datetime(2026, 9, 2, 9, 30, tzinfo=UTC)


def a_portal() -> Portal:
    portal = Portal("600000", period=("01-09-2026", "30-09-2026"))
    portal.pays("UI24A1BB8C", AT, "3000.10", account="HSE12")
    portal.takes_fee("UI24A1BB8C", AT, "25.05")
    return portal


def with_xml(part_name: str, before: str, xml: bytes) -> bytes:
    """A workbook with something more in one of its parts."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(a_portal().xlsx())) as whole, ZipFile(file, "w", ZIP_DEFLATED) as changed:
        for part in whole.infolist():
            data = whole.read(part)
            if part.filename.endswith(part_name):
                assert before.encode() in data
                data = data.replace(before.encode(), xml + before.encode(), 1)
            changed.writestr(part, data)
    return file.getvalue()


def test_a_workbook_says_what_the_csv_says() -> None:
    workbook, text = read_statement(a_portal().xlsx()), read_statement(a_portal().csv())

    assert workbook.form is Form.XLSX
    assert (workbook.preamble, workbook.lines) == (text.preamble, text.lines)


def test_a_day_in_a_cell_of_a_workbook_begins_at_midnight_and_ends_there() -> None:
    book = load_workbook(io.BytesIO(a_portal().xlsx()))
    sheet = book.active
    assert sheet is not None
    sheet["A3"], sheet["B3"], sheet["C3"] = "Time Period:", date(2026, 9, 1), date(2026, 9, 30)
    file = io.BytesIO()
    book.save(file)

    found = read_statement(file.getvalue()).preamble
    assert found.from_at == datetime(2026, 8, 31, 21, tzinfo=UTC)
    assert found.to_at == datetime(2026, 9, 29, 21, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_a_broken_workbook_is_refused(cut: int) -> None:
    with pytest.raises(StatementUnreadable):
        read_statement(a_portal().xlsx()[:cut])


def test_a_zip_that_is_no_workbook_or_would_burst_is_refused() -> None:
    for name, size in (("hello.txt", 1), ("xl/worksheets/sheet1.xml", 260 * 1024 * 1024)):
        file = io.BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as packed, packed.open(name, "w") as part:
            for start in range(0, size, 1 << 20):
                part.write(b"0" * min(1 << 20, size - start))
        with pytest.raises(StatementUnreadable):
            read_statement(file.getvalue())


def test_a_lost_cell_far_below_is_not_looked_for() -> None:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = read_statement(with_xml("sheet1.xml", "</sheetData>", far))
    assert found.lines == read_statement(a_portal().xlsx()).lines


@pytest.mark.parametrize(
    ("part_name", "before", "xml"),
    [
        ("sheet1.xml", "</sheetData>", b"<row>" + b"<c/>" * 2_001 + b"</row>"),
        ("sheet1.xml", "</sheetData>", b"<row>" * 2_001 + b"</row>" * 2_001),
        ("sheet1.xml", "<sheetData>", b"<x/>" * 20_001),
        ("sheet1.xml", "<sheetData>", b"<x" + b" " * (2 << 20) + b"/>"),
        ("styles.xml", "</cellXfs>", b"<xf/>" * 20_001),
        ("styles.xml", "</cellXfs>", b"<row/>" * 20_001),
        ("workbook.xml", "<workbook", b'<!DOCTYPE a [<!ENTITY b "c">]>'),
    ],
    ids=["one row", "row in row", "outside", "a long tag", "styles", "rows elsewhere", "entities"],
)
def test_a_small_workbook_that_would_eat_memory_is_refused(part_name: str, before: str, xml: bytes) -> None:
    workbook = with_xml(part_name, before, xml)
    assert len(workbook) < 20_000

    with pytest.raises(StatementUnreadable, match="more than a statement has"):
        read_statement(workbook)


def test_a_workbook_has_only_so_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"<row><c><v>1</v></c></row>" * 1_000
    workbook = with_xml("sheet1.xml", "</sheetData>", rows)
    assert len(read_statement(workbook).lines) == 2

    monkeypatch.setattr(services, "ELEMENTS_MAX", 3_000)
    with pytest.raises(StatementUnreadable, match="more than a statement has"):
        read_statement(workbook)
