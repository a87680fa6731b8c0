"""What only Cohere does: plans, documents, citations, its own names of settings, vectors by type, errors."""

from __future__ import annotations

import json
from array import array
from base64 import b64encode
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    Bytes,
    Citation,
    ContextWindowExceededError,
    Data,
    Extension,
    FileRef,
    FinishReason,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    NotFoundError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    Reasoning,
    Refusal,
    Response,
    Seal,
    ServerError,
    ServerTool,
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
from dragoman_cohere.models import capabilities

WEATHER = Tool(name="weather", description="the weather", schema={"type": "object", "properties": {}})
CLOCK = Tool(name="clock", schema={"type": "object", "properties": {}})
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def config(url: str = "https://api.cohere.com", **more: Any) -> LLMConfig:
    wanted = {"model": "command-a-03-2025", "provider": "cohere", "api_key": "key", "num_retries": 0, **more}
    return LLMConfig(api_base=url, **wanted)


def body_of(messages: Any, **overrides: Any) -> Any:
    model = overrides.pop("model", "command-a-03-2025")
    return LLM(config(model=model)).build_request(messages, **overrides).body


def reply(
    *content: dict[str, Any], finish: str = "COMPLETE", usage: Any = None, top: Any = None, **message: Any
) -> Reply:
    said = {"role": "assistant", "content": list(content), **message}
    return Reply.json({"id": "m1", "finish_reason": finish, "message": said, "usage": usage, **(top or {})})


def sent(kind: str, message: Any, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}, **more}


def end(reason: str = "COMPLETE", **delta: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason, **delta}}


def stream(*events: dict[str, Any] | str) -> Reply:
    data = (each if isinstance(each, str) else json.dumps(each) for each in events)
    return Reply.sse("".join(f"data: {each}\n\n" for each in data).encode())


async def ask(
    answer: Reply, *, streamed: bool = False, question: Any = "hi", call: Any = None, **more: Any
) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(server.url, **more)) as llm:
            if not streamed:
                return await llm.generate(question, **(call or {}))
            async with llm.stream(question, **(call or {})) as events:
                return await events.collect()


class TestRequests:
    def test_settings_have_coheres_names(self) -> None:
        body = body_of("hi", top_p=0.5, top_k=5, stop=["x"], seed=3, max_tokens=9, logprobs=True, frequency_penalty=0.5)

        assert body == {
            "model": "command-a-03-2025",
            "messages": [{"role": "user", "content": "hi"}],
            "p": 0.5,
            "k": 5,
            "stop_sequences": ["x"],
            "seed": 3,
            "max_tokens": 9,
            "logprobs": True,
            "frequency_penalty": 0.5,
            "temperature": 0.7,
        }
        assert LLM(config()).build_request("hi", stream=True).body["stream"] is True

    @pytest.mark.parametrize(("share", "near"), [(1.0, 0.99), (0.0, 0.01), (0.5, 0.5)])
    async def test_a_share_is_brought_between_the_limits(self, share: float, near: float) -> None:
        assert body_of("hi", top_p=share)["p"] == near

        response = await ask(reply({"type": "text", "text": "x"}), call={"top_p": share})
        notes = [(each.kind, each.sent) for each in response.adjustments if each.feature == "top_p"]
        assert notes == ([] if share == near else [("coerced", near)])

    def test_more_stop_words_than_five_are_refused(self) -> None:
        with pytest.raises(UnsupportedError, match="Cohere takes 5 stop sequences"):
            body_of("hi", stop=list("abcdef"))

    async def test_settings_that_cohere_lacks_are_left_out(self) -> None:
        settings = {"parallel_tool_calls": True, "top_logprobs": 3, "service_tier": "x"}
        response = await ask(reply({"type": "text", "text": "x"}), call={**settings, "tools": [WEATHER]})

        left_out = {each.feature for each in response.adjustments if each.kind == "dropped"}
        assert left_out == {*settings}

    @pytest.mark.parametrize(
        ("effort", "thinking"),
        [("none", {"type": "disabled"}), ("low", {"type": "enabled"}), ("high", {"type": "enabled"})],
    )
    def test_an_effort_is_a_switch(self, effort: str, thinking: Any) -> None:
        assert body_of("hi", model="command-a-reasoning-08-2025", effort=effort)["thinking"] == thinking

    def test_models_that_do_not_think_are_not_told_to(self) -> None:
        assert "thinking" not in body_of("hi", effort="high")
        assert capabilities("command-a-03-2025").reasoning.support is Support.NO
        assert capabilities("command-a-reasoning-08-2025").reasoning.support is Support.YES
        assert capabilities("command-of-tomorrow").reasoning.support is Support.UNKNOWN

    async def test_the_option_replaces_the_effort(self) -> None:
        budget = {"type": "enabled", "token_budget": 9}
        model = "command-a-reasoning-08-2025"
        assert body_of("hi", model=model, thinking=budget, effort="high")["thinking"] == budget

        response = await ask(
            reply({"type": "text", "text": "x"}), call={"effort": "none", "thinking": budget}, model=model
        )
        assert [(each.kind, each.feature) for each in response.adjustments if each.feature == "effort"] == [
            ("coerced", "effort")
        ]

    def test_options_are_members_of_the_body(self) -> None:
        documents = [{"id": "d", "data": {"text": "x"}}, "plain"]
        body = body_of("hi", documents=documents, citation_options={"mode": "OFF"}, priority=3, extra_body={"x": 1})

        assert (body["documents"], body["citation_options"], body["priority"], body["x"]) == (
            documents,
            {"mode": "OFF"},
            3,
            1,
        )
        with pytest.raises(InvalidRequestError, match="safety_mode"):
            LLM(config(safty_mode="OFF")).build_request("hi")

    def test_a_prompt_is_asked_as_a_conversation(self) -> None:
        assert LLM(config()).build_request("Say hi.").url == "https://api.cohere.com/v2/chat"


class TestTools:
    def test_are_functions(self) -> None:
        tool = Tool(name="weather", description="d", schema=WEATHER.schema, options={"cohere": {"x": 1}})

        assert body_of("hi", tools=[tool])["tools"] == [
            {
                "type": "function",
                "function": {"name": "weather", "description": "d", "parameters": WEATHER.schema},
                "x": 1,
            }
        ]

    @pytest.mark.parametrize(("choice", "word"), [("auto", None), ("none", "NONE"), ("required", "REQUIRED")])
    def test_may_be_required_or_forbidden(self, choice: str, word: str | None) -> None:
        assert body_of("hi", tools=[WEATHER, CLOCK], tool_choice=choice).get("tool_choice") == word

    def test_one_of_several_cannot_be_required(self) -> None:
        assert body_of("hi", tools=[WEATHER], tool_choice="weather")["tool_choice"] == "REQUIRED"
        with pytest.raises(UnsupportedError, match="offer it alone"):
            body_of("hi", tools=[WEATHER, CLOCK], tool_choice="weather")

    def test_are_all_strict_if_one_is(self) -> None:
        strict = Tool(name="f", schema={"type": "object", "properties": {"a": {"type": "string"}}}, strict=True)

        assert body_of("hi", tools=[strict, CLOCK])["strict_tools"] is True
        assert "strict_tools" not in body_of("hi", tools=[CLOCK])

    def test_of_other_vendors_are_refused(self) -> None:
        with pytest.raises(UnsupportedError, match="not by Cohere"):
            body_of("hi", tools=[ServerTool(id="acme.search")])


SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "minLength": 3}}, "required": ["a"]}


class TestOutput:
    def test_may_follow_a_schema_in_what_cohere_takes_of_it(self) -> None:
        sent_format = body_of("hi", output=SCHEMA)["response_format"]

        assert sent_format["type"] == "json_object"
        assert "minLength" not in sent_format["json_schema"]["properties"]["a"]
        assert sent_format["json_schema"]["required"] == ["a"]

    def test_may_be_json(self) -> None:
        assert body_of("hi", output={"type": "json_object"})["response_format"] == {"type": "json_object"}

    def test_is_refused_beside_documents(self) -> None:
        with pytest.raises(UnsupportedError, match="if there are documents"):
            body_of("hi", output=SCHEMA, documents=["x"])


class TestMessages:
    @pytest.mark.parametrize(
        ("part", "block"),
        [
            (
                Media(source=Url(url="https://a.test/x.png"), media_type="image/png", metadata={"detail": "low"}),
                {"type": "image_url", "image_url": {"url": "https://a.test/x.png", "detail": "low"}},
            ),
            (
                Media(source=Bytes(data=b"abc"), media_type="image/png"),
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}},
            ),
            (Media(source=InlineText(text="words"), media_type="text/plain"), {"type": "text", "text": "words"}),
            (Data(value=[1]), {"type": "text", "text": "[1]"}),
            (Text(text="b", options={"cohere": {"x": 1}}), {"type": "text", "text": "b", "x": 1}),
            (Extension(kind="cohere.novelty", value={"type": "novelty"}), {"type": "novelty"}),
        ],
    )
    def test_hold_blocks(self, part: Any, block: Any) -> None:
        assert body_of([Message("user", [Text(text="a"), part])])["messages"][0]["content"][1] == block

    @pytest.mark.parametrize(
        "part",
        [
            Media(source=FileRef(file_id="f"), media_type="image/png"),
            Media(source=Bytes(data=b"abc"), media_type="application/pdf"),
        ],
    )
    def test_hold_no_other_media(self, part: Media) -> None:
        with pytest.raises(UnsupportedError, match="images"):
            body_of([Message("user", [part])])

    async def test_have_no_names_of_speakers(self) -> None:
        response = await ask(reply({"type": "text", "text": "x"}), question=[Message("user", "hi", name="ann")])

        assert [(each.kind, each.feature) for each in response.adjustments] == [("dropped", "name")]

    def test_results_are_texts_or_documents(self) -> None:
        calls = [ToolCall(name="weather", call_id=f"c{number}", arguments="") for number in range(3)]
        results = [
            ToolResult(call_id="c0", name="weather", content="fine"),
            ToolResult(call_id="c1", name="weather", content=[Data(value={"km": 7}, id="d")]),
            ToolResult(call_id="c2", name="weather", content=[Text(text="a"), Data(value=[1])]),
        ]

        messages = body_of(
            [Message("user", "hi"), Message("assistant", calls), Message("tool", [*results, Text(text="?")])]
        )["messages"]

        assert [call["function"]["arguments"] for call in messages[1]["tool_calls"]] == ["{}"] * 3
        assert messages[2:] == [
            {"role": "tool", "tool_call_id": "c0", "content": "fine"},
            {
                "role": "tool",
                "tool_call_id": "c1",
                "content": [{"type": "document", "document": {"data": {"km": 7}, "id": "d"}}],
            },
            {
                "role": "tool",
                "tool_call_id": "c2",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "[1]"}],
            },
            {"role": "user", "content": "?"},
        ]

    def test_results_are_no_media(self) -> None:
        image = Media(source=Bytes(data=b"abc"), media_type="image/png")
        given = [
            Message("assistant", [ToolCall(name="weather", call_id="c", arguments="{}")]),
            Message("tool", [ToolResult(call_id="c", name="weather", content=[image])]),
        ]
        with pytest.raises(UnsupportedError, match="as the result of a tool, not image/png"):
            body_of(given)

    async def test_of_other_vendors_go_back_without_what_is_theirs(self) -> None:
        seal = Seal(issuer="acme", payload="x")
        said = [
            Reasoning(text="hm", seal=seal),
            Text(text="fine", seal=seal),
            Refusal(text=" No."),
            ToolCall(name="s", call_id="s", arguments="{}", server_side=True),
            ToolCall(name="weather", call_id="c", arguments="{}", seal=seal),
        ]
        result = Message("tool", [ToolResult(call_id="c", name="weather", content="fine")])
        response = await ask(
            reply({"type": "text", "text": "x"}), question=[Message("user", "hi"), Message("assistant", said), result]
        )

        assert sorted(each.feature for each in response.adjustments) == ["reasoning", "seal", "seal", "toolcall"]
        assert body_of([Message("user", "hi"), Message("assistant", said), result])["messages"][1] == {
            "role": "assistant",
            "content": [{"type": "text", "text": "fine"}, {"type": "text", "text": " No."}],
            "tool_calls": [{**CALL, "id": "c"}],
        }

    def test_of_which_nothing_is_sent_are_left_out(self) -> None:
        given = [Message("user", "hi"), Message("assistant", [Reasoning(text="hm")]), Message("user", "?")]

        assert [each["role"] for each in body_of(given)["messages"]] == ["user", "user"]


PLANNED: list[dict[str, Any]] = [
    {"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant"}}},
    sent("tool-plan-delta", {"tool_plan": "I will "}),
    sent("tool-plan-delta", {"tool_plan": "look."}),
    sent("content-start", {"content": {"type": "thinking", "thinking": ""}}),
    sent("content-delta", {"content": {"thinking": "hm"}}),
    sent("content-start", {"content": {"type": "text", "text": ""}}, 1),
    sent("content-delta", {"content": {"text": "Wait."}}, 1),
    sent("tool-call-start", {"tool_calls": {**CALL, "function": {"name": "weather", "arguments": ""}}}),
    sent("tool-call-delta", {"tool_calls": {"function": {"arguments": "{}"}}}),
    end("TOOL_CALL"),
]


class TestAnswers:
    @pytest.mark.parametrize("streamed", [False, True])
    async def test_go_back_as_they_came(self, streamed: bool) -> None:  # noqa: FBT001
        content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Wait."}]
        whole = reply(*content, finish="TOOL_CALL", tool_plan="I will look.", tool_calls=[CALL])
        response = await ask(stream(*PLANNED, "[DONE]") if streamed else whole, streamed=streamed)

        assert [type(part) for part in response.message.parts] == [Reasoning, Reasoning, Text, ToolCall]
        assert (response.reasoning, response.text, response.origin.response_id) == ("I will look.hm", "Wait.", "m1")
        result = Message("tool", [ToolResult(call_id="c1", name="weather", content="fine")])
        assert body_of([Message("user", "hi"), response.message, result])["messages"][1] == {
            "role": "assistant",
            "tool_plan": "I will look.",
            "content": content,
            "tool_calls": [CALL],
        }

    @pytest.mark.parametrize("arguments", ["null", "", None, {}])
    async def test_hold_calls_without_arguments(self, arguments: Any) -> None:
        call = {"id": "c1", "function": {"name": "clock", "arguments": arguments}}
        response = await ask(reply(finish="TOOL_CALL", tool_calls=[call]))

        assert [made.parse() for made in response.tool_calls] == [{}]

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_hold_citations_of_their_texts(self, streamed: bool) -> None:  # noqa: FBT001
        document = {"id": "d", "text": "It is 7 km long.", "title": "Road", "url": "https://a.test"}
        of_document = {
            "start": 0,
            "end": 4,
            "text": "7 km",
            "sources": [{"type": "document", "id": "d", "document": document}, {"type": "tool", "id": "c1:0"}],
            "content_index": 1,
            "type": "TEXT_CONTENT",
        }
        plain = {"start": 1, "end": 2}
        of_plan = {"start": 0, "end": 1, "type": "PLAN"}
        cited = [of_document, plain, of_plan]
        blocks = [{"type": "text", "text": "So: "}, {"type": "text", "text": "7 km"}]
        events = [sent("content-delta", {"content": block}, index) for index, block in enumerate(blocks)]
        events += [sent("citation-start", {"citations": each}, index) for index, each in enumerate(cited)]
        events += [{"type": "citation-end", "index": 0}, end()]

        answer = stream(*events) if streamed else reply(*blocks, citations=cited)
        response = await ask(answer, streamed=streamed)

        first, second = response.message.of_type(Text)
        assert first.citations == (Citation(start=1, end=2, metadata=plain),)
        assert second.citations == (
            Citation(
                document_id="d",
                title="Road",
                source_url="https://a.test",
                start=0,
                end=4,
                quote="It is 7 km long.",
                metadata=of_document,
            ),
            Citation(document_id="c1:0", start=0, end=4, metadata=of_document),
        )
        assert response.metadata["citations"] == [of_plan]

    async def test_hold_many_citations_of_a_stream(self) -> None:
        cited = [sent("citation-start", {"citations": {"start": number, "end": number}}) for number in range(50)]
        response = await ask(stream(sent("content-delta", {"content": {"text": "x"}}), *cited, end()), streamed=True)

        [text] = response.message.of_type(Text)
        assert [each.start for each in text.citations] == list(range(50))

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_hold_what_is_unknown(self, streamed: bool) -> None:  # noqa: FBT001
        block = {"type": "novelty", "x": 1}
        events = [sent("content-start", {"content": block}), sent("content-delta", {"content": block}), end()]
        response = await ask(stream(*events) if streamed else reply(block), streamed=streamed)

        assert response.message.parts == (Extension(kind="cohere.novelty", value=block),)

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_hold_log_probabilities(self, streamed: bool) -> None:  # noqa: FBT001
        logged = {"text": "x", "token_ids": [1], "logprobs": [-0.5]}
        block = {"type": "text", "text": "x"}
        events = [sent("content-delta", {"content": block}, logprobs=logged), end()]
        answer = stream(*events) if streamed else reply(block, top={"logprobs": [logged]})

        assert (await ask(answer, streamed=streamed)).metadata["logprobs"] == [logged]

    @pytest.mark.parametrize(
        ("report", "counts"),
        [
            (
                {"billed_units": {"input_tokens": 1}, "tokens": {"input_tokens": 3.0, "output_tokens": 2.0}},
                (3, 2, None),
            ),
            ({"tokens": {"input_tokens": 3, "output_tokens": 2}, "cached_tokens": 1}, (3, 2, 1)),
            ({"billed_units": {"input_tokens": 1, "output_tokens": 2}}, (1, 2, None)),
            ({}, (None, None, None)),
            (None, (None, None, None)),
        ],
    )
    async def test_count_all_tokens(self, report: Any, counts: tuple[int | None, ...]) -> None:
        usage = (await ask(reply({"type": "text", "text": "x"}, usage=report))).usage

        assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == counts

    async def test_that_failed_in_a_stream_are_errors_with_what_came(self) -> None:
        events = [sent("content-delta", {"content": {"text": "so"}}), end("ERROR", error="invalid tool generation")]

        with pytest.raises(ServerError, match="invalid tool generation") as caught:
            await ask(stream(*events), streamed=True)

        assert caught.value.partial is not None
        assert caught.value.partial.text == "so"

    @pytest.mark.parametrize("event", [{"message": "too many tokens: 9"}, {"id": "e", "message": "busy"}])
    async def test_may_be_errors_without_a_type(self, event: dict[str, Any]) -> None:
        with pytest.raises(ProviderError, match=event["message"].partition(":")[0]):
            await ask(stream(event), streamed=True)

    async def test_may_be_errors_with_success(self) -> None:
        with pytest.raises(ServerError, match="broken"):
            await ask(Reply.json({"message": "broken"}))
        with pytest.raises(ProtocolError, match="does not hold an answer"):
            await ask(Reply.json({"id": "m1"}))

    async def test_that_timed_out_are_no_success(self) -> None:
        response = await ask(reply({"type": "text", "text": "so"}, finish="TIMEOUT"))

        assert response.finish.reason == FinishReason.ERROR


ERRORS = [
    (400, "invalid request: temperature must be between 0 and 1", BadRequestError, "temperature"),
    (400, "stop_sequences may not be longer", BadRequestError, "stop"),
    (400, "too many tokens: size limit exceeded by 9 tokens", ContextWindowExceededError, None),
    (401, "invalid api token", AuthenticationError, None),
    (404, "model 'x' not found", NotFoundError, None),
    (422, "the thinking of it", BadRequestError, None),
    (429, "You are past the limit of 20 API calls / minute", RateLimitError, None),
    (429, "limited to 1000 API calls / month", QuotaExceededError, None),
    (498, "invalid token", AuthenticationError, None),
    (499, "request cancelled", ServerError, None),
    (500, "internal", ServerError, None),
]


@pytest.mark.parametrize(("status", "message", "kind", "parameter"), ERRORS)
async def test_errors_are_told_apart(
    status: int, message: str, kind: type[ProviderError], parameter: str | None
) -> None:
    with pytest.raises(kind) as caught:
        await ask(Reply.json({"id": "e", "message": message}, status=status))

    assert type(caught.value) is kind
    assert (caught.value.parameter, caught.value.status, caught.value.message) == (parameter, status, message)


class TestEndpoint:
    @pytest.mark.parametrize(
        "base", ["https://api.cohere.com", "https://api.cohere.com/v2/", "https://api.cohere.com/v1"]
    )
    def test_may_name_a_version(self, base: str) -> None:
        assert LLM(config(base)).build_request("hi").url == "https://api.cohere.com/v2/chat"

    def test_gets_the_key_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CO_API_KEY", "key")
        assert (
            LLM(config("https://api.cohere.ai", api_key=None)).build_request("hi").headers["authorization"]
            == "********"
        )
        with pytest.raises(MissingCredentialError):
            LLM(config("https://api.cohere.com.evil.test", api_key=None)).build_request("hi")


@pytest.mark.parametrize(
    "model", ["command-a-03-2025", "command-r7b-12-2024", "c4ai-aya-expanse-32b", "embed-v4.0", "cohere/any"]
)
def test_models_are_found_by_their_names(model: str) -> None:
    found = LLM(LLMConfig(model, api_key="k")).explain()

    assert (found.provider, found.distribution) == ("cohere", "dragoman-cohere")


class TestVectors:
    async def embed(self, answer: Any, texts: list[str], **options: Any) -> tuple[Any, Any]:
        with LoopbackServer(Reply.json(answer)) as server:
            async with LLM(config(server.url, model="embed-v4.0")) as llm:
                found = await llm.embed(texts, **options)
            [request] = server.requests
        return found, (request.path, json.loads(request.body))

    async def test_are_asked_for_by_type(self) -> None:
        answer = {"embeddings": {"float": [[0.5], [1]]}, "meta": {"billed_units": {"input_tokens": 4}}}
        found, (path, body) = await self.embed(answer, ["a", "b"], output_dimension=1)

        assert path == "/v2/embed"
        assert body == {
            "model": "embed-v4.0",
            "texts": ["a", "b"],
            "input_type": "search_document",
            "embedding_types": ["float"],
            "output_dimension": 1,
        }
        assert (found.vectors, found.usage.input_tokens) == (((0.5,), (1.0,)), 4)

    async def test_may_be_of_another_type(self) -> None:
        packed = b64encode(array("f", [0.5, 2]).tobytes()).decode()
        found, (_, body) = await self.embed(
            {"embeddings": {"base64": [packed]}}, ["a"], embedding_types=["base64"], input_type="search_query"
        )

        assert found.vectors == ((0.5, 2.0),)
        assert (body["embedding_types"], body["input_type"]) == (["base64"], "search_query")

    @pytest.mark.parametrize("kinds", [["float", "int8"], []])
    async def test_are_of_one_type(self, kinds: Any) -> None:
        async with LLM(config()) as llm:
            with pytest.raises(InvalidRequestError, match="vectors of one type"):
                await llm.embed(["a"], embedding_types=kinds)

    async def test_of_more_than_96_texts_are_asked_for_twice(self) -> None:
        with LoopbackServer() as server:
            server.reply(*(Reply.json({"embeddings": {"float": [[1]] * count}}) for count in (96, 1)))
            async with LLM(config(server.url, model="embed-v4.0")) as llm:
                found = await llm.embed(["a"] * 97, dimensions=1)
            bodies = [request.json for request in server.requests]

        assert len(found.vectors) == 97
        assert [(len(body["texts"]), body["output_dimension"]) for body in bodies] == [(96, 1), (1, 1)]

    async def test_have_options_that_are_checked(self) -> None:
        async with LLM(config()) as llm:
            with pytest.raises(InvalidRequestError, match="did you mean 'input_type'"):
                await llm.embed(["a"], input_typ="search_query")

    @pytest.mark.parametrize(
        ("embeddings", "words"),
        [
            ({"float": []}, "1 texts were sent, but 0 vectors came back"),
            ([[0.5]], "1 texts were sent, but 0 vectors came back"),
            ({"float": [[]]}, "does not hold a vector"),
            ({"float": [["x"]]}, "does not hold a vector"),
            ({"float": [None]}, "does not hold a vector"),
            ({"float": ["AA=="]}, "does not hold a vector"),
        ],
    )
    async def test_that_cannot_be_read_are_an_error(self, embeddings: Any, words: str) -> None:
        with pytest.raises(ProtocolError, match=words):
            await self.embed({"embeddings": embeddings}, ["a"])

    async def test_that_are_refused_are_an_error(self) -> None:
        with pytest.raises(ServerError, match="broken"):
            await self.embed({"message": "broken"}, ["a"])


async def test_models_are_listed_page_by_page() -> None:
    pages = [
        {"models": [{"name": "a", "context_length": 256000.0, "endpoints": ["chat"]}, {}], "next_page_token": "t&2"},
        {"models": [{"name": "b"}]},
    ]
    with LoopbackServer() as server:
        server.reply(*map(Reply.json, pages))
        async with LLM(config(server.url)) as llm:
            listed = await llm.models()
        paths = [request.path for request in server.requests]

    assert [(each.id, each.context_tokens) for each in listed] == [("a", 256_000), ("b", None)]
    assert listed[0].metadata["endpoints"] == ["chat"]
    assert paths == ["/v1/models?page_size=1000", "/v1/models?page_size=1000&page_token=t%262"]


class TestLearning:
    async def learned(self, model: str, told: dict[str, Any]) -> tuple[Any, str]:
        with LoopbackServer(Reply.json(told)) as server:
            async with LLM(config(server.url, model=model)) as llm:
                found = await llm.learn_capabilities()
            [request] = server.requests
        return found, request.path

    async def test_asks_for_one_model(self) -> None:
        told = {
            "name": "north/x",
            "context_length": 256000.0,
            "features": ["json_mode", "reasoning", "strict_tools", "tools", "vision", "novelty"],
        }
        found, path = await self.learned("north/x", told)

        assert path == "/v1/models/north%2Fx"
        assert found.context_tokens == 256_000
        assert [found.tools.support, found.reasoning.support, found.input["image/*"].support] == [Support.YES] * 3
        assert found.settings["effort"].values == {"none", "high"}

    async def test_learns_that_a_model_thinks_after_all(self) -> None:
        model = "command-r-08-2024"
        assert capabilities(model).settings["effort"].support is Support.NO
        found, _ = await self.learned(model, {"features": ["reasoning"]})

        assert found.reasoning.support is Support.YES
        assert found.settings["effort"].values == {"none", "high"}

    @pytest.mark.parametrize("told", [{"name": "x"}, {"features": None, "context_length": None}, {"features": ["new"]}])
    async def test_keeps_what_is_not_told(self, told: dict[str, Any]) -> None:
        model = "command-a-vision-07-2025"

        assert (await self.learned(model, told))[0] == capabilities(model)

    async def test_an_error_is_no_description(self) -> None:
        model = "command-r7b-12-2024"

        assert (await self.learned(model, {"message": "no such model"}))[0] == capabilities(model)


async def test_a_listing_that_never_ends_is_left() -> None:
    with LoopbackServer(always=Reply.json({"models": [{"name": "a"}], "next_page_token": "t"})) as server:
        async with LLM(config(server.url)) as llm:
            assert len(await llm.models()) == 2
