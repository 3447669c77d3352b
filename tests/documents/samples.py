"""Documents of any shape, and the one that every example uses."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from payme.documents import Cell, Column, Document, Kind, Table

ANY_TEXT = st.text(st.characters(), max_size=60) | st.sampled_from(
    [
        "=1+1",
        "+254712345678",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =cmd|' /C calc'!A0",
        "\uff1d1",
        "",
        "Wanjiku\u0303",
        "'",
        '"',
        "a,b\nc",
    ]
)
_CELLS: dict[Kind, st.SearchStrategy[Cell]] = {
    Kind.TEXT: ANY_TEXT,
    Kind.MONEY: st.decimals(-9_999_999_999, 9_999_999_999, places=2),
    Kind.QUANTITY: st.decimals(-999_999_999, 999_999_999, places=3),
    Kind.INTEGER: st.integers(-(10**12), 10**12),
    Kind.DATE: st.dates(date(1900, 3, 1)),
}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(st.builds(Column, ANY_TEXT, st.sampled_from(Kind)), min_size=1, max_size=7))
    row = st.tuples(*(st.none() | _CELLS[column.kind] for column in columns))
    return Table(
        tuple(columns), tuple(draw(st.lists(row, max_size=6))), tuple(draw(st.lists(row, max_size=2))), draw(ANY_TEXT)
    )


ANY_DOCUMENT = st.builds(
    Document,
    name=ANY_TEXT,
    title=ANY_TEXT,
    shop=ANY_TEXT,
    lines=st.lists(ANY_TEXT, max_size=3).map(tuple),
    tables=st.lists(tables(), max_size=3).map(tuple),
    notes=st.lists(ANY_TEXT, max_size=2).map(tuple),
)

SALES = Table(
    (
        Column("Day", Kind.DATE),
        Column("Cashier"),
        Column("Sales", Kind.INTEGER),
        Column("Weight", Kind.QUANTITY),
        Column("Takings", Kind.MONEY),
    ),
    (
        (date(2026, 11, 1), "Wanjikũ Mũthoni", 12, Decimal("2.500"), Decimal("12450.00")),
        (date(2026, 11, 2), "=HYPERLINK(1)", 1, None, Decimal("-60.50")),
    ),
    ((None, "Total", 13, Decimal("2.500"), Decimal("12389.50")),),
)
EXAMPLE = Document("Sales by day 2026-11", "Sales by day", "Duka la Wanjikũ", ("November 2026",), (SALES,), ("KES",))


def many_rows(count: int) -> Document:
    rows = tuple((f"Product {number}", Decimal(number)) for number in range(count))
    return Document("many", "Many", "Duka", (), (Table((Column("Name"), Column("Sold", Kind.MONEY)), rows),))
