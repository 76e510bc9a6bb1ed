"""Audit logs to test with."""

import json
from datetime import UTC, datetime

from api.access.audit import AuditEvent, AuditLog

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def file_of(directory):
    return directory / "service" / "audit.jsonl"


def entries_of(directory):
    """The entries of a log, read by nothing but a JSON parser, line by line as bytes."""
    return [json.loads(line) for line in file_of(directory).read_bytes().split(b"\n")[:-1]]


def small_log(directory, events=None):
    """Write a log of three small entries, or of these; gives its bytes back."""
    made = events or [
        AuditEvent("ask", "k1", "Ä", 200, "r1", ("PMID:1",)),
        AuditEvent("refused", status=401),
        AuditEvent("x"),
    ]
    with AuditLog(directory, clock=lambda: NOW) as log:
        for event in made:
            log.append(event)
    return file_of(directory).read_bytes()
