"""Limits: how many requests get in, and what the others are told, with a clock of our own."""

import threading

import pytest

from api.access.errors import TooManyRequestsError
from api.access.keys import KeyLimits
from api.access.limits import FailedAttempts, Limiter, Limits, client_of
from corpora.errors import UsageError


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def got_in(limiter, caller="a", own=None, tries=1000):
    """How many requests in a row get in, and what the first refused one is told."""
    for number in range(tries):
        try:
            with limiter.admit(caller, own or KeyLimits()):
                pass
        except TooManyRequestsError as error:
            return number, error.retry_after
    return tries, None


def test_a_burst_and_then_the_rate(clock):
    limiter = Limiter(Limits(per_minute=30, burst=5), clock)
    assert got_in(limiter) == (5, 2)  # 30 a minute: one in 2 s
    clock.now += 0.5
    assert got_in(limiter) == (0, 2)  # 1.5 s rounded up
    clock.now += 1.5
    assert got_in(limiter) == (1, 2)
    clock.now += 7
    assert got_in(limiter) == (3, 1)  # 7 s are 3.5 tokens; half a token is there, 1 s makes it whole
    clock.now += 3600
    assert got_in(limiter) == (5, 2)


def test_who_waits_as_told_gets_in(clock):
    limiter = Limiter(Limits(per_minute=7, burst=3), clock)
    for _ in range(20):
        _, wait = got_in(limiter)
        clock.now += wait
        assert got_in(limiter, tries=1) == (1, None)


def test_callers_do_not_share(clock):
    limiter = Limiter(Limits(per_minute=60, burst=2), clock)
    assert got_in(limiter, "a") == (2, 1)
    assert got_in(limiter, "b") == (2, 1)


def test_a_keys_own_limits_take_the_place_of_the_services(clock):
    limiter = Limiter(Limits(per_minute=60, burst=10, at_once=1), clock)
    assert got_in(limiter, "slow", KeyLimits(per_minute=2)) == (2, 30)  # no burst above its minute
    own = KeyLimits(at_once=2)
    with limiter.admit("two", own), limiter.admit("two", own), pytest.raises(TooManyRequestsError):
        limiter.admit("two", own).__enter__()
    with limiter.admit("one"), pytest.raises(TooManyRequestsError):
        limiter.admit("one").__enter__()


def test_at_once(clock):
    limiter = Limiter(Limits(per_minute=60, burst=10, at_once=2), clock)
    with limiter.admit("a"):
        with limiter.admit("a"):
            with limiter.admit("b"):
                pass
            with pytest.raises(TooManyRequestsError, match="2 of your requests are under way") as caught:
                limiter.admit("a").__enter__()
            assert caught.value.retry_after == 1
        with limiter.admit("a"):
            pass
    assert got_in(limiter) == (7, 1)  # 10 less the three; a refusal takes none


def test_a_place_is_given_back_when_the_request_fails(clock):
    limiter = Limiter(Limits(at_once=1), clock)
    for _ in range(3):
        with pytest.raises(KeyError), limiter.admit("a"):
            raise KeyError


def test_idle_callers_are_forgotten(clock):
    limiter = Limiter(Limits(per_minute=60, burst=5), clock)
    for number in range(100):
        got_in(limiter, f"early {number}", tries=1)
    assert len(limiter) == 100
    clock.now += 1  # the one token is back
    for number in range(100):
        got_in(limiter, f"late {number}", tries=1)
    assert len(limiter) == 100


def test_memory_is_bounded_and_new_callers_still_get_in(clock):
    limiter = Limiter(Limits(per_minute=1, burst=1, tracked=50), clock)
    with limiter.admit("busy"):
        for number in range(1000):
            assert got_in(limiter, f"address {number}", tries=1) == (1, None)
            assert len(limiter) <= 50
        assert got_in(limiter, "busy") == (0, 60)  # who has requests under way is remembered


def test_whom_was_seen_longest_ago_is_forgotten_first(clock):
    limiter = Limiter(Limits(per_minute=1, burst=1, tracked=2), clock)
    assert got_in(limiter, "first", tries=1) == (1, None)
    assert got_in(limiter, "second", tries=1) == (1, None)
    assert got_in(limiter, "first", tries=1) == (0, 60)  # seen again, and still without a token
    assert got_in(limiter, "third", tries=1) == (1, None)
    assert got_in(limiter, "first", tries=1) == (0, 60)
    assert got_in(limiter, "second", tries=1) == (1, None)


def test_where_everybody_tracked_is_busy_new_callers_wait(clock):
    limiter = Limiter(Limits(tracked=2), clock)
    with limiter.admit("a"), limiter.admit("b"):
        assert got_in(limiter, "c") == (0, 1)
    assert got_in(limiter, "c", tries=1) == (1, None)


def test_a_clock_that_stands_still_gives_nothing(clock):
    limiter = Limiter(Limits(per_minute=60, burst=1), clock)
    got_in(limiter)
    clock.now -= 100
    assert got_in(limiter) == (0, 1)


def test_threads_get_in_as_often_as_one_would(clock):
    limiter = Limiter(Limits(per_minute=100, burst=100, at_once=64), clock)
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(got_in(limiter)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 100


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_a_limit_of_nothing_is_refused(name):
    with pytest.raises(UsageError, match=f"limit {name} is 0"):
        Limits(**{name: 0})


def test_guessing_becomes_slow(clock):
    attempts = FailedAttempts(Limits(failures=3, failures_per_minute=6), clock)
    for _ in range(3):
        attempts.check("192.0.2.1")
        attempts.failed("192.0.2.1")
    with pytest.raises(TooManyRequestsError) as caught:
        attempts.check("192.0.2.1")
    assert caught.value.retry_after == 10
    attempts.check("192.0.2.2")
    clock.now += 10
    attempts.check("192.0.2.1")
    attempts.failed("192.0.2.1")
    with pytest.raises(TooManyRequestsError):
        attempts.check("192.0.2.1")


def test_right_keys_are_not_remembered(clock):
    attempts = FailedAttempts(Limits(), clock)
    for _ in range(100):
        attempts.check("192.0.2.1")
    assert len(attempts) == 0


def test_addresses_of_wrong_keys_are_bounded(clock):
    attempts = FailedAttempts(Limits(tracked=20), clock)
    for number in range(500):
        attempts.failed(f"198.51.{number // 256}.{number % 256}")
    assert len(attempts) == 20


def test_one_network_is_one_client(clock):
    attempts = FailedAttempts(Limits(failures=2), clock)
    attempts.failed("2001:db8::1")
    attempts.failed("2001:db8::2")
    with pytest.raises(TooManyRequestsError):
        attempts.check("2001:db8::3")
    attempts.check("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_who_is_behind_an_address(address, client):
    assert client_of(address) == client
