"""Documents over HTTP: one route, every form."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from httpx import ASGITransport
from pydantic import BaseModel

from payme.documents import FORMS, Document, DocumentTooLong, Wanted
from payme.http.problems import install, problems
from tests.documents.samples import EXAMPLE, many_rows


class Out(BaseModel):
    name: str


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install(app)

    @app.get("/{rows}", response_model=Out, responses={**FORMS, **problems(DocumentTooLong)})
    async def read(rows: int, wanted: Wanted) -> Response:
        return await wanted.answer(
            many_rows(rows) if rows else EXAMPLE, reply=lambda found: Out(name=found.name), document=same
        )

    async with httpx.AsyncClient(transport=ASGITransport(app), base_url="http://shop") as http:
        yield http


def same(document: Document) -> Document:
    return document


async def test_without_a_wish_the_answer_is_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/0")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"name": "Sales by day 2026-11"}


@pytest.mark.parametrize(
    ("form", "media_type", "disposition", "begins"),
    [
        ("text", "text/plain; charset=utf-8", 'inline; filename="sales-by-day-2026-11.txt"', b"   "),
        (
            "csv",
            "text/csv; charset=utf-8; header=present",
            'attachment; filename="sales-by-day-2026-11.csv"',
            b"\xef\xbb\xbfDay,",
        ),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            'attachment; filename="sales-by-day-2026-11.xlsx"',
            b"PK",
        ),
        ("pdf", "application/pdf", 'attachment; filename="sales-by-day-2026-11.pdf"', b"%PDF-"),
    ],
)
async def test_each_form_has_its_media_type_and_file_name(
    client: httpx.AsyncClient, form: str, media_type: str, disposition: str, begins: bytes
) -> None:
    answer = await client.get("/0", params={"format": form})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == disposition
    assert answer.content.startswith(begins)


async def test_a_text_is_as_wide_as_asked(client: httpx.AsyncClient) -> None:
    narrow = (await client.get("/0", params={"format": "text", "width": 32})).text

    assert max(len(line) for line in narrow.splitlines()) == 32


@pytest.mark.parametrize("params", [{"format": "doc"}, {"format": "text", "width": 23}, {"width": 201}])
async def test_another_form_is_refused(client: httpx.AsyncClient, params: dict[str, str | int]) -> None:
    assert (await client.get("/0", params=params)).status_code == 422


async def test_what_is_too_long_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/2001", params={"format": "pdf"})

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["rows"], answer.json()["rows_max"]) == (
        "document_too_long",
        2001,
        2000,
    )
    assert (await client.get("/2001", params={"format": "csv"})).status_code == 200


async def test_every_form_is_described(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()["paths"]["/{rows}"]["get"]["responses"]["200"]["content"]

    assert set(described) == {
        "application/json",
        "text/plain",
        "text/csv",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
