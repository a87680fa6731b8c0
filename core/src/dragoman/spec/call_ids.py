"""Ids of the calls of one turn: each call has one, and no two the same, since results name calls by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

import attrs

from dragoman.spec.call_arguments import same_object, says_none, settled_arguments
from dragoman.spec.parts import Part, ToolCall

MOST_COMPARED = 32
"""With how many calls of the same id and name one is compared, so that the time stays linear."""


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


def said_once(parts: Iterable[Part]) -> list[Part]:
    """Return the parts of a whole answer without the calls that it says again.

    Such a call has the id and the name of another, and the same arguments or none.
    """
    kept: list[Part] = []
    places: dict[tuple[str, str], list[int]] = {}
    for part in parts:
        if not isinstance(part, ToolCall) or not part.call_id:
            kept.append(part)
            continue
        known = places.setdefault((part.call_id, part.name), [])
        place = next((at for at in known[-MOST_COMPARED:] if is_said_again(part, kept[at])), None)
        if place is None:
            known.append(len(kept))
            kept.append(part)
        elif (added := fuller(part, kept[place])) is not None:
            kept[place] = added
    return kept


def is_said_again(call: ToolCall, known: Part) -> bool:
    """Return whether a call and a known one of its id and name are one: equal, or one of them without arguments."""
    return isinstance(known, ToolCall) and (repeats_call(call, known) or repeats_call(known, call))


def fuller(call: ToolCall, known: Part) -> ToolCall | None:
    """Return *known* with the arguments and the seal that it lacks and *call* has, ``None`` if it lacks none."""
    assert isinstance(known, ToolCall)  # noqa: S101  # by is_said_again
    arguments = call.arguments if says_none(known.arguments) else known.arguments
    seal = known.seal or call.seal
    if arguments == known.arguments and seal is known.seal:
        return None
    return attrs.evolve(known, arguments=arguments, seal=seal)


def is_announced(call: ToolCall) -> bool:
    """Return whether a call has an id, and no arguments, which may still follow."""
    return bool(call.call_id) and says_none(call.arguments) and not call.server_side


def begins_again(known: Part | None, call: ToolCall) -> TypeGuard[ToolCall]:
    """Return whether the start of a call says again that a known one begins: the same id, and the same name or none."""
    return (
        isinstance(known, ToolCall)
        and bool(call.call_id)
        and call.call_id == known.call_id
        and call.name in {"", known.name}
        and call.server_side == known.server_side
    )


def repeats_call(call: ToolCall, known: ToolCall) -> bool:
    """Return whether a call says the name of a known one, and the same arguments or none."""
    if call.name != known.name or call.server_side or known.server_side:
        return False
    own, theirs = settled_call(call).arguments, settled_call(known).arguments
    return own == theirs or says_none(own) or same_object(own, theirs)


def settled_call(call: ToolCall) -> ToolCall:
    """Return a call with its arguments once; the input of a tool that takes a text stays as it is."""
    if call.metadata.get("type") == "custom":
        return call
    arguments = settled_arguments(call.arguments)
    return call if arguments == call.arguments else attrs.evolve(call, arguments=arguments)
