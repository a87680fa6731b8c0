"""Recorded tool loops: an answer that is read, and sent back with what follows it, is the next recorded request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import attrs

from dragoman import LLM, Response
from dragoman.testing.loopback import LoopbackServer
from recordings import Recording, recordings
from replay import asked, spellings
from replay.asked import Asked
from replay.judge import is_streamed
from replay.requests import WIRES, is_asked


def turns(api: str) -> Iterator[tuple[Recording, Recording]]:
    """Yield each recorded turn of a loop with the turn that continues it and holds its answer."""
    loops: dict[str, dict[int, Recording]] = defaultdict(dict)
    for recording in filter(is_asked, recordings(api)):
        if recording.sequence is not None:
            loops[recording.sequence["id"]][recording.sequence["position"]] = recording
    for loop in loops.values():
        for position, recording in loop.items():
            after = loop.get(position + 1)
            if after is not None and answer_length(recording, after):
                yield recording, after


def conversation(recording: Recording) -> list[Any]:
    """Return the messages or items of a request, none for a prompt or a conversation that the vendor keeps."""
    body = recording.request.body
    listed = body.get("messages", body.get("input"))
    return listed if isinstance(listed, list) and "previous_response_id" not in body else []


def answer_length(recording: Recording, after: Recording) -> int:
    """Return how many messages or items of *after* are the answer to *recording*; 0 if it does not continue that."""
    before, whole = conversation(recording), conversation(after)
    if not before or whole[: len(before)] != before:
        return 0
    rest = whole[len(before) :]
    return next((at for at, each in enumerate(rest) if not is_answer(each)), len(rest))


def is_answer(item: dict[str, Any]) -> bool:
    """Tell whether a message or an item is the model's."""
    kind = item.get("type")
    by_caller = isinstance(kind, str) and kind.endswith("_output")
    return item.get("role") == "assistant" or ("role" not in item and not by_caller)


async def differences(recording: Recording, after: Recording) -> list[str]:
    """Return the paths of what was recorded in *after* and is not sent with the answer that is read here."""
    reader, same = WIRES[after.api.partition(".")[2]]
    body = asked.body_of(after)
    told = reader(after, body)
    answer = await answered(recording, reader(recording, asked.body_of(recording)))
    start = len(told.messages) - len(conversation(after)) + len(conversation(recording))
    rest = told.messages[start + answer_length(recording, after) :]
    ours = attrs.evolve(told, messages=[*told.messages[:start], answer.message, *rest]).sent()
    sent = spellings.leaves(spellings.plain(ours, same))
    recorded = spellings.leaves(spellings.plain(body, same))
    nothing = object()
    return [path for path, value in recorded.items() if path != "model" and sent.get(path, nothing) != value]


async def answered(recording: Recording, told: Asked) -> Response:
    """Return the recorded answer, read by the provider of the recording."""
    with LoopbackServer() as server:
        server.reply(recording.reply("whole"))
        address = str(told.config.api_base).replace(asked.ADDRESS, server.url)
        async with LLM(told.config.replace(api_base=address, num_retries=0)) as llm:
            if not is_streamed(recording):
                return await llm.generate(told.messages, **told.arguments)
            async with llm.stream(told.messages, **told.arguments) as events:
                return await events.collect()
