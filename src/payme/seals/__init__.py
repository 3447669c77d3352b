"""Seals: what the audit says is sealed soon after it was written, so that no change of it goes unseen."""

from payme.seals.errors import AuditEraMissing
from payme.seals.models import Anchor, EntryName, Evidence, Fault, Restored, Seal, SealHead, Told, Verdict
from payme.seals.queries import find_head_at, list_heads, list_restores
from payme.seals.rules import FAULTS_MAX, anchor_of, key_id, public_keys, read_public_key, restored_of
from payme.seals.schemas import read_told_line, told_line
from payme.seals.services import seal_entries, verify
from payme.seals.types import FaultKind

__all__ = [
    "FAULTS_MAX",
    "Anchor",
    "AuditEraMissing",
    "EntryName",
    "Evidence",
    "Fault",
    "FaultKind",
    "Restored",
    "Seal",
    "SealHead",
    "Told",
    "Verdict",
    "anchor_of",
    "find_head_at",
    "key_id",
    "list_heads",
    "list_restores",
    "public_keys",
    "read_public_key",
    "read_told_line",
    "restored_of",
    "seal_entries",
    "told_line",
    "verify",
]
