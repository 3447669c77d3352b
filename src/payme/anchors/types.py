"""Figures of anchors."""

from datetime import timedelta
from typing import Final

HEADS_AT_ONCE: Final = 500
"""How many heads a place is told at once at the most: an object, or an e-mail of some 200 KB."""
LEASE: Final = timedelta(minutes=5)
"""How long a place belongs to the worker that tells it; after that another does."""
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""After which try what wait, where a place did not take what it was told; it is never given up."""
PROVED_BACK: Final = timedelta(days=35)
"""How far back places are read by night: whatever was rewritten since then contradicts what was told since then."""
