"""Words of seals."""

from enum import StrEnum
from typing import Final

LEAF_BYTES: Final = 56
"""Of one entry in a seal: its id (16), its sequence (8), its SHA-256 (32)."""
ENTRIES_MAX: Final = 1000
"""How many entries one seal holds at the most."""


class FaultKind(StrEnum):
    """What is wrong with an audit."""

    ENTRY_CHANGED = "entry_changed"
    ENTRY_REMOVED = "entry_removed"
    ENTRY_ADDED = "entry_added"
    SEAL_CHANGED = "seal_changed"
    SEAL_REMOVED = "seal_removed"
    SIGNATURE_WRONG = "signature_wrong"
    KEY_UNKNOWN = "key_unknown"
    REWRITTEN = "rewritten"
    TAIL_CUT = "tail_cut"
    ANCHOR_FORGED = "anchor_forged"
    FILE_BROKEN = "file_broken"
