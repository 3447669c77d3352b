"""``payme import``: bring in another system's catalogue and history, and M-PESA's statement."""

from payme.app.commands.importing.command import import_app
from payme.app.commands.importing.statement import statement

import_app.command("statement")(statement)

__all__ = ["import_app"]
