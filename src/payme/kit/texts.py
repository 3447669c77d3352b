"""Texts from outside, made safe to store and show."""


def printable(text: str) -> str:
    """Put a space for every control character and every half of one: PostgreSQL stores no NUL, UTF-8 no surrogate."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
