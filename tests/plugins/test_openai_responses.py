"""The Responses API of OpenAI: the requests that use it, their bodies, and its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    ChatRequest,
    LLMConfig,
    Message,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    UnsupportedError,
)
from dragoman.http import EventDecoder, HttpReply
from dragoman.spec.assembly import Assembler
from dragoman.spec.events import StreamStart
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai.models import capabilities
from dragoman_openai.responses import OpenAIResponsesApi
from recordings import Recording, cases
from replay.responses_bodies import compared, is_rebuilt

API = OpenAIResponsesApi()
FINAL_EVENTS = {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
HELLO = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "model": "gpt-5-pro",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
        }
    ],
}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


def llm(url: str = "http://127.0.0.1:9", model: str = "gpt-4o", **more: Any) -> LLM:
    return LLM(
        LLMConfig(model=model, provider="openai", api_key="sk-test", api_base=f"{url}/v1", num_retries=0, **more)
    )


def path_of(model: str, **more: Any) -> str:
    return llm(model=model).build_request("hi", **more).url.partition("/v1")[2]


class TestChoice:
    @pytest.mark.parametrize("model", ["o1-pro", "o3-pro-2025-06-10", "gpt-5-pro", "gpt-5-codex", "codex-mini-latest"])
    def test_is_responses_for_models_that_require_it(self, model: str) -> None:
        assert path_of(model) == "/responses"
        assert path_of(model, api="chat") == "/chat/completions"

    @pytest.mark.parametrize("model", ["gpt-4o", "o1-programmatic", "gpt-5", "my-codex"])
    def test_is_chat_unless_selected(self, model: str) -> None:
        assert path_of(model) == "/chat/completions"
        assert path_of(model, api="responses") == "/responses"

    def test_can_be_made_in_the_configuration(self) -> None:
        configured = llm(api="responses")
        assert configured.build_request("hi").url.endswith("/v1/responses")
        assert configured.build_request("hi", api="chat").url.endswith("/v1/chat/completions")

    async def test_selects_the_decoder(self, server: LoopbackServer) -> None:
        server.reply(Reply.json(HELLO))
        server.reply(
            Reply.sse(b'data: {"type": "response.completed", "response": %s}\n\n' % json.dumps(HELLO).encode())
        )
        server.reply(Reply.json(HELLO))
        async with llm(server.url, "gpt-5-pro") as pro:
            assert (await pro.generate("hi")).text == "Hello"
            assert [piece async for piece in _streaming(pro)] == ["Hello"]
            assert await pro.completion("hi") == "Hello"


async def _streaming(model: LLM) -> Any:
    async with model.stream("hi") as stream:
        async for event in stream.text():
            yield event
        assert stream.response is not None
        assert stream.response.text == "Hello"


class TestOptions:
    @pytest.mark.parametrize(("option", "value"), [("logit_bias", {"1": 1.0}), ("prediction", {"a": 1})])
    def test_of_chat_are_refused(self, option: str, value: Any) -> None:
        with pytest.raises(UnsupportedError, match=rf"the responses API, .+ has no option {option}"):
            llm(api="responses").build_request("hi", **{option: value})

    def test_several_answers_are_those_of_chat(self) -> None:
        with pytest.raises(UnsupportedError, match="only chat completions support it"):
            llm(api="responses").build_request("hi", n=2)
        with pytest.raises(UnsupportedError, match="the Responses API has no setting 'n'"):
            llm(api="chat").build_request("hi", n=2, options={"openai": {"api": "responses"}})
        assert llm(api="chat").build_request("hi", n=2).body["n"] == 2

    @pytest.mark.parametrize(("option", "value"), [("instructions", "x"), ("background", True), ("include", ["x"])])
    def test_of_responses_are_refused_by_chat(self, option: str, value: Any) -> None:
        with pytest.raises(UnsupportedError, match=rf"the chat API, .+ has no option {option}"):
            llm(api="chat").build_request("hi", **{option: value})

    def test_are_encoded_where_the_api_expects_them(self) -> None:
        given: dict[str, Any] = {
            "instructions": "Be brief.",
            "previous_response_id": "resp_0",
            "background": True,
            "verbosity": "low",
            "reasoning_summary": "auto",
            "reasoning_context": "all_turns",
            "effort": "high",
            "max_tokens": 99,
            "extra_body": {"brand_new": 1},
        }
        body = llm(model="gpt-5", api="responses").build_request("hi", **given).body
        assert body == {
            "model": "gpt-5",
            "input": [{"role": "user", "content": "hi"}],
            "instructions": "Be brief.",
            "previous_response_id": "resp_0",
            "background": True,
            "text": {"verbosity": "low"},
            "reasoning": {"effort": "high", "summary": "auto", "context": "all_turns"},
            "max_output_tokens": 99,
            "brand_new": 1,
        }

    @pytest.mark.parametrize(
        ("model", "requested"), [("gpt-5", True), ("o3", True), ("gpt-4o", False), ("gpt-5-chat", False)]
    )
    def test_request_encrypted_reasoning_if_nothing_is_stored(self, model: str, *, requested: bool) -> None:
        body = llm(model=model, api="responses", store=False).build_request("hi").body
        assert (body.get("include") == ["reasoning.encrypted_content"]) is requested


class TestCapabilities:
    @pytest.mark.parametrize(("model", "api"), [("gpt-4o", "responses"), ("gpt-5-codex", None)])
    def test_exclude_settings_that_the_api_lacks(self, model: str, api: str | None) -> None:
        settings = capabilities(model, api).settings
        assert all(settings[name].support.name == "NO" for name in ("stop", "seed", "presence_penalty"))
        assert "seed" not in capabilities("gpt-4o").settings

    def test_make_stop_an_error_unless_adjustments_are_allowed(self) -> None:
        with pytest.raises(UnsupportedError, match="stop"):
            llm(api="responses").build_request("hi", stop="x")
        adjusted = llm(api="responses", on_unsupported="adjust").build_request("hi", stop="x")
        assert "stop" not in adjusted.body


class TestErrors:
    async def test_are_raised(self, server: LoopbackServer) -> None:
        refused = {"error": {"message": "bad key", "type": "invalid_request_error", "code": "invalid_api_key"}}
        failed = {**HELLO, "status": "failed", "error": {"code": "server_error", "message": "broke"}}
        server.reply(Reply.json(refused, status=401), Reply.json(failed))
        async with llm(server.url, api="responses") as model:
            with pytest.raises(AuthenticationError, match="bad key"):
                await model.generate("hi")
            with pytest.raises(ServerError, match="broke"):
                await model.generate("hi")

    async def test_in_a_stream_carry_the_partial_answer(self, server: LoopbackServer) -> None:
        delta = b'data: {"type": "response.output_text.delta", "item_id": "m", "delta": "Hel"}\n\n'
        error = b'data: {"type": "error", "code": "rate_limit_exceeded", "message": "slow"}\n\n'
        server.reply(Reply.sse(delta, error), Reply.sse(delta), Reply.sse(delta, b"data: [DONE]\n\n"))
        async with llm(server.url, api="responses") as model:
            for kind in (RateLimitError, StreamInterruptedError, StreamInterruptedError):
                with pytest.raises(kind) as caught:
                    async with model.stream("hi") as stream:
                        await stream.collect()
                partial = caught.value.partial
                assert partial.text == "Hel"

    async def test_drop_a_default_that_the_server_rejects(self, server: LoopbackServer) -> None:
        error = {
            "message": "no",
            "type": "invalid_request_error",
            "param": "temperature",
            "code": "unsupported_parameter",
        }
        server.reply(Reply.json({"error": error}, status=400), Reply.json(HELLO))
        async with llm(server.url, "brand-new", api="responses") as model:
            response = await model.generate("hi")
        assert "temperature" in server.requests[0].json
        assert "temperature" not in server.requests[1].json
        assert [each.feature for each in response.adjustments] == ["temperature"]


# Recorded answers: a stream equals its last event, and an answer is sent back as the items that it consists of.


def chunks_of(recording: Recording) -> list[Any]:
    events = EventDecoder().feed(recording.reply_bytes())
    return [json.loads(event.data) for event in events if event.data != b"[DONE]"]


def final_response(recording: Recording) -> dict[str, Any]:
    if recording.has_json:
        whole: dict[str, Any] = recording.body_json
        return whole
    return next(
        (chunk["response"] for chunk in chunks_of(recording) if chunk["type"] in FINAL_EVENTS), {"status": "failed"}
    )


def is_answer(recording: Recording) -> bool:
    return recording.status == 200 and final_response(recording).get("status") != "failed"


ANSWERS = [case for api in ("openai.responses", "azure.responses") for case in cases(api, is_answer)]
STREAMS = [
    case
    for api in ("openai.responses", "azure.responses")
    for case in cases(api, lambda each: each.streamed and is_answer(each))
]


def without_encrypted(value: Any) -> Any:
    """Return *value* without encrypted content, which differs from event to event."""
    return json.loads(
        json.dumps(value), object_hook=lambda each: {k: v for k, v in each.items() if k != "encrypted_content"}
    )


@pytest.mark.parametrize("recording", STREAMS)
def test_recorded_streams_equal_their_last_event(recording: Recording) -> None:
    decoder, assembler = API.decoder(), Assembler(StreamStart())
    for event in EventDecoder().feed(recording.reply_bytes()):
        for each in decoder.feed(event):
            assembler.feed(each)
        if decoder.done:
            break
    streamed = assembler.end()[-1].response
    whole = API.decode(HttpReply(status=200, body=json.dumps(final_response(recording)).encode()))
    assert without_encrypted(streamed.message.to_dict()) == without_encrypted(whole.message.to_dict())
    assert (streamed.finish, streamed.usage, streamed.origin) == (whole.finish, whole.usage, whole.origin)
    assert streamed.metadata == whole.metadata


@pytest.mark.parametrize("recording", ANSWERS)
def test_recorded_answers_are_sent_back_unchanged(recording: Recording) -> None:
    whole = final_response(recording)
    message = API.decode(HttpReply(status=200, body=json.dumps(whole).encode())).message
    request = ChatRequest(model="gpt-5", messages=(Message("user", "hi"), message))
    wire = API.encode(request, stream=False)
    sent = [without_logprobs(item) for item in json.loads(wire.body or b"")["input"][1:]]
    output = [without_logprobs(item) for item in whole["output"]]
    while output and output[-1]["type"] == "reasoning":
        output.pop()  # OpenAI rejects reasoning without an item that follows it
        assert wire.adjustments
    assert sent == output or not message.parts


def without_logprobs(item: dict[str, Any]) -> dict[str, Any]:
    content = item.get("content")
    if item["type"] != "message" or not isinstance(content, list):
        return item
    return {**item, "content": [{k: v for k, v in each.items() if k != "logprobs"} for each in content]}


@pytest.mark.parametrize(
    "recording", [case for api in ("openai.responses", "azure.responses") for case in cases(api, is_rebuilt)]
)
def test_recorded_requests_are_rebuilt(recording: Recording) -> None:
    sent, recorded = compared(recording, API, API)
    assert sent == recorded
