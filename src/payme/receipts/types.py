"""When Safaricom is asked about receipts."""

from typing import Final

FIRST_S: Final = 5
"""A confirmation that is on its way spares the question."""
PAUSES_S: Final = (60, 120, 300, 900, 3_600, 10_800, 21_600, 36_000)
"""After each question; a person is told after the last, 20 hours later: before a claim is a day old."""
ASK_FOR_S: Final = 79_200
"""When a person is told in any case: where the line is held a question does not count, and none may be a day old."""
SPREAD_S: Final = 60
"""Over how many seconds those are spread who were told to come back, so that they do not meet again."""
EARLY_S: Final = 2
"""A question this much before its time is at its time: the queue keeps the database's clock, and we our own."""
SAID_MAX: Final = 300

OVERLAP_S: Final = 3_600
"""How far back what was pulled before is pulled again: lists may be late, and a receipt is booked once anyway."""
REACH_S: Final = 47 * 3_600
"""Safaricom lists the last 48 hours."""
LIST_FOR_S: Final = 900
"""How long one list is waited for where the line is held: then the next is due, which begins where this one did."""
PAGES_MAX: Final = 50
"""Pages of one pull; at a hundred each, more than a shop takes in that time."""
