"""LiteLLM in this process, against aimock, a mock of many vendors."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, ProtocolError, RateLimitError, Tool
from servers.aimock import CALLS, KEY, TEXT, Aimock, aimock
from servers.litellm.vendors import VENDORS, Vendor

if not all(map(importlib.util.find_spec, ("litellm", "dragoman_litellm"))):
    pytest.skip("LiteLLM needs its own environment: nox -s servers", allow_module_level=True)

__all__ = ["aimock"]  # the fixture
pytestmark = pytest.mark.filterwarnings("ignore")  # LiteLLM issues many warnings

EACH_VENDOR = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
NO_TIER = "LiteLLM 1.106 cannot read a whole reply of Groq without service_tier, which is optional and missing here"


@pytest.fixture
def whole(vendor: Vendor, request: pytest.FixtureRequest) -> Vendor:
    """Return the vendor; the test is expected to fail if LiteLLM cannot read its whole replies."""
    if vendor is VENDORS["groq"]:
        request.applymarker(pytest.mark.xfail(reason=NO_TIER, raises=ProtocolError, strict=False))
    return vendor


def through(vendor: Vendor, mock: Aimock) -> LLM:
    config: dict[str, Any] = {name: value.replace("{url}", mock.url) for name, value in vendor.config.items()}
    return LLM(LLMConfig(**{"provider": "litellm", "num_retries": 0, **config, "api_key": KEY}))


@EACH_VENDOR
async def test_a_plain_answer(whole: Vendor, aimock: Aimock) -> None:
    assert (await through(whole, aimock).generate("greet")).text == TEXT


@EACH_VENDOR
async def test_a_streamed_answer(vendor: Vendor, aimock: Aimock) -> None:
    async with through(vendor, aimock).stream("greet") as stream:
        assert (await stream.collect()).text == TEXT


@EACH_VENDOR
async def test_tool_calls(whole: Vendor, aimock: Aimock) -> None:
    response = await through(whole, aimock).generate("weather", tools=[Tool(name=name) for name, _ in CALLS])
    assert [(call.name, json.loads(call.arguments or "{}")) for call in response.tool_calls] == list(CALLS)


@EACH_VENDOR
async def test_a_rate_limit_is_reported(vendor: Vendor, aimock: Aimock) -> None:
    with pytest.raises(RateLimitError):
        await through(vendor, aimock).generate("busy")
