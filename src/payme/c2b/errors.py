"""What C2B refuses."""

from dataclasses import dataclass
from uuid import UUID

from payme.kit.errors import NotFound


@dataclass(eq=False)
class C2bNotRequested(NotFound):
    """Nobody wished to be told of money paid by hand to this config."""

    code = "c2b_not_requested"
    title = "Safaricom was not asked to tell of money paid by hand to this paybill or till."
    advice = "Ask for it first, with POST to the same address."
    config_id: UUID
