"""Secrets at rest: what was sealed for one thing opens for that thing only, and keys are never lost on the way."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from payme.kit.secrets import (
    KeysInFile,
    KeysUnusable,
    SecretKeysMissing,
    SecretUnreadable,
    add_key,
    given_keys,
    read_keyring,
)

OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
NONCE = b"twelve bytes"


def written(**keys: bytes) -> str:
    return ",".join(f"{version}:{base64.b64encode(key).decode()}" for version, key in keys.items())


def test_a_secret_opens_for_what_it_was_sealed_for_and_nothing_else() -> None:
    ring = read_keyring(written(v1=OLD))
    sealed = ring.seal("the passkey", b"field of a row", NONCE)

    assert b"the passkey" not in sealed
    assert ring.open(sealed, b"field of a row", "v1") == "the passkey"
    with pytest.raises(SecretUnreadable):
        ring.open(sealed, b"field of another row", "v1")


@pytest.mark.parametrize("spoiled", [0, 12, -1])
def test_a_sealed_secret_that_was_touched_does_not_open(spoiled: int) -> None:
    ring = read_keyring(written(v1=OLD))
    sealed = bytearray(ring.seal("the passkey", b"here", NONCE))
    sealed[spoiled] ^= 1
    with pytest.raises(SecretUnreadable):
        ring.open(bytes(sealed), b"here", "v1")
    with pytest.raises(SecretUnreadable):
        ring.open(b"short", b"here", "v1")


def test_the_first_key_seals_and_the_others_still_open() -> None:
    sealed = read_keyring(written(v1=OLD)).seal("secret", b"here", NONCE)
    both = read_keyring(written(v2=NEW, v1=OLD))

    assert both.current == "v2"
    assert both.open(sealed, b"here", "v1") == "secret"
    with pytest.raises(SecretUnreadable) as told:
        read_keyring(written(v2=NEW)).open(sealed, b"here", "v1")
    assert told.value.facts() == {"key_version": "v1"}


def test_another_key_of_the_same_name_is_told_and_no_key_is_shown() -> None:
    sealed = read_keyring(written(v1=OLD)).seal("secret", b"here", NONCE)
    with pytest.raises(SecretUnreadable) as told:
        read_keyring(written(v1=OTHER)).open(sealed, b"here", "v1")
    assert base64.b64encode(OTHER).decode() not in f"{told.value} {told.value!r} {read_keyring(written(v1=OTHER))!r}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key"),
        ("# only a comment\n", "no key"),
        ("geheim", "written as v1"),
        ("v0:AAAA", "written as v1"),
        ("v1:AAAA", "not 32 bytes"),
        ("v1:AAAAA", "not 32 bytes"),
        (f"{written(v1=OLD)} {written(v1=NEW)}", "twice"),
        (" ".join(written(**{f"v{number}": OLD}) for number in range(1, 102)), "more than 100"),
    ],
)
def test_keys_that_cannot_be_used_are_told_without_quoting_them(text: str, why: str) -> None:
    with pytest.raises(KeysUnusable, match=why) as told:
        given_keys(text)
    assert "geheim" not in str(told.value)


def test_keys_may_stand_on_lines_with_comments_and_in_url_safe_base64() -> None:
    key = bytes([251, 255]) * 16
    ring = read_keyring(
        f"# ours\nv2:{base64.urlsafe_b64encode(key).decode()}  # new\n\nv1:{base64.b64encode(OLD).decode()}\n"
    )
    assert dict(ring.keys) == {"v2": key, "v1": OLD}


def test_a_missing_file_is_made_once_however_many_come(tmp_path: Path) -> None:
    place = tmp_path / "data" / "secret-keys"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeysInFile(place, lambda: os.urandom(32))(), range(8)))

    assert {ring.keys["v1"] for ring in rings} == {rings[0].keys["v1"]}
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [file.name for file in place.parent.iterdir()] == ["secret-keys"]


def test_a_key_that_is_added_is_seen_by_who_reads_the_file(tmp_path: Path) -> None:
    place = tmp_path / "secret-keys"
    keys = KeysInFile(place, lambda: OLD)
    assert keys() is keys()

    assert add_key(place, NEW).current == "v2"

    assert dict(keys().keys) == {"v2": NEW, "v1": OLD}
    assert list(keys().keys) == ["v2", "v1"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert add_key(place, OTHER).current == "v3"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    place = tmp_path / "secret-keys"
    with pytest.raises(SecretKeysMissing, match="No such file"):
        KeysInFile(place)()
    place.write_text("not a key")
    with pytest.raises(SecretKeysMissing, match="cannot be used: each key"):
        KeysInFile(place)()
    place.write_bytes(b"\xff\xfe")
    with pytest.raises(SecretKeysMissing, match="it is not text"):
        KeysInFile(place)()
    place.write_text("")
    with pytest.raises(KeysUnusable):
        add_key(place, NEW)
