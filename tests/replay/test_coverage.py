"""No table is forgotten: what changes in one that a business has is in the audit, or it is said why not."""

import re
from inspect import getsource

import asyncpg

from payme.kit.db.transaction import Database
from payme.reconciliation import OF_A_BUSINESS
from payme.replay import queries

WHY_NOT = {
    # What the shop is, sells and whom it knows: an entry says so, and no figure of money or goods is in it.
    "businesses": "business_opened, business_changed",
    "products": "product_added, product_changed; what is sold has its price in sale_opened",
    "customers": "customer_added, customer_changed, without names: the audit is for ever",
    "sms_preferences": "sms_preference_changed",
    "reminder_settings": "reminder_settings_changed",
    "void_limits": "void_limit_changed",
    "webhook_endpoints": "webhook_endpoint_added and so on; no secret is in them",
    "receipt_links": "receipt_shared, receipt_links_revoked",
    "confirmation_registrations": "c2b_requested, c2b_answered",
    # The lines of a document whose entry has them among its facts.
    "sale_items": "sale_opened has the lines",
    "sale_item_takings": "stock_taken has the batches",
    "sale_item_returns": "goods_returned and stock_given_back have what came back",
    "stock_adjustments": "stock_adjusted; A1 asks it for each movement",
    "credit_sales": "credit_moved; A1 asks it for each line of the ledger",
    "credit_payments": "credit_moved and cash_taken or money_allocated",
    "credit_payment_parts": "credit_moved; which debt was paid follows from the ledger",
    "drawer_books": "drawer_rules_changed; the rest is a counter",
    "z_report_lines": "the sums of a drawer that money_counted, cash_taken and cash_moved tell",
    # What is asked and answered on the way; what came of it has its entry.
    "inquiries": "how often M-PESA was asked; payment_moved says what it answered",
    "refund_attempts": "an order to reverse; refund_moved says what came of it",
    "receipt_questions": "a question about a receipt; claim_confirmed or claim_denied",
    "receipt_pulls": "how far M-PESA's list was read; money_received",
    "sms_messages": "sms_queued, sms_ended; the cost is the provider's",
    "reconciliation_issues": "issue_acknowledged and so on; it opens with its cause",
    "reconciliation_runs": "what a run asked and found",
    "reconciliation_marks": "how far runs have come",
    "issue_history": "what people did with an issue; the same entries",
    "alert_settings": "alert_settings_changed",
    "alerts": "an outbox",
    "alert_issues": "an outbox",
    # What M-PESA's statement says: kept beside the books, not of them.
    "statement_lines": "what the file says; booking a line has its own entries",
    "statement_differences": "found again by each import",
    # Counters, search, sums and outboxes: made of the books, and made again.
    "receipt_counters": "a counter",
    "return_counters": "a counter",
    "product_words": "search",
    "customer_words": "search",
    "report_marks": "sums",
    "day_sales": "sums",
    "day_products": "sums",
    "day_cashiers": "sums",
    "day_tokens": "sums",
    "ledger_days": "sums",
    "ledger_marks": "sums",
    "sms_settings": "how messages are sent",
    "webhook_messages": "an outbox",
    "webhook_tries": "an outbox",
    "idempotency_records": "answers",
    # The audit itself.
    "audit_entries": "the audit",
    "audit_seals": "over the audit",
    "audit_anchors": "over the audit",
}

NO_BOOKS = {"audit_entries", "reconciliation_issues"}
"""What is read to tell the books, and to close what the night found before."""


async def test_every_table_has_its_entries_or_a_reason(owner_dsn: str, database: Database) -> None:
    owner = await asyncpg.connect(owner_dsn)
    try:
        rows = await owner.fetch(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND obj_description(oid) = 'tenant'"
        )
    finally:
        await owner.close()
    (asked,) = (invariant.statement for invariant in OF_A_BUSINESS if invariant.id == "A1")
    told = {name for row in rows if is_read(name := row["relname"], asked) or is_read(name, getsource(queries))}

    assert {row["relname"] for row in rows} - told - WHY_NOT.keys() == set(), "a table without an entry and a reason"
    assert WHY_NOT.keys() & told - NO_BOOKS == set(), "told by the audit, so it needs no reason"
    assert WHY_NOT.keys() - {row["relname"] for row in rows} == set(), "a reason for a table that is gone"


def is_read(table: str, sql: str) -> bool:
    return re.search(rf"\b(FROM|JOIN) {table}\b", sql) is not None


def test_a_table_is_found_in_a_statement_by_its_whole_name() -> None:
    assert is_read("sales", "SELECT FROM sales WHERE")
    assert not is_read("sales", "SELECT FROM sales_of_others")
