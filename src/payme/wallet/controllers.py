"""Routes of the wallet."""

from typing import Annotated

from fastapi import APIRouter, Response

from payme.http.errors import InvalidCursor
from payme.http.paging import Cursor, Limit, Page, decode, page
from payme.http.problems import problems
from payme.http.transact import Transact, anyone, needs, signed_in
from payme.identity import InvalidPhone, TooManyBusinesses
from payme.kit.paging import After
from payme.wallet import queries, services
from payme.wallet.schemas import BusinessIn, OpenedBusinessOut, TokenPackagesOut, WalletOut, WalletTransactionOut

businesses = APIRouter(tags=["identity"])
wallet = APIRouter(tags=["wallet"])
packages = APIRouter(tags=["wallet"])


@businesses.post(
    "", status_code=201, response_model=OpenedBusinessOut, responses=problems(InvalidPhone, TooManyBusinesses)
)
async def open_business(transact: Annotated[Transact, signed_in()], body: BusinessIn) -> Response:
    """Open a business; whoever asks becomes its owner, and its wallet starts with free tokens."""
    opening = transact.within(transact.new_id())
    return await opening(services.welcome, body.name, body.phone, reply=OpenedBusinessOut.of, status=201)


@wallet.get("", response_model=WalletOut)
async def get_wallet(transact: Annotated[Transact, needs("wallet.read")]) -> Response:
    """Show how many tokens are left."""
    return await transact(queries.get_wallet, reply=WalletOut.of)


@wallet.get("/transactions", response_model=Page[WalletTransactionOut], responses=problems(InvalidCursor))
async def list_wallet_transactions(
    transact: Annotated[Transact, needs("wallet.read")], cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List changes of the wallet, newest first."""
    after = decode(cursor)
    return await transact(
        queries.list_transactions,
        after.id if after else None,
        limit + 1,
        reply=lambda rows: page(rows, limit, WalletTransactionOut.of, lambda row: After(row.created_at, row.id)),
    )


@packages.get("", response_model=TokenPackagesOut)
async def list_token_packages(transact: Annotated[Transact, anyone()]) -> Response:
    """List what tokens are sold in."""
    return await transact(queries.list_packages, reply=TokenPackagesOut.of)
