"""What alerts refuse."""

from dataclasses import dataclass

from payme.kit.errors import Invalid


@dataclass(eq=False)
class NobodyToTell(Invalid):
    """SMS were turned on without a number."""

    code = "nobody_to_tell"
    title = "There is no number to send SMS to."
    advice = "Give a telephone number, or turn SMS off."
