"""The names of fine-tuned models lead to the vendor that made them, without its name before them."""

from __future__ import annotations

import pytest

from dragoman import LLM, UnknownModelError, explain


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai"),
        ("ft:gpt-4.1:acme:suffix:abc", "openai"),
        ("ft:o4-mini-2025-04-16:acme::abc", "openai"),
        ("ft:babbage-002:acme::abc", "openai"),
        ("ft:open-mistral-7b:587a6b29:20240514:7e773925", "mistral"),
        ("ft:ministral-3b-latest:587a6b29:20240514:7e773925", "mistral"),
    ],
)
def test_a_fine_tuned_model_is_its_vendors(model: str, provider: str) -> None:
    found = explain(model)
    assert (found.provider, found.model) == (provider, model)
    assert explain(f"{provider}/{model}").provider == provider


def test_it_accepts_what_its_base_model_accepts() -> None:
    body = LLM("ft:o4-mini-2025-04-16:acme::abc", api_key="k").build_request("Hi", max_tokens=5).body
    assert body == {
        "model": "ft:o4-mini-2025-04-16:acme::abc",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_completion_tokens": 5,
    }


def test_of_a_model_that_nobody_has_nothing_is_guessed() -> None:
    with pytest.raises(UnknownModelError, match="'ft:acme-1:x'"):
        explain("ft:acme-1:x")
