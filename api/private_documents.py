"""Adding and deleting private documents: an update of the index whose source is the request.

A private document's identifier is ``private:<audience>:<its own>``, so it can never take the place of another's, nor of
anything published. The request is written to a file of JSON lines, indexed like any other source, and removed.
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from api.access.keys import Caller
from api.requests import PrivateDocument
from api.responses import REQUEST, AddResponse
from api.service import Service
from corpora.errors import NotFoundError, UsageError
from corpora.records import is_audience
from corpora.text import require_text
from indexer.build import BuildReport


def private_id(audience: str, own: str) -> str:
    """The identifier in the index of a private document that its owner calls `own`."""
    return f"private:{audience}:{own}"


def add_documents(service: Service, folder: Path, documents: Sequence[PrivateDocument], caller: Caller) -> AddResponse:
    """Index these documents for the caller's audience; `folder` takes the file meanwhile.

    Raises UsageError where two have the same id or one cannot be kept as it is, and then nothing is indexed.
    """
    audience = _audience(caller)
    for document in documents:
        for name in ("id", "title", "text"):
            require_text(getattr(document, name), f"the {name} of document {document.id!r}")
        if any(ord(character) < 32 or ord(character) == 127 for character in document.id):
            raise UsageError(f"the id {document.id!r} holds control characters", remedy="Choose another id")
    twice = [own for own, times in Counter(document.id for document in documents).items() if times > 1]
    if twice:
        raise UsageError(f"the id {twice[0]!r} is there twice", remedy="Send each document once")
    ids = tuple(private_id(audience, document.id) for document in documents)
    lines = [
        {**msgspec.to_builtins(document), "id": full, "audience": audience}
        for document, full in zip(documents, ids, strict=True)
    ]
    return _applied(service, folder, lines, ids)


def delete_document(service: Service, folder: Path, document_id: str, caller: Caller) -> AddResponse:
    """Delete one of the caller's own private documents; NotFoundError where it is none."""
    with service.using(_audience(caller)) as view:
        document = view.index.store.document(document_id)
    if document.metadata.audience != caller.audience:
        raise NotFoundError(
            f"{document_id!r} is not one of your private documents", remedy="Only those can be deleted here"
        )
    return _applied(service, folder, [{"id": document_id, "deleted": True}], (document_id,))


def _audience(caller: Caller) -> str:
    if not is_audience(caller.audience):
        raise UsageError(
            f"the key {caller.key_id!r} has no audience that private documents could belong to",
            remedy="Create a key with --audience NAME",
        )
    return caller.audience


def _applied(service: Service, folder: Path, lines: Sequence[dict[str, object]], ids: tuple[str, ...]) -> AddResponse:
    with _spooled(folder, lines) as path:
        report = service.update([path])
    return _response(report, ids)


def _response(report: BuildReport, ids: tuple[str, ...]) -> AddResponse:
    refused = [source.refused for source in report.sources if source.refused]
    skipped = [item.reason for source in report.sources for item in source.skipped]
    return AddResponse(
        document_ids=ids,
        counts=report.totals,
        skipped=tuple(refused + skipped),
        generation=report.manifest.generation,
        index_id=report.manifest.index_id,
    )


@contextmanager
def _spooled(folder: Path, lines: Sequence[dict[str, object]]) -> Iterator[Path]:
    """A file of these lines that only this user can read, removed in the end.

    A source is applied once: the name of the request, which the parser ignores, makes one that is sent again another.
    """
    name = secrets.token_hex(8)
    path = folder / f"{REQUEST}{name}.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for line in lines:
                file.write(msgspec.json.encode({**line, "request": name}) + b"\n")
        yield path
    finally:
        path.unlink(missing_ok=True)
