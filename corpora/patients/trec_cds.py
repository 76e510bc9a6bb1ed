"""The topics of TREC Clinical Decision Support (2014 to 2016): invented patients, each in a long and a short form.

Format: http://www.trec-cds.org. ``<topic number="1" type="diagnosis"><description>…</description><summary>…</summary>``
"""

from pathlib import Path

import msgspec

from corpora.errors import SourceError
from corpora.text import collapse
from corpora.xml import parse_element


class Topic(msgspec.Struct, frozen=True):
    """A topic; `kind` is what is asked of it: diagnosis, test or treatment."""

    topic_id: str
    kind: str
    description: str
    summary: str


def read_trec_cds(path: str | Path) -> list[Topic]:
    """The topics of a file in its order. `SourceError` where it is no such file, or a topic lacks a part."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})", remedy="Check the path") from None
    root = parse_element(data, str(path), 1)
    topics = []
    for number, node in enumerate(root.iterfind("topic"), 1):
        topic = Topic(node.get("number", ""), node.get("type", ""), _text(node, "description"), _text(node, "summary"))
        if not (topic.topic_id and topic.description and topic.summary):
            raise SourceError(f"{path}, topic {number}: has no number, description or summary")
        topics.append(topic)
    if not topics:
        raise SourceError(f"{path}: holds no topic", remedy="Give a file such as topics2014.xml")
    return topics


def _text(node: object, tag: str) -> str:
    return collapse(node.findtext(tag) or "")  # type: ignore[attr-defined]
