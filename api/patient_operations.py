"""Similar patients as the service offers them: bounded, audited without a word of the note, and never recorded."""

import msgspec

from api.access.keys import Caller
from api.operations import Done, Operations
from api.patient_search import PatientSearch
from api.patients import PatientRequest, SimilarResponse, patient_of
from api.schemas import SearchResponse, search_response
from retriever.search import MAX_QUERY_CHARACTERS


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

        return await self._operations.run("similar_patients", self._operations.lanes.search, work, caller)

    async def literature(self, request: PatientRequest, caller: Caller) -> SearchResponse:
        """The literature that bears on a note, from the index of literature."""

        def work() -> Done[SearchResponse]:
            patient, _ = patient_of(request)
            with self._operations.service.using(caller.audience) as view:
                ranked = view.retriever.search(patient.text[:MAX_QUERY_CHARACTERS], k=request.k, unit="document")
            shown = tuple(dict.fromkeys(found.stored.passage.document_id for found in ranked.passages))
            # The note stands in no answer either: who sends it knows it.
            return Done(msgspec.structs.replace(search_response(ranked), query=""), shown)

        return await self._operations.run("patient_literature", self._operations.lanes.search, work, caller)
