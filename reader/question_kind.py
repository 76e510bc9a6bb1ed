"""What kind of answer a question asks for, told from its wording: one of BioASQ's four kinds.

A linear model over the question's first words, pairs of words, plurals, and what rules of wording say of it. It is
trained by `reader.training.kinds`, needs neither an index nor a language model, and takes well under a millisecond.
Capitals and punctuation do not matter, so a question may be typed in any way.
"""

import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from corpora.errors import ModelError
from corpora.questions import QuestionKind
from indexer.compact import check_sha256

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: tuple[QuestionKind, ...] = ("factoid", "list", "yesno", "summary")
WEIGHTS = Path(__file__).parent / "weights"
BUNDLED = "question-kind"
_LONGEST = 40
_PLACED = 2
_PLURALS_AMONG = 6

_AUXILIARY = (
    "is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|"
    "isn't|aren't|don't|doesn't|didn't|can't|is there|are there"
)
_YES_NO = re.compile(rf"^(?:{_AUXILIARY})\b", re.IGNORECASE)
_OR_CHOICE = re.compile(r"^(?:is|are|was|were|does|do|did)\b[^,]*\b(\w[\w-]*) or (\w[\w-]*)\s*\?*$", re.IGNORECASE)
_PLURAL = r"(?:\w+\s+){0,6}?(?!(?:\w*(?:ss|us|is|itis|osis)\b))\w{3,}s\b"
_LIST = re.compile(
    r"^(?:please\s+)?(?:list|name|enumerate|give a list)\b"
    r"|^(?:what|which|who)\s+are\b(?!\s+the\s+(?:role|function|effect|mechanism|difference|principle|characteristic)s?\b)"
    rf"|^(?:which|what)\s+(?!is\b|was\b|does\b|are\b){_PLURAL}.*\b(?:are|were|have|do|can|cause|lead|belong|affect)\b"
    r"|^(?:which|what) [\w-]+s (?:are|were|have|do|can|exist|comprise)\b",
    re.IGNORECASE,
)
_PLURAL_HEADS = (
    "agents|antibodies|bacteria|biomarkers|cancers|classes|companies|complications|"
    "components|compounds|countries|criteria|databases|diseases|disorders|drugs|enzymes|"
    "factors|features|genes|groups|hormones|inhibitors|items|malignancies|markers|"
    "medications|medicines|methods|molecules|mutations|organs|pathogens|pathways|proteins|"
    "receptors|signs|symptoms|syndromes|therapies|tissues|tools|treatments|types|vaccines|"
    "viruses"
)
_PLURAL_QUESTION = re.compile(
    rf"^(?:which|what) (?:[\w-]+ ){{0,2}}?(?:{_PLURAL_HEADS})\b(?! (?:is|was|has|of)\b)", re.IGNORECASE
)
_SUMMARY = re.compile(
    r"^(?:why|how)\b(?!\s+(?:many|much|often|long|old|frequent|common|large|big|high|prevalent)\b)"
    r"|^(?:please\s+)?(?:describe|explain|summari[sz]e|discuss|compare|define|outline)\b"
    r"|^what (?:is|are) (?:known about|the (?:roles?|functions?|mechanisms?|effects?|evidence|"
    r"difference|differences|relationship|association|relation|link|connection|purpose|rationale|basis|principle|"
    r"characteristics|pathophysiology|definition|significance|importance|impact|influence))\b"
    r"|^what (?:is|are) (?:an? |the )?[\w\s,()'/+.-]{2,40}\?*$"
    r"|^what do(?:es)? .* (?:do|mean)\b",
    re.IGNORECASE,
)
_ALWAYS_SUMMARY = re.compile(
    r"^what (?:is|are) (?:known|particular|characteristic|special|the phenomenon|an? \w+ (?:virus|receptor|cell))\b"
    r"|^(?:which|what) (?:is|are) the (?:role|function|mechanism|effect)s? of\b"
    r"|^(?:briefly |can you |could you )(?:describe|explain|summari[sz]e)\b",
    re.IGNORECASE,
)
_FACTOID_WHAT_IS = re.compile(
    r"^what is (?:the )?(?:\w+[\s-]){0,4}(?:name|cause|gene|target|dose|prevalence|incidence|treatment|drug|"
    r"inheritance|enzyme|protein|receptor|agent|organism|vector|virus|number|percentage|rate|frequency|duration|threshold|range|"
    r"antidote|vaccine|test|biomarker|marker|hormone|first[- ]line|most|main|commonest|best|location|sensitivity)\b",
    re.IGNORECASE,
)


def alternatives(question: str) -> tuple[str, ...]:
    """The two words that a question such as "Is it dominant or recessive?" offers; none for another question."""
    match = _OR_CHOICE.match(" ".join(question.split()))
    return match.groups() if match else ()


def rule_kind(question: str) -> QuestionKind:
    """The kind by rules of wording alone."""
    text = " ".join(question.split())
    if _ALWAYS_SUMMARY.match(text):
        return "summary"
    if _YES_NO.match(text):
        return "factoid" if _OR_CHOICE.match(text) else "yesno"
    if _FACTOID_WHAT_IS.match(text):
        return "factoid"
    if _SUMMARY.match(text):
        return "summary"
    return "list" if _LIST.match(text) or _PLURAL_QUESTION.match(text) else "factoid"


_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+")
_SINGULAR_ENDINGS = ("ss", "us", "is")


def features(question: str) -> frozenset[str]:
    """What the model knows of a question: its words, pairs and beginnings, plurals, length, and what the rules say."""
    words = ["0" if word[0].isdigit() else word for word in _WORD.findall(question.lower())][:_LONGEST]
    first = words[0] if words else ""
    rules = rule_kind(question)
    found = {f"word {word}" for word in words}
    found |= {f"pair {one} {other}" for one, other in pairwise(words)}
    found |= {f"place {place} {word}" for place, word in enumerate(words[:_PLACED])}
    found |= {f"begins {' '.join(words[:count])}" for count in (2, 3, 4)}
    for place, word in enumerate(words[:_PLURALS_AMONG]):
        if word.endswith("s") and not word.endswith(_SINGULAR_ENDINGS) and len(word) > 3:
            found.add(f"plural {place}")
            if place and first in ("which", "what", "name", "list"):
                found.add(f"plural {first} before {words[place + 1] if place + 1 < len(words) else 'the end'}")
        elif word.endswith("ed"):
            found.add(f"past {place}")
    found.add(f"length {min(len(words) // 3, 6)}")
    found.add(f"ends {words[-1][-3:] if words else ''}")
    return frozenset(found | {f"rules {rules}", f"rules {rules} after {first}"})


class KindModel(msgspec.Struct, frozen=True):
    """A linear model: `rows` maps a feature to its row of `weights` (features, 4); `bias` (4) is added. See `KINDS`."""

    rows: dict[str, int]
    weights: "NDArray[np.float32]"
    bias: "NDArray[np.float32]"

    def probabilities(self, question: str) -> dict[QuestionKind, float]:
        """Of each kind."""
        known = [row for feature in features(question) if (row := self.rows.get(feature)) is not None]
        logits = self.weights[known].sum(axis=0) + self.bias
        powers = np.exp(logits - logits.max())
        return dict(zip(KINDS, (powers / powers.sum()).tolist(), strict=True))


class _Described(msgspec.Struct, frozen=True):
    """What the JSON file beside the weights says: the features in the order of the rows, and the record of the run."""

    file: str
    sha256: str
    features: tuple[str, ...]
    run: dict[str, Any]


def save_kind_model(model: KindModel, folder: Path, run: dict[str, Any]) -> Path:
    """Write the model as package data, weights in fp16, with a hash and the record of its run; returns the file."""
    import hashlib

    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{BUNDLED}.safetensors"
    save_file({"weights": model.weights.astype(np.float16), "bias": model.bias.astype(np.float32)}, file)
    file.chmod(0o644)  # safetensors writes for the owner alone
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    described = _Described(file.name, digest, tuple(sorted(model.rows, key=lambda name: model.rows[name])), run)
    (folder / f"{BUNDLED}.json").write_bytes(msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n")
    return file


@lru_cache(maxsize=4)
def load_kind_model(folder: Path = WEIGHTS) -> KindModel:
    """The model in a folder; ModelError where it is not whole."""
    from safetensors.numpy import load_file

    path = folder / f"{BUNDLED}.json"
    try:
        described = msgspec.json.decode(path.read_bytes(), type=_Described)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: shipped weights cannot be read ({error})", remedy="Reinstall biocite") from error
    check_sha256(folder / described.file, described.sha256)
    stored = load_file(folder / described.file)
    if stored["weights"].shape != (len(described.features), len(KINDS)):
        raise ModelError(f"{path}: has not the features of {described.file}", remedy="Reinstall biocite")
    rows = {feature: row for row, feature in enumerate(described.features)}
    return KindModel(rows, stored["weights"].astype(np.float32), stored["bias"])


def question_kind(question: str) -> QuestionKind:
    """The kind of the question: factoid, list, yesno or summary; without a Latin word, told by the rules alone."""
    if not _WORD.search(question.lower()):
        return rule_kind(question)
    found = load_kind_model().probabilities(question)
    return max(KINDS, key=lambda kind: found[kind])
