"""The legacy completions of the first models, which go on from a prompt.

https://docs.anthropic.com/en/api/complete
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import CompletionRequest, Finish, FinishReason, Origin, Response, Text, UnsupportedError, build_response
from dragoman.http import HttpRequest, body_of, dumps
from dragoman_anthropic.options import AnthropicOptions
from dragoman_anthropic.request_settings import DEFAULT_MAX_TOKENS
from dragoman_anthropic.response import word

PATH = "/complete"
HUMAN = "\n\nHuman:"
ASSISTANT = "\n\nAssistant:"

FINISH: Mapping[str, FinishReason] = {
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "refusal": FinishReason.REFUSAL,
}
"""What the reasons for an end stand for here."""


def encode(request: CompletionRequest, options: AnthropicOptions, *, stream: bool) -> HttpRequest:
    """Return the request; a prompt without the turns that these models want is made the first of them.

    Raises:
        UnsupportedError: for a text that comes after the answer.

    """
    if request.suffix is not None:
        message = f"{request.model} takes no suffix; put it into the prompt"
        raise UnsupportedError(message, model=request.model, parameter="suffix")
    settings = request.settings
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": prompt(request.prompt),
        "max_tokens_to_sample": settings.max_tokens or DEFAULT_MAX_TOKENS,
    }
    for name in ("temperature", "top_p", "top_k"):
        if (value := getattr(settings, name)) is not None:
            body[name] = value
    if settings.stop is not None:
        body["stop_sequences"] = list(settings.stop)
    if stream:
        body["stream"] = True
    return HttpRequest(url=PATH, body=dumps({**body, **body_of(options), **(options.extra_body or {})}))


def prompt(text: str) -> str:
    """Return *text* as the human's turn, unless it holds turns already."""
    return text if HUMAN in text else f"{HUMAN} {text}{ASSISTANT}"


def decode(body: Mapping[str, Any]) -> Response:
    """Return the answer of a whole reply."""
    reason = word(body.get("stop_reason"))
    return build_response(
        [Text(text=word(body.get("completion")) or "")],
        Finish(reason=FINISH.get(reason or "", FinishReason.OTHER), raw=reason),
        origin=Origin(response_id=word(body.get("id")), served_model=word(body.get("model"))),
        metadata={"stop_sequence": body["stop"]} if body.get("stop") else {},
        raw=body,
    )
