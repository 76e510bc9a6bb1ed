"""What a key consists of: its text, what is stored of it, and how long it is valid."""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import msgspec

from corpora.errors import UsageError
from corpora.records import is_audience

Scope = Literal["read", "write", "patients", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_ID_BYTES, _ID_LENGTH = 8, 12
_SECRET_BYTES = 32  # 256 bits
_SALT_BYTES = 16
_ID = re.compile(r"[a-z2-7]{12}")
_KEY = re.compile(r"bc_([a-z2-7]{12})_[a-z2-7]{52}")
_NAME_LENGTH = 100
_MOST = 1_000_000
_PERIOD = re.compile(r"([1-9][0-9]{0,5})([dh])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})")
_EXPIRY_FORMS = "Use 2026-12-31 (from its beginning on, UTC), 2026-12-31T12:00:00Z, 90d or 12h"


class KeyLimits(msgspec.Struct, frozen=True):
    """Limits of one key in place of the service's: requests per minute, and requests at once. None: the service's."""

    per_minute: int | None = None
    at_once: int | None = None


class KeyRecord(msgspec.Struct, frozen=True):
    """What is known of a key besides its hash. Times are UTC, to the second; `last_used` to about a minute."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    audience: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None
    limits: KeyLimits

    def state(self, now: datetime) -> Literal["valid", "expired", "revoked"]:
        """Whether the key opens anything. At the moment of its expiry it does not any more."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "valid"


def new_key() -> tuple[str, str]:
    """A new key: its id, which is no secret, and its text ``bc_<id>_<secret>`` with 256 random bits.

    The alphabet is that of RFC 4648 base32 in lower case, so that a double click selects the whole key.
    """
    key_id = _base32(secrets.token_bytes(_ID_BYTES))[:_ID_LENGTH]
    return key_id, f"bc_{key_id}_{_base32(secrets.token_bytes(_SECRET_BYTES))}"


def _base32(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def id_in(key_text: str) -> str:
    """The id in the text of a key, "" for what has not the form of a key."""
    found = _KEY.fullmatch(key_text)
    return found[1] if found else ""


def is_key_id(text: str) -> bool:
    """Whether this has the form of a key's id."""
    return _ID.fullmatch(text) is not None


def new_salt() -> bytes:
    """The random bytes that make the hash of one key."""
    return secrets.token_bytes(_SALT_BYTES)


def hashed(salt: bytes, key_text: str) -> bytes:
    """What is stored of a key: HMAC-SHA-256 (RFC 2104) of its whole text under its salt.

    Not a slow password hash (scrypt, Argon2): those make up for passwords that can be guessed. A secret of 256 random
    bits cannot be, at any speed: NIST SP 800-63B (revision 3, 5.1.2.2) asks for slow hashing below 112 bits only. A
    slow hash would cost each request tens of milliseconds, which is an invitation to overload the service.
    """
    return hmac.digest(salt, key_text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def checked_scopes(scopes: tuple[str, ...]) -> tuple[Scope, ...]:
    """Scopes in their usual order, each once; UsageError for none and for unknown ones."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        what = f"{unknown[0]!r} is no scope" if unknown else "a key needs at least one scope"
        raise UsageError(what, remedy=f"Choose from: {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in scopes)


def checked_name(name: str) -> str:
    """A key's name, up to 100 printable characters; UsageError for another."""
    if not name.isprintable():
        raise UsageError(f"the name {name[:80]!r} has characters that cannot be printed", remedy="Leave them out")
    if len(name) > _NAME_LENGTH:
        raise UsageError(f"the name has {len(name)} characters, expected up to {_NAME_LENGTH}", remedy="Shorten it")
    return name


def checked_audience(audience: str) -> str:
    """The label of private documents; UsageError for what cannot be one."""
    if not is_audience(audience):
        raise UsageError(
            f"{audience[:80]!r} is no audience",
            remedy="Use 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit",
        )
    return audience


def checked_limits(limits: KeyLimits) -> KeyLimits:
    """Limits from 1 to 1,000,000; UsageError for others."""
    for name, number in (("requests per minute", limits.per_minute), ("requests at once", limits.at_once)):
        if number is not None and not 1 <= number <= _MOST:
            raise UsageError(f"{name}: {number}, expected 1 to {_MOST:,}", remedy="Choose another number")
    return limits


def expiry(text: str, now: datetime) -> datetime:
    """The moment that ``2026-12-31`` (its beginning, UTC), ``2026-12-31T12:00:00Z``, ``90d`` or ``12h`` names.

    A date alone means its beginning, the earlier of both readings: a key must not live longer than was meant. Times
    may have another offset than Z (RFC 3339). Raises UsageError for other texts, times that do not exist and the past.
    """
    try:
        moment = _moment(text, now)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"expiry {text[:80]!r}: no such time ({error})", remedy=_EXPIRY_FORMS) from error
    if moment is None:
        raise UsageError(f"expiry {text[:80]!r} is not understood", remedy=_EXPIRY_FORMS)
    if moment <= now:
        raise UsageError(f"expiry {text} is in the past, it is {now:%Y-%m-%dT%H:%M:%SZ}", remedy=_EXPIRY_FORMS)
    return moment


def _moment(text: str, now: datetime) -> datetime | None:
    if found := _PERIOD.fullmatch(text):
        number = int(found[1])
        return now.replace(microsecond=0) + (timedelta(days=number) if found[2] == "d" else timedelta(hours=number))
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if _TIME.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(UTC)
    return None
