"""The seven dialects of the table: where a request has its schema, what a reply is like, and what its vendor refuses.

The checkers are written from what the vendors publish, and know nothing of the code that lowers schemas or of its data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from attrs import field, frozen

OPENAI_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs"),
    *("title", "description", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum"),
    *("exclusiveMaximum", "minItems", "maxItems"),
}
ANTHROPIC_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf", "$ref"),
    *("$defs", "definitions", "title", "description", "default", "format", "minItems", "pattern"),
}
GEMINI_KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
    *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required"),
    *("propertyOrdering", "default"),  # the last is in recorded requests that were answered
}
COHERE_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs"),
    *("title", "description", "format"),
}
OPENAPI_KEYWORDS = {
    *("type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties"),
    *("required", "minProperties", "maxProperties", "minLength", "maxLength", "minimum", "maximum", "pattern"),
    *("example", "anyOf", "propertyOrdering", "default"),
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
Check = Callable[[dict[str, Any]], Iterator[str]]


def nodes(schema: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema in a schema, with its path."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for keyword in ("properties", "$defs", "definitions"):
        for name, each in schema.get(keyword, {}).items():
            yield from nodes(each, f"{path}.{keyword}.{name}")
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for index, each in enumerate(schema.get(keyword, ())):
            yield from nodes(each, f"{path}.{keyword}[{index}]")
    for keyword in ("items", "additionalProperties"):
        yield from nodes(schema.get(keyword), f"{path}.{keyword}")


def references(schema: Any) -> set[str]:
    return {node["$ref"] for _, node in nodes(schema) if "$ref" in node}


def of_openai(schema: dict[str, Any]) -> Iterator[str]:  # noqa: C901  # a list of rules
    """https://platform.openai.com/docs/guides/structured-outputs#supported-schemas."""
    if schema.get("type") != "object" or "anyOf" in schema:
        yield "the root is not an object"
    for path, node in nodes(schema):
        yield from (f"{path}: {name}" for name in node.keys() - OPENAI_KEYWORDS)
        if "$ref" in node:
            if len(node) > 1:
                yield f"{path}: something stands beside a reference"
            continue
        if not node.keys() & {"type", "anyOf"}:
            yield f"{path}: no type"
        if node.get("format", "date") not in FORMATS:
            yield f"{path}: format {node['format']}"
        if node.get("type") == "array" and not node.get("items"):
            yield f"{path}: items without a type"
        if node.get("type") == "object" or "properties" in node:
            if node.get("additionalProperties") is not False:
                yield f"{path}: open"
            if {*node["required"]} != {*node["properties"]}:
                yield f"{path}: not all are required"
    yield from dangling(schema)


def of_anthropic(schema: dict[str, Any]) -> Iterator[str]:
    """https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs#json-schema-limitations."""
    for path, node in nodes(schema):
        yield from (f"{path}: {name}" for name in node.keys() - ANTHROPIC_KEYWORDS)
        if "$ref" in node and len(node) > 1:
            yield f"{path}: something stands beside a reference"
        if node.get("format", "uri") not in {*FORMATS, "uri"}:
            yield f"{path}: format {node['format']}"
        if node.get("minItems", 0) > 1:
            yield f"{path}: minItems {node['minItems']}"
        if node.get("type") == "object" and node.get("additionalProperties") is not False:
            yield f"{path}: open"
        if any(isinstance(each, dict | list) for each in node.get("enum", ())):
            yield f"{path}: a value that is not primitive"
    for name in schema.get("$defs", {}):
        if reaches(schema, f"#/$defs/{name}", f"#/$defs/{name}"):
            yield f"{name} is recursive"
    yield from dangling(schema)


def of_gemini(schema: dict[str, Any]) -> Iterator[str]:
    """https://ai.google.dev/api/generate-content#GenerationConfig: the member ``responseJsonSchema``."""
    for path, node in nodes(schema):
        yield from (f"{path}: {name}" for name in node.keys() - GEMINI_KEYWORDS)
        if "$ref" in node and [name for name in node if not name.startswith("$")]:
            yield f"{path}: something stands beside a reference"
        if node.get("format", "date") not in {"date-time", "date", "time", "int32", "int64", "float", "double"}:
            yield f"{path}: format {node['format']}"
        if not all(isinstance(each, str | int | float) and not isinstance(each, bool) for each in node.get("enum", ())):
            yield f"{path}: a value that is neither text nor number"
    for name, body in schema.get("$defs", {}).items():
        if reaches(without_optional(schema), f"#/$defs/{name}", f"#/$defs/{name}"):
            yield f"{name} needs itself: {body}"
    yield from dangling(schema)


def of_openapi(schema: dict[str, Any]) -> Iterator[str]:
    """https://ai.google.dev/api/caching#Schema: the members ``responseSchema`` and ``parameters``."""
    for path, node in nodes(schema):
        yield from (f"{path}: {name}" for name in node.keys() - OPENAPI_KEYWORDS)
        if "anyOf" in node and len(node) > 1:
            yield f"{path}: something stands beside anyOf"
        if node.get("format", "double") not in {"date-time", "enum", "int32", "int64", "float", "double"}:
            yield f"{path}: format {node['format']}"
        if not all(isinstance(each, str) and each for each in node.get("enum", ())):
            yield f"{path}: a value that is not text"
        if node.get("type") == "array" and "items" not in node:
            yield f"{path}: a list without items"
        if isinstance(node.get("type"), list):
            yield f"{path}: several types"


def of_cohere(schema: dict[str, Any]) -> Iterator[str]:
    """https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features."""
    for path, node in nodes(schema):
        yield from (f"{path}: {name}" for name in node.keys() - COHERE_KEYWORDS)
        if node.get("format", "date") not in {"date-time", "uuid", "date", "time"}:
            yield f"{path}: format {node['format']}"
    yield from of_tools(schema)


def of_tools(schema: dict[str, Any]) -> Iterator[str]:
    """What a schema must be that a model is not held to: an object, and nothing that leads nowhere."""
    if schema.get("type") != "object":
        yield "the root is not an object"
    yield from dangling(schema)


def dangling(schema: dict[str, Any]) -> Iterator[str]:
    for reference in references(schema):
        if reference != "#" and reference.removeprefix("#/$defs/") not in schema.get("$defs", {}):
            yield f"{reference} leads nowhere"


def reaches(schema: dict[str, Any], start: str, target: str) -> bool:
    """Tell whether what *start* refers to refers to *target*, in any number of steps."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        body = schema["$defs"].get(ahead.pop().removeprefix("#/$defs/"))
        for step in references(body) - seen:
            if step == target:
                return True
            seen.add(step)
            ahead.append(step)
    return False


def without_optional(schema: Any) -> Any:
    """Return a schema without the members that need not be there."""
    if isinstance(schema, list):
        return [without_optional(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: without_optional(each) for name, each in schema.items() if name != "properties"}
    if "properties" in schema:
        members = schema["properties"].items()
        needed = {name: without_optional(each) for name, each in members if name in schema.get("required", ())}
        kept["properties"] = needed
    return kept


@frozen(kw_only=True)
class Sent:
    """What a request asks for.

    Args:
        schema: the schema of the answer.
        strict: whether the vendor holds the model to it.

    """

    schema: dict[str, Any]
    strict: bool


@frozen(kw_only=True)
class Dialect:
    """One of the seven.

    Args:
        vendor: the configuration in ``plugins.vendors``.
        sent: what a body asks for.
        reply: the reply to a body, with a text as the answer.
        check: the rules of the vendor.
        family: whose answers are loose in the same rows; empty where they never are.
        options: further fields of the configuration.

    """

    vendor: str
    sent: Callable[[Any], Sent]
    reply: Callable[[Any, str], Any]
    check: Check
    family: str
    options: dict[str, Any] = field(factory=dict)


def chat_sent(body: Any) -> Sent:
    asked = body["response_format"]["json_schema"]
    return Sent(schema=asked["schema"], strict=asked["strict"])


def chat_reply(_: Any, text: str) -> Any:
    message = {"role": "assistant", "content": text}
    return {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def responses_sent(body: Any) -> Sent:
    return Sent(schema=body["text"]["format"]["schema"], strict=body["text"]["format"]["strict"])


def responses_reply(_: Any, text: str) -> Any:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    return {"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": [item]}


def anthropic_sent(body: Any) -> Sent:
    if "output_config" in body:
        return Sent(schema=body["output_config"]["format"]["schema"], strict=True)
    [tool] = body["tools"]
    assert body["tool_choice"] == {"type": "tool", "name": tool["name"], "disable_parallel_tool_use": True}
    return Sent(schema=tool["input_schema"], strict=False)


def anthropic_reply(body: Any, text: str) -> Any:
    block = {"type": "text", "text": text}
    if "tools" in body:
        block = {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": json.loads(text)}
    reason = "end_turn" if block["type"] == "text" else "tool_use"
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [block],
        "stop_reason": reason,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def cohere_sent(body: Any) -> Sent:
    assert body["response_format"]["type"] == "json_object"
    return Sent(schema=body["response_format"]["json_schema"], strict=True)


def cohere_reply(_: Any, text: str) -> Any:
    message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
    return {"id": "m", "finish_reason": "COMPLETE", "message": message}


def gemini_sent(body: Any) -> Sent:
    config = body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    return Sent(schema=config["responseJsonSchema"], strict=True)


def gemini_reply(_: Any, text: str) -> Any:
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}]
    }


OPENAI = {"check": of_openai, "family": "openai"}
DIALECTS: dict[str, Dialect] = {
    "openai": Dialect(vendor="openai", sent=chat_sent, reply=chat_reply, **OPENAI),
    "openai responses": Dialect(vendor="openai-responses", sent=responses_sent, reply=responses_reply, **OPENAI),
    "azure": Dialect(vendor="azure", sent=chat_sent, reply=chat_reply, **OPENAI),
    "groq": Dialect(vendor="groq", sent=chat_sent, reply=chat_reply, **OPENAI),
    "anthropic": Dialect(
        vendor="anthropic", sent=anthropic_sent, reply=anthropic_reply, check=of_anthropic, family="anthropic"
    ),
    "cohere": Dialect(vendor="cohere", sent=cohere_sent, reply=cohere_reply, check=of_cohere, family=""),
    "gemini": Dialect(vendor="google", sent=gemini_sent, reply=gemini_reply, check=of_gemini, family=""),
}
