"""Examples for the verdict, made by hand-sized inputs; and that held-out questions never train, on the real files."""

from collections import Counter
from pathlib import Path

import pytest

from corpora.errors import UsageError
from corpora.evidence_inference import Finding
from corpora.questions import Context, Question, read_bioasq, read_pubmedqa
from corpora.records import Document, Section, Span
from corpora.splits import question_key
from reader.training.verdict import VerdictData, artificial_examples, expert_questions, verdict_recipe
from reader.training.verdict_examples import (
    ClaimSettings,
    ExpertSettings,
    FindingSettings,
    claim_examples,
    expert_examples,
    finding_examples,
)
from tests.data import DATA, needs_data


def document(number: int, *sections: tuple[str, str]) -> Document:
    text, parts = "", []
    for kind, own in sections:
        parts.append(Section(kind, kind, Span(len(text), len(text) + len(own))))
        text += own + "\n"
    return Document(f"PMID:{number}", sections[0][1], text, tuple(parts), "test")


ABSTRACTS = [
    document(
        number,
        ("title", f"Gene {number} is associated with disease {number}."),
        ("background", "Little is known of the gene in this disease. We set out to change that."),
        ("results", f"Carriers of the variant {number} were ill twice as often as others (p = 0.01)."),
        ("conclusions", f"Variant {number} was not associated with death from any cause."),
    )
    for number in range(40)
]


def test_examples_from_abstracts_are_balanced_and_say_what_the_abstract_says() -> None:
    settings = ClaimSettings(examples=40, stated=1.0, undecided=0.1)
    made = claim_examples(ABSTRACTS, settings)
    assert made == claim_examples(ABSTRACTS, settings)
    counts = Counter(example.label for example in made)
    assert len(made) == 40
    assert counts["maybe"] == 4
    assert abs(counts["yes"] - counts["no"]) <= 4
    for example in made:
        if example.question.startswith("Is variant") and example.label != "maybe":
            assert (example.label == "no") == ("was not associated" in example.text)


def test_what_is_reasoned_from_is_without_the_conclusion() -> None:
    made = claim_examples(ABSTRACTS, ClaimSettings(examples=20, stated=0.0, undecided=0.0, words=40))
    assert made
    assert not any("not associated" in example.text for example in made)
    assert all("Carriers" in example.text for example in made)


def test_findings_are_asked_with_the_answer_of_their_direction() -> None:
    findings = [
        Finding(str(number), "PMCID:1", "pain", "drug", "placebo", direction, f"Text {number}.")
        for number, direction in enumerate(["increased", "decreased", "no difference"] * 30)
    ]
    right = {
        "Does drug increase pain compared with placebo?": ("increased",),
        "Is pain lower with drug than with placebo?": ("decreased",),
        "Does drug affect pain?": ("increased", "decreased"),
        "Does placebo lead to higher pain than drug?": ("decreased",),
        "Is pain similar with drug and with placebo?": ("no difference",),
    }
    made = finding_examples(findings, FindingSettings())
    seen = set()
    for example in made:
        if example.question in right:
            direction = findings[int(example.text.split()[1].rstrip("."))].direction
            assert (example.label == "yes") == (direction in right[example.question])
            seen.add(example.question)
    assert seen == set(right)
    assert {example.label for example in made} == {"yes", "no"}


def test_prompts_with_differing_findings_are_left_out() -> None:
    one = Finding("1", "PMCID:1", "pain", "drug", "placebo", "increased", "More pain.")
    other = Finding("1", "PMCID:1", "pain", "drug", "placebo", "decreased", "Less pain.")
    assert finding_examples([one, other], FindingSettings()) == []


def question(answer: str, *texts: tuple[str, str]) -> Question:
    contexts = tuple(Context(document_id, text) for document_id, text in texts)
    return Question("q", "Is it so?", "yesno", ((answer,),) if answer else (), contexts, "test")


def test_snippets_are_drawn_and_an_abstract_keeps_its_end() -> None:
    snippets = question("no", ("PMID:1", "one two"), ("PMID:2", "three"), ("PMID:2", "three"))
    made = expert_examples([snippets], ExpertSettings(draws=3))
    assert [example.label for example in made] == ["no"] * 3
    assert sorted(made[0].text.split()) == ["one", "three", "two"]
    abstract = question("maybe", ("PMID:1", "one two"), ("PMID:1", "three four"))
    assert [example.text for example in expert_examples([abstract], ExpertSettings(words=3))] == ["two three four"]
    assert expert_examples([question("", ("PMID:1", "one"))], ExpertSettings()) == []


@needs_data
def test_held_out_questions_never_train() -> None:
    data = VerdictData(bioasq=(DATA / "bioasq",), pubmedqa=(DATA / "pubmedqa" / "ori_pqal_train_dev.json",))
    training = expert_questions(data)
    sources = {Path(one.source).name.split("B")[0] for one in training if "bioasq" in one.source}
    assert sources == {"7", "8", "9"}
    keys = {question_key(one.text) for one in training if one.kind == "yesno"}
    held = [one for path in sorted(DATA.glob("bioasq/1?B*.json")) for one in read_bioasq(path) if one.kind == "yesno"]
    # SHA-256 folds by hand for two: see corpora.splits.
    from corpora.splits import pubmedqa_fold

    held += [one for one in read_pubmedqa(data.pubmedqa[0]) if pubmedqa_fold(one.question_id) == 0]
    assert len(held) > 200
    assert not keys & {question_key(one.text) for one in held}


def test_a_question_of_pubmedqa_is_not_made_anew(tmp_path: Path) -> None:
    import msgspec

    (tmp_path / "qa.json").write_bytes(
        msgspec.json.encode({"1": {"QUESTION": "Is drug A new?", "CONTEXTS": ["x"], "final_decision": "yes"}})
    )
    assert artificial_examples(VerdictData(pubmedqa=(tmp_path / "qa.json",)), verdict_recipe()) == []


def test_a_batch_that_measures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "11B1_golden.json").write_text('{"questions": []}')
    with pytest.raises(UsageError, match="not a training file"):
        expert_questions(VerdictData(bioasq=(tmp_path / "11B1_golden.json",)))
