"""What only Mistral does: thoughts, documents, beginnings, code that is filled in, ids of calls, errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    Bytes,
    Citation,
    ContextWindowExceededError,
    Extension,
    FileRef,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    Reasoning,
    Refusal,
    Response,
    Seal,
    StreamingLLM,
    Support,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_mistral.models import HISTORY, capabilities

WEATHER = Tool(name="weather", description="the weather", schema={"type": "object", "properties": {}})
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "2 + 2"}], "signature": "s", "closed": True}


def config(url: str = "https://api.mistral.ai/v1", **more: Any) -> LLMConfig:
    wanted = {"model": "mistral-small-latest", "provider": "mistral", "api_key": "key", "num_retries": 0, **more}
    return LLMConfig(api_base=url, **wanted)


def body_of(messages: Any, **overrides: Any) -> Any:
    return LLM(config()).build_request(messages, **overrides).body


def reply(message: dict[str, Any], finish: str = "stop", **more: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "tool_calls": None, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    return Reply.json({"id": "c1", "model": "m", "created": 1, "choices": [choice], "usage": usage, **more})


def stream(*deltas: dict[str, Any], finish: str = "stop", **usage: int) -> Reply:
    choices = [{"index": 0, "delta": each, "finish_reason": None} for each in deltas]
    choices.append({"index": 0, "delta": {"content": ""}, "finish_reason": finish})
    chunks: list[dict[str, Any]] = [{"id": "c1", "model": "m", "created": 1, "choices": [each]} for each in choices]
    chunks[-1]["usage"] = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, **usage}
    events = "".join(f"data: {json.dumps(each)}\n\n" for each in chunks)
    return Reply.sse(f"{events}data: [DONE]\n\n".encode())


async def ask(answer: Reply, *, streamed: bool = False, question: Any = "hi", **more: Any) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(f"{server.url}/v1", **more)) as llm:
            if not streamed:
                return await llm.generate(question)
            async with llm.stream(question) as events:
                return await events.collect()


class TestRequests:
    def test_settings_have_mistrals_names(self) -> None:
        body = body_of("hi", seed=3, top_k=5, stop=["x"], max_tokens=9, tools=[WEATHER], tool_choice="required")

        assert (body["random_seed"], body["top_k"], body["stop"], body["max_tokens"]) == (3, 5, ["x"], 9)
        assert body["tool_choice"] == "any"
        assert "seed" not in body

    @pytest.mark.parametrize(("choice", "sent"), [("none", "none"), ("auto", None)])
    def test_other_choices_of_tools_are_sent_as_they_are(self, choice: str, sent: str | None) -> None:
        body = body_of("hi", tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False)

        assert body.get("tool_choice") == sent
        assert body["parallel_tool_calls"] is False

    def test_a_stream_is_not_asked_for_its_usage(self) -> None:
        assert "stream_options" not in LLM(config()).build_request("hi", stream=True).body

    def test_options_are_members_of_the_body(self) -> None:
        body = body_of("hi", safe_prompt=True, prompt_mode="reasoning", prompt_cache_key="k", extra_body={"x": 1})

        assert (body["safe_prompt"], body["prompt_mode"], body["prompt_cache_key"], body["x"]) == (
            True,
            "reasoning",
            "k",
            1,
        )
        with pytest.raises(InvalidRequestError, match="safe_prompt"):
            LLM(config(safe_promt=True)).build_request("hi")

    def test_names_of_speakers_are_left_out_and_said(self) -> None:
        assert body_of([Message("user", "hi", name="ann")])["messages"] == [{"role": "user", "content": "hi"}]

    async def test_what_is_left_out_is_recorded(self) -> None:
        response = await ask(reply({"content": "x"}), question=[Message("user", "hi", name="ann")])

        assert [(each.kind, each.feature, each.asked) for each in response.adjustments] == [("dropped", "name", "ann")]

    def test_the_beginning_of_an_answer_is_marked(self) -> None:
        given = [Message("user", "hi"), Message("assistant", "Well,")]

        assert body_of(given)["messages"][-1] == {"role": "assistant", "content": "Well,", "prefix": True}
        said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Well,", "prefix": False}]
        assert body_of(said)["messages"][-1]["prefix"] is False
        assert "prefix" not in body_of([*given, Message("user", "go on")])["messages"][1]

    def test_an_answer_of_which_nothing_is_sent_is_left_out(self) -> None:
        foreign = Reasoning(text="hm", seal=Seal(issuer="acme", payload="x"))
        given = [Message("user", "hi"), Message("assistant", [foreign]), Message("user", "go on")]

        assert [each["role"] for each in body_of(given)["messages"]] == ["user", "user"]

    def test_a_refusal_is_sent_as_text(self) -> None:
        given = [Message("user", "hi"), Message("assistant", [Refusal(text="No.")]), Message("user", "please")]

        assert body_of(given)["messages"][1] == {"role": "assistant", "content": "No."}

    @pytest.mark.parametrize(
        ("media", "sent"),
        [
            (
                Media(source=Url(url="https://a.test/x.png"), media_type="image/png"),
                {"type": "image_url", "image_url": {"url": "https://a.test/x.png"}},
            ),
            (
                Media(source=Url(url="https://a.test/x.pdf"), media_type="application/pdf", filename="x.pdf"),
                {"type": "document_url", "document_url": "https://a.test/x.pdf", "document_name": "x.pdf"},
            ),
            (
                Media(source=Bytes(data=b"abc"), media_type="application/pdf"),
                {"type": "document_url", "document_url": "data:application/pdf;base64,YWJj"},
            ),
            (
                Media(source=FileRef(file_id="f1"), media_type="application/pdf"),
                {"type": "file", "file_id": "f1"},
            ),
            (
                Media(source=Bytes(data=b"abc"), media_type="audio/mpeg"),
                {"type": "input_audio", "input_audio": {"data": "YWJj", "format": "mp3"}},
            ),
            (
                Media(source=Url(url="https://a.test/x.mp3"), media_type="audio/mpeg"),
                {"type": "input_audio", "input_audio": "https://a.test/x.mp3"},
            ),
            (Media(source=InlineText(text="words"), media_type="text/plain"), {"type": "text", "text": "words"}),
        ],
    )
    def test_media_are_chunks_of_mistrals_own(self, media: Media, sent: dict[str, Any]) -> None:
        assert body_of([Message("user", [Text(text="Look:"), media])])["messages"][0]["content"][1] == sent

    def test_media_as_the_result_of_a_tool_are_refused(self) -> None:
        call = Message("assistant", [ToolCall(name="weather", call_id="abcdefghi", arguments="{}")])
        image = Media(source=Bytes(data=b"abc"), media_type="image/png")

        with pytest.raises(UnsupportedError, match="send media in a user message"):
            body_of([call, Message("tool", [ToolResult(call_id="abcdefghi", name="weather", content=[image])])])

    def test_a_schema_is_an_answer_format(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

        sent = body_of("hi", output={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})

        assert sent["response_format"]["type"] == "json_schema"
        assert sent["response_format"]["json_schema"]["name"] == "n"
        assert sent["response_format"]["json_schema"]["schema"]["required"] == ["a"]


class TestIdsOfCalls:
    @given(st.text(min_size=1, max_size=40))
    def test_are_nine_letters_or_digits_whatever_they_were(self, given_id: str) -> None:
        sent = HISTORY.id_sent(given_id)

        assert len(sent) == 9
        assert sent.isascii()
        assert sent.isalnum()
        assert HISTORY.id_sent(sent) == sent

    def test_of_mistral_itself_stay(self) -> None:
        assert HISTORY.id_sent("Caf7Pyrd8") == "Caf7Pyrd8"

    def test_are_the_same_in_a_call_and_its_result(self) -> None:
        calls = [ToolCall(name="weather", call_id=f"call_{number}", arguments="{}") for number in range(2)]
        results = [ToolResult(call_id=each.call_id, name=each.name, content="fine") for each in calls]

        _, said, *answered = body_of([Message("user", "hi"), Message("assistant", calls), Message("tool", results)])[
            "messages"
        ]

        ids = [each["id"] for each in said["tool_calls"]]
        assert [each["tool_call_id"] for each in answered] == ids
        assert len({*ids}) == 2

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_may_be_missing_in_words(self, streamed: bool) -> None:  # noqa: FBT001
        call = {"id": "null", "function": {"name": "weather", "arguments": "{}"}, "index": 0}
        message = {"content": "", "tool_calls": [call]}

        answer = stream(message, finish="tool_calls") if streamed else reply(message, "tool_calls")
        [made] = (await ask(answer, streamed=streamed)).tool_calls

        assert made.call_id == "call_0"


class TestThoughts:
    @pytest.mark.parametrize("streamed", [False, True])
    async def test_go_back_as_they_came(self, streamed: bool) -> None:  # noqa: FBT001
        content = [THOUGHT, {"type": "text", "text": "4"}]
        pieces = [
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "2 +"}]}]},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": " 2"}]}]},
            {"content": [{"type": "thinking", "thinking": [], "signature": "s", "closed": True}]},
            {"content": "4"},
        ]

        answer = stream(*pieces) if streamed else reply({"content": content})
        response = await ask(answer, streamed=streamed)

        assert (response.reasoning, response.text) == ("2 + 2", "4")
        assert body_of([Message("user", "2 + 2?"), response.message, Message("user", "?")])["messages"][1] == {
            "role": "assistant",
            "content": content,
        }

    async def test_that_another_vendor_had_stay_there(self) -> None:
        given = [Message("user", "hi"), Message("assistant", [Reasoning(text="hm"), Text(text="hi")])]

        response = await ask(reply({"content": "x"}), question=[*given, Message("user", "?")])

        assert [each.feature for each in response.adjustments if each.kind == "dropped"] == ["reasoning"]
        assert body_of([*given, Message("user", "?")])["messages"][1] == {"role": "assistant", "content": "hi"}

    def test_are_asked_for_by_an_effort(self) -> None:
        assert body_of("hi", effort="high")["reasoning_effort"] == "high"
        assert (
            "temperature"
            not in LLM(LLMConfig("mistral-small-latest", api_key="k", effort="high")).build_request("hi").body
        )

    @pytest.mark.parametrize(
        ("model", "support"),
        [
            ("magistral-medium-latest", Support.YES),
            ("mistral-small-latest", Support.CONDITIONAL),
            ("mistral-large-latest", Support.UNKNOWN),
        ],
    )
    def test_are_known_of_models(self, model: str, support: Support) -> None:
        assert capabilities(model).reasoning.support is support


class TestChunks:
    CONTENT = (
        {"type": "text", "text": "Rain. "},
        {"type": "reference", "reference_ids": [3, "b"]},
        {"type": "text", "text": "Sun."},
        {"type": "reference", "reference_ids": [4]},
        {"type": "novelty", "x": 1},
    )

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_become_text_with_citations_and_what_is_unknown(self, streamed: bool) -> None:  # noqa: FBT001
        answer = (
            stream(*({"content": [each]} for each in self.CONTENT)) if streamed else reply({"content": self.CONTENT})
        )
        response = await ask(answer, streamed=streamed)

        [text] = response.message.of_type(Text)
        assert text.text == "Rain. Sun."
        assert text.citations == (
            Citation(document_id="3", start=0, end=6),
            Citation(document_id="b", start=0, end=6),
            Citation(document_id="4", start=6, end=10),
        )
        assert response.message.of_type(Extension) == (
            Extension(kind="mistral.novelty", value={"type": "novelty", "x": 1}),
        )

    async def test_may_be_mixed_with_texts_in_a_stream(self) -> None:
        pieces = [{"content": "a"}, {"content": [{"type": "text", "text": "b"}]}, {"content": "c"}, {"content": None}]

        assert (await ask(stream(*pieces), streamed=True)).text == "abc"


class TestUsage:
    @pytest.mark.parametrize(
        ("report", "cached"),
        [
            ({"prompt_tokens_details": {"cached_tokens": 4}}, 4),
            ({"num_cached_tokens": 3}, 3),
            ({"num_cached_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}, 4),
            ({}, None),
        ],
    )
    async def test_holds_cached_tokens_of_older_and_newer_models(self, report: dict[str, Any], cached: int) -> None:
        usage = {"prompt_tokens": 5, "completion_tokens": 2, **report}

        response = await ask(reply({"content": "x"}, usage=usage))

        assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (5, cached)


class TestPrompts:
    async def test_are_continued_and_filled_in_by_models_of_code(self) -> None:
        with LoopbackServer(reply({"content": "    return n % 2"})) as server:
            async with LLM(config(f"{server.url}/v1", model="codestral-latest")) as llm:
                text = await llm.completion("def odd(n):", suffix="\n", seed=1, presence_penalty=1, min_tokens=2)
            [request] = server.requests

        body = json.loads(request.body)
        assert text == "    return n % 2"
        assert request.path == "/v1/fim/completions"
        assert (body["prompt"], body["suffix"], body["random_seed"], body["min_tokens"]) == ("def odd(n):", "\n", 1, 2)
        assert "presence_penalty" not in body

    async def test_are_streamed(self) -> None:
        with LoopbackServer(stream({"content": "    return"}, {"content": " n"})) as server:
            async with StreamingLLM(config(f"{server.url}/v1", model="codestral-latest")) as llm:
                pieces = [piece async for piece in llm.streaming_completion("def odd(n):", suffix="\n")]
            [request] = server.requests

        assert pieces == ["    return", " n"]
        assert request.path == "/v1/fim/completions"

    async def test_of_other_models_are_asked_as_a_conversation(self) -> None:
        with LoopbackServer(reply({"content": "x"})) as server:
            async with LLM(config(f"{server.url}/v1")) as llm:
                await llm.completion("Hi")
            assert server.requests[0].path == "/v1/chat/completions"

    async def test_have_no_options_of_conversations(self) -> None:
        async with LLM(config(model="codestral-latest", safe_prompt=True)) as llm:
            with pytest.raises(UnsupportedError, match="safe_prompt belongs to conversations"):
                await llm.completion("Hi")


ERRORS = [
    (
        400,
        {"object": "error", "message": "no such model", "type": "invalid_model", "code": "1500"},
        NotFoundError,
        None,
    ),
    (400, {"object": "error", "message": "too large", "type": "t", "code": "3051"}, ContextWindowExceededError, None),
    (401, {"detail": "Invalid API Key"}, AuthenticationError, None),
    (429, {"message": "Requests rate limit exceeded"}, RateLimitError, None),
    (
        422,
        {"detail": [{"type": "less_than_equal", "loc": ["body", "temperature"], "msg": "too much", "input": 3}]},
        BadRequestError,
        "temperature",
    ),
    (
        422,
        {"object": "error", "message": {"detail": [{"loc": ["body", "random_seed"], "msg": "bad"}]}, "type": "t"},
        BadRequestError,
        "seed",
    ),
    (422, {"detail": [{"msg": "bad"}]}, BadRequestError, None),
    (500, "a page", ProviderError, None),
]


@pytest.mark.parametrize(("status", "body", "kind", "parameter"), ERRORS)
async def test_errors_are_told_apart(status: int, body: Any, kind: type[ProviderError], parameter: str | None) -> None:
    answer = Reply.json(body, status=status, headers={"mistral-correlation-id": "id-1"})

    with pytest.raises(kind) as caught:
        await ask(answer)

    assert (caught.value.parameter, caught.value.status, caught.value.request_id) == (parameter, status, "id-1")


class TestEndpoint:
    @pytest.mark.parametrize("base", ["https://api.mistral.ai", "https://api.mistral.ai/v1/"])
    def test_may_lack_its_end(self, base: str) -> None:
        assert LLM(config(base)).build_request("hi").url == "https://api.mistral.ai/v1/chat/completions"

    def test_of_code_has_a_key_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MISTRAL_API_KEY", "key")
        code = LLMConfig("codestral-latest", api_base="https://codestral.mistral.ai")
        with pytest.raises(MissingCredentialError, match="CODESTRAL_API_KEY"):
            LLM(code).build_request("hi")

        monkeypatch.setenv("CODESTRAL_API_KEY", "other")
        assert LLM(code).build_request("hi").headers["authorization"] == "********"

    def test_gets_the_key_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MISTRAL_API_KEY", "key")
        with pytest.raises(MissingCredentialError):
            LLM(config("https://api.mistral.ai.evil.test", api_key=None)).build_request("hi")


@pytest.mark.parametrize(
    "model",
    [
        *("mistral-large-latest", "mistral/any", "mistralai/any", "ministral-3b-latest", "magistral-small-latest"),
        *("codestral-2508", "devstral-medium", "pixtral-12b", "voxtral-small-latest", "open-mistral-nemo"),
    ],
)
def test_models_are_found_by_their_names(model: str) -> None:
    found = LLM(LLMConfig(model, api_key="k")).explain()

    assert (found.provider, found.distribution) == ("mistral", "dragoman-mistral")


async def test_limits_by_the_size_of_a_request_are_kept() -> None:
    answer = Reply(
        status=200,
        headers={
            "content-type": "application/json",
            "x-ratelimitbysize-remaining-minute": "5",
            "ratelimitbysize-reset": "3",
        },
        body=reply({"content": "x"}).body,
    )

    headers = (await ask(answer)).headers

    assert (headers["x-ratelimitbysize-remaining-minute"], headers["ratelimitbysize-reset"]) == ("5", "3")


async def test_vectors_keep_the_order_of_the_texts() -> None:
    data = [{"index": 1, "embedding": [0.5]}, {"index": 0, "embedding": [0.25]}]
    with LoopbackServer(Reply.json({"data": data, "model": "mistral-embed", "usage": {"prompt_tokens": 4}})) as server:
        async with LLM(config(f"{server.url}/v1", model="mistral-embed")) as llm:
            found = await llm.embed(["a", "b"], output_dimension=1)
        sent = json.loads(server.requests[0].body)

    assert (found.vectors, found.usage.input_tokens) == (((0.25,), (0.5,)), 4)
    assert sent == {"model": "mistral-embed", "input": ["a", "b"], "output_dimension": 1}
