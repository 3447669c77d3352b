"""Words of payments: methods, the ladder of states, evidence, purposes."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    """How a customer pays."""

    CASH = "cash"
    MPESA = "mpesa"


class PaymentState(StrEnum):
    """The ladder: a move is legal only if the rank rises (domain.md section 3)."""

    CREATED = "created"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    EXPIRED = "expired"
    FAILED = "failed"
    SUCCEEDED = "succeeded"

    @property
    def rank(self) -> int:
        """The rung: 0 created to 6 succeeded."""
        return list(PaymentState).index(self)

    @property
    def is_live(self) -> bool:
        """Whether the customer may still be asked on the phone: one such attempt a sale."""
        return self.rank < PaymentState.EXPIRED.rank


class PaymentFor(StrEnum):
    """Why money is collected: decided when it is asked for, where an allocation's purpose is decided when it came."""

    SALE = "sale"
    CREDIT = "credit"
    TOKENS = "tokens"
    TEST = "test"


class Evidence(StrEnum):
    """What moved a payment. Only evidence with a receipt reaches ``succeeded`` for M-Pesa."""

    TILL = "till"
    SUBMISSION = "submission"
    CALLBACK = "callback"
    CONFIRMATION = "confirmation"
    STATUS = "status"
    PULL = "pull"
    STATEMENT = "statement"
    QUERY = "query"
    DEADLINE = "deadline"
