"""The legacy Text Completions API of the first Claude models, which continue a prompt.

https://docs.anthropic.com/en/api/complete
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import CompletionRequest, FinishReason, Origin, Response, Text, UnsupportedError, Usage, build_response
from dragoman.http import HttpRequest, add_options, dumps, finish_of, word, words
from dragoman_anthropic.models import SMALL_LIMIT
from dragoman_anthropic.options import MessagesOptions
from dragoman_anthropic.response import usage

PATH = "/complete"
HUMAN = "\n\nHuman:"
ASSISTANT = "\n\nAssistant:"

FINISH: Mapping[str, FinishReason] = {
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "refusal": FinishReason.REFUSAL,
}
"""Finish reasons by stop reason of this API."""


def encode(request: CompletionRequest, options: MessagesOptions, *, stream: bool) -> HttpRequest:
    """Return the HTTP request.

    Raises:
        UnsupportedError: for a suffix.

    """
    if request.suffix is not None:
        message = f"{request.model} does not accept a suffix; make it part of the prompt"
        raise UnsupportedError(message, model=request.model, parameter="suffix")
    settings = request.settings
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": encode_prompt(request.prompt),
        "max_tokens_to_sample": settings.max_tokens or SMALL_LIMIT,
    }
    for name in ("temperature", "top_p", "top_k"):
        if (value := getattr(settings, name)) is not None:
            body[name] = value
    if settings.stop is not None:
        body["stop_sequences"] = list(settings.stop)
    if stream:
        body["stream"] = True
    add_options(body, options)
    return HttpRequest(url=PATH, body=dumps({**body, **(options.extra_body or {})}))


def encode_prompt(text: str) -> str:
    """Return *text* between the ``Human:`` and ``Assistant:`` markers that the API requires, unless it has them."""
    return text if HUMAN in text else f"{HUMAN} {text}{ASSISTANT}"


def decode(body: Mapping[str, Any]) -> Response:
    """Return the response of a complete reply."""
    return build_response(
        [Text(text=words(body.get("completion")))],
        finish_of(body.get("stop_reason"), FINISH),
        usage=usage(body.get("usage")) or Usage(),
        origin=Origin(response_id=word(body.get("id")), served_model=word(body.get("model"))),
        metadata={"stop_sequence": body["stop"]} if body.get("stop") else {},
        raw=body,
    )
