from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest
from attrs import frozen

from core.client.tool_turns import asks, call, llm_that
from core.scripted import Scripted, say
from dragoman import (
    LLM,
    NO,
    YES,
    Adjustment,
    Capabilities,
    ChatRequest,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    OutputError,
    OutputFormat,
    RateLimitError,
    RefusalError,
    RequestTimeoutError,
    Response,
    Run,
    ServerTool,
    SyncLLM,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TruncatedOutputError,
    TurnLimitError,
    Usage,
    build_response,
)
from dragoman.client.run_settings import RunArguments, RunSettings
from dragoman.spec.response import Finish
from dragoman.spec.schema import json_schema


@frozen
class City:
    name: str


def weather(city: str) -> str:
    """Tell the weather."""
    return f"Rain in {city}"


async def double(number: int) -> int:
    """Double a number."""
    await asyncio.sleep(0)
    return 2 * number


def results_of(run: Run[Any]) -> list[tuple[str, str]]:
    return [(result.text, result.outcome) for turn in run.turns for result in turn.results]


async def test_tools_run_until_the_model_has_answered(scripted: Scripted) -> None:
    first = asks(call("weather", 1, city="Oslo"), call("double", 2, number=4))
    llm = llm_that(scripted, first, asks(call("double", 3, number=8)), say("Rain, and 16"))
    run = await llm.run("Weather?", tools=[weather, double], temperature=0)
    assert run.text == "Rain, and 16"
    assert results_of(run) == [("Rain in Oslo", "ok"), ("8", "ok"), ("16", "ok")]
    assert [message.role for message in run.messages] == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    requests = [request for request in scripted.asked if isinstance(request, ChatRequest)]
    assert requests[1].messages == run.messages[:3]
    assert requests[2].messages == run.messages[:5]
    for request in requests:
        assert [tool.name for tool in request.tools if type(tool) is Tool] == ["weather", "double"]
        assert request.settings.temperature == 0


async def test_results_are_in_the_order_of_calls_whichever_ends_first(scripted: Scripted) -> None:
    ended: list[int] = []

    async def wait(ticks: int) -> int:
        for _ in range(ticks):
            await asyncio.sleep(0.001)
        ended.append(ticks)
        return ticks

    llm = llm_that(scripted, asks(call("wait", 1, ticks=20), call("wait", 2, ticks=1)), say("Done"))
    run = await llm.run("Wait", tools=[wait])
    assert ended == [1, 20]
    assert results_of(run) == [("20", "ok"), ("1", "ok")]


async def test_no_more_tools_run_at_once_than_allowed(scripted: Scripted) -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        return number

    calls = [call("work", number, number=number) for number in range(9)]
    for limit, expected in ((8, 8), (2, 2)):
        llm = llm_that(scripted, asks(*calls), say("Done"))
        await llm.run("Work", tools=[work], **({} if limit == 8 else {"concurrency": limit}))
        assert most == expected
        most = 0


NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")


async def test_functions_run_in_threads_with_the_context_of_the_caller(scripted: Scripted) -> None:
    together = threading.Barrier(9, timeout=20)

    def meet(number: int) -> str:
        together.wait()  # which a pool of fewer threads than calls would never pass
        assert threading.current_thread() is not threading.main_thread()
        return f"{NAME.get()} {number}"

    NAME.set("ada")
    llm = llm_that(scripted, asks(*[call("meet", number, number=number) for number in range(9)]), say("Done"))
    run = await llm.run("Meet", tools=[meet], concurrency=9)
    assert results_of(run) == [(f"ada {number}", "ok") for number in range(9)]


class Office:
    async def __call__(self, name: str) -> str:
        return f"async {name}"

    def greet(self, name: str) -> str:
        return f"Hello {name}"


async def test_any_kind_of_function_is_a_tool(scripted: Scripted) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}

    def later(name: str) -> Any:
        return double(len(name))  # a coroutine

    tools: list[Any] = [
        Office().greet,
        Tool.from_function(Office(), name="office", schema=schema),
        later,
        {"name": "mcp", "inputSchema": schema, "function": partial(Office().greet)},
        {"name": "wire", "input_schema": schema, "function": lambda **arguments: arguments},
    ]
    names = ["greet", "office", "later", "mcp", "wire"]
    llm = llm_that(scripted, asks(*[call(each, at, name="Ada") for at, each in enumerate(names)]), say("Done"))
    run = await llm.run("Hi", tools=tools)
    assert [text for text, _ in results_of(run)] == ["Hello Ada", "async Ada", "6", "Hello Ada", '{"name": "Ada"}']
    assert isinstance(request := scripted.asked[0], ChatRequest)
    assert [tool.name for tool in request.tools if isinstance(tool, Tool)] == names
    assert {type(tool) for tool in request.tools} == {Tool}
    scripted.script[:] = [say("Done")]
    await llm.generate("Hi", tools=tools)
    assert isinstance(single := scripted.asked[-1], ChatRequest)
    assert single.tools == request.tools


async def test_media_and_values_are_results(scripted: Scripted) -> None:
    picture = Media.of(b"\x89PNG\r\n\x1a\n", media_type="image/png")
    tools: list[Callable[..., object]] = [lambda: picture, lambda: City("Oslo"), lambda: None]
    named = [Tool.from_function(each, name=f"t{at}") for at, each in enumerate(tools)]
    llm = llm_that(scripted, asks(call("t0", 0), call("t1", 1), call("t2", 2)), say("Done"))
    run = await llm.run("Go", tools=named)
    assert run.turns[0].results[0].content == (picture,)
    assert [text for text, _ in results_of(run)[1:]] == ['{"name": "Oslo"}', "null"]


async def test_output_and_tools_go_together(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say('{"name": "Oslo"}'))
    run = await llm.run("Where?", tools=[weather], output=City)
    assert run.value == City("Oslo")
    expected = OutputFormat("json_schema", schema=json_schema(City), name="City")
    assert [request.output for request in scripted.asked if isinstance(request, ChatRequest)] == [expected] * 2
    again = await llm.run(run)
    assert (again, again.value) == (run, City("Oslo"))
    read = Run.from_dict(run.to_dict())
    assert (await llm.run(read, output=City)).value == City("Oslo")
    assert (await LLM("echo").run("Oslo", tools=[weather], output=City)).value == City("Rain in Oslo")
    assert (await LLM("echo").run("Oslo", output="json")).text == '{"echo": "Oslo"}'


async def test_a_type_that_was_asked_for_is_asked_for_again(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say('{"name": "Oslo"}'))
    paused = await llm.run("Where?", tools=[weather], output=City, approve="ask")
    run = await llm.run(paused.approve("c1"), tools=[weather])
    assert run.value == City("Oslo")
    assert isinstance(request := scripted.asked[1], ChatRequest)
    assert request.output.kind == "json_schema"


async def test_turns_are_a_limit_and_no_answer_is_invented(scripted: Scripted) -> None:
    ran: list[str] = []

    def note(word: str) -> str:
        ran.append(word)
        return word

    llm = llm_that(scripted, *[asks(call("note", word=word)) for word in "abc"])
    with pytest.raises(TurnLimitError) as caught:
        await llm.run("Go", tools=[note], turns=3)
    assert "used up its 3 turns, and it still calls tools (note), which were not run" in str(caught.value)
    assert ran == ["a", "b"]
    run = caught.value.run
    assert run is not None
    assert (len(run.turns), run.is_open) == (3, True)
    assert caught.value.partial == run.responses[-1]
    scripted.script[:] = [say("Done")]
    with pytest.raises(TurnLimitError):
        await llm.run(run, tools=[note], turns=3)
    assert (await llm.run(run, tools=[note], turns=4)).text == "Done"
    assert ran == ["a", "b", "c"]


async def test_a_paused_answer_is_sent_back_as_it_is(scripted: Scripted) -> None:
    searched = ToolCall(name="web_search", call_id="s1", arguments="{}", server_side=True)
    paused = build_response([Text(text="I search"), searched], Finish(reason="paused"))
    llm = llm_that(scripted, paused, say("Found"))
    run = await llm.run("Search", tools=[ServerTool(id="scripted.web_search")])
    assert (run.text, len(run.turns)) == ("Found", 2)
    assert isinstance(request := scripted.asked[1], ChatRequest)
    assert request.messages == (Message("user", "Search"), paused.message)
    llm = llm_that(scripted, paused)
    with pytest.raises(TurnLimitError, match="used up its 1 turns, and it has not answered"):
        await llm.run("Search", turns=1)


async def test_tools_of_the_provider_are_left_to_it(scripted: Scripted) -> None:
    searched = ToolCall(name="web_search", call_id="s1", arguments="{}", server_side=True)
    llm = llm_that(scripted, build_response([searched, Text(text="Found")], Finish(reason="stop")))
    run = await llm.run("Search", tools=[{"type": "my_search"}, weather])
    assert (run.text, run.is_done, len(run.messages)) == ("Found", True, 2)
    assert isinstance(request := scripted.asked[0], ChatRequest)
    assert request.tools[0] == ServerTool(id="scripted.my_search")


async def test_a_tool_that_the_provider_defines_may_be_run_here(scripted: Scripted) -> None:
    screen = {"type": "computer_2025", "name": "computer", "width": 800, "function": lambda action: f"did {action}"}
    llm = llm_that(scripted, asks(call("computer", action="click")), say("Done"))
    run = await llm.run("Click", tools=[screen])
    assert results_of(run) == [("did click", "ok")]
    assert isinstance(request := scripted.asked[0], ChatRequest)
    assert request.tools == (ServerTool(id="scripted.computer_2025", args={"name": "computer", "width": 800}),)


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "other"])
async def test_an_answer_without_text_or_calls_ends_a_run(scripted: Scripted, reason: str) -> None:
    llm = llm_that(scripted, build_response([], Finish(reason=reason)))
    run = await llm.run("Go", tools=[weather])
    assert (run.text, run.is_done, run.response.finish.reason) == ("", True, reason)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("length", TruncatedOutputError),
        ("content_filter", RefusalError),
        ("refusal", RefusalError),
        ("interrupted", TruncatedOutputError),
        ("error", TruncatedOutputError),
        ("paused", TruncatedOutputError),
        ("other", TruncatedOutputError),
    ],
)
async def test_calls_of_an_answer_that_is_not_whole_are_never_run(
    scripted: Scripted, reason: str, kind: type[OutputError]
) -> None:
    cut = asks(call("weather", city="Oslo"), reason=reason)
    llm = llm_that(scripted, asks(call("weather", city="Bergen")), cut)
    with pytest.raises(kind) as caught:
        await llm.run("Go", tools=[weather])
    assert caught.value.partial is not None
    assert caught.value.partial.message == cut.message
    run = caught.value.run
    assert run is not None
    assert results_of(run) == [("Rain in Bergen", "ok")]
    scripted.script[:] = [say("Done")]
    assert (await llm.run(run, tools=[weather])).text == "Done"


@pytest.mark.parametrize(
    ("choice", "after"),
    [
        ("required", "auto"),
        ("weather", "auto"),
        ("none", "none"),
        ({"type": "any", "disable_parallel_tool_use": True}, "auto"),
        ({"type": "auto"}, "auto"),
    ],
)
async def test_a_choice_that_forces_a_call_is_for_the_first_turn(scripted: Scripted, choice: Any, after: str) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say("Done"))
    await llm.run("Go", tools=[weather], tool_choice=choice)
    first, second = (request for request in scripted.asked if isinstance(request, ChatRequest))
    assert second.tool_choice.kind == after
    assert (first.tool_choice.kind in {"required", "tool"}) == (choice not in ("none", {"type": "auto"}))
    assert first.settings.parallel_tool_calls == second.settings.parallel_tool_calls


async def test_a_conversation_in_plain_data_is_read_once(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say("Done"))
    run = await llm.run(iter([{"role": "user", "content": "Go"}]), tools=iter([weather]))
    assert run.prompt == (Message("user", "Go"),)
    assert run.text == "Done"


async def test_the_history_goes_on_with_any_provider(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say("Rain"))
    run = await llm.run("Go", tools=[weather])
    assert (await LLM("echo").generate([*run.messages, Message("user", "Thanks")])).text == "Thanks"
    assert (await LLM("echo").run([*run.messages, Message("user", "Thanks")])).text == "Thanks"


async def test_a_fallback_answers_a_turn(scripted: Scripted) -> None:
    scripted.script[:] = [asks(call("weather", city="Oslo")), RateLimitError("full", status=429)]
    llm = LLM(LLMConfig(model="scripted/m", fallbacks=["echo"], num_retries=0))
    run = await llm.run("Go", tools=[weather])
    assert run.text == "Rain in Oslo"
    assert [note.feature for note in run.response.adjustments if isinstance(note, Adjustment)] == ["model"]


async def test_an_error_of_the_model_carries_the_run_so_far(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("weather", city="Oslo")), RateLimitError("full", status=429, retryable=False))
    with pytest.raises(RateLimitError) as caught:
        await llm.run("Go", tools=[weather])
    run = caught.value.run
    assert run is not None
    scripted.script[:] = [say("Done")]
    assert (await llm.run(run, tools=[weather])).text == "Done"
    assert len(scripted.asked) == 3


async def test_listeners_are_told_of_every_change(scripted: Scripted) -> None:
    steps: list[Run[Any]] = []
    turns: list[Run[Any]] = []

    async def on_turn(run: Run[Any]) -> None:
        turns.append(run)

    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say("Done"))
    run = await llm.run("Go", tools=[weather], on_step=steps.append, on_turn=on_turn)
    assert [[record.status for turn in step.turns for record in turn.calls] for step in steps] == [
        ["ready"],
        ["started"],
        ["finished"],
        ["finished"],
    ]
    assert [len(each.turns) for each in turns] == [1, 2]
    assert turns[-1] == steps[-1] == run
    for step in steps:
        assert Run.from_dict(step.to_dict()) == step


async def test_a_listener_that_fails_stops_the_run(scripted: Scripted) -> None:
    def full(_: Run[Any]) -> None:
        raise OSError("the disk is full")

    llm = llm_that(scripted, asks(call("weather", city="Oslo")), say("Done"))
    with pytest.raises(OSError, match="the disk is full"):
        await llm.run("Go", tools=[weather], on_step=full)
    assert len(scripted.asked) == 1


async def test_a_run_has_a_time_limit_of_its_own(scripted: Scripted) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    llm = llm_that(scripted, asks(call("wait")), say("Done"))
    with pytest.raises(RequestTimeoutError, match=r"not finish within 0.05 seconds \(run_timeout\)") as late:
        await llm.run("Go", tools=[wait], run_timeout=0.05)
    assert ended == ["cancelled"]
    assert late.value.run is not None
    assert late.value.run.interrupted


async def test_the_time_that_is_left_limits_each_call_of_the_model(scripted: Scripted) -> None:
    def wait() -> None:
        threading.Event().wait(0.06)

    for given, most in (({}, 50), ({"timeout": 20}, 20)):
        llm = llm_that(scripted, asks(call("wait")), say("Done"))
        await llm.run("Go", tools=[wait], run_timeout=50, **given)
        first, second = (context.timeouts.total for context in scripted.contexts[-2:])
        assert first is not None
        assert second is not None
        assert second <= first <= most
        assert (second < 50 - 0.05) if most == 50 else second == 20
    llm = llm_that(scripted, asks(call("wait")), say("Done"))
    with pytest.raises(RequestTimeoutError, match="run_timeout"):
        await llm.run("Go", tools=[wait], run_timeout=0.5, on_turn=lambda _: threading.Event().wait(0.6))
    scripted.script[:] = [say("Done")]
    await LLM("scripted/m", timeout=None).run("Go", run_timeout=700)
    assert (scripted.contexts[-1].timeouts.total or 0) > 690


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"turns": 0}, "turns must be a whole number of at least 1, not 0"),
    ({"concurrency": 1.5}, "concurrency must be a whole number of at least 1, not 1.5"),
    ({"tool_timeout": 0}, "tool_timeout must be a number of seconds above 0, not 0"),
    ({"run_timeout": "5"}, "run_timeout must be a number of seconds above 0, not '5'"),
    ({"on_tool_error": "ignore"}, "on_tool_error must be 'tell' or 'raise', not 'ignore'"),
    ({"resume_started": "skip"}, "resume_started must be 'ask' or 'again', not 'skip'"),
    ({"approve": True}, "approve must be 'ask', or a function of a call"),
    ({"on_step": []}, "on_step must be a function that is given the run so far, not []"),
    ({"on_turn": 1}, "on_turn must be a function that is given the run so far, not 1"),
    ({"tools": "weather"}, "tools must be a list of tools, not 'weather'"),
    ({"tools": {"name": "weather"}}, "tools must be a list of tools, not {'name': 'weather'}"),
    ({"tools": 5}, "tools must be a list of tools, not 5"),
    ({"tools": [weather, weather]}, "tools[1] has the name 'weather' of another tool"),
    ({"tools": [5]}, "tools[0] must be a typed function, a Tool.from_function(...), a ServerTool or a definition"),
    ({"tools": [Tool(name="x")]}, "tools[0] describes the tool 'x' without a function"),
    ({"tools": [{"name": "x", "input_schema": {}}]}, "tools[0] describes the tool 'x' without a function"),
    ({"turn": 5}, "run() has no argument 'turn'; did you mean 'turns'?"),
    ({"tool_timeuot": 5}, "run() has no argument 'tool_timeuot'; did you mean 'tool_timeout'?"),
    ({"max_turns": 5}, "echo has no option 'max_turns'; llm.run(messages, tools=[...], turns=10) runs the tools"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
async def test_wrong_arguments_are_refused_before_anything_is_sent(
    scripted: Scripted, arguments: dict[str, Any], message: str
) -> None:
    llm = LLM("echo") if "max_turns" in arguments else LLM("scripted/m")
    with pytest.raises(InvalidRequestError) as caught:
        await llm.run("Go", **arguments)
    assert message in str(caught.value)
    assert scripted.asked == []


def test_each_argument_of_a_run_is_a_setting() -> None:
    assert {field.name for field in attrs.fields(RunSettings)} == {*RunArguments.__annotations__}


def test_runs_without_await() -> None:
    def ask(city: str) -> str:
        return SyncLLM("echo").completion(f"Rain in {city}")  # a tool may use it: it runs in a thread

    with SyncLLM("echo") as llm:
        run = llm.run("Oslo", tools=[ask], output=City)
        assert run.value == City("Rain in Oslo")


async def test_usage_is_summed(scripted: Scripted) -> None:
    def using(response: Response, tokens: int) -> Response:
        return attrs.evolve(response, usage=Usage(input_tokens=tokens, output_tokens=1))

    llm = llm_that(scripted, using(asks(call("weather", city="Oslo")), 5), using(say("Done"), 9))
    run = await llm.run("Go", tools=[weather])
    assert (run.usage.input_tokens, run.usage.output_tokens) == (14, 2)


async def test_a_result_may_be_made_by_the_tool(scripted: Scripted) -> None:
    def gone(city: str) -> ToolResult:
        return ToolResult(call_id="?", name="?", content=f"no {city}", outcome="error")

    llm = llm_that(scripted, asks(call("gone", city="Oslo")), say("Done"))
    run = await llm.run("Go", tools=[gone])
    assert run.turns[0].results[0] == ToolResult(call_id="c1", name="gone", content="no Oslo", outcome="error")


async def test_messages_are_the_same_objects_in_each_turn(scripted: Scripted) -> None:
    llm = llm_that(scripted, *[asks(call("weather", number, city="Oslo")) for number in range(3)], say("Done"))
    await llm.run("Go", tools=[weather])
    *_, before, last = (request for request in scripted.asked if isinstance(request, ChatRequest))
    assert all(one is other for one, other in zip(before.messages, last.messages, strict=False))
    assert len(before.messages) == 5


async def test_a_type_that_is_asked_for_with_a_tool_is_no_call_of_the_run(scripted: Scripted) -> None:
    scripted.accepts = Capabilities(tools=YES, tool_choice=YES, json_schema=NO)
    answer = asks(call("give_answer", 2, name="Oslo"))
    run = await llm_that(scripted, asks(call("weather", 1, city="Oslo")), answer).run(
        "Go", tools=[weather], output=City
    )
    assert (run.value, len(run.turns), run.pending) == (City("Oslo"), 2, ())
    assert [note.kind for note in run.response.adjustments] == ["emulated"]
