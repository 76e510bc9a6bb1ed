"""What counts as a question that can be asked."""

from corpora.errors import UsageError
from corpora.text import require_text

MAX_QUESTION_CHARACTERS = 2_000


def check_question(question: str) -> str:
    """The question with white space collapsed; UsageError if it is empty, has no letter or is too long."""
    text = " ".join(question.split())
    if not any(character.isalnum() for character in text):
        raise UsageError("the question is empty", remedy="Write a question, such as: What causes cystic fibrosis?")
    require_text(text, "the question")
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise UsageError(
            f"the question has {len(text):,} characters, at most {MAX_QUESTION_CHARACTERS:,} are taken",
            remedy="Shorten it to the question itself",
        )
    return text
