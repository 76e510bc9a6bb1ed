"""Answers of these tests' own."""

from corpora.records import text_sha256
from reader.records import Answer, AnswerItem, Context, Evidence, Verdict

SENTENCE = "Cystic fibrosis is caused by mutations in the CFTR gene."
URL = "https://pubmed.ncbi.nlm.nih.gov/1/"
BETTER_LUNGS = "Lung function rose by 10.6 percent after 24 weeks."


def evidence(quotation="CFTR", sentence=SENTENCE, **fields):
    """A quotation at its first place in a sentence that begins at 80 of its document."""
    start = 80 + sentence.index(quotation)
    known = {
        "document_id": "PMID:1",
        "passage_id": "PMID:1#2",
        "title": "Cystic fibrosis and its gene",
        "section": "Abstract",
        "url": URL,
        "year": 2015,
        "journal": "Journal of Rare Diseases",
    }
    return Evidence(
        start=start,
        end=start + len(quotation),
        text=quotation,
        sha256=text_sha256(sentence),
        score=0.8,
        context=Context(80, 80 + len(sentence), sentence),
        **(known | fields),
    )


def answer(*items, **fields):
    """An answered factoid question, an item for each tuple of evidence."""
    known = {
        "question": "Which gene is mutated in cystic fibrosis?",
        "kind": "factoid",
        "status": "answered",
        "confidence": 0.93,
        "note": "Words of the documents themselves.",
        "nearest": ("PMID:1",),
        "timings_ms": {"total": 12.5},
        "index_id": "5b0c1f7a9d3e2846",
        "models": {"embedding": "word-hash", "reader": "fake", "calibrated": True},
        "record_id": "r-1",
    }
    built = tuple(AnswerItem(found[0].text, 0.9 - place / 10, tuple(found)) for place, found in enumerate(items))
    return Answer(answers=built, **(known | fields))


CFTR = answer((evidence(),))
NOT_ENOUGH = answer(
    status="insufficient_evidence",
    confidence=0.1,
    note="The evidence in this index is too weak to answer; the nearest documents are named instead.",
    nearest=("PMID:7", "PMC:55", "DOI:10.1000/x(y)", "notes/1", "- 5. x"),
)
YES = answer(
    (evidence(SENTENCE),),
    (evidence(BETTER_LUNGS, BETTER_LUNGS, document_id="PMID:2", passage_id="PMID:2#1", url="", retracted=True),),
    kind="yesno",
    verdict=Verdict("yes", {"yes": 0.91, "no": 0.05, "maybe": 0.04}),
)
