"""Routes of seals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from payme.http.paging import Limit
from payme.http.problems import problems
from payme.http.transact import Transact, needs
from payme.kit.secrets import Keys, SecretKeysMissing
from payme.seals import queries, services
from payme.seals.schemas import PublicKeysOut, SealsOut

router = APIRouter(tags=["audit"])
Reader = Annotated[Transact, needs("audit.read")]


async def _keys(request: Request) -> Keys:
    keys: Keys = request.app.state.seal_keys
    return keys


@router.get("", response_model=SealsOut)
async def list_audit_seals(
    transact: Reader,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="Only seals before this number.")] = None,
    limit: Limit = 50,
) -> Response:
    """List the seals over the audit, newest first."""
    return await transact(queries.list_heads, before, limit, reply=SealsOut.of)


@router.get("/public-keys", response_model=PublicKeysOut, responses=problems(SecretKeysMissing))
async def list_audit_keys(transact: Reader, keys: Annotated[Keys, Depends(_keys)]) -> Response:
    """List the keys that seals are signed with, the current one first."""
    return await transact(services.list_public_keys, keys, reply=PublicKeysOut.of)
