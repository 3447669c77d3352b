"""What a restore holds back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What waited to leave when a backup was made and is held back, because it may have left since."""

    messages: int = 0
    """SMS, withdrawn as ``restored``."""
    alerts: int = 0
    """Alerts, withdrawn as ``restored``."""
    issues: int = 0
    """Issues, which count as told."""
    pushes: int = 0
    """Prompts that were not sent: ``unknown``, and waiting for evidence."""
    reversals: int = 0
    """Orders to reverse that were not sent: ``lost``, and waiting for a person."""
    refunds: int = 0
    """Refunds that nobody had paid, each with an issue: look before you pay."""

    def __add__(self, other: "HeldBack") -> "HeldBack":
        """Add up what was held back of two businesses."""
        return HeldBack(
            self.messages + other.messages,
            self.alerts + other.alerts,
            self.issues + other.issues,
            self.pushes + other.pushes,
            self.reversals + other.reversals,
            self.refunds + other.refunds,
        )
