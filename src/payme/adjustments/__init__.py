"""Adjustments: what a statement has and the books lack is put right after two people said so."""

from payme.adjustments.errors import (
    AdjustmentAsked,
    AdjustmentNotFound,
    AdjustmentNotMovable,
    NotYourAdjustment,
    OwnAdjustment,
)
from payme.adjustments.events import AdjustmentMoved, AdjustmentRequested
from payme.adjustments.models import Adjustment
from payme.adjustments.queries import get_adjustment, list_adjustments
from payme.adjustments.services import (
    approve_adjustment,
    reject_adjustment,
    request_adjustment,
    withdraw_adjustment,
)
from payme.adjustments.types import MOVES, AdjustmentState

__all__ = [
    "MOVES",
    "Adjustment",
    "AdjustmentAsked",
    "AdjustmentMoved",
    "AdjustmentNotFound",
    "AdjustmentNotMovable",
    "AdjustmentRequested",
    "AdjustmentState",
    "NotYourAdjustment",
    "OwnAdjustment",
    "approve_adjustment",
    "get_adjustment",
    "list_adjustments",
    "reject_adjustment",
    "request_adjustment",
    "withdraw_adjustment",
]
