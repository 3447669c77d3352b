"""Who is calling: the address behind the proxies that are ours, and what a limit counts as one address."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from payme.app.variables import Network

NOWHERE = "0.0.0.0"  # noqa: S104  a caller without an address, over a Unix socket
_HOPS_MAX = 10


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether an address lies in one of the networks; text that is no address lies in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Say whether an address is this machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def limit_key(address: str) -> str:
    """Return what counts as one caller: an IPv4 address, or the /64 that one IPv6 subscriber has to himself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return NOWHERE
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


def address_behind(peer: str, forwarded_for: Sequence[str], trusted: tuple[Network, ...]) -> str:
    """Walk X-Forwarded-For from its end past our own proxies, and return the first address that is not ours.

    What stands further left was written by the caller and proves nothing.
    """
    address = peer
    for hop in reversed(forwarded_for[-_HOPS_MAX:]):
        if not is_within(address, trusted):
            break
        address = hop
    return address
