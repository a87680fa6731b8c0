"""The policy for settings that are not supported holds for what a dialect leaves out, too."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, LLMConfig, UnsupportedError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.vendors import VENDORS

CASES = [
    # provider, model, settings, what the dialect leaves out or changes
    ("anthropic", "claude-sonnet-4-5", {"api_version": "2026-10-21", "temperature": 0.5}, "temperature"),
    ("anthropic", "claude-sonnet-4-5", {"effort": "low", "temperature": 0.5}, "temperature"),
    ("anthropic", "claude-opus-4-6", {"effort": "minimal"}, "effort"),
    ("google", "gemini-3.8-flash", {"effort": "minimal"}, "effort"),
    ("azure", "mine", {"api_version": "2023-05-15", "seed": 1}, "seed"),
]


def llm_of(server: LoopbackServer, provider: str, model: str, **more: Any) -> LLM:
    known = VENDORS[provider]
    reached = {**known.options, "api_base": server.url + known.base, "api_key": "k", "num_retries": 0}
    return LLM(LLMConfig(model, provider=provider, **{**reached, **more}))


@pytest.mark.parametrize(("provider", "model", "settings", "feature"), CASES)
@pytest.mark.parametrize("per_call", [False, True])
async def test_a_setting_that_was_given_is_not_left_out_where_the_caller_forbids_it(
    provider: str,
    model: str,
    settings: dict[str, Any],
    feature: str,
    per_call: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    turns = VENDORS[provider].turns
    assert turns is not None
    raising = {"on_unsupported": "raise"}
    with LoopbackServer(always=Reply.json(turns.second)) as server:
        async with llm_of(server, provider, model, **settings, **({} if per_call else raising)) as llm:
            with pytest.raises(UnsupportedError, match=f"{feature} is (dropped|coerced)"):
                await llm.generate("hi", **(raising if per_call else {}))
            with pytest.raises(UnsupportedError, match=feature):
                async with llm.stream("hi", **(raising if per_call else {})):
                    pass
        assert not server.requests
        async with llm_of(server, provider, model, **settings, on_unsupported="warn") as llm:
            with pytest.warns(UserWarning, match=feature):
                response = await llm.generate("hi")
        assert feature in [note.feature for note in response.adjustments]
        async with llm_of(server, provider, model, **settings) as llm:
            assert feature in [note.feature for note in (await llm.generate("hi")).adjustments]


async def test_a_default_that_is_left_out_is_no_reason_to_refuse() -> None:
    turns = VENDORS["anthropic"].turns
    assert turns is not None
    with LoopbackServer(always=Reply.json(turns.second)) as server:
        given = {"api_version": "2026-10-21", "on_unsupported": "raise"}
        async with llm_of(server, "anthropic", "claude-sonnet-4-5", **given) as llm:
            response = await llm.generate("hi")
    assert "temperature" in [note.feature for note in response.adjustments]
