"""Pure decisions of restores: what people are told of refunds that came back unpaid."""

from payme.issues import NewIssue
from payme.refunds import Refund
from payme.restores.types import RESTORED_REFUND


def issue_of(refund: Refund) -> NewIssue:
    """Return the issue of a refund that came unpaid out of a backup."""
    detail = f"{refund.state} when the backup was made; it may have been paid since: look before you pay"
    facts: dict[str, object] = {"detail": detail, "amount": str(refund.amount), "money_in_id": str(refund.money_in_id)}
    return NewIssue(RESTORED_REFUND, refund.id, facts)
