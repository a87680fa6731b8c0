"""What arguments of other libraries are called here, wherever they are given; the table is data."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from core.scripted import say
from dragoman import (
    LLM,
    AsyncLLM,
    ConfigurationError,
    DragomanError,
    Embeddings,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    RetryPolicy,
    Run,
    ServerTool,
    Settings,
    StreamingLLM,
    SyncLLM,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    explain,
    read_conversation,
)
from dragoman.client.run_settings import RunArguments
from dragoman.spec import foreign_names
from dragoman.spec.argument_names import door, tells_names
from dragoman.spec.foreign_names import OWN, advice, snake_case
from dragoman.spec.serialization import structure_options
from dragoman_anthropic import AnthropicOptions
from dragoman_echo.options import EchoOptions
from dragoman_openai import OpenAIOptions

CALLED = ToolCall(name="f", call_id="c")
EMPTY_RUN: Run[str] = Run(prompt=())
NAMES = {
    "base_url": "'api_base' here, an argument of LLMConfig",
    "azure_endpoint": "'api_base' here, an argument of LLMConfig",
    "api_type": "'provider' here, an argument of LLMConfig",
    "custom_llm_provider": "'provider' here, an argument of LLMConfig",
    "deployment_id": "'model' here, an argument of LLMConfig",
    "max_retries": "'num_retries' here, an argument of LLMConfig",
    "request_timeout": "'timeout' here, an argument of LLMConfig and of a call",
    "extra_headers": "'headers' here, an argument of LLMConfig and of a call",
    "drop_params": "'on_unsupported' here, an argument of LLMConfig and of a call",
    "temp": "'temperature' here, an argument of LLMConfig and of a call",
    "max_completion_tokens": "'max_tokens' here, an argument of LLMConfig and of a call",
    "max_output_tokens": "'max_tokens' here, an argument of LLMConfig and of a call",
    "maxOutputTokens": "'max_tokens' here, an argument of LLMConfig and of a call",
    "stop_sequences": "'stop' here, an argument of LLMConfig and of a call",
    "reasoning_effort": "'effort' here, an argument of LLMConfig and of a call",
    "response_format": "'output' here, an argument of generate(), stream() and chat_completion()",
    "functions": "'tools' here, an argument of generate(), stream() and chat_completion()",
    "function_call": "'tool_choice' here, an argument of generate(), stream() and chat_completion()",
    "stream": "call the method stream()",
    "system": "the system prompt is a message: Message('system', '...')",
    "extra_body": "the option extra_body of a provider over HTTP",
    "organization": "an option of some providers",
    "acme_api_key": "it is called 'api_key' here, an argument of LLMConfig",
    "acme_endpoint": "it is called 'api_base' here, an argument of LLMConfig",
    "acme_project": "an option of some providers",
    "acme_api_url": "it is called 'api_base' here, an argument of LLMConfig",
    "maxSteps": "turns=10) runs the tools",
    "http_async_client": "connections are set by proxy=",
    "previous_response_id": "an option of some providers",
    "response_json_schema": "'output' here, an argument of generate(), stream() and chat_completion()",
    "candidate_count": "it is called 'n' here",
    "best_of": "response.alternatives holds the further ones",
    "max_retrys": "? It is called 'num_retries' here, an argument of LLMConfig",
    "temprature": "did you mean 'temperature'? It is an argument of LLMConfig and of a call",
    "fial": "did you mean 'fail'?",
    "Fail": "it is called 'fail' here",
    "suffix": "it is an argument of completion()",
    "tools": "it is an argument of generate(), stream() and chat_completion()",
}
"""What is said of an argument that the echo does not have."""


async def _streamed(llm: StreamingLLM, **kwargs: Any) -> None:
    async with llm.stream("Hi", **kwargs) as stream:
        await stream.collect()


async def _pieces(llm: StreamingLLM, **kwargs: Any) -> list[str]:
    return [piece async for piece in llm.streaming_completion("Hi", **kwargs)]


async def _configured(_: StreamingLLM, **kwargs: Any) -> str:
    return await LLM(LLMConfig(model="echo", **kwargs)).completion("Hi")


async def _by_name(_: StreamingLLM, **kwargs: Any) -> str:
    return await LLM("echo", **kwargs).completion("Hi")


async def _by_keyword(_: StreamingLLM, **kwargs: Any) -> str:
    return await LLM(model="echo", **kwargs).completion("Hi")


async def _from_dict(_: StreamingLLM, **kwargs: Any) -> str:
    return await LLM(LLMConfig.from_dict({"model": "echo", **kwargs})).completion("Hi")


DOORS: dict[str, Callable[..., Awaitable[Any]]] = {
    "LLMConfig": _configured,
    "LLM by name": _by_name,
    "LLM by keyword": _by_keyword,
    "from_dict": _from_dict,
    "completion": lambda llm, **kwargs: llm.completion("Hi", **kwargs),
    "chat_completion": lambda llm, **kwargs: llm.chat_completion([Message("user", "Hi")], **kwargs),
    "generate": lambda llm, **kwargs: llm.generate("Hi", **kwargs),
    "extract": lambda llm, **kwargs: llm.extract(int, "Hi", **kwargs),
    "stream": _streamed,
    "streaming_completion": _pieces,
}
TAKES_SUFFIX = {"completion", "streaming_completion"}
TAKES_TOOLS = {"chat_completion", "generate", "extract", "stream", "streaming_completion"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("door", DOORS)
async def test_a_foreign_name_is_explained_wherever_it_is_given(door: str, name: str) -> None:
    if door in {"tools": TAKES_TOOLS, "suffix": TAKES_SUFFIX}.get(name, ()):
        return
    with pytest.raises((ConfigurationError, InvalidRequestError)) as caught:
        await DOORS[door](StreamingLLM("echo"), **{name: "x"})
    assert f"has no option {name!r}; " in str(caught.value)
    assert NAMES[name] in str(caught.value)


ARGUMENTS: dict[str, tuple[Callable[[], object], str]] = {
    "Settings": (lambda: Settings(max_output_tokens=5), "'max_output_tokens': it is called 'max_tokens' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Settings of a configuration": (lambda: Settings(base_url="x"), "'api_base' here, an argument of LLMConfig"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Settings of ours": (lambda: Settings(timeout=5), "'timeout': it is an argument of LLMConfig and of a call"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Settings misspelled": (lambda: Settings(temprature=1), "'temprature': did you mean 'temperature'?"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Settings of ours misspelled": (
        lambda: Settings(timout=5),
        "did you mean 'timeout'? It is an argument of LLMConfig",
    ),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Settings in camel case": (lambda: Settings(topP=1), "'topP': it is called 'top_p' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Message": (lambda: Message(role="user", text="x"), "'text': it is called 'content' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Message with calls": (lambda: Message("assistant", "", tool_calls=[]), "[ToolCall(...)]): calls are parts"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Message with an id": (lambda: Message("tool", "", tool_call_id="c"), "ToolResult(call_id=..."),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Tool": (lambda: Tool(name="f", parameters={}), "'parameters': it is called 'schema' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Tool of a vendor": (lambda: Tool(name="f", input_schema={}), "'input_schema': it is called 'schema' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Tool of a function": (lambda: Tool(name="f", function=print), "Tool.from_function(function) makes a tool"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "ServerTool": (lambda: ServerTool(type="a.b"), "'type': it is called 'id' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "ToolChoice": (lambda: ToolChoice(type="auto"), "'type': it is called 'kind' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "OutputFormat": (lambda: OutputFormat(type="json"), "'type': it is called 'kind' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "ToolCall": (lambda: ToolCall(name="f", tool_call_id="c"), "'tool_call_id': it is called 'call_id' here"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "ToolResult": (lambda: ToolResult(name="f", tool_use_id="c", is_error=True), "outcome='error' says that"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "Media": (lambda: Media(url="https://a/b.png"), "Media.of(...) takes a path"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "LLM": (lambda: LLM(model_name="gpt-4"), "'model_name': it is called 'model' here"),
    "LLM with a configuration": (lambda: LLM(LLMConfig("echo"), stream=True), "'stream': call the method stream()"),
    "LLM without a model": (lambda: LLM(api_key="k"), "api_key can only be given with the name of a model; pass"),
    "Message.from_dict": (lambda: Message.from_dict({"role": "user", "content": "", "text": "x"}), "called 'content'"),
    "SyncLLM.completion": (lambda: SyncLLM("echo").completion(messages=[]), "'messages': the conversation is the"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "SyncLLM.stream": (lambda: SyncLLM("echo").stream(prompt="Hi"), "'prompt': the prompt is the first"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "stream": (lambda: LLM("echo").stream(prompt="Hi"), "'prompt': the prompt is the first"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "streaming_completion": (lambda: StreamingLLM("echo").streaming_completion(messages=[]), "'messages': the conv"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_an_argument_that_there_is_not_is_explained(case: str) -> None:
    make, expected = ARGUMENTS[case]
    with pytest.raises((TypeError, DragomanError)) as caught:
        make()
    assert expected in str(caught.value)


MISSING: dict[str, tuple[Callable[[AsyncLLM], Awaitable[Any]], str]] = {
    "completion": (lambda llm: llm.completion(messages=[]), "'messages': the conversation is the first argument"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "acompletion": (lambda llm: llm.acompletion(messages=[]), "'messages': the conversation is the first argument"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "generate": (lambda llm: llm.generate(prompt="Hi"), "'prompt': the prompt is the first argument of completion()"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    "twice": (lambda llm: llm.generate("Hi", messages=[]), "got multiple values for argument 'messages'; "),  # type: ignore[misc]  # pyright: ignore[reportCallIssue]
    "nothing": (lambda llm: llm.generate(), "missing 1 required positional argument: 'messages'"),  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
}


@pytest.mark.parametrize("case", MISSING)
async def test_a_method_without_its_argument_says_where_another_belongs(case: str) -> None:
    call, expected = MISSING[case]
    with pytest.raises(TypeError) as caught:
        await call(AsyncLLM("echo"))
    assert expected in str(caught.value)


async def test_a_conversation_as_a_prompt_is_sent_to_its_method() -> None:
    conversation: Any = [Message("user", "Hi")]
    with pytest.raises(InvalidRequestError, match="give a conversation to generate"):
        await LLM("echo").completion(conversation)


def test_what_nobody_knows_is_not_explained() -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'zzzzzz'$"):
        Settings(zzzzzz=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(InvalidRequestError, match="echo has no option 'zzzzzz'; its options are: calls, cut, fail,"):
        structure_options(EchoOptions, {"zzzzzz": 1}, provider="echo")


def test_another_error_of_a_type_is_raised_as_it_is() -> None:
    trouble = TypeError("of our own")

    def fail(*_: object, **__: object) -> None:
        raise trouble

    async def fail_later(*_: object, **__: object) -> None:
        raise trouble

    made = tells_names(attrs.make_class("Made", {"x": attrs.field(converter=fail)}))
    for call in (
        lambda: made(x=1),
        lambda: door(fail)(stream=True),
        lambda: asyncio.run(door(fail_later)(stream=True)),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert caught.value is trouble
        assert not caught.value.__suppress_context__


def test_data_that_are_no_arguments_are_not_explained_as_such() -> None:
    with pytest.raises(InvalidRequestError, match="the file has no option 'base_url'; its options are"):
        structure_options(EchoOptions, {"base_url": 1}, provider="the file", also=None)
    with pytest.raises(InvalidRequestError, match=r"the file has no option 'stal'; did you mean 'stall'\?$"):
        structure_options(EchoOptions, {"stal": 1}, provider="the file", also=None)


@pytest.mark.parametrize("name", sorted(foreign_names._common()))  # noqa: SLF001  # all of the table
def test_every_name_of_the_table_is_explained_and_leads_to_one_of_ours(name: str) -> None:
    ours, is_name = foreign_names._common()[name]  # noqa: SLF001  # all of the table
    assert name not in OWN
    assert snake_case(name) == name
    assert (ours in OWN) == is_name
    assert ours in advice(name)


@pytest.mark.parametrize("owner", [Message, Tool, ServerTool, ToolCall, ToolResult, ToolChoice, OutputFormat, Media])
def test_every_name_of_a_class_leads_to_one_of_its_arguments(owner: type[Any]) -> None:
    known = [field.alias for field in owner.__attrs_attrs__]
    table = foreign_names._inverted(owner.__name__)  # noqa: SLF001  # all of the table
    assert not table.keys() & {*known}
    for name, ours in table.items():
        assert ours in advice(name, known, owner.__name__)
        assert ours in known or not ours.isidentifier()


@pytest.mark.parametrize(
    ("name", "plain"),
    [("maxTokens", "max_tokens"), ("baseURL", "base_url"), ("top-p", "top_p"), ("HTTPProxy", "http_proxy"), ("n", "n")],
)
def test_names_are_compared_in_one_spelling(name: str, plain: str) -> None:
    assert snake_case(name) == plain


def test_nothing_but_an_error_imports_the_table() -> None:
    code = (
        "import asyncio, sys, dragoman as d; d.Settings(top_p=1); d.Message('user', 'Hi');"
        "asyncio.run(d.LLM('echo').generate('Hi', temperature=1)); print('dragoman.spec.foreign_names' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "door"),
    [
        ("repairs", "generate() and extract()"),
        ("dimensions", "embed()"),
        ("filename", "upload()"),
        ("media_type", "upload()"),
        *((name, "run() and stream_run()") for name in sorted(RunArguments.__annotations__)),
    ],
)
async def test_an_argument_of_another_door_is_told_where_it_belongs(name: str, door: str) -> None:
    arguments: Any = {name: 1}
    with pytest.raises(InvalidRequestError, match=f"{name!r}; it is an argument of {re.escape(door)}"):
        await LLM("echo").stream("Hi", **arguments).__aenter__()
    misspelt: Any = {name[:-2] + name[-1] + name[-2]: 1}
    with pytest.raises(InvalidRequestError, match=f"did you mean {name!r}"):
        await LLM("echo").stream("Hi", **misspelt).__aenter__()


@pytest.mark.parametrize(
    ("make", "name", "meant"),
    [
        (lambda **more: Tool.from_function(print, **more), "aprove", "approve"),
        (lambda **more: Media.of(b"x", **more), "medai_type", "media_type"),
        (lambda **more: ToolResult.of(CALLED, **more), "valeu", "value"),
        (CALLED.parse, "tolo", "tool"),
        (lambda **more: EMPTY_RUN.deny("c", **more), "reasno", "reason"),
        (lambda **more: EMPTY_RUN.answer("c", **more), "valeu", "value"),
        (EMPTY_RUN.approve, "call_di", "call_id"),
        (EMPTY_RUN.cost, "price_of", "prices_of"),
        (lambda **more: Embeddings(vectors=()).cost(**more), "price_of", "prices_of"),
        (lambda **more: say("Hi").cost(**more), "price_of", "prices_of"),
        (lambda **more: LLMConfig("echo").to_dict(**more), "redatc", "redact"),
        (lambda **more: explain("echo", **more), "plugisn", "plugins"),
        (lambda **more: read_conversation("Hi", **more), "isuer", "issuer"),
        (lambda **more: SyncLLM("echo").learn_capabilities(**more), "refrehs", "refresh"),
        (lambda **more: asyncio.run(LLM("echo").learn_capabilities(**more)), "refrehs", "refresh"),
        (RetryPolicy, "retrys", "retries"),
        (AnthropicOptions, "topk", "top_k"),
        (OpenAIOptions, "verbosty", "verbosity"),
    ],
)
def test_a_misspelt_argument_is_told_apart(make: Callable[..., object], name: str, meant: str) -> None:
    with pytest.raises(TypeError, match=f"'{name}': did you mean '{meant}'"):
        make(**{name: "x"})
