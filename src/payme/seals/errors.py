"""Refusals of seals."""

from dataclasses import dataclass

from payme.kit.errors import Unavailable


@dataclass(eq=False)
class AuditEraMissing(Unavailable):
    """The database counts transactions lower than the seals do: it was restored into another cluster."""

    code = "audit_era_missing"
    title = "The audit cannot be sealed since this database was restored."
    advice = "Tell whoever runs this server to run payme audit new-era."
    sealed_transaction: int
