"""Drawers: which cash drawer money goes into, what it should hold, what was counted."""

from payme.drawers.errors import DrawerNeeded, DrawerNotOpen, DrawerUnclear
from payme.drawers.events import (
    CashMoved,
    DrawerClosed,
    DrawerCounted,
    DrawerOpened,
    DrawerRulesChanged,
    MoneyAfterClosing,
)
from payme.drawers.models import (
    CashMove,
    Count,
    Drawer,
    DrawerRules,
    DrawerTotal,
    DrawerView,
    Movement,
    OpenDrawer,
)
from payme.drawers.queries import get_drawer, get_rules, get_view, list_drawers
from payme.drawers.services import (
    approve_count,
    change_rules,
    choose,
    count,
    count_drawer,
    count_for_sale,
    current,
    look_up,
    move_cash,
    open_drawer,
)
from payme.drawers.types import DrawerMode, DrawerState, MovementKind, Tender

__all__ = [
    "CashMove",
    "CashMoved",
    "Count",
    "Drawer",
    "DrawerClosed",
    "DrawerCounted",
    "DrawerMode",
    "DrawerNeeded",
    "DrawerNotOpen",
    "DrawerOpened",
    "DrawerRules",
    "DrawerRulesChanged",
    "DrawerState",
    "DrawerTotal",
    "DrawerUnclear",
    "DrawerView",
    "MoneyAfterClosing",
    "Movement",
    "MovementKind",
    "OpenDrawer",
    "Tender",
    "approve_count",
    "change_rules",
    "choose",
    "count",
    "count_drawer",
    "count_for_sale",
    "current",
    "get_drawer",
    "get_rules",
    "get_view",
    "list_drawers",
    "look_up",
    "move_cash",
    "open_drawer",
]
