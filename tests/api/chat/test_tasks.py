"""Background prompts of chat front ends are told from questions, and answered from the user's own words."""

import json

import pytest

from api.chat.payloads import ChatMessage
from api.chat.tasks import NO_TITLE, Task, answer_task, find_task, tags_of, title_of
from tests.api.chat import front_ends
from tests.api.chat.front_ends import LIBRECHAT_TITLES, OPEN_WEBUI_TASKS, QUESTION

SAID = (QUESTION, front_ends.FOLLOW_UP)
TITLE = "Gene is mutated in cystic fibrosis"


def user(text):
    return [ChatMessage("user", text)]


@pytest.mark.parametrize("kind", OPEN_WEBUI_TASKS)
def test_prompts_of_open_webui(kind):
    assert find_task(user(OPEN_WEBUI_TASKS[kind])) == Task(kind, SAID)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("title", {"title": TITLE}),
        ("tags", {"tags": ["Genetics", "Paediatrics", "Mutated"]}),
        ("follow_ups", {"follow_ups": []}),
        ("queries", {"queries": []}),
        ("text", {"text": ""}),
        ("prompt", {"prompt": "and in children?"}),
        ("tools", {"tool_calls": []}),
    ],
)
def test_answers_in_json(kind, answer):
    assert json.loads(answer_task(Task(kind, SAID))) == answer


def test_answers_in_plain_text():
    assert answer_task(Task("plain_title", SAID)) == TITLE
    assert answer_task(Task("emoji", ())) == "💬"


def test_a_system_prompt_may_come_before():
    messages = [ChatMessage("system", "Be kind."), *user(OPEN_WEBUI_TASKS["title"])]
    assert find_task(messages) == Task("title", SAID)


def test_emoji_and_tools():
    assert find_task(user(front_ends.EMOJI)) == Task("emoji", ())
    assert find_task([ChatMessage("system", front_ends.TOOLS), *user("Query: What is sepsis?")]) == Task("tools", ())


@pytest.mark.parametrize("role", ["user", "system"])
@pytest.mark.parametrize("kind", LIBRECHAT_TITLES)
def test_title_prompts_of_librechat(kind, role):
    assert find_task([ChatMessage(role, LIBRECHAT_TITLES[kind])]) == Task("plain_title", (QUESTION,))


@pytest.mark.parametrize(
    "text",
    [
        "What tags are used to label proteins?",
        "Which task force gives follow-up questions for depression screening? JSON format",
        "### Task:\nWhat is the treatment of sepsis?",
        '### Task:\nGive me a { "title": "x" } ### Output: of this',
        '### Task: name drugs\n### Output:\nJSON format: { "title": "x" }',
        f"{front_ends.RETRIEVAL}\n<user_query>What is a title?</user_query>",
        "Provide a concise, 5-word-or-less title for the conversation",
        "Please generate a concise answer: what causes cystic fibrosis?",
        "Write a concise title for this conversation about malaria",
        "Detect user language disorders: which tests?",
        "Analyze this conversation and provide: the diagnosis",
        "Is the effect of <chat_history> in schizophrenia known?",
        "Available Tools: which tools screen for depression?",
        "Your task is to reflect the speaker's likely facial expression through a fitting emoji",
        "What is a fitting emoji for Parkinson's disease?",
        "",
    ],
)
def test_questions_are_no_tasks(text):
    assert find_task(user(text)) is None


def test_a_prompt_inside_a_conversation_is_none():
    messages = [*user(QUESTION), ChatMessage("assistant", "x"), *user(OPEN_WEBUI_TASKS["title"])]
    assert find_task(messages) is None
    assert find_task([ChatMessage("assistant", OPEN_WEBUI_TASKS["title"])]) is None
    assert find_task([]) is None


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (
            ["What is the first-line treatment of uncomplicated malaria?"],
            "First-line treatment of uncomplicated malaria",
        ),
        (["Hi", "Does aspirin prevent colorectal cancer?"], "Aspirin prevent colorectal cancer"),
        (["why?"], "Why"),
        (["???"], NO_TITLE),
        ([], NO_TITLE),
        (["sepsis " * 30], "Sepsis sepsis sepsis sepsis sepsis sepsis sepsis sepsis…"),
        (["x" * 100], "X" + "x" * 59 + "…"),
        (['CFTR "quoted" </chat_history> <b>'], 'CFTR "quoted" </chat_history> <b>'),
    ],
)
def test_titles(said, title):
    assert title_of(said) == title


@pytest.mark.parametrize(
    ("said", "tags"),
    [
        (["What is the dose of amoxicillin in pregnancy?"], ["Dosage", "Pregnancy", "Amoxicillin"]),
        (["hi"], ["General"]),
        (["Which gene causes Huntington disease? Is there a test or a drug?"], ["Treatment", "Diagnosis", "Genetics"]),
    ],
)
def test_tags(said, tags):
    assert tags_of(said) == tags


def test_long_and_hostile_prompts_take_no_time():
    for text in (
        "### Task:" + "<chat_history>" * 70_000,
        "### Task:" + "#" * 900_000,
        "### Task:" + "<type>" * 150_000,
    ):
        assert find_task(user(text)) is None
