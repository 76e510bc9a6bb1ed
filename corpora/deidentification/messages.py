"""HL7 version 2 messages inside a text: names, addresses, telephones and postal codes by the form of their fields.

The fields are told apart by ``|`` and their components by ``^``: HL7 v2.5.1, chapter 2A, data types XPN, XCN, XAD, XTN.
"""

import re
from collections.abc import Iterator

from corpora.deidentification.records import Finding, Kind

_SEGMENT = re.compile(
    r"^(?:PID|NK1|PV1|PV2|GT1|IN1|IN2|PD1|ORC|OBR|OBX|DG1|AL1|ROL|TXA|MRG|PR1|EVN|MSH|ZPI)\|[^\n]*", re.MULTILINE
)
_PART = r"[^\W\d_]{2}[\w .'’-]{0,40}"
_PERSON = re.compile(rf"(?:(?<=[|~])|(?<=\d\^))({_PART}\^{_PART}(?:\^[^\W\d_][\w.]{{0,20}})?)(?=[\^|~\n]|\Z)")
_ADDRESS = re.compile(r"(?<=[|~])([\w#.-]{1,8} [^|^~\n]{2,60}\^[^|^~\n]{0,40}\^[^|^~\n]{2,40})(?=\^)")
_CODE = re.compile(r"(?<=\^)(\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?=\^)")
_TELEPHONE = re.compile(r"(?<=\^)(\d{2,4}\^\d{6,8})(?=[|^~\n]|\Z)|(?<=[|~])(\(?\d{3}\)?-?\d{3}-\d{4})")
_FIELDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("PHONE", _TELEPHONE),
    ("PLACE", _ADDRESS),
    ("PLACE", _CODE),
    ("NAME", _PERSON),
)
_PERSONAL = ("PID", "NK1", "PV1", "GT1", "IN1", "PD1", "ORC", "ROL", "TXA", "MRG")
_FACILITY = re.compile(r"\AMSH\|[^|]*\|[^|]*\|([^|\n]+)\|[^|]*\|([^|\n]+)\|")


def find_fields(text: str) -> Iterator[Finding]:
    """What the fields of HL7 segments hold that identifies."""
    for segment in _SEGMENT.finditer(text):
        line, begin = segment.group(), segment.start()
        if line.startswith("MSH") and (facilities := _FACILITY.match(line)):
            for group in (1, 2):
                yield Finding("PLACE", begin + facilities.start(group), begin + facilities.end(group))
        if not line.startswith(_PERSONAL):
            continue
        for kind, pattern in _FIELDS:
            for match in pattern.finditer(line):
                group = match.lastindex or 1
                yield Finding(kind, begin + match.start(group), begin + match.end(group))
