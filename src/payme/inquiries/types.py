"""When Daraja is asked about a payment."""

from typing import Final

PAUSES_S: Final = (30, 60, 120, 300, 900, 3_600)
"""After the first visit, soon after the prompt, come longer and longer pauses; the last is repeated."""
ASK_FOR_S: Final = 86_100
"""Five minutes less than a day, so that an issue stands before an invariant asks for it."""
EARLY_S: Final = 2
"""A visit this much before its time is its time: the queue keeps the database's clock, and we our own."""
SPREAD_S: Final = 60
"""Over how many seconds those are spread who were told to come back, so that they do not meet again."""
