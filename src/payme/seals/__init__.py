"""Seals: what the audit says is sealed soon after it was written, so that no change of it goes unseen."""

from payme.seals.errors import AuditEraMissing
from payme.seals.models import Anchor, EntryName, Evidence, Fault, Seal, SealHead, Verdict
from payme.seals.queries import find_head_at, list_heads
from payme.seals.rules import FAULTS_MAX, key_id, public_keys, read_public_key
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
    "Seal",
    "SealHead",
    "Verdict",
    "find_head_at",
    "key_id",
    "list_heads",
    "public_keys",
    "read_public_key",
    "seal_entries",
    "verify",
]
