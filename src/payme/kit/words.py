"""The words by which things are found: without case and accents, each a range of a B-tree (ADR 10)."""

import re
import unicodedata

WORD_MAX = 64
SEARCH_WORDS_MAX = 8
CANDIDATES_MAX = 2_000
"""How many things with one word a search looks at."""

_WORD = re.compile(r"[^\W_]+")


def words(*texts: str | None) -> list[str]:
    """Split texts into the words they are found by: without case and accents, in order, each once."""
    folded = unicodedata.normalize("NFKD", " ".join(filter(None, texts)).casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return list(dict.fromkeys(word[:WORD_MAX] for word in _WORD.findall(bare)))


def after_all(start: str) -> str:
    """Return a text behind every word that begins with ``start`` in the order of bytes."""
    return start + chr(0x10FFFF)
