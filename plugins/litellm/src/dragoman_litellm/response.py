"""Replies of LiteLLM in the format of OpenAI's API, corrected by what the provider itself reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import Reasoning, Seal
from dragoman.http import fields, header_text, loads, objects
from dragoman_litellm.finish_reasons import FinishReasonObserver
from dragoman_litellm.options import NAME
from dragoman_openai_compatible import text_of

_KEPT_HEADERS = ("x-request-id", "request-id", "x-ratelimit-", "retry-after")


def plain_data(model: Any) -> dict[str, Any]:
    """Return a Pydantic model of LiteLLM as plain data."""
    return fields(loads(model.model_dump_json(warnings=False).encode()))


def correct(body: dict[str, Any], observer: FinishReasonObserver) -> dict[str, Any]:
    """Replace LiteLLM's finish reasons by the provider's own, and remove the time of creation, which is LiteLLM's."""
    body.pop("created", None)
    for choice in objects(body.get("choices")):
        native = fields(choice.get("provider_specific_fields")).get("native_finish_reason")
        choice["finish_reason"] = observer.finish_reason(choice.get("finish_reason"), native)
    return body


def kept_headers(headers: Any) -> dict[str, str]:
    """Return the headers of the provider's reply that a response keeps: request ids and rate limits."""
    items: Any = headers.items() if hasattr(headers, "items") else ()
    plain = {str(name).lower().removeprefix("llm_provider-"): str(value) for name, value in items}
    return {name: header_text(value) for name, value in plain.items() if name.startswith(_KEPT_HEADERS)}


def reasoning_part(block: Mapping[str, Any]) -> Reasoning:
    """Return a reasoning block as a part, sealed with what the provider needs to get it back."""
    redacted = block.get("type") == "redacted_thinking"
    payload = {name: value for name, value in block.items() if name != "thinking" and value}
    return Reasoning(text=text_of(block.get("thinking")), redacted=redacted, seal=Seal(issuer=NAME, payload=payload))
