"""What the Daraja client says no with."""


class UnreadableCallback(ValueError):
    """A callback body is not one Daraja is known to send; nothing can be concluded from it."""

    def __init__(self, reason: str) -> None:
        """Keep the reason; it quotes nothing from the body."""
        super().__init__(reason)
        self.reason = reason
