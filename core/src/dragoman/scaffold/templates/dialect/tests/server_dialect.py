"""The dialect of the host, as the server of the tests speaks it: replies, streams and errors, and requests read back.

Write it from the documentation of the vendor and from recorded traffic, not from the code under test.
https://docs.acme.example/api/talk
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dragoman import (
    ChatRequest,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from dragoman.testing.faults import SampleCall, SampleReply, SampleSeal, SampleUsage, ServerDialect, event
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    PartReader,
    base64_media,
    chosen,
    json_object,
    linked_media,
    listed,
    settings_of,
    string,
)

CODES = {401: "bad_key", 403: "not_allowed", 404: "not_found", 429: "too_fast", 503: "busy", 529: "busy"}
TOKENS = {"read": 3, "written": 2}


def named(name: str, **members: Any) -> bytes:
    """Return one event."""
    return event(members, name)


IDENTITY = {"id": "talk-1", "model": "acme-served"}
STARTED = named("started", **IDENTITY)


def opened(at: int, kind: str, **members: Any) -> bytes:
    """Return the event that starts a piece."""
    return named("piece", at=at, piece={"kind": kind, **members})


def ended(end: str | None, tokens: dict[str, int] | None = TOKENS) -> bytes:
    """Return the last event."""
    return named("ended", end=end, **({"tokens": tokens} if tokens else {}))


def whole(*pieces: dict[str, Any], end: str = "done", tokens: dict[str, int] | None = TOKENS) -> dict[str, Any]:
    """Return a whole reply."""
    return IDENTITY | {"pieces": list(pieces), "end": end, "tokens": tokens}


def text_of(text: str) -> dict[str, Any]:
    """Return a piece of text."""
    return {"kind": "text", "text": text}


def failed(code: str, message: str, **members: Any) -> dict[str, Any]:
    """Return the body of an error."""
    return {"failed": {"code": code, "message": message, **members}}


def error(status: int) -> dict[str, Any]:
    """Return the error body of a status."""
    code = CODES.get(status, "bad_request" if status < 500 else "broken")
    return failed(code, f"status {status} was asked for")


EVENTS = (STARTED, opened(0, "text"), named("more", at=0, text="fine"))
FINE = whole(text_of("fine"))


def finishing(end: str) -> SampleReply:
    """Return an answer with this finish reason."""
    return SampleReply(events=(*EVENTS, ended(end)), whole=whole(text_of("fine"), end=end))


def counting(tokens: dict[str, int], **usage: int) -> SampleUsage:
    """Return an answer with this usage report."""
    answer = SampleReply(events=(*EVENTS, ended("done", tokens)), whole=whole(text_of("fine"), tokens=tokens))
    return SampleUsage(reply=answer, usage=Usage(**usage))


def call(call_id: str, tool: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """Return a piece with a tool call."""
    return {"kind": "call", "id": call_id, "tool": tool, **({} if arguments is None else {"input": arguments})}


def calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Return an answer with tool calls; `None` if their arguments are not JSON, which a whole reply cannot express."""
    events = [STARTED]
    pieces: list[dict[str, Any]] = []
    for at, sample in enumerate(calls):
        text = "".join(sample.pieces)
        try:
            given = json.loads(text) if text else None
        except ValueError:
            return None
        events.append(opened(at, "call", id=sample.call_id, tool=sample.name))
        events += [named("more", at=at, input=piece) for piece in sample.pieces]
        pieces.append(call(sample.call_id, sample.name, given))
    return SampleReply(events=(*events, ended("calls")), whole=whole(*pieces, end="calls"))


def thinking(*, seal: str | None = None) -> SampleReply:
    """Return an answer with reasoning, and with a seal if there is one."""
    thought = {"kind": "thought", "text": "hm", **({"seal": seal} if seal else {})}
    events = (
        STARTED,
        opened(0, "thought"),
        named("more", at=0, text="hm"),
        named("more", at=0, text="", seal=seal),
        opened(1, "text"),
        named("more", at=1, text="fine"),
        ended("done"),
    )
    return SampleReply(events=events, whole=whole(thought, text_of("fine")))


OSLO, ROME = call("c1", "weather", {"city": "Oslo"}), call("c2", "weather", {"city": "Rome"})
UNUSUAL_REPLIES = {
    "tools_interleaved": SampleReply(
        events=(
            STARTED,
            opened(0, "call", id="c1", tool="weather"),
            named("more", at=0, input='{"city":'),
            opened(1, "call", id="c2", tool="weather"),
            named("more", at=1, input='{"city":"Rome"}'),
            named("more", at=0, input='"Oslo"}'),
            ended("calls"),
        ),
        whole=whole(OSLO, ROME, end="calls"),
    ),
    "tool_without_arguments": SampleReply(
        events=(STARTED, opened(0, "call", id="c1", tool="clock"), ended("calls")),
        whole=whole(call("c1", "clock", None), end="calls"),
    ),
    "tool_cut": SampleReply(
        events=(
            STARTED,
            opened(0, "call", id="c1", tool="weather"),
            named("more", at=0, input='{"city":"Os'),
            ended("limit"),
        ),
        whole=whole(call("c1", "weather", None), end="limit"),
    ),
    "blocked": SampleReply(events=(STARTED, ended("filtered")), whole=whole(end="filtered")),
    "too_long": finishing("limit"),
    "usage_absent": SampleReply(events=(*EVENTS, ended("done", None)), whole=whole(text_of("fine"), tokens=None)),
    "usage_last": SampleReply(events=(*EVENTS, ended("done")), whole=FINE),
    "usage_growing": SampleReply(
        events=(*EVENTS, named("tokens", read=3, written=1), named("tokens", **TOKENS), ended("done", None)),
        whole=FINE,
    ),
    "nulls": SampleReply(
        events=(
            STARTED,
            opened(0, "text", text=None),
            named("more", at=0, text=None),
            named("more", at=0, text="fine"),
            ended("done"),
        ),
        whole=FINE | {"notes": None},
    ),
}

ROLES = {"user": "user", "model": "assistant", "system": "system", "tool": "tool"}
CHOICES = {"may": "auto", "never": "none", "must": "required"}
LIMITS = {"tokens": "max_tokens", "until": "stop"}
TUNING = {"heat": "temperature", "nucleus": "top_p", "seed": "seed"}


def read_request(request: Received) -> ChatRequest:
    """Return what a request asks for: the inverse of `RequestWriter`, written without it."""
    body = json_object(request.json, "the body")
    return ChatRequest(
        model=body["model"],
        messages=[read_turn(each) for each in listed(body["turns"], "turns")],
        settings=settings_of((body.get("limits") or {}, LIMITS), (body.get("tuning") or {}, TUNING)),
        tools=tuple(
            Tool(name=each["name"], description=each.get("about"), schema=each["takes"])
            for each in listed(body.get("tools"), "tools")
        ),
        tool_choice=read_choice(body.get("tool_use", "may")),
        output=read_shape(body.get("shape")),
    )


def read_turn(turn: dict[str, Any]) -> Message:
    """Return a message."""
    return Message(ROLES[turn["by"]], [read_piece(each) for each in listed(turn["pieces"], "pieces")])


def read_piece(piece: dict[str, Any]) -> Part:
    """Return a part of a message."""
    readers: dict[str, PartReader] = {
        "text": lambda each: Text(text=string(each["text"], "text")),
        "thought": lambda each: Reasoning(text=each["text"]),
        "image": lambda each: (
            linked_media(each["url"], each["type"]) if "url" in each else base64_media(each["base64"], each["type"])
        ),
        "call": lambda each: ToolCall(
            call_id=each["id"], name=each["tool"], arguments=json.dumps(json_object(each["input"], "input"))
        ),
        "result": lambda each: ToolResult(
            call_id=each["id"],
            name="",  # the API does not repeat the name of the tool
            content=[read_piece(inner) for inner in listed(each["pieces"], "pieces")],
            outcome="ok" if each["ok"] else "error",
        ),
    }
    return chosen(readers, piece["kind"], piece)


def read_choice(choice: Any) -> ToolChoice:
    """Return a tool choice."""
    return ToolChoice(CHOICES[choice]) if isinstance(choice, str) else ToolChoice("tool", choice["tool"])


def read_shape(shape: Any) -> OutputFormat:
    """Return an output format."""
    if shape is None:
        return OutputFormat()
    return OutputFormat("json") if shape == {"type": "object"} else OutputFormat("json_schema", schema=shape)


ACME = ServerDialect(
    name="acme",
    read_request=read_request,
    endings=("/talk",),
    is_streamed=lambda request: request.json.get("live") is True,
    opening=(STARTED, opened(0, "text")),
    speak=lambda text: named("more", at=0, text=text),
    closing=lambda _: (ended("done"),),
    unfinished=(ended(None),),
    unknown=(named("novelty", a=1), named("more", at=0, novelty=2)),
    whole=lambda text: whole(text_of(text)),
    hollow=IDENTITY,
    error=error,
    failing=named("failed", code="busy", message="too busy to go on"),
    coded={
        "context_overflow": (400, failed("too_long", "9 tokens are more than 8")),
        "insufficient_quota": (402, failed("no_credit", "pay")),
        "error_code_number": (404, {"failed": {"code": 404, "message": "no such model"}}),
        "error_text": (404, {"error": "no such model"}),  # the format of a gateway, as in the next line
        "error_detail": (404, {"detail": "no such model"}),
    },
    unusual_replies=UNUSUAL_REPLIES,
    identity=(IDENTITY["id"], IDENTITY["model"]),
    finish=finishing,
    finishes={
        "done": "stop",
        "limit": "length",
        "calls": "tool_calls",
        "filtered": "content_filter",
        "declined": "refusal",
    },
    counts={
        "plain": counting(TOKENS, input_tokens=3, output_tokens=2),
        "cached": counting({**TOKENS, "cached": 1}, input_tokens=3, output_tokens=2, cache_read_tokens=1),
        "zero": counting({"read": 0, "written": 0}, input_tokens=0, output_tokens=0),
    },
    calling=calling,
    reasoned=thinking(),
    refused=SampleReply(
        events=(STARTED, opened(0, "refusal"), named("more", at=0, text="I will not."), ended("declined")),
        whole=whole({"kind": "refusal", "text": "I will not."}, end="declined"),
    ),
    sealed=SampleSeal(reply=thinking(seal="signature-1"), words=("signature-1",)),
)
