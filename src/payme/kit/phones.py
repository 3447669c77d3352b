"""Telephone numbers as they are written in Kenya, and as they are kept."""

import re

_BETWEEN = re.compile("[ \u00a0\u202f().\u2010-\u2013/-]")
_KENYAN = re.compile(r"(?:(?:(?:\+|00)?254)0?|0)([1-9][0-9]{8})|([17][0-9]{8})")
_WITH_COUNTRY = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")
_KENYA = "254"


def e164(written: str) -> str | None:
    """Return a number with its country (ITU-T E.164): ``+`` and digits; None where it is no telephone number.

    A number without a country is Kenyan: ``0712 345 678``, ``712345678``, ``254712345678``, ``+254 (0)712 345 678``,
    ``020 1234567``. Digits after ``+254`` are counted, so a number with one too few or too many is none.
    """
    bare = _BETWEEN.sub("", written)
    if kenyan := _KENYAN.fullmatch(bare):
        return f"+{_KENYA}{kenyan[1] or kenyan[2]}"
    found = _WITH_COUNTRY.fullmatch(bare)
    return f"+{found[1]}" if found and not found[1].startswith(_KENYA) else None
