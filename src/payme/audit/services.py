"""Commands of audit."""

from payme.audit import repository
from payme.kit.db.transaction import Tx


def record_events(tx: Tx) -> None:
    """Write an entry for everything the transaction emitted, in the same transaction.

    A transaction without a business (sign-in) has no tenant's audit to write to; identity logs those.
    Locks: none. Raises: nothing. Emits: nothing.
    """
    if tx.events and tx.has_business:
        repository.insert_entries(tx, tx.events)
