"""The further endpoints of Anthropic: prompts, the listing of models and counts.

https://docs.anthropic.com/en/api/complete, https://docs.anthropic.com/en/api/models-list and
https://docs.anthropic.com/en/api/messages-count-tokens
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from dragoman.spec.request import CompletionRequest
from dragoman.testing.faults.messages_requests import read_messages_request
from dragoman.testing.faults.sample_endpoints import CountingEndpoint, ListingEndpoint, PromptEndpoint
from dragoman.testing.faults.samples import Json, SampleReply
from dragoman.testing.faults.server_dialect import event
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import json_object, settings_of, string

__all__ = ["COUNTING", "LISTING", "PROMPTS"]

_PAGE = 2
_BEGIN, _END = "\n\nHuman:", "\n\nAssistant:"
_SETTINGS = {
    "max_tokens_to_sample": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
}


def _read_prompt(request: Received) -> CompletionRequest:
    body = json_object(request.json, "the body")
    prompt = string(body.get("prompt"), "prompt")
    if not prompt.startswith(_BEGIN) or not prompt.endswith(_END):
        message = f"a prompt must stand between {_BEGIN!r} and {_END!r}, not {prompt!r}"
        raise ValueError(message)
    text = prompt.removeprefix(_BEGIN).removesuffix(_END).strip()
    return CompletionRequest(model=body["model"], prompt=text, settings=settings_of((body, _SETTINGS)))


def _completed(text: str) -> SampleReply:
    def said(piece: str, reason: str | None) -> Json:
        return {"type": "completion", "id": "compl_1", "completion": piece, "stop_reason": reason, "model": "served"}

    half = len(text) // 2
    pieces = ((text[:half], None), (text[half:], None), ("", "stop_sequence"))
    return SampleReply(
        events=tuple(event(said(*piece), "completion") for piece in pieces), whole=said(text, "stop_sequence")
    )


def _list(request: Received, names: Sequence[str]) -> Json:
    after = parse_qs(urlsplit(request.path).query).get("after_id")
    first = names.index(after[0]) + 1 if after else 0
    page = names[first : first + _PAGE]
    data = [{"type": "model", "id": name, "display_name": name, "created_at": "2025-01-01T00:00:00Z"} for name in page]
    return {"data": data, "has_more": first + _PAGE < len(names), "first_id": page[0], "last_id": page[-1]}


PROMPTS = PromptEndpoint(endings=("/complete",), read=_read_prompt, reply=_completed)
LISTING = ListingEndpoint(endings=("/models",), reply=_list)
COUNTING = CountingEndpoint(
    endings=("/messages/count_tokens",), read=read_messages_request, reply=lambda count: {"input_tokens": count}
)
