"""aimock, a mock of many vendors, answers through every plugin whose vendor it supports."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import field, frozen

from dragoman import (
    LLM,
    AuthenticationError,
    FinishReason,
    LLMConfig,
    Message,
    PartEnd,
    RateLimitError,
    StreamInterruptedError,
    TextDelta,
    Tool,
    ToolResult,
)
from plugins.vendors import VENDORS as CONVERSATIONS, begun_by, pairs_of
from servers.aimock import CALLS, CUT_TEXT, KEY, RETRY_AFTER, SOON, TEXT, Aimock, aimock

if TYPE_CHECKING:
    from dragoman import Response

__all__ = ["aimock"]

TOOLS = (
    Tool(
        name="weather",
        description="Look it up.",
        schema={"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    ),
    Tool(name="clock"),
)


@frozen(kw_only=True)
class Vendor:
    """Describe how to reach the API of one vendor at the mock, and the request that the mock must get."""

    name: str
    model: str
    base: str
    path: str
    streamed_path: str
    key_header: str = "authorization"
    options: dict[str, Any] = field(factory=dict)

    def llm(self, mock: Aimock, *, key: str = KEY, **settings: Any) -> LLM:
        options = {"num_retries": 0, "timeout": 20, **self.options, **settings}
        return LLM(
            LLMConfig(model=self.model, provider=self.name, api_key=key, api_base=mock.url + self.base, **options)
        )


VENDORS = {
    "openai": Vendor(
        name="openai",
        model="gpt-4o",
        base="/v1",
        path="/v1/chat/completions",
        streamed_path="/v1/chat/completions",
    ),
    "openai-responses": Vendor(
        name="openai",
        model="gpt-4o",
        base="/v1",
        path="/v1/responses",
        streamed_path="/v1/responses",
        options={"api": "responses"},
    ),
    "anthropic": Vendor(
        name="anthropic",
        model="claude-3-5-sonnet-20241022",
        base="",
        path="/v1/messages",
        streamed_path="/v1/messages",
        key_header="x-api-key",
    ),
    "google": Vendor(
        name="google",
        model="gemini-2.5-flash",
        base="/v1beta",
        path="/v1beta/models/gemini-2.5-flash:generateContent",
        streamed_path="/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        key_header="x-goog-api-key",
    ),
    "azure": Vendor(
        name="azure",
        model="my-deployment",
        base="",
        path="/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
        streamed_path="/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
        key_header="api-key",
        options={"api_version": "2024-10-21"},
    ),
    "groq": Vendor(
        name="groq",
        model="llama3-8b-8192",
        base="/openai/v1",
        path="/openai/v1/chat/completions",
        streamed_path="/openai/v1/chat/completions",
    ),
    "ollama": Vendor(
        name="ollama",
        model="llama3.2",
        base="",
        path="/api/chat",
        streamed_path="/api/chat",
    ),
    "openrouter": Vendor(
        name="openrouter",
        model="openai/gpt-4o",
        base="/api/v1",
        path="/api/v1/chat/completions",
        streamed_path="/api/v1/chat/completions",
    ),
}


@pytest.fixture(params=VENDORS.values(), ids=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    param: Vendor = request.param
    return param


@pytest.fixture
def mock(aimock: Aimock) -> Aimock:
    aimock.reset()
    return aimock


def only_request(mock: Aimock) -> dict[str, Any]:
    """Return the only request since the last reset."""
    (entry,) = mock.journal()
    request: dict[str, Any] = entry
    return request


def calls_of(response: Response) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.parse()) for call in response.tool_calls]


def answered(messages: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Return each call with its result; the mock forgets the ids that Ollama's results have, and keeps their order."""
    calls = {call["id"]: call["function"] for each in messages for call in each.get("tool_calls") or ()}
    in_order = iter(calls)
    results = [each for each in messages if each["role"] == "tool"]
    return [(calls[each.get("tool_call_id") or next(in_order)], each["content"]) for each in results]


async def last_event(llm: LLM, prompt: str) -> object:
    async with llm.stream(prompt) as stream:
        return [event async for event in stream][-1]


async def test_a_plain_answer(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock, temperature=0.25, max_tokens=321) as llm:
        response = await llm.generate([Message("system", "Be brief."), Message("user", "greet me")], tools=TOOLS)
    assert (response.text, response.finish.reason) == (TEXT, FinishReason.STOP)
    entry = only_request(mock)
    assert (entry["method"], entry["path"]) == ("POST", vendor.path)
    assert entry["headers"]["content-type"] == "application/json"
    body = entry["body"]  # the mock converts the requests of all vendors to one format
    assert body["model"] == vendor.model
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "greet me"}]
    assert body["temperature"] == 0.25
    assert 321 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert [tool["function"]["name"] for tool in body["tools"]] == ["weather", "clock"]
    assert not body.get("stream")


async def test_the_key_is_sent_only_in_the_header_of_the_vendor(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm:
        await llm.generate("greet me")
    headers = only_request(mock)["headers"]
    assert [name for name, value in headers.items() if value == "[REDACTED]"] == [vendor.key_header]
    assert KEY not in str(headers)


async def test_a_wrong_key_is_refused(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock, key="sk-of-nobody") as llm:
        with pytest.raises(AuthenticationError) as caught:
            await llm.generate("greet me")
    assert (caught.value.status, caught.value.provider) == (401, vendor.name)
    assert mock.journal() == []


async def test_a_streamed_answer(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm, llm.stream("greet me") as stream:
        events = [event async for event in stream]
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == stream.response.text == TEXT
    assert len(pieces) > 5
    assert stream.response.finish.reason == FinishReason.STOP
    entry = only_request(mock)
    assert entry["path"] == vendor.streamed_path
    assert entry["body"]["stream"] is True


async def test_tool_calls(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm:
        response = await llm.generate("the weather, please", tools=TOOLS)
    assert calls_of(response) == list(CALLS)
    assert len({call.call_id for call in response.tool_calls}) == len(CALLS)
    assert response.finish.reason == FinishReason.TOOL_CALLS


async def test_streamed_tool_calls(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm, llm.stream("the weather, please", tools=TOOLS) as stream:
        ended = [event.part async for event in stream if isinstance(event, PartEnd)]
    assert calls_of(stream.response) == list(CALLS)
    assert [part for part in ended if part in stream.response.tool_calls] == list(stream.response.tool_calls)
    assert stream.response.finish.reason == FinishReason.TOOL_CALLS


async def test_tool_results_are_matched_to_their_calls(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm:
        called = await llm.generate("the weather, please", tools=TOOLS)
        results = [
            ToolResult(call_id=call.call_id, name=call.name, content=f"{call.name}: fine") for call in called.tool_calls
        ]
        mock.reset()
        turn = [Message("user", "the weather, please"), called.message, Message("tool", results)]
        answer = await llm.generate(turn, tools=TOOLS)
    assert answer.text == "Take an umbrella."
    messages = only_request(mock)["body"]["messages"]
    given = [(call["name"], content) for call, content in answered(messages)]
    assert [(name, name in content) for name, content in given] == [("weather", True), ("clock", True)]


@pytest.mark.parametrize("source", CONVERSATIONS)
def test_a_conversation_of_another_vendor_keeps_its_calls_and_results(
    mock: Aimock, vendor: Vendor, source: str
) -> None:
    history = begun_by(source)

    async def ask() -> Response:
        async with vendor.llm(mock) as llm:
            return await llm.generate([*history, Message("user", "greet me")], tools=TOOLS)

    assert asyncio.run(ask()).text == TEXT
    messages = only_request(mock)["body"]["messages"]
    pairs = answered(messages)
    expected = pairs_of(history)
    assert [(call["name"], json.loads(call["arguments"])) for call, _ in pairs] == [pair[:2] for pair in expected]
    assert all(result in content for (_, content), (_, _, result) in zip(pairs, expected, strict=True))


async def test_a_rate_limit_has_its_retry_after(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock) as llm:
        with pytest.raises(RateLimitError) as caught:
            await llm.generate("busy")
        with pytest.raises(RateLimitError) as streamed:
            async with llm.stream("busy"):
                pass
    for error in (caught.value, streamed.value):
        assert (error.retry_after, error.status, error.retryable) == (RETRY_AFTER, 429, True)
    assert [entry["path"] for entry in mock.journal()] == [vendor.path, vendor.streamed_path]


async def test_a_call_is_repeated_after_the_wait(mock: Aimock, vendor: Vendor) -> None:
    own_count = {"x-test-id": f"{vendor.name}{vendor.path}"}  # the mock counts the calls of each test id
    async with vendor.llm(mock, num_retries=1, headers=own_count) as llm:
        response = await llm.generate("patience")
    assert response.text == TEXT
    first, second = response.attempts
    assert (first.error, first.status, second.error) == ("RateLimitError", 429, None)
    assert second.waited >= SOON
    assert [entry["response"]["status"] for entry in mock.journal()] == [429, 200]


async def test_a_cut_stream_is_an_error_with_the_partial_answer(mock: Aimock, vendor: Vendor) -> None:
    async with vendor.llm(mock, num_retries=2) as llm:
        with pytest.raises(StreamInterruptedError) as caught:
            await last_event(llm, "cut")
    partial = caught.value.partial
    assert partial is not None
    assert partial.text
    assert CUT_TEXT.startswith(partial.text)
    assert partial.text != CUT_TEXT
    assert partial.finish.reason == FinishReason.INTERRUPTED
    assert only_request(mock)["path"] == vendor.streamed_path  # a stream that has delivered text is not repeated
