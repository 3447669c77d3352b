"""Refusals of stories."""

from dataclasses import dataclass

from payme.kit.errors import NotFound


@dataclass(eq=False)
class NothingToTell(NotFound):
    """Nothing in this business goes by that name."""

    code = "nothing_to_tell"
    title = "There is no such sale or receipt here."
    advice = "Give the number of a receipt of this shop, an M-PESA receipt such as UKL7A2B9XC, or the id of a sale."
    asked: str
