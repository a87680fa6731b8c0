"""Whatever is given where something else is wanted: one of our errors, and nothing is asked of the provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from core.scripted import Scripted, say
from dragoman import (
    LLM,
    Bytes,
    CallContext,
    ConfigurationError,
    Data,
    DragomanError,
    FileRef,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Refusal,
    Secret,
    ServerTool,
    Settings,
    SyncLLM,
    Text,
    Timeouts,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnknownModelError,
    Url,
    explain,
)
from dragoman.spec.retry_policy import RetryPolicy

Make = Callable[[Any], Any]


class Hostile:
    """Fail wherever it is asked for anything."""

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


def _cycle() -> Any:
    value: dict[str, Any] = {}
    value["again"] = value
    return value


def _deep() -> Any:
    value: Any = {}
    for _ in range(2000):
        value = {"a": value}
    return value


FIVE = 5
THINGS = {
    "a number": FIVE,
    "a list": [5],
    "a mapping": {"a": 1},
    "a set": {5},
    "bytes": b"x",
    "an object": object(),
    "a class": int,
    "a hostile object": Hostile(),
    "a cycle": _cycle(),
    "too deep": _deep(),
}
"""No texts, and neither messages nor tools."""

TEXTS: dict[str, Make] = {
    "Text": lambda x: Text(text=x),
    "Reasoning": lambda x: Reasoning(text=x),
    "Refusal": lambda x: Refusal(text=x),
    "Refusal.category": lambda x: Refusal(text="", category=x),
    "a part's id": lambda x: Text(text="", id=x),
    "Url": lambda x: Url(url=x),
    "FileRef": lambda x: FileRef(file_id=x),
    "InlineText": lambda x: InlineText(text=x),
    "Media.media_type": lambda x: Media(source=Url(url="u"), media_type=x),
    "Media.filename": lambda x: Media(source=Url(url="u"), media_type="image/png", filename=x),
    "Media.source": lambda x: Media(source=x, media_type="image/png"),
    "ToolCall.name": lambda x: ToolCall(name=x, call_id="c"),
    "ToolCall.call_id": lambda x: ToolCall(name="f", call_id=x),
    "ToolCall.arguments": lambda x: ToolCall(name="f", call_id="c", arguments=x),
    "ToolResult.call_id": lambda x: ToolResult(name="f", call_id=x),
    "ToolResult.outcome": lambda x: ToolResult(name="f", call_id="c", outcome=x),
    "ToolResult.content": lambda x: ToolResult(name="f", call_id="c", content=x),
    "a part's seal": lambda x: Text(text="", seal=x),
    "Message.role": lambda x: Message(x, "Hi"),
    "Message.content": lambda x: Message("user", x),
    "Tool.name": lambda x: Tool(name=x),
    "Tool.description": lambda x: Tool(name="f", description=x),
    "Tool.strict": lambda x: Tool(name="f", strict=x),
    "ServerTool": lambda x: ServerTool(id=x),
    "ToolChoice": ToolChoice,
    "ToolChoice.of": ToolChoice.of,
    "OutputFormat.name": lambda x: OutputFormat("json_schema", name=x),
    "Settings.effort": lambda x: Settings(effort=x),
    "Settings.service_tier": lambda x: Settings(service_tier=x),
    "Settings.logprobs": lambda x: Settings(logprobs=x),
    "Settings.temperature": lambda x: Settings(temperature="5" if x is FIVE else x),
    "Secret": Secret,
    "LLMConfig.model": lambda x: LLMConfig(model=x),
    "LLMConfig.api_key": lambda x: LLMConfig(api_key=x),
    "LLMConfig.api_base": lambda x: LLMConfig(api_base=x),
    "LLMConfig.provider": lambda x: LLMConfig(provider=x),
    "LLMConfig.on_unsupported": lambda x: LLMConfig(on_unsupported=x),
    "LLMConfig.allow_insecure": lambda x: LLMConfig(allow_insecure=x),
    "LLMConfig.fallbacks": lambda x: LLMConfig(fallbacks=[x] if isinstance(x, dict) else x),
    "LLMConfig.from_toml": LLMConfig.from_toml,
    "LLMConfig.from_env": LLMConfig.from_env,
    "LLM": LLM,
    "SyncLLM": SyncLLM,
    "explain": explain,
}
OBJECTS: dict[str, Make] = {
    "a part's options": lambda x: Text(text="", options=x),
    "a part's metadata": lambda x: Text(text="", metadata=x),
    "Tool.schema": lambda x: Tool(name="f", schema=x),
    "Tool.options": lambda x: Tool(name="f", options=x),
    "ServerTool.args": lambda x: ServerTool(id="a.b", args=x),
    "OutputFormat.schema": lambda x: OutputFormat("json_schema", schema=x),
    "LLMConfig.headers": lambda x: LLMConfig(headers=x),
    "LLMConfig.from_dict": LLMConfig.from_dict,
    "LLMConfig.from_env": lambda x: LLMConfig.from_env("D_", x),
    "Message.from_dict": Message.from_dict,
}
MAY_BE: dict[str, set[str]] = {
    "Media.source": set(),
    "LLMConfig.fallbacks": {"a mapping"},
    "ToolResult.content": {"a number", "a list", "a set", "a mapping"},
    "explain": set(),
}


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("where", TEXTS)
def test_what_is_no_text_is_refused_where_it_is_given(where: str, thing: str) -> None:
    if thing in MAY_BE.get(where, ()):
        return
    with pytest.raises(DragomanError) as caught:
        TEXTS[where](THINGS[thing])
    assert isinstance(caught.value, ConfigurationError | InvalidRequestError)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("thing", [each for each in THINGS if each not in {"a mapping", "a cycle", "too deep"}])
@pytest.mark.parametrize("where", OBJECTS)
def test_what_is_no_mapping_is_refused_where_it_is_given(where: str, thing: str) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        OBJECTS[where](THINGS[thing])


@pytest.mark.parametrize("data", ["text", 5, [1], memoryview(b"abcd")[::2]])
def test_bytes_are_bytes(data: Any) -> None:
    with pytest.raises(InvalidRequestError, match="data of Bytes must be bytes"):
        Bytes(data=data)


async def _with_config(llm: LLM, config: Any) -> None:
    llm.config = config
    await llm.generate("Hi")


Ask = Callable[[LLM, Any], Awaitable[Any]]
DOORS: dict[str, Ask] = {
    "generate": lambda llm, x: llm.generate(x),
    "completion": lambda llm, x: llm.completion(x),
    "extract": lambda llm, x: llm.extract(int, x),
    "extract kind": lambda llm, x: llm.extract(Hostile() if x is int else x, "Hi"),
    "output": lambda llm, x: llm.generate("Hi", output=Hostile() if x in (int, {"a": 1}) else x),
    "tools": lambda llm, x: llm.generate("Hi", tools=5 if x == {5} else x),
    "tool_choice": lambda llm, x: llm.generate("Hi", tool_choice=x),
    "options": lambda llm, x: llm.generate("Hi", options=x),
    "headers": lambda llm, x: llm.generate("Hi", headers=5 if isinstance(x, dict) else x),
    "timeout": lambda llm, x: llm.generate("Hi", timeout=-1 if x == 5 else x),
    "on_unsupported": lambda llm, x: llm.generate("Hi", on_unsupported=x),
    "suffix": lambda llm, x: llm.completion("Hi", suffix=x),
    "config": _with_config,
    "name": lambda llm, x: llm.generate([Message("user", "Hi", name=x)]),
}


@pytest.mark.parametrize("thing", [each for each in THINGS if each != "a hostile object"])
@pytest.mark.parametrize("door", DOORS)
async def test_a_door_refuses_what_it_cannot_use(scripted: Scripted, door: str, thing: str) -> None:
    scripted.script = [say("no")]
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        await DOORS[door](LLM(LLMConfig(model="scripted/m")), THINGS[thing])
    assert scripted.asked == []


async def test_hostile_objects_are_refused_by_every_door(scripted: Scripted) -> None:
    for door in ("generate", "completion", "extract", "extract kind", "tool_choice", "options", "headers", "suffix"):
        with pytest.raises((ConfigurationError, InvalidRequestError)):
            await DOORS[door](LLM(LLMConfig(model="scripted/m")), Hostile())
    assert scripted.asked == []


NUMBERS = [float("nan"), float("inf"), -float("inf"), 10**400, True, "5", b"5", Decimal(5), Fraction(5), 5j, []]
LIMITS: dict[str, Make] = {
    **{
        name: lambda x, name=name: LLMConfig(**{name: x})
        for name in (
            "timeout",
            "connect_timeout",
            "first_byte_timeout",
            "idle_timeout",
            "num_retries",
            "temperature",
            "max_tokens",
            "top_p",
            "top_k",
            "seed",
            "presence_penalty",
            "frequency_penalty",
            "top_logprobs",
        )
    },
    **{
        f"Timeouts.{name}": lambda x, name=name: Timeouts(**{name: x})
        for name in ("connect", "first_byte", "idle", "total")
    },
    **{
        f"RetryPolicy.{name}": lambda x, name=name: RetryPolicy(**{name: x})
        for name in ("retries", "first_wait", "longest_backoff", "longest_wait", "jitter")
    },
    "CallContext.deadline": lambda x: CallContext(deadline=x),
}


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("where", LIMITS)
def test_a_number_is_finite_and_plain(where: str, value: Any) -> None:
    if isinstance(value, int) and value > 1 and where in {"temperature", "CallContext.deadline"}:
        return  # numbers without an end; JSON cannot say this one
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        LIMITS[where](value)


async def test_a_number_that_is_put_into_the_configuration_later_is_refused(scripted: Scripted) -> None:
    llm = LLM(LLMConfig(model="scripted/m"))
    llm.config.kwargs["connect_timeout"] = float("nan")
    with pytest.raises(ConfigurationError, match="connect_timeout must be a number of seconds above 0"):
        await llm.generate("Hi")
    with pytest.raises(ConfigurationError, match="temperature must be a finite number"):
        llm.config.temperature = float("inf")


def test_a_fallback_that_nobody_answers_for_is_refused_at_once() -> None:
    with pytest.raises(UnknownModelError, match="'gtp-4o'"):
        LLM(LLMConfig(model="echo", fallbacks=["gtp-4o"]))


def test_the_name_of_a_model_is_enough() -> None:
    llm = LLM("echo", seed=5)
    assert (llm.config.model, llm.config.temperature, llm.config.max_tokens) == ("echo", None, None)
    assert llm.config.kwargs == {"seed": 5}
    with pytest.raises(ConfigurationError, match="seed can only be given with the name of a model"):
        LLM(LLMConfig(model="echo"), seed=5)


def test_a_value_that_json_cannot_say_has_no_text() -> None:
    result = ToolResult(call_id="c", name="f", content=[Data(value=float("nan"))])
    with pytest.raises(InvalidRequestError, match="JSON cannot represent"):
        _ = result.text
