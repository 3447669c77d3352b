"""The invariants of the books, as data: one SQL file each, which finds rows only where the books do not agree.

The first comment says what must hold. ``-- scope: platform`` marks what is asked once of the whole database, with no
business set and ``$1`` = now; everything else is asked of one business, with ``$1`` = business_id and ``$2`` = now.
Each returns ``subject text, detail text``; the subject of one business's invariant is always the id of a thing.
"""

from payme.reconciliation.invariants.catalogue import OF_A_BUSINESS, OF_THE_PLATFORM, ONE_STATEMENT, VIOLATIONS_MAX

__all__ = ["OF_A_BUSINESS", "OF_THE_PLATFORM", "ONE_STATEMENT", "VIOLATIONS_MAX"]
