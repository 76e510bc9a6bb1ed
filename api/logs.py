"""What the service writes to stderr: problems, and one line a request, as text or as JSON for a log collector.

A line tells method, path, status, time and key, never a question or an answer. Whatever came from outside is escaped,
so that nothing can begin a line of its own (CWE-117).
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

from api.access.printable import printable

ACCESS = logging.getLogger("biocite.access")
"""Told of each request: `extra` holds ``fields``."""

LogFormat = Literal["text", "json"]


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its fields, and the trace of an exception, all escaped as JSON does."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said)


class _Text(logging.Formatter):
    """One line a record; a trace follows it, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its fields, control characters escaped."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = "".join(f" {name}={value}" for name, value in getattr(record, "fields", {}).items())
        line = printable(f"{time} {record.levelname} {record.name}: {record.getMessage()}{fields}")
        if record.exc_info:
            trace = self.formatException(record.exc_info).splitlines()
            line += "".join(f"\n    {printable(part)}" for part in trace)
        return line


def log_to_stderr(form: LogFormat) -> None:
    """Log problems of every part, and requests where the form is JSON: a person at a terminal wants no such lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    ACCESS.setLevel(logging.INFO if form == "json" else logging.WARNING)
