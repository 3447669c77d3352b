"""Pure decisions of callbacks: how one is written down, and when it is tried again."""

import base64
import hashlib
import json
from datetime import datetime
from uuid import UUID

from payme.callbacks.errors import CallbackNotMovable
from payme.callbacks.models import Arrival, Callback, NewCallback
from payme.callbacks.types import MOVES, TRIES_MAX, CallbackState
from payme.kit.texts import printable

HEADERS_KEPT = ("businessshortcode", "content-type", "user-agent", "x-forwarded-for")
"""What a header may tell later about where a callback came from."""
HEADER_MAX = 200
TEXT_MAX = 64
_FIRST_PAUSE_S = 0.2
_OF_NO_WORD = str.maketrans("eEmMsS", "012345")


def secret_of(randomness: str) -> str:
    """Return the secret of a callback path, made of what is random, with no word in it that Safaricom refuses.

    It registers no address with mpesa, safaricom, exe, cmd, sql or query in it, and chance alone writes one of them
    into four secrets of a thousand. Each has an e, an m or an s; without these, some 248 of 256 bits are left.
    """
    return randomness.translate(_OF_NO_WORD)


def hash_of_secret(secret: str) -> bytes:
    """Return what is stored of a callback path's secret."""
    return hashlib.sha256(secret.encode()).digest()


def new_callback(arrival: Arrival, callback_id: UUID, at: datetime) -> NewCallback:
    """Make what is kept of an arrival; the secret itself is not."""
    return NewCallback(
        id=callback_id,
        path_hash=hash_of_secret(arrival.secret),
        body=arrival.body,
        shortcode=arrival.shortcode[:TEXT_MAX],
        address=arrival.address[:TEXT_MAX],
        headers={
            name: printable(arrival.headers[name])[:HEADER_MAX] for name in HEADERS_KEPT if name in arrival.headers
        },
        outside=arrival.outside,
        received_at=at,
    )


def as_record(callback: NewCallback) -> bytes:
    """Write a callback for the spool."""
    return json.dumps(
        {
            "id": str(callback.id),
            "path_hash": callback.path_hash.hex(),
            "body": base64.b64encode(callback.body).decode(),
            "shortcode": callback.shortcode,
            "address": callback.address,
            "headers": dict(callback.headers),
            "outside": callback.outside,
            "received_at": callback.received_at.isoformat(),
        }
    ).encode()


def from_record(record: bytes) -> NewCallback:
    """Read a callback from the spool."""
    said = json.loads(record)
    return NewCallback(
        id=UUID(said["id"]),
        path_hash=bytes.fromhex(said["path_hash"]),
        body=base64.b64decode(said["body"]),
        shortcode=said["shortcode"],
        address=said["address"],
        headers=said["headers"],
        outside=said["outside"],
        received_at=datetime.fromisoformat(said["received_at"]),
    )


def move(callback: Callback, target: CallbackState) -> CallbackState:
    """Return the target state where the move is legal; raises CallbackNotMovable."""
    if target not in MOVES[callback.state]:
        raise CallbackNotMovable(callback_id=callback.id, state=callback.state, wanted=target)
    return target


def is_spent(attempts: int) -> bool:
    """Say whether a callback that was tried so often has had its chances."""
    return attempts >= TRIES_MAX


def pause_s(attempts: int) -> float:
    """Return how long to wait before the next try: 0.2 s, then twice as long each time, 26 s in all."""
    return _FIRST_PAUSE_S * (1 << max(attempts, 1) - 1)
