"""A name that stands in a path is one segment of it, whatever it holds; for every vendor that has such paths."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, FileRef, InvalidRequestError, LLMConfig
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

KEYS: dict[str, Any] = {"api_key": "k"}
VENDORS: dict[str, dict[str, Any]] = {
    "bedrock": {**KEYS, "region": "us-east-1"},
    "azure": {**KEYS, "api_base": "https://acme.openai.azure.com"},
    "google": KEYS,
}
OTHER_PATHS = (".", "..")
FILES = {"openai": "openai/gpt-4o", "anthropic": "anthropic/claude-sonnet-4-5", "google": "google/gemini-2.5-flash"}


@pytest.mark.parametrize("name", OTHER_PATHS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_model_cannot_lead_to_another_path(vendor: str, name: str) -> None:
    llm = LLM(LLMConfig(model=name, provider=vendor, **VENDORS[vendor]))
    for stream in (False, True):
        with pytest.raises(InvalidRequestError, match="model cannot be"):
            llm.build_request("hi", stream=stream)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_model_is_one_segment(vendor: str) -> None:
    plain, odd = (
        LLM(LLMConfig(model=name, provider=vendor, **VENDORS[vendor])).build_request("hi").url
        for name in ("m", "a/../b?c#d")
    )
    assert plain.count("/") == odd.count("/")
    assert "a%2F..%2Fb%3Fc%23d" in odd


@pytest.mark.parametrize("name", OTHER_PATHS)
@pytest.mark.parametrize("vendor", FILES)
async def test_a_file_cannot_lead_to_another_path(vendor: str, name: str) -> None:
    with LoopbackServer(Reply.json({"deleted": True})) as server:
        async with LLM(LLMConfig(model=FILES[vendor], api_key="k", api_base=server.url)) as llm:
            with pytest.raises(InvalidRequestError, match="no id of a file"):
                await llm.delete_file(FileRef(file_id=name, issuer=vendor))
        assert server.requests == []


@pytest.mark.parametrize("vendor", ["cohere", "mistral"])
async def test_what_is_asked_of_a_model_is_asked_of_that_model_alone(vendor: str) -> None:
    with LoopbackServer(Reply.json({})) as server:
        async with LLM(LLMConfig(model="..", provider=vendor, api_key="k", api_base=server.url)) as llm:
            await llm.learn_capabilities()  # which never fails
        assert server.requests == []
