"""The background prompts of chat front ends, answered without a search.

Open WebUI asks for titles, tags, follow-up questions, search queries, completions while typing, image prompts, tools
and emoji in prompts of its own; LibreChat asks for titles. They would otherwise be run as literature questions, once or
more a message. What is answered is taken from the user's own words or is empty: nothing is generated.

A prompt counts as one only where it is the only message besides system prompts, begins with the front end's opening
words *and* carries the conversation, or the text to work on, in the front end's form. A question that merely speaks of
titles or tags has neither. An administrator who rewrites these prompts has to keep their opening words and marks.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal, cast

import msgspec

from api.chat.payloads import ChatMessage
from api.chat.words import FUNCTION_WORDS, QUESTION_WORDS, WORD, topic_words, word_set, words_of
from corpora.text import collapse

TaskKind = Literal["title", "plain_title", "tags", "follow_ups", "queries", "text", "prompt", "emoji", "tools"]

TITLE_CHARACTERS = 60
NO_TITLE = "New chat"
_MOST_TAGS = 3
_MOST_READ, _LONGEST_READ = 20, 2_000
"""Messages, and characters of each, that are read at most."""

# Open WebUI: "### Task:", later "### Output:" with the JSON key that it parses, then the conversation.
_OPEN_WEBUI = re.compile(r"\A\s*### Task:", re.IGNORECASE)
_OUTPUT = re.compile(r"### \**Output\b|JSON format", re.IGNORECASE)
_KEY = re.compile(r'"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_HISTORY, _HISTORY_END = "<chat_history>", "</chat_history>"
_TYPED = re.compile(r"<type>[^<]*</type>\s*<text>")
_TURN = re.compile(r"^(USER|ASSISTANT|SYSTEM|TOOL): ?", re.MULTILINE)
_EMOJI = re.compile(r"\A\s*Your task is to reflect the speaker's likely facial expression through a fitting emoji\b")
_TOOLS = re.compile(r"\A\s*Available Tools: .*\btool_calls\b", re.DOTALL)

# LibreChat: an instruction to write a title, then the conversation.
_LIBRECHAT = re.compile(
    r"\A\s*(?:(?:please )?(?:generate|provide|write) an? (?:extremely )?concise\b[^\n]{0,40}? title for th(?:e|is) "
    r"conversation|detect user language and write in the same language an extremely concise title for this "
    r"conversation|analyze this conversation and provide:\s.*\btitle\b)",
    re.IGNORECASE | re.DOTALL,
)
_LIBRECHAT_TURN = re.compile(r"^(\|\|>User:|\|\|>Response:|\|\|>Title:|User:|AI:|Human:|Assistant:)\s*", re.MULTILINE)
_LIBRECHAT_USER = ("||>User:", "User:", "Human:")

TAGS: dict[str, frozenset[str]] = {
    "Treatment": word_set("treat treated treatment treatments therapy therapies drug drugs vaccine surgery"),
    "Diagnosis": word_set("diagnose diagnosed diagnosis diagnostic screening symptom symptoms sign signs test"),
    "Dosage": word_set("dose doses dosage dosing"),
    "Drug safety": word_set("safe safety adverse contraindication contraindications side-effects toxicity"),
    "Genetics": word_set("gene genes genetic mutation mutations chromosome inherited hereditary"),
    "Epidemiology": word_set("prevalence incidence mortality epidemiology outbreak"),
    "Prevention": word_set("prevent prevented prevention vaccination prophylaxis"),
    "Pregnancy": word_set("pregnancy pregnant breastfeeding lactation"),
    "Paediatrics": word_set("child children infant infants neonate neonates newborn paediatric pediatric"),
}
"""Tag -> the words of a question that stand for it."""


class Task(msgspec.Struct, frozen=True):
    """A background prompt: what it asks for, and the user's messages in the conversation that it carries."""

    kind: TaskKind
    said: tuple[str, ...]


def find_task(messages: Sequence[ChatMessage]) -> Task | None:
    """The background prompt that these messages are; None for a conversation."""
    spoken = [message for message in messages if message.role not in ("system", "developer")]
    for message in messages:
        if message not in spoken and _TOOLS.match(message.text):
            return Task("tools", ())
    if not spoken:  # LibreChat may send its title prompt as a system message
        return _librechat(messages[-1].text) if messages else None
    if len(spoken) > 1 or spoken[0].role != "user":
        return None
    text = spoken[0].text
    return _open_webui(text) or _emoji(text) or _librechat(text)


def answer_task(task: Task) -> str:
    """What the front end is sent: JSON with the one key that it parses, or a plain line."""
    return _ANSWERS[task.kind](tuple(text[:_LONGEST_READ] for text in task.said[:_MOST_READ]))


def _open_webui(text: str) -> Task | None:
    history = text.find(_HISTORY)
    typed = _TYPED.search(text)
    worked_on = [place for place in (history, typed.start() if typed else -1) if place >= 0]
    if not _OPEN_WEBUI.match(text) or not worked_on:
        return None
    instructions = text[: min(worked_on)]
    output = _OUTPUT.search(instructions)
    key = _KEY.search(instructions, output.start()) if output else None
    if key is None:
        return None
    told = text[history + len(_HISTORY) :].rpartition(_HISTORY_END)[0] if history >= 0 else ""
    return Task(cast("TaskKind", key[1]), tuple(_turns(told, _TURN, ("USER",))))


def _emoji(text: str) -> Task | None:
    return Task("emoji", ()) if _EMOJI.match(text) and "```" in text else None


def _librechat(text: str) -> Task | None:
    if not _LIBRECHAT.match(text):
        return None
    said = tuple(turn.strip("\"'“” ") for turn in _turns(text, _LIBRECHAT_TURN, _LIBRECHAT_USER))
    return Task("plain_title", said) if said else None


def _turns(history: str, mark: re.Pattern[str], wanted: tuple[str, ...]) -> list[str]:
    """What certain speakers said; a turn lasts until the next mark."""
    marks = list(mark.finditer(history))
    ends = [*(following.start() for following in marks[1:]), len(history)]
    said = (history[found.end() : end] for found, end in zip(marks, ends, strict=False) if found[1] in wanted)
    return [text for text in map(collapse, said) if text]


def title_of(said: Sequence[str]) -> str:
    """The first message that is about something, without its question words, cut at a word."""
    text = next((text for text in said if topic_words(text)), said[0] if said else "")
    topic = _without_opening(text).rstrip(" ?!.,;:")
    if not any(map(str.isalnum, topic)):
        return NO_TITLE
    if len(topic) > TITLE_CHARACTERS:
        cut = topic[:TITLE_CHARACTERS]
        topic = f"{cut.rpartition(' ')[0] or cut}…"
    return topic[0].upper() + topic[1:]


def _without_opening(text: str) -> str:
    """The text from its first word on that neither opens a question nor joins words; all of it where none does."""
    for match in WORD.finditer(text):
        word = match[0].casefold()
        if word not in FUNCTION_WORDS and word not in QUESTION_WORDS:
            return text[match.start() :]
    return text


def tags_of(said: Sequence[str]) -> list[str]:
    """Up to three tags of the fixed list, then words of the questions' own until there are three."""
    words = [word for text in said for word in words_of(text)]
    known = [tag for tag, meant in TAGS.items() if meant.intersection(words)]
    told = frozenset().union(*TAGS.values())
    own = [word.capitalize() for text in said for word in topic_words(text) if len(word) > 3 and word not in told]
    return list(dict.fromkeys(known + own))[:_MOST_TAGS] or ["General"]


def _json(key: str, value: str | list[str]) -> str:
    return msgspec.json.encode({key: value}).decode()


_ANSWERS: dict[TaskKind, Callable[[tuple[str, ...]], str]] = {
    "title": lambda said: _json("title", title_of(said)),
    "plain_title": title_of,
    "tags": lambda said: _json("tags", tags_of(said)),
    "follow_ups": lambda said: _json("follow_ups", []),
    "queries": lambda said: _json("queries", []),
    "text": lambda said: _json("text", ""),
    "prompt": lambda said: _json("prompt", said[-1] if said else ""),
    "tools": lambda said: _json("tool_calls", []),
    "emoji": lambda said: "💬",
}
