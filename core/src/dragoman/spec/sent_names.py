"""Tools that were sent under another name: their own names in answers, and the answer that a call stands for."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dragoman.spec.events import ArgumentsDelta, Event, PartStart, PartUpdate, ResponseSnapshot, TextDelta
from dragoman.spec.parts import Part, Text, ToolCall, ToolResult
from dragoman.spec.response import Finish, FinishReason, Response

IS_ANSWER = ""
"""In place of the name of a tool: the arguments of a call of it are the text of the answer."""


def with_names(response: Response, names: Mapping[str, str]) -> Response:
    """Return *response* with the original names of renamed tools, keyed in *names* by what was sent."""
    parts = tuple([_named(part, names) for part in response.message.parts])
    calls = any(isinstance(part, ToolCall) and not part.server_side for part in parts)
    finish = response.finish if calls else _without_calls(response.finish, names)
    return attrs.evolve(response, message=attrs.evolve(response.message, content=parts), finish=finish)


def _named(part: Part, names: Mapping[str, str]) -> Part:
    if not isinstance(part, ToolCall | ToolResult) or (name := names.get(part.name)) is None:
        return part
    if name == IS_ANSWER and isinstance(part, ToolCall):
        return Text(text=part.arguments, seal=part.seal)
    return attrs.evolve(part, name=name)


def _without_calls(finish: Finish, names: Mapping[str, str]) -> Finish:
    if IS_ANSWER not in names.values() or finish.reason != FinishReason.TOOL_CALLS:
        return finish
    return attrs.evolve(finish, reason=FinishReason.STOP)


class EventNames:
    """Give the tools in the events of one stream their own names.

    Args:
        names: the original names, keyed by what was sent.

    """

    __slots__ = ("_answers", "_calls", "_names")

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._answers: set[int] = set()
        self._calls = False

    def of(self, event: Event) -> Event:
        """Return one event as it is to be seen; events must be given in their order."""
        if isinstance(event, PartStart | PartUpdate):
            part = _named(event.part, self._names)
            if isinstance(part, Text) and isinstance(event.part, ToolCall):
                self._answers.add(event.index)
            self._calls |= isinstance(part, ToolCall) and not part.server_side
            return attrs.evolve(event, part=part)
        if isinstance(event, ArgumentsDelta) and event.index in self._answers:
            return TextDelta(event.index, event.fragment)
        if isinstance(event, ResponseSnapshot) and event.finish is not None and not self._calls:
            return attrs.evolve(event, finish=_without_calls(event.finish, self._names))
        return event
