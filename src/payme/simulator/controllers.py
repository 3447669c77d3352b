"""The paths: Daraja's own, and the simulator's, which let a person or a test play the payer and the weather."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from payme.simulator import scenarios
from payme.simulator.ledger import Ledger
from payme.simulator.models import Prompt, QueuedOutcome
from payme.simulator.schemas import DeliveryIn, FaultsIn, OutcomesIn, PayerAnswerIn
from payme.simulator.services import Daraja
from payme.simulator.types import JsonObject, PromptState

LEDGER_PAGE_MAX = 10_000

_PAGE = Path(__file__).with_name("page")
_PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def daraja_routes(daraja: Daraja) -> APIRouter:
    """Lay out the three paths of Daraja itself."""
    router = APIRouter(include_in_schema=False)

    @router.get("/oauth/v1/generate")
    async def generate_token(request: Request) -> Response:
        token = daraja.issue_token(request.headers.get("authorization", ""), request.query_params.get("grant_type", ""))
        return JSONResponse({"access_token": token.value, "expires_in": str(token.life_s)})

    @router.post("/mpesa/stkpush/v1/processrequest")
    async def push(request: Request) -> Response:
        return JSONResponse(await daraja.push(*await _read(request)))

    @router.post("/mpesa/stkpushquery/v1/query")
    async def query(request: Request) -> Response:
        return JSONResponse(await daraja.query(*await _read(request)))

    return router


def simulator_routes(daraja: Daraja) -> APIRouter:
    """Lay out the paths for whoever directs the play."""
    router = APIRouter(prefix="/simulator", tags=["simulator"])

    @router.post("/outcomes", status_code=201)
    async def queue_outcomes(body: OutcomesIn) -> dict[str, int]:
        """Queue the next outcomes for one phone, or for whoever pushes next."""
        delivery = body.delivery.to_delivery() if body.delivery else None
        wanted = [QueuedOutcome(outcome, delivery) for outcome in body.outcomes]
        return {"queued": daraja.queue_outcomes(wanted, phone=body.phone)}

    @router.delete("/outcomes", status_code=204)
    async def forget_outcomes() -> None:
        """Drop everything queued."""
        daraja.forget_outcomes()

    @router.put("/delivery")
    async def set_delivery(body: DeliveryIn) -> DeliveryIn:
        """Set how callbacks of prompts accepted from now on are sent, unless their outcome says otherwise."""
        daraja.delivery = body.to_delivery()
        return body

    @router.put("/faults")
    async def set_faults(body: FaultsIn) -> FaultsIn:
        """Set what is wrong with Daraja as a whole; an empty object sets everything right."""
        daraja.faults = body.to_faults()
        return body

    @router.delete("/tokens", status_code=204)
    async def revoke_tokens() -> None:
        """Revoke every access token before its time."""
        daraja.revoke_tokens()

    @router.post("/prompts/{checkout_request_id}/answer", status_code=202)
    async def answer_prompt(checkout_request_id: str, body: PayerAnswerIn) -> PayerAnswerIn:
        """Press a button on the phone."""
        daraja.answer_prompt(checkout_request_id, body.answer)
        return body

    @router.post("/prompts/{checkout_request_id}/callbacks", status_code=202)
    async def resend_callback(checkout_request_id: str, body: DeliveryIn) -> DeliveryIn:
        """Send the callback of a settled prompt again, as often and as crooked as asked."""
        daraja.resend_callback(checkout_request_id, body.to_delivery())
        return body

    return router


def reading_routes(daraja: Daraja) -> APIRouter:
    """Lay out the truth, the table of phones, and the page with the pretended phone."""
    router = APIRouter(prefix="/simulator", tags=["simulator"])

    @router.get("/ledger")
    async def read_ledger(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=LEDGER_PAGE_MAX)] = 1_000,
        phone: str | None = None,
        state: PromptState | None = None,
    ) -> Response:
        """Tell who truly paid what: prompts numbered above `after`, and totals over all of them."""
        ledger = daraja.ledger
        prompts = ledger.page(after=after, limit=limit, phone=phone, state=state)
        totals = ledger.totals
        return JSONResponse(
            {
                "totals": {
                    "accepted": totals.accepted,
                    "paid": totals.paid,
                    "paid_amount": totals.paid_amount,
                    "forgotten": totals.forgotten,
                    "refusals": dict(ledger.refusals),
                },
                "prompts": [_prompt_out(ledger, prompt) for prompt in prompts],
                "next_after": prompts[-1].number if len(prompts) == limit else None,
            }
        )

    @router.get("/prompts")
    async def list_waiting() -> Response:
        """List the prompts on phones now, and whether a person decides them."""
        return JSONResponse(
            [
                _prompt_out(daraja.ledger, prompt) | {"asks": daraja.is_asked(prompt)}
                for prompt in daraja.ledger.waiting()
            ]
        )

    @router.get("/phones")
    async def list_phones() -> dict[str, str]:
        """Tell what the last four digits of a phone number bring about."""
        return {digits: outcome.value for digits, outcome in scenarios.LAST_DIGITS.items()}

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


async def _read(request: Request) -> tuple[str, str, bytes]:
    headers = request.headers
    return headers.get("authorization", ""), headers.get("content-type", ""), await request.body()


def _prompt_out(ledger: Ledger, prompt: Prompt) -> JsonObject:
    push = prompt.push
    settled_at = prompt.settled_at.isoformat() if prompt.settled_at else None
    return {
        "number": prompt.number,
        "checkout_request_id": prompt.checkout_request_id,
        "merchant_request_id": prompt.merchant_request_id,
        "shortcode": push.shortcode,
        "party_b": push.party_b,
        "phone": push.phone,
        "amount": push.amount,
        "account_reference": push.account_reference,
        "description": push.description,
        "callback_url": push.callback_url,
        "outcome": prompt.outcome.value,
        "state": prompt.state.value,
        "result_code": prompt.result.code if prompt.result else None,
        "receipt": prompt.receipt,
        "accepted_at": prompt.accepted_at.isoformat(),
        "settled_at": settled_at,
        "paid_at": settled_at if prompt.state is PromptState.PAID else None,
        "queries": prompt.queries,
        "deliveries": [
            {
                "at": attempt.at.isoformat(),
                "result_code": attempt.result_code,
                "status": attempt.status,
                "error": attempt.error,
            }
            for attempt in ledger.deliveries(prompt)
        ],
    }
