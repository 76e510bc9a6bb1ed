"""Everything a running service is made of, put together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from litestar.types import ASGIApp

from api.access.audit import AuditEvent, AuditLog
from api.access.errors import ForbiddenError, UnauthorisedError
from api.access.folder import service_folder
from api.access.gate import Gate, Hooks
from api.access.keys import KeyStore
from api.access.limits import FailedAttempts, Limiter
from api.batching import BatchingModel
from api.chat.errors import is_openai_path, openai_error
from api.http_errors import without_folders
from api.metrics import Metrics
from api.operations import Lanes, Operations
from api.patient_operations import PatientOperations
from api.patient_search import PatientSearch
from api.schemas import ErrorResponse
from api.search_records import SearchRecords
from api.service import ModelLoaders, Service
from api.work import Worker
from api.writing import Writing
from corpora.errors import BioCiteError
from indexer.embedding import EmbeddingModel, EmbeddingProfile

if TYPE_CHECKING:
    from api.server import ServerSettings


def shaped(path: str, error: BioCiteError) -> msgspec.Struct:
    """An error in the shape that the clients of a path expect."""
    told = without_folders(error)
    if is_openai_path(path):
        return openai_error(told)
    return ErrorResponse(type(error).__name__, told.message, told.remedy)


class Assembly:
    """The parts of one service. `close` ends them, once what is being worked on is done.

    Raises BioCiteError where the index, the keys, the audit log or the records cannot be opened.
    """

    def __init__(self, settings: "ServerSettings") -> None:
        self._settings = settings
        self._batching: list[BatchingModel] = []
        self.metrics = Metrics()
        loaders = settings.loaders or ModelLoaders()
        if settings.batching:
            loaders = msgspec.structs.replace(loaders, embedding=self._batched(loaders))
        self.service = Service(settings.index, reader=settings.reader, loaders=loaders)
        folder = service_folder(settings.index)
        self.keys = KeyStore(settings.index)
        self.audit = AuditLog(settings.index, hash_texts=not settings.audit_texts)
        self.records = SearchRecords(folder, settings.records)
        lanes = settings.lanes
        self._lanes = Lanes(Worker(lanes.search), Worker(lanes.ask), Worker(lanes.look))
        self._writer = Worker(lanes.write)
        for worker in (self._lanes.search, self._lanes.ask, self._lanes.look, self._writer):
            self.metrics.watch(worker)
        self._worker_of = {"/v1/search": self._lanes.search, "/v1/ask": self._lanes.ask}
        self._failures = FailedAttempts(settings.limits)
        self.operations = Operations(
            self.service, self._lanes, Limiter(settings.limits), self.audit, self.records, self.metrics
        )
        self._patient_search: PatientSearch | None = None
        self.patients: PatientOperations | None = None
        if settings.patients is not None:
            self._patient_search = PatientSearch(
                settings.patients,
                loaders.embedding,
                reranker=None if loaders.reranker is None else self.service.reranker,
            )
            self.patients = PatientOperations(self.operations, self._patient_search)
        self.writing = Writing(self.operations, self._writer, folder)

    def _batched(self, loaders: ModelLoaders) -> Callable[[EmbeddingProfile], EmbeddingModel]:
        def load(profile: EmbeddingProfile) -> EmbeddingModel:
            model = BatchingModel(loaders.embedding(profile), self.metrics.batch)
            self._batching.append(model)
            return model

        return load

    def gate(self, app: ASGIApp) -> Gate:
        """The gate before an application."""
        return Gate(
            app,
            self.keys,
            self._failures,
            self._settings.gate,
            hooks=Hooks(self.metrics, shaped, self._check_room, self._audit_refusal),
        )

    def _check_room(self, path: str) -> None:
        """Refuse what its lane would refuse before its body is read: too many requests must cost next to nothing."""
        worker = self._worker_of.get(path)
        if worker is not None:
            worker.check_room()

    def warm(self) -> None:
        """Load everything now."""
        self.service.warm()
        if self._patient_search is not None:
            self._patient_search.warm()

    async def _audit_refusal(self, error: BioCiteError, address: str) -> None:
        """Who came with a wrong key or from a wrong page; not who only asks too often, who could fill the disk."""
        if isinstance(error, UnauthorisedError | ForbiddenError):
            await self.audit.write(AuditEvent("refused", status=type(error).__name__, extra={"address": address}))

    def close(self) -> None:
        """End everything."""
        self._lanes.close()
        self._writer.close()
        for model in self._batching:
            model.close()
        self.service.close()
        if self._patient_search is not None:
            self._patient_search.close()
        self.records.close()
        self.audit.close()
        self.keys.close()
