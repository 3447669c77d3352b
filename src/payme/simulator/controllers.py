"""Daraja's own paths, and the page with the pretended phone."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from payme.simulator.c2b import CustomerToBusiness
from payme.simulator.gate import Gate, spoil
from payme.simulator.initiator import Initiator
from payme.simulator.services import Daraja
from payme.simulator.statement import Pulling
from payme.simulator.types import Answer, JsonObject

_PAGE = Path(__file__).with_name("page")
_PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def daraja_routes(
    daraja: Daraja, gate: Gate, c2b: CustomerToBusiness, initiator: Initiator, pulling: Pulling
) -> APIRouter:
    """Lay out the paths of Daraja itself."""
    router = APIRouter(include_in_schema=False)

    @router.get("/oauth/v1/generate")
    async def generate_token(request: Request) -> Response:
        token = gate.issue_token(request.headers.get("authorization", ""), request.query_params.get("grant_type", ""))
        return JSONResponse({"access_token": token.value, "expires_in": str(token.life_s)})

    @router.post("/mpesa/stkpush/v1/processrequest")
    async def push(request: Request) -> Response:
        return JSONResponse(await daraja.push(*await _read(request)))

    @router.post("/mpesa/stkpushquery/v1/query")
    async def query(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, await daraja.query(*await _read(request)))

    @router.post("/mpesa/c2b/v1/registerurl")
    @router.post("/mpesa/c2b/v2/registerurl")
    async def register_urls(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, c2b.register_urls(*await _read(request)))

    @router.post("/mpesa/c2b/v1/simulate")
    @router.post("/mpesa/c2b/v2/simulate")
    async def simulate(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, c2b.simulate(*await _read(request)))

    @router.post("/mpesa/transactionstatus/v1/query")
    async def ask_status(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, initiator.ask_status(*await _read(request)))

    @router.post("/mpesa/reversal/v1/request")
    async def ask_reversal(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, initiator.ask_reversal(*await _read(request)))

    @router.post("/pulltransactions/v1/register")
    async def register_pull(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, pulling.register(*await _read(request)))

    @router.get("/pulltransactions/v1/query")
    @router.post("/pulltransactions/v1/query")
    async def pull(request: Request) -> Response:
        answer = gate.meet()
        return await _answer(daraja, answer, pulling.query(*await _read(request)))

    return router


def phone_routes() -> APIRouter:
    """Lay out the page with the pretended phone."""
    router = APIRouter(prefix="/simulator", tags=["simulator"])

    @router.get("/phone")
    async def show_phone() -> FileResponse:
        """Show the pretended phone."""
        return FileResponse(_PAGE / "phone.html", headers=_PAGE_HEADERS)

    @router.get("/phone.js", include_in_schema=False)
    async def show_script() -> FileResponse:
        return FileResponse(_PAGE / "phone.js", media_type="text/javascript", headers=_PAGE_HEADERS)

    @router.get("/phone.css", include_in_schema=False)
    async def show_style() -> FileResponse:
        return FileResponse(_PAGE / "phone.css", headers=_PAGE_HEADERS)

    return router


async def _answer(daraja: Daraja, answer: Answer, said: JsonObject) -> Response:
    """Send an answer, or lose it on the way. Raises ConnectionCut."""
    await daraja.dawdle(answer)
    return JSONResponse(spoil(answer, said))


async def _read(request: Request) -> tuple[str, str, bytes]:
    headers = request.headers
    return headers.get("authorization", ""), headers.get("content-type", ""), await request.body()
