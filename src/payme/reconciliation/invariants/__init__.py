"""The invariants of the books, as data: one SQL file each, which finds rows only where the books do not agree.

The first comment says what must hold. ``-- scope: platform`` marks what is asked once of the whole database, with no
business set and ``$1`` = now; everything else is asked of one business, with ``$1`` = business_id and ``$2`` = now.
Each returns ``subject text, detail text``; the subject of one business's invariant is always the id of a thing.

``-- focus:`` says how an invariant is asked when only some things changed. A file in ``focus`` has, for one kind of
thing, common table expressions that stand in for the tables: the same statement then sees the rows of those things
alone (``$3`` = their ids), as if the business had no others. ``whole`` asks everything, because that is little or the
answer rests on all rows; ``nightly`` leaves it to the night. ``focus/changes.sql`` finds what changed.
"""

from payme.reconciliation.invariants.catalogue import (
    CHANGES,
    CHANGES_OF,
    OF_A_BUSINESS,
    OF_THE_PLATFORM,
    ONE_STATEMENT,
    VIOLATIONS_MAX,
)

__all__ = ["CHANGES", "CHANGES_OF", "OF_A_BUSINESS", "OF_THE_PLATFORM", "ONE_STATEMENT", "VIOLATIONS_MAX"]
