"""The stored vectors as a search reads them: a few rows at a time, from a file mapped into memory."""

import faiss
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.embedding import Vectors
from indexer.vector_file import CUT_SHORT, VectorFile
from indexer.vectors import Rows


class StoredVectors:
    """The first `rows` rows of a file of vectors. For several threads."""

    def __init__(self, file: VectorFile, rows: int) -> None:
        """IndexStateError where there are fewer."""
        self.dimensions = file.dimensions
        found = file.rows()
        if found < rows:
            raise IndexStateError(f"{file.path}: holds {found} vectors, expected {rows} or more", remedy=CUT_SHORT)
        if rows:
            try:
                self._bytes = np.asarray(np.memmap(file.path, np.uint8, "r", shape=(rows, file.row_bytes)))
            except OSError as error:
                raise IndexStateError(f"{file.path}: cannot be read ({error})", remedy=CUT_SHORT) from error
        else:
            self._bytes = np.empty((0, file.row_bytes), dtype=np.uint8)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._bytes)

    def read(self, rows: Rows) -> Vectors:
        """These rows as fp32."""
        return self._bytes[rows].view("<f2").astype(np.float32)

    def scores(self, query: Vectors, rows: Rows) -> NDArray[np.float32]:
        """The inner product of the query, of shape (1, dimensions), with each of these rows; -inf for a damaged one.

        By FAISS, which reads half floats ten times as fast as NumPy converts them. A row's score does not depend on
        the rows beside it, as it would in a matrix product.
        """
        index = faiss.IndexScalarQuantizer(self.dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        index.add_sa_codes(self._bytes[rows])
        found, places = index.search(query, len(rows))
        scores = np.full(len(rows), -np.inf, dtype=np.float32)
        kept = places[0] >= 0
        scores[places[0][kept]] = found[0][kept]
        return scores
