"""Clinical notes without the eighteen kinds of identifiers of HIPAA Safe Harbor: offline, by rules that can be read and
a small model of what looks like a name.

`deidentify` is the way in; `vault` brings back what was masked, for who holds the key.
"""

from corpora.deidentification.deidentify import deidentify
from corpora.deidentification.records import KINDS, Deidentified, Kind, Masked, Mode, Settings

__all__ = ["KINDS", "Deidentified", "Kind", "Masked", "Mode", "Settings", "deidentify"]
