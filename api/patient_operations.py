"""Similar patients as the service offers them: bounded, audited without a word of the note, and never recorded."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from api.access.keys import Caller
from api.operations import Done, Operations
from api.patient_search import PatientSearch, literature_for
from api.patients import PatientRequest, SimilarResponse
from api.schemas import SearchResponse
from corpora.errors import BioCiteError

T = TypeVar("T")


class SimilarOperation(Protocol):
    """Who can be asked for similar patients: a service, or a process of one person's own."""

    async def similar(self, request: PatientRequest, caller: Caller) -> SimilarResponse:
        """The patients most like the one of a note."""
        ...


class PatientOperations:
    """The operations on patients; see `api.operations.Operations`, whose lanes and audit log they use."""

    def __init__(self, operations: Operations, search: PatientSearch) -> None:
        self._operations = operations
        self._search = search

    async def similar(self, request: PatientRequest, caller: Caller) -> SimilarResponse:
        """The patients most like the one of a note."""

        def work() -> Done[SimilarResponse]:
            response = self._search.similar(request)
            return Done(response, tuple(found.patient_id for found in response.patients))

        lanes = self._operations.lanes
        lane = lanes.ask if request.questions else lanes.search
        return await self._operations.run("similar_patients", lane, silenced(work), caller)

    async def literature(self, request: PatientRequest, caller: Caller) -> SearchResponse:
        """The literature that bears on a note, from the index of literature."""

        def work() -> Done[SearchResponse]:
            with self._operations.service.using(caller.audience) as view:
                found = literature_for(view.retriever, request)
            return Done(found, tuple(dict.fromkeys(hit.document_id for hit in found.hits)))

        return await self._operations.run("patient_literature", self._operations.lanes.search, silenced(work), caller)


def silenced(work: Callable[[], T]) -> Callable[[], T]:
    """The work, of whose unforeseen failures only kind and place are told: their messages may quote the note."""

    def silenced() -> T:
        try:
            return work()
        except BioCiteError:
            raise
        except Exception as error:  # noqa: BLE001 -- raised again below, without its message
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = "" if trace is None else f" at {trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}"
            failure = f"{type(error).__name__}{place}"
        # Outside the handler, so that the error itself is no part of the trace that is logged.
        raise RuntimeError(failure)

    return silenced
