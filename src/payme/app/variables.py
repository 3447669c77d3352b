"""How one environment variable is described and read: its default, its unit, what is allowed, whether it is secret."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

MASK = "********"
_PASSWORD_IN_URL = re.compile(r"(?<=:)[^:@/]*(?=@)")
_PASSWORD_IN_QUERY = re.compile(r"(?i)((?:^|[?&\s])password=)[^&\s]*")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
Network = IPv4Network | IPv6Network
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Kind:
    """What values a variable takes: ``allowed`` says it to a person, ``read`` raises ValueError for anything else."""

    allowed: str
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. ``default`` is text, or is computed from the environment."""

    name: str
    default: str | Callable[[Mapping[str, str]], str]
    meaning: str
    kind: Kind
    secret: bool = False

    def text(self, environ: Mapping[str, str]) -> str:
        """Return what the environment says, else the default. An empty variable counts as absent."""
        return environ.get(self.name, "").strip() or self.default_text(environ)

    def default_text(self, environ: Mapping[str, str]) -> str:
        """Return the default in this environment."""
        return self.default if isinstance(self.default, str) else self.default(environ)

    def show(self, text: str) -> str:
        """Return a value as it may be shown: secrets masked, passwords taken out of addresses."""
        if self.secret:
            return MASK if text else ""
        return without_password(text)


def without_password(text: str) -> str:
    """Mask the password in a URL or a connection string."""
    if "://" in text:
        text = _PASSWORD_IN_URL.sub(MASK, text, count=1) if "@" in text else text
    return _PASSWORD_IN_QUERY.sub(rf"\g<1>{MASK}", text)


def variable(
    name: str,
    default: str | Callable[[Mapping[str, str]], str],
    meaning: str,
    kind: Kind,
    *,
    secret: bool = False,
) -> Any:  # noqa: ANN401  the field's own type is written beside it
    """Describe a field that is read from the environment."""
    return field(metadata={"variable": Variable(name, default, meaning, kind, secret)})


def _optional(read: Callable[[str], Value]) -> Callable[[str], Value | None]:
    return lambda text: read(text) if text else None


def text(pattern: str, allowed: str) -> Kind:
    """Take text of a form."""
    compiled = re.compile(pattern)

    def read(given: str) -> str:
        if compiled.fullmatch(given) is None:
            raise ValueError
        return given

    return Kind(allowed, read)


ANY_TEXT = Kind("any text", str)
DIRECTORY = Kind("a directory", lambda given: Path(given).expanduser().absolute())
OPTIONAL_FILE = Kind("a file, or nothing", _optional(lambda given: Path(given).expanduser().absolute()))
OPTIONAL_TEXT = Kind("any text, or nothing", _optional(str))


def whole(at_least: int, at_most: int, unit: str = "") -> Kind:
    """Take a whole number within bounds."""

    def read(given: str) -> int:
        number = int(given)
        if not at_least <= number <= at_most:
            raise ValueError
        return number

    return Kind(f"a whole number{unit and f' of {unit}'} from {at_least} to {at_most}", read)


def number(at_least: float, at_most: float, unit: str) -> Kind:
    """Take a number within bounds."""

    def read(given: str) -> float:
        value = float(given)
        if not at_least <= value <= at_most:  # also refuses NaN
            raise ValueError
        return value

    return Kind(f"{unit} from {at_least:g} to {at_most:g}", read)


def choice(*words: str) -> Kind:
    """Take one of a few words, in any case."""
    by_lower = {word.lower(): word for word in words}

    def read(given: str) -> str:
        try:
            return by_lower[given.lower()]
        except KeyError as unknown:
            raise ValueError from unknown

    return Kind(" or ".join(words), read)


def url(*schemes: str) -> Kind:
    """Take an address with one of the schemes; a slash at its end is dropped."""

    def read(given: str) -> str:
        parts = urlsplit(given)
        if parts.scheme not in schemes or not (parts.netloc or parts.scheme.startswith("postgres")):
            raise ValueError
        return given.rstrip("/")

    return Kind("an address that begins with " + " or ".join(f"{scheme}://" for scheme in schemes), read)


def optional_url(*schemes: str) -> Kind:
    """Take an address, or nothing."""
    kind = url(*schemes)
    return Kind(f"{kind.allowed}, or nothing", _optional(kind.read))


def _read_bucket(given: str) -> str:
    found: str = url("https", "http").read(given)
    if not urlsplit(found).path.strip("/"):
        raise ValueError
    return found


OPTIONAL_BUCKET = Kind("an address with a bucket in it, such as https://s3.example/bucket, or nothing",
                       _optional(_read_bucket))  # fmt: skip


def _read_addresses(given: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in given.split(",") if part.strip())
    if not all(_ADDRESS.fullmatch(one) for one in found):
        raise ValueError
    return found


ADDRESSES = Kind("e-mail addresses with commas between, or nothing", _read_addresses)


def _read_networks(given: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip(), strict=False) for part in given.split(",") if part.strip())


NETWORKS = Kind("addresses or networks with commas between, such as 10.0.0.0/8,192.168.1.7", _read_networks)
