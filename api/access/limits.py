"""How often and how many at once: limits of each caller, and of each address that presents wrong keys.

All state is in the memory of one process: a service of several worker processes grants each caller so much in each of
them. A caller who is not seen for a while is forgotten when nothing is left to remember.
"""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from api.access.errors import TooManyRequestsError
from api.access.keys import KeyLimits
from corpora.errors import UsageError

_SWEPT_AT_ONCE = 2
_NONE_OF_ITS_OWN = KeyLimits()


class Limits(msgspec.Struct, frozen=True):
    """What callers may do who have no limits of their own. All numbers are at least 1; UsageError for others.

    A caller may make `per_minute` requests in the long run and `burst` of them in one go after a pause (a token
    bucket), with `at_once` under way at a time. An address may present `failures` wrong keys in one go and
    `failures_per_minute` in the long run. At most `tracked` callers and as many addresses are remembered.
    """

    per_minute: int = 600
    burst: int = 100
    at_once: int = 32
    failures: int = 20
    failures_per_minute: int = 10
    tracked: int = 10_000

    def __post_init__(self) -> None:
        """Refuse what would keep everybody out or cannot be counted."""
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise UsageError(f"limit {name} is {getattr(self, name)}, expected at least 1")


class _Bucket:
    """The tokens of one caller, and how many of its requests are under way."""

    __slots__ = ("capacity", "inside", "seen", "tokens")

    def __init__(self, capacity: int, now: float) -> None:
        self.capacity, self.tokens, self.seen, self.inside = capacity, float(capacity), now, 0

    def fill(self, capacity: int, per_minute: int, now: float) -> None:
        """Add what has come since the last time, up to the capacity, which may have changed."""
        self.tokens = min(capacity, self.tokens + max(0.0, now - self.seen) * per_minute / 60)
        self.capacity, self.seen = capacity, now


class _Buckets:
    """The buckets of at most `most` callers, the one seen last at the end. Not safe between threads by itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def __contains__(self, name: str) -> bool:
        return name in self._buckets

    def get(self, name: str, capacity: int, per_minute: int, now: float) -> _Bucket | None:
        """The bucket of a caller, filled up to now; None where there is no room for another one."""
        bucket = self._buckets.get(name)
        if bucket is None:
            self._forget_full(per_minute, now)
            if len(self._buckets) >= self._most and not self._forget_oldest():
                return None
            bucket = self._buckets[name] = _Bucket(capacity, now)
        bucket.fill(capacity, per_minute, now)
        self._buckets.move_to_end(name)
        return bucket

    def _forget_full(self, per_minute: int, now: float) -> None:
        """Forget the callers seen longest ago whose buckets are full again: a new one would be the same.

        Two for each new caller, so that it takes no time and they still go faster than they come. One whose own rate
        is lower than `per_minute` would be full later; it gains at most one bucket of tokens by a pause of minutes.
        """
        for name in [name for name, _ in zip(self._buckets, range(_SWEPT_AT_ONCE), strict=False)]:
            bucket = self._buckets[name]
            if not bucket.inside and bucket.tokens + (now - bucket.seen) * per_minute / 60 >= bucket.capacity:
                del self._buckets[name]

    def _forget_oldest(self) -> bool:
        """Forget whom was seen longest ago of those with nothing under way; whether there was one.

        Who has so many addresses to come from has as many buckets anyway; refusing new callers would let that one
        keep everybody else out.
        """
        for name, bucket in self._buckets.items():
            if not bucket.inside:
                del self._buckets[name]
                return True
        return False


class Limiter:
    """Requests of callers, by any id: that of a key, or `client_of` an address. Safe to share between threads.

    `clock` gives seconds that never go back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = threading.Lock()
        self._buckets = _Buckets(limits.tracked)

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._buckets)

    @contextmanager
    def admit(self, caller_id: str, own: KeyLimits = _NONE_OF_ITS_OWN) -> Iterator[None]:
        """Hold one of the caller's places while the context lasts. Raises TooManyRequestsError, which costs no token.

        `own` limits take the place of the service's, and may be higher.
        """
        with self._lock:
            bucket = self._enter(caller_id, own)
        try:
            yield
        finally:
            with self._lock:
                bucket.inside -= 1

    def _enter(self, caller_id: str, own: KeyLimits) -> _Bucket:
        limits = self._limits
        per_minute, at_once = own.per_minute or limits.per_minute, own.at_once or limits.at_once
        bucket = self._buckets.get(caller_id, min(limits.burst, per_minute), per_minute, self._clock())
        if bucket is None:
            raise TooManyRequestsError("too many callers at the moment", retry_after=1)
        if bucket.inside >= at_once:
            raise TooManyRequestsError(f"{at_once} of your requests are under way, no more may be", retry_after=1)
        if bucket.tokens < 1:
            raise TooManyRequestsError(
                f"you may make {per_minute:,} requests a minute", retry_after=_wait(bucket, per_minute)
            )
        bucket.tokens -= 1
        bucket.inside += 1
        return bucket


class FailedAttempts:
    """Addresses that present wrong keys. Safe to share between threads.

    To be asked before each key is looked at: `check` refuses right keys too where there were too many wrong ones, since
    guessing would else go on at full speed. Behind a proxy this needs the client's own address; with the proxy's, one
    client that goes on presenting an old key would keep out all the others.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = threading.Lock()
        self._buckets = _Buckets(limits.tracked)

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._buckets)

    def check(self, address: str) -> None:
        """Raises TooManyRequestsError where too many wrong keys came from this address lately."""
        client = client_of(address)
        with self._lock:
            if client not in self._buckets:
                return  # who presents right keys only is never remembered
            bucket = self._bucket(client)
        if bucket is not None and bucket.tokens < 1:
            wait = _wait(bucket, self._limits.failures_per_minute)
            raise TooManyRequestsError("too many wrong API keys came from your address", retry_after=wait)

    def failed(self, address: str) -> None:
        """Remember that a wrong key, or none, came from this address."""
        with self._lock:
            bucket = self._bucket(client_of(address))
            if bucket is not None:
                bucket.tokens = max(0.0, bucket.tokens - 1)

    def _bucket(self, client: str) -> _Bucket | None:
        limits = self._limits
        return self._buckets.get(client, limits.failures, limits.failures_per_minute, self._clock())


def client_of(address: str) -> str:
    """Who is behind an address: itself, or its /64 network for IPv6, all of which one client commonly has (RFC 6177).

    An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address. What is no address is cut at 64 characters.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))


def _wait(bucket: _Bucket, per_minute: int) -> int:
    """Whole seconds until there is a token, at least 1 (Retry-After, RFC 9110, 10.2.3)."""
    return max(1, math.ceil((1 - bucket.tokens) * 60 / per_minute))
