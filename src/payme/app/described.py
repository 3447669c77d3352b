"""What ``payme config`` and the doctor say of the settings."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from payme.app.settings import described_settings


@dataclass(frozen=True, slots=True)
class Described:
    """One line of ``payme config``; secrets are masked already."""

    name: str
    value: str
    default: str
    allowed: str
    meaning: str
    is_set: bool


def describe(environ: Mapping[str, str]) -> list[Described]:
    """Return every variable with its value, default and meaning, in the order of this file; secrets masked."""
    return [
        Described(
            name=described.name,
            value=described.show(described.text(environ)),
            default=described.show(described.default_text({})),
            allowed=described.kind.allowed,
            meaning=described.meaning,
            is_set=bool(environ.get(described.name, "").strip()),
        )
        for described in described_settings().values()
    ]


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each PAYME_ variable that nothing reads: a typing error is seen, not ignored."""
    known = [described.name for described in described_settings().values()]
    sentences = []
    for name in sorted(environ):
        if name.startswith("PAYME_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            sentences.append(f"{name} is not a setting." + (f" Did you mean {near[0]}?" if near else ""))
    return sentences
