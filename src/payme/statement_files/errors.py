"""What is refused about statement files."""

from dataclasses import dataclass

from payme.kit.errors import Invalid


@dataclass(eq=False)
class StatementUnreadable(Invalid):
    """The file as a whole cannot be read; single rows that cannot are listed instead."""

    code = "statement_unreadable"
    title = "This file cannot be read as an M-PESA statement."
    advice = "Export the statement from the M-PESA organisation portal again, as CSV or Excel, and send that file."
    why: str
