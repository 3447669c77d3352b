"""Pure decisions of write-offs."""

from uuid import UUID

from payme.write_offs.errors import NotYourWriteOff, OwnWriteOff, WriteOffNotMovable
from payme.write_offs.models import WriteOff
from payme.write_offs.types import MOVES, WriteOffState


def move(write_off: WriteOff, target: WriteOffState) -> WriteOffState:
    """Return the target state where the move is legal; raises WriteOffNotMovable."""
    if target not in MOVES[write_off.state]:
        raise WriteOffNotMovable(write_off.id, write_off.state, target)
    return target


def check_other_person(write_off: WriteOff, user_id: UUID) -> None:
    """Raise OwnWriteOff where who asked would decide, in whatever role."""
    if write_off.requested_by == user_id:
        raise OwnWriteOff(write_off.id)


def check_own(write_off: WriteOff, user_id: UUID) -> None:
    """Raise NotYourWriteOff where somebody else asked."""
    if write_off.requested_by != user_id:
        raise NotYourWriteOff(write_off.id)
