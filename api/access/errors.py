"""What a caller is refused for. All are `BioCiteError`s, so every front end shows them alike."""

from corpora.errors import BioCiteError


class UnauthorisedError(BioCiteError):
    """No key, or one that is not valid (RFC 9110, 15.5.2). Never says which: that would help to guess keys."""

    http_status = 401


class ForbiddenError(BioCiteError):
    """A valid key without the scope that is needed."""

    http_status = 403


class RefusedForNowError(BioCiteError):
    """Too much at the moment. `retry_after` is the number of whole seconds to wait, at least 1."""

    def __init__(self, message: str, *, retry_after: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy or f"Try again in {retry_after} s")
        self.retry_after = retry_after


class TooManyRequestsError(RefusedForNowError):
    """This caller asks more often than its key may."""

    http_status = 429


class OverloadedError(RefusedForNowError):
    """The service has as much to do as it can finish in time."""

    http_status = 503


class TimeLimitError(BioCiteError):
    """The work took longer than it may; it was stopped."""

    http_status = 504
