"""What the Daraja client says no with."""


class UnreadableCallback(ValueError):  # noqa: N818  it names the state of the thing, as every refusal does
    """A callback body is not one Daraja is known to send; nothing can be concluded from it."""

    def __init__(self, reason: str) -> None:
        """Keep the reason; it quotes nothing from the body."""
        super().__init__(reason)
        self.reason = reason
