"""Recorded requests to Ollama, read into our types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from dragoman import LLM, Bytes, LLMConfig, Media, Message, Part, Reasoning, Text, ToolCall, ToolResult
from dragoman.http import decoded
from dragoman_ollama.request import SETTINGS
from recordings import Recording
from replay.asked import ADDRESS, Asked, options_of
from replay.spellings import COMMON, Body, Spelling

NAMES: Mapping[str, str] = {f"options.{wire}": name for name, wire in SETTINGS.items()}
"""Our names of settings by their paths in a body."""


@frozen(kw_only=True)
class AskedPrompt(Asked):
    """Hold a recorded request with a prompt."""

    def sent(self) -> dict[str, Any]:
        """Return the body that is sent for it."""
        bound, builder = LLM(self.config)._model.ready()  # noqa: SLF001  # only conversations have a public preview
        request, _ = bound.fit(builder.completion(self.messages, self.arguments), None)
        provider: Any = bound.provider
        return provider.prepare(request, stream=self.stream).body


def conversation(_: Recording, body: dict[str, Any]) -> Asked:
    """Read a request with messages."""
    rest = {name: value for name, value in body.items() if name not in {"messages", "format"}}
    given = {"type": "json_object"} if body.get("format") == "json" else body.get("format")
    more = {"output": given} if given else {}
    return _asked(Asked, rest, tuple(messages(body["messages"])), more)


def prompt(_: Recording, body: dict[str, Any]) -> Asked:
    """Read a request with a prompt."""
    return _asked(AskedPrompt, {name: value for name, value in body.items() if name != "prompt"}, body["prompt"], {})


def _asked(kind: type[Asked], body: Mapping[str, Any], question: Any, arguments: dict[str, Any]) -> Asked:
    config = LLMConfig(model=str(body["model"]), provider="ollama", api_base=ADDRESS, temperature=None, max_tokens=None)
    options = options_of(config)
    flat = {**body, **{f"options.{name}": value for name, value in body.get("options", {}).items()}}
    extra: dict[str, Any] = {}
    for name, value in flat.items():
        if name in {"model", "stream", "options"} or value is None:
            continue
        if name in {"tools", "logprobs", "top_logprobs"} or name in NAMES:
            arguments[NAMES.get(name, name)] = value
        elif name in options:
            arguments[options[name]] = value
        else:
            extra[name] = value
    if extra:
        arguments["extra_body"] = extra
    return kind(
        config=config,
        messages=question,
        arguments=arguments,
        stream=bool(body.get("stream", True)),
        foreign=tuple(extra),
    )


def messages(given: list[Any]) -> Iterator[Message]:
    """Yield the messages; a result is that of the earliest call without one, since most calls have no id."""
    waiting: list[str] = []
    for index, message in enumerate(given):
        if message["role"] == "tool":
            name = message.get("tool_name", "")
            yield Message("tool", [ToolResult(call_id=waiting.pop(0), name=name, content=message["content"])])
            continue
        found: list[Part] = list(_parts(message))
        for number, call in enumerate(message.get("tool_calls") or ()):
            waiting.append(f"call_{index}_{number}")
            function = call["function"]
            arguments = json.dumps(function["arguments"])
            found.append(ToolCall(name=function["name"], call_id=waiting[-1], arguments=arguments))
        yield Message(message["role"], found)


def _parts(message: Mapping[str, Any]) -> Iterator[Part]:
    if message.get("thinking"):
        yield Reasoning(text=message["thinking"])
    for image in message.get("images") or ():
        yield Media(source=Bytes(data=decoded(image)), media_type="image/png")
    if message.get("content") or not message.get("tool_calls"):
        yield Text(text=message.get("content") or "")


def _unsaid(body: Body) -> None:
    body.setdefault("stream", True)
    for name in ("tools", "options", "format", "system", "template", "context", "images", "raw"):
        if not body.get(name, True):
            del body[name]
    if body.get("options", {}).get("stop") == []:
        del body["options"]["stop"]
        _unsaid(body)


def _ids(body: Body) -> None:
    for message in body.get("messages") or ():
        message.pop("tool_call_id", None)
        for call in message.get("tool_calls") or ():
            call.pop("id", None)
            call.setdefault("type", "function")


SPELLINGS = (
    *COMMON,
    Spelling("a stream is the default; no tools, options, format, context and template go without saying", _unsaid),
    Spelling("a call is of a function; few clients send its id, and name it in the result", _ids),
)
