"""The error tree. Each class says whose fault it is; the command line maps it to an exit code, HTTP to a status.

    BioCiteError
    ├── UsageError      the request is wrong: empty question, k = 0, a filter that does not parse   exit 2, HTTP 400
    ├── NotFoundError   a named document, passage or index is not there                             exit 1, HTTP 404
    ├── SourceError     a file to read is missing, damaged, hostile or of no known format           exit 1, HTTP 422
    ├── IndexStateError an index directory is missing, unfinished, damaged or of another model      exit 1, HTTP 409
    ├── ModelError      a model's weights are missing, damaged or not what they should be           exit 1, HTTP 503
    └── DownloadError   a remote service could not be reached or refused                            exit 1, HTTP 502

A message names the thing (file and record), what was found and what was expected; `remedy` says what to do.
"""

from typing import ClassVar


class BioCiteError(Exception):
    """An error that a person can act on; shown as one line, never with a traceback."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """The message and its remedy on one line, whatever line breaks a quoted name or text contained."""
        whole = f"{self.message}. {self.remedy}" if self.remedy else self.message
        return " ".join(whole.split())


class UsageError(BioCiteError):
    """The request itself is wrong."""

    exit_code = 2
    http_status = 400


class NotFoundError(BioCiteError):
    """A named document, passage or index does not exist."""

    http_status = 404


class SourceError(BioCiteError):
    """A file cannot be read as literature: missing, damaged, hostile or of no known format."""

    http_status = 422


class IndexStateError(BioCiteError):
    """An index directory is missing, unfinished, damaged or was built with another model."""

    http_status = 409


class ModelError(BioCiteError):
    """A model's weights are missing, damaged or not the ones expected."""

    http_status = 503


class DownloadError(BioCiteError):
    """A remote service could not be reached, or refused."""

    http_status = 502
