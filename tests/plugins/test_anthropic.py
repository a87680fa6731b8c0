from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    CallContext,
    ChatRequest,
    CompletionRequest,
    FinishReason,
    InvalidRequestError,
    LLMConfig,
    Message,
    MissingCredentialError,
    ProviderConfig,
    Secret,
    Settings,
    Support,
    UnsupportedError,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_anthropic import dragoman_provider
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.endpoint import endpoint
from dragoman_anthropic.models import capabilities, family
from dragoman_anthropic.options import AnthropicOptions
from plugins.anthropic_calls import THOUGHT, WEATHER, answer, as_stream, wire

HOME = ("api.anthropic.com",)


# Models.


@pytest.mark.parametrize(
    ("model", "tier", "version"),
    [
        ("claude-opus-4-1-20250805", "opus", (4, 1)),
        ("claude-sonnet-4-20250514", "sonnet", (4, 0)),
        ("claude-3-7-sonnet-20250219", "sonnet", (3, 7)),
        ("claude-3-opus-20240229", "opus", (3, 0)),
        ("claude-sonnet-5", "sonnet", (5, 0)),
        ("claude-fable-5-1", "fable", (5, 1)),
        ("claude-2", "", (2, 0)),
        ("claude-2.1", "", (2, 1)),
        ("claude-instant-1.2", "instant", (1, 0)),
        ("anthropic.claude-opus-4.8-v1:0", "opus", (4, 8)),
    ],
)
def test_family_of_a_model_name(model: str, tier: str, version: tuple[int, int]) -> None:
    found = family(model)

    assert found is not None
    assert (found.tier, found.version) == (tier, version)


@pytest.mark.parametrize("model", ["tiny", "notclaude-opus-4-1", "claude-mythos-preview", "gpt-4"])
def test_unknown_model_names_have_no_family(model: str) -> None:
    assert family(model) is None
    known = capabilities(model)
    assert "temperature" not in known.settings
    assert known.tools.support is Support.UNKNOWN


def test_capabilities_by_family() -> None:
    newest, middle, oldest = map(capabilities, ("claude-opus-4-7", "claude-sonnet-4-6", "claude-2.1"))

    assert newest.settings["temperature"].support is Support.NO
    assert (middle.settings["temperature"].maximum, middle.settings["seed"].support) == (1, Support.NO)
    assert (middle.json_schema.support, middle.reasoning.support) == (Support.YES, Support.CONDITIONAL)
    assert (oldest.completion.support, oldest.tools.support, oldest.output_tokens) == (Support.YES, Support.NO, 4096)
    assert capabilities("claude-3-haiku-20240307").settings["effort"].support is Support.NO
    assert capabilities("claude-sonnet-5").reasoning.support is Support.YES
    assert oldest.reasoning.support is Support.NO
    assert capabilities("claude-sonnet-4-0").json_schema.support is Support.NO
    assert middle.input["audio/*"].support is Support.NO


# Options, keys and hosts.


def test_options_are_sent_in_body_or_headers() -> None:
    options = {
        "metadata": {"user_id": "u"},
        "container": "c",
        "mcp_servers": [{"type": "url", "url": "https://mcp.test", "name": "m"}],
        "context_management": {"edits": [{"type": "compact_20260112"}]},
        "betas": ["mcp-client-2025-11-20"],
        "extra_body": {"new": 1},
    }
    sent = wire(options=options)

    body = json.loads(sent.body)
    assert {name: body[name] for name in ("metadata", "container", "new")} == {
        "metadata": {"user_id": "u"},
        "container": "c",
        "new": 1,
    }
    betas = "mcp-client-2025-11-20,compact-2026-01-12,context-management-2025-06-27"
    assert sent.headers == {"anthropic-beta": betas}
    assert not {"betas", "extra_body", "bearer"} & body.keys()


def test_unknown_option_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(InvalidRequestError, match="thinking"):
        wire(options={"thinkin": {"type": "adaptive"}})


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1"),
        ("https://gateway.test/anthropic", "https://gateway.test/anthropic/v1"),
        ("https://gateway.test/anthropic/v1", "https://gateway.test/anthropic/v1"),
    ],
)
def test_base_url_with_and_without_version(base: str | None, url: str) -> None:
    config = ProviderConfig(name="anthropic", api_key=Secret("k"), api_base=base, hosts=HOME)

    assert endpoint(config, AnthropicOptions()).base.url == url


@pytest.mark.parametrize(
    ("environ", "bearer", "expected"),
    [
        ({"ANTHROPIC_API_KEY": "key"}, False, {"x-api-key": "key"}),
        ({"ANTHROPIC_AUTH_TOKEN": "token"}, False, {"authorization": "Bearer token"}),
        ({"ANTHROPIC_API_KEY": "key", "ANTHROPIC_AUTH_TOKEN": "token"}, False, {"x-api-key": "key"}),
        ({"ANTHROPIC_API_KEY": "key"}, True, {"authorization": "Bearer key"}),
        (
            {"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-x"},
            False,
            {"authorization": "Bearer sk-ant-oat01-x", "anthropic-beta": "oauth-2025-04-20"},
        ),
    ],
)
def test_headers_for_keys_and_tokens(environ: dict[str, str], bearer: bool, expected: dict[str, str]) -> None:  # noqa: FBT001
    config = ProviderConfig(name="anthropic", environ=environ, hosts=HOME)
    headers = endpoint(config, AnthropicOptions(bearer=bearer)).headers

    assert headers == {"anthropic-version": "2023-06-01", **expected}
    assert all(isinstance(headers[name], Secret) for name in expected if name != "anthropic-beta")


@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"])
def test_base_url_from_the_environment_gets_the_key_from_the_environment(name: str) -> None:
    environ = {name: "https://gateway.test", "ANTHROPIC_API_KEY": "key"}
    place = endpoint(ProviderConfig(name="anthropic", environ=environ, hosts=HOME), AnthropicOptions())

    assert (place.base.url, place.headers["x-api-key"]) == ("https://gateway.test/v1", "key")


@pytest.mark.parametrize("base", ["https://gateway.test", "https://api.anthropic.com.evil.test"])
def test_key_from_the_environment_is_not_sent_to_another_host(base: str) -> None:
    environ = {"ANTHROPIC_API_KEY": "key", "ANTHROPIC_AUTH_TOKEN": "token"}
    config = ProviderConfig(name="anthropic", api_base=base, environ=environ, hosts=HOME)

    with pytest.raises(MissingCredentialError):
        endpoint(config, AnthropicOptions())


def test_missing_key_error_names_both_variables() -> None:
    with pytest.raises(MissingCredentialError, match="ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"):
        dragoman_provider(ProviderConfig(name="anthropic", hosts=HOME))


def test_configured_betas_are_merged_with_those_of_features() -> None:
    llm = LLM(LLMConfig(model="claude-opus-4-5", api_key="k", headers={"anthropic-beta": "a-2025-01-01"}, effort="low"))

    assert llm.build_request("hi").headers["anthropic-beta"] == "a-2025-01-01,effort-2025-11-24"


# Requests over HTTP.


def config(url: str, model: str = "claude-sonnet-4-5", **attributes: Any) -> LLMConfig:
    return LLMConfig(model=model, provider="anthropic", api_key="k", api_base=url, num_retries=0, **attributes)


async def test_default_that_the_model_rejects_is_dropped_and_remembered() -> None:
    refusal = {"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated."}}
    with LoopbackServer() as server:
        server.reply(Reply.json(refusal, status=400), *[Reply.json(answer({"type": "text", "text": "hi"}))] * 2)
        async with LLM(config(server.url, "claude-sonnet-4-5")) as llm:
            first = await llm.generate("hi")
            await llm.generate("hi")

        assert ["temperature" in request.json for request in server.requests] == [True, False, False]
    assert [note.feature for note in first.adjustments] == ["temperature"]


async def test_adjustments_and_headers_are_on_the_response() -> None:
    kept = {"anthropic-ratelimit-requests-remaining": "9", "request-id": "req_9", "x-other": "1"}
    with LoopbackServer(always=Reply.json(answer({"type": "text", "text": "hi"}), headers=kept)) as server:
        async with LLM(config(server.url, "claude-opus-4-8")) as llm:
            response = await llm.generate("hi")

        sent = server.requests[0]
        assert (sent.path, sent.headers["x-api-key"], sent.headers["anthropic-version"]) == (
            "/v1/messages",
            "k",
            "2023-06-01",
        )
        assert "temperature" not in sent.json
    notes = [(note.kind, note.feature) for note in response.adjustments]
    assert notes == [("dropped", "temperature"), ("dropped", "max_tokens"), ("coerced", "max_tokens")]
    assert response.origin.request_id == "req_9"
    assert response.headers == {"anthropic-ratelimit-requests-remaining": "9", "request-id": "req_9"}


async def test_first_models_use_text_completions() -> None:
    reply = {"type": "completion", "id": "compl_1", "completion": " Hello", "stop_reason": "stop_sequence"}
    with LoopbackServer(always=Reply.json(reply)) as server:
        async with LLM(config(server.url, "claude-2", stop=["END"])) as llm:
            text = await llm.completion("hi")

        assert (server.requests[0].path, server.requests[0].json) == (
            "/v1/complete",
            {
                "model": "claude-2",
                "prompt": "\n\nHuman: hi\n\nAssistant:",
                "max_tokens_to_sample": 4096,
                "temperature": 0.7,
                "stop_sequences": ["END"],
            },
        )
    assert text == " Hello"


def test_prompts_to_newer_models_are_conversations_and_suffixes_are_refused() -> None:
    dialect = AnthropicMessages()
    sent = dialect.encode(CompletionRequest(model="claude-sonnet-4-5", prompt="hi"), stream=False)

    assert sent.url == "/messages"
    ready = CompletionRequest(model="claude-2", prompt="\n\nHuman: a\n\nAssistant: b", settings=Settings(top_k=3))
    body = json.loads(dialect.encode(ready, stream=True).body or b"")
    assert (body["prompt"], body["top_k"], body["stream"]) == (ready.prompt, 3, True)
    with pytest.raises(UnsupportedError, match="suffix"):
        dialect.encode(CompletionRequest(model="claude-2", prompt="a", suffix="b"), stream=False)


async def test_models_are_listed_page_by_page() -> None:
    pages = [
        {"data": [{"id": "a", "created_at": "2025-01-01T00:00:00Z"}], "has_more": True, "last_id": "a"},
        {"data": [{"id": "b", "created_at": "no", "max_tokens": 9, "max_input_tokens": 99}], "has_more": False},
    ]
    with LoopbackServer() as server:
        server.reply(*map(Reply.json, pages))
        async with LLM(config(server.url)) as llm:
            first, second = await llm.models()

        assert [each.path for each in server.requests] == ["/v1/models?limit=1000", "/v1/models?limit=1000&after_id=a"]
    assert (first.id, first.created, first.owner) == ("a", 1735689600, "anthropic")
    assert (second.created, second.output_tokens, second.context_tokens) == (None, 9, 99)


async def test_tokens_are_counted() -> None:
    with LoopbackServer(always=Reply.json({"input_tokens": 12})) as server:
        async with LLM(config(server.url)) as llm:
            usage = await llm.count_tokens([Message("user", "hi")], tools=[WEATHER])

        assert (server.requests[0].path, sorted(server.requests[0].json)) == (
            "/v1/messages/count_tokens",
            ["messages", "model", "tools"],
        )
    assert (usage.input_tokens, usage.output_tokens) == (12, None)


async def test_tokens_are_counted_of_what_is_sent() -> None:
    """JSON without a schema is asked for by a tool, whose definition counts too."""
    with LoopbackServer(always=Reply.json({"input_tokens": 12})) as server:
        async with LLM(config(server.url)) as llm:
            await llm.count_tokens("hi", output="json")
            sent = llm.build_request("hi", output="json").body

        assert server.requests[0].json["tools"] == sent["tools"] != []


async def test_stream_over_http() -> None:
    events = as_stream(THOUGHT, {"type": "text", "text": "hello"})
    body = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events).encode()
    with LoopbackServer(always=Reply.sse(body, framing="bytewise")) as server:
        async with LLM(config(server.url)) as llm, llm.stream("hi") as stream:
            response = await stream.collect()

    assert (response.text, response.reasoning, response.finish.reason) == ("hello", "Let me see.", FinishReason.STOP)


async def test_count_tokens_without_llm() -> None:
    with LoopbackServer(always=Reply.json({"input_tokens": 1})) as server:
        provider = dragoman_provider(ProviderConfig(name="anthropic", api_key=Secret("k"), api_base=server.url))
        request = ChatRequest(model="claude-sonnet-4-5", messages=(Message("user", "hi"),))

        usage = await provider.count_tokens(request, CallContext())
        await provider.aclose()

    assert usage.input_tokens == 1
