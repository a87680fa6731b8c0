from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    NO,
    YES,
    AuthenticationError,
    BadRequestError,
    Bytes,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    ContextWindowExceededError,
    Data,
    Extension,
    FinishReason,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    NotFoundError,
    Prepared,
    ProtocolError,
    Reasoning,
    Refusal,
    Seal,
    ServerError,
    ServerTool,
    StreamInterruptedError,
    Support,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
    Usage,
)
from dragoman.client.binding import bind
from dragoman.spec.provider import CallContext
from dragoman.spec.secret import MASK
from dragoman.testing.framings import json_line
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_ollama.dialect import Ollama
from dragoman_ollama.endpoint import url_of
from dragoman_ollama.models import capabilities

WEATHER = Tool(name="weather", description="the weather", schema={"type": "object", "properties": {}})
PIXEL = Media(source=Bytes(data=b"pixel"), media_type="image/png")
SAID = {"model": "served", "created_at": "2026-08-07T06:08:14.732370123Z"}
COUNTS = {"prompt_eval_count": 3, "eval_count": 2, "total_duration": 5_000_000}
DONE = {"done": True, "done_reason": "stop", **COUNTS}


def llm(url: str | None = None, model: str = "llama3.2", **more: Any) -> LLM:
    given = {"temperature": None, "max_tokens": None, **more}
    return LLM(LLMConfig(model=f"ollama/{model}", api_base=url, num_retries=0, **given))


def sent(*messages: Any, **more: Any) -> dict[str, Any]:
    return llm(**more.pop("config", {})).build_request(list(messages) or "hi", **more).body


def sent_prompt(prompt: str, **more: Any) -> Any:
    request = CompletionRequest(model="codellama", prompt=prompt, **more)
    return json.loads(Ollama().encode(request, stream=False).body or b"")


def whole(message: dict[str, Any], **more: Any) -> Reply:
    return Reply.json({**SAID, "message": {"role": "assistant", "content": "", **message}, **DONE, **more})


def lines(*each: dict[str, Any], **attributes: Any) -> Reply:
    body = b"".join(map(json_line, each))
    return Reply(headers={"content-type": "application/x-ndjson"}, body=body, chunked=True, **attributes)


def piece(content: str = "", **message: Any) -> dict[str, Any]:
    return {**SAID, "message": {"role": "assistant", "content": content, **message}, "done": False}


def end(**more: Any) -> dict[str, Any]:
    return {**piece(), **DONE, **more}


async def asked(reply: Reply, *, stream: bool = False, question: Any = "hi", **more: Any) -> Any:
    with LoopbackServer(reply) as server:
        async with llm(server.url) as model:
            if not stream:
                return await model.generate(question, **more)
            async with model.stream(question, **more) as events:
                return await events.collect()


class TestConversation:
    def test_is_sent_whole_unless_a_stream_is_asked_for(self) -> None:
        assert sent() == {"model": "llama3.2", "messages": [{"role": "user", "content": "hi"}], "stream": False}
        assert llm().build_request("hi", stream=True).body["stream"] is True

    def test_has_settings_among_the_options_of_the_model(self) -> None:
        settings = {"temperature": 0, "top_p": 0.5, "top_k": 4, "stop": ["a"], "seed": 7, "presence_penalty": 1.0}
        body = sent(max_tokens=5, frequency_penalty=0.5, num_ctx=8192, min_p=0.1, keep_alive=-1, **settings)
        own = {"num_predict": 5, "frequency_penalty": 0.5, "num_ctx": 8192, "min_p": 0.1}
        assert body["options"] == {**settings, **own}
        assert body["keep_alive"] == -1

    def test_shows_that_a_setting_is_left_out(self) -> None:
        request = ChatRequest(model="m", messages=(Message("user", "hi"),))
        assert Ollama().encode(request, stream=False).adjustments == ()
        body = sent(service_tier="flex", parallel_tool_calls=True, tools=[WEATHER])
        assert not {"service_tier", "parallel_tool_calls"} & body.keys()

    def test_may_be_about_the_probabilities_of_tokens(self) -> None:
        body = sent(logprobs=True, top_logprobs=3)
        assert (body["logprobs"], body["top_logprobs"]) == (True, 3)
        assert sent(top_logprobs=99)["top_logprobs"] == 20

    def test_holds_images_as_base64(self) -> None:
        source = Url(url=f"data:image/png;base64,{PIXEL.source.base64}")  # type: ignore[union-attr]
        given = [PIXEL, Media(source=source, media_type="image/png"), Text(text="both?")]
        [message] = sent(Message("user", given))["messages"]
        assert message == {"role": "user", "images": ["cGl4ZWw=", "cGl4ZWw="], "content": "both?"}

    async def test_tells_that_images_come_before_the_text(self) -> None:
        response = await asked(whole({"content": "a"}), question=[Message("user", [Text(text="this?"), PIXEL])])
        assert [(each.kind, each.feature) for each in response.adjustments] == [("coerced", "image")]

    def test_is_divided_where_an_image_stands_between_texts(self) -> None:
        parts = [Text(text="one"), PIXEL, Text(text="two"), InlineText_of("three")]
        assert sent(Message("user", parts))["messages"] == [
            {"role": "user", "content": "one"},
            {"role": "user", "images": ["cGl4ZWw="], "content": "two\nthree"},
        ]

    @pytest.mark.parametrize(
        "media",
        [
            Media(source=Url(url="https://a.test/b.png"), media_type="image/png"),
            Media(source=Url(url="data:image/png,abc"), media_type="image/png"),
            Media(source=Bytes(data=b"x"), media_type="application/x-acme"),
            Media(source=Bytes(data=b"x"), media_type="audio/wav"),
        ],
    )
    def test_refuses_other_media(self, media: Media) -> None:
        with pytest.raises(UnsupportedError):
            sent(Message("user", [media]))

    def test_names_the_tool_of_a_result(self) -> None:
        call = ToolCall(name="weather", call_id="c1", arguments='{"city": "Oslo"}')
        thought = Reasoning(text="hm")
        result = Message("tool", [ToolResult(call_id="c1", name="", content="rain")])
        body = sent(Message("user", "?"), Message("assistant", [thought, call]), result, tools=[WEATHER])
        function = {"name": "weather", "arguments": {"city": "Oslo"}}
        assert body["messages"][1:] == [
            {
                "role": "assistant",
                "content": "",
                "thinking": "hm",
                "tool_calls": [{"id": "c1", "function": function}],
            },
            {"role": "tool", "content": "rain", "tool_name": "weather", "tool_call_id": "c1"},
        ]
        assert body["tools"][0]["function"]["description"] == "the weather"

    def test_says_in_words_that_a_tool_failed(self) -> None:
        call = ToolCall(name="weather", call_id="c1")
        result = ToolResult(call_id="c1", name="weather", content=[Text(text="gone"), PIXEL], outcome="error")
        body = sent(Message("assistant", [call]), Message("tool", [result, Text(text="go on")]))
        failed, more = body["messages"][1:]
        assert failed["content"] == "The tool failed.\n\ngone"
        assert failed["images"] == ["cGl4ZWw="]
        assert more == {"role": "user", "content": "go on"}

    async def test_records_what_only_others_can_read(self) -> None:
        seal = Seal(issuer="elsewhere", payload="x")
        parts = [
            Reasoning(text="secret", seal=seal),
            Text(text="said", seal=seal),
            Refusal(text=" no"),
            Data(value={"a": 1}),
            ToolCall(name="search", call_id="s", server_side=True, seal=seal),
            ToolCall(name="weather", call_id="c", arguments="{cut"),
            Extension(kind="elsewhere.thing", value={"a": 1}),
            Media(source=Url(url="https://a.test/b.png"), media_type="image/png"),
            PIXEL,
        ]
        question = [
            Message("user", "?", name="Ann"),
            Message("assistant", parts),
            Message("tool", [ToolResult(call_id="c", name="weather", content="rain")]),
        ]
        with LoopbackServer(whole({"content": "a"})) as server:
            async with llm(server.url) as model:
                response = await model.generate(question)
            message = server.requests[0].json["messages"][1]
        kinds = sorted(
            (each.kind, each.feature) for each in response.adjustments if each.kind != "coerced" or each.by == "ollama"
        )
        assert kinds == [
            ("coerced", "image"),
            ("coerced", "tool_call"),
            ("dropped", "extension"),
            ("dropped", "media"),
            ("dropped", "name"),
            ("dropped", "reasoning"),
            ("dropped", "seal"),
            ("dropped", "seal"),
            ("dropped", "toolcall"),
        ]
        assert message["content"] == 'said no{"a":1}'
        assert [each["function"]["arguments"] for each in message["tool_calls"]] == [{"invalid_json": "{cut"}]


def InlineText_of(text: str) -> Media:  # noqa: N802  # a medium in words
    return Media(source=InlineText(text=text), media_type="text/plain")


class TestThinking:
    @pytest.mark.parametrize(
        ("model", "effort", "think"),
        [
            ("qwen3", "none", False),
            ("qwen3", "minimal", "low"),
            ("qwen3", "medium", "medium"),
            ("qwen3", "max", "max"),
            ("gpt-oss:20b", "none", "low"),
            ("library/gpt-oss", "max", "high"),
        ],
    )
    def test_follows_the_effort(self, model: str, effort: str, think: Any) -> None:
        assert sent(config={"model": model}, effort=effort)["think"] == think

    @pytest.mark.parametrize("think", [True, False, "high"])
    def test_may_be_given_as_the_api_has_it(self, think: Any) -> None:
        assert sent(think=think)["think"] == think

    async def test_given_both_ways_is_recorded(self) -> None:
        response = await asked(whole({"content": "a"}), effort="low", think=True)
        [note] = response.adjustments
        assert (note.kind, note.feature, note.asked, note.sent) == ("coerced", "effort", "low", True)

    def test_of_a_model_that_always_thinks_drops_defaults(self) -> None:
        given = {"temperature": 0.7, "max_tokens": 4096}
        assert LLM(LLMConfig(model="ollama/gpt-oss")).build_request("hi").body.get("options") is None
        assert (
            LLM(LLMConfig(model="ollama/llama3.2", **given)).build_request("hi").body["options"]["num_predict"] == 4096
        )


class TestTools:
    def test_cannot_be_required(self) -> None:
        for choice in ("required", "weather"):
            with pytest.raises(UnsupportedError, match="cannot require"):
                sent(tools=[WEATHER], tool_choice=choice)

    async def test_that_must_not_be_called_are_left_out(self) -> None:
        with LoopbackServer(whole({"content": "a"})) as server:
            async with llm(server.url) as model:
                response = await model.generate("hi", tools=[WEATHER], tool_choice="none")
            assert "tools" not in server.requests[0].json
        assert [each.feature for each in response.adjustments] == ["tool_choice"]

    def test_of_others_are_refused(self) -> None:
        with pytest.raises(UnsupportedError, match="not by Ollama"):
            sent(tools=[ServerTool(id="google.google_search")])

    async def test_that_are_strict_are_recorded_as_not(self) -> None:
        strict = Tool(name="f", schema={"type": "object", "properties": {}}, strict=True, options={"ollama": {"x": 1}})
        response = await asked(whole({"content": "a"}), tools=[strict])
        assert [(each.kind, each.feature) for each in response.adjustments] == [("downgraded", "schema of the tool f")]
        assert sent(tools=[strict])["tools"][0]["x"] == 1


class TestFormat:
    def test_is_json_or_a_schema(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}}
        assert sent(output=schema)["format"] == schema
        assert sent(output="json")["format"] == "json"

    def test_may_come_with_more(self) -> None:
        body = sent(num_ctx=1, extra_body={"options": {"new": 2}, "novel": True})
        assert (body["options"]["num_ctx"], body["options"]["new"], body["novel"]) == (1, 2, True)

    def test_refuses_options_of_prompts(self) -> None:
        with pytest.raises(UnsupportedError, match="the option template belongs to prompts"):
            sent(template="{{ .Prompt }}")

    def test_refuses_unknown_options(self) -> None:
        with pytest.raises(InvalidRequestError, match="num_ctx"):
            sent(num_ctxx=1)


class TestPrompt:
    def test_is_sent_with_its_suffix(self) -> None:
        assert sent_prompt("def f(", suffix="return x") == {
            "model": "codellama",
            "prompt": "def f(",
            "suffix": "return x",
            "stream": False,
        }

    def test_has_options_of_its_own(self) -> None:
        options = {"ollama": {"raw": True, "format": {"type": "object"}, "context": [1, 2], "system": "Be brief."}}
        body = sent_prompt("hi", options=options)
        assert (body["raw"], body["format"], body["context"]) == (True, {"type": "object"}, [1, 2])

    async def test_is_answered(self) -> None:
        reply = Reply.json({**SAID, "response": "fine", "thinking": "hm", "context": [1, 2], **DONE})
        with LoopbackServer(reply) as server:
            async with llm(server.url) as model:
                assert await model.completion("hi") == "fine"
            assert server.requests[0].path == "/api/generate"
        response = await asked(reply)
        assert (response.text, response.reasoning) == ("fine", "hm")
        assert response.metadata == {"context": [1, 2], "total_duration": 5_000_000}

    async def test_is_answered_in_lines(self) -> None:
        each = ({**SAID, "response": "fi", "done": False}, {**SAID, "response": "ne", **DONE})
        assert (await asked(lines(*each), stream=True)).text == "fine"


class TestAnswer:
    async def test_tells_all(self) -> None:
        calls = [{"function": {"name": "f", "arguments": {"a": 1}}}, {"id": "x", "function": {"name": "g"}}]
        logprobs = [{"token": "a", "logprob": -0.5}]
        reply = whole({"content": "fine", "thinking": "hm", "tool_calls": calls}, logprobs=logprobs)
        response = await asked(reply)
        assert [type(part) for part in response.message.parts] == [Reasoning, Text, ToolCall, ToolCall]
        assert [(each.call_id, each.arguments) for each in response.tool_calls] == [("call_0", '{"a":1}'), ("x", "{}")]
        assert (response.finish.reason, response.finish.raw) == (FinishReason.TOOL_CALLS, "stop")
        assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
        assert response.origin.served_model == "served"
        assert response.origin.created == pytest.approx(1786082894.73237)
        assert response.metadata == {"total_duration": 5_000_000, "logprobs": logprobs}

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize(("said", "reason"), [("length", "length"), ("load", "other"), ("novel", "other")])
    async def test_says_why_it_ended(self, said: str, reason: str, *, stream: bool) -> None:
        reply = lines(piece("a"), end(done_reason=said)) if stream else whole({"content": "a"}, done_reason=said)
        finish = (await asked(reply, stream=stream)).finish
        assert (str(finish.reason), finish.raw) == (reason, said)

    async def test_that_was_cut_is_told(self) -> None:
        assert (await asked(whole({"content": "a"}, done_reason=""))).finish.reason == FinishReason.INTERRUPTED
        with pytest.raises(StreamInterruptedError) as caught:
            await asked(lines(piece("a"), end(done_reason="")), stream=True)
        assert caught.value.partial is not None
        assert caught.value.partial.text == "a"

    async def test_without_counts_has_none(self) -> None:
        reply = whole({"content": "a"}, prompt_eval_count=None, eval_count=None, created_at="never")
        response = await asked(reply)
        assert response.usage == Usage()
        assert response.origin.created is None

    async def test_without_a_message_is_none(self) -> None:
        with pytest.raises(ProtocolError, match="does not hold an answer"):
            await asked(Reply.json({**SAID, **DONE}))


class TestStream:
    async def test_is_what_the_whole_answer_is(self) -> None:
        calls = [{"function": {"name": name, "arguments": {"a": 1}}} for name in ("f", "g")]
        logprobs = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.1}]
        each = (
            piece(thinking="h"),
            piece(thinking="m"),
            {**piece("fi"), "logprobs": logprobs[:1]},
            {**piece("ne"), "logprobs": logprobs[1:]},
            piece(tool_calls=calls[:1]),
            piece(tool_calls=calls[1:]),
            end(),
        )
        streamed = await asked(lines(*each), stream=True)
        body = {"content": "fine", "thinking": "hm", "tool_calls": calls}
        together = await asked(whole(body, logprobs=logprobs))
        for name in ("message", "finish", "usage", "metadata"):
            assert getattr(streamed, name) == getattr(together, name)
        assert (streamed.origin.created, streamed.origin.served_model) == (together.origin.created, "served")

    async def test_arrives_line_by_line(self) -> None:
        with LoopbackServer(lines(piece("a"), piece("b"), end())) as server:
            async with llm(server.url) as model, model.stream("hi") as events:
                assert [each.text async for each in events if isinstance(each, TextDelta)] == ["a", "b"]

    async def test_may_end_in_an_error(self) -> None:
        reply = lines(piece("a"), {"error": "an error was encountered while running the model: unexpected EOF"})
        with pytest.raises(ServerError, match="unexpected EOF") as caught:
            await asked(reply, stream=True)
        assert caught.value.partial is not None
        assert caught.value.partial.text == "a"

    async def test_without_its_last_line_is_incomplete(self) -> None:
        with pytest.raises(StreamInterruptedError):
            await asked(lines(piece("a"), piece("b")), stream=True)

    async def test_that_is_not_made_of_objects_is_refused(self) -> None:
        with pytest.raises(ProtocolError, match="a line of the answer is not an object"):
            await asked(lines(piece("a"), [1], end()), stream=True)  # type: ignore[arg-type]


ERRORS: tuple[tuple[int, dict[str, str], type[Exception], str | None], ...] = (
    (404, {"error": "model 'm' not found"}, NotFoundError, None),
    (400, {"error": '"m" does not support thinking'}, BadRequestError, "effort"),
    (400, {"error": "registry.ollama.ai/library/m does not support tools"}, BadRequestError, "tools"),
    (400, {"error": "the input length exceeds the context length"}, ContextWindowExceededError, None),
    (401, {"error": "unauthorized", "signin_url": "https://ollama.com/connect"}, AuthenticationError, None),
    (502, {"error": "upstream"}, ServerError, None),
)


@pytest.mark.parametrize(("status", "body", "kind", "parameter"), ERRORS)
async def test_an_error_is_told(
    status: int, body: dict[str, str], kind: type[Exception], parameter: str | None
) -> None:
    for stream in (False, True):
        with pytest.raises(kind) as caught:
            await asked(Reply.json(body, status=status), stream=stream)
        error: Any = caught.value
        assert type(error) is kind
        assert body["error"] in error.message
        assert body.get("signin_url", "") in error.message
        assert (error.status, error.parameter) == (status, parameter)


async def test_an_error_may_come_with_success() -> None:
    with pytest.raises(ServerError, match="boom"):
        await asked(Reply.json({"error": "boom"}))


class TestEmbeddings:
    async def test_are_one_vector_for_each_text(self) -> None:
        reply = Reply.json({"model": "served", "embeddings": [[1, 0.5], [0, 2]], "prompt_eval_count": 4})
        with LoopbackServer(reply) as server:
            async with llm(server.url, model="all-minilm") as model:
                found = await model.embed(["a", "b"], dimensions=2)
            assert server.requests[0].path == "/api/embed"
            assert server.requests[0].json == {"model": "all-minilm", "input": ["a", "b"], "dimensions": 2}
        assert (found.vectors, found.model, found.usage.input_tokens) == (((1.0, 0.5), (0.0, 2.0)), "served", 4)

    @pytest.mark.parametrize("embeddings", [[[1]], [[1], []], [[1], ["a"]], [[1], None], None])
    async def test_that_are_wrong_are_refused(self, embeddings: Any) -> None:
        with LoopbackServer(Reply.json({"embeddings": embeddings})) as server:
            async with llm(server.url) as model:
                with pytest.raises(ProtocolError, match="vector"):
                    await model.embed(["a", "b"])

    async def test_may_be_an_error(self) -> None:
        with LoopbackServer(Reply.json({"error": "boom"})) as server:
            async with llm(server.url) as model:
                with pytest.raises(ServerError, match="boom"):
                    await model.embed(["a"])


class TestModels:
    async def test_are_listed(self) -> None:
        entries = [{"name": "a:latest", "modified_at": "2026-06-19T17:15:40.188-07:00"}, {"model": "b:1b"}, {}]
        with LoopbackServer(Reply.json({"models": entries})) as server:
            async with llm(server.url) as model:
                listed = await model.models()
            assert (server.requests[0].method, server.requests[0].path) == ("GET", "/api/tags")
        assert [(each.id, each.metadata) for each in listed] == [("a:latest", entries[0]), ("b:1b", entries[1])]
        assert listed[0].created == pytest.approx(1781914540.188)

    async def test_are_described(self) -> None:
        told = {"capabilities": ["completion", "tools"], "details": {"family": "llama"}}
        with LoopbackServer(Reply.json(told)) as server:
            provider: Any = bind(LLMConfig(model="ollama/m", api_base=server.url)).provider
            assert await provider.show("m", CallContext()) == told
            assert server.requests[0].json == {"model": "m"}
            await provider.aclose()


class TestLearning:
    async def learned(self, told: dict[str, Any], model: str = "m") -> Capabilities:
        with LoopbackServer(Reply.json(told)) as server:
            provider: Any = bind(LLMConfig(model=f"ollama/{model}", api_base=server.url)).provider
            found: Capabilities = await provider.learn_capabilities(model, CallContext())
            await provider.aclose()
        return found

    async def test_tells_what_a_model_can_do(self) -> None:
        info = {"general.architecture": "qwen3", "qwen3.context_length": 40960}
        found = await self.learned({"capabilities": ["completion", "tools", "thinking"], "model_info": info})
        assert (found.tools, found.reasoning, found.input["image/*"]) == (YES, YES, NO)
        assert (found.context_tokens, found.settings["effort"].support) == (40960, Support.UNKNOWN)

    async def test_tells_what_a_model_cannot_do(self) -> None:
        found = await self.learned({"capabilities": ["completion", "vision"]})
        assert (found.tools, found.reasoning, found.input["image/*"]) == (NO, NO, YES)
        assert (found.context_tokens, found.settings["effort"].support) == (None, Support.NO)

    @pytest.mark.parametrize("told", [{}, {"capabilities": None, "model_info": []}, {"capabilities": []}])
    async def test_from_an_older_server_tells_nothing_new(self, told: dict[str, Any]) -> None:
        assert await self.learned(told) == capabilities("m")


HOSTS = {
    "0.0.0.0": "http://localhost:11434",
    "0.0.0.0:8000": "http://localhost:8000",
    "[::]:8000": "http://localhost:8000",
    ":8000": "http://localhost:8000",
    "box": "http://box:11434",
    "box:8000": "http://box:8000",
    "http://box": "http://box",
    "https://box.test/ollama": "https://box.test/ollama",
    "box.test/ollama": "http://box.test:11434/ollama",
    ' "box" ': "http://box:11434",
    "https://ollama.com": "https://ollama.com",
}


class TestServer:
    @pytest.mark.parametrize(("host", "url"), HOSTS.items())
    def test_may_be_named_as_ollama_itself_reads_it(self, monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
        assert url_of(host) == url
        monkeypatch.setenv("OLLAMA_HOST", host)
        monkeypatch.setenv("OLLAMA_API_KEY", "sk-of-the-cloud")
        request = llm().build_request("hi")
        assert request.url == f"{url}/api/chat"
        assert ("authorization" in request.headers) == url.startswith("https://")

    @pytest.mark.parametrize("path", ["", "/", "/api", "/api/", "/v1"])
    def test_may_be_named_with_the_path_of_one_of_its_apis(self, path: str) -> None:
        assert llm(f"http://127.0.0.1:9{path}").build_request("hi").url == "http://127.0.0.1:9/api/chat"
        assert llm(f"http://127.0.0.1:9/behind{path}").build_request("hi").url == "http://127.0.0.1:9/behind/api/chat"

    def test_must_be_a_url_or_a_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OLLAMA_HOST", "bo x")
        with pytest.raises(ConfigurationError):
            llm().build_request("hi")

    async def test_is_named_where_the_path_is_unknown(self) -> None:
        with LoopbackServer(Reply(status=404, body=b"404 page not found")) as server:
            async with llm(server.url + "/else") as model:
                with pytest.raises(NotFoundError, match=rf"asked was POST {server.url}/else/api/chat"):
                    await model.generate("hi")


class TestKey:
    @pytest.fixture(autouse=True)
    def _of_the_cloud(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OLLAMA_API_KEY", "sk-of-the-cloud")

    def asked(self, url: str | None = None, **more: Any) -> Prepared:
        return llm(url, **more).build_request("hi")

    def test_goes_to_the_cloud(self) -> None:
        for base in ("https://ollama.com", "https://ollama.com/api"):
            request = self.asked(base)
            assert request.url == "https://ollama.com/api/chat"
            assert request.headers["authorization"] == MASK
        assert LLM(LLMConfig(model="m", api_base="https://ollama.com")).explain().provider == "ollama"

    @pytest.mark.parametrize("url", [None, "http://127.0.0.1:9", "http://box:11434", "https://box.test"])
    def test_goes_nowhere_else(self, url: str | None) -> None:
        assert "authorization" not in self.asked(url).headers

    def test_that_is_given_goes_where_the_caller_says(self) -> None:
        for url in ("https://box.test", "http://127.0.0.1:9"):
            assert self.asked(url, api_key="k").headers["authorization"] == MASK
        with pytest.raises(ConfigurationError, match="in the clear"):
            self.asked("http://box:11434", api_key="k")

    def test_is_needed_in_the_cloud(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OLLAMA_API_KEY")
        with pytest.raises(MissingCredentialError, match="OLLAMA_API_KEY"):
            self.asked("https://ollama.com")


def test_the_name_leads_to_this_distribution() -> None:
    for model in ("ollama/llama3.2", "ollama:llama3.2"):
        found = LLM(model).explain()
        assert (found.provider, found.model, found.distribution) == ("ollama", "llama3.2", "dragoman-ollama")


def test_schemas_that_are_booleans_are_sent_as_objects() -> None:
    """Its server reads each schema into a structure: https://github.com/ollama/ollama/blob/main/api/types.go."""
    schema: Any = {"type": "object", "properties": {"any": True, "list": {"type": "array", "items": True}}}
    llm = LLM("ollama/llama3.2")
    body: Any = llm.build_request("hi", tools=[Tool(name="f", schema=schema)], output=schema).body
    for sent in (body["tools"][0]["function"]["parameters"], body["format"]):
        assert sent["properties"] == {"any": {}, "list": {"type": "array", "items": {}}}
