"""Audit: an append-only record of who did what, written in the transaction that did it."""

from payme.audit.models import AuditEntry
from payme.audit.queries import list_entries
from payme.audit.rules import facts_of
from payme.audit.services import record_events

__all__ = ["AuditEntry", "facts_of", "list_entries", "record_events"]
