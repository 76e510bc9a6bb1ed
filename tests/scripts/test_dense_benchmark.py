"""The measurement of the dense index, run whole on few vectors."""

from pathlib import Path

import numpy as np
import pytest

from scripts.benchmarks.dense import measure


@pytest.mark.slow
def test_every_figure_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "index" / "dense" / "vectors.f16"
    path.parent.mkdir(parents=True)
    vectors = np.random.default_rng(7).normal(size=(400, 16))
    path.write_bytes((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f2").tobytes())
    figures = measure(path, 16, (300, 900), 10)
    assert figures["real vectors"] == 400
    for size in ("300", "900"):
        for kind in ("flat", "auto"):
            assert figures[size][kind]["recall_at_100"] == 1.0
            assert figures[size][kind]["search_ms"]["p50"] > 0
    assert len(figures["900"]["filters"]) == 16
    assert {each["recall_at_100"] for each in figures["900"]["filters"].values()} == {1.0}
