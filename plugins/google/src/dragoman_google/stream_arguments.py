"""Arguments of a tool call that come value by value, each with the path where it belongs.

https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from dragoman import JSON, ProtocolError
from dragoman_google.response import objects, rewritten, word

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_LONGEST = 10_000


class PartialCall:
    """Collect the arguments of one tool call.

    Args:
        index: which part of the answer it is.

    """

    def __init__(self, index: int) -> None:
        self.index = index
        self._arguments: dict[str, Any] = {}
        self._unfinished: str | None = None
        self._pieces: list[str] = []
        self._holder: Any = None
        self._last: str | int = ""
        self._room = _LONGEST

    def take(self, call: Mapping[str, Any]) -> None:
        """Take in the next values.

        Raises:
            ProtocolError: for a path that leads nowhere.

        """
        for value in objects(call.get("partialArgs")):
            path = word(value.get("jsonPath")) or ""
            said = _value(value)
            if self._pieces and path == self._unfinished and isinstance(said, str):
                self._pieces.append(said)
            else:
                self._settle()
                self._set(_steps(path), said)
                self._pieces = [said] if isinstance(said, str) else []
            self._unfinished = path if value.get("willContinue") else None

    def arguments(self, *, cut: bool = False) -> str:
        """Return the arguments as JSON text; where they were cut, the text is, too."""
        self._settle()
        text = rewritten(self._arguments)
        return text[:-1] if cut else text

    def _settle(self) -> None:
        """Put a text that came in pieces where its first piece stands."""
        if len(self._pieces) > 1 and self._holder is not None:
            self._holder[self._last] = "".join(self._pieces)
        self._pieces = []

    def _set(self, steps: list[str | int], value: JSON) -> None:
        holder: Any = self._arguments
        for step, following in pairwise(steps):
            holder = self._member(holder, step, [] if isinstance(following, int) else {})
        last = steps[-1]
        self._member(holder, last, None)
        holder[last] = value
        self._holder, self._last = holder, last

    def _member(self, holder: Any, step: str | int, empty: Any) -> Any:
        """Return what stands at a step, put there if nothing did."""
        if isinstance(step, str) and isinstance(holder, dict):
            known = cast("dict[str, Any]", holder)
            return known.setdefault(step, empty)
        if isinstance(step, int) and isinstance(holder, list):
            places = cast("list[JSON]", holder)
            self._fill(places, step)
            if places[step] is None:
                places[step] = empty
            return places[step]
        raise _nowhere(str(step))

    def _fill(self, places: list[JSON], step: int) -> None:
        """Make a list long enough; what that leaves empty is limited, since a few bytes can ask for much."""
        missing = step + 1 - len(places)
        self._room -= max(0, missing - 1)
        if self._room < 0:
            raise _nowhere(str(step))
        places.extend([None] * missing)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise _nowhere(path)
        dotted, number, single, double = found.groups()
        steps.append(int(number) if number else dotted or re.sub(r"\\(.)", r"\1", single or double or ""))
        position = found.end()
    if not steps or isinstance(steps[0], int):
        raise _nowhere(path)
    return steps


def _nowhere(path: str) -> ProtocolError:
    return ProtocolError(f"a tool call's argument belongs to {path[:100]!r}, which is no place in it", phase="decode")


def _value(value: Mapping[str, Any]) -> JSON:
    """Return the one value there is; what has none is ``null``."""
    for name in ("stringValue", "numberValue", "boolValue"):
        if name in value:
            return cast("JSON", value[name])
    return None
