"""The Responses API of Azure OpenAI: where it is, which requests go there, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    ContentFilterError,
    LLMConfig,
    NotFoundError,
    ProviderError,
    RateLimitError,
    Response,
    ServerTool,
    StreamInterruptedError,
    Tool,
    UnsupportedError,
)
from dragoman.http import Base
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_azure.endpoint_address import Address
from dragoman_azure.responses import AzureResponses
from recordings import Recording, cases
from replay.oracle_openai_responses import config as recorded_config
from replay.responses_bodies import compared, is_rebuilt

RESOURCE = "https://r.openai.azure.com"
PREVIEW = "2025-03-01-preview"
FILTERS = [{"blocked": False, "source_type": "prompt", "content_filter_results": {"hate": {"filtered": False}}}]
HELLO = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-4o",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
        }
    ],
    "content_filters": FILTERS,
}
DELTA = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hello"}
COMPLETED = {"type": "response.completed", "response": HELLO}


def config(base: str = RESOURCE, **more: Any) -> LLMConfig:
    wanted = {"model": "my", "provider": "azure", "api_key": "k", "num_retries": 0, **more}
    return LLMConfig(api_base=base, **wanted)


def build(base: str = "", **more: Any) -> Any:
    return LLM(config(RESOURCE + base, **more)).build_request("hi")


def events(*each: dict[str, Any]) -> Reply:
    return Reply.sse("".join(f"data: {json.dumps(value)}\n\n" for value in each).encode())


async def ask(answer: Reply, *, stream: bool = False, **more: Any) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(f"{server.url}/openai/v1", api="responses", **more)) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as reading:
                return await reading.collect()


@pytest.mark.parametrize("recording", cases("azure.responses", is_rebuilt))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    base = Base(url="https://r.test/openai/v1", source="given")
    api = AzureResponses(Address(base=base, surface="v1", api_version=None), "o4-mini")

    sent, recorded = compared(recording, api, api)

    assert sent == recorded
    address = "https://" + recording.request.url.partition("://")[2]
    host = "/".join(address.split("/")[:3])
    assert LLM(recorded_config(recording, host)).build_request("hi").url == address


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        ("", PREVIEW, f"/openai/responses?api-version={PREVIEW}"),
        ("/", "2025-04-01-preview", "/openai/responses?api-version=2025-04-01-preview"),
        ("/openai", PREVIEW, f"/openai/responses?api-version={PREVIEW}"),
        (f"/openai/responses?api-version={PREVIEW}", None, f"/openai/responses?api-version={PREVIEW}"),
        ("/openai/deployments/d", PREVIEW, f"/openai/responses?api-version={PREVIEW}"),
        ("", None, "/openai/v1/responses"),
        ("/openai", None, "/openai/v1/responses"),
        ("/openai/v1", None, "/openai/v1/responses"),
        ("/openai/v1/responses", None, "/openai/v1/responses"),
        ("/openai/v1/", "preview", "/openai/v1/responses?api-version=preview"),
        ("", "v1", "/openai/v1/responses?api-version=v1"),
    ],
)
def test_it_is_found_from_every_form_of_the_address(base: str, version: str | None, url: str) -> None:
    assert build(base, api_version=version, api="responses").url == RESOURCE + url


def test_a_call_may_name_another_version() -> None:
    llm = LLM(config(api="responses"))

    assert llm.build_request("hi", api_version=PREVIEW).url == f"{RESOURCE}/openai/responses?api-version={PREVIEW}"
    assert llm.build_request("hi", api_version="latest").url == f"{RESOURCE}/openai/v1/responses?api-version=latest"


def test_a_version_or_a_surface_without_it_is_refused() -> None:
    for version in ("2023-05-15", "2024-10-21", "2024-12-01-preview"):
        with pytest.raises(UnsupportedError, match="2025-03-01"):
            build(api_version=version, api="responses")
    with pytest.raises(UnsupportedError, match="/models"):
        build("/models", api="responses")


@pytest.mark.parametrize(
    ("base", "options", "path"),
    [
        ("/openai/v1", {}, "/chat/completions"),
        ("/openai/v1", {"api": "responses"}, "/responses"),
        ("/openai/v1/responses", {}, "/responses"),
        ("/openai/v1/responses", {"api": "chat"}, "/chat/completions"),
        ("/openai/v1", {"base_model": "gpt-5-codex"}, "/responses"),
        ("/openai/v1", {"base_model": "o3-pro"}, "/responses"),
        ("/openai/v1", {"base_model": "o3-pro", "api": "chat"}, "/chat/completions"),
        ("/openai/v1", {"base_model": "gpt-5"}, "/chat/completions"),
        ("/openai/v1", {"model": "o3-pro"}, "/chat/completions"),
    ],
)
def test_the_option_the_address_or_the_base_model_chooses(base: str, options: dict[str, Any], path: str) -> None:
    assert build(base, **options).url == f"{RESOURCE}/openai/v1{path}"


def test_the_deployment_stands_in_the_body() -> None:
    assert build(api="responses", model="my own").body["model"] == "my own"
    assert build("/openai/deployments/a%20b", api="responses").body["model"] == "a b"


@pytest.mark.parametrize(
    ("model", "base_model", "asks"), [("o4-mini", None, False), ("my", "o4-mini", True), ("my", "gpt-4o", False)]
)
def test_only_a_base_model_known_to_reason_encrypts(model: str, base_model: str | None, *, asks: bool) -> None:
    body = build(api="responses", model=model, base_model=base_model, store=False).body

    assert (body.get("include") == ["reasoning.encrypted_content"]) is asks
    assert ("temperature" in body) is (base_model == "gpt-4o")


def test_options_stand_where_they_belong_or_are_refused() -> None:
    given: dict[str, Any] = {"verbosity": "low", "reasoning_summary": "auto", "effort": "low", "instructions": "Brief."}
    body = build(api="responses", base_model="gpt-5", extra_body={"brand_new": 1}, **given).body
    assert body == {
        "model": "my",
        "input": [{"role": "user", "content": "hi"}],
        "instructions": "Brief.",
        "text": {"verbosity": "low"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "brand_new": 1,
    }
    with pytest.raises(UnsupportedError, match=r"the responses API, .+ has no option logit_bias"):
        build(api="responses", logit_bias={"1": 1.0})
    with pytest.raises(UnsupportedError, match=r"the chat API, .+ has no option instructions"):
        build(instructions="x")


def test_tools_carry_what_they_ask_for() -> None:
    ours = Tool(name="f", options={"azure": {"defer_loading": True}, "openai": {"x": 1}})
    tools = [ours, ServerTool(id="azure.web_search_preview")]

    sent = LLM(config(api="responses")).build_request("hi", tools=tools).body["tools"]
    assert sent[0]["defer_loading"] is True
    assert "x" not in sent[0]
    assert sent[1] == {"type": "web_search_preview"}

    chat = LLM(config()).build_request("hi", tools=[ours]).body["tools"]
    assert chat[0]["defer_loading"] is True


def test_a_stop_is_refused_unless_it_may_be_left_out() -> None:
    with pytest.raises(UnsupportedError, match="stop"):
        LLM(config(api="responses")).build_request("hi", stop="x")
    loose = LLM(config(api="responses", on_unsupported="adjust")).build_request("hi", stop="x", seed=1)
    assert not {"stop", "seed"} & loose.body.keys()


async def test_an_answer_keeps_what_the_filters_found_whole_and_streamed() -> None:
    whole = await ask(Reply.json(HELLO))
    streamed = await ask(events(DELTA, COMPLETED), stream=True)

    assert whole.text == streamed.text == "Hello"
    assert whole.metadata == streamed.metadata == {"content_filters": FILTERS}
    assert whole.finish == streamed.finish


async def test_an_answer_cut_by_a_filter_says_so() -> None:
    cut = {**HELLO, "status": "incomplete", "incomplete_details": {"reason": "content_filter"}}

    assert (await ask(Reply.json(cut))).finish.reason == "content_filter"


@pytest.mark.parametrize(
    ("status", "report", "kind"),
    [
        (404, {"error": {"code": "DeploymentNotFound", "message": "no"}}, NotFoundError),
        (400, {"error": {"code": "content_filter", "message": "no"}}, ContentFilterError),
        (429, {"error": {"code": "too_many_requests", "message": "no"}}, RateLimitError),
    ],
)
async def test_errors(status: int, report: dict[str, Any], kind: type[ProviderError]) -> None:
    with pytest.raises(kind, match="no"):
        await ask(Reply.json(report, status=status))


async def test_a_stream_that_fails_or_is_cut_keeps_what_arrived() -> None:
    failure = {"type": "error", "code": "rate_limit_exceeded", "message": "slow"}

    for reply, kind in ((events(DELTA, failure), RateLimitError), (events(DELTA), StreamInterruptedError)):
        with pytest.raises(kind) as caught:
            await ask(reply, stream=True)
        assert caught.value.partial is not None
        assert caught.value.partial.text == "Hello"


async def test_a_prompt_is_asked_as_a_users_message() -> None:
    with LoopbackServer(Reply.json(HELLO)) as server:
        async with LLM(config(f"{server.url}/openai/v1", api="responses")) as llm:
            assert await llm.completion("hi") == "Hello"
        assert server.requests[0].json["input"] == [{"role": "user", "content": "hi"}]
        assert server.requests[0].headers["api-key"] == "k"
