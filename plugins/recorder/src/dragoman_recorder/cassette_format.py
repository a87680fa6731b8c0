"""The format of a cassette's file: how it is laid out, and how it is parsed and checked.

A file that ends in the middle of an exchange, as a killed process leaves it, is read without that exchange.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from dragoman import JSON, parse_json
from dragoman_recorder.errors import CassetteError

FORMAT = 2
"""The version of the format that is written."""

HEAD = b'{\n  "format": 2,\n  "exchanges": [\n'
"""How a file begins."""

TAIL = b"\n  ]\n}\n"
"""How a file ends."""

WIDTH = 100
"""The length of a line, in characters, up to which a value is written on one line."""

_READABLE = (1, FORMAT)
_ENDS = ("    }", "    },")


def format_json(value: JSON, depth: int = 0) -> str:
    """Format *value* as JSON in which a small change of the value makes a small difference of the text.

    Args:
        value: what to write; it stands on one line if it fits.
        depth: how far it is indented, in steps of two spaces.

    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) + 2 * depth <= WIDTH:
        return flat
    if isinstance(value, dict):
        lines = [
            f"{json.dumps(name, ensure_ascii=False)}: {format_json(each, depth + 1)}" for name, each in value.items()
        ]
    else:
        lines = [format_json(each, depth + 1) for each in value]
    inner = "  " * (depth + 1)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + line for line in lines)
    return f"{opening}\n{body}\n{'  ' * depth}{closing}"


def parse_cassette(content: bytes, name: str) -> list[dict[str, JSON]]:
    """Parse the content of a cassette's file into plain data of its exchanges.

    Args:
        content: the content of the file.
        name: the name of the file in error messages.

    Raises:
        CassetteError: if it is not a cassette.

    """
    try:
        if HEAD.startswith(content):
            return []
        text = _decode(content)
        return _check_document(_parse_document(text))
    except (ValueError, RecursionError) as error:
        message = f"{name} is not a cassette: {error}; repair it, or record it again with the mode 'record'"
        raise CassetteError(message) from None


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is encoded in UTF-16, and a cassette is in UTF-8")
    try:
        return content.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if content.startswith(HEAD) and error.end == len(content):
            return content[: error.start].decode("utf-8", "surrogatepass")  # it ends in the middle of a character
        raise ValueError(f"byte {error.start} is not UTF-8") from None


def _parse_document(text: str) -> Any:
    try:
        return _parse(text)
    except json.JSONDecodeError as error:
        head = HEAD.decode("ascii")
        if not text.startswith(head):
            raise _not_json(error) from None
        return {"format": FORMAT, "exchanges": [*_complete_exchanges(text.removeprefix(head), error)]}


def _complete_exchanges(text: str, error: json.JSONDecodeError) -> Iterator[Any]:
    """Yield the exchanges that are complete in a text that ends in the middle of one."""
    lines: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        bare = line.removesuffix("\n")
        lines.append(line)
        if bare in _ENDS or (len(lines) == 1 and bare.startswith("    {") and bare.endswith(("}", "},"))):
            yield from _parse_exchange("".join(lines), error)
            lines = []
        elif bare == "  ]" and len(lines) > 1:
            raise _not_json(error)


def _parse_exchange(text: str, error: json.JSONDecodeError) -> Iterator[Any]:
    try:
        yield _parse(text.strip().removesuffix(","))
    except json.JSONDecodeError:
        if text.endswith("\n"):
            raise _not_json(error) from None


def _not_json(error: json.JSONDecodeError) -> ValueError:
    return ValueError(f"line {error.lineno} is not JSON: {error.msg}")


def _parse(text: str) -> Any:
    return parse_json(text, parse_constant=_reject_constant, object_pairs_hook=_reject_duplicates)


def _reject_constant(name: str) -> Any:
    raise ValueError(f"it holds {name}, which is not JSON")


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it holds an object with the member {duplicate!r} twice")
    return members


def _check_document(document: Any) -> list[dict[str, JSON]]:
    if not isinstance(document, dict):
        raise ValueError(f"it is {_type_name(document)}, not an object")  # noqa: TRY004  # an invalid file
    data = cast("dict[str, Any]", document)
    if "format" not in data:
        raise ValueError("it has no member 'format'")
    version = data["format"]
    if type(version) is not int or version not in _READABLE:
        readable = f"{_READABLE[0]} and {_READABLE[1]}"
        raise ValueError(f"it has the format {version!r:.40}, and this recorder reads {readable}")
    unknown = [name for name in data if name not in {"format", "exchanges"}]
    if unknown:
        raise ValueError(f"it has an unknown member {unknown[0]!r:.80}")
    exchanges: Any = data.get("exchanges")
    if not isinstance(exchanges, list):
        raise ValueError(f"its member 'exchanges' is {_type_name(exchanges)}, not a list")  # noqa: TRY004  # an invalid file
    for index, each in enumerate(cast("list[Any]", exchanges)):  # type: ignore[redundant-cast]  # pyright needs it
        _check_exchange(each, f"exchanges[{index}]")
    return cast("list[dict[str, JSON]]", exchanges)


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
_REQUIRED = ("kind", "provider", "model", "request")
_TYPE_NAMES: dict[type[Any], str] = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
}


def _check_exchange(value: Any, path: str) -> None:
    """Check the members of an exchange and their types.

    Args:
        value: plain data.
        path: its path in the document.

    Raises:
        ValueError: if a member is wrong; names the first one.

    """
    if not isinstance(value, dict):
        raise ValueError(f"{path} is {_type_name(value)}, not an object")  # noqa: TRY004  # an invalid file
    exchange = cast("dict[str, Any]", value)
    for name in _REQUIRED:
        if name not in exchange:
            raise ValueError(f"{path} has no member {name!r}")
    for name, member in exchange.items():
        types = _MEMBERS.get(name)
        if types is None:
            raise ValueError(f"{path} has an unknown member {name!r:.80}")
        if type(member) not in types:
            raise ValueError(f"{path}.{name} is {_type_name(member)}, not {_TYPE_NAMES[types[0]]}")
    for index, event in enumerate(exchange.get("events", ())):
        if not isinstance(event, dict):
            raise ValueError(f"{path}.events[{index}] is {_type_name(event)}, not an object")  # noqa: TRY004  # an invalid file
    _check_kind(exchange, path)


def _check_kind(exchange: dict[str, Any], path: str) -> None:
    if exchange["kind"] not in {"completion", "chat", "stream"}:
        raise ValueError(f"{path}.kind must be 'completion', 'chat' or 'stream', not {exchange['kind']!r:.40}")
    outcome = "events" if exchange["kind"] == "stream" else "response"
    if outcome not in exchange and "error" not in exchange:
        raise ValueError(f"{path} has neither {outcome!r} nor 'error', one of which must hold its outcome")


def _type_name(value: Any) -> str:
    """Return the name that JSON has for the type of a value, with its article."""
    return "null" if value is None else _TYPE_NAMES[type(value)]
