"""Callbacks: what Daraja, or somebody, posted to us: kept raw, handed out once at a time, and never lost."""

from payme.callbacks.controllers import ACCEPTED, Keeping, Secret, arrival_of
from payme.callbacks.errors import CallbackNotFound, CallbackNotMovable
from payme.callbacks.events import CallbackDied, CallbackRejected, CallbackReplayed
from payme.callbacks.models import Address, Arrival, Callback, Leased, LooseEnds, NewCallback
from payme.callbacks.queries import count_loose_ends, find_addresses, find_path, get_callback, list_loose_ends
from payme.callbacks.rules import hash_of_secret, is_spent, move
from payme.callbacks.schemas import CallbackOut
from payme.callbacks.services import (
    CallbackKeeper,
    bury,
    close,
    lease_callbacks,
    lock_callback,
    lock_own,
    open_path,
    put_back,
    reject,
    replay,
)
from payme.callbacks.types import MOVES, TRIES_MAX, CallbackState, PathKind

__all__ = [
    "ACCEPTED",
    "MOVES",
    "TRIES_MAX",
    "Address",
    "Arrival",
    "Callback",
    "CallbackDied",
    "CallbackKeeper",
    "CallbackNotFound",
    "CallbackNotMovable",
    "CallbackOut",
    "CallbackRejected",
    "CallbackReplayed",
    "CallbackState",
    "Keeping",
    "Leased",
    "LooseEnds",
    "NewCallback",
    "PathKind",
    "Secret",
    "arrival_of",
    "bury",
    "close",
    "count_loose_ends",
    "find_addresses",
    "find_path",
    "get_callback",
    "hash_of_secret",
    "is_spent",
    "lease_callbacks",
    "list_loose_ends",
    "lock_callback",
    "lock_own",
    "move",
    "open_path",
    "put_back",
    "reject",
    "replay",
]
