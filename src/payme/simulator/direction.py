"""The paths for whoever directs the play: outcomes, faults, merchants, payments by hand."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from payme.simulator import rules
from payme.simulator.c2b import CustomerToBusiness
from payme.simulator.core import Core
from payme.simulator.delivery import Postman
from payme.simulator.faults import FAULTS, FaultBoard
from payme.simulator.forgery import Forger, Storm
from payme.simulator.gate import Gate
from payme.simulator.models import Merchant, QueuedOutcome
from payme.simulator.reading import merchant_out, payment_out
from payme.simulator.schemas import (
    DeliveryIn,
    FaultRuleIn,
    FaultsIn,
    ForgeryIn,
    MerchantIn,
    OutcomesIn,
    PayerAnswerIn,
    PayerIn,
    PaymentIn,
)
from payme.simulator.services import Daraja
from payme.simulator.types import JsonObject


def simulator_routes(daraja: Daraja, core: Core, gate: Gate, c2b: CustomerToBusiness) -> APIRouter:
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
        gate.faults = body.to_faults(core.clock())
        return body

    @router.delete("/tokens", status_code=204)
    async def revoke_tokens() -> None:
        """Revoke every access token before its time."""
        gate.revoke_tokens()

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

    @router.get("/payer")
    async def read_payer() -> PayerIn:
        """Tell what phones outside the table do."""
        return PayerIn(default_outcome=daraja.default_outcome)

    @router.put("/payer")
    async def set_payer(body: PayerIn) -> PayerIn:
        """Set what phones outside the table do; `ask` lets a person answer every prompt."""
        daraja.default_outcome = body.default_outcome
        return body

    _add_fault_rules(router, gate.board)
    _add_merchants(router, core)
    _add_payments(router, c2b)
    return router


def storm_routes(postman: Postman, forger: Forger) -> APIRouter:
    """Lay out the paths for bursts and forgeries."""
    router = APIRouter(prefix="/simulator", tags=["simulator"])

    @router.put("/hold", status_code=204)
    async def hold() -> None:
        """Hold back every callback, confirmation and result."""
        postman.hold()

    @router.delete("/hold", status_code=204)
    async def let_go() -> None:
        """Send everything held back in one burst."""
        postman.let_go()

    @router.post("/forgeries", status_code=202)
    async def forge(body: ForgeryIn) -> ForgeryIn:
        """Begin a storm of forged successes."""
        forger.storm(Storm(**body.model_dump()))
        return body

    @router.get("/forgeries")
    async def count_forgeries() -> Response:
        """Tell how many forgeries were sent, and what they were answered with."""
        return JSONResponse({"sent": forger.sent, "answered": forger.answered})

    return router


def _add_fault_rules(router: APIRouter, board: FaultBoard) -> None:
    @router.get("/faults")
    async def list_faults() -> Response:
        """List every fault there is, what it does, and how often it has struck."""
        return JSONResponse(
            [
                {"fault": fault, "stage": spec.stage, "meaning": spec.meaning, "strikes": board.strikes[fault]}
                for fault, spec in FAULTS.items()
            ]
        )

    @router.post("/fault-rules", status_code=201)
    async def switch_on(body: FaultRuleIn) -> dict[str, int]:
        """Switch on a fault or a mix: for a share of requests, so many times, one phone or one shortcode."""
        return {"rule": board.add(body.to_rule())}

    @router.get("/fault-rules")
    async def list_rules() -> Response:
        """List what is switched on."""
        rules_on = board.rules().items()
        return JSONResponse([{"rule": number} | asdict(rule) for number, rule in rules_on])

    @router.delete("/fault-rules/{number}", status_code=204)
    async def switch_off(number: int) -> None:
        """Switch off one rule."""
        board.remove(number)

    @router.delete("/fault-rules", status_code=204)
    async def switch_all_off() -> None:
        """Switch off every rule."""
        board.clear()


def _add_merchants(router: APIRouter, core: Core) -> None:
    @router.put("/merchants/{shortcode}")
    async def register_merchant(shortcode: Annotated[str, Path(pattern=r"^[0-9]{5,7}$")], body: MerchantIn) -> Response:
        """Register a merchant, or change the one with this shortcode: a paybill, or with `till` a till's store."""
        known = core.merchants.by_shortcode.get(shortcode)
        rng = core.rng("credentials", shortcode)
        passkey, key, secret = (rules.access_token(rng) for _ in range(3))
        old = known or Merchant(shortcode, passkey, key, secret)
        merchant = body.to_merchant(shortcode, old.passkey, old.consumer_key, old.consumer_secret)
        is_new = core.merchants.register(merchant)
        if not is_new:
            return JSONResponse(merchant_out(core, merchant))
        credentials: JsonObject = {
            "passkey": merchant.passkey,
            "consumer_key": merchant.consumer_key,
            "consumer_secret": merchant.consumer_secret,
        }
        return JSONResponse(merchant_out(core, merchant) | credentials, HTTPStatus.CREATED)

    @router.get("/merchants")
    async def list_merchants() -> Response:
        """List every merchant, without its credentials."""
        return JSONResponse([merchant_out(core, merchant) for merchant in core.merchants.by_shortcode.values()])

    @router.delete("/merchants/{shortcode}/urls", status_code=204)
    async def forget_urls(shortcode: str) -> None:
        """Delete the C2B addresses of a shortcode, as its owner can in Safaricom's portal."""
        core.merchants.forget_urls(shortcode)


def _add_payments(router: APIRouter, c2b: CustomerToBusiness) -> None:
    @router.post("/payments", status_code=201)
    async def pay_by_hand(body: PaymentIn) -> Response:
        """Pay a till or a paybill as a person does; 201 when paid, 409 when the merchant refused."""
        dialled = await c2b.dial(body.to_order())
        if dialled.payment is None:
            refused = {"state": "refused", "code": dialled.code, "reason": dialled.reason}
            return JSONResponse(refused, HTTPStatus.CONFLICT)
        return JSONResponse({"state": "paid"} | payment_out(dialled.payment), HTTPStatus.CREATED)

    @router.post("/payments/{receipt}/confirmations", status_code=202)
    async def confirm_again(receipt: str, body: DeliveryIn) -> DeliveryIn:
        """Send the C2B confirmation of a payment again, as often as asked."""
        c2b.confirm_again(receipt, body.to_delivery())
        return body
