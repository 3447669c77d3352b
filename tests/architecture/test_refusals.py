"""Every refusal has a code of its own, words for a person, and a status."""

from collections import Counter

from payme.app import routes  # noqa: F401  imports every room, and so every refusal
from payme.http.problems import status_of
from payme.kit.errors import Refusal


def all_refusals(kind: type[Refusal] = Refusal) -> set[type[Refusal]]:
    found = set()
    for refusal in kind.__subclasses__():
        if refusal.__module__.startswith("payme."):
            found |= {refusal} | all_refusals(refusal)
    return found


def named() -> list[type[Refusal]]:
    return sorted((refusal for refusal in all_refusals() if "code" in vars(refusal)), key=lambda refusal: refusal.code)


def test_codes_are_unique() -> None:
    assert [code for code, times in Counter(refusal.code for refusal in named()).items() if times > 1] == []
    assert len(named()) > 20


def test_every_refusal_says_what_to_do() -> None:
    wordless = [
        refusal.__name__ for refusal in named() if not (refusal.title.endswith(".") and refusal.advice.endswith("."))
    ]
    assert wordless == []


def test_every_refusal_has_a_status() -> None:
    assert {status_of(refusal) for refusal in named()} <= {400, 401, 402, 403, 404, 409, 413, 422, 429, 503}
