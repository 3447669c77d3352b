"""What is sealed, byte by byte: a change of these figures would make every seal that was ever made wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from payme.seals import rules
from payme.seals.models import Anchor, Evidence, SealedEntry
from payme.seals.types import FaultKind

AT = datetime(2026, 11, 22, 10, 30, 0, 123456, tzinfo=UTC)
BUSINESS = UUID(int=1)
ENTRY = SealedEntry(
    business_id=BUSINESS,
    id=UUID("019ac0de-0000-7000-8000-000000000002"),
    sequence=3,
    transaction_id=4,
    at=AT,
    actor_kind="member",
    actor_name="cashier",
    user_id=None,
    request_id="r",
    action="sale_opened",
    subject_id=UUID(int=5),
    facts='{"total":"300.00"}',
)


def sealed(count: int) -> list[SealedEntry]:
    return [replace(ENTRY, id=UUID(int=number), sequence=number, transaction_id=number) for number in range(count)]


def test_the_bytes_of_an_entry_are_those_of_the_documentation() -> None:
    parts = (
        b"payme audit entry 1",
        BUSINESS.bytes,
        ENTRY.id.bytes,
        bytes([0, 0, 0, 0, 0, 0, 0, 3]),
        bytes([0, 0, 0, 0, 0, 0, 0, 4]),
        (1795343400123456).to_bytes(8, "big"),
        b"member",
        b"cashier",
        None,
        b"r",
        b"sale_opened",
        ENTRY.subject_id.bytes,
        b'{"total":"300.00"}',
    )
    written = b"".join(b"\xff\xff\xff\xff" if part is None else len(part).to_bytes(4, "big") + part for part in parts)

    assert rules.entry_bytes(ENTRY) == written
    assert rules.leaf(ENTRY).hex().startswith(ENTRY.id.hex + "0000000000000003")


def test_a_seal_and_its_signature_stay_what_they_are() -> None:
    seal = rules.seal_of(BUSINESS, rules.NOTHING_SEALED, [ENTRY], bytes(32), AT)

    assert seal.digest.hex() == "e461788a4a4bf97a7c7d7afb94540e434427ec0741ea5a62a62dc6e262a1cba6"
    assert seal.key_id == "19a318ba9e14e8e5"
    assert seal.signature.hex()[:32] == "368064c7dd53749c72b6a9a9c0a7247a"


def test_facts_are_written_in_one_way() -> None:
    one = '{"b": "é\\u0001\\"", "a": [1, -2, true, null], "aa": {"z": 12345678901234567890, "y": ""}}'
    other = '{"aa": {"y": "", "z": 12345678901234567890}, "a":[1,-2,true,null],"b":"\\u00e9\\u0001\\""}'
    written = '{"a":[1,-2,true,null],"aa":{"y":"","z":12345678901234567890},"b":"é\\u0001\\""}'

    assert rules.canonical_facts(one) == rules.canonical_facts(other) == written
    assert rules.canonical_facts(written) == written


def test_a_number_never_looks_like_a_text_or_another_number() -> None:
    forms = [
        '{"a":1.10}',
        '{"a":1.1}',
        '{"a":"1.10"}',
        '{"a":1}',
        '{"a":"1"}',
        '{"a":true}',
        '{"a":"true"}',
        '{"a":null}',
    ]

    assert len({rules.canonical_facts(form) for form in forms}) == len(forms)


def test_what_is_nested_without_end_stays_what_it_is() -> None:
    deep = '{"a":' * 100_000
    assert rules.canonical_facts(deep) == "\x00" + deep
    assert rules.canonical_facts(deep) != rules.canonical_facts(deep + "1")


def test_a_public_key_is_32_bytes_in_base64() -> None:
    (public,) = rules.public_keys([bytes(32)]).values()
    assert rules.read_public_key("A" * 43 + "=") == bytes(32)
    assert len(public) == 32
    for wrong in ("A" * 42 + "==", "no key", "AAAA"):
        with pytest.raises(ValueError, match=r"32 bytes|base64|padding|Non-base64"):
            rules.read_public_key(wrong)


def test_a_page_is_of_one_era_and_not_much_longer_than_the_limit() -> None:
    first = rules.seal_of(BUSINESS, rules.NOTHING_SEALED, sealed(1500), bytes(32), AT)
    second = rules.seal_of(BUSINESS, rules.head_after(first), sealed(600), bytes(32), AT)
    short = replace(second, leaves=second.leaves[:56])
    later = replace(short, era=2)

    assert rules.page_of([]) == []
    assert rules.page_of([first, second]) == [first]
    assert rules.page_of([first, short, later]) == [first, short]


def test_what_is_far_gone_is_listed_to_an_end() -> None:
    judge = rules.Judge(BUSINESS, Evidence(rules.public_keys([bytes(32)])))
    seal = rules.seal_of(BUSINESS, rules.NOTHING_SEALED, sealed(150), bytes(32), AT)
    judge.take(seal, [])

    assert judge.is_done
    verdict = judge.verdict()
    assert len(verdict.faults) == rules.FAULTS_MAX
    assert {fault.kind for fault in verdict.faults} == {FaultKind.ENTRY_REMOVED}


def test_an_anchor_that_nobody_of_us_signed_is_a_fault() -> None:
    seal = rules.seal_of(BUSINESS, rules.NOTHING_SEALED, [ENTRY], b"another key of 32 bytes.........", AT)
    forged: Anchor = rules.anchor_of(seal)
    ours = rules.public_keys([bytes(32)])

    for anchor in (forged, replace(forged, key_id=next(iter(ours)))):
        verdict = rules.Judge(BUSINESS, Evidence(ours, {1: [anchor]})).verdict()
        assert [fault.kind for fault in verdict.faults] == [FaultKind.ANCHOR_FORGED]


def test_any_other_order_of_keys_and_spaces_is_the_same_fact() -> None:
    chance = Random(1)
    names = [chr(chance.randrange(33, 1000)) for _ in range(30)]
    text = rules.canonical_facts("{" + ",".join(f'"{name}": 1' for name in names if name not in '"\\') + "}")
    for _ in range(20):
        chance.shuffle(names)
        shuffled = "{" + " , ".join(f'"{name}" :1' for name in names if name not in '"\\') + "}"
        assert rules.canonical_facts(shuffled) == text
