"""Pure decisions of adjustments."""

from uuid import UUID

from payme.adjustments.errors import AdjustmentNotMovable, NotYourAdjustment, OwnAdjustment
from payme.adjustments.models import Adjustment
from payme.adjustments.types import MOVES, AdjustmentState


def move(adjustment: Adjustment, target: AdjustmentState) -> AdjustmentState:
    """Return the target state where the move is legal; raises AdjustmentNotMovable."""
    if target not in MOVES[adjustment.state]:
        raise AdjustmentNotMovable(adjustment.id, adjustment.state, target)
    return target


def check_other_person(adjustment: Adjustment, user_id: UUID) -> None:
    """Raise OwnAdjustment where who asked would decide, in whatever role."""
    if adjustment.requested_by == user_id:
        raise OwnAdjustment(adjustment.id)


def check_own(adjustment: Adjustment, user_id: UUID) -> None:
    """Raise NotYourAdjustment where somebody else asked."""
    if adjustment.requested_by != user_id:
        raise NotYourAdjustment(adjustment.id)
