"""The output items of a stream of the Responses API that have begun, and what has arrived of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import attrs

from dragoman import ArgumentsDelta, Part, Reasoning, ReasoningDelta, Refusal, Text, TextDelta, ToolCall
from dragoman.http import CallArguments, GrowingCitations, says_none, word, words
from dragoman_openai_compatible.chat_parts import arguments_of
from dragoman_openai_compatible.responses_items import Item, kind_of

Key: TypeAlias = tuple[type[Any], str, int]
"""A piece of an item: the class of its part, where it stands, and its number."""


class Delta(NamedTuple):
    """Define the type of the item and the part that one kind of delta adds to."""

    item_type: str
    empty: Part
    place: str
    number: str
    event: type[TextDelta | ReasoningDelta | ArgumentsDelta]


_CALL = ToolCall(name="", call_id="")
DELTAS: Mapping[str, Delta] = {
    "response.output_text.delta": Delta("message", Text(text=""), "content", "content_index", TextDelta),
    "response.refusal.delta": Delta("message", Refusal(text=""), "content", "content_index", TextDelta),
    "response.reasoning_summary_text.delta": Delta(
        "reasoning", Reasoning(), "summary", "summary_index", ReasoningDelta
    ),
    "response.reasoning_text.delta": Delta("reasoning", Reasoning(), "content", "content_index", ReasoningDelta),
    "response.function_call_arguments.delta": Delta("function_call", _CALL, "item", "", ArgumentsDelta),
    "response.custom_tool_call_input.delta": Delta("custom_tool_call", _CALL, "item", "", ArgumentsDelta),
}
"""What the deltas add to, by the type of their event."""


def call_of(item: Item) -> tuple[str, str]:
    """Return the id and the name of a call, which identify it where a server gives no ids of items."""
    return words(item.get("call_id")), words(item.get("name"))


class OpenItem:
    """Hold the state of one output item: the index of the part for each piece of it."""

    __slots__ = ("arguments", "citations", "closed", "ended", "item", "item_type", "parts", "spare", "spoken")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.item_type = kind_of(item)
        self.parts: dict[Key, int] = {}
        self.spare: int | None = None
        self.spoken = False
        self.closed = False
        self.ended = False
        self.citations = GrowingCitations()
        self.arguments = CallArguments()

    @property
    def call(self) -> tuple[str, str]:
        """The id and the name of the call that it is, empty for an item of another type."""
        return call_of(self.item)

    def is_announced_by(self, item: Item) -> bool:
        """Return whether *item* is this one, of which a server says again that it begins; a call even after its end."""
        if self.call[0] and self.item_type == kind_of(item):
            return self.call == call_of(item)
        names = ("type", "id", "call_id", "name")
        return not self.closed and [self.item.get(name) for name in names] == [item.get(name) for name in names]

    def begin_arguments(self, item: Item) -> str:
        """Return what the start of a call, which may be said again, adds to the arguments that have arrived."""
        if self.closed or self.item_type != "function_call":
            return ""
        self.item = {**self.item, "arguments": ""}
        self.arguments.begin_again()
        return self.arguments.add(arguments_of(item))

    def is_over_before(self, item: Item) -> bool:
        """Return whether this is a call that has ended, and *item* another one."""
        return self.ended and bool(self.call[0]) and self.call != call_of(item)

    def may_go_on_after(self, item: Item) -> bool:
        """Return whether *item* ends a call without arguments, which some servers begin again with them."""
        has_any = self.arguments.has_any or not self.call[0] or self.item_type != "function_call"
        return not has_any and says_none(arguments_of(item))

    def final(self, part: Part) -> Part:
        """Return a part of the complete item; arguments and citations that were streamed stay where it has none."""
        if isinstance(part, ToolCall) and says_none(part.arguments) and self.arguments.has_any:
            return attrs.evolve(part, arguments="")
        if isinstance(part, Text) and not part.citations and (cited := self.citations.take()):
            return attrs.evolve(part, citations=cited)
        return part


class UnmatchedItems:
    """Hold the streamed items that have not been matched with an item of the whole answer yet.

    Args:
        opened: the streamed items in the order in which they started.
        named: the item ids in the whole answer.

    """

    def __init__(self, opened: Iterable[OpenItem], named: set[str]) -> None:
        self._all = {id(each): each for each in opened}
        self._unnamed: dict[str, dict[int, OpenItem]] = {}
        for key, each in self._all.items():
            if word(each.item.get("id")) not in named:
                self._unnamed.setdefault(each.item_type, {})[key] = each

    def has(self, opened: OpenItem) -> bool:
        """Return whether an item has not been matched yet."""
        return id(opened) in self._all

    def alike(self, kind: str, there: OpenItem | None) -> OpenItem | None:
        """Return *there* if it is of type *kind* and its id is not in the answer, else the first such item."""
        same = self._unnamed.get(kind, {})
        return there if there is not None and id(there) in same else next(iter(same.values()), None)

    def take(self, opened: OpenItem) -> None:
        """Remove an item that has been matched."""
        del self._all[id(opened)]
        self._unnamed.get(opened.item_type, {}).pop(id(opened), None)

    def of_types(self, *kinds: str) -> Iterable[OpenItem]:
        """Return the items of some types that have not been matched."""
        return [each for each in self._all.values() if each.item_type in kinds]
