"""Words and figures of restores."""

from typing import Final

AT_ONCE: Final = 500
"""How much one transaction holds back."""
MAY_HAVE_LEFT: Final = "restored from a backup: it may have been sent after the backup was made"
RESTORED_REFUND: Final = "restored_refund"
"""The kind of issue that says of a refund: look before you pay."""
