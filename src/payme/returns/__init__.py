"""Returns: goods that customers bring back, sales that are voided on their day, and how the money goes back."""

from payme.returns.errors import (
    NotYourVoid,
    OwnVoid,
    ReturnNotFound,
    SaleNotVoidable,
    VoidAsked,
    VoidNotFound,
    VoidNotMovable,
    VoidTooLate,
)
from payme.returns.events import GoodsReturned, VoidLimitChanged, VoidMoved, VoidRequested, WayBack
from payme.returns.models import Approval, MoneyBack, Return, ReturnView, Void, VoidLimit, VoidView
from payme.returns.queries import (
    ReturnFilter,
    get_return,
    get_return_receipt,
    get_void_limit,
    get_void_view,
    list_returns,
    list_voids,
)
from payme.returns.services import (
    approve_void,
    reject_void,
    return_goods,
    set_void_limit,
    void_sale,
    withdraw_void,
)
from payme.returns.types import VOID_LIMIT, VOID_MOVES, VoidState, Way

__all__ = [
    "VOID_LIMIT",
    "VOID_MOVES",
    "Approval",
    "GoodsReturned",
    "MoneyBack",
    "NotYourVoid",
    "OwnVoid",
    "Return",
    "ReturnFilter",
    "ReturnNotFound",
    "ReturnView",
    "SaleNotVoidable",
    "Void",
    "VoidAsked",
    "VoidLimit",
    "VoidLimitChanged",
    "VoidMoved",
    "VoidNotFound",
    "VoidNotMovable",
    "VoidRequested",
    "VoidState",
    "VoidTooLate",
    "VoidView",
    "Way",
    "WayBack",
    "approve_void",
    "get_return",
    "get_return_receipt",
    "get_void_limit",
    "get_void_view",
    "list_returns",
    "list_voids",
    "reject_void",
    "return_goods",
    "set_void_limit",
    "void_sale",
    "withdraw_void",
]
