"""Claude by InvokeModel, counts of tokens and lists of models on Bedrock."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    CallContext,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    NotFoundError,
    ProtocolError,
    ProviderConfig,
    Response,
    Secret,
    ServerError,
    StreamInterruptedError,
    UnsupportedError,
)
from dragoman.http import HttpReply, HttpRequest
from dragoman.testing.framings import binary_message
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_bedrock.invoke import InvokeMessages
from dragoman_bedrock.provider import make_provider

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PATH = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
ARN = "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc"
STREAM = "application/vnd.amazon.eventstream"
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]


def llm(model: str = MODEL, **more: Any) -> LLM:
    given = {"api": "invoke", "region": "us-east-1", "api_key": "k", "num_retries": 0, "temperature": None, **more}
    return LLM(LLMConfig(model=model, provider="bedrock", **given))


def frame(payload: dict[str, Any], kind: str = "chunk") -> bytes:
    return binary_message(json.dumps(payload).encode(), {":message-type": "event", ":event-type": kind})


def chunk(event: dict[str, Any]) -> bytes:
    return frame({"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "abc"})


async def streamed(*frames: bytes) -> Response:
    with LoopbackServer() as server:
        server.reply(Reply(headers=(("content-type", STREAM),), body=b"".join(frames)))
        async with llm(api_base=server.url) as model, model.stream("hi") as events:
            return await events.collect()


def test_the_address_names_the_model_and_the_operation() -> None:
    whole, stream = (llm().build_request("hi", max_tokens=9, stream=each) for each in (False, True))

    host = "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert whole.url == f"{host}{PATH}/invoke"
    assert stream.url == f"{host}{PATH}/invoke-with-response-stream"
    assert whole.body == stream.body
    assert whole.body == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_betas_are_in_the_body_and_what_bedrock_does_is_in_headers() -> None:
    guardrail = {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"}
    made = llm(guardrail=guardrail, performance={"latency": "optimized"}, headers={"anthropic-beta": "one-2025-01-01"})
    shown = made.build_request("hi", betas=["two-2025-01-01"], service_tier="flex")

    assert shown.body["anthropic_beta"] == ["one-2025-01-01", "two-2025-01-01"]
    assert "service_tier" not in shown.body
    assert {name: value for name, value in shown.headers.items() if name.startswith("x-amzn-")} == {
        "x-amzn-bedrock-guardrailidentifier": "g",
        "x-amzn-bedrock-guardrailversion": "1",
        "x-amzn-bedrock-trace": "ENABLED",
        "x-amzn-bedrock-performanceconfig-latency": "optimized",
        "x-amzn-bedrock-service-tier": "flex",
    }


def test_a_later_system_message_needs_no_beta_here() -> None:
    messages = [{"role": role, "content": role} for role in ("user", "assistant", "system", "user")]
    shown = llm("us.anthropic.claude-opus-4-8").build_request(messages)

    assert [each["role"] for each in shown.body["messages"]] == ["user", "assistant", "system", "user"]
    assert "anthropic_beta" not in shown.body


def test_an_arn_needs_the_model_behind_it() -> None:
    shown = llm(ARN, base_model=MODEL).build_request("hi", effort="low", max_tokens=9000)

    assert "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A000000000000%3Aapplication-inference-profile%2Fabc/" in shown.url
    assert shown.body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    for model in (ARN, "us.amazon.nova-lite-v1:0"):
        with pytest.raises(ConfigurationError, match="name the model as base_model"):
            llm(model).build_request("hi")


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="InvokeModel has no 'streamProcessingMode'"):
        llm(guardrail={"streamProcessingMode": "sync"}).build_request("hi")
    with pytest.raises(InvalidRequestError, match="belongs to LLMConfig"):
        llm().build_request("hi", api="converse")
    file = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
    with pytest.raises(UnsupportedError, match="Bedrock has no files"):
        llm().build_request([{"role": "user", "content": [file]}])


def test_signatures_of_anthropic_are_sent_back() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    answer = {"role": "assistant", "content": [thought, {"type": "text", "text": "Yes."}]}
    messages = [{"role": "user", "content": "hi"}, answer, {"role": "user", "content": "Why?"}]

    assert llm().build_request(messages).body["messages"][1]["content"][0] == thought


async def test_a_stream_of_messages_with_events_in_base64() -> None:
    response = await streamed(*map(chunk, EVENTS))

    assert (response.text, response.finish.raw, response.usage.output_tokens) == ("Hello.", "end_turn", 2)
    assert response.origin.response_id == "msg_1"


async def test_a_stream_that_breaks_off_or_is_none() -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(*map(chunk, EVENTS[:3]))
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hello."
    for payload in ({"bytes": "!"}, {"bytes": "é"}, {}):
        with pytest.raises(ProtocolError):
            await streamed(chunk(EVENTS[0]), frame(payload))
    exception = {":message-type": "exception", ":exception-type": "modelStreamErrorException"}
    with pytest.raises(ServerError, match="it broke"):
        await streamed(chunk(EVENTS[0]), binary_message(b'{"message": "it broke"}', exception))


def test_a_good_status_may_hold_an_error_all_the_same() -> None:
    unknown = HttpReply(status=200, body=b'{"Output":{},"__type":"com.amazon#UnknownOperationException"}')

    with pytest.raises(NotFoundError):
        InvokeMessages().decode(unknown)


async def test_tokens_are_counted_for_the_body_that_would_be_sent() -> None:
    with LoopbackServer() as server:
        server.reply(Reply.json({"inputTokens": 18}), Reply.json({"inputTokens": 375}))
        async with llm(api_base=server.url) as invoke, llm(api_base=server.url, api="converse") as converse:
            counts = [(await each.count_tokens("hi", max_tokens=9)).input_tokens for each in (invoke, converse)]

    first, second = (json.loads(each.body)["input"] for each in server.requests)
    assert counts == [18, 375]
    assert {each.path for each in server.requests} == {f"{PATH}/count-tokens"}
    assert json.loads(base64.b64decode(first["invokeModel"]["body"])) == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert second == {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}}


@pytest.mark.parametrize("api", ["invoke", "converse"])
async def test_models_and_inference_profiles_are_listed(api: str) -> None:
    models = {"modelSummaries": [{"modelId": "amazon.nova-lite-v1:0", "providerName": "Amazon"}, {"modelName": "x"}]}
    first = {"inferenceProfileSummaries": [{"inferenceProfileId": MODEL, "status": "ACTIVE"}], "nextToken": "a/b"}
    second = {"inferenceProfileSummaries": [{"inferenceProfileId": "mine"}]}
    with LoopbackServer() as server:
        server.reply(Reply.json(models), Reply.json(first), Reply.json(second))
        async with llm(api_base=server.url, api=api) as model:
            listed = await model.models()

    assert [(each.id, each.owner) for each in listed] == [
        ("amazon.nova-lite-v1:0", "Amazon"),
        (MODEL, None),
        ("mine", None),
    ]
    assert [each.path for each in server.requests] == [
        "/foundation-models",
        "/inference-profiles?maxResults=1000",
        "/inference-profiles?maxResults=1000&nextToken=a%2Fb",
    ]


class Asked:
    """Keep the addresses of requests, as a transport."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        self.urls.append(request.url)
        return HttpReply(status=200, body=b"{}")


def provider(base: str | None = None) -> Any:
    hosts = ("bedrock.*.amazonaws.com", "bedrock-runtime.*.amazonaws.com")
    given = {"region": "us-west-2"}
    return make_provider(
        ProviderConfig(name="bedrock", model=MODEL, api_key=Secret("k"), api_base=base, options=given, hosts=hosts)
    )


async def test_models_are_listed_at_the_host_beside_the_one_that_answers() -> None:
    made = provider()
    made.transport = asked = Asked()

    assert await made.models(CallContext()) == ()
    assert asked.urls == [
        "https://bedrock.us-west-2.amazonaws.com/foundation-models",
        "https://bedrock.us-west-2.amazonaws.com/inference-profiles?maxResults=1000",
    ]


async def test_models_are_not_listed_at_a_host_that_is_not_known() -> None:
    with pytest.raises(ConfigurationError, match="not among the hosts"):
        await provider("https://bedrock-runtime-fips.us-west-2.amazonaws.com").models(CallContext())
