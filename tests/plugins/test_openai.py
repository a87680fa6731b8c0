from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    LLM,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    Support,
    Text,
    Tool,
    UnsupportedError,
    Url,
)
from dragoman.spec.secret import MASK
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai.models import (
    base_model_name,
    capabilities,
    is_completion_model,
    is_reasoning,
    rejects_system_messages,
    requires_responses,
)

__all__ = ["loopback"]

ANSWER = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}


def llm(model: str = "gpt-4o", **fields: Any) -> LLM:
    fields.setdefault("api_key", "k")
    return LLM(LLMConfig(model=model, provider="openai", api="chat", **fields))


def body(model: str = "gpt-4o", messages: Any = "hi", *, stream: bool = False, **fields: Any) -> dict[str, Any]:
    sent: dict[str, Any] = llm(model, **fields).build_request(messages, stream=stream).body
    return sent


class TestEndpoint:
    def test_defaults_to_openai(self) -> None:
        shown = llm().build_request("hi")
        assert (shown.method, shown.url) == ("POST", "https://api.openai.com/v1/chat/completions")
        assert shown.headers["authorization"] == MASK

    @pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
    def test_is_read_from_the_environment(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "https://gate.test")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        assert llm(api_key=None).build_request("hi").url == "https://gate.test/v1/chat/completions"

    def test_requires_a_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(MissingCredentialError, match="OPENAI_API_KEY"):
            llm(api_key=None).build_request("hi")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        assert llm(api_key=None).build_request("hi").headers["authorization"] == MASK

    @pytest.mark.parametrize("host", ["api.openai.com.evil.test", "evil.test", "openai.com.evil.test", "notopenai.com"])
    def test_does_not_send_the_environment_key_to_other_hosts(self, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        with pytest.raises(MissingCredentialError, match="is not a host of openai"):
            llm(api_key=None, api_base=f"https://{host}/v1").build_request("hi")

    def test_does_not_send_a_key_unencrypted(self) -> None:
        with pytest.raises(ConfigurationError, match="in the clear"):
            llm(api_base="http://gate.test/v1").build_request("hi")

    def test_sends_organization_and_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        headers = llm(organization="o", project="p").build_request("hi").headers
        assert (headers["openai-organization"], headers["openai-project"]) == ("o", "p")
        monkeypatch.setenv("OPENAI_ORG_ID", "o2")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "p2")
        headers = llm(headers={"X-Team": "blue"}).build_request("hi").headers
        assert (headers["openai-organization"], headers["openai-project"], headers["x-team"]) == ("o2", "p2", "blue")
        elsewhere = llm(api_base="https://gate.test").build_request("hi").headers
        assert not {"openai-organization", "openai-project"} & elsewhere.keys()

    @pytest.mark.parametrize("option", ["organization", "project"])
    @pytest.mark.parametrize("api", ["chat", "responses"])
    def test_rejects_another_organization_or_project_per_call(self, option: str, api: str) -> None:
        for configured in ({}, {option: "ann"}):
            model = llm(**configured)
            with pytest.raises(
                InvalidRequestError, match=f"'{option}' belongs to LLMConfig, not to one call"
            ) as caught:
                model.build_request("hi", **{"api": api, option: "bob"})
            assert caught.value.parameter == option
            same = model.build_request("hi", **{"api": api, option: configured.get(option)})
            assert same.headers.get(f"openai-{option}") == configured.get(option)
            assert model.build_request("hi", user="u").body["user"] == "u"

    def test_rejects_line_breaks_in_headers(self) -> None:
        with pytest.raises(InvalidRequestError, match="openai-organization"):
            llm(organization="o\r\nx: y").build_request("hi")

    async def test_sends_the_key_and_returns_the_answer(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json(ANSWER, headers={"openai-processing-ms": "7", "server": "x"}))
        async with llm(api_base=loopback.url) as model:
            response = await model.generate("hi")
        assert (response.text, response.headers) == ("Hello", {"openai-processing-ms": "7"})
        assert loopback.requests[0].headers["authorization"] == "Bearer k"


class TestBodies:
    def test_hold_sampling_settings(self) -> None:
        assert body(temperature=0.2, max_tokens=5) == {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "hi"}],
            "temperature": 0.2,
            "max_tokens": 5,
        }

    @pytest.mark.parametrize("model", ["o1", "o3-mini", "gpt-5", "gpt-5.1-mini", "ft:o4-mini-2025-04-16:us::1"])
    def test_hold_no_sampling_settings_for_reasoning_models(self, model: str) -> None:
        assert body(model, effort="low") == {
            "model": model,
            "messages": [{"role": "user", "content": "hi"}],
            "reasoning_effort": "low",
        }
        assert body(model, max_tokens=4096)["max_completion_tokens"] == 4096

    def test_hold_all_options(self) -> None:
        options = {
            "logit_bias": {"1": -100.0},
            "user": "u",
            "safety_identifier": "s",
            "prompt_cache_key": "p",
            "store": True,
            "metadata": {"a": "b"},
            "modalities": ["text"],
            "audio": {"voice": "alloy"},
            "prediction": {"type": "content", "content": "x"},
            "verbosity": "low",
            "web_search_options": {},
            "stream_options": {"include_obfuscation": False},
            "functions": [{"name": "f"}],
            "function_call": {"name": "f"},
        }
        sent = body(stream=True, extra_body={"new": 1}, **options)
        assert options.items() <= sent.items()
        assert (sent["new"], sent["stream"]) == (1, True)

    @pytest.mark.parametrize(("option", "shown"), [("logit_bais", "logit_bias"), ("organisation", "organization")])
    def test_hold_no_unknown_option(self, option: str, shown: str) -> None:
        with pytest.raises((InvalidRequestError, ConfigurationError), match=shown):
            body(**{option: 1})

    def test_hold_system_messages_as_user_messages_if_needed(self) -> None:
        conversation = [Message("system", "Be brief."), Message("user", "hi")]
        assert [each["role"] for each in body("o1-mini", conversation)["messages"]] == ["user", "user"]
        assert [each["role"] for each in body("o1", conversation)["messages"]] == ["system", "user"]


class TestCompletions:
    async def test_continue_a_prompt(self, loopback: LoopbackServer) -> None:
        completion = {"choices": [{"text": " upon", "finish_reason": "length"}]}
        loopback.always(Reply.json(completion))
        async with llm("gpt-3.5-turbo-instruct", api_base=loopback.url) as model:
            assert await model.completion("Once", max_tokens=3) == " upon"
            assert await model.chat_completion([Message("user", "Once")], max_tokens=3) == " upon"
        assert [each.path for each in loopback.requests] == ["/v1/completions"] * 2
        assert [each.json["prompt"] for each in loopback.requests] == ["Once"] * 2

    async def test_use_chat_for_chat_models(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json(ANSWER))
        async with llm(api_base=loopback.url) as model:
            assert await model.completion("hi") == "Hello"
        assert loopback.requests[0].path == "/v1/chat/completions"

    async def test_are_streamed(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.sse(b'data: {"choices":[{"text":" upon","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'))
        async with llm("babbage-002", api_base=loopback.url) as model, model.stream("Once") as stream:
            assert (await stream.collect()).text == " upon"

    @pytest.mark.parametrize(
        ("messages", "fields"),
        [
            ([Message("system", "a"), Message("user", "b")], {}),
            ([Message("assistant", "a")], {}),
            ([Message("user", [Text(text="a"), Text(text="b")])], {}),
            ([Message("user", [Media(source=Url(url="https://x.test"), media_type="image/*")])], {}),
            ([Message("user", "a")], {"tools": [Tool(name="f")]}),
            ([Message("user", "a")], {"output": "json"}),
        ],
    )
    def test_reject_conversations_for_completion_models(self, messages: list[Message], fields: dict[str, Any]) -> None:
        with pytest.raises(UnsupportedError, match="davinci-002"):
            llm("davinci-002").build_request(messages, **fields)


class TestModels:
    @pytest.mark.parametrize("name", ["o1", "o3-pro", "o4-mini", "gpt-5", "gpt-5.2", "gpt-10", "codex-mini-latest"])
    def test_that_reason(self, name: str) -> None:
        assert is_reasoning(name)
        assert capabilities(name).while_reasoning["temperature"].only == 1

    @pytest.mark.parametrize("name", ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "omni", "foo-o1", "o1x", "gpt-50x", ""])
    def test_that_do_not_reason(self, name: str) -> None:
        assert not is_reasoning(name)
        assert capabilities(name).while_reasoning == {}

    def test_that_are_fine_tuned_are_known_by_their_base_model(self) -> None:
        assert base_model_name("ft:gpt-4o:us::1") == "gpt-4o"
        assert base_model_name("ft") == "ft"
        assert is_completion_model("ft:davinci-002:us::1")

    def test_that_reject_system_messages(self) -> None:
        assert [rejects_system_messages(name) for name in ("o1-mini", "o1-preview-2024-09-12", "o1", "o3-mini")] == [
            True,
            True,
            False,
            False,
        ]

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("o1-pro", True),
            ("gpt-5-pro", True),
            ("gpt-5.1-codex", True),
            ("o4-mini-deep-research", True),
            ("computer-use-preview", True),
            ("gpt-5", False),
            ("gpt-4o", False),
        ],
    )
    def test_that_only_the_responses_api_serves(self, *, name: str, expected: bool) -> None:
        assert requires_responses(name) is expected

    def test_have_known_capabilities(self) -> None:
        assert capabilities("gpt-4").json_schema.support is Support.NO
        assert capabilities("gpt-4o").json_schema.support is Support.UNKNOWN
        assert capabilities("gpt-4o").settings["top_k"].support is Support.NO
        assert capabilities("gpt-3.5-turbo-instruct").completion.support is Support.YES
