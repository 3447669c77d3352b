"""The pages and files that the server shows by itself, all of them from its own disk."""

import html
from collections.abc import Awaitable, Callable
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Response
from starlette.responses import FileResponse, HTMLResponse

from payme import web
from payme.app.middleware.security_headers import DOCS_POLICY
from payme.app.operations import page
from payme.app.settings import Settings

_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_FILES = {
    "shop.css": web.path_of("shop.css"),
    "docs.js": web.path_of("docs.js"),
    "swagger-ui.css": _SWAGGER / "swagger-ui.css",
    "swagger-ui-bundle.js": _SWAGGER / "swagger-ui-bundle.js",
}
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}


def pages(settings: Settings, version: str) -> APIRouter:
    """Make the routes of the first page, the API's documentation and their files."""
    router = APIRouter(include_in_schema=False)

    @router.head("/")
    @router.get("/")
    async def first_page() -> Response:
        """Show what runs here."""
        return page("index.html", **_what_runs(settings, version))

    @router.get("/docs")
    async def docs() -> Response:
        """Show the documentation of the API."""
        return HTMLResponse(web.text_of("docs.html"), headers={"Content-Security-Policy": DOCS_POLICY})

    for name, place in _FILES.items():
        router.add_api_route(f"/files/{name}", _sender_of(place), name=name)
    return router


def _sender_of(place: Path) -> Callable[[], Awaitable[Response]]:
    async def send_file() -> Response:
        return FileResponse(place, media_type=_MEDIA_TYPES[place.suffix], headers={"Cache-Control": "max-age=3600"})

    return send_file


def _what_runs(settings: Settings, version: str) -> dict[str, str]:
    if settings.uses_simulator:
        address = html.escape(f"{settings.simulator_url}/simulator/phone")
        mpesa = "M-Pesa, pretended by the simulator on this machine: no real money moves."
        phone = f'<li><a href="{address}">The phone of a customer</a>: answer M-Pesa prompts as a customer would</li>'
    else:
        mpesa = "M-Pesa, at each shop's own paybill or till: real money moves."
        phone = ""
    database = "PostgreSQL, run by PayMe" if settings.uses_embedded_database else "PostgreSQL, your own server"
    return {"version": html.escape(version), "database": database, "mpesa": mpesa, "phone": phone}
