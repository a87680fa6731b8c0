"""A default that a model refuses is left out, in whatever words and by whichever road the refusal comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, BadRequestError, LLMConfig
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.vendors import VENDORS

MODELS = {
    "openai": "gpt-4o",
    "anthropic": "claude-3-haiku-20240307",
    "google": "gemini-2.0-flash",
    "groq": "llama-3.3-70b-versatile",
    "azure": "mine",
    "openrouter": "mine/own",
    "litellm_proxy": "mine",
    "openai_compatible": "mine",
}
LIMITS = {"max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"}


def of_openai(parameter: str, message: str = "it is not supported with this model") -> dict[str, Any]:
    error = {"message": f"Unsupported parameter: '{parameter}'; {message}", "type": "invalid_request_error"}
    return {"error": {**error, "param": parameter, "code": "unsupported_parameter"}}


OF_ANTHROPIC = {"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated."}}
EXTRA = [{"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]


def routed(raw: Any) -> dict[str, Any]:
    raw = raw if isinstance(raw, str) else json.dumps(raw)
    return {
        "error": {"message": "Provider returned error", "code": 400, "metadata": {"provider_name": "V", "raw": raw}}
    }


def wrapped(vendor: str, message: str) -> dict[str, Any]:
    text = f"litellm.BadRequestError: {vendor}Exception - {message}"
    return {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": "400"}}


def of_google(message: str) -> dict[str, Any]:
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


REFUSALS: list[tuple[str, Any, str]] = [
    ("openai", of_openai("max_tokens", "use 'max_completion_tokens' instead"), "max_tokens"),
    ("openrouter", routed(of_openai("max_tokens")), "max_tokens"),
    ("openrouter", routed(of_openai("max_completion_tokens")), "max_tokens"),
    ("openrouter", routed(of_openai("temperature")), "temperature"),
    ("openrouter", routed(OF_ANTHROPIC), "temperature"),
    ("openrouter", routed(of_google('Unknown name "maxOutputTokens"')), "max_tokens"),
    ("openrouter", routed({"message": "no", "detail": EXTRA}), "temperature"),
    ("openrouter", routed("plain words: max_new_tokens is too great"), "max_tokens"),
    ("litellm_proxy", wrapped("OpenAI", "Unsupported parameter: 'max_completion_tokens'"), "max_tokens"),
    ("litellm_proxy", wrapped("Anthropic", json.dumps(OF_ANTHROPIC)), "temperature"),
    ("litellm_proxy", wrapped("VertexAI", "b'it has a maxOutputTokens value of 4096'"), "max_tokens"),
    ("litellm_proxy", wrapped("Bedrock", "maxTokens is more than the limit of the model"), "max_tokens"),
    ("azure", {"error": {"code": "BadRequest", "message": json.dumps(of_openai("temperature"))}}, "temperature"),
    ("azure", {"error": {"code": "BadRequest", "message": "no max_completion_tokens"}}, "max_tokens"),
    ("openai_compatible", {"code": "x", "error": "it does not support parameter maxCompletionTokens."}, "max_tokens"),
    ("openai_compatible", {"detail": EXTRA}, "temperature"),
    ("openai_compatible", {"message": "('body', 'max_tokens'): extra", "code": 400}, "max_tokens"),
    ("groq", {"error": {"message": "no", "param": "max_completion_tokens"}}, "max_tokens"),
    ("anthropic", OF_ANTHROPIC, "temperature"),
    ("google", of_google("it has a maxOutputTokens value of 4096, but the range is 1 to 2049"), "max_tokens"),
    ("google", of_google('Invalid value "temperature"'), "temperature"),
]
OTHER = [
    ("openai_compatible", {"error": {"message": "A prompt about temperature and max_tokens is odd [id 1f]"}}),
    ("openrouter", routed({"error": {"message": "the temperature of messages is odd"}})),
    ("openai", {"error": {"message": "maximum context length is 9 tokens; reduce max_tokens", "param": "max_tokens"}}),
]


def llm_of(provider: str, server: LoopbackServer) -> LLM:
    known = VENDORS[provider]
    reached = {**known.options, "api_base": server.url + known.base, "api_key": "k", "num_retries": 0}
    return LLM(LLMConfig(MODELS[provider], provider=provider, **reached))


def settings_in(body: Any) -> tuple[bool, bool]:
    """Return whether a body has a temperature, and a limit."""
    known = {**body, **body.get("generationConfig", {})}
    return "temperature" in known, bool(LIMITS & known.keys())


@pytest.mark.parametrize(("provider", "refusal", "setting"), REFUSALS)
async def test_a_refused_default_is_left_out_and_remembered(provider: str, refusal: Any, setting: str) -> None:
    turns = VENDORS[provider].turns
    assert turns is not None
    with LoopbackServer() as server:
        server.reply(Reply.json(refusal, status=400), *[Reply.json(turns.second)] * 2)
        async with llm_of(provider, server) as llm:
            for _ in range(2):
                assert setting in [note.feature for note in (await llm.generate("hi")).adjustments]
        first, *later = [settings_in(request.json) for request in server.requests]
    assert first == (True, True)
    assert later == [(setting != "temperature", setting != "max_tokens")] * 2


@pytest.mark.parametrize(("provider", "error"), OTHER)
async def test_a_default_that_was_not_the_trouble_is_left_out_once_and_not_learned(provider: str, error: Any) -> None:
    with LoopbackServer() as server:
        server.reply(*[Reply.json(error, status=400)] * 4)
        async with llm_of(provider, server) as llm:
            for _ in range(2):
                with pytest.raises(BadRequestError):
                    await llm.generate("hi")
        sent = [settings_in(request.json) for request in server.requests]
    assert sent == sent[:2] * 2
    assert sent[0] == (True, True) != sent[1]
