"""Runs: the model asks for tools, they are run, and it goes on with the results until it has answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.conversation import Conversation, messages_of
from dragoman.client.request_builder import refuse_several
from dragoman.client.run_loop import RunLoop
from dragoman.client.run_settings import divided
from dragoman.client.run_state import RunState
from dragoman.client.run_stream import RunStream
from dragoman.client.run_tools import check_open_calls, run_tools
from dragoman.spec.argument_checks import is_iterable
from dragoman.spec.events import Event, StreamEnd
from dragoman.spec.message import Message
from dragoman.spec.provider import Timeouts
from dragoman.spec.request import OutputFormat, Settings
from dragoman.spec.run import Run

if TYPE_CHECKING:
    from dragoman.client.llm import LLM


async def finish_run(
    llm: LLM, model: ConfiguredModel, start: Conversation | Run[Any], arguments: Mapping[str, Any]
) -> Run[Any]:
    """Go on with a conversation or a run to its end; see :meth:`LLM.run`."""
    loop = _loop(llm, model, start, arguments, streams=False)
    async with aclosing(loop.events()) as events:
        async for event in events:
            del event  # keep it out of tracebacks that show locals
    return loop.run


async def open_run(
    llm: LLM, model: ConfiguredModel, start: Conversation | Run[Any], arguments: Mapping[str, Any]
) -> tuple[RunStream[Any], RunStream[Any]]:
    """Return a stream of what happens in a run, and what closes it; see :meth:`LLM.stream_run`."""
    loop = _loop(llm, model, start, arguments, streams=True)
    stream = await RunStream[Any](loop, lambda: model.ready()[1].settings_of(arguments)).__aenter__()
    return stream, stream


def _loop(
    llm: LLM, model: ConfiguredModel, start: Conversation | Run[Any], arguments: Mapping[str, Any], *, streams: bool
) -> RunLoop:
    settings, rest = divided(arguments)
    given = rest.get("n", llm.config.kwargs.get("n"))
    if given is not None:
        refuse_several(Settings(n=given), "a run", "leave n out")
    told, runnable = run_tools(rest.pop("tools", None), lambda: model.ready()[1].provider)
    run = start if isinstance(start, Run) else Run[Any](prompt=_read(model, start))
    if run.is_open:
        check_open_calls(run, runnable, settings)
    kind = _kind_of(rest.get("output"))
    if kind is not None:
        run = attrs.evolve(run, kind=kind)
    elif run.kind is not None and rest.get("output") is None:
        rest["output"] = run.kind
    timeout = llm.config.kwargs.get("timeout", Timeouts().total)
    ask = _streamed if streams else _whole
    return RunLoop(RunState(run, settings), partial(ask, llm), runnable, {**rest, "tools": told}, timeout)


async def _whole(llm: LLM, messages: tuple[Message, ...], arguments: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
    yield StreamEnd(await llm.generate(messages, **arguments))


async def _streamed(
    llm: LLM, messages: tuple[Message, ...], arguments: Mapping[str, Any]
) -> AsyncGenerator[Event, None]:
    async with llm.stream(messages, **arguments) as events:
        async for event in events:
            yield event


def _read(model: ConfiguredModel, start: Conversation) -> tuple[Message, ...]:
    """Return the messages of a conversation, of which plain data is in the format of the provider."""
    if not isinstance(start, str | Message | Mapping) and is_iterable(start):
        start = tuple(start)
        if all(isinstance(each, Message) for each in start):
            return messages_of(start, "", None)
    _, builder = model.ready()
    return messages_of(start, builder.provider, builder.formats)  # pyright: ignore[reportUnknownArgumentType]


def _kind_of(output: Any) -> Any:
    """Return the type of the answer, ``None`` if *output* is a format."""
    return None if isinstance(output, str | Mapping | OutputFormat) else output
