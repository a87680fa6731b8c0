"""Recorded answers of every API are written in the forms of other libraries, whole and streamed, and say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, DragomanError, Event, Reasoning, Refusal, Response, StreamEnd, Text, assemble, events_of
from dragoman.http import HttpReply, ServerSentEvent
from dragoman.testing.loopback import LoopbackServer
from dragoman_anthropic import AnthropicMessages, anthropic_format
from dragoman_openai_compatible import OpenAIChat, OpenAICompatibleOptions, openai_format
from recordings import Recording, recordings, skip
from replay import asked
from replay.judge import is_streamed
from replay.requests import APIS, is_asked
from replay.runs import reader

CHAT: OpenAIChat[Any] = OpenAIChat(provider="openai", options=OpenAICompatibleOptions)
MESSAGES = AnthropicMessages()
MOST = 20
"""About how many recordings of an API are read."""


async def events_read(recording: Recording, told: asked.Asked) -> list[Event]:
    """Return the events of a recorded answer; those that a stream of it would have, if it was whole."""
    with LoopbackServer() as server:
        server.reply(recording.reply("whole"))
        address = str(told.config.api_base).replace(asked.ADDRESS, server.url)
        async with LLM(told.config.replace(api_base=address, num_retries=0)) as llm:
            if not is_streamed(recording):
                return events_of(await llm.generate(told.messages, **told.arguments))
            async with llm.stream(told.messages, **told.arguments) as events:
                return [event async for event in events]


def said(response: Response) -> dict[str, Any]:
    """Return what an answer says in every form."""
    message, usage = response.message, response.usage
    calls = [call for call in response.tool_calls if not call.server_side]
    return {
        "text": "".join(part.text for part in message.parts if isinstance(part, Text | Refusal)),
        "reasoning": "".join("".join(part.text.split()) for part in message.of_type(Reasoning)),
        "calls": [(call.name, call.call_id, json.loads(call.arguments.strip() or "{}")) for call in calls],
        "tokens": (usage.input_tokens, usage.output_tokens) if usage.total_tokens is not None else None,
    }


def reply(data: dict[str, Any]) -> HttpReply:
    return HttpReply(status=200, body=json.dumps(data).encode())


def decoded(decoder: Any, written: list[dict[str, Any]]) -> Response:
    events = [ServerSentEvent(json.dumps(each).encode(), each.get("type", "message")) for each in written]
    return assemble([*(each for event in events for each in decoder.feed(event)), *decoder.close()])


def read_back(events: list[Event], response: Response) -> dict[str, Response]:
    """Return the answer as each form has it."""
    chunks, blocks = (
        openai_format.ChunkWriter(on_unsupported="adjust"),
        anthropic_format.EventWriter(on_unsupported="adjust"),
    )
    completion = openai_format.write_completion(response, on_unsupported="adjust")
    message = anthropic_format.write_response(response, on_unsupported="adjust")
    return {
        "completion": CHAT.decode(reply(completion)),
        "chunks": decoded(CHAT.decoder(), [each for event in events for each in chunks.write(event)]),
        "message": MESSAGES.decode(reply(message)),
        "events": decoded(MESSAGES.decoder(), [each for event in events for each in blocks.write(event)]),
    }


@pytest.mark.parametrize("api", APIS)
async def test_a_recorded_answer_says_the_same_in_every_form(api: str) -> None:
    skip()
    found = list(filter(is_asked, recordings(api)))
    wrong: dict[str, Any] = {}
    total = 0
    for recording in found[:: max(1, len(found) // MOST)]:
        try:
            told = reader(recording)(recording, asked.body_of(recording))
        except (DragomanError, AttributeError):
            continue  # the body is none of the form, such as with the names of tools in place of tools
        try:
            events = await events_read(recording, told)
        except DragomanError:
            continue  # a recorded error is not an answer
        assert isinstance(events[-1], StreamEnd)
        response = events[-1].response
        try:
            expected = said(response)
        except ValueError:
            continue  # arguments that are not JSON
        total += 1
        try:
            forms = read_back(events, response)
        except DragomanError as error:
            wrong[recording.id] = str(error)
            continue
        wrong |= {f"{recording.id}: {form}": said(each) for form, each in forms.items() if said(each) != expected}
    print(f"{api}: {total}")
    assert wrong == {}
    assert total
