"""What a person sees while something starts: a spinner on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Progress:
    """Tells steps as they are done, each with the time it took."""

    def __init__(self, console: Console) -> None:
        """Write to a console."""
        self.console = console

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Show that something is being done, and then that it is."""
        began = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(f"{doing}…"):
                yield
            self.console.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - began:.1f} s[/]", highlight=False)
        else:
            self._plain(f"{doing} …")
            yield
            self._plain(f"{doing}: done in {time.monotonic() - began:.1f} s")

    def note(self, text: str) -> None:
        """Say something on the way."""
        self._plain(text)

    def _plain(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
        self.console.file.flush()
