"""A document as an HTTP answer, in the form that was asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Query, Response
from pydantic import BaseModel

from payme.documents.csv_file import render_csv
from payme.documents.models import Document
from payme.documents.pdf_file import render_pdf
from payme.documents.plain_text import render_text
from payme.documents.rules import file_name
from payme.documents.types import PAGE, WIDTH_MAX, WIDTH_MIN, Format
from payme.documents.xlsx_file import render_xlsx

Found = TypeVar("Found")

MEDIA_TYPES: Final = {
    Format.TEXT: "text/plain; charset=utf-8",
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}
_ENDINGS: Final = {Format.TEXT: "txt", Format.CSV: "csv", Format.XLSX: "xlsx", Format.PDF: "pdf"}
FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "As JSON, or in the form that `format` names.",
        "content": {
            media_type.partition(";")[0]: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()
        },
    }
}
"""What OpenAPI says of such a route, beside its problems: ``responses={**FORMS, **problems(…)}``."""


@dataclass(frozen=True, slots=True)
class Form:
    """In which form the answer is wanted; a text also how wide."""

    format: Format
    width: int

    async def answer(
        self, found: Found, *, reply: Callable[[Found], BaseModel], document: Callable[[Found], Document]
    ) -> Response:
        """Answer with JSON, or lay the document out and draw it beside the event loop. Raises DocumentTooLong."""
        if self.format is Format.JSON:
            return Response(reply(found).model_dump_json(), media_type="application/json")
        return await asyncio.to_thread(lambda: self._draw(document(found)))

    def _draw(self, document: Document) -> Response:
        match self.format:
            case Format.CSV:
                body = render_csv(document)
            case Format.XLSX:
                body = render_xlsx(document)
            case Format.PDF:
                body = render_pdf(document)
            case _:
                body = render_text(document, self.width).encode()
        # A browser shows a text; the others it keeps as files.
        placed = "inline" if self.format is Format.TEXT else "attachment"
        name = file_name(document, _ENDINGS[self.format])
        return Response(
            body,
            media_type=MEDIA_TYPES[self.format],
            headers={"Content-Disposition": f'{placed}; filename="{name}"'},
        )


async def _wanted(
    form: Annotated[Format, Query(alias="format", description="In which form the answer is wanted.")] = Format.JSON,
    width: Annotated[
        int, Query(ge=WIDTH_MIN, le=WIDTH_MAX, description="Of a text: characters a line; 32 for a roll of 58 mm.")
    ] = PAGE,
) -> Form:
    return Form(form, width)


Wanted = Annotated[Form, Depends(_wanted)]
"""A parameter of a route that answers in every form: ``wanted: Wanted``."""
