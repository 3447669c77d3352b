"""Figures of receipt links."""

from datetime import timedelta
from typing import Final

LASTS: Final = timedelta(days=90)
"""How long an address shows its receipt: customers keep messages, and bring goods back."""
LINKS_OF_SALE: Final = 20
"""How many addresses of one receipt may be good at a time."""
TOKEN_LENGTH: Final = 26
"""Signs of an address's secret, of 32 kinds: 130 bits."""
ADDRESS: Final = "/r/"
