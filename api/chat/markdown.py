"""An answer as Markdown: quotations with numbered citations that link to their documents.

Everything that comes from documents or users is escaped, so that a hostile title cannot bring a link, an image, HTML or
a heading into a chat. After rendering, the text between the quotation marks is the quotation, character by character
(CommonMark 0.31, 2.4 backslash escapes and 2.5 entities; https://spec.commonmark.org/0.31.2/). Brackets, dollar signs
and what begins a bare address are written as entities, since chat front ends take ``\\[``, ``\\(`` and ``$`` for
formulas and turn addresses into links on top of CommonMark. A renderer that looks for bare addresses only after it has
resolved entities still links them; what it then shows is the address itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from api.chat.payloads import Citation
from reader.ask import quoted
from reader.records import Answer, AnswerItem, Evidence

HIGH, MODERATE = 0.7, 0.4
"""Confidence from which on it is called high, or moderate."""

_BACKSLASHED = frozenset("\\`*_~|#!{}^=+")
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "[": "&#91;",
    "]": "&#93;",
    "$": "&#36;",
    "@": "&#64;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
}
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.|(?<=mailto):", re.IGNORECASE)
_LIST_MARK = re.compile(r"\A(-|[0-9]+(?=[.)]))")
_PUBMED = re.compile(r"PMID:([1-9][0-9]{0,15})")
_PMC = re.compile(r"PMC:([0-9]{1,15})")
_DOI = re.compile(r"DOI:(10\.[0-9]{4,9}/\S+)")
_LINK_SAFE = "%:/?#@&+,;=~-._"


def escaped(text: str) -> str:
    """The text so that Markdown shows just it, anywhere but at the beginning of a line (`_at_line_start`)."""
    written = "".join(f"\\{sign}" if sign in _BACKSLASHED else _ENTITIES.get(sign, sign) for sign in text)
    return _ADDRESS.sub(lambda sign: f"&#{ord(sign[0])};", written)


def safe_url(url: str) -> str:
    """The URL as a link may have it: http or https, a host, no user name; "" for any other.

    What could end a Markdown link or an HTML attribute is percent-encoded (RFC 3986, 2.1).
    """
    if any(character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in url):
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return quote(url, safe=_LINK_SAFE) if usable and "\\" not in url else ""


def document_url(document_id: str) -> str:
    """Where a document with an identifier of PubMed, PMC or a DOI is found; "" for any other."""
    if found := _PUBMED.fullmatch(document_id):
        return f"https://pubmed.ncbi.nlm.nih.gov/{found[1]}/"
    if found := _PMC.fullmatch(document_id):
        return f"https://pmc.ncbi.nlm.nih.gov/articles/PMC{found[1]}/"
    if found := _DOI.fullmatch(document_id):
        return safe_url(f"https://doi.org/{quote(found[1], safe='/:;.-_~')}")
    return ""


def citations(answer: Answer) -> tuple[Citation, ...]:
    """The answer's quotations, numbered from 1 in the order in which they are shown; the same span counts once."""
    found: dict[tuple[str, int, int], Evidence] = {}
    for item in answer.answers:
        for evidence in item.evidence:
            found.setdefault(_place(evidence), evidence)
    return tuple(_citation(number, evidence) for number, evidence in enumerate(found.values(), start=1))


def _place(evidence: Evidence) -> tuple[str, int, int]:
    return evidence.document_id, evidence.start, evidence.end


def _citation(index: int, evidence: Evidence) -> Citation:
    return Citation(
        index=index,
        title=evidence.title or evidence.document_id,
        url=safe_url(evidence.url) or document_url(evidence.document_id),
        document_id=evidence.document_id,
        passage_id=evidence.passage_id,
        section=evidence.section,
        start=evidence.start,
        end=evidence.end,
        text=evidence.text,
        sentence=evidence.context.text,
        sha256=evidence.sha256,
        year=evidence.year,
        journal=evidence.journal,
        publication_types=evidence.publication_types,
        retracted=evidence.retracted,
    )


def asked_as(question: str) -> str:
    """The line that shows which question was really asked."""
    return f"Asked as: {escaped(question)}"


def answer_markdown(answer: Answer, cited: Sequence[Citation], *, shown_question: str = "") -> str:
    """The answer as Markdown; `cited` are its `citations`. `shown_question` is the question really asked, "" where it
    is just what the user typed."""
    parts = [asked_as(shown_question)] if shown_question else []
    if answer.status == "insufficient_evidence":
        return "\n\n".join([*parts, *_insufficient(answer)]) + "\n"
    numbers = {(citation.document_id, citation.start, citation.end): citation for citation in cited}
    whole_sentences = answer.kind in ("yesno", "summary")
    parts += _verdict(answer)
    parts.append(f"{_confidence(answer)} {escaped(answer.note)}")
    items = (
        _item(place, item, numbers, whole_sentences=whole_sentences)
        for place, item in enumerate(answer.answers, start=1)
    )
    parts.append("\n".join(items))
    if answer.record_id:
        parts.append(f"Record of this answer: {escaped(answer.record_id)}")
    return "\n\n".join(parts) + "\n"


def _insufficient(answer: Answer) -> Iterator[str]:
    yield f"**Insufficient evidence.** {escaped(answer.note)}"
    if answer.nearest:
        yield "Nearest documents, which do not answer the question by themselves:"
        yield "\n".join(f"- {_linked(document_id, document_url(document_id))}" for document_id in answer.nearest)


def _verdict(answer: Answer) -> Iterator[str]:
    if answer.verdict is not None:
        shares = ", ".join(f"{label} {share:.2f}" for label, share in answer.verdict.probabilities.items())
        label = answer.verdict.label.capitalize()
        yield f"**{label}**, as a model reads the quotations below ({shares}). This is no quotation."


def _confidence(answer: Answer) -> str:
    value = answer.confidence
    words = "High" if value >= HIGH else "Moderate" if value >= MODERATE else "Low"
    calibrated = "" if answer.models.get("calibrated") else ", not calibrated for these models"
    return f"{words} confidence ({value:.2f}{calibrated})."


def _item(place: int, item: AnswerItem, numbers: dict[tuple[str, int, int], Citation], *, whole_sentences: bool) -> str:
    lines = []
    for evidence in item.evidence:
        citation = numbers[_place(evidence)]
        sentence = escaped(evidence.text) if whole_sentences else _marked(evidence)
        link = (
            f" [[{citation.index}]]({_destination(citation.url)})" if citation.url else f" &#91;{citation.index}&#93;"
        )
        lines.append(f"“{sentence}”{link} · {_source(citation)}")
    if whole_sentences:
        return f"{place}. " + "\n   ".join(f"{'- ' if len(lines) > 1 else ''}{line}" for line in lines)
    text = escaped(item.text)
    bold = _bold(text, " ", " ")
    heading = f"{place}. {bold if bold != text else f'“{text}”'} (confidence {item.confidence:.2f})"
    return "\n".join([heading, *(f"   - {line}" for line in lines)])


def _source(citation: Citation) -> str:
    facts = [citation.title, citation.journal, str(citation.year or ""), citation.section, citation.document_id]
    line = " · ".join(escaped(fact) for fact in dict.fromkeys(facts) if fact)
    return f"**RETRACTED** · {line}" if citation.retracted else line


def _marked(evidence: Evidence) -> str:
    """The sentence with the quotation in bold."""
    before, quotation, after = map(escaped, quoted(evidence))
    bold = _bold(quotation, before[-1:] or "“", after[:1] or "”")
    return f"{before}{bold}{after}"


def _bold(text: str, before: str, after: str) -> str:
    """The text in bold where Markdown would take it so between these neighbours, else as it is.

    CommonMark 0.31, 6.2: the opening asterisks must not be followed by white space, nor by a sign of punctuation unless
    white space or another such sign stands before them; the closing ones likewise, mirrored.
    """
    if not text or text[0].isspace() or text[-1].isspace():
        return text
    opens = not _may_be_sign(text[0]) or _parts(before)
    closes = not _may_be_sign(text[-1]) or _parts(after)
    return f"**{text}**" if opens and closes else text


def _may_be_sign(character: str) -> bool:
    """Punctuation or symbol: CommonMark counts symbols since 0.31, and renderers follow one or the other."""
    return unicodedata.category(character)[0] in "PS"


def _parts(character: str) -> bool:
    """White space or punctuation to every version of CommonMark."""
    kind = unicodedata.category(character)
    is_ascii_sign = character.isascii() and kind[0] == "S"
    return kind == "Zs" or kind[0] == "P" or is_ascii_sign or character in "\t\n"


def _linked(text: str, url: str) -> str:
    return f"[{escaped(text)}]({_destination(url)})" if url else _at_line_start(escaped(text))


def _destination(url: str) -> str:
    """A URL between the brackets of a link, where entities would be resolved."""
    return url.replace("&", "&amp;")


def _at_line_start(written: str) -> str:
    """Escaped text without what begins a list: a hyphen, or a number with a dot or bracket behind it."""
    text = written.strip()
    found = _LIST_MARK.match(text)
    if found is None:
        return text
    return f"\\{text}" if found[1] == "-" else f"{found[1]}\\{text[found.end() :]}"
