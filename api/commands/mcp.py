"""`biocite mcp`: search and answers for an assistant on this machine, over MCP on standard input and output."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.options import index_option, reader_option, reader_source

if TYPE_CHECKING:
    from api.access.keys import Caller
    from api.patient_search import PatientSearch
    from api.patients import PatientRequest, SimilarResponse
    from api.requests import AskRequest, SearchRequest
    from api.responses import DocumentResponse
    from api.schemas import IndexInfo, SearchResponse
    from api.service import Service
    from api.work import Worker
    from reader.records import Answer
    from reader.verification import Verification

SECONDS = 300.0
"""How long one call may take: nobody else waits for this process."""


@click.command("mcp")
@index_option
@reader_option
@click.option(
    "--audience",
    default="",
    metavar="NAME",
    help="Find the private documents of this audience too. What is found goes to the assistant; by default none are.",
)
@click.option(
    "--patients",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Offer similar patients too, from this index of patients. Notes, and patients found, go to the assistant.",
)
def command(directory: Path, reader: str, audience: str, patients: Path | None) -> None:
    """Speak MCP on standard input and output, for an assistant that starts this as a process of its own.

    Nothing but the protocol is printed to stdout. The process ends when its input does.
    """
    import asyncio
    import logging
    import signal
    from contextlib import ExitStack

    from api.access.keys import Caller
    from api.mcp_patients import patients_tool
    from api.mcp_server import make_mcp_server, require_mcp, run_stdio
    from api.mcp_tools import TOOLS, ToolSpec
    from api.patient_search import PatientSearch
    from api.service import ModelLoaders, Service
    from api.work import Lane, Worker
    from corpora.errors import UsageError
    from corpora.records import is_audience

    require_mcp()
    if audience and not is_audience(audience):
        raise UsageError(f"--audience is {audience!r}", remedy="Use 1 to 64 of a-z, 0-9, _ and -")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Ctrl-C ends it at once: it only reads, and the thread that waits for input could not be woken up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    scopes = frozenset({"read"} if patients is None else {"read", "patients"})
    caller = Caller(key_id="", name="local", scopes=scopes, audience=audience)
    lane = Lane("answer", at_once=1, waiting=100, patience=SECONDS, seconds=SECONDS, first_guess=1.0)
    with ExitStack() as stack:
        service = stack.enter_context(closing(Service(directory, reader=reader_source(reader))))
        tools: tuple[ToolSpec, ...] = TOOLS
        search = None
        if patients is not None:
            load = ModelLoaders().embedding
            search = stack.enter_context(closing(PatientSearch(patients, load, reranker=service.reranker)))
            search.warm()
        worker = stack.enter_context(closing(Worker(lane)))  # closed first: what it works on uses the others
        if search is not None:
            tools = (*TOOLS, patients_tool(LocalPatients(search, worker)))
        service.warm()
        click.echo(f"biocite: serving {directory} over MCP on standard input and output", err=True)
        operations = LocalOperations(service, worker)
        asyncio.run(run_stdio(make_mcp_server(operations, lambda _: caller, tools=tools)))


class LocalOperations:
    """The operations for one person, who has the index's files: no keys, no limits, nothing written anywhere."""

    def __init__(self, service: "Service", worker: "Worker") -> None:
        self._service = service
        self._worker = worker

    async def search(self, request: "SearchRequest", caller: "Caller") -> "SearchResponse":
        """Passages for a query."""
        return await self._worker.run(partial(_search, self._service, request, caller))

    async def ask(self, request: "AskRequest", caller: "Caller") -> "Answer":
        """A question's answer."""
        return await self._worker.run(partial(_ask, self._service, request, caller))

    async def verify(self, answer: bytes, caller: "Caller") -> "Verification":
        """Every quotation of an answer against the stored documents."""
        return await self._worker.run(partial(_verify, self._service, answer, caller))

    async def document(self, document_id: str, caller: "Caller") -> "DocumentResponse":
        """A stored document."""
        return await self._worker.run(partial(_document, self._service, document_id, caller))

    async def info(self, caller: "Caller") -> "IndexInfo":
        """What the index holds."""
        return await self._worker.run(lambda: self._service.info)


class LocalPatients:
    """Similar patients for one person, who has the index's files."""

    def __init__(self, search: "PatientSearch", worker: "Worker") -> None:
        self._search = search
        self._worker = worker

    async def similar(self, request: "PatientRequest", caller: "Caller") -> "SimilarResponse":
        """The patients most like the one of a note."""
        from api.patient_operations import silenced

        return await self._worker.run(silenced(partial(self._search.similar, request)))


def _search(service: "Service", request: "SearchRequest", caller: "Caller") -> "SearchResponse":
    from api.schemas import search_response

    with service.using(caller.audience) as view:
        ranked = view.retriever.search(
            request.query,
            k=request.k,
            mode=request.mode,
            filters=request.filters.resolve(),
            unit=request.unit,
            rerank=request.rerank,
        )
    return search_response(ranked)


def _ask(service: "Service", request: "AskRequest", caller: "Caller") -> "Answer":
    with service.using(caller.audience) as view:
        return view.asker.ask(
            request.question,
            kind=request.kind,
            filters=request.filters.resolve(),
            min_precision=request.min_precision,
        )


def _verify(service: "Service", answer: bytes, caller: "Caller") -> "Verification":
    from reader.verification import verify_answer

    with service.using(caller.audience) as view:
        return verify_answer(answer, view.index.store, view.index.manifest.index_id)


def _document(service: "Service", document_id: str, caller: "Caller") -> "DocumentResponse":
    from api.responses import document_response

    with service.using(caller.audience) as view:
        return document_response(view.index.store, document_id, view.index.manifest.index_id)
