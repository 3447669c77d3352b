"""Secrets at rest: AES-256-GCM under versioned keys that lie outside of the database.

A sealed secret is its 96-bit nonce and the ciphertext with its tag. What it belongs to is authenticated with it, so a
ciphertext that is moved to another row or field cannot be opened there (NIST SP 800-38D).
"""

import base64
import binascii
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payme.kit.errors import Unavailable

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEYS_MAX: Final = 100
_LINE = re.compile(r"(v[1-9][0-9]{0,5}):([A-Za-z0-9+/_=-]{1,100})")
_KEPT_BY = "# The keys of the secrets in the database, the current one first. Keep a copy apart from the database's.\n"


class KeysUnusable(ValueError):
    """What is given as keys cannot be used; the message says why and quotes no key."""


@dataclass(eq=False)
class SecretKeysMissing(Unavailable):
    """There is no key to seal or open anything with."""

    code = "secret_keys_missing"
    title = "This server has no key for secrets."
    advice = "Tell whoever runs this server: PAYME_SECRET_KEYS or PAYME_SECRET_KEYS_FILE must give the keys."
    reason: str


@dataclass(eq=False)
class SecretUnreadable(Unavailable):
    """A sealed secret does not open: its key is gone or is another one, or the secret was tampered with."""

    code = "secret_unreadable"
    title = "A secret of this business cannot be opened with the keys that this server has."
    advice = "Tell whoever runs this server that this key is missing or wrong; typing the secrets again also helps."
    key_version: str


@dataclass(frozen=True)
class Keyring:
    """Keys by version, the current one first; at least one."""

    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def current(self) -> str:
        """The version that seals."""
        return next(iter(self.keys))

    @property
    def oldest(self) -> bytes:
        """The key that a new one does not replace, for what must stay comparable when keys are rotated."""
        return list(self.keys.values())[-1]

    def seal(self, plain: str, about: bytes, nonce: bytes) -> bytes:
        """Encrypt under the current key; ``nonce`` is 12 random bytes that were never used before."""
        return nonce + AESGCM(self.keys[self.current]).encrypt(nonce, plain.encode(), about)

    def open(self, sealed: bytes, about: bytes, version: str) -> str:
        """Decrypt what was sealed under ``version`` about the same thing; raises SecretUnreadable."""
        key = self.keys.get(version)
        if key is None:
            raise SecretUnreadable(version)
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about).decode()
        except (InvalidTag, ValueError):
            raise SecretUnreadable(version) from None


Keys = Callable[[], Keyring]
"""Where the keys come from; asked each time, because a file of keys may have been given a new one."""


def read_keyring(text: str) -> Keyring:
    """Read ``v2:base64,v1:base64``, the current key first, with commas or lines between. Raises KeysUnusable."""
    keys: dict[str, bytes] = {}
    lines = (line.partition("#")[0] for line in text.splitlines())
    for part in " ".join(lines).replace(",", " ").split():
        found = _LINE.fullmatch(part)
        if found is None:
            raise KeysUnusable("each key is written as v1: and 32 bytes in base64")
        version, encoded = found[1], found[2]
        try:
            key = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeysUnusable(f"key {version} is not {KEY_BYTES} bytes in base64")
        if version in keys:
            raise KeysUnusable(f"key {version} is there twice")
        keys[version] = key
    if not keys:
        raise KeysUnusable("there is no key in it")
    if len(keys) > KEYS_MAX:
        raise KeysUnusable(f"there are more than {KEYS_MAX} keys in it")
    return Keyring(keys)


def given_keys(text: str) -> Keys:
    """Return keys that stay as they are while the process lives. Raises KeysUnusable."""
    ring = read_keyring(text)
    return lambda: ring


class KeysInFile:
    """Keys in a file, read again when the file was changed; with ``make`` a missing file is made with one new key."""

    def __init__(self, place: Path, make: Callable[[], bytes] | None = None) -> None:
        """Look at ``place``; ``make`` returns 32 random bytes."""
        self._place = place
        self._make = make
        self._seen: tuple[int, int, int] | None = None
        self._ring: Keyring | None = None

    def __call__(self) -> Keyring:
        """Return the keys; raises SecretKeysMissing where they cannot be read."""
        try:
            if self._make is not None and not self._place.exists():
                _create(self._place, _written({"v1": self._make()}))
            told = self._place.stat()
            seen = (told.st_mtime_ns, told.st_size, told.st_ino)
            if self._ring is None or seen != self._seen:
                self._ring, self._seen = read_keyring(self._place.read_text(encoding="ascii")), seen
        except OSError as error:
            raise SecretKeysMissing(f"{self._place} cannot be read ({error.strerror})") from error
        except ValueError as error:
            reason = str(error) if isinstance(error, KeysUnusable) else "it is not text"
            raise SecretKeysMissing(f"{self._place} cannot be used: {reason}") from error
        return self._ring


def add_key(place: Path, key: bytes) -> Keyring:
    """Put a new key before those of a file and return them all; the old ones stay, and readers see one or the other.

    Raises KeysUnusable, OSError.
    """
    with _alone(place):
        ring = read_keyring(place.read_text(encoding="ascii"))
        newest = max(int(version[1:]) for version in ring.keys)
        keys = {f"v{newest + 1}": key, **ring.keys}
        half = _half(place, _written(keys))
        half.replace(place)
        _sync(place.parent)
    return Keyring(keys)


def _written(keys: Mapping[str, bytes]) -> str:
    return _KEPT_BY + "".join(f"{version}:{base64.b64encode(key).decode()}\n" for version, key in keys.items())


def _create(place: Path, text: str) -> None:
    """Make the file whole or not at all; whoever comes second leaves the first one's."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = _half(place, text)
    try:
        with suppress(FileExistsError):
            place.hardlink_to(half)
    finally:
        half.unlink()
    _sync(place.parent)


def _half(place: Path, text: str) -> Path:
    """Write a file of our own, open to nobody else, which then takes the place whole."""
    descriptor, half = mkstemp(prefix=f"{place.name}.", suffix=".new", dir=place.parent)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return Path(half)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with place.with_name(f"{place.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
