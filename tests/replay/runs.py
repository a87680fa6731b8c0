"""Recorded tool loops, run: the model answers as it did, and each tool returns what it returned."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from itertools import dropwhile
from typing import Any

from attrs import field, frozen

from dragoman import LLM, DragomanError, Message, Run, Tool, ToolResult, TurnLimitError
from dragoman.client.conversation import messages_of
from dragoman.spec.function_tool import with_function
from dragoman.spec.tool_formats import read_tool
from dragoman.testing.loopback import LoopbackServer
from recordings import Recording, recordings
from replay import asked
from replay.asked import Asked
from replay.judge import is_streamed
from replay.requests import WIRES, is_asked


@frozen(kw_only=True)
class Loop:
    """Hold the turns of one loop, and the results with which each but the first begins."""

    turns: tuple[Recording, ...]
    results: tuple[tuple[ToolResult, ...], ...] = field(default=())

    @property
    def id(self) -> str:
        """Return the id of its first turn."""
        return self.turns[0].id


def reader(recording: Recording) -> Any:
    """Return what reads the requests of an API."""
    return (WIRES.get(recording.api) or WIRES[recording.api.partition(".")[2]])[0]


def loops(api: str) -> Iterator[Loop]:
    """Yield the recorded loops of two turns or more, in which nobody but the model and its tools says anything."""
    sequences: dict[str, dict[int, Recording]] = defaultdict(dict)
    for recording in filter(is_asked, recordings(api)):
        if recording.sequence is not None:
            sequences[recording.sequence["id"]][recording.sequence["position"]] = recording
    for sequence in sequences.values():
        turns: list[Recording] = []
        results: list[tuple[ToolResult, ...]] = []
        for position in sorted(sequence):
            following = results_after(turns[-1], sequence[position]) if turns else None
            if following is None:
                if len(turns) > 1:
                    yield Loop(turns=tuple(turns), results=tuple(results))
                turns, results = [sequence[position]], []
            else:
                turns.append(sequence[position])
                results.append(following)
        if len(turns) > 1:
            yield Loop(turns=tuple(turns), results=tuple(results))


def read(recording: Recording, body: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages of a request."""
    told: Asked = reader(recording)(recording, body)
    return messages_of(told.messages, str(told.config.kwargs["provider"]), None) if told.messages else ()


def results_after(before: Recording, after: Recording) -> tuple[ToolResult, ...] | None:
    """Return the results with which *after* continues *before*, ``None`` if anything else is said."""
    if "previous_response_id" in after.request.body or is_streamed(before) != is_streamed(after):
        return None
    try:
        first, whole = read(before, asked.body_of(before)), read(after, asked.body_of(after))
    except DragomanError:
        return None
    rest = whole[len(first) :]
    if not first or whole[: len(first)] != first or not rest or rest[0].role != "assistant":
        return None
    told = list(dropwhile(lambda message: message.role == "assistant", rest))  # all after one answer
    results = tuple(part for message in told for part in message.parts if isinstance(part, ToolResult))
    return results if told and len(results) == sum(len(message.parts) for message in told) else None


def tools_of(loop: Loop, told: Asked) -> list[Any]:
    """Return the tools of a loop; each returns what it returned, in the order of the calls with the same arguments."""
    queues: dict[str, deque[ToolResult]] = defaultdict(deque)
    for results in loop.results:
        for result in results:
            queues[result.name].append(result)
    provider = str(told.config.kwargs["provider"])

    found: list[Any] = []
    for index, given in enumerate(told.arguments.get("tools") or ()):
        tool = read_tool(given, f"tools[{index}]", provider) if isinstance(given, Mapping) else given
        if isinstance(tool, Tool):
            found.append(with_function(tool, returning(queues, tool.name)))
        elif isinstance(given, Mapping) and given.get("name") in queues:  # the caller runs it, as the vendor defines it
            found.append({**given, "function": returning(queues, given["name"])})
        else:
            found.append(tool)
    return found


def returning(queues: Mapping[str, deque[ToolResult]], name: str) -> Any:
    """Return a function that returns the recorded results of a tool, one after the other."""

    async def recorded(**_: Any) -> ToolResult:
        return queues[name].popleft()

    return recorded


async def differences(loop: Loop) -> list[str]:
    """Return in what a loop that is run differs from the recorded one."""
    first = loop.turns[0]
    told: Asked = reader(first)(first, asked.body_of(first))
    with LoopbackServer() as server:
        for turn in loop.turns:
            server.reply(turn.reply("whole"))
        address = str(told.config.api_base).replace(asked.ADDRESS, server.url)
        arguments = {**told.arguments, "tools": tools_of(loop, told), "turns": len(loop.turns), "concurrency": 1}
        async with LLM(told.config.replace(api_base=address, num_retries=0)) as llm:
            run = await _run(llm, told, arguments, streams=is_streamed(first))
        sent = [read(first, request.json) for request in server.requests]
    found = [] if len(run.turns) == len(loop.turns) else [f"{len(run.turns)} turns of {len(loop.turns)}"]
    for number, (ours, turn) in enumerate(zip(sent, loop.turns, strict=False)):
        recorded = read(turn, asked.body_of(turn))
        if results_in(ours) != results_in(recorded):
            found.append(f"turn {number}: {results_in(ours)} for {results_in(recorded)}")
    return found


async def _run(llm: LLM, told: Asked, arguments: dict[str, Any], *, streams: bool) -> Run[Any]:
    try:
        if not streams:
            return await llm.run(told.messages, **arguments)
        async with llm.stream_run(told.messages, **arguments) as events:
            return await events.collect()
    except TurnLimitError as error:
        if error.run is None:
            raise
        return error.run  # the recording ends before the loop does


def results_in(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    """Return the results in a conversation: the name of the tool and the text."""
    return [(result.name, result.text) for message in messages for result in message.of_type(ToolResult)]
