"""What a model refuses is asked in another way, once, and remembered."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from core.scripted import FakeClock, Scripted, say
from dragoman import (
    NO,
    BadRequestError,
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    ContentFilterError,
    ContextWindowExceededError,
    Finish,
    FinishReason,
    Message,
    Origin,
    OutputFormat,
    Response,
    Settings,
    Tool,
    ToolCall,
    ToolChoice,
    UnsupportedError,
    build_response,
)
from dragoman.client.binding import ManagedProvider
from dragoman.client.retry import RetryPolicy

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
REFUSAL = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."


def ask(**output: Any) -> ChatRequest:
    shape = OutputFormat("json_schema", schema=SCHEMA, name="w", **output)
    return ChatRequest(model="m", messages=(Message("system", "s"), Message("user", "q")), output=shape)


def guarded(provider: Scripted, policy: Any = None) -> ManagedProvider:
    origin = Origin(provider="acme", distribution="acme-one", version="1", model="m")
    return ManagedProvider(provider, origin, RetryPolicy(retries=0), policy)


def call(name: str = "give_answer", arguments: str = '{"a": "x"}') -> Response:
    made = ToolCall(name=name, call_id="c", arguments=arguments)
    return build_response([made], Finish(reason=FinishReason.TOOL_CALLS))


async def test_a_tool_gives_the_answer_where_the_model_refuses_a_schema(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL, parameter="response_format"), call(), call())
    guard = guarded(provider)
    for _ in range(2):
        response = await guard.chat(ask(), CallContext(clock=clock))
        (note,) = response.adjustments
        assert (note.kind, note.feature, note.sent, note.reason) == ("emulated", "output schema", "a tool", REFUSAL)
        assert (response.text, response.finish.reason, response.tool_calls) == ('{"a": "x"}', FinishReason.STOP, ())
    first, second, third = provider.asked
    assert first.output.kind == "json_schema"
    assert second == third
    assert (second.output.kind, second.tool_choice.name) == ("text", "give_answer")
    assert [tool.schema for tool in second.tools] == [SCHEMA]


async def test_a_schema_is_said_in_words_where_tools_are_refused_too(clock: FakeClock) -> None:
    provider = Scripted(
        BadRequestError(REFUSAL), BadRequestError("this model does not support tools"), say("{}"), say("{}")
    )
    guard = guarded(provider)
    for _ in range(2):
        (note,) = (await guard.chat(ask(), CallContext(clock=clock))).adjustments
        assert (note.kind, note.feature, note.asked) == ("emulated", "output schema", "w")
    *_, third, fourth = provider.asked
    assert len(provider.asked) == 4
    assert third.output.kind == "json"
    assert [message.role for message in third.messages] == ["system", "system", "user"]
    assert str(SCHEMA).replace("'", '"') in third.messages[1].content
    assert fourth.messages == third.messages


async def test_another_error_after_that_is_the_answer(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL), BadRequestError("the prompt is odd"))
    with pytest.raises(BadRequestError, match="odd"):
        await guarded(provider).chat(ask(), CallContext(clock=clock))


async def test_the_callers_own_tools_stay(clock: FakeClock) -> None:
    own = Tool(name="give_answer", schema={"type": "object"})
    provider = Scripted(BadRequestError(REFUSAL), call(), call("give_answer_"))
    guard = guarded(provider)

    asked = await guard.chat(attrs.evolve(ask(), tools=(own,)), CallContext(clock=clock))
    answered = await guard.chat(attrs.evolve(ask(), tools=(own,)), CallContext(clock=clock))

    assert [tool.name for tool in provider.asked[1].tools] == ["give_answer", "give_answer_"]
    assert provider.asked[1].tool_choice.kind == "required"
    assert (asked.finish.reason, [each.name for each in asked.tool_calls]) == (FinishReason.TOOL_CALLS, ["give_answer"])
    assert (answered.text, answered.finish.reason) == ('{"a": "x"}', FinishReason.STOP)


@pytest.mark.parametrize(
    "changes",
    [
        {"output": OutputFormat("json_schema", schema={"type": "array", "items": {"type": "string"}}, name="w")},
        {"tools": (Tool(name="f"),), "tool_choice": ToolChoice("tool", "f")},
        {"tools": (Tool(name="f"),), "tool_choice": ToolChoice("none")},
    ],
)
async def test_words_say_what_no_call_can(clock: FakeClock, changes: dict[str, Any]) -> None:
    provider = Scripted(BadRequestError(REFUSAL), say("{}"))
    await guarded(provider).chat(attrs.evolve(ask(), **changes), CallContext(clock=clock))
    assert provider.asked[1].output.kind == "json"


@pytest.mark.parametrize(
    ("request_", "policy", "message"),
    [
        (ask(strict=True), None, REFUSAL),
        (ask(), "raise", REFUSAL),
        (ask(), None, "Invalid schema for response_format 'w': 'a' is not permitted"),
        (ChatRequest(model="m", messages=(Message("user", "q"),)), None, REFUSAL),
    ],
)
async def test_a_schema_on_which_the_caller_insists_is_not_said_in_words(
    clock: FakeClock, request_: ChatRequest, policy: Any, message: str
) -> None:
    provider = Scripted(BadRequestError(message))
    with pytest.raises(BadRequestError):
        await guarded(provider, policy).chat(request_, CallContext(clock=clock))
    assert len(provider.asked) == 1


async def test_a_prompt_has_no_schema(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL))
    with pytest.raises(BadRequestError):
        await guarded(provider).complete(CompletionRequest(model="m", prompt="q"), CallContext(clock=clock))


@pytest.mark.parametrize(
    ("message", "is_learned"),
    [("Unsupported value: 'temperature' does not support 0.7", True), ("the prompt is odd", False)],
)
async def test_a_default_that_only_the_message_names_is_left_out(
    clock: FakeClock, message: str, *, is_learned: bool
) -> None:
    provider = Scripted(BadRequestError(message), say("ok"))
    request = ChatRequest(model="m", messages=(Message("user", "q"),), settings=Settings(temperature=0.7))
    asking = guarded(provider).chat(request, CallContext(clock=clock))
    if not is_learned:
        with pytest.raises(BadRequestError):
            await asking
        return
    assert [note.feature for note in (await asking).adjustments] == ["temperature"]
    assert provider.asked[1].settings.temperature is None


HOT = ChatRequest(model="m", messages=(Message("user", "q"),), settings=Settings(temperature=0.7, max_tokens=9))


async def test_all_defaults_that_a_message_names_are_left_out_at_once(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError("neither temperature nor max_tokens"), say("ok"))
    response = await guarded(provider).chat(HOT, CallContext(clock=clock))
    assert [note.feature for note in response.adjustments] == ["max_tokens", "temperature"]
    assert len(provider.asked) == 2


@pytest.mark.parametrize("parameter", ["temperature", None])
async def test_a_default_that_was_not_the_trouble_is_sent_again(clock: FakeClock, parameter: str | None) -> None:
    errors = [BadRequestError(f"the temperature in Oslo [{n}]", parameter=parameter) for n in (1, 2)]
    provider = Scripted(*errors, say("ok"))
    guard = guarded(provider)
    with pytest.raises(BadRequestError, match=r"\[2\]"):
        await guard.chat(HOT, CallContext(clock=clock))
    assert (await guard.chat(HOT, CallContext(clock=clock))).adjustments == ()
    assert [asked.settings.temperature for asked in provider.asked] == [0.7, None, 0.7]


async def test_a_conversation_that_is_too_long_teaches_nothing(clock: FakeClock) -> None:
    provider = Scripted(ContextWindowExceededError("reduce max_tokens"), say("ok"), say("ok"))
    guard = guarded(provider)
    for _ in range(2):
        await guard.chat(HOT, CallContext(clock=clock))
    assert [asked.settings.max_tokens for asked in provider.asked] == [9, None, 9]


async def test_a_filter_is_no_refusal_of_a_default(clock: FakeClock) -> None:
    provider = Scripted(ContentFilterError("no temperature jokes"))
    with pytest.raises(ContentFilterError):
        await guarded(provider).chat(HOT, CallContext(clock=clock))
    assert len(provider.asked) == 1


NO_SCHEMA = Capabilities(json_schema=NO, schema_fallback=("tool", "json"))
NO_TOOLS = "`tool calling` is not supported with this model"
NO_JSON = "response_format json_object is not supported"


class Table(Scripted):
    """A provider whose model is known to have no schemas."""

    def capabilities(self, model: str) -> Capabilities:
        return NO_SCHEMA


async def test_what_a_table_says_is_learned_to_be_too_much_too(clock: FakeClock) -> None:
    provider = Table(BadRequestError(NO_TOOLS), BadRequestError(NO_JSON), say("{}"), say("{}"))
    guard = guarded(provider)
    for _ in range(2):
        (note,) = (await guard.chat(ask(), CallContext(clock=clock))).adjustments
        assert (note.feature, note.sent) == ("output schema", "the schema in a system message")
    kinds = [(bool(asked.tools), asked.output.kind) for asked in provider.asked]
    assert kinds == [(True, "text"), (False, "json"), (False, "text"), (False, "text")]


async def test_what_is_learned_of_other_settings_stays_learned(clock: FakeClock) -> None:
    provider = Scripted(
        BadRequestError(REFUSAL),
        BadRequestError("bad", parameter="temperature"),
        BadRequestError(NO_TOOLS),
        say("{}"),
    )
    request = attrs.evolve(ask(), settings=Settings(temperature=0.7))
    notes = (await guarded(provider).chat(request, CallContext(clock=clock))).adjustments
    assert [note.feature for note in notes] == ["temperature", "output schema"]
    assert provider.asked[-1].settings.temperature is None


async def test_a_strict_schema_is_a_promise(clock: FakeClock) -> None:
    with pytest.raises(UnsupportedError, match="output schema"):
        await guarded(Table()).chat(ask(strict=True), CallContext(clock=clock))
