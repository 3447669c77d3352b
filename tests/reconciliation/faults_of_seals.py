"""Faults in the seals over the audit."""

from tests.reconciliation.planting import fault

_SEAL = """
    INSERT INTO audit_seals (business_id, number, era, first_position, last_position, last_transaction_id,
                             last_sequence, leaves, digest, sealed_at, key_id, signature)
    SELECT $1, {number}, 1, {first}, (SELECT count(*) FROM audit_entries WHERE business_id = $1) + {more},
           9223372036854775807, 0, '', sha256(''), now(), 'key', ''
    RETURNING business_id
"""

FAULTS_OF_SEALS = (
    fault("a seal is gone", "A2", _SEAL.format(number=2, first=1, more=0)),
    fault("a seal begins where none ended", "A2", _SEAL.format(number=1, first=2, more=0)),
    fault("an entry under a seal is gone", "A2", _SEAL.format(number=1, first=1, more=1)),
)
