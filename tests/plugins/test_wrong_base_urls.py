"""A wrong base URL: the error says which URL was asked, and what the base URL may have to be."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, LLMConfig, ProtocolError, ProviderError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

MODELS = {
    "openai": "gpt-4",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "groq": "llama-3.3-70b-versatile",
    "mistral": "mistral-large-latest",
    "openrouter": "acme/m1",
    "litellm_proxy": "m1",
    "openai_compatible": "m1",
    "vllm": "m1",
}
CHAT = "/chat/completions"
PATHS = {"anthropic": "/messages", "google": "/models/gemini-2.5-flash:generateContent"}
PAGE = b"<!DOCTYPE html><html><head><title>Not Found</title></head><body>Nothing here</body></html>"
SINGLE_PAGE = b"<!doctype html><html><head><title>My App</title></head><body></body></html>"
SAID = {
    "a page": Reply(status=404, headers={"content-type": "text/html"}, body=PAGE),
    "nothing": Reply(status=404),
    "plain": Reply(status=404, body=b"404 page not found"),
    "a framework": Reply.json({"detail": "Not Found"}, status=404),
    "a method": Reply.json({"detail": "Method Not Allowed"}, status=405),
    "a file": Reply.json({"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}, status=404),
    "a resource": Reply.json({"error": {"code": "404", "message": "Resource not found"}}, status=404),
    "a route": Reply.json({"message": "no Route matched with those values"}, status=404),
    "a server": Reply.json({"error": "The requested URL was not found on the server."}, status=404),
    "an address": Reply.json({"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)"}}, status=404),
    "unknown": Reply.json({"error": {"message": "Unknown request URL: POST /x. Please check the URL."}}, status=404),
    "with success": Reply.json({"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
    "an application": Reply(headers={"content-type": "text/html"}, body=SINGLE_PAGE),
}
OTHERS = {
    "a model": Reply.json(
        {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}, status=404
    ),
    "a model of a server": Reply.json({"error": 'model "m1" not found, try pulling it first'}, status=404),
    "a model of google": Reply.json({"error": {"message": "models/m is not found for API version v1beta"}}, status=404),
    "a request": Reply.json({"error": {"message": "Not found: tool_call_id"}}, status=400),
    "a gateway": Reply(status=502, headers={"content-type": "text/html"}, body=PAGE),
}


async def failure(vendor: str, said: Reply, path: str, *, call: str = "generate") -> tuple[str, str]:
    """Return the message of the error, and the URL of the server."""
    with LoopbackServer(said) as server:
        base, key = f"{server.url}{path}", "sk-marker-0123456789"
        config = LLMConfig(model=MODELS[vendor], provider=vendor, api_key=key, api_base=base, num_retries=0)
        async with LLM(config) as llm:
            with pytest.raises((ProviderError, ProtocolError)) as caught:
                await CALLS[call](llm)
    return str(caught.value), server.url


async def _streamed(llm: LLM) -> None:
    async with llm.stream("Hi") as stream:
        await stream.collect()


CALLS: dict[str, Any] = {
    "generate": lambda llm: llm.generate("Hi"),
    "stream": _streamed,
    "models": lambda llm: llm.models(),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("vendor", MODELS)
async def test_an_unknown_path_says_what_was_asked(vendor: str, said: str) -> None:
    text, url = await failure(vendor, SAID[said], "/v1/v1")
    version = "/v1beta" if vendor == "google" else "/v1"
    assert f"(asked was POST {url}/v1/v1{PATHS.get(vendor, CHAT)}; the base URL is {url}/v1/v1, but may" in text
    assert f"have to be {url}{version})" in text


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("said", ["a page", "a framework", "with success", "an application"])
async def test_every_call_says_it(said: str, call: str) -> None:
    text, url = await failure("openai", SAID[said], "/api", call=call)
    asked = f"GET {url}/api/models" if call == "models" else f"POST {url}/api{CHAT}"
    assert f"(asked was {asked}; the base URL is {url}/api, but may have to be {url}/api/v1)" in text


@pytest.mark.parametrize("path", ["", "/v1", "/v1/", "/v1/chat/completions"])
async def test_a_usual_base_url_is_only_explained(path: str) -> None:
    text, url = await failure("openai", SAID["a framework"], path)
    assert f"(asked was POST {url}/v1{CHAT}; the base URL is what comes before {CHAT})" in text


async def test_a_version_that_the_provider_adds_itself_is_not_advised() -> None:
    text, url = await failure("anthropic", SAID["a framework"], "/api")
    assert f"(asked was POST {url}/api/v1/messages; the base URL is what comes before /messages)" in text


@pytest.mark.parametrize("said", OTHERS)
@pytest.mark.parametrize("vendor", MODELS)
async def test_other_errors_say_nothing_of_the_base_url(vendor: str, said: str) -> None:
    text, _ = await failure(vendor, OTHERS[said], "/v1/v1")
    assert "asked was" not in text
