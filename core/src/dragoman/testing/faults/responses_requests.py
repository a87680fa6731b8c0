"""Requests of the OpenAI Responses API, read back: https://platform.openai.com/docs/api-reference/responses/create."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dragoman.spec.media import FileRef, Media
from dragoman.spec.message import Message
from dragoman.spec.parts import Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from dragoman.spec.request import AUTO, TEXT, ChatRequest, Settings, Tool, ToolChoice
from dragoman.testing.faults.chat_requests import read_format
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    PartReader,
    chosen,
    json_object,
    linked_media,
    listed,
    member,
    of_kind,
    settings_of,
    string,
)

__all__ = ["read_responses_request"]

_SETTINGS = {
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "parallel_tool_calls": "parallel_tool_calls",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
}
_LOGPROBS = "message.output_text.logprobs"


def read_responses_request(request: Received) -> ChatRequest:
    """Return what a request asks for.

    Raises:
        ValueError: for a body that the API would refuse.

    """
    body = json_object(request.json, "the body")
    form = member(member(body, "text"), "format")
    return ChatRequest(
        model=string(body.get("model"), "model"),
        messages=list(_messages(body)),
        settings=_settings(body),
        tools=tuple(_tool(each) for each in listed(body.get("tools"), "tools")),
        tool_choice=_choice(body.get("tool_choice")),
        output=read_format(form, form) if form else TEXT,
    )


def _settings(body: Mapping[str, Any]) -> Settings:
    logprobs = True if _LOGPROBS in (body.get("include") or ()) else None
    return settings_of((body, _SETTINGS), effort=member(body, "reasoning").get("effort"), logprobs=logprobs)


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("instructions"):
        yield Message("system", string(body["instructions"], "instructions"))
    if isinstance(body["input"], str):
        yield Message("user", body["input"])
        return
    for item in listed(body["input"], "input"):
        yield chosen(_ITEMS, item.get("type", "message"), item)


def _message(item: dict[str, Any]) -> Message:
    return Message(string(item.get("role"), "the role"), _content(item.get("content")))


def _content(value: Any) -> list[Part]:
    if isinstance(value, str):
        return [Text(text=value)]
    return [chosen(_PARTS, string(each.get("type"), "type"), each) for each in listed(value, "content")]


def _media(family: str, name: str) -> PartReader:
    def read(value: dict[str, Any]) -> Media:
        if "file_id" in value:
            return Media(source=FileRef(file_id=value["file_id"]), media_type=family)
        link = value.get(name) or value.get("file_url")
        return linked_media(link, family, filename=value.get("filename"))

    return read


def _text(value: dict[str, Any]) -> Text:
    return Text(text=string(value.get("text"), "text"))


def _result(item: dict[str, Any]) -> Message:
    content: Any = _content(item.get("output"))
    return Message("tool", ToolResult(call_id=item.get("call_id") or "", name="", content=content))


_PARTS: Mapping[str, PartReader] = {
    "input_text": _text,
    "output_text": _text,
    "refusal": lambda value: Refusal(text=string(value.get("refusal"), "refusal")),
    "input_image": _media("image/*", "image_url"),
    "input_file": _media("application/octet-stream", "file_data"),
}
_ITEMS: Mapping[str, Callable[[dict[str, Any]], Message]] = {
    "message": _message,
    "function_call": lambda item: Message(
        "assistant",
        ToolCall(
            call_id=string(item.get("call_id"), "call_id"),
            name=string(item.get("name"), "name"),
            arguments=string(item.get("arguments"), "arguments"),
        ),
    ),
    "function_call_output": _result,
    "reasoning": lambda _: Message("assistant", Reasoning(redacted=True)),
}


def _tool(value: dict[str, Any]) -> Tool:
    of_kind(value, "function")
    more: dict[str, Any] = {"schema": value["parameters"]} if value.get("parameters") is not None else {}
    name = string(value.get("name"), "the name of a tool")
    return Tool(name=name, description=value.get("description"), strict=value.get("strict"), **more)


def _choice(value: Any) -> ToolChoice:
    if value is None:
        return AUTO
    return (
        ToolChoice(value) if isinstance(value, str) else ToolChoice("tool", json_object(value, "tool_choice")["name"])
    )
