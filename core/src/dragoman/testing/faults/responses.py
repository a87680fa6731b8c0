"""The Responses API of OpenAI: https://platform.openai.com/docs/api-reference/responses-streaming."""

from __future__ import annotations

from typing import Any

from dragoman.testing.faults import chat
from dragoman.testing.faults.tongue import Events, Json, Oddity, Tongue, event

__all__ = ["RESPONSES"]

_USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}


def _named(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _message(*content: Json, status: str = "completed") -> Json:
    return {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": list(content)}


def _text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": []}


def _response(*output: Json, status: str = "completed", **fields: Any) -> Json:
    known = {"id": "resp_1", "object": "response", "model": "served", "status": status, "output": list(output)}
    return {**known, "usage": _USAGE, **fields}


def _end(*output: Json, status: str = "completed", **fields: Any) -> bytes:
    return _named(f"response.{status}", response=_response(*output, status=status, **fields))


def _speak(text: str) -> bytes:
    return _named("response.output_text.delta", item_id="msg_1", output_index=0, content_index=0, delta=text)


def _closing(text: str) -> Events:
    item = _message(_text(text))
    return (
        _named("response.output_text.done", item_id="msg_1", output_index=0, content_index=0, text=text),
        _named("response.output_item.done", output_index=0, item=item),
        _end(item),
    )


def _whole(text: str) -> Json:
    return _response(_message(_text(text)))


_CREATED = _named("response.created", response=_response(status="in_progress", usage=None))
_OPENING = (
    _CREATED,
    _named("response.output_item.added", output_index=0, item=_message(status="in_progress")),
    _named("response.content_part.added", item_id="msg_1", output_index=0, content_index=0, part=_text("")),
)


def _cut(reason: str, *output: Json) -> Oddity:
    fields: Json = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    begun = (*_OPENING, _speak("fine")) if output else (_CREATED,)
    return Oddity(events=(*begun, _end(*output, **fields)), whole=_response(*output, **fields))


def _call(name: str, city: str | None, status: str = "completed") -> Json:
    arguments = "" if city is None else f'{{"city":"{city}"}}'
    item = {"id": f"fc_{city}", "type": "function_call", "call_id": f"call_{city}", "name": name}
    return {**item, "status": status, "arguments": arguments}


def _added(place: int, item: Json) -> bytes:
    return _named("response.output_item.added", output_index=place, item={**item, "arguments": ""})


def _argued(place: int, item: Json, piece: str) -> bytes:
    return _named("response.function_call_arguments.delta", item_id=item["id"], output_index=place, delta=piece)


_OSLO, _ROME, _CLOCK = _call("weather", "Oslo"), _call("weather", "Rome"), _call("clock", None)
_CUT = {**_call("weather", "Os", "incomplete"), "arguments": '{"city":"Os'}
_BOTH = _response(_OSLO, _ROME)
ODDITIES = {
    "blocked": _cut("content_filter"),
    "too_long": _cut("max_output_tokens", _message(_text("fine"), status="incomplete")),
    "tools_interleaved": Oddity(
        events=(
            _CREATED,
            _added(0, _OSLO),
            _added(1, _ROME),
            _argued(0, _OSLO, '{"city":'),
            _argued(1, _ROME, '{"city":"Rome"}'),
            _argued(0, _OSLO, '"Oslo"}'),
            _end(_OSLO, _ROME),
        ),
        whole=_BOTH,
    ),
    "tool_without_arguments": Oddity(events=(_CREATED, _added(0, _CLOCK), _end(_CLOCK)), whole=_response(_CLOCK)),
    "tool_cut": Oddity(
        events=(
            _CREATED,
            _added(0, _CUT),
            _argued(0, _CUT, '{"city":"Os'),
            _end(_CUT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        ),
        whole=_response(_CUT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    ),
    "terminal_alone": Oddity(
        events=(_CREATED, _end(_message(_text("fine")))), whole=_response(_message(_text("fine")))
    ),
    "usage_absent": Oddity(
        events=(*_OPENING, _speak("fine"), _end(_message(_text("fine")), usage=None)),
        whole=_response(_message(_text("fine")), usage=None),
    ),
    "usage_last": Oddity(
        events=(*_OPENING, _speak("fine"), *_closing("fine")), whole=_response(_message(_text("fine")))
    ),
    "nulls": Oddity(
        events=(*_OPENING, _speak("fine"), _end(_message(_text("fine")), error=None, incomplete_details=None)),
        whole=_response(_message(_text("fine")), error=None, incomplete_details=None, reasoning=None),
    ),
}
_FAILURE = {"code": "server_error", "message": "the engine is on fire"}

RESPONSES = Tongue(
    name="openai-responses",
    opening=_OPENING,
    speak=_speak,
    closing=_closing,
    unfinished=(b"data: [DONE]\n\n",),
    unknown=(
        _named("response.novelty", novelty={"a": 1}),
        _named("response.in_progress", response={"id": "resp_1", "novelty": 2}),
    ),
    whole=_whole,
    hollow={"object": "response"},
    error=chat.error,
    failing=_named("error", error=_FAILURE, sequence_number=7),
    coded={name: body for name, body in chat.CODED.items() if name != "no_db_connection"},
    oddities={
        **ODDITIES,
        "failed": Oddity(
            events=(*_OPENING, _speak("fine"), _end(status="failed", error=_FAILURE)),
            whole=_response(status="failed", error=_FAILURE),
        ),
    },
)
