"""The tool calls of one stream of the OpenAI chat dialect, from their fragments.

Servers leave out indices, ids or both, repeat them, or begin a call again. See
https://platform.openai.com/docs/api-reference/chat-streaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from dragoman import ArgumentsDelta, Event, PartStart, PartUpdate, SealUpdate, ToolCall
from dragoman.http import CallIndex, StreamedArguments, fields, number, words
from dragoman_openai_compatible import chat_parts

_LEGACY = -1
"""The position of a ``function_call``, the older form of a tool call, which no server gives to another."""


class StreamedCalls:
    """Put the tool calls of one stream together.

    Args:
        begin_part: returns the index of a new part.
        issuer: the service that sealed the calls.

    """

    __slots__ = (
        "_arguments",
        "_begin_part",
        "_begun",
        "_calls",
        "_chunk",
        "_chunks",
        "_is_in_both_forms",
        "_issuer",
        "_named",
    )

    def __init__(self, begin_part: Callable[[], int], issuer: str) -> None:
        self._begin_part = begin_part
        self._issuer = issuer
        self._calls = CallIndex()
        self._begun: dict[int, ToolCall] = {}
        self._named: dict[str, int] = {}
        self._arguments = StreamedArguments()
        self._is_in_both_forms = False
        self._chunk = 0
        self._chunks: dict[int, int] = {}  # in which each part has grown last

    def begin_chunk(self) -> None:
        """Begin a chunk, whose fragments arrive together: with other names, they are other calls."""
        self._chunk += 1

    @property
    def has_any(self) -> bool:
        """Return whether any call has begun."""
        return bool(self._begun)

    def close(self) -> Iterator[tuple[int, str]]:
        """Yield the arguments that were kept back until the end, with the index of their part."""
        return self._arguments.close()

    def is_empty(self, call: Mapping[str, Any]) -> bool:
        """Return whether a fragment says nothing: it neither continues a call nor begins one."""
        function = fields(call.get("function")) or call
        if function.get("arguments") or function.get("name") or call.get("id") or call.get("custom"):
            return False
        return self._calls.find(number(call.get("index")), "", has_name=False) is None

    def add(self, call: Mapping[str, Any], events: list[Event]) -> int:
        """Add one fragment of a tool call, and return the index of its part.

        Calls are distinguished by their index and, where a server repeats an index, by their id.
        """
        fragment = chat_parts.tool_call(call, len(self._begun), self._issuer)
        return self._add(call, fragment, number(call.get("index")), events)

    def add_legacy(self, call: dict[str, Any], events: list[Event]) -> None:
        """Add one fragment of a ``function_call``, unless it is a call that arrives in the newer form too."""
        fragment = chat_parts.legacy_call(call)
        begun = self._calls.find(_LEGACY, "", has_name=False) is not None
        if not begun and any(known.name == fragment.name for known in self._begun.values()):
            self._is_in_both_forms = True
        if not self._is_in_both_forms and (begun or fragment.name or fragment.arguments):
            self._add({"function": call}, fragment, _LEGACY, events)

    def _add(self, call: Mapping[str, Any], fragment: ToolCall, position: object, events: list[Event]) -> int:
        index = self._continued(call, fragment, position, events)
        if index is None:
            index = self._begin_part()
            self._calls.add(position, words(call.get("id")), index)
            events.append(PartStart(index, self._set(index, attrs.evolve(fragment, arguments=""))))
        elif fragment.seal is not None:
            events.append(SealUpdate(index, fragment.seal))
        self._calls.latest = index
        self._chunks[index] = self._chunk
        arguments = self._arguments.of(index)
        if fragment.name and call.get("id"):
            arguments.begin_again()
        if isinstance(fields(call.get("function")).get("arguments"), dict):
            arguments.set_object(fragment.arguments)  # some servers send the object so far
            return index
        is_text = fragment.metadata.get("type") == "custom"
        if added := (arguments.add_text if is_text else arguments.add)(fragment.arguments):
            events.append(ArgumentsDelta(index, added))
        return index

    def _set(self, index: int, call: ToolCall) -> ToolCall:
        self._begun[index] = call
        self._named[call.name] = index
        return call

    def _continued(
        self, call: Mapping[str, Any], fragment: ToolCall, position: object, events: list[Event]
    ) -> int | None:
        """Return the index of the call that a fragment continues, ``None`` if it begins another."""
        call_id, name = words(call.get("id")), fragment.name
        index = self._calls.find(position, call_id, has_name=bool(name))
        if index is None and not call_id and not isinstance(position, int):
            index = self._open_of(name)
        if index is None:
            return self._moved(position, call_id, fragment, events)
        if name and name != self._begun[index].name:
            return self._add_name(index, name, call, events)
        begins_another = bool(name) and self._arguments.of(index).begins_another(fragment.arguments)
        return None if begins_another else index

    def _open_of(self, name: str) -> int | None:
        """Return the index of the latest call of a tool that lacks arguments: some servers name it in each fragment."""
        index = self._named.get(name)
        return index if index is not None and self._arguments.of(index).lacks_any else None

    def _moved(self, position: object, call_id: str, begun: ToolCall, events: list[Event]) -> int | None:
        """Return the index of a known call that a server continues at another position, ``None`` if there is none."""
        index = self._calls.with_id(call_id)
        if index is None:
            return self._adopted(position, call_id, begun, events)
        if begun.name and (begun.name != self._begun[index].name or not self._arguments.of(index).is_open):
            return None
        self._calls.add(position, call_id, index)
        return index

    def _adopted(self, position: object, call_id: str, begun: ToolCall, events: list[Event]) -> int | None:
        """Return the index of the ``function_call`` that a server sends as a tool call too, ``None`` if it does not."""
        index = self._calls.find(_LEGACY, "", has_name=False)
        if index is None or self._is_in_both_forms or self._begun[index].name != begun.name:
            return None
        self._is_in_both_forms = True
        self._calls.add(position, call_id, index)
        events.append(PartUpdate(index, self._set(index, attrs.evolve(begun, arguments=""))))
        return index

    def _add_name(self, index: int, name: str, call: Mapping[str, Any], events: list[Event]) -> int | None:
        """Add a name to a call that has none or a piece of one; return ``None`` if the name begins another call.

        A fragment that continues a name precedes the arguments, even an empty object, and arrives in another chunk. It
        has neither an id nor a type, unless it has the id of the call.
        """
        known = self._begun[index].name
        if known:
            is_piece = call.get("id") == self._begun[index].call_id
            is_begun = call.get("id") is not None or call.get("type") is not None
            is_together = self._chunks.get(index) == self._chunk
            if is_together or not self._arguments.of(index).lacks_all or (is_begun and not is_piece):
                return None
            name = name if name.startswith(known) else known + name
        events.append(PartUpdate(index, self._set(index, attrs.evolve(self._begun[index], name=name))))
        return index
