"""The bundled reader, really loaded: exact offsets, windows over long texts, no-answer, the same result every time."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from transformers import ElectraConfig, ElectraForQuestionAnswering

from corpora.errors import ModelError
from reader import models
from reader.models import load_reader, load_tokenizer, untrained
from reader.span_model import SpanReader
from reader.windows import ReaderSettings, make_windows, shorten_question
from tests.shapes import biobert_shaped

FILLER = "The committee met on a Tuesday and discussed the seating plan of the canteen at some length. "
FACT = "Cystic fibrosis is caused by mutations in the CFTR gene. "


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return load_reader("compact", precision="fp32")


def best(reader: SpanReader, question: str, text: str) -> str:
    spans = reader.read(question, [text])[0]
    return spans[0].span.of(text)


def test_it_reads(reader: SpanReader) -> None:
    assert "CFTR" in best(reader, "Which gene is mutated in cystic fibrosis?", FACT)


def test_offsets_are_code_points_whatever_comes_before(reader: SpanReader) -> None:
    question = "Which gene is mutated in cystic fibrosis?"
    plain = reader.read(question, [FACT])[0][0].span
    for before in ("𝛽𝛾 naïve — ", "日本語。", "e\u0301 ", "\u200b\u00ad"):
        text = before + FACT
        found = [candidate.span.of(text) for candidate in reader.read(question, [text])[0]]
        assert plain.of(FACT) in found


def test_an_answer_at_the_end_of_a_long_text_is_found(reader: SpanReader) -> None:
    text = FILLER * 60 + FACT
    windows = make_windows(load_tokenizer(_base()), "Which gene?", [text], ReaderSettings())
    assert len(windows) > 2
    assert "CFTR" in best(reader, "Which gene is mutated in cystic fibrosis?", text)


def _base() -> str:
    from indexer.compact import compact_base

    return str(compact_base())


def test_windows_lose_no_character_that_a_token_covers() -> None:
    text = FILLER * 30
    windows = make_windows(load_tokenizer(_base()), "Who met?", [text], ReaderSettings(max_tokens=64, stride=16))
    covered = {place for window in windows for start, end in window.offsets for place in range(start, end)}
    assert {place for place, character in enumerate(text) if not character.isspace()} <= covered


def test_a_long_question_leaves_room_for_text() -> None:
    tokenizer = load_tokenizer(_base())
    short = shorten_question(tokenizer, "gene " * 500, 10)
    assert short.split() == ["gene"] * 10
    assert make_windows(tokenizer, "gene " * 500, ["text"], ReaderSettings())[0].offsets == [(0, 4)]


def test_texts_without_words_give_no_spans(reader: SpanReader) -> None:
    assert reader.read("Which gene?", ["", "   ", "\n"]) == [[], [], []]
    assert reader.read("Which gene?", []) == []


def test_candidates_are_ordered_apart_and_probable(reader: SpanReader) -> None:
    text = FACT + "It is inherited in an autosomal recessive manner. " + FILLER
    candidates = reader.read("Which gene is mutated in cystic fibrosis?", [text], limit=4)[0]
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1.0 + 1e-6
    ends = sorted((candidate.span.start, candidate.span.end) for candidate in candidates)
    assert all(left[1] <= right[0] for left, right in pairwise(ends))


def test_company_in_a_batch_changes_nothing_that_matters(reader: SpanReader) -> None:
    question = "Which gene is mutated in cystic fibrosis?"
    alone = reader.read(question, [FACT])[0][0]
    among = reader.read(question, [FILLER * 20, FACT, FILLER])[1][0]
    assert alone.span == among.span
    assert alone.probability == pytest.approx(among.probability, abs=1e-3)


def test_without_padding_it_reads_what_transformers_reads(reader: SpanReader) -> None:
    """Every start and end logit against the model's own forward pass, text by text."""
    model, _, _ = models._bundled()
    texts = [FACT, FILLER * 3 + FACT, "CFTR.", FILLER]
    windows = make_windows(load_tokenizer(_base()), "Which gene is mutated?", texts, ReaderSettings())
    scored = {window.text_number: (starts, ends) for window, starts, ends in reader._score(windows)}
    assert sorted(scored) == [0, 1, 2, 3]
    for window in windows:
        inputs = {"input_ids": window.input_ids, "token_type_ids": window.token_type_ids}
        with torch.inference_mode():
            output = model.eval()(**{name: torch.tensor([ids]) for name, ids in inputs.items()})
        for ours, theirs in zip(scored[window.text_number], (output.start_logits, output.end_logits), strict=True):
            assert ours == pytest.approx(theirs[0].numpy(), abs=2e-3)


def test_a_model_that_is_no_bert_is_read_in_padded_batches() -> None:
    """An ELECTRA of random weights: what it says of a text does not depend on longer ones beside it."""
    tokenizer = load_tokenizer(_base())
    config = ElectraConfig(
        vocab_size=len(tokenizer), embedding_size=16, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    torch.manual_seed(5)
    electra = SpanReader(ElectraForQuestionAnswering(config), tokenizer, "electra", precision="fp32")
    alone = electra.read("Which gene?", [FACT])[0]
    beside = electra.read("Which gene?", [FILLER * 10, FACT, "Short."])[1]
    assert [found.span for found in alone] == [found.span for found in beside]
    assert [found.probability for found in alone] == pytest.approx([found.probability for found in beside], rel=1e-3)


def test_an_unanswerable_text_is_less_probable_than_an_answering_one(reader: SpanReader) -> None:
    question = "Which gene is mutated in cystic fibrosis?"
    answering, silent = reader.read(question, [FACT, FILLER])
    assert answering[0].margin > silent[0].margin


def test_a_biobert_shaped_checkpoint_loads_and_reads(tmp_path: Path) -> None:
    folder = biobert_shaped(tmp_path, head="question-answering")
    reader = load_reader(str(folder))
    spans = reader.read("Which gene is mutated?", [FACT])[0]
    assert spans
    assert all(0 <= found.span.start < found.span.end <= len(FACT) for found in spans)


def test_a_base_without_a_head_is_refused_and_names_the_recipe(tmp_path: Path) -> None:
    folder = biobert_shaped(tmp_path, head="none")
    with pytest.raises(ModelError, match=r"has no question-answering head.*biocite train reader"):
        load_reader(str(folder))
    model, _ = untrained(str(folder))
    assert model.qa_outputs.out_features == 2


def test_a_missing_model_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="model '/nowhere/model' cannot be loaded") as caught:
        load_reader("/nowhere/model")
    assert "\n" not in str(caught.value)


def test_damaged_bundled_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path
    described = (models.WEIGHTS / "span-reader.json").read_bytes()
    (folder / "span-reader.json").write_bytes(described)
    (folder / "span-reader.safetensors").write_bytes(b"damaged")
    monkeypatch.setattr(models, "WEIGHTS", folder)
    with pytest.raises(ModelError, match=r"sha256 is .*expected"):
        load_reader("compact")
    (folder / "span-reader.safetensors").unlink()
    with pytest.raises(ModelError, match="weight file cannot be read"):
        load_reader("compact")


def test_threads_that_share_a_reader_do_not_cut_each_others_texts(reader: SpanReader, monkeypatch) -> None:
    """A tokenizer keeps its limits between calls: without a lock, windows come out longer than the model takes."""
    lengths = []
    monkeypatch.setattr(reader, "_score", lambda windows: lengths.extend(len(w.input_ids) for w in windows) or [])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: reader.read("Who met? " * 10, [FILLER * 60]), range(200)))
    assert max(lengths) <= reader.settings.max_tokens


def test_a_damaged_folder_is_a_model_error(tmp_path: Path) -> None:
    shutil.copytree(_base(), tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_reader(str(tmp_path / "model"))
