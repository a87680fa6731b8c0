"""Recorded answers in JSON are read as values, whole and streamed, with every vendor of which there are any."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dragoman import LLM, DragomanError, OutputError, OutputFormat, Response
from dragoman.testing.loopback import LoopbackServer
from recordings import Recording, recordings, skip
from replay import asked
from replay.asked import Asked
from replay.judge import is_streamed
from replay.requests import APIS, is_asked
from replay.runs import reader

NONE = {
    "azure.responses",
    "bedrock.invoke",
    "bedrock.invoke_stream",
    "ollama.generate",
    "openrouter.responses",
    "vertex.anthropic",
}
"""The APIs without a recorded answer in JSON."""


def asked_for_json(api: str) -> Iterator[tuple[Recording, Asked]]:
    """Yield the recordings in which JSON was asked for."""
    for recording in filter(is_asked, recordings(api)):
        try:
            told: Asked = reader(recording)(recording, asked.body_of(recording))
        except (DragomanError, AttributeError):
            continue  # the body is none of the form, such as with the names of tools in place of tools
        output = told.arguments.get("output")
        if isinstance(output, OutputFormat):
            kind = output.kind
        else:
            kind = output.get("type") if isinstance(output, Mapping) else output or "text"
        if kind != "text":
            yield recording, told


async def opened(recording: Recording, told: Asked, kind: Any) -> Any:
    """Return the recorded answer, or the value that is read of it if there is a *kind*."""
    arguments = {name: value for name, value in told.arguments.items() if name != "output"}
    with LoopbackServer() as server:
        server.reply(recording.reply("bytewise" if is_streamed(recording) and kind else "whole"))
        address = str(told.config.api_base).replace(asked.ADDRESS, server.url)
        async with LLM(told.config.replace(api_base=address, num_retries=0, on_unsupported="adjust")) as llm:
            if not is_streamed(recording):
                asking = llm.extract(kind, told.messages, repairs=0, **arguments) if kind else None
                return await (asking or llm.generate(told.messages, **arguments))
            if kind is None:
                async with llm.stream(told.messages, **arguments) as events:
                    return await events.collect()
            async with llm.stream_extract(kind, told.messages, **arguments) as values:
                states = [state async for state in values]
                assert (states[-1].data, states[-1].is_whole) == (values.value, True)
                return values.value


def data_in(response: Response) -> dict[str, Any] | None:
    """Return the object that the text of an answer is by itself, ``None`` if it is none."""
    try:
        data = json.loads(response.text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


@pytest.mark.parametrize("api", sorted({*APIS} - NONE))
async def test_recorded_answers_in_json_are_read_as_values(api: str) -> None:
    skip()
    wrong: dict[str, Any] = {}
    total = 0
    for recording, told in asked_for_json(api):
        try:
            response = await opened(recording, told, None)
        except DragomanError:
            continue  # an error was recorded
        is_whole = response.finish.reason == "stop" and not response.tool_calls
        expected = data_in(response)
        if is_whole and expected is None:
            continue  # the model answered in prose
        try:
            found = await opened(recording, told, dict[str, Any])
        except OutputError as error:
            if is_whole:
                wrong[recording.id] = str(error)[:200]
            continue
        total += 1
        if found != expected:
            wrong[recording.id] = (found, expected)
    print(f"{api}: {total}")
    assert wrong == {}
    assert total
