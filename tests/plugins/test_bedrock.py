"""The dialect of Converse: what is sent, and how whole answers, streams and errors are read."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from dragoman import (
    LLM,
    BadRequestError,
    Bytes,
    ContextWindowExceededError,
    Data,
    DragomanError,
    Extension,
    Finish,
    FinishReason,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    NotFoundError,
    OutputFormat,
    OverloadedError,
    Part,
    QuotaExceededError,
    RateLimitError,
    Reasoning,
    Response,
    Seal,
    ServerError,
    ServerTool,
    StreamInterruptedError,
    Support,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.http import HttpReply
from dragoman.testing.framings import binary_message
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_bedrock.dialect import Converse
from dragoman_bedrock.request_media import document_name

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ADAPTIVE = "us.anthropic.claude-sonnet-4-6"
NOVA = "us.amazon.nova-lite-v1:0"
LLAMA = "meta.llama3-8b-instruct-v1:0"
WEATHER = Tool(name="weather", description="It rains.", schema={"type": "object", "properties": {"city": {}}})
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
PNG = Media(source=Bytes(data=b"\x89PNG"), media_type="image/png")


def result(content: Any, **more: Any) -> ToolResult:
    return ToolResult(name="weather", call_id="t1", content=content, **more)


CALLED = (
    Message("user", "Weather?"),
    Message("assistant", [ToolCall(name="weather", call_id="t1", arguments='{"city":"Oslo"}')]),
    Message("tool", [result("rain")]),
)


def llm(model: str = CLAUDE, url: str | None = None, **more: Any) -> LLM:
    arguments = {"region": "us-east-1", "api_key": "k", "api_base": url, "num_retries": 0} | more
    return LLM(LLMConfig(model=model, provider="bedrock", **arguments))


def body(messages: Any = "hi", model: str = CLAUDE, **settings: Any) -> dict[str, Any]:
    return llm(model).build_request(messages, **settings).body


def content(*parts: Any, role: str = "user", model: str = CLAUDE) -> list[dict[str, Any]]:
    before = [] if role == "user" else [Message("user", "hi")]
    return body([*before, Message(role, parts)], model)["messages"][-1]["content"]


async def answered(messages: Any = "hi", model: str = CLAUDE, **settings: Any) -> tuple[Response, dict[str, Any]]:
    """Return the answer of a server that says hello, and the body that it got."""
    with LoopbackServer(Reply.json(message({"text": "Hello"}))) as server:
        async with llm(model, server.url) as model_:
            response = await model_.generate(messages, **settings)
        return response, json.loads(server.requests[0].body)


def message(*blocks: Any, reason: str = "end_turn", **more: Any) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": [*blocks]}}, "stopReason": reason, **more}


def read(*blocks: Any, **more: Any) -> Response:
    return Converse().decode(HttpReply(status=200, body=json.dumps(message(*blocks, **more)).encode()))


def test_roles_become_turns_of_two_and_a_system_prompt():
    sent = body([Message("system", "Be kind."), Message("user", "a"), Message("user", "b"), Message("assistant", "c")])
    assert sent["system"] == [{"text": "Be kind."}]
    assert sent["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
        {"role": "assistant", "content": [{"text": "c"}]},
    ]


async def test_a_later_system_message_joins_the_turn_of_the_user():
    response, sent = await answered([Message("user", "a"), Message("system", "b"), Message("user", "c", name="Ann")])
    assert [each["role"] for each in sent["messages"]] == ["user"]
    assert {each.feature for each in response.adjustments} >= {"system message", "name"}


def test_settings_have_their_names():
    sent = body(max_tokens=5, temperature=0.5, stop=["x"], top_k=3, service_tier="priority")
    assert sent["inferenceConfig"] == {"maxTokens": 5, "temperature": 0.5, "stopSequences": ["x"]}
    assert sent["additionalModelRequestFields"] == {"top_k": 3}
    assert sent["serviceTier"] == {"type": "priority"}
    assert body(model=NOVA, top_k=3)["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 3}}
    assert "additionalModelRequestFields" not in body(model=LLAMA, top_k=3)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 16384}}),
        (ADAPTIVE, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
        (
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            {
                "thinking": {"type": "enabled", "budget_tokens": 16384},
                "output_config": {"effort": "high"},
                "anthropic_beta": ["effort-2025-11-24"],
            },
        ),
        ("openai.gpt-oss-120b-1:0", {"reasoning_effort": "high"}),
        ("qwen.qwen3-32b-v1:0", {"reasoning_config": "high"}),
        ("xai.grok-4", {"reasoning": {"effort": "high"}}),
        (LLAMA, None),
    ],
)
def test_an_effort_is_said_as_the_model_takes_it(model, fields):
    assert body(model=model, effort="high").get("additionalModelRequestFields") == fields
    if model.startswith("qwen"):
        assert body(model=model, effort="max")["additionalModelRequestFields"] == fields


async def test_what_does_not_go_with_thinking_is_told():
    response, sent = await answered(max_tokens=1000, effort="high")
    assert "additionalModelRequestFields" not in sent
    assert "effort" in {each.feature for each in response.adjustments}
    response, sent = await answered(effort="high", tools=[WEATHER], tool_choice="weather")
    assert sent["toolConfig"]["toolChoice"] == {"tool": {"name": "weather"}}
    assert "effort" in {each.feature for each in response.adjustments}
    _, sent = await answered(effort="minimal", model=ADAPTIVE)
    assert sent["additionalModelRequestFields"]["output_config"] == {"effort": "low"}
    assert body(effort="none")["additionalModelRequestFields"] == {"thinking": {"type": "disabled"}}
    thinking = {"thinking": {"type": "adaptive", "display": "omitted"}}
    sent = body(effort="high", model=ADAPTIVE, additional_fields=thinking)
    assert sent["additionalModelRequestFields"] == {"output_config": {"effort": "high"}, **thinking}


async def test_temperature_or_top_p_but_not_both():
    response, sent = await answered(temperature=0.1, top_p=0.2)
    assert sent["inferenceConfig"]["temperature"] == 0.1
    assert "topP" not in sent["inferenceConfig"]
    assert "top_p" in {each.feature for each in response.adjustments}


def test_tools_and_choices():
    spec = {"name": "weather", "description": "It rains.", "inputSchema": {"json": WEATHER.schema}}
    assert body(tools=[WEATHER])["toolConfig"] == {"tools": [{"toolSpec": spec}]}
    assert body(tools=[WEATHER], tool_choice="required")["toolConfig"]["toolChoice"] == {"any": {}}
    assert body(tools=[WEATHER], tool_choice="weather")["toolConfig"]["toolChoice"] == {"tool": {"name": "weather"}}
    assert "toolConfig" not in body(tools=[WEATHER], tool_choice="none")
    code = ServerTool(id="bedrock.nova_code_interpreter")
    assert body(model=NOVA, tools=[code])["toolConfig"]["tools"] == [{"systemTool": {"name": "nova_code_interpreter"}}]
    with pytest.raises(UnsupportedError, match="acme"):
        body(tools=[ServerTool(id="acme.search")])


async def test_a_strict_tool_is_told_where_it_cannot_be():
    strict = Tool(name="weather", schema=SCHEMA, strict=True)
    assert body(tools=[strict])["toolConfig"]["tools"][0]["toolSpec"]["strict"] is True
    response, sent = await answered(tools=[strict], model=NOVA)
    assert "strict" not in sent["toolConfig"]["tools"][0]["toolSpec"]
    assert "downgraded" in {each.kind for each in response.adjustments}


async def test_a_conversation_with_calls_has_their_tools():
    sent = body(CALLED)
    assert sent["toolConfig"]["tools"][0]["toolSpec"]["name"] == "weather"
    assert sent["additionalModelRequestFields"] == {"tool_choice": {"type": "none"}}
    assert sent["messages"][1]["content"] == [
        {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Oslo"}}}
    ]
    assert sent["messages"][2]["content"] == [{"toolResult": {"toolUseId": "t1", "content": [{"text": "rain"}]}}]
    response, answered_to = await answered(CALLED)
    assert answered_to["toolConfig"] == sent["toolConfig"]
    assert "tools" in {each.feature for each in response.adjustments}
    response, sent = await answered(CALLED, model=NOVA, tools=[WEATHER], tool_choice="none")
    assert "toolChoice" not in sent["toolConfig"]
    assert "tool_choice" in {each.feature for each in response.adjustments}


def test_results_of_tools():
    failed = ToolResult(
        name="weather", call_id="t1", content=[Data(value={"a": 1}), PNG, Data(value=[1])], outcome="error"
    )
    [block] = body([*CALLED[:2], Message("tool", [failed])])["messages"][2]["content"]
    data, image, listed = block["toolResult"]["content"]
    assert data == {"json": {"a": 1}}
    assert image == {"image": {"format": "png", "source": {"bytes": "iVBORw=="}}}
    assert listed == {"text": "[1]"}
    assert block["toolResult"]["status"] == "error"


async def test_a_result_is_never_empty():
    response, sent = await answered([*CALLED[:2], Message("tool", [result([])])])
    assert sent["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": "(no content)"}]
    assert "tool_result" in {each.feature for each in response.adjustments}


def test_media():
    pdf = Media(source=Bytes(data=b"%PDF"), media_type="application/pdf", filename="My_report.v2.pdf")
    notes = Media(source=InlineText(text="a"), media_type="text/plain")
    film = Media(source=Url(url="s3://bucket/film.mp4"), media_type="video/mp4")
    inline = Media(source=Url(url="data:image/png;base64,iVBORw=="), media_type="image/png")
    first, second, third, fourth, fifth, words = content(pdf, notes, notes, film, inline)
    assert words == {"text": "Here is a document."}  # a document stands only beside a text
    assert content(pdf, Text(text="Read it."))[1:] == [{"text": "Read it."}]
    assert first["document"] == {"format": "pdf", "name": "My report v2", "source": {"bytes": "JVBERg=="}}
    assert second["document"] == {"format": "txt", "name": "document", "source": {"text": "a"}}
    assert third["document"]["name"] == "document 2"
    assert fourth["video"]["source"] == {"s3Location": {"uri": "s3://bucket/film.mp4"}}
    assert fifth["image"]["source"] == {"bytes": "iVBORw=="}


@pytest.mark.parametrize(
    "part",
    [
        Media(source=Url(url="https://a.test/b.png"), media_type="image/png"),
        Media(source=Bytes(data=b"x"), media_type="application/zip"),
    ],
)
def test_media_that_are_not_accepted_are_refused(part):
    with pytest.raises(UnsupportedError, match="send"):
        content(part)


@given(st.text(max_size=300))
def test_a_name_of_a_document_has_the_letters_that_are_accepted(name):
    sent = document_name(name)
    assert 1 <= len(sent) <= 200
    assert all(each.isascii() and (each.isalnum() or each in " -()[]") for each in sent)
    assert "  " not in sent
    assert document_name(sent) == sent


def test_cache_points_follow_what_they_cache():
    mark = {"type": "ephemeral", "ttl": "1h"}
    text = {"type": "text", "text": "long", "cache_control": mark}
    sent = body(
        [{"role": "system", "content": [text]}, {"role": "user", "content": [text, {"type": "text", "text": "q"}]}]
    )
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert sent["system"] == [{"text": "long"}, point]
    assert sent["messages"][0]["content"] == [{"text": "long"}, point, {"text": "q"}]
    tool = Tool(name="weather", options={"bedrock": {"cache_control": {"type": "ephemeral"}}})
    assert body(tools=[tool])["toolConfig"]["tools"][1] == {"cachePoint": {"type": "default"}}


MARKED = {"bedrock": {"cache_control": {"type": "ephemeral"}}}
POINT = {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize(
    ("marked", "behind"),
    [
        (Text(text="a", options=MARKED), [POINT]),
        (attrs.evolve(PNG, options=MARKED), [POINT]),
        (Media(source=InlineText(text="a"), media_type="text/plain", options=MARKED), [{"text": "\n"}, POINT]),
        (Media(source=Url(url="s3://a/b"), media_type="video/mp4", options=MARKED), [{"text": "\n"}, POINT]),
    ],
)
def test_a_text_stands_between_a_document_and_the_cache_point_behind_it(marked: Part, behind: list[Any]) -> None:
    sent = body((Message("user", [Text(text="q"), marked]), Message("assistant", "a"), Message("user", "b")))
    assert sent["messages"][0]["content"][0] == {"text": "q"}
    assert sent["messages"][0]["content"][2:] == behind


async def test_no_cache_point_follows_reasoning():
    thought = Reasoning(text="Hm.", seal=Seal(issuer="bedrock", payload="s"), options=MARKED)
    messages = [Message("user", "a"), Message("assistant", [Text(text="b"), thought]), Message("user", "c")]
    response, sent = await answered(messages)
    assert [next(iter(block)) for block in sent["messages"][1]["content"]] == ["text", "reasoningContent"]
    assert "cache_control" in {each.feature for each in response.adjustments}


LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"


def test_what_a_model_does_not_take_beside_results_has_a_turn_of_its_own():
    mark = {"cache_control": {"type": "ephemeral"}}
    marked = result("rain", options={"bedrock": mark})
    text, pdf = Text(text="Go on."), Media(source=Bytes(data=b"%PDF-1.4"), media_type="application/pdf")
    asked = (*CALLED[:2], Message("tool", [marked]), Message("user", [text, pdf]))

    def kinds(model: str, messages: Any) -> list[list[str]]:
        return [[next(iter(block)) for block in turn["content"]] for turn in body(messages, model)["messages"][2:]]

    alone = [["toolResult", "cachePoint"], ["text"], ["text", "document"]]
    assert kinds(LLAMA, asked) == alone
    assert kinds(CLAUDE, asked) == alone
    assert kinds(CLAUDE, (*CALLED, Message("user", [text, PNG]))) == [["toolResult", "text", "image"]]
    assert kinds(LLAMA, CALLED) == [["toolResult"]]
    assert kinds("amazon.nova-pro-v1:0", (*CALLED, Message("user", [text, pdf]))) == [
        ["toolResult", "text", "document"]
    ]


async def test_a_turn_that_was_added_is_told():
    messages = [Message("assistant", "Hello"), *CALLED[1:], Message("user", "Go on.")]
    response, sent = await answered(messages, LLAMA)
    assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    told = [note.sent for note in response.adjustments if note.feature == "messages"]
    assert told == [sent["messages"][0]["content"][0]["text"], sent["messages"][3]["content"][0]["text"]]
    assert body([Message("assistant", "Hello")])["messages"][0]["role"] == "assistant"


def test_options_and_guardrails():
    guard = {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"}
    sent = body(guardrail=guard, performance={"latency": "optimized"}, extra_body={"inferenceConfig": {"new": 1}})
    assert sent["guardrailConfig"] == guard
    assert sent["performanceConfig"] == {"latency": "optimized"}
    assert sent["inferenceConfig"]["new"] == 1
    block = {"guardContent": {"text": {"text": "q", "qualifiers": ["query"]}}}
    assert content(Extension(kind="bedrock.guardContent", value=block)) == [block]


def test_a_schema_is_sent_as_text_to_a_model_that_takes_it():
    output = OutputFormat("json_schema", schema=SCHEMA, name="City")
    text = body(output=output)["outputConfig"]["textFormat"]
    assert text["type"] == "json_schema"
    assert text["structure"]["jsonSchema"]["name"] == "City"
    assert json.loads(text["structure"]["jsonSchema"]["schema"])["properties"] == SCHEMA["properties"]
    assert "outputConfig" not in body(model=NOVA, output=output)
    assert body(model=NOVA, output=output)["toolConfig"]["toolChoice"]
    assert "outputConfig" not in body(model=LLAMA, output=output)
    assert "JSON" in body(output=OutputFormat("json"))["system"][0]["text"]


def test_an_arn_has_the_features_of_its_base_model():
    arn = "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc"
    shown = llm(arn, base_model="anthropic.claude-sonnet-4-6").build_request("hi", effort="high")
    assert shown.body["additionalModelRequestFields"]["thinking"] == {"type": "adaptive"}
    assert "/model/arn%3Aaws%3Abedrock%3A" in shown.url
    assert "%2Fabc/converse" in shown.url


def test_an_empty_conversation_is_refused():
    with pytest.raises(InvalidRequestError):
        body([Message("system", "only")])


async def test_what_others_sealed_is_dropped():
    theirs = Reasoning(text="hm", seal=Seal(issuer="acme", payload="x"))
    cited = Text(text="a", seal=Seal(issuer="acme", payload=[]))
    response, sent = await answered([Message("user", "q"), Message("assistant", [theirs, cited]), Message("user", "r")])
    assert sent["messages"][1]["content"] == [{"text": "a"}]
    assert {"reasoning", "seal"} <= {each.feature for each in response.adjustments}


BLOCKS = (
    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
    {"reasoningContent": {"redactedContent": "eA=="}},
    {"text": "fine"},
    {
        "citationsContent": {
            "content": [{"text": "cited"}],
            "citations": [
                {
                    "title": "T",
                    "sourceContent": [{"text": "quote"}],
                    "location": {"documentPage": {"documentIndex": 1, "start": 1, "end": 2}},
                }
            ],
        }
    },
    {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Oslo"}}},
)


def test_an_answer_is_read_and_sent_back_as_it_was():
    response = read(*BLOCKS, reason="tool_use", usage={"inputTokens": 3, "outputTokens": 2}, metrics={"latencyMs": 5})
    assert (response.text, response.reasoning) == ("finecited", "hm")
    [call] = response.tool_calls
    assert (call.name, call.call_id, call.parse()) == ("weather", "t1", {"city": "Oslo"})
    assert str(response.finish.reason) == "tool_calls"
    assert response.metadata == {"metrics": {"latencyMs": 5}}
    [citation] = next(part for part in response.message.parts if isinstance(part, Text) and part.citations).citations
    assert (citation.title, citation.quote, citation.document_id) == ("T", "quote", "1")
    sent = body(
        [
            Message("user", "q"),
            response.message,
            Message("tool", [result("rain")]),
        ]
    )
    assert sent["messages"][1]["content"] == [*BLOCKS]


def test_blocks_of_other_kinds_are_kept():
    ran = {"toolUse": {"toolUseId": "s1", "name": "code", "input": {}, "type": "server_tool_use"}}
    found = {"toolResult": {"toolUseId": "s1", "content": [{"json": {"out": 1}}], "status": "success", "type": "x"}}
    response = read(ran, found, {"text": ""}, {"text": "ok"})
    assert response.tool_calls == ()
    sent = body([Message("user", "q"), response.message, Message("user", "r")])
    assert sent["messages"][1]["content"] == [ran, found, {"text": "ok"}]


def test_usage_counts_what_the_cache_read_and_wrote():
    counts = {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 5}
    usage = read({"text": "a"}, usage=counts).usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (12, 4, 5)
    assert read({"text": "a"}).usage.input_tokens is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("guardrail_intervened", "content_filter"),
        ("malformed_tool_use", "error"),
        ("novel", "other"),
    ],
)
def test_stop_reasons(raw, reason):
    finish = read({"text": "a"}, reason=raw).finish
    assert (str(finish.reason), finish.raw) == (reason, raw)


@pytest.mark.parametrize(
    ("status", "kind", "words", "error"),
    [
        (400, "ValidationException:http://x/", "Input is too long for requested model.", ContextWindowExceededError),
        (400, "ValidationException", "The provided model identifier is invalid.", NotFoundError),
        (400, "ValidationException", "no", BadRequestError),
        (400, "ServiceQuotaExceededException", "no", QuotaExceededError),
        (424, "ModelErrorException", "no", ServerError),
        (429, "ThrottlingException", "slow", RateLimitError),
        (429, "ModelNotReadyException", "wait", OverloadedError),
        (503, None, "busy", OverloadedError),
    ],
)
async def test_errors(status, kind, words, error):
    headers = (("x-amzn-errortype", kind),) if kind else ()
    reply = Reply(
        status=status, headers=(*headers, ("x-amzn-requestid", "r1")), body=json.dumps({"message": words}).encode()
    )
    with LoopbackServer(reply) as server:
        async with llm(url=server.url) as model:
            with pytest.raises(error) as caught:
                await model.generate("hi")
    assert type(caught.value) is error
    assert caught.value.code == (kind and kind.partition(":")[0])
    assert caught.value.request_id == "r1"


async def test_an_operation_that_is_not_known_is_an_error_despite_its_status():
    reply = Reply.json({"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"})
    with LoopbackServer(reply) as server:
        async with llm(url=server.url) as model:
            with pytest.raises(DragomanError):
                await model.generate("hi")


def event(name: str, **payload: Any) -> bytes:
    return binary_message(json.dumps(payload).encode(), {":message-type": "event", ":event-type": name})


def delta(index: int, **members: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=members, p="abc")


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


def start(index: int, **members: Any) -> bytes:
    return event("contentBlockStart", contentBlockIndex=index, start=members)


STREAM = (
    event("messageStart", role="assistant"),
    delta(0, reasoningContent={"text": "h"}),
    delta(0, reasoningContent={"text": "m"}),
    delta(0, reasoningContent={"signature": "sig"}),
    stop(0),
    delta(1, reasoningContent={"redactedContent": "eA=="}),
    stop(1),
    delta(2, text=""),
    delta(2, text="fi"),
    delta(2, text="ne"),
    stop(2),
    delta(3, text="cited"),
    delta(3, citation=BLOCKS[3]["citationsContent"]["citations"][0]),
    stop(3),
    start(4, toolUse={"toolUseId": "t1", "name": "weather"}),
    delta(4, toolUse={"input": '{"city":'}),
    delta(4, toolUse={"input": '"Oslo"}'}),
    stop(4),
    event("novelty", a=1),
    event("messageStop", stopReason="tool_use"),
    event("metadata", usage={"inputTokens": 3, "outputTokens": 2}, metrics={"latencyMs": 5}),
)


RAISED = {":message-type": "exception"}


async def streamed(*events: bytes) -> Response:
    reply = Reply(headers=(("content-type", "application/vnd.amazon.eventstream"),), body=b"".join(events))
    with LoopbackServer(reply) as server:
        async with llm(url=server.url) as model, model.stream("hi") as stream:
            response = await stream.collect()
        assert server.requests[0].path.endswith("/converse-stream")
    return response


async def test_a_stream_says_what_a_whole_answer_says():
    whole = read(*BLOCKS, reason="tool_use", usage={"inputTokens": 3, "outputTokens": 2}, metrics={"latencyMs": 5})
    response = await streamed(*STREAM)
    assert response.message.parts == whole.message.parts
    assert (response.finish, response.usage, response.metadata) == (whole.finish, whole.usage, whole.metadata)


async def test_a_call_without_input_has_an_empty_object():
    ended = event("messageStop", stopReason="tool_use")
    response = await streamed(start(0, toolUse={"toolUseId": "t1", "name": "clock"}), stop(0), ended)
    assert response.tool_calls[0].parse() == {}


@pytest.mark.parametrize("reason", [None, "", " ", "null", {}, True])
async def test_no_reason_for_the_end_is_none(reason: Any) -> None:
    told = event("metadata", usage={"inputTokens": 3, "outputTokens": 2})
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(delta(0, text="fi"), stop(0), event("messageStop", stopReason=reason), told)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "fi"
    assert caught.value.partial.finish.reason == FinishReason.INTERRUPTED
    assert read({"text": "fi"}, reason=reason).finish == Finish(reason=FinishReason.OTHER)


async def test_a_result_within_a_stream_is_kept():
    begun = start(0, toolResult={"toolUseId": "s1", "status": "success"})
    grown = event("contentBlockDelta", contentBlockIndex=0, delta={"toolResult": [{"json": {"out": 1}}]})
    response = await streamed(begun, grown, stop(0), delta(1, text="ok"), event("messageStop", stopReason="end_turn"))
    [kept] = response.message.of_type(Extension)
    assert kept.value == {"toolResult": {"toolUseId": "s1", "status": "success", "content": [{"json": {"out": 1}}]}}


@pytest.mark.parametrize(
    ("headers", "data", "error"),
    [
        (
            {":message-type": "exception", ":exception-type": "throttlingException"},
            b'{"message":"slow"}',
            RateLimitError,
        ),
        (
            {":message-type": "exception", ":exception-type": "modelStreamErrorException"},
            b'{"message":"x"}',
            ServerError,
        ),
        ({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oh"}, b"", ServerError),
    ],
)
async def test_an_exception_within_a_stream_is_an_error(headers, data, error):
    with pytest.raises(error):
        await streamed(*STREAM[:3], binary_message(data, headers))


async def test_a_stream_that_breaks_off_is_interrupted():
    with pytest.raises(StreamInterruptedError):
        await streamed(*STREAM[:10])


async def test_what_is_known_of_claude_is_known_here():
    """The facts of the Messages API hold for Converse, whose limits and names are its own."""
    known = llm(model="us.anthropic.claude-sonnet-4-6").capabilities()
    assert (known.context_tokens, known.output_tokens) == (1_000_000, 128_000)
    assert known.settings["parallel_tool_calls"].support is Support.NO

    response, sent = await answered(model=ADAPTIVE, effort="high", temperature=0.5, top_k=3)
    assert sent["additionalModelRequestFields"] == {
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
    }
    assert "inferenceConfig" not in sent or "temperature" not in sent["inferenceConfig"]
    assert {each.feature for each in response.adjustments} >= {"temperature", "top_k"}
    assert "anthropic" not in {each.by for each in response.adjustments}
