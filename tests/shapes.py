"""A checkpoint of BioBERT's exact shape with random weights, saved as the real one is: for loading, not quality.

BERT-base: 12 layers, 768 wide, 12 heads, a cased vocabulary of 28,996.
"""

from pathlib import Path

LAYERS, WIDTH, VOCABULARY = 12, 768, 28_996
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_CHARACTERS = [chr(code) for code in range(33, 127)]


def vocabulary() -> list[str]:
    """Entries as BERT's ``vocab.txt`` has them: characters, their continuations, and fillers up to the full size."""
    entries = [*_SPECIAL, *_CHARACTERS, *(f"##{character}" for character in _CHARACTERS)]
    entries += [f"[unused{number}]" for number in range(VOCABULARY - len(entries))]
    return entries


def biobert_shaped(folder: Path, *, head: str, layers: int = LAYERS) -> Path:
    """Save the checkpoint; `head` is ``none`` (a bare encoder) or ``question-answering``."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    target = folder / f"biobert-{head}"
    target.mkdir()
    config = BertConfig(vocab_size=VOCABULARY, num_hidden_layers=layers, hidden_size=WIDTH)
    model = BertForQuestionAnswering(config) if head == "question-answering" else BertModel(config)
    model.save_pretrained(target)
    names = target / "vocab.txt"
    names.write_text("\n".join(vocabulary()) + "\n")
    BertTokenizerFast(vocab=str(names), do_lower_case=False).save_pretrained(target)
    return target
