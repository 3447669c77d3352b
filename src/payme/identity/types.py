"""Roles, what each may do, and the states of an invitation."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a person is in one business."""

    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"


class Permission(StrEnum):
    """What a route may ask for; ``docs/permissions.md`` says what each allows."""

    BUSINESS_READ = "business.read"
    BUSINESS_CHANGE = "business.change"
    MEMBERS_READ = "members.read"
    MEMBERS_CHANGE = "members.change"
    PRODUCTS_READ = "products.read"
    PRODUCTS_CHANGE = "products.change"
    STOCK_READ = "stock.read"
    STOCK_RECEIVE = "stock.receive"
    STOCK_ADJUST = "stock.adjust"
    WALLET_READ = "wallet.read"
    WALLET_BUY = "wallet.buy"
    SALES_OPEN = "sales.open"
    SALES_READ = "sales.read"
    SALES_CANCEL = "sales.cancel"
    SALES_PRICE = "sales.price"
    RECEIPTS_SHARE = "receipts.share"
    SMS_READ = "sms.read"
    REMINDERS_READ = "reminders.read"
    REMINDERS_CHANGE = "reminders.change"
    REMINDERS_SEND = "reminders.send"
    SALES_RETURN = "sales.return"
    SALES_VOID = "sales.void"
    SALES_APPROVE_VOID = "sales.approve_void"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_CHANGE = "customers.change"
    CUSTOMERS_MERGE = "customers.merge"
    CUSTOMERS_EXPORT = "customers.export"
    CUSTOMERS_ERASE = "customers.erase"
    CREDIT_READ = "credit.read"
    CREDIT_CHANGE = "credit.change"
    CREDIT_EXCEED = "credit.exceed"
    CREDIT_WRITE_OFF = "credit.write_off"
    PAYMENTS_READ = "payments.read"
    PAYMENTS_COLLECT = "payments.collect"
    PAYMENTS_MOVE = "payments.move"
    REFUNDS_READ = "refunds.read"
    REFUNDS_REQUEST = "refunds.request"
    REFUNDS_APPROVE = "refunds.approve"
    REFUNDS_PAY = "refunds.pay"
    DRAWERS_READ = "drawers.read"
    DRAWERS_OPEN = "drawers.open"
    DRAWERS_CASH = "drawers.cash"
    DRAWERS_REPORT = "drawers.report"
    DRAWERS_APPROVE = "drawers.approve"
    DRAWERS_CHANGE = "drawers.change"
    EXPENSES_READ = "expenses.read"
    EXPENSES_RECORD = "expenses.record"
    CALLBACKS_READ = "callbacks.read"
    CALLBACKS_DECIDE = "callbacks.decide"
    PAYMENT_CONFIGS_READ = "payment_configs.read"
    PAYMENT_CONFIGS_CHANGE = "payment_configs.change"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_CHANGE = "webhooks.change"
    REPORTS_READ = "reports.read"
    LEDGER_READ = "ledger.read"
    STATEMENTS_READ = "statements.read"
    STATEMENTS_IMPORT = "statements.import"
    STATEMENTS_ADJUST = "statements.adjust"
    AUDIT_READ = "audit.read"
    ISSUES_READ = "issues.read"
    ISSUES_WORK = "issues.work"
    ISSUES_RESOLVE = "issues.resolve"
    ALERTS_CHANGE = "alerts.change"


_CASHIER = frozenset(
    {
        Permission.BUSINESS_READ,
        Permission.PRODUCTS_READ,
        Permission.STOCK_READ,
        Permission.WALLET_READ,
        Permission.SALES_OPEN,
        Permission.SALES_READ,
        Permission.SALES_CANCEL,
        Permission.RECEIPTS_SHARE,
        Permission.CUSTOMERS_READ,
        Permission.CUSTOMERS_CHANGE,
        Permission.CREDIT_READ,
        Permission.PAYMENTS_READ,
        Permission.PAYMENTS_COLLECT,
        Permission.REFUNDS_READ,
        Permission.REFUNDS_REQUEST,
        Permission.DRAWERS_READ,
        Permission.DRAWERS_OPEN,
    }
)
_MANAGER = _CASHIER | {
    Permission.PRODUCTS_CHANGE,
    Permission.STOCK_RECEIVE,
    Permission.STOCK_ADJUST,
    Permission.SALES_PRICE,
    Permission.SMS_READ,
    Permission.REMINDERS_READ,
    Permission.REMINDERS_SEND,
    Permission.SALES_RETURN,
    Permission.SALES_VOID,
    Permission.SALES_APPROVE_VOID,
    Permission.WALLET_BUY,
    Permission.MEMBERS_READ,
    Permission.CUSTOMERS_MERGE,
    Permission.CUSTOMERS_EXPORT,
    Permission.CUSTOMERS_ERASE,
    Permission.CREDIT_CHANGE,
    Permission.CREDIT_EXCEED,
    Permission.CREDIT_WRITE_OFF,
    Permission.PAYMENTS_MOVE,
    Permission.REFUNDS_APPROVE,
    Permission.REFUNDS_PAY,
    Permission.DRAWERS_CASH,
    Permission.DRAWERS_REPORT,
    Permission.DRAWERS_APPROVE,
    Permission.EXPENSES_READ,
    Permission.EXPENSES_RECORD,
    Permission.CALLBACKS_READ,
    Permission.PAYMENT_CONFIGS_READ,
    Permission.REPORTS_READ,
    Permission.LEDGER_READ,
    Permission.STATEMENTS_READ,
    Permission.STATEMENTS_IMPORT,
    Permission.STATEMENTS_ADJUST,
    Permission.ISSUES_READ,
    Permission.ISSUES_WORK,
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {Role.OWNER: frozenset(Permission), Role.MANAGER: _MANAGER, Role.CASHIER: _CASHIER}
)
"""The table of roles. A permission that is not here is not given."""


class InvitationState(StrEnum):
    """Where an invitation stands; ``expired`` is derived from its deadline and is never stored."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


INVITATION_MOVES: Mapping[InvitationState, frozenset[InvitationState]] = MappingProxyType(
    {
        InvitationState.OPEN: frozenset({InvitationState.ACCEPTED, InvitationState.REVOKED}),
        InvitationState.ACCEPTED: frozenset(),
        InvitationState.REVOKED: frozenset(),
        InvitationState.EXPIRED: frozenset(),
    }
)
"""The legal moves. Time itself moves ``open`` to ``expired``."""
