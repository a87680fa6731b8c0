"""Arguments of a tool call that are streamed as values with JSON paths.

https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from dragoman import JSON, ProtocolError, ToolCall
from dragoman.http import fields, objects, rewritten, words

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_MAX_EMPTY_ITEMS = 10_000


class PartialCall:
    """Collect the arguments of one tool call.

    Args:
        index: the index of its part.
        call: the call as it began.

    """

    def __init__(self, index: int, call: ToolCall) -> None:
        self.index = index
        self.call = call
        self._arguments: dict[str, Any] = {}
        self._open_path: str | None = None
        self._pieces: list[str] = []
        self._holder: Any = None
        self._key: str | int = ""
        self._empty_items_left = _MAX_EMPTY_ITEMS

    def is_of(self, call: Mapping[str, Any]) -> bool:
        """Return whether a chunk continues this call, which it may name again."""
        return words(call.get("name")) in {"", self.call.name} and words(call.get("id")) in {"", words(self.call.id)}

    def feed(self, call: Mapping[str, Any]) -> None:
        """Store the values of the next chunk, or the arguments as a whole.

        Raises:
            ProtocolError: for a path that does not fit the arguments.

        """
        self._arguments.update(fields(call.get("args")))
        for value in objects(call.get("partialArgs")):
            path = words(value.get("jsonPath"))
            content = _value(value)
            if self._pieces and path == self._open_path and isinstance(content, str):
                self._pieces.append(content)
            else:
                self._join_pieces()
                self._set(_steps(path), content)
                self._pieces = [content] if isinstance(content, str) else []
            self._open_path = path if value.get("willContinue") else None

    def arguments(self, *, cut: bool = False) -> str:
        """Return the arguments as JSON text; if *cut*, without the last brace, so that they are not valid JSON."""
        self._join_pieces()
        text = rewritten(self._arguments)
        return text[:-1] if cut else text

    def _join_pieces(self) -> None:
        """Replace the first piece of a text with the whole text."""
        if len(self._pieces) > 1 and self._holder is not None:
            self._holder[self._key] = "".join(self._pieces)
        self._pieces = []

    def _set(self, steps: list[str | int], value: JSON) -> None:
        holder: Any = self._arguments
        for step, following in pairwise(steps):
            holder = self._setdefault(holder, step, [] if isinstance(following, int) else {})
        last = steps[-1]
        self._setdefault(holder, last, None)
        holder[last] = value
        self._holder, self._key = holder, last

    def _setdefault(self, holder: Any, step: str | int, empty: Any) -> Any:
        """Return the value at a step, which is set to *empty* if there is none."""
        if isinstance(step, str) and isinstance(holder, dict):
            known = cast("dict[str, Any]", holder)
            return known.setdefault(step, empty)
        if isinstance(step, int) and isinstance(holder, list):
            items = cast("list[JSON]", holder)
            self._extend(items, step)
            if items[step] is None:
                items[step] = empty
            return items[step]
        raise _path_error(str(step))

    def _extend(self, items: list[JSON], step: int) -> None:
        """Extend a list up to an index; the number of empty items is limited, since a small path can require many."""
        missing = step + 1 - len(items)
        self._empty_items_left -= max(0, missing - 1)
        if self._empty_items_left < 0:
            raise _path_error(str(step))
        items.extend([None] * missing)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise _path_error(path)
        dotted, number, single, double = found.groups()
        steps.append(int(number) if number else dotted or re.sub(r"\\(.)", r"\1", single or double or ""))
        position = found.end()
    if not steps or isinstance(steps[0], int):
        raise _path_error(path)
    return steps


def _path_error(path: str) -> ProtocolError:
    message = f"the path {path[:100]!r} of an argument does not fit the arguments of the tool call"
    return ProtocolError(message, phase="decode")


def _value(value: Mapping[str, Any]) -> JSON:
    """Return the value, ``None`` if there is none."""
    for name in ("stringValue", "numberValue", "boolValue"):
        if value.get(name) is not None:
            return cast("JSON", value[name])
    return None
