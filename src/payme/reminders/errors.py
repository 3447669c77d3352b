"""What reminders refuse."""

from dataclasses import dataclass

from payme.kit.errors import Conflict


@dataclass(eq=False)
class RemindersOff(Conflict):
    """The shop reminds nobody."""

    code = "reminders_off"
    title = "This shop does not remind its customers."
    advice = "The owner can turn reminders on in the settings; look at the preview first."
