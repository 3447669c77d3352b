"""The door Daraja knocks at. It answers 200 to everybody: who guesses learns nothing, and who is Daraja sends once."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from payme.http.transact import Transact, anyone
from payme.settlement import services
from payme.settlement.models import Arrival

router = APIRouter(tags=["callbacks"])
_ACCEPTED = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
_TEXT_MAX = 64


@router.post("/{secret}", response_class=Response, responses={200: {"description": "Stored."}})
async def store_callback(
    request: Request,
    secret: Annotated[str, Path(min_length=1, max_length=128)],
    transact: Annotated[Transact, anyone()],
) -> Response:
    """Store a callback raw and answer at once; a job applies it."""
    arrival = Arrival(
        secret=secret,
        body=await request.body(),
        shortcode=request.headers.get("businessshortcode", "")[:_TEXT_MAX],
        address=(request.client.host if request.client else "")[:_TEXT_MAX],
    )
    await transact.run(services.store_callback, arrival)
    return Response(_ACCEPTED, media_type="application/json")
