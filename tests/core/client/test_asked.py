"""What a model refuses is asked in another way, once, and remembered."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from core.scripted import FakeClock, Scripted, say
from dragoman import (
    NO,
    ArgumentsDelta,
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
    PartStart,
    PartUpdate,
    Response,
    ResponseSnapshot,
    ServerError,
    Settings,
    StreamEnd,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
    UnsupportedError,
    assemble,
    build_response,
)
from dragoman.client.managed_provider import ManagedProvider
from dragoman.spec.retry_policy import RetryPolicy
from dragoman_openai_compatible import OpenAIProvider

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


@pytest.mark.parametrize(
    ("message", "learned"),
    [
        ("No endpoints found that support tool use.", True),
        ("Unrecognized request argument supplied: tools", True),
        ("tools: Extra inputs are not permitted", True),
        ("tools.0.name is longer than 64 letters", False),
        ("the quota of this function is spent", False),
    ],
)
async def test_only_what_says_that_tools_are_not_taken_is_learned(
    clock: FakeClock, message: str, *, learned: bool
) -> None:
    provider = Table(BadRequestError(message), *([say("{}")] if learned else ()))
    if learned:
        await guarded(provider).chat(ask(), CallContext(clock=clock))
    else:
        with pytest.raises(BadRequestError):
            await guarded(provider).chat(ask(), CallContext(clock=clock))
    assert len(provider.asked) == 1 + learned


async def test_what_is_learned_of_other_settings_stays_learned(clock: FakeClock) -> None:
    provider = Scripted(
        BadRequestError(REFUSAL),
        BadRequestError("bad", parameter="temperature"),
        BadRequestError(NO_TOOLS),
        say("{}"),
    )
    request = attrs.evolve(ask(), settings=Settings(temperature=0.7))
    notes = (await guarded(provider).chat(request, CallContext(clock=clock))).adjustments
    assert [note.feature for note in notes] == ["output schema", "temperature"]
    assert provider.asked[-1].settings.temperature is None


async def test_a_strict_schema_is_a_promise(clock: FakeClock) -> None:
    with pytest.raises(UnsupportedError, match="output schema"):
        await guarded(Table()).chat(ask(strict=True), CallContext(clock=clock))


NO_GEMMA_SCHEMA = "JSON schema is not enabled for models/acme-1"
NO_GEMMA_JSON = "JSON mode is not enabled for models/acme-1"
NO_GEMMA_TOOLS = "Function calling is not enabled for models/acme-1"


@pytest.mark.parametrize(
    ("refusals", "sent"),
    [
        ([NO_GEMMA_SCHEMA], "a tool"),
        ([NO_GEMMA_SCHEMA, NO_GEMMA_TOOLS], "JSON mode, and the schema in a system message"),
        ([NO_GEMMA_SCHEMA, NO_GEMMA_TOOLS, NO_GEMMA_JSON], "the schema in a system message"),
        ([NO_GEMMA_JSON, NO_GEMMA_TOOLS], "the schema in a system message"),
    ],
)
async def test_each_way_is_refused_once_and_remembered(clock: FakeClock, refusals: list[str], sent: str) -> None:
    answers = [call() if sent == "a tool" else say("{}") for _ in range(2)]
    provider = Scripted(*map(BadRequestError, refusals), *answers)
    guard = guarded(provider)
    for _ in range(2):
        (note,) = (await guard.chat(ask(), CallContext(clock=clock))).adjustments
        assert (note.feature, note.sent) == ("output schema", sent)
    assert len(provider.asked) == len(refusals) + 2


async def test_a_mode_for_json_is_refused_once_too(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(NO_GEMMA_JSON), say("{}"), say("{}"))
    request, guard = attrs.evolve(ask(), output=OutputFormat("json")), guarded(provider)
    notes = [await guard.chat(request, CallContext(clock=clock)) for _ in range(2)]
    assert [(note.kind, note.feature, note.sent) for each in notes for note in each.adjustments] == [
        ("emulated", "output", "a tool")
    ] * 2
    assert [each.output.kind for each in provider.asked if isinstance(each, ChatRequest)] == ["json", "text", "text"]


async def test_what_is_learned_is_warned_of(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL), BadRequestError(NO_TOOLS), say("{}"), say("{}"))
    guard = guarded(provider, "warn")
    with pytest.warns(UserWarning, match="output schema") as warned:
        await guard.chat(ask(), CallContext(clock=clock))
    assert len(warned) == 2
    with pytest.warns(UserWarning, match="cannot be held to this output schema") as warned:
        await guard.chat(ask(), CallContext(clock=clock))
    assert len(warned) == 1


async def test_a_refusal_that_changes_nothing_is_the_answer(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL), call(), BadRequestError(REFUSAL))
    guard = guarded(provider)
    await guard.chat(ask(), CallContext(clock=clock))
    words = Capabilities(json_schema=NO, json_mode=NO, schema_fallback=("text",))
    provider.accepts = words
    with pytest.raises(BadRequestError):
        await guard.chat(ask(), CallContext(clock=clock))


async def test_a_call_with_one_answer_only_is_asked_for_where_the_model_can(clock: FakeClock) -> None:
    for settings in ({}, {"parallel_tool_calls": NO}):
        provider = Scripted(call(), capabilities=Capabilities(json_schema=NO, settings=settings))
        await guarded(provider).chat(ask(), CallContext(clock=clock))
        (asked,) = provider.asked
        assert asked.settings.parallel_tool_calls is (None if settings else False)


async def test_a_server_may_refuse_that_too(clock: FakeClock) -> None:
    provider = Scripted(
        BadRequestError("Unknown parameter: 'parallel_tool_calls'"), call(), capabilities=Capabilities(json_schema=NO)
    )
    response = await guarded(provider).chat(ask(), CallContext(clock=clock))
    assert [note.feature for note in response.adjustments] == ["output schema", "parallel_tool_calls"]
    assert response.text == '{"a": "x"}'


@pytest.mark.parametrize("ways", [(), ("tool",)])
async def test_words_are_always_left(clock: FakeClock, ways: Any) -> None:
    answers = [BadRequestError(REFUSAL), BadRequestError(NO_TOOLS), say("{}")]
    provider = Scripted(*answers[:], capabilities=Capabilities(schema_fallback=ways))
    (note,) = (await guarded(provider).chat(ask(), CallContext(clock=clock))).adjustments
    assert note.sent == ("the schema in a system message" if ways else "JSON mode, and the schema in a system message")


async def test_what_was_held_back_is_part_of_what_arrived(clock: FakeClock) -> None:
    events = [PartStart(0, Text(text="")), TextDelta(0, "Let me "), ServerError("broken")]
    provider = Scripted(events, capabilities=Capabilities(json_schema=NO))
    seen: list[Any] = []
    async with guarded(provider).stream(ask(), CallContext(clock=clock)) as stream:
        with pytest.raises(ServerError) as caught:
            seen.extend([event async for event in stream])
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Let me "


async def test_an_answer_that_is_streamed_is_the_same(clock: FakeClock) -> None:
    made = ToolCall(name="", call_id="c")
    events = [
        PartStart(0, Text(text="")),
        TextDelta(0, "Sure."),
        PartStart(1, made),
        PartUpdate(1, attrs.evolve(made, name="give_")),
        PartUpdate(1, attrs.evolve(made, name="give_answer")),
        ArgumentsDelta(1, '{"a": '),
        ArgumentsDelta(1, '"x"}'),
        PartStart(2, ToolCall(name="give_answer", call_id="d", arguments='{"a": "y"}')),
        ResponseSnapshot(finish=Finish(reason=FinishReason.TOOL_CALLS)),
    ]
    provider = Scripted([*events], assemble(events), capabilities=Capabilities(json_schema=NO))
    guard = guarded(provider)
    async with guard.stream(ask(), CallContext(clock=clock)) as stream:
        seen = [event async for event in stream]
    whole = await guard.chat(ask(), CallContext(clock=clock))
    end = seen[-1]
    assert isinstance(end, StreamEnd)
    assert attrs.evolve(end.response, attempts=()) == attrs.evolve(whole, attempts=())
    assert (whole.text, whole.reasoning, whole.finish.reason) == ('{"a": "x"}', "Sure.", FinishReason.STOP)
    assert [note.kind for note in whole.adjustments] == ["emulated", "dropped"]
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ['{"a": ', '"x"}']


async def test_a_default_that_is_left_out_is_not_warned_of(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError("the temperature is fixed"), say("ok"))
    response = await guarded(provider, "warn").chat(HOT, CallContext(clock=clock))
    assert [note.feature for note in response.adjustments] == ["temperature"]


async def test_a_model_without_a_mode_for_json_is_told_in_words(clock: FakeClock) -> None:
    provider = Scripted(say("{}"))
    provider.accepts = Capabilities(json_mode=NO, schema_fallback=("text",))
    await guarded(provider).chat(attrs.evolve(ask(), output=OutputFormat("json")), CallContext(clock=clock))
    (asked,) = provider.asked
    assert isinstance(asked, ChatRequest)
    assert [each.content for each in asked.messages] == ["s", "Answer with nothing but a JSON object.", "q"]


@pytest.mark.parametrize("to_the_letter", [False, True])
async def test_a_schema_beyond_what_a_vendor_takes_is_warned_of(clock: FakeClock, *, to_the_letter: bool) -> None:
    provider = Scripted(say("{}"))
    rules = attrs.evolve(OpenAIProvider.strict_schema, to_the_letter=to_the_letter)
    provider.accepts = Capabilities(output_schema=rules)
    shape = OutputFormat("json_schema", schema={"type": "object", "additionalProperties": {"type": "string"}}, name="w")
    with pytest.warns(UserWarning, match="cannot be held to this output schema"):
        await guarded(provider, "warn").chat(attrs.evolve(ask(), output=shape), CallContext(clock=clock))
    (asked,) = provider.asked
    assert isinstance(asked, ChatRequest)
    assert asked.output.kind == ("text" if to_the_letter else "json_schema")
