"""Recorded results: shown to whoever asked for them, and made again."""

from http import HTTPStatus
from typing import Any

import msgspec

from api.access.keys import Caller
from api.operations import Done, Operations
from api.responses import ReplayResponse
from api.search_records import SearchRecord, decoded_vector, recorded_hits
from corpora.errors import BioCiteError
from indexer.records import Filters
from retriever.search import RetrievalSettings


class GoneError(BioCiteError):
    """What was recorded cannot be made again: the generation of the index is no longer there."""

    http_status = HTTPStatus.GONE


class Replays:
    """Looks records up and makes them again. A record is shown to the key that made it, and to admins."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def record(self, record_id: str, caller: Caller) -> SearchRecord:
        """The record; NotFoundError where there is none that this caller may see."""
        found: SearchRecord = await self._operations.run(
            "record",
            self._operations.lanes.look,
            lambda: Done(self._get(record_id, caller), record_id=record_id),
            caller,
        )
        return found

    async def replay(self, record_id: str, caller: Caller) -> ReplayResponse:
        """The recorded search made again; GoneError where its generation of the index is no longer there."""
        response: ReplayResponse = await self._operations.run(
            "replay",
            self._operations.lanes.search,
            lambda: self._replayed(self._get(record_id, caller), caller),
            caller,
        )
        return response

    def _get(self, record_id: str, caller: Caller) -> SearchRecord:
        return self._operations.records.get(record_id, None if "admin" in caller.scopes else caller.key_id)

    def _replayed(self, record: SearchRecord, caller: Caller) -> Done[ReplayResponse]:
        told: dict[str, Any] = record.settings
        with self._operations.service.using(caller.audience) as view:
            manifest, names = view.index.manifest, view.model_names()
            if manifest.generation != record.generation or manifest.index_id != record.index_id:
                raise GoneError(
                    f"the record is of generation {record.generation} of the index, and {manifest.generation} is served"
                    " now",
                    remedy="Search again: the index has changed since",
                )
            if names != record.models:
                raise GoneError("other models are loaded than when this was recorded", remedy="Search again")
            ranked = view.retriever_with(RetrievalSettings(fusion=told["fusion"])).search(
                record.query,
                k=told["k"],
                mode=told["mode"],
                unit=told["unit"],
                rerank=told["rerank"],
                filters=msgspec.convert(record.filters, Filters),
                vector=decoded_vector(record.vector),
            )
        again = recorded_hits(ranked)
        response = ReplayResponse(
            record.record_id, again == record.hits, record.hits, again, record.generation, record.index_id
        )
        shown = tuple(dict.fromkeys(hit.document_id for hit in again))
        return Done(response, shown, record.record_id)
