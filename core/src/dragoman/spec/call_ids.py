"""Ids of the calls of one turn: each call has one, and no two the same, since results name calls by their ids."""

from __future__ import annotations

import attrs

from dragoman.spec.call_arguments import same_object, settled_arguments
from dragoman.spec.parts import Part, ToolCall


class CallIds:
    """Give each call of one turn an id of its own: that of the server where it is given and unused."""

    __slots__ = ("_count", "_taken")

    def __init__(self) -> None:
        self._count = 0
        self._taken: dict[str, int] = {}  # with the number to try next for another call of that id

    def of(self, call: ToolCall) -> ToolCall:
        """Return the next call with its id; one that the provider runs itself keeps what it has."""
        if call.server_side:
            self._taken.setdefault(call.call_id, 0)
            return call
        own = self.own(call.call_id)
        self._count += 1
        return call if own == call.call_id else attrs.evolve(call, call_id=own)

    def own(self, given: str) -> str:
        """Return an id that no other call has."""
        given = own = given or f"call_{self._count}"
        number = max(self._count, self._taken.get(given, 0))
        while own in self._taken:
            own = f"{given}_{number}"
            number += 1
            self._taken[given] = number
        self._taken.setdefault(own, 0)
        return own


def settled_calls(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts of an answer, with an id and the arguments once in each call."""
    if not any(isinstance(part, ToolCall) for part in parts):
        return parts
    ids = CallIds()
    return tuple([settled_call(ids.of(part)) if isinstance(part, ToolCall) else part for part in parts])


def repeats_call(call: ToolCall, known: ToolCall) -> bool:
    """Return whether a call says the name of a known one, and the same arguments or none."""
    if call.name != known.name or call.server_side or known.server_side:
        return False
    own, theirs = settled_call(call).arguments, settled_call(known).arguments
    return own in {"", "{}", theirs} or same_object(own, theirs)


def settled_call(call: ToolCall) -> ToolCall:
    """Return a call with its arguments once; the input of a tool that takes a text stays as it is."""
    if call.metadata.get("type") == "custom":
        return call
    arguments = settled_arguments(call.arguments)
    return call if arguments == call.arguments else attrs.evolve(call, arguments=arguments)
