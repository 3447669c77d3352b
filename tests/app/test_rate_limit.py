"""The buckets: exact, bounded, and forgetting only what is at rest."""

from payme.app.middleware.client import NOWHERE, address_behind, limit_key
from payme.app.middleware.rate_limit import RateLimit
from payme.app.middleware.request_id import request_id_for
from payme.app.variables import NETWORKS
from payme.kit.seams import Seams


def test_a_burst_then_the_rate() -> None:
    limit = RateLimit(10, 5)

    assert [limit.wait_s("a", 100.0) == 0 for _ in range(6)] == [True] * 5 + [False]
    assert abs(limit.wait_s("a", 100.0) - 0.1) < 1e-9
    assert limit.wait_s("a", 100.1000001) == 0
    assert limit.wait_s("a", 100.1000002) > 0
    assert [limit.wait_s("a", 200.0) == 0 for _ in range(6)] == [True] * 5 + [False]


def test_being_refused_costs_nothing_more() -> None:
    limit = RateLimit(1, 1)
    limit.wait_s("a", 0.0)

    waits = [limit.wait_s("a", 0.5) for _ in range(50)]

    assert set(waits) == {0.5}
    assert limit.wait_s("a", 1.0) == 0


def test_callers_do_not_share() -> None:
    limit = RateLimit(1, 1)

    assert limit.wait_s("a", 0.0) == limit.wait_s("b", 0.0) == 0
    assert limit.wait_s("a", 0.0) > 0


def test_memory_is_bounded_and_busy_callers_are_remembered_longest() -> None:
    limit = RateLimit(1, 10, callers_max=100)
    for number in range(100):
        limit.wait_s(f"idle {number}", 0.0)
    for _ in range(10):
        limit.wait_s("busy", 5.0)

    for number in range(1000):
        limit.wait_s(f"new {number}", 5.0 + number / 1000)
        assert len(limit) <= 100

    full = RateLimit(1, 10, callers_max=100)
    for number in range(101):
        full.wait_s(f"{number}", 0.0)
    assert len(full) == 91
    assert "0" not in full
    assert "100" in full


def test_at_rest_buckets_go_first() -> None:
    limit = RateLimit(1, 10, callers_max=3)
    limit.wait_s("resting", 0.0)
    for _ in range(10):
        limit.wait_s("busy", 1.5)
    limit.wait_s("third", 1.5)

    limit.wait_s("fourth", 1.5)

    assert "resting" not in limit
    assert limit.wait_s("busy", 1.5) > 0


def test_what_counts_as_one_address() -> None:
    assert limit_key("203.0.113.7") == "203.0.113.7"
    assert limit_key("::ffff:203.0.113.7") == "203.0.113.7"
    assert limit_key("2001:db8:1:2:3::4") == limit_key("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert limit_key("not an address") == limit_key("") == NOWHERE


def test_the_caller_behind_our_proxies() -> None:
    ours = NETWORKS.read("10.0.0.0/8")

    assert address_behind("10.0.0.1", ["198.51.100.1"], ours) == "198.51.100.1"
    assert address_behind("10.0.0.1", ["6.6.6.6", "198.51.100.1", "10.0.0.9"], ours) == "198.51.100.1"
    assert address_behind("10.0.0.1", [], ours) == "10.0.0.1"
    assert address_behind("198.51.100.2", ["6.6.6.6"], ours) == "198.51.100.2"
    assert address_behind("10.0.0.1", ["garbage"], ours) == "garbage"


def test_an_id_that_is_long_enough_and_plain_is_kept() -> None:
    new_id = Seams().new_id

    assert request_id_for(b"receipt-00000001", new_id) == "receipt-00000001"
    assert request_id_for(b"receipt-00000001\n", new_id) != "receipt-00000001\n"
    assert len(request_id_for(b"", new_id)) == 36
