"""The question that is really asked, out of a conversation. Rules only, and only the user's own words.

1.  The last message of the user is the question. What assistants and system prompts said is never read: a question must
    not depend on an earlier answer, which may have been wrong.
2.  Open WebUI's retrieval prompt ("### Task:" with ``<context>``) is taken off; what it quotes is no evidence here.
3.  Greetings, thanks and questions about the service are small talk where nothing else is said, and are taken off where
    a question comes with them.
4.  Of a message longer than a question may be, the last sentence that ends in a question mark and is about something is
    asked; without one, nothing is.
5.  A message is a *follow-up* where an earlier message of the user was a question of its own and this one
    a.  has no topic of its own: every word is a function word, one that any question may have ("safe", "treatment"), a
        group of people or an aspect ("dose", "side effects"); or
    b.  begins with "what about", "how about", "and", "or", "but", "also" and has no verb; or
    c.  says "it", "they", "this", "that" ... of something that it has not named before. "It" in "is it true that" and
        "is it safe to" names nothing and does not count.
6.  Its topic is the last question of its own before it. Where a follow-up in between narrowed that to a group of people
    and this one names none, the group stays.
7.  What is asked then:
    a.  a group or a phrase with a preposition goes to the end of the topic: "What treats malaria in children?";
    b.  another subject comes after it: "What treats malaria? What about dengue?";
    c.  any other follow-up comes first, since its first words tell what kind of answer is wanted: "What is the dose?
        Regarding: What treats malaria?";
    d.  "tell me more", "are you sure?" and the like ask the topic again.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Literal

import msgspec

from api.chat.payloads import ChatMessage
from api.chat.words import (
    ASPECT_WORDS,
    FUNCTION_WORDS,
    PEOPLE_HEADS,
    PEOPLE_WORDS,
    PREPOSITIONS,
    QUESTION_WORDS,
    topic_words,
    word_set,
    words_of,
)
from corpora.text import collapse
from reader.question import MAX_QUESTION_CHARACTERS

AskedKind = Literal["question", "small_talk", "nothing", "too_long"]


_GREETING = (
    r"hi|hiya|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day|night)|thanks|thank you|thx|cheers"
    r"|ok|okay|great|perfect|nice|cool|good|super|got it|i see|yes|no|yeah|yep|nope|sure|please|sorry|alright|all right"
)
_OPENING = re.compile(
    rf"\A(?:{_GREETING})(?: there| all| everyone| so much| very much| a lot| biocite)?", re.IGNORECASE
)
_SMALL_TALK = re.compile(
    rf"(?:(?:{_GREETING})(?: (?:there|please|all|everyone|team|doc|doctor|biocite|bot|again|so much|very much|a lot"
    r"|for (?:that|this|your help|the help|the answer)|that(?: i|')s (?:helpful|all|great)))*"
    r"|(?:bye|goodbye|good bye|see you|see you later|welcome|you'?re welcome|test|testing|ping|help|help me|start)"
    r"|(?:who|what) (?:are|r) (?:you|u)|what'?s your name|what is your name|what is this|what is biocite"
    r"|who (?:made|built|created|trained) you|how are (?:you|things)(?: doing)?(?: today)?|how'?s it going|what'?s up"
    r"|how do you work|how does this work|what can you do(?: for me)?|what do you do|how can you help(?: me)?"
    r"|can you help(?: me)?|what can i ask(?: you)?|are you (?:there|human|real|sentient|chatgpt|(?:a|an) .{1,20})"
    r"|that(?: i|')?s (?:great|helpful|all|good)|(?:very |really )?(?:helpful|interesting)|tell me a joke)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")

_TRAILING = re.compile(r"\s+(?:then|please|too|though|as well)(?=\W*\Z)", re.IGNORECASE)
_ABOUT = re.compile(
    r"\A(?:what|how) about\b|\Awhat of\b|\A(?:and )?(?:the )?same (?:question )?(?=for\b|in\b)", re.IGNORECASE
)
_LINKED = re.compile(r"\A(?:(?:and|but|or|also|so|then|plus|only|just|maybe)\b[\s,]*){1,3}", re.IGNORECASE)
_ARTICLES = word_set("a an the any some its their his her this these those other")
_AGAIN = re.compile(
    r"(?:please )?(?:(?:can|could) you )?(?:tell me more|more|more details?|more information|go on|continue|again"
    r"|repeat|repeat that|try again|explain|explain more|explain please|elaborate|are you sure|really"
    r"|is that (?:true|right|so)"
    r"|(?:what are |give me |show me )?(?:the |your |any )?(?:sources|references|evidence)|says who|example|examples)"
    r"(?: please)?"
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|would|will|can|could|does|may|might) it (?:be )?(?:\w+ly )?(?:\w+ )??"
    r"(?=to\b|that\b|for \w+ to\b|if\b)"
    r"|\b(?:does|did|will|would|can) it (?:take|cost|help|matter|hurt|make sense)\b(?= .*\b(?:to|if|when)\b)"
    r"|\bit (?:is|was) (?:\w+ )??(?=that\b|to\b)",
    re.IGNORECASE,
)
_POINTING = word_set("it its they them their theirs this these he him his she her hers itself themselves")
_THAT = re.compile(
    r"\A(?:is|was|does|did|can|could|would|will|has) that\b|\b(?:of|for|with|about|to|by|from|like) that\W*\Z"
    r"|\bthat\W*\Z",
    re.IGNORECASE,
)
_THOSE = re.compile(r"\bthose\b(?! (?:who|whose|with|without|that|on|in|of|over|under|aged)\b)", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(?:and|but|or|if|when|because|while|that|which|who)\b|[,;:]")
_DEFINITION = re.compile(r"\Awhat (?:is|are) (?:an? )?([\w-]+)\W*\Z", re.IGNORECASE)
_DEPENDENT = word_set("antibiotic antibiotics vaccine vaccines surgery operation antidote")
"""Means that a question asks for rather than what it is about, where it names nothing else."""
_OPENERS = word_set("and but so i i'm my or")
_SHORT = 8
_EARLIER = 20
_LONGEST_READ = 10_000
"""Characters at the end of a message, and messages before the last one, that are read at most: what is read here is
read while other requests wait."""
_LONGEST_SMALL_TALK = 200
_MOST_GREETINGS = 3


class AskedQuestion(msgspec.Struct, frozen=True):
    """What a conversation comes to. `text` is the question to ask, "" unless `kind` is "question".

    `carried_over` says that it has words of earlier messages; `shown` that it is not just what was typed last, so that
    the user has to be shown it. `unread_parts` counts parts of the last message that are no text.
    """

    kind: AskedKind
    text: str = ""
    carried_over: bool = False
    shown: bool = False
    unread_parts: int = 0


class _Topic(msgspec.Struct, frozen=True):
    """The last question of its own, and the group of people that it was narrowed to since."""

    question: str = ""
    group: str = ""


def asked_question(messages: Sequence[ChatMessage]) -> AskedQuestion:
    """The question of a conversation, by the rules above. The same messages always give the same question."""
    said = [message for message in messages if message.role == "user"]
    if not said:
        return AskedQuestion("nothing")
    unread = said[-1].unread_parts
    typed = _own_words(said[-1].text)[-_LONGEST_READ:]
    question = _question_of(typed)
    if not any(map(str.isalnum, typed)):
        return AskedQuestion("nothing", unread_parts=unread)
    if not question:
        return AskedQuestion("small_talk", unread_parts=unread)
    if len(question) > MAX_QUESTION_CHARACTERS:
        question = _last_question(typed)
    topic = _topic_of(message.text for message in said[-1 - _EARLIER : -1])
    carried = bool(question and topic.question) and _is_follow_up(question)
    question = _joined(topic, question) if carried else _without_link(question)
    if not question or len(question) > MAX_QUESTION_CHARACTERS:
        return AskedQuestion("too_long", unread_parts=unread)
    return AskedQuestion("question", question, carried, question != collapse(typed), unread)


def _own_words(text: str) -> str:
    """What the user typed, without the retrieval prompt that Open WebUI puts around it."""
    stripped = text.strip()
    before, found, rest = stripped.rpartition("</context>")
    if not found or "<context>" not in before or not stripped.startswith("### Task:"):
        return stripped
    _, found, query = rest.partition("<user_query>")
    return (query.rpartition("</user_query>")[0] if found else rest).strip()


def _question_of(typed: str) -> str:
    """The message without greetings and small talk; "" where that is all of it."""
    sentences = [sentence for sentence in _SENTENCE_END.split(typed) if any(map(str.isalnum, sentence))]
    kept = [collapse(sentence) for sentence in sentences if not _is_small_talk(sentence)]
    return _without_greeting(" ".join(kept)) if kept else ""


def _is_small_talk(sentence: str) -> bool:
    """Whether every part between commas is small talk."""
    if len(sentence) > _LONGEST_SMALL_TALK:
        return False
    parts = [" ".join(words_of(part)) for part in re.split(r"[,;:!.?–]+|\s-\s", sentence)]
    return all(_SMALL_TALK.fullmatch(part) for part in parts if part)


def _without_greeting(sentence: str) -> str:
    """The sentence without greetings that a comma or a question word follows: "Great, why?", "hi what is sepsis"."""
    for _ in range(_MOST_GREETINGS):
        found = _OPENING.match(sentence)
        rest = sentence[found.end() :] if found else ""
        following = words_of(rest[:_LONGEST_SMALL_TALK])[:1]
        opens = bool(following) and (following[0] in QUESTION_WORDS or following[0] in _OPENERS)
        if rest.lstrip()[:1] in tuple(",.;:!–") or (rest[:1].isspace() and opens):
            sentence = rest.lstrip(" ,.;:!–")
    return sentence


def _last_question(typed: str) -> str:
    """The last sentence with a question mark that is about something; "" where there is none that can be asked."""
    for written in reversed(_SENTENCE_END.split(typed)):
        sentence = collapse(written)
        fits = sentence.endswith("?") and len(sentence) <= MAX_QUESTION_CHARACTERS
        if fits and topic_words(sentence) and not _points_back(sentence):
            return sentence
    return ""


def _topic_of(earlier: Iterable[str]) -> _Topic:
    topic = _Topic()
    for text in earlier:
        typed = _own_words(text)[-_LONGEST_READ:]
        question = _question_of(typed)
        if len(question) > MAX_QUESTION_CHARACTERS:
            question = _last_question(typed)
        if not question:
            continue
        if not topic.question or not _is_follow_up(question):
            topic = _Topic(question)
        elif group := _group(_bare(question)):
            topic = _Topic(topic.question, group)
    return topic


def _is_follow_up(question: str) -> bool:
    if _AGAIN.fullmatch(" ".join(words_of(question))):
        return True
    if not topic_words(question) or _DEPENDENT.issuperset(topic_words(question)):
        defined = _DEFINITION.match(question)
        return defined is None or defined[1].casefold() in ASPECT_WORDS
    rest = _bare(question)
    if rest != question and not _has_verb(rest) and not _names_its_subject(rest):
        return True
    return _points_back(rest)


def _without_link(question: str) -> str:
    """A question of its own without "and" or "but" before it."""
    rest = _LINKED.sub("", question)
    return _capital(rest) if rest != question and _has_verb(rest) else question


def _bare(question: str) -> str:
    """The question without "and", "what about" and the like before it."""
    rest = _LINKED.sub("", question)
    rest = _ABOUT.sub("", rest).strip() if _ABOUT.match(rest) else rest
    return _TRAILING.sub("", _LINKED.sub("", rest))


def _has_verb(text: str) -> bool:
    """Whether the text is a question or a request of its own: its first word is one with which such begin."""
    words = words_of(text)
    if words and words[0] in PREPOSITIONS:
        return any(word in QUESTION_WORDS for word in words[1:4])
    return bool(words) and words[0] in QUESTION_WORDS


def _names_its_subject(text: str) -> bool:
    """Whether it is an aspect of a subject that it names itself: "the side effects of metformin"."""
    head, of, subject = text.partition(" of ")
    return bool(of) and bool(ASPECT_WORDS.intersection(words_of(head))) and bool(topic_words(subject))


def _points_back(question: str) -> bool:
    """Whether it speaks of something that it has not named before: a pronoun with no topic word in front of it.

    An object pronoun after one topic word points back as well in a short question without a second clause ("can smokers
    take it", but not "do children outgrow their asthma").
    """
    if _THAT.search(question) or _THOSE.search(question):
        return True
    text = _EMPTY_IT.sub(" ", question)
    words = words_of(text)
    for place, word in enumerate(words):
        if word in _POINTING:
            before = " ".join(words[:place])
            if not topic_words(before):
                return True
            is_object = word in ("it", "them", "this", "these")
            return is_object and len(words) <= _SHORT and len(topic_words(before)) < 2 and not _CLAUSE.search(before)
    return False


def _joined(topic: _Topic, question: str) -> str:
    """What is asked for a follow-up (rule 7)."""
    rest = _bare(question).rstrip(" ?!.")
    plain = " ".join(words_of(rest))
    if not plain or _AGAIN.fullmatch(plain):
        return _narrowed(topic.question, topic.group)
    if group := _group(rest):
        return _narrowed(topic.question, group)
    base = _narrowed(topic.question, topic.group)
    first = words_of(rest)
    if first[0] in QUESTION_WORDS or _is_sentence(rest):
        return f"{_capital(rest)}? Regarding: {base}"
    if topic_words(rest) and first[0] not in _POINTING:
        return f"{base} What about {rest}?"
    return f"{_about_aspect(rest)}? Regarding: {base}"


def _group(rest: str) -> str:
    """The phrase that narrows a question, with its preposition; "" where the text is no such phrase.

    One with a preposition in front, or the name of a group of people: its first word but articles and words like "very"
    and "older" is one, or a word for people that "with" or "who" follows.
    """
    text = rest.strip(" ?!.,")
    words = words_of(text)
    if not words or any(word in QUESTION_WORDS for word in words[:1]):
        return ""
    if words[0] in PREPOSITIONS:
        return "" if _has_verb(text) or words[-1] in _POINTING else text[0].lower() + text[1:]
    named = [word for word in words if word not in _ARTICLES]
    head = list(takewhile(lambda word: word not in PREPOSITIONS, named))[:3]
    is_group = bool(head) and (head[0] in PEOPLE_HEADS or bool(PEOPLE_WORDS.intersection(head)))
    if not is_group or ASPECT_WORDS.intersection(named) or len(named) > _SHORT:
        return ""
    return f"in {text[0].lower() if not text[:2].isupper() else text[0]}{text[1:]}"


def _narrowed(question: str, group: str) -> str:
    """The question with the group before its question mark."""
    body = question.rstrip()
    if not group:
        return body if body.endswith(("?", ".", "!")) else f"{body}?"
    return f"{body.rstrip(' ?!.')} {group}?"


def _is_sentence(text: str) -> bool:
    """Whether it speaks of an earlier thing in a sentence ("it causes cough?"), not in a noun phrase ("its dose")."""
    words = words_of(text)
    return bool(words) and words[0] in ("it", "they", "he", "she", "i", "you", "we") and len(words) > 1


def _about_aspect(rest: str) -> str:
    """ "the side effects" as a question. A phrase with no such word is asked as it stands."""
    words = words_of(rest)
    if not ASPECT_WORDS.intersection(words) and words[0] not in _POINTING:
        return _capital(rest)
    last = words[-1]
    verb = "are" if last.endswith("s") and not last.endswith(("sis", "ss", "us")) else "is"
    named = rest if words[0] in _ARTICLES or words[0] in FUNCTION_WORDS else f"the {rest[0].lower()}{rest[1:]}"
    return f"What {verb} {named[0].lower()}{named[1:]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
