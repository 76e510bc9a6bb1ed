"""Changing the index through the service: one change at a time, in a lane of its own, audited like everything else."""

from collections.abc import Sequence
from pathlib import Path

from api.access.keys import Caller
from api.operations import Done, Operations
from api.private_documents import add_documents, delete_document
from api.requests import PrivateDocument
from api.responses import AddResponse
from api.work import Worker


class Writing:
    """Adds and deletes private documents. `folder` is where requests lie while they are indexed."""

    def __init__(self, operations: Operations, lane: Worker, folder: Path) -> None:
        self._operations = operations
        self._lane = lane
        self._folder = folder

    async def add(self, documents: Sequence[PrivateDocument], caller: Caller) -> AddResponse:
        """Index these documents for the caller's audience."""

        def work() -> Done[AddResponse]:
            response = add_documents(self._operations.service, self._folder, documents, caller)
            return Done(response, response.document_ids)

        return await self._operations.run("add", self._lane, work, caller)

    async def delete(self, document_id: str, caller: Caller) -> AddResponse:
        """Delete one of the caller's private documents."""

        def work() -> Done[AddResponse]:
            response = delete_document(self._operations.service, self._folder, document_id, caller)
            return Done(response, response.document_ids)

        return await self._operations.run("delete", self._lane, work, caller)
