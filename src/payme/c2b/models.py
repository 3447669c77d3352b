"""Rows of C2B."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.c2b.types import RegistrationState


@dataclass(frozen=True, slots=True)
class Registration:
    """Where Safaricom tells of money paid by hand to one payment config, and what is answered when it asks."""

    payment_config_id: UUID
    shortcode: str
    till_number: str | None
    rejects_unknown_accounts: bool
    state: RegistrationState
    said: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class C2bSecrets:
    """The secrets of the two addresses that Safaricom is told; they are nowhere else."""

    confirmation: str = field(repr=False)
    validation: str = field(repr=False)
