"""Lines of user code that both type checkers accept, with the types that a reader expects; checked, never run."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict, assert_type

from dragoman import (
    LLM,
    CallSettings,
    ConfigOrigin,
    Effort,
    Embeddings,
    Event,
    FileInfo,
    FileRef,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    Response,
    ServerTool,
    StreamingLLM,
    SyncLLM,
    Tool,
    ToolChoice,
    ToolLike,
    Usage,
)
from dragoman.spec.operations import ModelInfo
from dragoman_anthropic import AnthropicOptions
from dragoman_google import GoogleEmbeddingOptions
from dragoman_openai import OpenAIFileOptions, OpenAIOptions


@dataclass
class City:
    name: str


class Town(TypedDict):
    name: str


def weather(city: str) -> str:
    """Return the weather."""
    return city


def ways_in(path: Path) -> None:
    assert_type(LLM("gpt-4o"), LLM)
    assert_type(LLM("gpt-4o", temperature=0, timeout=30), LLM)
    assert_type(LLM(model="gpt-4o", api_key=os.environ["KEY"], stop="END"), LLM)
    assert_type(LLM(LLMConfig("gpt-4o", num_retries=1)), LLM)
    assert_type(LLM("gpt-4o", fallbacks=["claude-sonnet-4-5", {"model": "echo"}, LLMConfig("gemini-2.5-pro")]), LLM)
    assert_type(LLM("gpt-4o", options=[OpenAIOptions(store=False), AnthropicOptions(betas=["b"])]), LLM)
    assert_type(LLM("gpt-4o", options={"openai": {"store": False}}), LLM)
    assert_type(LLM("gpt-4o", verify=path, client_cert=(path, path), proxy=False), LLM)
    assert_type(LLM.load("draft"), LLM)
    assert_type(StreamingLLM.load("draft", path=path, temperature=1), StreamingLLM)
    assert_type(SyncLLM.load(path="models.toml"), SyncLLM)
    assert_type(LLMConfig.load("draft").origins, dict[str, ConfigOrigin])
    assert_type(LLMConfig.load("draft").origins["model"].line, int | None)


async def settings_of_a_call(llm: LLM, messages: list[Message]) -> None:
    shared: CallSettings = {"temperature": 0, "stop": ["a", "b"]}
    assert_type(await llm.generate("Hi", **shared), Response)
    assert_type(await llm.generate("Hi", max_tokens=5, temperature=0.5, seed=1, stop="END"), Response)
    assert_type(await llm.generate("Hi", effort="high"), Response)
    assert_type(await llm.generate("Hi", effort=Effort("beyond")), Response)
    assert_type(await llm.generate("Hi", timeout=5, headers={"x-run": "7"}, on_unsupported="adjust"), Response)
    assert_type(await llm.generate("Hi", options=AnthropicOptions(container="c")), Response)
    assert_type(await llm.generate("Hi", options=(OpenAIOptions(user="u"),)), Response)
    assert_type(await llm.generate("Hi", options={"anthropic": {"betas": ["b"]}}), Response)
    assert_type(await llm.generate("Hi", temperature=None), Response)
    assert_type(await llm.chat_completion(messages, temperature=0), str)
    assert_type(await llm.completion("Hi", suffix="!"), str)


async def tools_and_formats(llm: LLM) -> None:
    tools: list[ToolLike] = [weather, Tool(name="t"), ServerTool(id="openai.web_search"), {"type": "function"}]
    assert_type(await llm.generate("Hi", tools=[weather], tool_choice="required"), Response)
    assert_type(await llm.generate("Hi", tools=tools, tool_choice=ToolChoice("tool", "t")), Response)
    assert_type(await llm.generate("Hi", tool_choice={"type": "auto"}, parallel_tool_calls=False), Response)
    await llm.generate("Hi", output="json")
    await llm.generate("Hi", output=City)
    await llm.generate("Hi", output=list[Town])
    await llm.generate("Hi", output=City | None)
    await llm.generate("Hi", output=Literal["yes", "no"])
    await llm.generate("Hi", output={"type": "object"})
    await llm.generate("Hi", output=OutputFormat("json_schema", schema={"type": "object"}))
    assert_type(await llm.extract(City, "Bern", temperature=0), City)
    assert_type((await llm.extract(Town, "Bern"))["name"], str)


async def what_is_not_an_answer(llm: LLM) -> None:
    assert_type(await llm.embed(["a", "b"], dimensions=256), Embeddings)
    assert_type((await llm.embed(["a"])).vectors, tuple[tuple[float, ...], ...])
    assert_type(await llm.embed(["a"], options=[GoogleEmbeddingOptions(task_type="CLUSTERING")]), Embeddings)
    assert_type(await llm.count_tokens("Hi", tools=[weather]), Usage)
    assert_type(await llm.models(), Sequence[ModelInfo])


async def files_of_a_provider(llm: LLM, path: Path) -> None:
    ref = await llm.upload(path, filename="a.pdf", options=[OpenAIFileOptions(purpose="vision")])
    assert_type(ref, FileRef)
    assert_type(await llm.files(), Sequence[FileInfo])
    assert_type(await llm.delete_file(ref), None)
    assert_type(Media.of(ref), Media)
    assert_type(FileRef.of({"openai": "file-1"}).id_for("openai"), str)


async def derived(llm: StreamingLLM, sync: SyncLLM) -> None:
    async def key() -> str:
        return "sk"

    assert_type(llm.with_(model="gpt-4o-mini", temperature=0), StreamingLLM)
    assert_type(sync.with_(options=[OpenAIOptions(user="u")]), SyncLLM)
    assert_type(LLM("gpt-4o", api_key=key), LLM)
    assert_type(LLM("gpt-4o", api_key=lambda: "sk", middleware=[object()]), LLM)


def without_await(llm: SyncLLM, messages: list[Message]) -> None:
    assert_type(llm.completion("Hi", temperature=0), str)
    assert_type(llm.streaming_completion("Hi"), Generator[str, None, None])
    assert_type(llm.streaming_chat_completion(messages, seed=1), Generator[str, None, None])
    assert_type(llm.embed(["a"]), Embeddings)
    assert_type(llm.models(), Sequence[ModelInfo])
    assert_type(llm.count_tokens("Hi"), Usage)
    with llm.stream("Hi", stop="x") as stream:
        assert_type([*stream.text()], list[str])
        for event in stream:
            assert_type(event, Event)
