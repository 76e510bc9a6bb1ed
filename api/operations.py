"""What every front end (REST, chat, MCP) calls: bounded, restricted to what the caller may see, audited and recorded.

Nothing goes back to a caller before the audit log has it on disk.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from api.access.audit import AuditEvent, AuditLog
from api.access.errors import RefusedForNowError
from api.access.keys import Caller
from api.access.limits import Limiter
from api.metrics import Metrics
from api.requests import AskRequest, SearchRequest
from api.responses import DocumentResponse, PassageResponse, document_response, passage_response, shown_info
from api.schemas import IndexInfo, SearchResponse, search_response
from api.search_records import (
    SearchRecord,
    SearchRecords,
    encoded_vector,
    new_record_id,
    recorded_hits,
)
from api.service import Service, View
from api.work import Worker
from corpora.errors import BioCiteError, UsageError
from corpora.records import Metadata
from indexer.embedding import ModelIdentity
from reader.ask import AskSettings
from reader.records import Answer
from reader.verification import Verification, verify_answer
from retriever.records import RankedList
from retriever.search import Mode, RetrievalSettings

T = TypeVar("T")

MAX_TEXTS = 256
"""Texts that one call may have embedded or scored."""
MAX_TEXT_CHARACTERS = 100_000


class Lanes(msgspec.Struct, frozen=True):
    """Where work is done: searches and questions each in their own lane, short look-ups in a third."""

    search: Worker
    ask: Worker
    look: Worker

    def close(self) -> None:
        """End them all."""
        for lane in (self.search, self.ask, self.look):
            lane.close()


class Done(msgspec.Struct, Generic[T], frozen=True):
    """What an operation gave, and what the audit log is told of it."""

    result: T
    documents: tuple[str, ...] = ()
    record_id: str = ""


class NotReadyError(BioCiteError):
    """The service cannot answer at the moment."""

    http_status = 503


class Operations:
    """The operations of a service. All are coroutines that raise `BioCiteError`s; the work is done in `lanes`."""

    def __init__(
        self,
        service: Service,
        lanes: Lanes,
        limits: Limiter,
        audit: AuditLog,
        records: SearchRecords,
        metrics: Metrics,
    ) -> None:
        self.service = service
        self.lanes = lanes
        self.records = records
        self.metrics = metrics
        self._limits = limits
        self._audit_problem = ""
        self._audit = audit

    async def search(self, request: SearchRequest, caller: Caller) -> SearchResponse:
        """Passages for a query."""
        work = partial(self._search, request, caller)
        return await self.run("search", self.lanes.search, work, caller, request.query, private=request.private)

    async def ask(self, request: AskRequest, caller: Caller) -> Answer:
        """A question's answer, or that the evidence is insufficient."""
        work = partial(self._ask, request, caller)
        return await self.run("ask", self.lanes.ask, work, caller, request.question, private=request.private)

    async def verify(self, answer: bytes, caller: Caller) -> Verification:
        """Every quotation of an answer against the stored documents, byte for byte."""

        def work() -> Done[Verification]:
            with self.service.using(caller.audience) as view:
                index_id = view.index.manifest.index_id
                return Done(verify_answer(answer, view.index.store, index_id, source="request body"))

        return await self.run("verify", self.lanes.look, work, caller)

    async def document(self, document_id: str, caller: Caller) -> DocumentResponse:
        """A stored document; NotFoundError where there is none that this caller may see."""

        def work() -> Done[DocumentResponse]:
            with self.service.using(caller.audience) as view:
                found = document_response(view.index.store, document_id, view.index.manifest.index_id)
            return Done(found, (document_id,))

        return await self.run("document", self.lanes.look, work, caller)

    async def passage(self, passage_id: str, caller: Caller) -> PassageResponse:
        """A stored passage with its neighbours; NotFoundError where there is none that this caller may see."""

        def work() -> Done[PassageResponse]:
            with self.service.using(caller.audience) as view:
                found = passage_response(view.index.store, passage_id, view.index.manifest.index_id)
            return Done(found, (found.document_id,))

        return await self.run("passage", self.lanes.look, work, caller)

    async def metadata(self, document_ids: Sequence[str], caller: Caller) -> list[tuple[str, str, Metadata]]:
        """(identifier, title, metadata) of documents, to cite them; NotFoundError for the first that is not there."""

        def work() -> Done[list[tuple[str, str, Metadata]]]:
            with self.service.using(caller.audience) as view:
                documents = [view.index.store.document(document_id) for document_id in document_ids]
            return Done([(found.document_id, found.title, found.metadata) for found in documents], tuple(document_ids))

        return await self.run("export", self.lanes.look, work, caller)

    async def similar(self, document_id: str, k: int, caller: Caller) -> SearchResponse:
        """The documents most like a stored one, each by its best passage, without itself."""
        work = partial(self._similar, document_id, k, caller)
        return await self.run("similar", self.lanes.search, work, caller, document_id)

    async def embed(self, texts: Sequence[str], caller: Caller) -> list[list[float]]:
        """A vector of length 1 for each text, by the index's embedding model."""
        _check_texts(texts)

        def work() -> Done[list[list[float]]]:
            with self.service.using(caller.audience) as view:
                return Done(view.index.model.encode_passages(list(texts)).tolist())

        return await self.run("embed", self.lanes.ask, work, caller)

    async def rerank(self, query: str, texts: Sequence[str], caller: Caller) -> list[float]:
        """The probability that each text is evidence for the query."""
        _check_texts([query, *texts])
        if not any(map(str.isalnum, query)):
            raise UsageError("the query is empty: it has no letter and no digit", remedy="Write what to look for")

        def work() -> Done[list[float]]:
            with self.service.using(caller.audience) as view:
                reranker = view.retriever.reranker
            if reranker is None:
                raise UsageError("this service has no reranker")
            return Done([float(score) for score in reranker.scores(query, list(texts))])

        return await self.run("rerank", self.lanes.ask, work, caller)

    async def info(self, caller: Caller) -> IndexInfo:
        """What the index holds for this caller, without paths of this machine."""

        def work() -> Done[IndexInfo]:
            with self.service.using(caller.audience) as view:
                return Done(shown_info(self.service.info, view.index))

        return await self.run("info", self.lanes.look, work, caller)

    def embedding_model(self) -> ModelIdentity:
        """What embeds here: no secret, and nothing that takes time."""
        with self.service.using() as view:
            return view.index.manifest.embedding

    def check_ready(self) -> None:
        """Raises NotReadyError where questions cannot be answered now."""
        problem = self._audit_problem or ("" if self.service.is_warm else "the models are being loaded")
        if problem:
            raise NotReadyError(problem)

    def count_served(self) -> None:
        """Tell the metrics what is served now."""
        with self.service.using("") as view:  # private documents are not counted: whoever reads this may not know
            manifest = view.index.manifest
            documents, passages = manifest.documents, manifest.passages
            if view.index.is_restricted:
                documents, passages = view.index.store.counts()
            names = {"index_id": manifest.index_id, "generation": str(manifest.generation), **view.model_names()}
            self.metrics.serves(names, documents, passages)

    def _search(self, request: SearchRequest, caller: Caller) -> Done[SearchResponse]:
        filters = request.filters.resolve()
        settings = {name: getattr(request, name) for name in ("k", "mode", "fusion", "unit", "rerank")}
        with self.service.using(caller.audience) as view:
            retriever = view.retriever_with(RetrievalSettings(fusion=request.fusion))
            ranked = retriever.search(
                request.query, k=request.k, mode=request.mode, filters=filters, unit=request.unit, rerank=request.rerank
            )
            record_id = self._record("search", view, ranked, settings, caller, private=request.private)
        self.metrics.stages(ranked.timings_ms)
        response = msgspec.structs.replace(search_response(ranked), record_id=record_id)
        return Done(response, _documents(ranked), record_id)

    def _ask(self, request: AskRequest, caller: Caller) -> Done[Answer]:
        filters = request.filters.resolve()
        with self.service.using(caller.audience) as view:
            asker = view.asker
            answer, ranked = asker.ask_and_rank(
                request.question, kind=request.kind, filters=filters, min_precision=request.min_precision
            )
            settings = _ask_settings(asker.settings, reranks=any(found.rerank is not None for found in ranked.passages))
            record_id = self._record("ask", view, ranked, settings, caller, private=request.private, answer=answer)
        self.metrics.stages(answer.timings_ms)
        self.metrics.answered(answer.kind, answer.status)
        shown = dict.fromkeys(
            [found.document_id for item in answer.answers for found in item.evidence] + list(answer.nearest)
        )
        return Done(msgspec.structs.replace(answer, record_id=record_id), tuple(shown), record_id)

    def _similar(self, document_id: str, k: int, caller: Caller) -> Done[SearchResponse]:
        if not 1 <= k <= 100:
            raise UsageError(f"k is {k}, expected 1 to 100", remedy="Choose another k")
        with self.service.using(caller.audience) as view:
            document = view.index.store.document(document_id)
            text = _words(document.title) or _words(document.text)
            if not text:
                nothing = SearchResponse(document.title, "bm25", (), {}, view.index.manifest.index_id)
                return Done(nothing, (document_id,))
            vector = view.index.document_vector(document_id)
            mode: Mode = "hybrid" if vector is not None else "bm25"
            ranked = view.retriever.search(text, k=k + 1, mode=mode, unit="document", vector=vector)
        others = [found for found in ranked.passages if found.stored.passage.document_id != document_id][:k]
        numbered = tuple(msgspec.structs.replace(found, rank=rank) for rank, found in enumerate(others, start=1))
        ranked = msgspec.structs.replace(ranked, passages=numbered)
        return Done(search_response(ranked), (document_id, *_documents(ranked)))

    def _record(
        self,
        kind: str,
        view: View,
        ranked: RankedList,
        settings: dict[str, Any],
        caller: Caller,
        *,
        private: bool,
        answer: Answer | None = None,
    ) -> str:
        """Keep how this came about, and say under which id; "" where nothing is kept."""
        has_private = any(found.stored.metadata.audience for found in ranked.passages)
        if private or has_private or not self.records.kept:
            return ""
        index = view.index
        passing = index.selection(ranked.filters)
        candidates = len(passing.keys) if passing is not None else index.manifest.statistics.searched
        record = SearchRecord(
            record_id=new_record_id(),
            created=_now(),
            kind=kind,
            query=ranked.query,
            filters=msgspec.to_builtins(ranked.filters),
            settings=settings,
            index_id=ranked.index_id,
            generation=index.manifest.generation,
            models=view.model_names(),
            hits=recorded_hits(ranked),
            excluded=index.excluded(ranked.filters),
            below=candidates - len(ranked.passages),
            vector=encoded_vector(ranked.vector),
            answer=None if answer is None else _outcome(answer),
        )
        self.records.add(record, caller.key_id)
        return record.record_id

    async def run(
        self,
        kind: str,
        lane: Worker,
        work: Callable[[], Done[T]],
        caller: Caller,
        text: str = "",
        *,
        private: bool = False,
    ) -> T:
        """The result of some work, once the audit log has it; what is refused or fails is audited too."""
        asked = AuditEvent(kind, caller.key_id, caller.name, text=None if private or not text else text)
        with self.metrics.timed(kind), self._limits.admit(caller.key_id, caller.limits):
            try:
                done = await lane.run(work)
            except RefusedForNowError:
                raise  # nothing was done, and whoever asks without end must not fill the log
            except BioCiteError as error:
                await self._noted(msgspec.structs.replace(asked, status=type(error).__name__))
                raise
            await self._noted(
                msgspec.structs.replace(asked, status="done", record_id=done.record_id, documents=done.documents)
            )
            return done.result

    async def _noted(self, event: AuditEvent) -> None:
        """Write to the audit log, without which nothing is answered; whether that works is what readiness tells."""
        try:
            await self._audit.write(event)
        except BioCiteError as error:
            self._audit_problem = str(error)
            raise
        self._audit_problem = ""


def _words(text: str) -> str:
    """The text from its first letter or digit on, up to 300 characters, "" if it has none."""
    first = next((place for place, character in enumerate(text) if character.isalnum()), len(text))
    return text[first : first + 300]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _documents(ranked: RankedList) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.stored.passage.document_id for found in ranked.passages))


def _ask_settings(settings: AskSettings, *, reranks: bool) -> dict[str, Any]:
    return {
        "k": settings.passages,
        "mode": "hybrid",
        "fusion": RetrievalSettings().fusion,
        "unit": "passage",
        "rerank": reranks,
    }


def _outcome(answer: Answer) -> dict[str, Any]:
    """What came of a question, without texts."""
    return {
        "kind": answer.kind,
        "status": answer.status,
        "confidence": answer.confidence,
        "verdict": answer.verdict.label if answer.verdict is not None else None,
        "quoted": [
            {name: getattr(found, name) for name in ("document_id", "passage_id", "start", "end", "sha256")}
            for item in answer.answers
            for found in item.evidence
        ],
    }


def _check_texts(texts: Sequence[str]) -> None:
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise UsageError(f"{len(texts):,} texts were sent, expected 1 to {MAX_TEXTS}", remedy="Send them in parts")
    for text in texts:
        if len(text) > MAX_TEXT_CHARACTERS:
            raise UsageError(
                f"a text has {len(text):,} characters, at most {MAX_TEXT_CHARACTERS:,} are taken", remedy="Send less"
            )
