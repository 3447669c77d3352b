"""What push limits refuse."""

from dataclasses import dataclass

from payme.kit.errors import TooMany


@dataclass(eq=False)
class PushLimitReached(TooMany):
    """A phone, a cashier or a business had as many pushes as it may have for now; nobody is asked."""

    code = "push_limit_reached"
    title = "Enough requests to pay were sent for now."
    advice = (
        "Take cash, let the customer pay the till by hand, or ask another phone; Retry-After says when to try again."
    )
    counted: str
    retry_after_s: int
