"""``payme import``: bring in another system's catalogue and history."""

from payme.app.commands.importing.command import import_app

__all__ = ["import_app"]
