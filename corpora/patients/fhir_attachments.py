"""The texts in FHIR R4 Attachments: plain text and pages, as base64. A document that lies elsewhere is not fetched."""

import base64
import binascii
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from corpora.patients.fhir_values import Resource
from corpora.patients.notes import clean
from corpora.text import collapse

_PLAIN = re.compile(r"text/(?:plain|markdown)", re.IGNORECASE)
_PAGES = re.compile(r"(?:text/html|application/xhtml\+xml)", re.IGNORECASE)  # no other XML: CDA begins with names
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "section", "pre")
)
_UNSEEN = frozenset(("script", "style", "head", "title"))


def texts(attachments: Sequence[Resource], path: str) -> tuple[list[str], list[str]]:
    """The text of these attachments, and what is wrong with them; `path` takes the number of an attachment.

    They are one document in several formats (R4, DocumentReference.content and DiagnosticReport.presentedForm): the
    first that can be read is taken, plain text before pages, and the others are not missed.
    """
    problems: dict[int, str] = {}
    for number, attachment in sorted(enumerate(attachments), key=lambda one: not _is_plain(one[1])):
        text, problem = _attached(attachment)
        if text:
            return [text], []
        problems[number] = f"{path.format(number)} {problem}"
    return [], [problems[number] for number in sorted(problems)]


def _is_plain(attachment: Resource) -> bool:
    return bool(_PLAIN.match(attachment.get("contentType", "text/plain")))


def _attached(attachment: Resource) -> tuple[str, str]:
    """The text of an Attachment, or why there is none."""
    kind = attachment.get("contentType", "text/plain")
    if not _PLAIN.match(kind) and not _PAGES.match(kind):
        return "", "is no text, and not read"
    if not attachment.get("data"):
        return "", "holds no data; a document elsewhere is not fetched"
    charset = _CHARSET.search(kind)
    try:
        # FHIR allows white space in base64.
        data = base64.b64decode("".join(str(attachment["data"]).split()), validate=True)
        text = data.decode(charset[1] if charset else "utf-8-sig")
    except (binascii.Error, ValueError, LookupError):
        return "", "is not base64 of a text in the character set it names (UTF-8 where none)"
    said = clean(text) if _PLAIN.match(kind) else _plain(text)
    return said, "" if said else "holds no words"


class _Words(HTMLParser):
    """Collects what a reader of a page sees, with a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.lines[-1].append(data)


def _plain(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    parser.close()
    return clean("\n".join(filter(None, (collapse("".join(line)) for line in parser.lines))))
