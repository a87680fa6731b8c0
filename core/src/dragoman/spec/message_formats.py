"""Read messages that programs hold as plain data: in the form of ``Message.to_dict`` and in three wire formats.

The wire formats are the messages of a chat, the items of the newer API of responses, and messages of content blocks.
Whatever cannot be read raises one error that names the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import attrs

from dragoman.spec.data_members import Members, as_json, as_list, as_members, dumped
from dragoman.spec.data_owner import Owner
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.history_rules import CACHE_MARK
from dragoman.spec.kept_message import KEPT, kept_message
from dragoman.spec.message import Message, Role
from dragoman.spec.nearest_name import after
from dragoman.spec.part_fields import Seal
from dragoman.spec.part_formats import is_foreign, read_images, read_own_part, read_part, read_result
from dragoman.spec.parts import (
    Extension,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

_REASONING = ("reasoning_content", "reasoning", "thinking", "tool_plan")
_OF_RESULT = frozenset({"call_id", "content", "tool_use_id"})
"""Members of a result, by any of which it is known within the content of a message."""
_OF_ITEM = ("id", "status", "phase")
"""Members of an answer's message that its provider reads again, where the message is an item."""

_KEPT = ("audio", "partial", "prefix")
"""Members of messages that have no place here, and go to the provider of the call as they are."""

_ITEMS = frozenset(
    {"message", "item_reference", "compaction", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"}
)
"""Items of the API of responses that are neither calls nor results nor reasoning."""

_ITEMS_READ = (
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "reasoning",
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
)
"""Further items, for the suggestion of a type."""

_OF_CALL = ("type", "name", "call_id", "arguments", "input", "parsed_arguments")
"""Members of a call that have a place here, or that a library adds to them."""

_SEALED = ("reasoning_details", "thinking_blocks")
"""Members of messages that hold signed or encrypted reasoning."""

_EXTRAS = "provider_specific_fields"
"""The member of messages and calls in which gateways keep what the format of a chat has no place for."""

_ENVELOPE = (
    "annotations",
    "container",
    "object",
    "created",
    "model",
    "stop_reason",
    "stop_sequence",
    "usage",
)
"""Members of messages that say nothing to a model."""

_OF_ANSWER = (
    "parsed",
    "parsed_output",
    "citations",
    "search_results",
    "executed_tools",
    "content_filter_results",
    "context",
    "end_turn",
    "audio_content",
)
"""Members that servers and libraries add to the message of an answer, and that say nothing to a model."""


def read_messages(given: Iterable[Any], owner: Owner | str) -> tuple[Message, ...]:
    """Return the messages of a conversation, some or all of which are plain data.

    Args:
        given: messages, and objects of plain data. An object with a method ``model_dump`` is taken for the data that it
            returns.
        owner: the provider of the call. Signatures in the data belong to it, and members without a place here are kept
            as options for it.

    Raises:
        InvalidRequestError: if an object cannot be read; the message names the place.

    """
    owner = Owner(owner) if isinstance(owner, str) else owner
    messages: list[Any] = []
    tools: dict[str, str] = {}
    was_item = False
    for index, each in enumerate(given):
        read, is_item = _read(each, f"messages[{index}]", owner)
        if isinstance(read, Message):
            read = _with_names(read, tools)
            if (is_item or was_item) and read.role == Role.ASSISTANT and _is_answer(messages[-1:]):
                read = Message("assistant", messages.pop().parts + read.parts)
        was_item = is_item
        messages.append(read)
    return tuple(messages)


def _is_answer(last: list[Any]) -> bool:
    return any(isinstance(each, Message) and each.role == Role.ASSISTANT for each in last)


def _read(given: Any, path: str, owner: Owner) -> tuple[Any, bool]:
    """Return the message of plain data and whether it is an item of an answer; anything else as it is."""
    if isinstance(given, Message):
        return given, False
    data: Any = given if isinstance(given, Mapping) else dumped(given)  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(data, Mapping):
        return cast("Any", given), False
    known = cast("Mapping[str, Any]", data)
    if KEPT in known:
        kept = kept_message(known, path)
        if kept is not None:
            return kept, False
        known = {name: value for name, value in known.items() if name != KEPT}
    kind = known.get("type")
    if isinstance(kind, str) and ("role" not in known or (kind != "message" and "content" not in known)):
        return _item(known, path, owner), True
    return _message(known, path, owner), _is_item(known)


def _is_item(data: Mapping[str, Any]) -> bool:
    """Tell whether a message is an item of the API of responses, of which several make one answer."""
    listed = as_list(data.get("content")) or ()
    kinds = {cast("Mapping[str, Any]", each).get("type") for each in listed if isinstance(each, Mapping)}
    return "output_text" in kinds or "phase" in data or (data.get("type") == "message" and "status" in data)


def _with_names(message: Message, tools: dict[str, str]) -> Message:
    """Return a message whose results have the names of the tools, and remember the names of its calls."""
    for call in message.of_type(ToolCall):
        tools[call.call_id] = call.name
    unnamed = any(not result.name and result.call_id in tools for result in message.of_type(ToolResult))
    if not unnamed:
        return message
    parts = [
        attrs.evolve(part, name=tools[part.call_id])
        if isinstance(part, ToolResult) and not part.name and part.call_id in tools
        else part
        for part in message.parts
    ]
    return attrs.evolve(message, content=parts)


def _message(data: Mapping[str, Any], path: str, owner: Owner) -> Message:
    """Read a message of a chat or of content blocks, or one of ours."""
    content = data.get("content")
    if len(data) == 2 and isinstance(content, str) and "role" in data and data["role"] != "tool":  # noqa: PLR2004  # the most common kind
        return Message(data["role"], content)
    message = Members(data, path, owner)
    role = message.optional_text("role")
    if role is None:
        text = f"{path} has no role; give system, user, assistant or tool"
        raise InvalidRequestError(text, parameter="messages")
    for name in (*_ENVELOPE, *_OF_ANSWER) if role == "assistant" else _ENVELOPE:
        message.take(name)
    facts = {name: value for name in _OF_ITEM if (value := message.take(name)) is not None}
    if role in {"tool", "function"} and ("tool_call_id" in message or role == "function" or not _has_results(content)):
        return _result(message, role)
    parts: list[Part] = []
    if role == "assistant":
        parts += _reasoning(message)
    speaker, mark = message.optional_text("name"), _mark(message)
    content_parts = _content(message, role)
    if role == "assistant" and facts and _is_item(data):
        item = {"type": "message", "role": role, **facts}
        content_parts = [_of_item(part, item, owner) for part in content_parts]
    parts += content_parts + read_images(message)
    if role == "assistant":
        parts += _calls(message)
        parts = _signed(parts, _signature(message))
    kept = _kept(message)
    message.refuse_rest("Message")
    if mark and parts:
        parts[-1] = attrs.evolve(parts[-1], metadata={**parts[-1].metadata, **mark})
    return Message(role, parts, name=speaker, options={owner.name: kept} if kept else {})


def _has_results(content: Any) -> bool:
    """Tell whether the content of a message of a tool holds results, rather than being one."""
    listed = as_list(content) or ()
    found = [cast("Mapping[str, Any]", each) for each in listed if isinstance(each, Mapping)]
    return any(not _OF_RESULT.isdisjoint(each) for each in found)


def _kept(message: Members) -> dict[str, Any]:
    """Return the members that go to the provider of the call as they are; to another, none does that is false."""
    kept: dict[str, Any] = {}
    for name in _KEPT:
        if message.owner.has("chat") and name in message:
            kept[name] = message.take(name)
        elif message.data.get(name) is False:
            message.take(name)
    return kept


def _of_item(part: Part, item: Mapping[str, Any], owner: Owner) -> Part:
    """Return a part that knows of which item it is, so that its provider gets the item again."""
    return attrs.evolve(part, id=item.get("id"), metadata={**part.metadata, owner.of("responses"): dict(item)})


def _mark(members: Members) -> dict[str, Any]:
    """Return the metadata of the mark of a cached prefix; on a message, it belongs to the last part."""
    mark = members.take(CACHE_MARK)
    return {} if mark is None else {CACHE_MARK: mark}


def _content(message: Members, role: str) -> list[Part]:
    content = message.take("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(text=content)] if content else []
    listed = as_list(content)
    if listed is None:
        raise message.wrong("content", "a string or a list of parts", content)
    return [_part(part, f"{message.path}.content[{index}]", message.owner, role) for index, part in enumerate(listed)]


def _part(part: Any, path: str, owner: Owner, role: str) -> Part:
    if isinstance(part, str):
        return Text(text=part)
    data = as_members(part, path, owner).data
    if is_foreign(data):
        return read_part(data, path, owner)
    return read_own_part(data, path, owner, is_answer=role == "assistant")


def _reasoning(message: Members) -> list[Part]:
    text, sealed = "", None
    for name in _REASONING:
        if name in message:
            text = message.text(name) or text
    extras = _extras(message)
    for name in _SEALED:
        sealed = message.take(name) or extras.get(name) or sealed
    seal = Seal(issuer=message.owner.of("chat"), payload=sealed) if sealed else None
    return [Reasoning(text=text, seal=seal, redacted=not text)] if text or sealed else []


def _calls(message: Members) -> list[Part]:
    parts: list[Part] = []
    if refusal := message.optional_text("refusal"):
        parts.append(Refusal(text=refusal))
    calls = message.take("tool_calls")
    listed = as_list(calls)
    if listed is None and calls is not None:
        raise message.wrong("tool_calls", "a list", calls)
    for index, each in enumerate(listed or ()):
        parts.append(_call(as_members(each, f"{message.path}.tool_calls[{index}]", message.owner)))
    if "function_call" in message:
        legacy = message.nested("function_call")
        call = ToolCall(
            name=legacy.text("name"),
            call_id="call_0",
            arguments=_arguments(legacy, "arguments"),
            metadata={"type": "function_call"},
        )
        parts.append(call)
    return parts


def _call(call: Members) -> Part:
    call.take("index")
    call_id, seal = call.optional_text("id") or "", _signature(call)
    if seal is None and (extras := _extras(call)):
        seal = Seal(issuer=call.owner.of("chat"), payload=extras)
    mark = _mark(call)
    if "custom" in call:
        custom = call.nested("custom")
        made = ToolCall(
            name=custom.text("name"),
            call_id=call_id,
            arguments=custom.text("input"),
            metadata={"type": "custom", **mark},
        )
    else:
        function = call.nested("function")
        arguments = _arguments(function, "arguments")
        name = function.text("name")
        made = ToolCall(name=name, call_id=call_id, arguments=arguments, seal=seal, metadata=mark)
    call.refuse_rest()
    return made


def _extras(members: Members) -> dict[str, Any]:
    """Return what a gateway adds to a message or a call, without what is null."""
    extras = members.take(_EXTRAS)
    given = cast("Mapping[str, Any]", extras if isinstance(extras, Mapping) else {})
    return {name: value for name, value in given.items() if value is not None}


def _signature(members: Members) -> Seal | None:
    """Return the seal of a message or a call whose signature stands in ``extra_content``."""
    extra = members.take("extra_content")
    return Seal(issuer=members.owner.of("chat"), payload={"extra_content": extra}) if extra else None


def _signed(parts: list[Part], seal: Seal | None) -> list[Part]:
    """Return the parts of an answer with the seal of the message on its text."""
    texts = [at for at, part in enumerate(parts) if isinstance(part, Text)]
    if seal is None or not texts:
        return parts
    return [attrs.evolve(part, seal=seal) if at == texts[-1] else part for at, part in enumerate(parts)]


def _arguments(members: Members, name: str) -> str:
    value = members.take(name)
    if isinstance(value, str):
        return value
    return "" if value is None else as_json(value, f"{members.path}.{name}")


def _result(message: Members, role: str) -> Message:
    """Read the result of a tool as a message of its own."""
    call_id = "call_0" if role == "function" else message.optional_text("tool_call_id") or ""
    name = message.optional_text("name") or message.optional_text("tool_name") or ""
    failed = message.take("is_error")
    content = read_result(message.take("content"), f"{message.path}.content", message.owner)
    metadata = {**({"type": "function_call"} if role == "function" else {}), **_mark(message)}
    message.refuse_rest()
    result = ToolResult(
        call_id=call_id,
        name=name,
        content=content,
        outcome="error" if failed else "ok",
        metadata=metadata,
    )
    return Message("tool", [result])


def _item(data: Mapping[str, Any], path: str, owner: Owner) -> Message:
    """Read an item of the API of responses that is not a message: a call, a result, reasoning, or what a server ran."""
    item = Members(data, path, owner)
    kind = data["type"]
    if kind in {"function_call", "custom_tool_call"}:
        custom = kind == "custom_tool_call"
        facts = {name: value for name, value in data.items() if name not in _OF_CALL and value is not None}
        call = ToolCall(
            name=item.text("name"),
            call_id=item.text("call_id"),
            arguments=item.text("input") if custom else _arguments(item, "arguments"),
            id=item.optional_text("id"),
            metadata={
                **({"type": "custom"} if custom else {}),
                **({owner.of("responses"): {"type": kind, **facts}} if facts else {}),
            },
        )
        return Message("assistant", [call])
    if kind in {"function_call_output", "custom_tool_call_output"}:
        content = read_result(item.take("output"), f"{path}.output", owner)
        metadata = {"type": "custom"} if kind.startswith("custom") else {}
        result = ToolResult(call_id=item.text("call_id"), name="", content=content, metadata=metadata, **item.rest())
        return Message("tool", [result])
    if kind == "reasoning":
        return Message("assistant", [_reasoning_item(data, item)])
    role = item.optional_text("role") or ("user" if kind.endswith("_output") else "assistant")
    if "role" not in data and kind not in _ITEMS and not kind.endswith(("_call", "_call_output", "_output")):
        text = f"{path} has no role, and {kind!r} is not a type of an item"
        told = after(text, kind, (*_ITEMS, *_ITEMS_READ), "give role='user', or a known type")
        raise InvalidRequestError(told, parameter="messages")
    return Message(role, [Extension(kind=f"{owner.of('responses')}.{kind}", value=dict(data))])


def _reasoning_item(data: Mapping[str, Any], item: Members) -> Reasoning:
    summary = item.take("summary")
    texts = [
        str(cast("Mapping[str, Any]", each).get("text", "")) for each in summary or () if isinstance(each, Mapping)
    ]
    seal = Seal(issuer=item.owner.of("responses"), payload=dict(data))
    return Reasoning(text="\n\n".join(texts), redacted=not any(texts), id=item.optional_text("id"), seal=seal)
