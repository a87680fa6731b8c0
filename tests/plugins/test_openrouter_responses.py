"""The Responses API of OpenRouter: which requests go there, their bodies, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    BadRequestError,
    LLMConfig,
    Message,
    OverloadedError,
    ProviderError,
    Reasoning,
    Response,
    ServerError,
    ServerTool,
    StreamInterruptedError,
    Text,
    Tool,
    UnsupportedError,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openrouter.responses import OpenRouterResponses
from recordings import Recording, cases
from replay.responses_bodies import compared, is_rebuilt

API = OpenRouterResponses()
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "sealed",
    "format": "f",
}
SAID = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
}
USAGE = {"input_tokens": 3, "output_tokens": 2, "cost": 0.25}
HELLO = {"id": "gen-1", "status": "completed", "model": "a/b", "output": [SAID, THOUGHT], "usage": USAGE}


def config(base: str = "https://openrouter.ai/api/v1", **more: Any) -> LLMConfig:
    wanted = {"model": "a/b", "provider": "openrouter", "api_key": "k", "num_retries": 0, "api": "responses", **more}
    return LLMConfig(api_base=base, **wanted)


def build(messages: Any = "hi", **more: Any) -> Any:
    return LLM(config()).build_request(messages, **more)


def events(*each: dict[str, Any]) -> Reply:
    return Reply.sse("".join(f"data: {json.dumps(value)}\n\n" for value in each).encode())


async def ask(answer: Reply, *, stream: bool = False) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(f"{server.url}/api/v1")) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as reading:
                return await reading.collect()


@pytest.mark.parametrize("recording", cases("openrouter.responses", is_rebuilt))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    sent, recorded = compared(recording, API, API)
    assert sent == recorded


def test_a_request_goes_there_only_if_it_asks() -> None:
    assert build().url == "https://openrouter.ai/api/v1/responses"
    assert build(api="chat").url == "https://openrouter.ai/api/v1/chat/completions"
    assert LLM(config(api=None)).build_request("hi").url == "https://openrouter.ai/api/v1/chat/completions"


@pytest.mark.parametrize(
    ("model", "sent"), [("openrouter/openai/gpt-4", "openai/gpt-4"), ("openrouter/auto", "openrouter/auto")]
)
def test_a_model_is_sent_whole(model: str, sent: str) -> None:
    assert LLM(config(model=model)).build_request("hi").body["model"] == sent


def test_options_stand_where_they_belong_or_are_refused() -> None:
    request = build(
        effort="high",
        reasoning={"summary": "auto"},
        routing={"order": ["x"]},
        models=["c/d"],
        verbosity="low",
        top_k=5,
        presence_penalty=0.5,
        instructions="Brief.",
        site_url="https://me.example",
        extra_body={"brand_new": 1},
    )
    assert request.headers["http-referer"] == "https://me.example"
    assert request.body == {
        "model": "a/b",
        "input": [{"role": "user", "content": "hi"}],
        "top_k": 5,
        "presence_penalty": 0.5,
        "reasoning": {"effort": "high", "summary": "auto"},
        "provider": {"order": ["x"]},
        "models": ["c/d"],
        "text": {"verbosity": "low"},
        "instructions": "Brief.",
        "brand_new": 1,
    }
    with pytest.raises(UnsupportedError, match=r"the responses API, .+ has no option transforms"):
        build(transforms=["middle-out"])
    with pytest.raises(UnsupportedError, match=r"the chat API, .+ has no option truncation"):
        build(api="chat", truncation="auto")


def test_tools_carry_what_they_ask_for() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    ours = Tool(name="f", options={"openrouter": mark, "openai": {"x": 1}})
    custom = ServerTool(id="openrouter.custom", args={"type": "custom", "name": "run"})
    tools = [ours, ServerTool(id="openrouter.web_search", args={"parameters": {}}), custom]

    sent = build(tools=tools).body["tools"]
    assert {**sent[0], **mark} == sent[0]
    assert "x" not in sent[0]
    assert sent[1:] == [{"type": "openrouter:web_search", "parameters": {}}, {"type": "custom", "name": "run"}]

    chat = build(api="chat", tools=tools[:2]).body["tools"]
    assert chat[0]["cache_control"] == mark["cache_control"]
    assert chat[1] == {"type": "openrouter:web_search", "parameters": {}}


async def test_an_answer_goes_back_as_it_came() -> None:
    whole = await ask(Reply.json(HELLO))
    streamed = await ask(events({"type": "response.completed", "response": HELLO}), stream=True)

    assert whole.text == streamed.text == "Hello"
    assert whole.reasoning == streamed.reasoning == "hm"
    assert whole.metadata == streamed.metadata == {"cost": 0.25}
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (3, 2)
    sent = build([Message("user", "hi"), whole.message]).body["input"]
    assert sent[1:] == [SAID, THOUGHT]  # reasoning that leads to nothing, too: OpenRouter takes it


def test_what_others_sealed_is_not_sent() -> None:
    turn = Message("assistant", [Reasoning(text="hm"), Text(text="Hello")])

    assert build([Message("user", "hi"), turn]).body["input"][1:] == [{"role": "assistant", "content": "Hello"}]


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (502, ServerError), (503, OverloadedError)])
async def test_errors_with_and_without_their_status(status: int, kind: type[ProviderError]) -> None:
    report = {"error": {"code": status, "message": "no", "metadata": {"provider_name": "V", "raw": "upstream"}}}

    for answer in (Reply.json(report, status=status), Reply.json(report)):
        with pytest.raises(kind, match=r"no \(V: upstream\)"):
            await ask(answer)


async def test_a_stream_that_fails_or_is_cut_keeps_what_arrived() -> None:
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hel"}
    failed = {**HELLO, "status": "failed", "output": [], "error": {"code": "server_error", "message": "broke"}}
    failure = {"type": "response.failed", "response": failed}

    for reply, kind in ((events(delta, failure), ServerError), (events(delta), StreamInterruptedError)):
        with pytest.raises(kind) as caught:
            await ask(reply, stream=True)
        assert caught.value.partial is not None
        assert caught.value.partial.text == "Hel"
