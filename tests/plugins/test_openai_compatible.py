from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    LLM,
    ConfigurationError,
    LLMConfig,
    Media,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.spec.secret import MASK
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

__all__ = ["loopback"]

BASE = "http://127.0.0.1:1/v1"


def llm(**fields: Any) -> LLM:
    fields.setdefault("api_base", BASE)
    return LLM(LLMConfig(model="tiny", provider="openai_compatible", **fields))


def body(messages: Any = "hi", *, stream: bool = False, **fields: Any) -> dict[str, Any]:
    sent: dict[str, Any] = llm(**fields).build_request(messages, stream=stream).body
    return sent


class TestEndpoint:
    def test_is_asked_for(self) -> None:
        with pytest.raises(ConfigurationError, match="OPENAI_COMPATIBLE_API_BASE"):
            llm(api_base=None).build_request("hi")

    def test_may_be_named_by_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_BASE", "http://127.0.0.1:2")
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "k")
        shown = llm(api_base=None).build_request("hi")
        assert shown.url == "http://127.0.0.1:2/v1/chat/completions"
        assert shown.headers["authorization"] == MASK

    def test_wants_no_key_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "k")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        assert "authorization" not in llm().build_request("hi").headers

    def test_gets_the_key_that_was_given(self) -> None:
        assert llm(api_key="k").build_request("hi").headers["authorization"] == MASK
        with pytest.raises(ConfigurationError, match="in the clear"):
            llm(api_key="k", api_base="http://gate.test").build_request("hi")

    async def test_answers(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}))
        async with llm(api_base=loopback.url, headers={"X-Team": "blue"}) as model:
            assert await model.completion("hi") == "Hello"
        (received,) = loopback.requests
        assert (received.path, received.headers["x-team"]) == ("/v1/chat/completions", "blue")
        assert "authorization" not in received.headers


class TestBodies:
    def test_hold_the_settings(self) -> None:
        assert body(top_k=5, temperature=0, max_tokens=3) == {
            "model": "tiny",
            "messages": [{"role": "user", "content": "hi"}],
            "temperature": 0,
            "top_k": 5,
            "max_tokens": 3,
        }

    def test_hold_every_option(self) -> None:
        options = {
            "min_p": 0.1,
            "repetition_penalty": 1.1,
            "logit_bias": {"1": 1.0},
            "user": "u",
            "chat_template_kwargs": {"enable_thinking": False},
        }
        sent = body(extra_body={"new": 1}, **options)
        assert options.items() <= sent.items()
        assert sent["new"] == 1

    def test_name_the_limit_as_the_server_does(self) -> None:
        assert body(max_tokens_name="max_completion_tokens", max_tokens=3)["max_completion_tokens"] == 3

    def test_ask_for_usage_unless_told_otherwise(self) -> None:
        assert body(stream=True)["stream_options"] == {"include_usage": True}
        assert "stream_options" not in body(stream=True, include_usage=False)
        assert body(stream=True, stream_options={"x": 1})["stream_options"] == {"x": 1}

    @pytest.mark.parametrize(("name", "expected"), [(None, {}), ("reasoning_content", {"reasoning_content": "hm"})])
    def test_give_reasoning_back_where_the_server_wants_it(self, name: str | None, expected: dict[str, str]) -> None:
        thought = Message("assistant", [Reasoning(text="hm"), Text(text="a")])
        sent = body([Message("user", "hi"), thought], replay_reasoning=name)
        assert sent["messages"][1] == {"role": "assistant", "content": "a", **expected}

    def test_hold_media_in_results(self) -> None:
        picture = Media(source=Url(url="https://x.test/a.png"), media_type="image/png")
        called = Message("assistant", [ToolCall(name="f", call_id="1", arguments="{}")])
        sent = body([called, Message("tool", [ToolResult(call_id="1", name="f", content=[picture])])])
        assert sent["messages"][1]["content"][0]["type"] == "image_url"


LOCAL = {
    "llama_server": "http://localhost:8080/v1",
}


class TestLocalServer:
    @pytest.mark.parametrize("name", LOCAL)
    def test_is_asked_where_it_listens_without_a_key(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_BASE", "https://elsewhere.test/v1")
        monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "k")
        asked = LLM(LLMConfig(model=f"{name}/llama3.2"))
        shown = asked.build_request("hi")
        assert shown.url == f"{LOCAL[name]}/chat/completions"
        assert shown.body["model"] == "llama3.2"
        assert "authorization" not in shown.headers
        assert (asked.explain().provider, asked.explain().distribution) == (name, "dragoman-openai-compatible")

    def test_may_be_elsewhere_and_want_a_key(self) -> None:
        shown = LLM(
            LLMConfig(model="llama3.2", provider="vllm", api_base="http://127.0.0.1:9", api_key="k")
        ).build_request("hi")
        assert shown.url == "http://127.0.0.1:9/v1/chat/completions"
        assert shown.headers["authorization"] == MASK

    async def test_answers_under_its_name(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json({"id": "c", "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}))
        response = await LLM(LLMConfig(model="vllm/llama3.2", api_base=loopback.url)).generate("hi")
        assert (response.text, response.origin.provider) == ("Hi", "vllm")
