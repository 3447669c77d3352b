"""The pages: plain files, read once."""

from functools import cache
from pathlib import Path

_FILES = Path(__file__).parent / "files"

__all__ = ["path_of", "text_of"]


def path_of(name: str) -> Path:
    """Return where a file of ours lies."""
    return _FILES / name


@cache
def text_of(name: str) -> str:
    """Return the text of a page."""
    return path_of(name).read_text(encoding="utf-8")
