"""Write-offs: debts that nobody will pay, given up after two people said so."""

from payme.write_offs.errors import (
    NotYourWriteOff,
    OwnWriteOff,
    WriteOffAsked,
    WriteOffNotFound,
    WriteOffNotMovable,
)
from payme.write_offs.events import WriteOffMoved, WriteOffRequested
from payme.write_offs.models import WriteOff
from payme.write_offs.queries import get_write_off, list_write_offs
from payme.write_offs.services import approve_write_off, reject_write_off, request_write_off, withdraw_write_off
from payme.write_offs.types import MOVES, WriteOffState

__all__ = [
    "MOVES",
    "NotYourWriteOff",
    "OwnWriteOff",
    "WriteOff",
    "WriteOffAsked",
    "WriteOffMoved",
    "WriteOffNotFound",
    "WriteOffNotMovable",
    "WriteOffRequested",
    "WriteOffState",
    "approve_write_off",
    "get_write_off",
    "list_write_offs",
    "reject_write_off",
    "request_write_off",
    "withdraw_write_off",
]
