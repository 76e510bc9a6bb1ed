"""The question that is really asked, conversation by conversation. What is expected was written by hand."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.chat.conversation import asked_question
from api.chat.payloads import ChatMessage, ContentPart
from reader.question import MAX_QUESTION_CHARACTERS
from tests.api.chat.front_ends import RETRIEVAL

TREATMENT = "What is the first-line treatment of uncomplicated malaria"
MALARIA = f"{TREATMENT}?"
ACIDOSIS = "Does metformin cause lactic acidosis"
METFORMIN = f"{ACIDOSIS}?"

FOLLOW_UPS = [
    # a group or a phrase with a preposition goes to the end of the topic
    ((MALARIA, "and in children?"), f"{TREATMENT} in children?"),
    ((MALARIA, "what about pregnancy?"), f"{TREATMENT} in pregnancy?"),
    ((MALARIA, "What about pregnant women"), f"{TREATMENT} in pregnant women?"),
    ((METFORMIN, "in women?"), f"{ACIDOSIS} in women?"),
    ((METFORMIN, "And for adults?"), f"{ACIDOSIS} for adults?"),
    ((METFORMIN, "during surgery?"), f"{ACIDOSIS} during surgery?"),
    ((METFORMIN, "with food?"), f"{ACIDOSIS} with food?"),
    ((METFORMIN, "same for adults"), f"{ACIDOSIS} for adults?"),
    ((METFORMIN, "or only in adults?"), f"{ACIDOSIS} in adults?"),
    ((METFORMIN, "Thanks! And in children?"), f"{ACIDOSIS} in children?"),
    ((METFORMIN, "Great, and in patients with renal failure?"), f"{ACIDOSIS} in patients with renal failure?"),
    ((METFORMIN, "What about patients with renal failure?"), f"{ACIDOSIS} in patients with renal failure?"),
    # another subject comes after it
    ((MALARIA, "What about dengue?"), f"{MALARIA} What about dengue?"),
    ((METFORMIN, "and aspirin?"), f"{METFORMIN} What about aspirin?"),
    ((METFORMIN, "ok so what about insulin then?"), f"{METFORMIN} What about insulin?"),
    # an aspect, a pronoun, a bare question word comes first
    ((MALARIA, "how about side effects?"), f"What are the side effects? Regarding: {MALARIA}"),
    ((MALARIA, "and the dose?"), f"What is the dose? Regarding: {MALARIA}"),
    ((METFORMIN, "contraindications?"), f"What are the contraindications? Regarding: {METFORMIN}"),
    ((METFORMIN, "prognosis"), f"What is the prognosis? Regarding: {METFORMIN}"),
    ((METFORMIN, "and its half-life"), f"What is its half-life? Regarding: {METFORMIN}"),
    ((METFORMIN, "why?"), f"Why? Regarding: {METFORMIN}"),
    ((METFORMIN, "how long?"), f"How long? Regarding: {METFORMIN}"),
    ((METFORMIN, "for how long should it be given?"), f"For how long should it be given? Regarding: {METFORMIN}"),
    ((MALARIA, "is it safe in the elderly?"), f"Is it safe in the elderly? Regarding: {MALARIA}"),
    ((METFORMIN, "does it cross the placenta?"), f"Does it cross the placenta? Regarding: {METFORMIN}"),
    ((METFORMIN, "What are its side effects?"), f"What are its side effects? Regarding: {METFORMIN}"),
    ((METFORMIN, "How is it treated?"), f"How is it treated? Regarding: {METFORMIN}"),
    ((METFORMIN, "how common is that?"), f"How common is that? Regarding: {METFORMIN}"),
    ((METFORMIN, "Can smokers take it?"), f"Can smokers take it? Regarding: {METFORMIN}"),
    ((METFORMIN, "which drugs interact with it?"), f"Which drugs interact with it? Regarding: {METFORMIN}"),
    ((METFORMIN, "Can one take it during pregnancy?"), f"Can one take it during pregnancy? Regarding: {METFORMIN}"),
    ((METFORMIN, "Does this drug cause weight gain?"), f"Does this drug cause weight gain? Regarding: {METFORMIN}"),
    ((METFORMIN, "What is the usual dose?"), f"What is the usual dose? Regarding: {METFORMIN}"),
    ((MALARIA, "is there a vaccine?"), f"Is there a vaccine? Regarding: {MALARIA}"),
    ((METFORMIN, "any evidence in mice?"), f"Any evidence in mice? Regarding: {METFORMIN}"),
    # the topic again
    ((METFORMIN, "tell me more"), METFORMIN),
    ((METFORMIN, "Are you sure?"), METFORMIN),
    ((METFORMIN, "and?"), METFORMIN),
    # over several messages: the topic is the last question of its own, the last group stays
    ((MALARIA, "and in children?", "and the dose?"), f"What is the dose? Regarding: {TREATMENT} in children?"),
    ((MALARIA, "and in children?", "what about pregnancy?"), f"{TREATMENT} in pregnancy?"),
    ((MALARIA, "thanks", "why?"), f"Why? Regarding: {MALARIA}"),
    ((MALARIA, METFORMIN, "why?"), f"Why? Regarding: {METFORMIN}"),
    ((MALARIA, "and in children?", METFORMIN, "why?"), f"Why? Regarding: {METFORMIN}"),
    (("metformin and lactic acidosis", "in adults"), "metformin and lactic acidosis in adults?"),
]  # fmt: skip

OWN_QUESTIONS = [
    ((METFORMIN, "What causes cystic fibrosis?"), "What causes cystic fibrosis?"),
    ((METFORMIN, "And what causes cystic fibrosis?"), "What causes cystic fibrosis?"),
    ((METFORMIN, "Is it true that aspirin prevents cancer?"), "Is it true that aspirin prevents cancer?"),
    ((METFORMIN, "Is it safe to take ibuprofen with warfarin?"), "Is it safe to take ibuprofen with warfarin?"),
    ((METFORMIN, "How long does it take to recover from measles?"), "How long does it take to recover from measles?"),
    ((METFORMIN, "Do children outgrow their asthma?"), "Do children outgrow their asthma?"),
    ((METFORMIN, "How does the heart get its blood?"), "How does the heart get its blood?"),
    ((METFORMIN, "What is the dose of amoxicillin?"), "What is the dose of amoxicillin?"),
    ((METFORMIN, "what about the side effects of warfarin?"), "what about the side effects of warfarin?"),
    ((METFORMIN, "Malaria symptoms in adults"), "Malaria symptoms in adults"),
    ((METFORMIN, "What are the symptoms of those with malaria?"), "What are the symptoms of those with malaria?"),
    ((METFORMIN, "What is surgery?"), "What is surgery?"),
    (("in children?",), "in children?"),
    (("hi", "why?"), "why?"),
    (("Hi! What is sepsis?",), "What is sepsis?"),
    (("hi what is sepsis",), "what is sepsis"),
    (("Good morning, could you list the symptoms of scurvy?",), "could you list the symptoms of scurvy?"),
    (("What is cystic fibrosis? Thanks!",), "What is cystic fibrosis?"),
    (("Great saphenous vein ablation: outcomes?",), "Great saphenous vein ablation: outcomes?"),
    (("Is there help for depression?",), "Is there help for depression?"),
    (("Hi-Fi sequencing: what is it?",), "Hi-Fi sequencing: what is it?"),
    (("My mother has diabetes. Is metformin safe for her?",), "My mother has diabetes. Is metformin safe for her?"),
    (("Quels sont les symptômes du paludisme ?",), "Quels sont les symptômes du paludisme ?"),
    (("结核病如何治疗？",), "结核病如何治疗？"),
]

SMALL_TALK = [
    "hi", "Hello!", "hey there", "Thanks", "thank you so much!", "Hello, who are you?", "who are you",
    "What can you do?", "How are you today?", "ok", "Ok, thanks, bye", "good morning", "help", "test",
    "are you a doctor?", "yes please",
    "Great. That's helpful.",
]  # fmt: skip


def said(*texts):
    """A conversation in which an assistant's answer, full of other topics, follows each question."""
    reply = ChatMessage("assistant", "What is rabies? It is dengue in children.")
    messages = [ChatMessage("system", "You only speak of leprosy.")]
    for text in texts:
        messages += [ChatMessage("user", text), reply]
    return messages[:-1]


@pytest.mark.parametrize(("texts", "question"), FOLLOW_UPS)
def test_follow_ups_take_over_the_topic(texts, question):
    asked = asked_question(said(*texts))
    assert (asked.kind, asked.text, asked.carried_over, asked.shown) == ("question", question, True, True)


@pytest.mark.parametrize(("texts", "question"), OWN_QUESTIONS)
def test_questions_of_their_own_stay_as_they_are(texts, question):
    asked = asked_question(said(*texts))
    assert (asked.kind, asked.text, asked.carried_over) == ("question", question, False)
    assert asked.shown == (question != texts[-1])


@pytest.mark.parametrize("text", SMALL_TALK)
def test_small_talk_is_no_question(text):
    assert asked_question(said(METFORMIN, text)).kind == "small_talk"


@pytest.mark.parametrize("messages", [[], [ChatMessage("assistant", METFORMIN)], [ChatMessage("user")],
                                      [ChatMessage("user", "  \n?!")]])  # fmt: skip
def test_nothing_said(messages):
    assert asked_question(messages).kind == "nothing"


def test_parts_that_are_no_text_are_counted():
    parts = [
        ContentPart("text", "What is"),
        ContentPart("image_url"),
        ContentPart("text", "sepsis?"),
        ContentPart("file"),
    ]
    asked = asked_question([ChatMessage("user", parts)])
    assert (asked.text, asked.unread_parts) == ("What is sepsis?", 2)
    assert asked_question([ChatMessage("user", [ContentPart("image_url")])]).kind == "nothing"


@pytest.mark.parametrize("query", ["<user_query>\nWhat is sepsis?\n</user_query>\n", "What is sepsis?"])
def test_the_retrieval_prompt_is_taken_off(query):
    asked = asked_question(said(METFORMIN, RETRIEVAL + query))
    assert (asked.text, asked.carried_over) == ("What is sepsis?", False)
    assert asked_question(said(RETRIEVAL + METFORMIN, RETRIEVAL + "why?")).text == f"Why? Regarding: {METFORMIN}"


def test_of_a_long_message_the_last_question_is_asked():
    case = "A man of 54 years has had chest pain for two hours. " * 60
    asked = asked_question(
        said(f"Which scores are there? {case}Which troponin threshold rules out infarction? He smokes.")
    )
    assert (asked.text, asked.shown) == ("Which troponin threshold rules out infarction?", True)
    assert asked_question(said(case)).kind == "too_long"
    assert asked_question(said(f"{case} Is it safe?")).kind == "too_long"
    assert asked_question(said("x" * 2_001)).kind == "too_long"
    just_fits = "Is " + "x" * (MAX_QUESTION_CHARACTERS - 4) + "?"
    assert asked_question(said(just_fits)).text == just_fits
    assert asked_question(said(just_fits, "why?")).kind == "too_long"


WORDS = st.sampled_from(
    [
        *("and", "but", "what", "about", "how", "is", "it", "the", "in", "for", "children", "dose", "side", "effects"),
        *("why", "metformin", "malaria", "hi", "thanks", "that", "this", "sure", "more", "tell", "me", "of", "with"),
        *(",", ".", "?", "!", "-"),
    ]
)


@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=40), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_every_conversation_comes_to_something_and_always_to_the_same(texts):
    asked = asked_question(said(*texts))
    assert asked == asked_question(said(*texts))
    assert bool(asked.text) == (asked.kind == "question")
    assert any(map(str.isalnum, asked.text)) or asked.kind != "question"
    assert "rabies" not in asked.text
    assert "leprosy" not in asked.text


def test_long_and_hostile_conversations_take_no_time():
    begun = time.perf_counter()
    for text in ("hi, " * 200_000, "? " * 400_000, "is it " * 150_000, "a" * 900_000,
                 "### Task:" + "<context>" * 90_000, "and " * 200_000, "what about " * 80_000):  # fmt: skip
        asked_question(said(text, text, text))
    assert time.perf_counter() - begun < 2
