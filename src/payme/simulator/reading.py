"""The truth, for reading: prompts, payments, deliveries, messages."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from payme.simulator import scenarios
from payme.simulator.core import Core
from payme.simulator.errors import NoSuchNumber
from payme.simulator.ledger import MESSAGES_KEPT_MAX, Ledger
from payme.simulator.models import Merchant, Payment, Prompt
from payme.simulator.services import Daraja
from payme.simulator.statement import Statements
from payme.simulator.types import DateForm, JsonObject, JsonValue, PromptState

LEDGER_PAGE_MAX = 10_000


def reading_routes(daraja: Daraja, core: Core) -> APIRouter:
    """Lay out the truth, the messages on phones, and the table of phones."""
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

    _add_payments(router, core)
    return router


def _add_payments(router: APIRouter, core: Core) -> None:
    @router.get("/payments")
    async def list_payments(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=LEDGER_PAGE_MAX)] = 1_000,
        shortcode: str | None = None,
        phone: str | None = None,
    ) -> Response:
        """Tell who truly paid, prompted or by hand: payments numbered above `after`, and totals over all of them."""
        found = islice(core.ledger.payments(after=after, shortcode=shortcode, phone=phone), limit)
        payments = list(found)
        totals = core.ledger.totals
        return JSONResponse(
            {
                "totals": {
                    "payments": totals.payments,
                    "amount": totals.payments_amount,
                    "reversed": totals.reversed,
                    "reversed_amount": totals.reversed_amount,
                    "forgotten": totals.payments_forgotten,
                },
                "payments": [
                    payment_out(payment) | {"deliveries": _deliveries_out(core.ledger, payment.receipt)}
                    for payment in payments
                ],
                "next_after": payments[-1].number if len(payments) == limit else None,
            }
        )

    @router.get("/payments/{receipt}")
    async def read_payment(receipt: str) -> Response:
        """Tell the truth about one receipt."""
        payment = core.ledger.payment(receipt)
        if payment is None:
            raise NoSuchNumber
        return JSONResponse(payment_out(payment) | {"deliveries": _deliveries_out(core.ledger, receipt)})

    @router.get("/statements/{shortcode}.csv")
    async def read_statement(
        shortcode: str,
        begin: AwareDatetime | None = None,
        end: AwareDatetime | None = None,
        dates: DateForm = DateForm.DAY_FIRST,
    ) -> Response:
        """Write the organisation portal's statement of a shortcode, newest first, charges included."""
        text = Statements(core).csv_of(shortcode, begin, end, dates)
        name = f'attachment; filename="statement-{shortcode}.csv"'
        return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})

    @router.get("/messages")
    async def list_messages(
        phone: str | None = None, limit: Annotated[int, Query(ge=1, le=MESSAGES_KEPT_MAX)] = 50
    ) -> Response:
        """List the SMS that customers got, newest first, in English and Swahili."""
        return JSONResponse(
            [
                {
                    "number": sms.number,
                    "at": sms.at.isoformat(),
                    "phone": sms.phone,
                    "english": sms.english,
                    "swahili": sms.swahili,
                }
                for sms in core.ledger.messages(phone=phone, limit=limit)
            ]
        )


def merchant_out(core: Core, merchant: Merchant) -> JsonObject:
    """Show a merchant and its addresses, without its credentials: they may be somebody's true ones."""
    urls = core.merchants.urls(merchant.shortcode)
    return {
        "shortcode": merchant.shortcode,
        "till": merchant.till,
        "party_b": merchant.party_b,
        "name": merchant.name,
        "transaction_type": merchant.transaction_type,
        "initiator": merchant.initiator,
        "validates": merchant.validates,
        "msisdn": merchant.msisdn.value,
        "names": merchant.names.value,
        "balance": f"{core.ledger.balance(merchant.shortcode):.2f}",
        "confirmation_url": urls.confirmation if urls else None,
        "validation_url": urls.validation if urls else None,
        "response_type": urls.response_type.value if urls else None,
    }


def payment_out(payment: Payment) -> JsonObject:
    """Show a payment as it truly was."""
    back = payment.reversal
    return {
        "number": payment.number,
        "receipt": payment.receipt,
        "shortcode": payment.merchant.shortcode,
        "party_b": payment.merchant.party_b,
        "phone": payment.phone,
        "name": payment.name.full,
        "amount": payment.amount,
        "fee": f"{payment.fee:.2f}",
        "account_reference": payment.account_reference,
        "origin": payment.origin.value,
        "checkout_request_id": payment.checkout_request_id,
        "paid_at": payment.paid_at.isoformat(),
        "reversal": {"receipt": back.receipt, "amount": back.amount, "at": back.at.isoformat()} if back else None,
    }


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
        "faults": list(prompt.faults),
        "state": prompt.state.value,
        "result_code": prompt.result.code if prompt.result else None,
        "receipt": prompt.receipt,
        "accepted_at": prompt.accepted_at.isoformat(),
        "settled_at": settled_at,
        "paid_at": settled_at if prompt.state is PromptState.PAID else None,
        "queries": prompt.queries,
        "deliveries": _deliveries_out(ledger, prompt.checkout_request_id),
    }


def _deliveries_out(ledger: Ledger, about: str) -> list[JsonValue]:
    return [
        {
            "at": attempt.at.isoformat(),
            "kind": attempt.kind.value,
            "result_code": attempt.result_code,
            "status": attempt.status,
            "error": attempt.error,
        }
        for attempt in ledger.deliveries(about)
    ]
