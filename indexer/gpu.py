"""Dense search on GPUs, where the GPU build of FAISS (the extra ``gpu``) is installed and finds any.

Every GPU takes an equal share of the vectors that passages have, in half precision as they are stored, and looks at
all of it: a GPU reads them faster than a CPU looks through lists. Filtered searches stay on the CPU, as do those for
more hits than FAISS gives on a GPU. Never run on a GPU so far: tested with FAISS's GPU functions replaced.
"""

import logging
import threading
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.embedding import Vectors
from indexer.vector_file import VectorFile

MOST_HITS = 2048  # FAISS's own limit on a GPU
_BLOCK_ROWS = 65_536
# GPUs add up in another order than we do. Scores nearer than this may be in either order.
_MARGIN = 1e-3
_log = logging.getLogger(__name__)


class _Share:
    """What one GPU has: an index, and the row of each of its vectors. FAISS allows one search at a time on a GPU."""

    def __init__(self, index: Any, rows: NDArray[np.int64], resources: Any) -> None:
        self._index, self._rows = index, rows
        self._resources = resources  # FAISS does not keep them alive
        self._lock = threading.Lock()

    def search(self, query: Vectors, depth: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        with self._lock:
            scores, places = self._index.search(query, min(depth, len(self._rows)))
        kept = places[0] >= 0
        return self._rows[places[0][kept]], scores[0][kept]


class GpuVectors:
    """Vectors on the GPUs."""

    def __init__(self, shares: list[_Share], total: int) -> None:
        self._shares, self._total = shares, total

    def search(self, query: Vectors, wanted: int) -> NDArray[np.int64] | None:
        """Rows among which the `wanted` best are, with all that tie for the last place; None where the CPU must search.

        It must where so many are wanted, or tie, that a GPU cannot give them.
        """
        depth = min(self._total, wanted + wanted // 3 + 16)
        if depth > MOST_HITS:
            return None
        found = [share.search(query, depth) for share in self._shares]
        rows = np.concatenate([each[0] for each in found])
        scores = np.concatenate([each[1] for each in found])
        if depth < self._total:
            least = np.partition(scores, -wanted)[-wanted] - _MARGIN
            if any(len(each[1]) == depth and each[1][-1] >= least for each in found):
                return None
        return rows


def to_gpus(file: VectorFile, rows: NDArray[np.int64]) -> GpuVectors | None:
    """These rows of the file on all GPUs; None, and a message in the log, where there is none or they do not fit.

    Nothing is logged where FAISS is the CPU build, which knows no GPUs.
    """
    if not hasattr(faiss, "StandardGpuResources"):
        return None
    count = faiss.get_num_gpus()
    if count == 0:
        _log.warning("FAISS is built for GPUs but finds none: dense search runs on the CPU")
        return None
    try:
        shares = [_share(file, part, device) for device, part in enumerate(np.array_split(rows, count)) if len(part)]
    except (RuntimeError, MemoryError) as error:
        message = str(error).partition("\n")[0]
        _log.warning("the vectors could not be moved to %d GPUs: dense search runs on the CPU (%s)", count, message)
        return None
    return GpuVectors(shares, len(rows)) if shares else None


def _share(file: VectorFile, rows: NDArray[np.int64], device: int) -> _Share:
    resources = faiss.StandardGpuResources()
    options = faiss.GpuClonerOptions()
    options.useFloat16 = True
    index = faiss.index_cpu_to_gpu(resources, device, faiss.IndexFlatIP(file.dimensions), options)
    for start in range(0, len(rows), _BLOCK_ROWS):
        index.add(file.gather(rows[start : start + _BLOCK_ROWS]))
    return _Share(index, rows, resources)
