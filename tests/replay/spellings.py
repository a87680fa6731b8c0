"""Different spellings of one request: what a client may say in several ways, or need not say at all.

A request counts as sent as it was recorded if both bodies are equal after each of these rules was applied to both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from replay import converse_bodies, gemini_bodies

Body: TypeAlias = dict[str, Any]


@frozen
class Spelling:
    """Say that some requests are the same.

    Args:
        says: what is the same as what.
        plain: rewrites a body in place, so that the same requests become equal.

    """

    says: str
    plain: Callable[[Body], None]


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted(each) for each in value]
    if not isinstance(value, dict):
        return value
    listed = value.get("required")
    more = {"required": sorted(listed)} if isinstance(listed, list) and all(isinstance(x, str) for x in listed) else {}
    said = {name: each for name, each in value.items() if name != "$schema" and (name, each) != ("description", None)}
    return {name: more.get(name, _sorted(each)) for name, each in said.items()}


def _required(body: Body) -> None:
    body.update(_sorted(body))


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return the values of a nested value by their paths; what is empty is a value."""
    if isinstance(value, dict) and value:
        parts = [(f"{path}.{name}".removeprefix("."), each) for name, each in value.items()]
    elif isinstance(value, list) and value:
        parts = [(f"{path}[{index}]", each) for index, each in enumerate(value)]
    else:
        return {path: value}
    return {name: leaf for where, each in parts for name, leaf in leaves(each, where).items()}


def plain(body: Body, spellings: tuple[Spelling, ...]) -> Body:
    """Return a body in the spelling that all the same ones share."""
    body = json.loads(json.dumps(body))
    for each in spellings:
        each.plain(body)
    return body


def without(found: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Return an object without members that have their default value."""
    return {name: value for name, value in found.items() if name not in defaults or value != defaults[name]}


def _no_nulls(body: Body) -> None:
    for name in [name for name, value in body.items() if value is None]:
        del body[name]


def _defaults(**defaults: Any) -> Callable[[Body], None]:
    def plain(body: Body) -> None:
        for name in [name for name, value in defaults.items() if name in body and body[name] == value]:
            del body[name]

    return plain


def _renamed(**names: str) -> Callable[[Body], None]:
    def plain(body: Body) -> None:
        for old, new in names.items():
            if old in body:
                body[new] = body.pop(old)

    return plain


def _stop_words(body: Body) -> None:
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _floats(body: Body) -> None:
    body.update(_numbers(body))


def _texts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    listed = content if isinstance(content, list) else []
    return [{"type": "text", "text": each} if isinstance(each, str) else each for each in listed]


def _chat_content(body: Body) -> None:
    for message in body["messages"]:
        parts = _texts(message.get("content"))
        message["content"] = [{name: value for name, value in each.items() if value is not None} for each in parts]
        texts = [each["text"] for each in message["content"] if set(each) == {"type", "text"}]
        if message["role"] in {"assistant", "tool"} and len(texts) == len(message["content"]):
            message["content"] = _texts("".join(texts))
        if not message["content"]:
            del message["content"]


def _chat_messages(body: Body) -> None:
    for index, message in enumerate(body["messages"]):
        known = {name: value for name, value in message.items() if value is not None}
        if known["role"] == "tool":
            known.pop("name", None)
        body["messages"][index] = without(known, tool_calls=[], refusal="", annotations=[])
        for call in known.get("tool_calls") or ():
            call.pop("index", None)
            call.setdefault("type", "function")


def _developer(body: Body) -> None:
    for message in body.get("messages") or body.get("input") or ():
        if message.get("role") == "developer":
            message["role"] = "system"


def _same_arguments(text: Any) -> Any:
    try:
        return json.dumps(json.loads(text or "{}"), sort_keys=True) if isinstance(text, str | None) else text
    except ValueError:
        return text


def _chat_arguments(body: Body) -> None:
    for message in body["messages"]:
        for call in message.get("tool_calls") or ():
            if "function" in call:
                _no_nulls(call["function"])
                call["function"]["arguments"] = _same_arguments(call["function"].get("arguments"))


def _chat_tools(body: Body) -> None:
    if body.get("tool_choice") == "any":
        body["tool_choice"] = "required"
    for tool in body.get("tools") or ():
        tool.setdefault("type", "function")
        if isinstance(function := tool.get("function"), dict):
            known = {name: value for name, value in function.items() if value is not None}
            known = {"parameters": {"type": "object", "properties": {}}, **without(known, strict=False)}
            known["parameters"] = {"properties": {}, **known["parameters"]}
            if known.get("strict"):
                known["parameters"] = _without_null_defaults(known["parameters"])
            tool["function"] = known


def _without_null_defaults(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_null_defaults(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_null_defaults(each) for name, each in schema.items() if (name, each) != ("default", None)}


def _strict(body: Body) -> None:
    shape = (body.get("response_format") or {}).get("json_schema")
    if shape is not None:
        body["response_format"]["json_schema"] = without(shape, strict=False)


def _effort(body: Body) -> None:
    if "reasoning_effort" in body:
        body["reasoning"] = {**body.get("reasoning", {}), "effort": body.pop("reasoning_effort")}


COMMON = (
    Spelling(
        "the order of required members of a schema says nothing, nor does the name of its dialect or a description "
        "that is null",
        _required,
    ),
    Spelling("a member that is null is left out", _no_nulls),
    Spelling("a whole number is the same with and without a fraction", _floats),
)

CHAT = (
    *COMMON,
    Spelling(
        "one answer, no stream, no stop word, no tools and the free choice of tools go without saying",
        _defaults(
            n=1, stream=False, stop=[], tools=[], tool_choice="auto", functions=[], response_format={"type": "text"}
        ),
    ),
    Spelling("max_tokens has the newer name max_completion_tokens", _renamed(max_tokens="max_completion_tokens")),
    Spelling("one stop word is a list of one", _stop_words),
    Spelling("the effort stands in reasoning_effort or in reasoning.effort", _effort),
    Spelling(
        "a text is a list of one part; texts of an answer or of a result are one text; no text is none", _chat_content
    ),
    Spelling("a result names no tool; a call has no place in a stream, and is of a function", _chat_messages),
    Spelling("a developer is the system", _developer),
    Spelling("arguments are JSON, whose spacing says nothing", _chat_arguments),
    Spelling(
        "any tool is required; a tool is a function, one without parameters takes an empty object, and is not strict; "
        "in a strict one, whose calls give every argument, a default of null says nothing",
        _chat_tools,
    ),
    Spelling("an answer is not strict", _strict),
)


def _items(body: Body) -> None:
    given = body.get("input") or []
    given = [{"role": "user", "content": given}] if isinstance(given, str) else given
    items = [_item(each) for each in given]
    body["input"] = [each for each in items if each.get("content") != [] or each.get("role") != "assistant"]


def _item(item: Body) -> Body:
    known = {name: value for name, value in item.items() if value is not None and (name, value) != ("type", "message")}
    if "role" in known and "content" in known:
        content = _texts(known["content"])
        for part in content:
            if part.get("type") in {"input_text", "output_text"}:
                part["type"] = "text"
        found = [without(each, annotations=[], logprobs=[]) for each in content]
        known["content"] = [each for each in found if each != {"type": "text", "text": ""}]
    if not known.get("id"):
        known = {name: value for name, value in known.items() if name not in {"id", "status"}}
    if isinstance(known.get("arguments"), str):
        known["arguments"] = _same_arguments(known["arguments"])
    return known


def _responses_tools(body: Body) -> None:
    for index, tool in enumerate(body.get("tools") or ()):
        known = {name: value for name, value in tool.items() if value is not None}
        known |= known.pop("function", {})
        body["tools"][index] = without(known, strict=False)


def _nested_defaults(body: Body) -> None:
    reasoning = {name: value for name, value in body.pop("reasoning", {}).items() if value is not None}
    text = {name: value for name, value in body.pop("text", {}).items() if value is not None}
    text = without(text, format={"type": "text"})
    if "format" in text:
        text["format"] = without(text["format"], strict=False)
    body.update({name: each for name, each in (("reasoning", reasoning), ("text", text)) if each})


RESPONSES = (
    *COMMON,
    Spelling(
        "no stream, the free choice of tools, several calls and nothing included go without saying",
        _defaults(stream=False, tool_choice="auto", include=[], tools=[], parallel_tool_calls=True),
    ),
    Spelling(
        "a prompt is an item of the user; a text is a list of one part, and its type follows from the role; a message "
        "needs no type; an answer without an id has no status; no annotations are none, nor is an empty text "
        "or an answer without content",
        _items,
    ),
    Spelling("a developer is the system", _developer),
    Spelling("a tool is not strict, and need not be nested", _responses_tools),
    Spelling("a text that is not strict, and empty reasoning, go without saying", _nested_defaults),
)


def _blocks(content: Any) -> list[Any]:
    found = [_block(each) for each in _texts(content)]
    return [each for each in found if each != {"type": "text", "text": ""}]


def _block(block: Body) -> Body:
    known = without({name: value for name, value in block.items() if value is not None}, is_error=False, citations=[])
    if known["type"] == "tool_result":
        known["content"] = _blocks(known.get("content"))
    return known


def _turns(body: Body) -> None:
    turns: list[Any] = []
    for each in body["messages"]:
        content = _blocks(each["content"])
        if turns and turns[-1]["role"] == each["role"]:
            turns[-1]["content"] += content
        else:
            turns.append({"role": each["role"], "content": content})
    body["messages"] = turns
    if "system" in body:
        body["system"] = _blocks(body["system"])
        if not body["system"]:
            del body["system"]


def _block_choice(body: Body) -> None:
    if "tool_choice" in body:
        body["tool_choice"] = without(body["tool_choice"], disable_parallel_tool_use=False)
        if body["tool_choice"] == {"type": "auto"}:
            del body["tool_choice"]


def _block_tools(body: Body) -> None:
    for index, tool in enumerate(body.get("tools") or ()):
        known = {name: value for name, value in tool.items() if value is not None}
        body["tools"][index] = without(known, type="custom", strict=False)


BLOCKS = (
    *COMMON,
    Spelling(
        "no stream, no tools and no stop words go without saying", _defaults(stream=False, tools=[], stop_sequences=[])
    ),
    Spelling("a text is a list of one block; consecutive turns of one role are one; an empty text is none", _turns),
    Spelling("the free choice of several tools goes without saying", _block_choice),
    Spelling("a tool is one of the caller's, and is not strict", _block_tools),
)


def _contents(body: Body) -> None:
    known = gemini_bodies.even(gemini_bodies.normalize(body))
    body.clear()
    body.update(known)


CONTENTS = (*COMMON, Spelling(" ".join(gemini_bodies.ADDED_BY_CLIENTS.split()), _contents))

CONVERSE: tuple[Spelling, ...] = (
    Spelling("a request to Converse, as converse_bodies.same says", converse_bodies.same),
    Spelling("the order of required members says nothing", _required),
)
