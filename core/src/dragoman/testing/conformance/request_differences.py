"""What differs between a request that was meant and the one that its server reads, in words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from dragoman.spec.media import Bytes
from dragoman.spec.message import Message, Role
from dragoman.spec.request import SETTINGS, ChatRequest, OutputFormat, Settings, Tool
from dragoman.testing.conformance.normal_form import (
    CalledTool,
    Item,
    SeenMedia,
    ToolOutput,
    Turn,
    Words,
    bare,
    instructions,
    turns,
)
from dragoman.testing.conformance.schema_differences import schema_differences

__all__ = ["Adjusted", "differences", "settings_differences"]

Adjusted: TypeAlias = Mapping[str, Any]
_NOTHING: Adjusted = MappingProxyType({})
_FORMATS = frozenset({"output", "json", "json_schema", "schema"})
"""Features whose adjustment says that the format is asked for in another way: in words, or with a tool."""
_SYSTEM = "system message"
"""The feature whose adjustment says that a system message after the first turn is sent in another way."""
_RESULT = "tool_result"
"""The feature whose adjustment says which words stand for a result without any."""
_ADDED = "messages"
"""The feature whose adjustment says which words were added as a message of their own."""
_ANY_TYPE = "application/octet-stream"


def differences(meant: ChatRequest, sent: ChatRequest, adjusted: Adjusted = _NOTHING) -> list[str]:
    """Return what differs, each with its place.

    Args:
        meant: the request of the caller.
        sent: the request as its server reads it.
        adjusted: the features whose adjustment is recorded, each with the value that is said to be sent instead.

    """
    if _SYSTEM in adjusted:
        rest = {name: value for name, value in adjusted.items() if name != _SYSTEM}
        return min((differences(each, sent, rest) for each in _without_later_system(meant)), key=len)
    found: list[str] = []
    if sent.model and sent.model != meant.model:
        found.append(f"model: meant {meant.model!r}, sent {sent.model!r}")
    emulated = bool(_FORMATS & {*adjusted})
    found += _instructions(instructions(meant.messages), instructions(sent.messages), emulated=emulated)
    added = adjusted.get(_ADDED)
    said = [each for each in sent.messages if each.content != added]
    found += _turns(_said(turns(meant.messages), adjusted), turns(said))
    if not (emulated and not meant.tools):
        found += _tools(meant, sent, adjusted)
    if not emulated:
        found += _output(meant.output, sent.output)
    unasked = {"max_tokens", "parallel_tool_calls"} if emulated else {"max_tokens"}
    return [*found, *settings_differences(meant.settings, sent.settings, adjusted, unasked)]


def _without_later_system(meant: ChatRequest) -> Iterator[ChatRequest]:
    """Yield the requests that a dialect without system messages after the first turn may send instead."""
    messages = meant.messages
    first = next((index for index, each in enumerate(messages) if each.role != Role.SYSTEM), len(messages))
    later = [each for each in messages[first:] if each.role == Role.SYSTEM]
    turns_only = [each for each in messages[first:] if each.role != Role.SYSTEM]
    yield attrs.evolve(meant, messages=(*messages[:first], *later, *turns_only))
    said = [Message(Role.USER, each.parts) if each.role == Role.SYSTEM else each for each in messages[first:]]
    yield attrs.evolve(meant, messages=(*messages[:first], *said))


def settings_differences(
    meant: Settings, sent: Settings, adjusted: Adjusted = _NOTHING, unasked: Collection[str] = ("max_tokens",)
) -> Iterator[str]:
    """Yield the settings that differ.

    A setting whose adjustment is recorded must not be sent, or have the recorded value. ``effort`` is compared only if
    it is sent as a word, since some vendors take a budget of tokens.

    Args:
        meant: the settings of the caller.
        sent: the settings in the request.
        adjusted: the features whose adjustment is recorded, each with the value that is said to be sent instead.
        unasked: settings that may be sent though they were not meant; some vendors require ``max_tokens``.

    """
    for name in SETTINGS:
        wanted, found = getattr(meant, name), getattr(sent, name)
        if name in adjusted:
            wanted = None if found is None else adjusted[name]
        if wanted == found or (wanted is None and name in unasked) or (name == "effort" and found is None):
            continue
        yield f"settings.{name}: meant {wanted!r}, sent {found!r}"


def _instructions(meant: Words, sent: Words, *, emulated: bool) -> Iterator[str]:
    wanted, found = (bare("".join(each.pieces)) for each in (meant, sent))
    fits = wanted in found if emulated else wanted == found
    if not fits or _are_glued(meant, sent):
        yield f"instructions: meant {meant}, sent {sent}"


def _are_glued(meant: Words, sent: Words) -> bool:
    """Return whether the last word of a message and the first one of the next became one."""
    whole, end = "\0".join(sent.pieces), 0
    for piece, begins in zip(meant.pieces, meant.begin, strict=True):
        text = piece.strip()
        at = whole.find(text, end)
        if begins and 0 < at == end:
            return True
        end = max(at, 0) + len(text)
    return False


def _turns(meant: tuple[Turn, ...], sent: tuple[Turn, ...]) -> Iterator[str]:
    roles = [", ".join(turn.role for turn in each) for each in (meant, sent)]
    if roles[0] != roles[1]:
        yield f"turns: meant {roles[0]}; sent {roles[1]}"
        return
    for index, (wanted, found) in enumerate(zip(meant, sent, strict=True)):
        place = f"turns[{index}] ({wanted.role})"
        for number, (item, other) in enumerate(zip_longest(wanted.items, found.items)):
            yield from _item(item, other, f"{place}[{number}]")


def _said(meant: tuple[Turn, ...], adjusted: Adjusted) -> tuple[Turn, ...]:
    """Return turns with the words that are sent in place of an empty result, where these are recorded."""
    if _RESULT not in adjusted:
        return meant
    words = str(adjusted[_RESULT])
    return tuple(
        attrs.evolve(
            turn,
            items=tuple(
                attrs.evolve(item, value=words) if isinstance(item, ToolOutput) and item.value == "" else item
                for item in turn.items
            ),
        )
        for turn in meant
    )


def _item(meant: Item | None, sent: Item | None, place: str) -> Iterator[str]:
    if meant is None or sent is None or type(meant) is not type(sent):
        yield f"{place}: meant {meant or 'nothing'}, sent {sent or 'nothing'}"
    elif not _is_same(meant, sent):
        yield f"{place}: meant {meant}, sent {sent}"


def _is_same(meant: Any, sent: Any) -> bool:
    if isinstance(meant, Words):
        whole = "".join(sent.pieces)
        kept = all((piece if piece.strip() else "") in whole for piece in meant.pieces)
        return kept and bare("".join(meant.pieces)) == bare(whole) and not _are_glued(meant, sent)
    if isinstance(meant, SeenMedia):
        return _is_same_media(meant, sent)
    if isinstance(meant, ToolOutput):
        return _is_same_output(meant, sent)
    return isinstance(meant, CalledTool) and meant == sent


def _is_same_media(meant: SeenMedia, sent: SeenMedia) -> bool:
    if sent.source != meant.source:
        return False
    if sent.media_type == _ANY_TYPE or (sent.media_type.endswith("/*") and not isinstance(sent.source, Bytes)):
        return sent.media_type == _ANY_TYPE or meant.media_type.startswith(sent.media_type[:-1])
    return sent.media_type == meant.media_type


def _is_same_output(meant: ToolOutput, sent: ToolOutput) -> bool:
    """Return whether two results are the same; a dialect without a place for failures may say them in the text."""
    if (meant.of, meant.name) != (sent.of, sent.name) or len(meant.media) != len(sent.media):
        return False
    if not all(map(_is_same_media, meant.media, sent.media)):
        return False
    if meant.outcome == "ok":
        return sent.outcome == "ok" and (meant.value == sent.value or _text(meant.value) == _text(sent.value))
    told = sent.outcome != "ok" or _text(meant.value) != _text(sent.value)
    return told and _text(meant.value) in _text(sent.value)


def _text(value: Any) -> str:
    return bare(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _tools(meant: ChatRequest, sent: ChatRequest, adjusted: Adjusted) -> Iterator[str]:
    if meant.tool_choice.kind == "none" and not sent.tools:
        return  # a dialect without such a choice can only leave the tools out
    wanted, found = ([each for each in request.tools if isinstance(each, Tool)] for request in (meant, sent))
    names = [[each.name for each in tools] for tools in (wanted, found)]
    if names[0] != names[1]:
        yield f"tools: meant {', '.join(names[0]) or 'none'}; sent {', '.join(names[1]) or 'none'}"
        return
    for tool, other in zip(wanted, found, strict=True):
        if tool.description != other.description:
            yield f"tools.{tool.name}.description: meant {tool.description!r}, sent {other.description!r}"
        yield from schema_differences(tool.schema, other.schema, f"tools.{tool.name}.schema")
    if meant.tools and "tool_choice" not in adjusted and meant.tool_choice != sent.tool_choice:
        yield f"tool_choice: meant {meant.tool_choice}, sent {sent.tool_choice}"


def _output(meant: OutputFormat, sent: OutputFormat) -> Iterator[str]:
    if meant.kind != sent.kind:
        yield f"output: meant {meant.kind}, sent {sent.kind}"
    elif meant.schema is not None:
        yield from schema_differences(meant.schema, sent.schema or {}, "output.schema")
