"""The published limits of numbers: one beyond them is sent as the nearest that the vendor takes, and written down."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, Prepared, UnsupportedError

RANGES = [
    ("gpt-4o", "temperature", 5, 2),
    ("gpt-4o", "top_logprobs", 99, 20),
    ("openai/ft:gpt-4o:acme::1", "top_logprobs", 99, 20),
    ("azure/mine", "temperature", 2.5, 2),
    ("azure/mine", "top_logprobs", 21, 20),
    ("groq/llama-3.3-70b-versatile", "temperature", 3, 2),
    ("claude-sonnet-4-5", "temperature", 2, 1),
]


def asked_of(model: str, **settings: Any) -> Prepared:
    more: dict[str, Any] = {"api_base": "http://127.0.0.1:9"} if model.startswith("azure") else {}
    return LLM(model, api_key="k", **more).build_request("Hi", **settings)


@pytest.mark.parametrize(("model", "name", "asked", "sent"), RANGES)
@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_number_beyond_a_limit_is_sent_as_the_limit(
    model: str, name: str, asked: float, sent: float, api: str
) -> None:
    more = {"api": api} if "gpt" in model else {}
    prepared = asked_of(model, **{name: asked}, **more)
    body: Any = prepared.body
    assert body[name] == sent
    assert [(note.asked, note.sent) for note in prepared.adjustments if note.feature == name] == [(asked, sent)]
    assert asked_of(model, **{name: sent}, **more).body == body


@pytest.mark.parametrize(("model", "name", "asked", "sent"), RANGES)
def test_it_is_refused_where_the_caller_forbids_to_adjust(model: str, name: str, asked: float, sent: float) -> None:
    with pytest.raises(UnsupportedError, match=f"does not accept this {name}") as caught:
        asked_of(model, **{name: asked}, on_unsupported="raise")
    assert caught.value.parameter == name
    assert asked_of(model, **{name: sent}, on_unsupported="raise").body
