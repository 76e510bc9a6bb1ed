"""An index of patients, opened to be asked; what the command line and the service both stand on."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from api.patients import PatientRequest, SimilarResponse, filters_of, patient_hits, patient_of, said_of
from api.schemas import SearchResponse, search_response
from corpora.errors import UsageError
from indexer.current import CurrentIndex
from indexer.embedding import EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.index import Index
from indexer.patients.store import PatientStore, is_patient_index
from indexer.patients.tagging import load_tagger
from reader.note_questions import NoteReader, NotesAnswer
from reader.question import check_question
from retriever.patients.similar import SimilarPatient, SimilarPatients, SimilarSettings
from retriever.rerank import Reranker
from retriever.search import MAX_QUERY_CHARACTERS, Retriever

MOST_ASKED = 20
"""Questions are put to the notes of so many patients at most, the first."""


def literature_for(retriever: Retriever, request: PatientRequest) -> SearchResponse:
    """The literature that bears on a note, each document by its best passage. The query is empty: the note is private.

    Raises UsageError for a note that cannot be taken, and for what chooses patients.
    """
    if request.ages is not None or request.same_sex or request.questions:
        raise UsageError("ages, same_sex and questions are for patients, not for literature", remedy="Leave them out")
    patient, _ = patient_of(request)
    ranked = retriever.search(said_of(patient)[:MAX_QUERY_CHARACTERS], k=request.k, unit="document")
    return msgspec.structs.replace(search_response(ranked), query="")


class PatientSearch:
    """Similar patients in one directory, always its current generation. Safe to share between threads.

    `reranker` gives the model that reads questions and sentences together, when there is a question; None where it is
    to be done without. Raises UsageError for an index that holds no patients.
    """

    def __init__(
        self,
        directory: Path,
        load_model: Callable[[EmbeddingProfile], EmbeddingModel] = load_embedding_model,
        settings: SimilarSettings | None = None,
        *,
        reranker: Callable[[], Reranker] | None = None,
    ) -> None:
        self._current = CurrentIndex(directory, load_model)
        if not is_patient_index(directory):
            self._current.close()
            raise UsageError(
                f"{directory}: holds no patients", remedy="Make an index of patients: biocite index --patients"
            )
        self._store = PatientStore(directory)
        self._settings = settings
        self._reranker = reranker

    def warm(self) -> None:
        """Load everything now."""
        self._current.warm()
        load_tagger()

    def similar(self, request: PatientRequest) -> SimilarResponse:
        """The patients most like the one of a note. Raises UsageError for a note or filters that cannot be taken."""
        started = time.perf_counter()
        for question in request.questions:
            check_question(question)
        patient, masked = patient_of(request)
        filters = filters_of(request, patient)
        prepared = time.perf_counter()
        with self._current.use() as index:
            found = SimilarPatients(index, self._store, self._settings).find(patient, request.k, filters)
            searched = time.perf_counter()
            said = self._said(index, request, found) if request.questions else ()
            index_id = index.manifest.index_id
        ended = time.perf_counter()
        return SimilarResponse(
            patients=patient_hits(found),
            masked=masked,
            note=patient.text,
            age=patient.age,
            sex=patient.sex,
            timings_ms={
                "note": round((prepared - started) * 1000, 3),
                "search": round((searched - prepared) * 1000, 3),
                "questions": round((ended - searched) * 1000, 3),
                "total": round((ended - started) * 1000, 3),
            },
            index_id=index_id,
            questions=said,
        )

    def _said(self, index: Index, request: PatientRequest, found: Sequence[SimilarPatient]) -> tuple[NotesAnswer, ...]:
        """What the notes of the first patients found say to each question."""
        reader = NoteReader(index, None if self._reranker is None else self._reranker())
        return reader.ask(request.questions, {one.facts.patient_id: one.facts.facets for one in found[:MOST_ASKED]})

    def close(self) -> None:
        """Close the index."""
        self._current.close()
        self._store.close()
