"""Routes of token purchases."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from payme.daraja import MpesaUnavailable
from payme.http.errors import IdempotencyKeyMissing, InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import IdempotencyKey, Transact, needs
from payme.kit.errors import KeyInProgress, KeyReused
from payme.kit.paging import After
from payme.payments import PhoneNotValid, Terms
from payme.push_limits import PushLimitReached
from payme.token_purchases import queries, rules, services
from payme.token_purchases.errors import (
    PackageNotSold,
    TokenPurchaseNotFound,
    TokenPurchaseNotPaid,
    TooManyTokenPurchases,
)
from payme.token_purchases.schemas import TokenPurchaseIn, TokenPurchaseOut, TokenReceiptOut

router = APIRouter(tags=["wallet"])
Reading = Annotated[Transact, needs("wallet.read")]


async def _terms(request: Request) -> Terms:
    terms: Terms = request.app.state.terms
    return terms


@router.post(
    "",
    status_code=202,
    response_model=TokenPurchaseOut,
    responses=problems(
        PackageNotSold,
        TooManyTokenPurchases,
        PhoneNotValid,
        PushLimitReached,
        MpesaUnavailable,
        IdempotencyKeyMissing,
        KeyInProgress,
        KeyReused,
    ),
)
async def buy_tokens(
    transact: Annotated[Transact, needs("wallet.buy")],
    body: TokenPurchaseIn,
    key: IdempotencyKey,
    terms: Annotated[Terms, Depends(_terms)],
) -> Response:
    """Ask a phone for the price of a package; read the purchase to see when the tokens are there."""
    return await transact(
        services.buy_tokens, body.tokens, body.phone, terms, reply=TokenPurchaseOut.of, once=key, status=202
    )


@router.get("", response_model=Page[TokenPurchaseOut], responses=problems(InvalidCursor))
async def list_token_purchases(transact: Reading, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List purchases of tokens, newest first."""
    return await transact(
        queries.list_purchases,
        decode(cursor),
        limit + 1,
        reply=lambda rows: page(rows, limit, TokenPurchaseOut.of, lambda row: After(row.created_at, row.id)),
    )


@router.get("/{purchase_id}", response_model=TokenPurchaseOut, responses=problems(TokenPurchaseNotFound))
async def get_token_purchase(transact: Reading, purchase_id: UUID) -> Response:
    """Read one purchase: poll it while the prompt is on the phone."""
    return await transact(queries.get_purchase, purchase_id, reply=TokenPurchaseOut.of)


@router.get(
    "/{purchase_id}/receipt",
    response_model=TokenReceiptOut,
    responses=problems(TokenPurchaseNotFound, TokenPurchaseNotPaid),
)
async def get_token_receipt(transact: Reading, purchase_id: UUID) -> Response:
    """Read the receipt as data."""
    return await transact(queries.get_receipt, purchase_id, reply=TokenReceiptOut.of)


@router.get(
    "/{purchase_id}/receipt.txt",
    response_class=PlainTextResponse,
    responses=problems(TokenPurchaseNotFound, TokenPurchaseNotPaid),
)
async def get_token_receipt_text(transact: Reading, purchase_id: UUID) -> Response:
    """Read the receipt as text for a 58 mm printer."""
    return PlainTextResponse(rules.receipt_text(await transact.run(queries.get_receipt, purchase_id)))
