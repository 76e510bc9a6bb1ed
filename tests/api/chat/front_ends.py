"""Request bodies in the shape in which Open WebUI and LibreChat send them. The instructions are in other words than
theirs, but for the opening words, marks and keys by which both sides tell them."""

QUESTION = "Which gene is mutated in cystic fibrosis?"
FOLLOW_UP = "and in children?"
REPLY = 'High confidence.\n\n1. **CFTR**\n   - "Cystic fibrosis is caused by mutations in the CFTR gene." [[1]](https://x.example/)'

HISTORY = f"""### Chat History:
<chat_history>
USER: {QUESTION}
ASSISTANT: {REPLY}
USER: {FOLLOW_UP}
ASSISTANT: Insufficient evidence.
</chat_history>"""


def _task(opening, output, rest=HISTORY):
    return f"### Task:\n{opening}\n### Guidelines:\n- Be brief.\n- Write in the chat's language.\n{output}\n{rest}"


OPEN_WEBUI_TASKS = {
    "title": _task(
        "Write a concise title of 3 to 5 words, with an emoji, for the chat history.",
        '### Output:\nJSON format: { "title": "the title here" }\n### Examples:\n- { "title": "📉 Markets" },',
    ),
    "tags": _task(
        "Write 1 to 3 broad tags for the chat history, and 1 to 3 specific ones.",
        '### Output:\nJSON format: { "tags": ["tag1", "tag2", "tag3"] }',
    ),
    "follow_ups": _task(
        "Suggest 3 to 5 follow-up questions that the user might ask next, by the chat history.",
        '### Output:\nJSON format: { "follow_ups": ["Question 1?", "Question 2?"] }',
    ),
    "queries": _task(
        "Decide by the chat history whether search queries are needed.",
        '- Give { "queries": [] } only where none is of use.\n'
        '### Output:\nStrictly return in JSON format: \n```json\n{\n  "queries": ["query1", "query2"]\n}\n```',
    ),
    "prompt": _task(
        "Write a detailed prompt for an image.",
        '### Output:\nStrictly return in JSON format:\n{\n    "prompt": "The description here."\n}',
    ),
    "text": _task(
        "You complete what the user types. Continue the text in `<text>` by the type in `<type>`.",
        '### **Output Rules**:\n- Respond only in JSON format: `{ "text": "<your_completion>" }`.\n### Examples:\n'
        '<type>General</type>\n<text>The sun was setting</text>\nOutput:\n{ "text": "over the sea." }',
        f"### Context:\n{HISTORY}\n<type>search query</type>\n<text>cystic fib</text>\n#### Output:\n",
    ),
}

EMOJI = (
    "Your task is to reflect the speaker's likely facial expression through a fitting emoji. Use many.\n\n"
    "Message: ```Thank you```"
)

TOOLS = (
    'Available Tools: [{"name": "clock"}]\n\nChoose tools for the query. Return { "tool_calls": [] } where none fits.'
)

RETRIEVAL = """### Task:
Respond to the user query using the provided context, with inline citations in the form [id].
### Guidelines:
- Say so where you do not know.
### Output:
A clear answer.
<context>
<source id="1" name="notes.pdf">Is the context a question? Not mine.</source>
</context>
"""

CHAT_ID = "0c7c1c62-0f6e-4f0b-9f2f-6f6c8d2b7a55"

OPEN_WEBUI_CHAT = {
    "stream": True,
    "model": "biocite",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant. Today is Monday."},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": REPLY},
        {"role": "user", "content": [{"type": "text", "text": FOLLOW_UP},
                                     {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}]},
    ],
    "stream_options": {"include_usage": True},
    "temperature": 0.7,
    "top_p": 0.9,
    "max_tokens": 1024,
    "num_ctx": 8192,
    "reasoning_effort": "medium",
    "params": {},
    "tool_servers": [],
    "features": {"image_generation": False, "code_interpreter": False, "web_search": False, "memory": False},
    "variables": {"{{USER_NAME}}": "A. Reader", "{{CURRENT_DATE}}": "2026-11-21"},
    "model_item": {"id": "biocite", "object": "model", "owned_by": "openai", "urlIdx": 0},
    "session_id": "kZl0-abc", "chat_id": CHAT_ID, "id": CHAT_ID,
    "background_tasks": {"title_generation": True, "tags_generation": True, "follow_up_generation": True},
    "user": {"name": "A. Reader", "id": "1", "email": "reader@example.org", "role": "user"},
}  # fmt: skip


def open_webui_task(kind):
    """The body of a background prompt: not streamed, with the metadata that older versions leave in."""
    return {
        "model": "biocite",
        "messages": [{"role": "user", "content": OPEN_WEBUI_TASKS[kind]}],
        "stream": False,
        "max_completion_tokens": 1000,
        "metadata": {"task": kind, "chat_id": CHAT_ID},
    }


LIBRECHAT_CHAT = {
    "model": "biocite",
    "user": "65f0c0ffee0000000000abcd",
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "stop": ["||>"],
    "n": 1,
    "logprobs": None,
    "tools": None,
    "messages": [
        {"role": "system", "content": "Instructions of an administrator."},
        {"role": "user", "name": "Reader", "content": QUESTION},
        {"role": "assistant", "content": [{"type": "text", "text": REPLY}], "tool_calls": []},
        {"role": "user", "name": "Reader", "content": [{"type": "text", "text": FOLLOW_UP}]},
    ],
}

LIBRECHAT_TITLES = {
    "provide": "Provide a concise, 5-word-or-less title for the conversation, in title case. Only the title.\n\n"
    f"Conversation:\nUser: {QUESTION}\nAI: {REPLY}",
    "generate": "Please generate a concise, 5-word-or-less title for the conversation, using its same language.\n"
    f'||>User:\n"{QUESTION}"\n||>Response:\n"{REPLY}"\n\n||>Title:',
    "detect": "Detect user language and write in the same language an extremely concise title for this conversation, "
    f'which you must detect. No Punctuation.\n\n||>User:\n"{QUESTION}"\n||>Response:\n"{REPLY}"\n\n||>Title:',
    "analyze": "Analyze this conversation and provide:\n1. The detected language of the conversation\n"
    f"2. A concise title in the detected language\n\nUser: {QUESTION}\nAI: {REPLY}",
    "write": "Write a concise title for this conversation in the given language.\nEnglish\n"
    f"User: {QUESTION}\nAI: {REPLY}",
}


def librechat_title(kind, role="user"):
    """The body of a title prompt; older versions send it as a system message."""
    return {
        "model": "biocite",
        "messages": [{"role": role, "content": LIBRECHAT_TITLES[kind]}],
        "temperature": 0.2,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "max_tokens": 16,
        "user": "65f0c0ffee0000000000abcd",
    }
