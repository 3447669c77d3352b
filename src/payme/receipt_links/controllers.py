"""Routes of receipt links."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from payme.http.errors import IdempotencyKeyMissing
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, anyone, needs
from payme.identity import InvalidPhone
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.secrets import SecretKeysMissing
from payme.receipt_links import rules, services
from payme.receipt_links.errors import NoPhone, NothingBought, ReceiptGone, TooManyLinks
from payme.receipt_links.models import Sharing
from payme.receipt_links.schemas import ReceiptLinkOut, ReceiptSmsIn, RevokedOut
from payme.sales import SaleNotFound, receipt_text
from payme.sms import QueuedSmsOut, TooManyReceipts

of_sale = APIRouter(tags=["sales"])
door = APIRouter(tags=["sales"])
Sharer = Annotated[Transact, needs("receipts.share")]
_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}


async def _sharing(request: Request) -> Sharing:
    sharing: Sharing = request.app.state.sharing
    return sharing


SharingOf = Annotated[Sharing, Depends(_sharing)]


@of_sale.post(
    "/{sale_id}/receipt-links",
    status_code=201,
    response_model=ReceiptLinkOut,
    responses=problems(SaleNotFound, TooManyLinks),
)
async def share_receipt(transact: Sharer, sale_id: UUID, sharing: SharingOf) -> Response:
    """Make an address of the receipt, to hand to the customer.

    No answer is kept for an Idempotency-Key, because it would keep the address.
    """
    return await transact(services.share_receipt, sale_id, sharing, reply=ReceiptLinkOut.of, status=201)


@of_sale.delete("/{sale_id}/receipt-links", response_model=RevokedOut, responses=problems(SaleNotFound))
async def revoke_receipt_links(transact: Sharer, sale_id: UUID) -> Response:
    """Take every address of the receipt back."""
    return await transact(services.revoke_links, sale_id, reply=RevokedOut.of)


@of_sale.post(
    "/{sale_id}/receipt-sms",
    status_code=202,
    response_model=QueuedSmsOut,
    responses=problems(
        SaleNotFound,
        NothingBought,
        InvalidPhone,
        NoPhone,
        TooManyReceipts,
        TooManyLinks,
        SecretKeysMissing,
        IdempotencyKeyMissing,
        KeyInProgress,
        KeyReused,
    ),
)
async def send_receipt(
    transact: Sharer, sale_id: UUID, body: ReceiptSmsIn, sharing: SharingOf, key: IdempotencyKey
) -> Response:
    """Send the total and the address of the receipt by SMS; three times for a sale at the most."""
    return await transact(
        services.send_receipt, sale_id, body.phone, sharing, reply=QueuedSmsOut.of, once=key, status=202
    )


@door.get("/{token}", response_class=HTMLResponse, responses=problems(ReceiptGone))
async def show_receipt(
    request: Request,
    transact: Annotated[Transact, anyone()],
    token: Annotated[str, Path(min_length=1, max_length=100)],
) -> Response:
    """Show a receipt to whoever has its address; as text where that is asked for."""
    target = await transact.run(services.follow_link, token)
    receipt = await transact.within(target.business_id).run(services.show_receipt, target.link_id)
    text = receipt_text(receipt)
    if "text/plain" in request.headers.get("accept", ""):
        return PlainTextResponse(text, headers=_HEADERS)
    title = f"{receipt.shop.name} {receipt.view.sale.number}"
    return HTMLResponse(rules.page_of(text, title), headers=_HEADERS)
