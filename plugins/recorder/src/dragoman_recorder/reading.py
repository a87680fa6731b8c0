"""What the file of a cassette says, or what is wrong with it.

A file that ends in the middle of an exchange, as a process that was killed leaves it, is read without that exchange.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from dragoman import JSON, parse_json
from dragoman_recorder.errors import CassetteError

FORMAT = 2
"""The version of the file's format that is written."""

HEAD = b'{\n  "format": 2,\n  "exchanges": [\n'
"""How a file begins."""

TAIL = b"\n  ]\n}\n"
"""How a file ends."""

_READ = (1, FORMAT)
_ENDS = ("    }", "    },")


def entries(content: bytes, name: str) -> list[dict[str, JSON]]:
    """Return plain data of the exchanges in a file.

    Args:
        content: the file.
        name: what to call it in an error.

    Raises:
        CassetteError: if it is no cassette.

    """
    try:
        if HEAD.startswith(content):
            return []
        text = _decoded(content)
        return _exchanges(_document(text))
    except (ValueError, RecursionError) as error:
        message = f"{name} is no cassette: {error}; mend it, or record it again with the mode 'record'"
        raise CassetteError(message) from None


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is UTF-16, and a cassette is UTF-8")
    try:
        return content.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if content.startswith(HEAD) and error.end == len(content):
            return content[: error.start].decode("utf-8", "surrogatepass")  # it ends in the middle of a character
        raise ValueError(f"byte {error.start} is not UTF-8") from None


def _document(text: str) -> Any:
    try:
        return _parsed(text)
    except json.JSONDecodeError as error:
        begun = HEAD.decode("ascii")
        if not text.startswith(begun):
            raise ValueError(f"line {error.lineno} is no JSON: {error.msg}") from None
        return {"format": FORMAT, "exchanges": [*_whole_ones(text.removeprefix(begun), error)]}


def _whole_ones(text: str, error: json.JSONDecodeError) -> Iterator[Any]:
    """Yield the exchanges that are whole in a text that ends in the middle of one."""
    begun: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        bare = line.removesuffix("\n")
        begun.append(line)
        if bare in _ENDS or (len(begun) == 1 and bare.startswith("    {") and bare.endswith(("}", "},"))):
            yield from _one("".join(begun), error)
            begun = []
        elif bare == "  ]" and len(begun) > 1:
            raise ValueError(f"line {error.lineno} is no JSON: {error.msg}")


def _one(text: str, error: json.JSONDecodeError) -> Iterator[Any]:
    try:
        yield _parsed(text.strip().removesuffix(","))
    except json.JSONDecodeError:
        if text.endswith("\n"):
            raise ValueError(f"line {error.lineno} is no JSON: {error.msg}") from None


def _parsed(text: str) -> Any:
    return parse_json(text, parse_constant=_no_constant, object_pairs_hook=_without_twins)


def _no_constant(name: str) -> Any:
    raise ValueError(f"it holds {name}, which is no JSON")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it holds an object with the member {twin!r} twice")
    return found


def _exchanges(document: Any) -> list[dict[str, JSON]]:
    if not isinstance(document, dict):
        raise ValueError(f"it is {kind(document)}, not an object")  # noqa: TRY004  # told as what is wrong with the file
    data = cast("dict[str, Any]", document)
    if "format" not in data:
        raise ValueError("it has no member 'format'")
    version = data["format"]
    if type(version) is not int or version not in _READ:
        raise ValueError(f"it has the format {version!r:.40}, and this recorder reads {_READ[0]} and {_READ[1]}")
    unknown = [name for name in data if name not in {"format", "exchanges"}]
    if unknown:
        raise ValueError(f"it has an unknown member {unknown[0]!r:.80}")
    found: Any = data.get("exchanges")
    if not isinstance(found, list):
        raise ValueError(f"its member 'exchanges' is {kind(found)}, not a list")  # noqa: TRY004  # the same
    held = cast("list[Any]", found)  # type: ignore[redundant-cast]  # not for pyright
    for index, each in enumerate(held):
        check(each, f"exchanges[{index}]")
    return cast("list[dict[str, JSON]]", found)


_MEMBERS: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "provider": (str,),
    "model": (str,),
    "request": (dict,),
    "response": (dict,),
    "events": (list,),
    "left": (bool,),
    "error": (dict,),
    "began": (int,),
}
_ASKED = ("kind", "provider", "model", "request")
_NAMES: dict[type[Any], str] = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
}


def check(given: Any, place: str) -> None:
    """Check what an exchange is made of.

    Args:
        given: plain data.
        place: where it stands in the file.

    Raises:
        ValueError: naming the first member that is wrong.

    """
    if not isinstance(given, dict):
        raise ValueError(f"{place} is {kind(given)}, not an object")  # noqa: TRY004  # the same
    exchange = cast("dict[str, Any]", given)
    for name in _ASKED:
        if name not in exchange:
            raise ValueError(f"{place} has no member {name!r}")
    for name, value in exchange.items():
        wanted = _MEMBERS.get(name)
        if wanted is None:
            raise ValueError(f"{place} has an unknown member {name!r:.80}")
        if type(value) not in wanted:
            raise ValueError(f"{place}.{name} is {kind(value)}, not {_NAMES[wanted[0]]}")
    for index, event in enumerate(exchange.get("events", ())):
        if not isinstance(event, dict):
            raise ValueError(f"{place}.events[{index}] is {kind(event)}, not an object")  # noqa: TRY004  # the same
    _check_kind(exchange, place)


def _check_kind(exchange: dict[str, Any], place: str) -> None:
    if exchange["kind"] not in {"completion", "chat", "stream"}:
        raise ValueError(f"{place}.kind is 'completion', 'chat' or 'stream', not {exchange['kind']!r:.40}")
    outcome = "events" if exchange["kind"] == "stream" else "response"
    if outcome not in exchange and "error" not in exchange:
        raise ValueError(f"{place} has neither {outcome!r} nor 'error', one of which tells what came of it")


def kind(value: Any) -> str:
    """Return what JSON calls a value, with its article."""
    return "null" if value is None else _NAMES[type(value)]
