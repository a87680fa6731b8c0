"""Does a provider read a recorded reply as what it says?

Each ``oracle_*.py`` in this folder works out, from the raw recording and independently of the dialects, what an
exchange says, and how to configure the provider that reads it. :func:`judge` replays the exchange over a real socket
and lists every difference.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from dragoman import LLM, DragomanError, LLMConfig, Response
from dragoman.testing.loopback import LoopbackServer
from recordings import FramingName, Recording


@frozen(kw_only=True)
class Expected:
    """What an exchange says. ``None`` is not compared; *error* stands alone.

    Args:
        text: the joined text.
        reasoning: the joined reasoning.
        tool_calls: name and arguments of each call that the caller is asked to run; arguments as parsed JSON, or as
            text where they are none.
        finish: our word for the end.
        raw_finish: the provider's word for it.
        input_tokens: all tokens read.
        output_tokens: all tokens written.
        response_id: the provider's id of the answer.
        error: the class of the error.
        code: the provider's code of the error.
        alternatives: the further answers.

    """

    text: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[tuple[str, Any], ...] | None = None
    finish: str | None = None
    raw_finish: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    response_id: str | None = None
    error: type[DragomanError] | None = None
    code: str | None = None
    alternatives: tuple[Expected, ...] | None = None


@frozen(kw_only=True)
class Replay:
    """How to replay the exchanges of one api.

    Args:
        expected: what an exchange says; with *ask*, whatever that is to return.
        config: the configuration of the provider, given the loopback server's address.
        where: which exchanges are judged.
        ask: asks for something other than an answer, such as embeddings.
        known: differences that are right all the same, each with its reason, by the recording's id.

    """

    expected: Callable[[Recording], Any]
    config: Callable[[Recording, str], LLMConfig]
    where: Callable[[Recording], bool] = lambda _: True
    ask: Callable[[LLM, Recording], Awaitable[Any]] | None = None
    known: Mapping[str, str] = field(factory=dict[str, str])


@define(kw_only=True)
class Score:
    """Count what was read right."""

    right: int = 0
    total: int = 0
    wrong: dict[str, list[str]] = field(factory=dict[str, list[str]])


def replays() -> dict[str, Replay]:
    """Return every replay, by api."""
    found: dict[str, Replay] = {}
    for path in sorted(Path(__file__).parent.glob("oracle_*.py")):
        found |= importlib.import_module(f"replay.{path.stem}").REPLAYS
    return found


async def judge(
    replay: Replay, recordings: Iterable[Recording], framing: FramingName, *, longest_bytewise: int = 30_000
) -> Score:
    """Replay *recordings* in one framing and count what is read right."""
    score = Score()
    with LoopbackServer() as server:
        for recording in recordings:
            if not replay.where(recording) or framing not in recording.framings():
                continue
            if framing == "bytewise" and len(recording.reply_bytes()) > longest_bytewise:
                continue
            server.reply(recording.reply(framing))
            differences = await compared(replay, recording, server.url)
            score.total += 1
            score.right += not differences
            if differences:
                score.wrong[recording.id] = differences
    return score


async def compared(replay: Replay, recording: Recording, url: str) -> list[str]:
    """Ask once and return every difference."""
    config, expected = replay.config(recording, url), replay.expected(recording)
    if replay.ask is None:
        return compare(await answer(config, stream=is_streamed(recording)), expected)
    async with LLM(config.replace(num_retries=0)) as llm:
        found = await replay.ask(llm, recording)
    return [] if found == expected else [f"wanted {expected!r}, got {found!r}"]


def is_streamed(recording: Recording) -> bool:
    """Tell whether the answer was asked for as a stream."""
    body = recording.request.body
    return recording.streamed or (isinstance(body, dict) and body.get("stream") is True)


async def answer(config: LLMConfig, *, stream: bool) -> Response | DragomanError:
    """Ask once and return whatever comes of it."""
    async with LLM(config.replace(num_retries=0)) as llm:
        try:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as events:
                return await events.collect()
        except DragomanError as error:
            return error


def compare(outcome: Response | DragomanError, expected: Expected) -> list[str]:
    """Return every difference between what came and what was expected."""
    if expected.error is not None:
        right = isinstance(outcome, expected.error) and (expected.code is None or outcome.code == expected.code)
        return [] if right else [f"wanted {expected.error.__name__} {expected.code or ''}, got {outcome!r}"]
    if isinstance(outcome, DragomanError):
        return [f"wanted an answer, got {outcome!r}"]
    pairs = (
        ("text", outcome.text, expected.text),
        ("reasoning", outcome.reasoning, expected.reasoning),
        ("tool_calls", tuple((call.name, parsed(call.arguments)) for call in outcome.tool_calls), expected.tool_calls),
        ("finish", str(outcome.finish.reason), expected.finish),
        ("raw finish", outcome.finish.raw, expected.raw_finish),
        ("input_tokens", outcome.usage.input_tokens, expected.input_tokens),
        ("output_tokens", outcome.usage.output_tokens, expected.output_tokens),
        ("response_id", outcome.origin.response_id, expected.response_id),
    )
    wrong = ((name, got, wanted) for name, got, wanted in pairs if wanted is not None and got != wanted)
    return [f"{name}: wanted {wanted!r}, got {got!r}" for name, got, wanted in wrong] + compare_further(
        outcome, expected
    )


def compare_further(outcome: Response, expected: Expected) -> list[str]:
    """Return every difference in the further answers."""
    got, wanted = outcome.alternatives, expected.alternatives
    if wanted is None:
        return []
    if len(got) != len(wanted):
        return [f"alternatives: wanted {len(wanted)}, got {len(got)}"]
    pairs = enumerate(zip(got, wanted, strict=True))
    return [f"alternatives[{index}] {each}" for index, pair in pairs for each in compare(*pair)]


def parsed(arguments: str) -> Any:
    """Return arguments as JSON where they are JSON: whitespace, order and an empty object before them do not matter."""
    try:
        return json.loads(arguments.removeprefix("{}") or "{}")
    except ValueError:
        return arguments


def events(recording: Recording) -> list[tuple[str, str]]:
    """Return (name, data) of each event of a recorded stream, split by the plainest rules there are."""
    text = recording.reply_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    found: list[tuple[str, str]] = []
    for block in text.split("\n\n"):
        lines = [line.partition(":") for line in block.split("\n")]
        data = [value.removeprefix(" ") for name, _, value in lines if name == "data"]
        names = [value.removeprefix(" ") for name, _, value in lines if name == "event"]
        if data:
            found.append((names[-1] if names else "message", "\n".join(data)))
    return found
