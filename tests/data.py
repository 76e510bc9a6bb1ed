"""Where the real data lies, and the mark that skips a test, saying so, where it is absent."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("BIOCITE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data absent: no folder {DATA} (set BIOCITE_DATA)")
