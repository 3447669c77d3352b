"""Every URL prefix of the product, on one page."""

from typing import Final

from fastapi import APIRouter

from payme.adjustments import controllers as adjustments
from payme.alerts import controllers as alerts
from payme.audit import controllers as audit
from payme.c2b import controllers as c2b
from payme.callbacks import controllers as callbacks
from payme.claims import controllers as claims
from payme.closing import controllers as closing
from payme.credit import controllers as credit
from payme.customers import controllers as customers
from payme.drawers import controllers as drawers
from payme.expenses import controllers as expenses
from payme.health import controllers as health
from payme.identity import controllers as identity
from payme.issues import controllers as issues
from payme.ledger import controllers as ledger
from payme.live import controllers as live
from payme.money import controllers as money
from payme.payment_configs import controllers as payment_configs
from payme.payments import controllers as payments
from payme.privacy import controllers as privacy
from payme.receipt_links import controllers as receipt_links
from payme.reconciliation import controllers as reconciliation
from payme.refunds import controllers as refunds
from payme.reminders import controllers as reminders
from payme.repayments import controllers as repayments
from payme.reports import controllers as reports
from payme.returns import controllers as returns
from payme.sales import controllers as sales
from payme.seals import controllers as seals
from payme.settlement import controllers as settlement
from payme.sms import controllers as sms
from payme.statement_reports import controllers as statement_reports
from payme.statements import controllers as statements
from payme.stock import controllers as stock
from payme.stories import controllers as stories
from payme.token_purchases import controllers as token_purchases
from payme.wallet import controllers as wallet
from payme.webhooks import controllers as webhooks
from payme.write_offs import controllers as write_offs

BUSINESSES: Final = "/v1/businesses"
OF_A_BUSINESS: Final = f"{BUSINESSES}/{{business_id}}"

PRODUCT: Final[tuple[tuple[str, APIRouter], ...]] = (
    ("/v1", identity.people),
    ("/v1/invitations", identity.invitations),
    (BUSINESSES, identity.businesses),
    (BUSINESSES, wallet.businesses),
    ("/v1/token-packages", wallet.packages),
    (OF_A_BUSINESS, identity.business),
    (OF_A_BUSINESS, identity.members),
    (f"{OF_A_BUSINESS}/products", stock.products),
    (f"{OF_A_BUSINESS}/deliveries", stock.deliveries),
    (f"{OF_A_BUSINESS}/stock-adjustments", stock.adjustments),
    (f"{OF_A_BUSINESS}/stock-movements", stock.movements),
    (f"{OF_A_BUSINESS}/stock", stock.stock),
    (f"{OF_A_BUSINESS}/wallet", wallet.wallet),
    (f"{OF_A_BUSINESS}/token-purchases", token_purchases.router),
    (f"{OF_A_BUSINESS}/sales", sales.router),
    (f"{OF_A_BUSINESS}/drawers", drawers.drawers),
    (f"{OF_A_BUSINESS}/drawers", closing.router),
    (f"{OF_A_BUSINESS}/drawer-settings", drawers.settings),
    (f"{OF_A_BUSINESS}/z-reports", drawers.reports),
    (f"{OF_A_BUSINESS}/money-after-closing", drawers.late),
    (f"{OF_A_BUSINESS}/sales", receipt_links.of_sale),
    (f"{OF_A_BUSINESS}/sms-messages", sms.messages),
    (f"{OF_A_BUSINESS}/sms-costs", sms.costs),
    (f"{OF_A_BUSINESS}/customers", reminders.of_customer),
    (f"{OF_A_BUSINESS}/reminders", reminders.reminders),
    (f"{OF_A_BUSINESS}/reminder-settings", reminders.settings),
    (f"{OF_A_BUSINESS}/sales", returns.of_a_sale),
    (f"{OF_A_BUSINESS}/returns", returns.returns),
    (f"{OF_A_BUSINESS}/voids", returns.voids),
    (OF_A_BUSINESS, returns.limit_of_voids),
    (f"{OF_A_BUSINESS}/customers", customers.router),
    (f"{OF_A_BUSINESS}/customers", sales.customers),
    (f"{OF_A_BUSINESS}/customers", privacy.router),
    (f"{OF_A_BUSINESS}/customers", credit.customers),
    (f"{OF_A_BUSINESS}/customers", credit.accounts),
    (f"{OF_A_BUSINESS}/customers", repayments.router),
    (f"{OF_A_BUSINESS}/debtors", credit.debtors),
    (f"{OF_A_BUSINESS}/write-offs", write_offs.router),
    (f"{OF_A_BUSINESS}/expenses", expenses.router),
    (f"{OF_A_BUSINESS}/payments", payments.payments),
    (f"{OF_A_BUSINESS}/money-in", money.money_in),
    (f"{OF_A_BUSINESS}/money-in", refunds.money_in),
    (f"{OF_A_BUSINESS}/refunds", refunds.refunds),
    (f"{OF_A_BUSINESS}/unclaimed-money", money.unclaimed),
    (f"{OF_A_BUSINESS}/unclaimed-money", claims.unclaimed),
    (f"{OF_A_BUSINESS}/money-in", claims.money_in),
    (f"{OF_A_BUSINESS}/receipt-claims", money.claims),
    (f"{OF_A_BUSINESS}/receipt-claims", claims.router),
    (f"{OF_A_BUSINESS}/callbacks", callbacks.router),
    (f"{OF_A_BUSINESS}/callbacks", settlement.callbacks),
    (f"{OF_A_BUSINESS}/payment-configs", payment_configs.router),
    (f"{OF_A_BUSINESS}/payment-configs", payments.config_tests),
    (f"{OF_A_BUSINESS}/payment-configs", c2b.router),
    (OF_A_BUSINESS, live.router),
    (f"{OF_A_BUSINESS}/webhook-endpoints", webhooks.router),
    (f"{OF_A_BUSINESS}/reports", reports.router),
    (f"{OF_A_BUSINESS}/ledger", ledger.router),
    (f"{OF_A_BUSINESS}/statement-imports", statements.imports),
    (f"{OF_A_BUSINESS}/statement-differences", statements.differences),
    (f"{OF_A_BUSINESS}/statement-reconciliation", statement_reports.router),
    (f"{OF_A_BUSINESS}/statement-adjustments", adjustments.router),
    (f"{OF_A_BUSINESS}/issues", issues.router),
    (f"{OF_A_BUSINESS}/issue-figures", issues.figures),
    (f"{OF_A_BUSINESS}/health-score", health.router),
    (f"{OF_A_BUSINESS}/alert-settings", alerts.settings),
    (f"{OF_A_BUSINESS}/alerts", alerts.alerts),
    (f"{OF_A_BUSINESS}/reconciliation", reconciliation.router),
    (f"{OF_A_BUSINESS}/audit-entries", audit.router),
    (f"{OF_A_BUSINESS}/audit-seals", seals.router),
    (f"{OF_A_BUSINESS}/sales", stories.of_a_sale),
    (f"{OF_A_BUSINESS}/money-in", stories.of_a_receipt),
    ("/callbacks", callbacks.door),
    ("/callbacks", c2b.door),
    ("/r", receipt_links.door),
)
