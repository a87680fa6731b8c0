"""What a message was encoded as is kept on it: that saves walking through it again, and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from benchmarks.budget import entered
from core.http.calls import dialect
from dragoman import (
    Adjustment,
    Bytes,
    ChatRequest,
    Data,
    DragomanError,
    Extension,
    FileRef,
    Media,
    Message,
    Reasoning,
    Refusal,
    Role,
    Seal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.http import Dialect
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_google.dialect import Gemini
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.responses import OpenAIResponsesApi
from dragoman_openai_compatible import MessageRules
from dragoman_openrouter.chat import OpenRouterChat
from dragoman_openrouter.responses import OpenRouterResponses
from properties import strategies as made


@attrs.frozen(kw_only=True)
class Speaker:
    """Say who is asked.

    Args:
        dialect: how to speak.
        model: the model.
        options: what its provider is reported.

    """

    dialect: Dialect
    model: str = "m"
    options: dict[str, dict[str, Any]] = attrs.field(factory=dict[str, dict[str, Any]])

    def request(self, messages: Sequence[Message]) -> ChatRequest:
        return ChatRequest(model=self.model, messages=tuple(messages), options=self.options)

    def encode(self, messages: Sequence[Message]) -> tuple[bytes | None, object, tuple[Adjustment, ...]]:
        """Return the body, the headers and the adjustments of a conversation, or how it is refused."""
        try:
            wire = self.dialect.encode(self.request(messages), stream=False)
        except DragomanError as error:
            return None, repr(error), ()
        return wire.body, wire.headers, wire.adjustments


ANTHROPIC, GEMINI, RESPONSES = AnthropicMessages(), Gemini(), OpenAIResponsesApi()
SPEAKERS = {
    "chat": Speaker(dialect=OpenAIChatCompletions(), model="gpt-4o"),
    "chat that calls the system developer": Speaker(
        dialect=dialect(rules=MessageRules(issuer="openai", system_role="developer", tool_media=True))
    ),
    "openrouter": Speaker(dialect=OpenRouterChat()),
    "litellm_proxy": Speaker(dialect=LiteLLMProxyChat()),
    "responses": Speaker(dialect=RESPONSES, model="gpt-5.1"),
    "responses, not stored": Speaker(dialect=RESPONSES, model="gpt-5.1", options={"openai": {"store": False}}),
    "responses of openrouter": Speaker(dialect=OpenRouterResponses()),
    "anthropic": Speaker(dialect=ANTHROPIC, model="claude-opus-4-8"),
    "anthropic before 4": Speaker(dialect=ANTHROPIC, model="claude-3-5-haiku-latest"),
    "anthropic, strict": Speaker(
        dialect=ANTHROPIC, model="claude-sonnet-4-5", options={"anthropic": {"later_system": "reject"}}
    ),
    "gemini 3": Speaker(dialect=GEMINI, model="gemini-3-pro-preview"),
    "gemini 2": Speaker(dialect=GEMINI, model="gemini-2.5-flash"),
    "gemma": Speaker(dialect=GEMINI, model="gemma-3-27b-it"),
}
ISSUERS = st.sampled_from(["openai", "anthropic", "google", "openrouter", "litellm_proxy"])
IDS = st.sampled_from(["a", "b"])
"""Few, so that calls and results meet, also those of other conversations."""
own: dict[str, Any] = {
    "seal": st.none()
    | st.builds(Seal, issuer=ISSUERS, payload=st.sampled_from(["s", {"id": "rs", "encrypted_content": "e"}])),
    "options": st.dictionaries(ISSUERS, st.sampled_from([{}, {"cache_control": {"type": "ephemeral"}}]), max_size=1),
    "metadata": st.sampled_from([{}, {"type": "custom"}, {"openai": {"id": "i1", "type": "message"}}]),
}
texts = st.builds(Text, text=st.sampled_from(["", "x", "y "]), **own)
media = st.builds(
    Media,
    source=st.sampled_from([Bytes(data=b"x"), Url(url="https://a.test/b.png"), FileRef(file_id="files/1")]),
    media_type=st.just("image/png"),
)
data = st.builds(Data, value=st.sampled_from([1, {"a": 1}]))
extensions = st.builds(
    Extension,
    kind=ISSUERS.map("{}.input_x".format),
    value=st.just({"type": "input_x", "id": "x"}),
    metadata=own["metadata"],
)
calls = st.builds(
    ToolCall,
    name=st.sampled_from(["f", "g.h"]),
    call_id=IDS,
    arguments=st.sampled_from(["", "{}", '{"x": 1}', '{"x']),
    server_side=st.booleans(),
    id=st.none() | IDS,
    **{**own, "metadata": st.sampled_from([{}, {"type": "custom"}, {"openai": {"id": "fc_1"}}])},
)
results = st.builds(
    ToolResult,
    call_id=IDS,
    name=st.sampled_from(["", "f"]),
    content=st.lists(texts | data | media | extensions, max_size=2),
    outcome=st.sampled_from(["ok", "error"]),
    **own,
)
thoughts = st.builds(Reasoning, text=st.just("hm"), **own)
refusals = st.builds(Refusal, text=st.sampled_from(["", "no"]))


def said_by(role: Role, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    content = st.lists(st.one_of(*parts), max_size=3)
    return st.builds(Message, role=st.just(role), content=content, name=st.sampled_from([None, None, "Ada"]))


talk = (
    said_by(Role.SYSTEM, texts, data)
    | said_by(Role.USER, texts, data, media, extensions, results)
    | said_by(Role.ASSISTANT, texts, calls, thoughts, refusals, data, extensions, media, results)
    | made.known_messages
)
work = said_by(Role.ASSISTANT, calls) | said_by(Role.TOOL, results) | said_by(Role.ASSISTANT, texts, calls, thoughts)
conversations = st.lists(work, min_size=1, max_size=6) | st.lists(work | talk, min_size=1, max_size=6)
FAMILIES = [[name for name in SPEAKERS if name.startswith(family)] for family in ("", "responses", "anthropic", "gem")]


@st.composite
def occasions(draw: st.DrawFn) -> list[tuple[str, list[int]]]:
    """Return who is asked, one after the other, to go on with which messages of a conversation."""
    names = st.sampled_from(draw(st.sampled_from(FAMILIES)))
    places = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True) | st.just([*range(6)])
    return draw(st.lists(st.tuples(names, places), min_size=3, max_size=12))


def fresh(messages: Iterable[Message]) -> list[Message]:
    return [Message.from_dict(message.to_dict()) for message in messages]


@settings(max_examples=200)
@given(conversation=conversations, asking=occasions())
def test_what_is_kept_changes_nothing(conversation: list[Message], asking: list[tuple[str, list[int]]]) -> None:
    for name, places in asking:
        asked = [conversation[place] for place in places if place < len(conversation)] or conversation
        assert SPEAKERS[name].encode(asked) == SPEAKERS[name].encode(fresh(asked))


def thought(**payload: str) -> Reasoning:
    return Reasoning(text="hm", seal=Seal(issuer="openai", payload={"type": "reasoning", "id": "rs_1", **payload}))


def called(name: str = "f", **more: Any) -> Message:
    return Message("assistant", [ToolCall(name=name, call_id="a", **more)])


PICTURE = Media(source=FileRef(file_id="file_1"), media_type="image/png")
OTHER = Extension(kind="other.x", value={})
MESSAGES = {
    "system": Message("system", "Be brief."),
    "hi": Message("user", "hi", name="Ada"),
    "picture": Message("user", [PICTURE]),
    "kept thought": Message("assistant", [thought(), Text(text="So.")]),
    "sealed thought": Message("assistant", [thought(encrypted_content="e"), Text(text="So.")]),
    "last thought": Message("assistant", [thought(encrypted_content="e")]),
    "call": called(),
    "signed call": called(seal=Seal(issuer="litellm_proxy", payload={"signature": "s"})),
    "other call": called("g", id="a"),
    "custom call": called(arguments="x", metadata={"type": "custom"}),
    "call elsewhere": called(server_side=True),
    "result": Message("tool", [ToolResult(call_id="a", name="", content="ok")]),
    "result with picture": Message("tool", [ToolResult(call_id="a", name="f", content=[PICTURE, OTHER])]),
}
CONVERSATIONS = [
    ("system", "hi"),
    ("hi", "system", "picture"),
    ("picture",),
    ("hi", "kept thought", "hi", "sealed thought", "picture"),
    ("hi", "last thought"),
    ("hi", "call", "result"),
    ("hi", "call", "signed call", "result"),
    ("hi", "other call", "result"),
    ("hi", "custom call", "result"),
    ("hi", "call elsewhere", "result"),
    ("hi", "custom call", "call elsewhere", "result", "result with picture"),
    ("hi", "call", "result with picture", "hi"),
]
OTHERS = ["chat", "responses", "anthropic", "gemini 2"]


@pytest.mark.parametrize("name", SPEAKERS)
def test_nor_does_another_conversation_or_provider_in_between(name: str) -> None:
    """What a message is sent as may depend on the rules of its provider, and on the messages around it."""
    for before, now, other in product(CONVERSATIONS, CONVERSATIONS, OTHERS):
        own = dict(zip(MESSAGES, fresh(MESSAGES.values()), strict=True))
        SPEAKERS[other].encode([own[each] for each in before])
        SPEAKERS[name].encode([own[each] for each in before])
        assert SPEAKERS[name].encode([own[each] for each in now]) == first_encoded(name, now)
        SPEAKERS[other].encode([own[each] for each in now])
        assert SPEAKERS[name].encode([own[each] for each in now]) == first_encoded(name, now)


@cache
def first_encoded(name: str, conversation: tuple[str, ...]) -> object:
    return SPEAKERS[name].encode(fresh([MESSAGES[each] for each in conversation]))


def conversation_of(turns: int) -> list[Message]:
    """Return turns of four messages each: a question, a call of a tool, its result, the answer."""
    messages = [Message("system", "Be brief.")]
    for number in range(turns):
        call = ToolCall(name="f", call_id=f"call_{number}", arguments='{"x": 1}')
        messages += [
            Message("user", f"Question {number}?"),
            Message("assistant", [Text(text="Let me see."), call]),
            Message("tool", [ToolResult(call_id=call.call_id, name="f", content="ok")]),
            Message("assistant", f"Answer {number}."),
        ]
    return messages


def functions(speaker: Speaker, messages: Sequence[Message]) -> int:
    """Return how many functions are entered while a conversation is encoded."""
    request = attrs.evolve(speaker.request(messages), tools=(Tool(name="f", schema={"type": "object"}),))
    with entered() as count:
        speaker.dialect.encode(request, stream=False)
    return count[0]


BUDGETS = {"chat": 4, "responses": 4, "responses, not stored": 4, "anthropic": 16, "gemini 3": 12}
"""How many functions a turn may enter that was sent before; a new one enters more than three times as many."""


@pytest.mark.parametrize("name", BUDGETS)
def test_no_old_turn_is_walked_through_again(name: str) -> None:
    speaker = SPEAKERS[name]
    speaker.encode(conversation_of(1))
    counts: list[tuple[int, int]] = []
    for turns in (50, 200):
        messages = conversation_of(turns)
        counts.append((functions(speaker, messages), functions(speaker, [*messages, Message("user", "And?")])))
    new, again = ((second - first) / 150 for first, second in zip(*counts, strict=True))
    assert again <= BUDGETS[name]
    assert new > 3 * BUDGETS[name]
