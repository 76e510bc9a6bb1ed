"""Asking a remote service over HTTP: politely, again where that may help, and never for more than was bargained for.

Nothing is asked by GET: what is asked for, and an API key with it, travels in the body, so that it stands in no proxy's
log and in no error message.
"""

import email.utils
import http.client
import logging
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from corpora.errors import DownloadError, UsageError

Checked = TypeVar("Checked")

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """What of the module `time` is needed; tests give one that does not wait."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def time(self) -> float:
        """Seconds since 1970 began."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where NCBI's E-utilities are and how to ask them.

    NCBI asks for an `email` to write to before it blocks a `tool` that asks too much. It allows 3 requests a second, 10
    with an API key. `timeout_s` is how long a silence of the server is borne, `attempts` how often a request is made.
    """

    base_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    api_key: str = field(default="", repr=False)
    tool: str = "biocite"
    email: str = ""
    timeout_s: float = 60.0
    attempts: int = 6

    def __post_init__(self) -> None:
        try:
            scheme = urllib.parse.urlsplit(self.base_url).scheme
        except ValueError:
            scheme = ""
        if scheme not in ("http", "https"):
            raise UsageError(f"base URL {self.base_url!r}: expected http:// or https://")
        if not re.fullmatch(r"[!-~]+", self.tool):
            raise UsageError(f"tool {self.tool!r}: expected one word of ASCII characters")
        if self.attempts < 1 or self.timeout_s <= 0:
            raise UsageError(f"attempts {self.attempts} and timeout {self.timeout_s} s must be above 0")


NCBI = Service()


class TransientError(Exception):
    """A failure that may pass. `retry_after` is how many seconds the server wants to be left alone, if it says so."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


MAX_DELAY_S = 60.0
"""The longest wait between attempts that we choose ourselves; they double from 1 second."""

MAX_RETRY_AFTER_S = 600.0
"""The longest wait that a server may impose."""

_TRANSIENT_STATUS = frozenset((408, 425, 429, 500, 502, 503, 504))
_CHUNK_BYTES = 64 * 1024
_ERROR_BYTES = 64 * 1024


class Client:
    """Requests to one service, one after the other and no faster than it allows."""

    def __init__(self, service: Service, clock: Clock = time, *, remedy: str = "") -> None:
        """`remedy` is what a person can do about a service that fails."""
        self._service = service
        self._clock = clock
        self._remedy = remedy
        self._gap = 0.11 if service.api_key else 0.34
        self._next_turn = clock.monotonic()

    def fetch(
        self, name: str, fields: Mapping[str, str], path: Path, check: Callable[[Path], Checked], *, limit: int
    ) -> Checked:
        """What `check` makes of the answer to these fields, which is written to `path` and at most `limit` bytes long.

        Failures that may pass, `TransientError` of `check` among them, are tried again after growing waits. Raises
        DownloadError where the service cannot be reached, refuses, sends too much, or fails in every attempt.
        """
        url = urllib.parse.urljoin(self._service.base_url.rstrip("/") + "/", name)
        for attempt in range(1, self._service.attempts + 1):
            try:
                self._post(url, fields, path, limit)
                return check(path)
            except TransientError as error:
                problem = error
            if attempt < self._service.attempts:
                self._wait(url, attempt, problem)
        raise DownloadError(f"{url} failed {self._service.attempts} times: {problem}", remedy=self._remedy)

    def _wait(self, url: str, attempt: int, problem: TransientError) -> None:
        delay = min(2.0 ** (attempt - 1), MAX_DELAY_S)
        if problem.retry_after is not None:
            if problem.retry_after > MAX_RETRY_AFTER_S:
                message = f"{url}: {problem}; it wants to be left alone for {problem.retry_after:.0f} s"
                raise DownloadError(message, remedy=self._remedy)
            delay = max(delay, problem.retry_after)
        _log.warning("%s: %s; trying again in %.0f s", url, problem, delay)
        self._clock.sleep(delay)

    def _post(self, url: str, fields: Mapping[str, str], path: Path, limit: int) -> None:
        request = urllib.request.Request(  # noqa: S310 -- `Service` takes http and https alone
            url, data=self._body(fields), headers={"User-Agent": self._service.tool}
        )
        self._take_turn()
        try:
            with urllib.request.urlopen(request, timeout=self._service.timeout_s) as answer:  # noqa: S310
                self._copy(url, answer, path, limit)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(url, error) from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError | ConnectionResetError):
                raise TransientError(f"no answer ({error.reason})") from None
            raise DownloadError(f"cannot reach {url} ({error.reason})", remedy=self._remedy) from None
        except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
            raise TransientError(f"the answer broke off ({str(error) or type(error).__name__})") from None
        except OSError as error:
            raise DownloadError(f"{path}: cannot be written ({error.strerror})", remedy=self._remedy) from None

    def _body(self, fields: Mapping[str, str]) -> bytes:
        service = self._service
        known = {"tool": service.tool, "email": service.email, "api_key": service.api_key}
        return urllib.parse.urlencode({**fields, **{name: value for name, value in known.items() if value}}).encode()

    def _take_turn(self) -> None:
        now = self._clock.monotonic()
        if now < self._next_turn:
            self._clock.sleep(self._next_turn - now)
        self._next_turn = max(now, self._next_turn) + self._gap

    def _copy(self, url: str, answer: http.client.HTTPResponse, path: Path, limit: int) -> None:
        size = 0
        with path.open("wb") as file:
            while chunk := answer.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > limit:
                    raise DownloadError(f"{url} sent more than {limit:,} bytes, which is refused", remedy=self._remedy)
                file.write(chunk)
        if answer.length:  # `read` with a size does not tell a body that ends too early
            raise http.client.IncompleteRead(b"", answer.length)

    def _refused(self, url: str, error: urllib.error.HTTPError) -> TransientError | DownloadError:
        said = self._said(error)
        problem = f"HTTP {error.code} {error.reason}" + (f": {said}" if said else "")
        if error.code in _TRANSIENT_STATUS:
            return TransientError(problem, self._retry_after(error.headers.get("Retry-After")))
        about_key = "api key" in said.lower()
        remedy = "Check the API key (NCBI_API_KEY), or do without it" if about_key else self._remedy
        return DownloadError(f"{url} refused: {problem}", remedy=remedy)

    def _said(self, error: urllib.error.HTTPError) -> str:
        """What the body of a refusal says, in one short line without the API key, which NCBI repeats there."""
        try:
            body = error.read(_ERROR_BYTES)
        except (OSError, http.client.HTTPException):
            return ""
        text = _json_error(body) or quoted(body)
        return text.replace(self._service.api_key, "…") if self._service.api_key else text

    def _retry_after(self, header: str | None) -> float | None:
        """The seconds of a Retry-After header, which gives seconds or a date (RFC 9110, 10.2.3)."""
        if header is None:
            return None
        if header.strip().isdecimal():
            return float(header)
        try:
            date = email.utils.parsedate_to_datetime(header)
        except ValueError:
            return None
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - self._clock.time())


def quoted(body: bytes) -> str:
    """The start of an answer's text without its markup, to be shown in a message."""
    return " ".join(re.sub(r"<[^>]*>", " ", body[:4096].decode(errors="replace")).split())[:200]


def _json_error(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        return ""
    return str(found.get("error", ""))[:200]
