from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from core.http.calls import Options, dialect, request, whole
from dragoman import (
    ChatRequest,
    CompletionRequest,
    FinishReason,
    InvalidRequestError,
    Message,
    NoAnswerError,
    OutputFormat,
    ProtocolError,
    Response,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolChoice,
    UnsupportedError,
    Usage,
)
from dragoman.http import HttpReply, loads
from dragoman_openai_compatible import OpenAIChat

ADD = Tool(name="add", description="Add.", schema={"type": "object", "properties": {}}, strict=True)


def body(*, speaks: OpenAIChat[Options] | None = None, stream: bool = False, **fields: Any) -> dict[str, Any]:
    wire = (speaks or dialect()).encode(request(**fields), stream=stream)
    sent = loads(wire.body or b"")
    assert sent.pop("model") == "m"
    assert sent.pop("messages") == [{"role": "user", "content": "hi"}]
    return sent


def decode(value: Any, *, speaks: OpenAIChat[Options] | None = None) -> Response:
    return (speaks or dialect()).decode(HttpReply(status=200, body=json.dumps(value).encode()))


class TestSettings:
    def test_have_their_names(self) -> None:
        settings = Settings(
            max_tokens=9,
            temperature=0.5,
            top_p=0.9,
            stop=("a", "b"),
            seed=1,
            presence_penalty=0.1,
            frequency_penalty=-0.1,
            effort="low",
            logprobs=True,
            top_logprobs=2,
            service_tier="flex",
        )
        assert body(settings=settings) == {
            "max_tokens": 9,
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["a", "b"],
            "seed": 1,
            "presence_penalty": 0.1,
            "frequency_penalty": -0.1,
            "reasoning_effort": "low",
            "logprobs": True,
            "top_logprobs": 2,
            "service_tier": "flex",
        }

    def test_without_a_name_are_left_out_and_noted(self) -> None:
        wire = dialect().encode(request(settings=Settings(top_k=3)), stream=False)
        (note,) = wire.adjustments
        assert (note.kind, note.feature, note.asked, note.by) == ("dropped", "top_k", 3, "near")
        assert b"top_k" not in (wire.body or b"")

    def test_of_the_provider_go_into_the_body(self) -> None:
        assert body(options={"near": {"n": 2, "wide": True, "organization": "o"}}) == {"n": 2, "broad": True}

    def test_of_the_provider_that_are_wrong_are_named(self) -> None:
        with pytest.raises(InvalidRequestError, match="organization"):
            body(options={"near": {"organisation": "o"}})

    def test_ask_for_the_usage_of_a_stream(self) -> None:
        assert body(stream=True) == {"stream": True, "stream_options": {"include_usage": True}}
        assert body(stream=True, speaks=dialect(include_usage=False)) == {"stream": True}


class TestTools:
    def test_are_functions(self) -> None:
        assert body(tools=(ADD, Tool(name="noop"))) == {
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "add",
                        "description": "Add.",
                        "parameters": {"type": "object", "properties": {}},
                        "strict": True,
                    },
                },
                {
                    "type": "function",
                    "function": {"name": "noop", "parameters": {"type": "object", "properties": {}}},
                },
            ]
        }

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("none", "none"),
            ("required", "required"),
            ("any", "required"),
            ("add", {"type": "function", "function": {"name": "add"}}),
        ],
    )
    def test_may_be_chosen(self, choice: str, expected: Any) -> None:
        sent = body(tools=(ADD,), tool_choice=ToolChoice.of(choice), settings=Settings(parallel_tool_calls=False))
        assert (sent["tool_choice"], sent["parallel_tool_calls"]) == (expected, False)

    def test_that_are_not_there_are_not_chosen(self) -> None:
        assert body(tool_choice=ToolChoice.of("required"), settings=Settings(parallel_tool_calls=False)) == {}

    def test_of_the_provider_are_named(self) -> None:
        assert body(tools=(ServerTool(id="near.search", args={"depth": 2}),))["tools"] == [
            {"type": "search", "depth": 2}
        ]
        with pytest.raises(UnsupportedError, match="is a tool of far") as caught:
            body(tools=(ServerTool(id="far.search"),))
        assert caught.value.parameter == "tools"


class TestOutput:
    strict: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/b"}}},
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"b": {"type": "object", "properties": {}, "additionalProperties": False}},
    }

    def test_may_be_any_object(self) -> None:
        assert body(output=OutputFormat("json")) == {"response_format": {"type": "json_object"}}

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({}, True),
            ({"required": []}, False),
            ({"additionalProperties": True}, False),
            ({"properties": {"a": {"type": "string", "default": "x"}}}, False),
            ({"properties": {"a": {"anyOf": [{"type": "object"}, {"type": "null"}]}}}, False),
            ({"$defs": {"b": {"type": "object"}}}, False),
        ],
    )
    def test_is_strict_where_the_schema_is(self, *, change: dict[str, Any], expected: bool) -> None:
        schema = {**self.strict, **change}
        sent = body(output=OutputFormat("json_schema", schema=schema, name="My answer!"))
        assert sent["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "My_answer_", "schema": schema, "strict": expected},
        }

    def test_is_described_beside_its_schema(self) -> None:
        sent = body(output=OutputFormat("json_schema", schema={"type": "object"}, name="w", description="d"))
        assert sent["response_format"]["json_schema"]["description"] == "d"

    def test_is_as_strict_as_asked(self) -> None:
        sent = body(output=OutputFormat("json_schema", schema={"type": "object"}, strict=True))
        assert sent["response_format"]["json_schema"] == {
            "name": "answer",
            "schema": {"type": "object"},
            "strict": True,
        }

    def test_without_a_schema_is_open(self) -> None:
        assert body(output=OutputFormat("json_schema"))["response_format"]["json_schema"]["schema"] == {}


class TestPrompts:
    def test_have_their_own_path(self) -> None:
        asked = CompletionRequest(model="m", prompt="Once", suffix="end", settings=Settings(max_tokens=3))
        wire = dialect().encode(asked, stream=False)
        assert wire.url == "/completions"
        assert loads(wire.body or b"") == {"model": "m", "prompt": "Once", "suffix": "end", "max_tokens": 3}

    def test_may_lack_an_end(self) -> None:
        wire = dialect().encode(CompletionRequest(model="m", prompt="Once"), stream=False)
        assert loads(wire.body or b"") == {"model": "m", "prompt": "Once"}

    def test_are_gone_on_with(self) -> None:
        response = decode({"choices": [{"text": " upon", "finish_reason": "length", "index": 0}]})
        assert (response.text, response.finish.reason) == (" upon", FinishReason.LENGTH)


class TestAnswers:
    def test_are_read_whole(self) -> None:
        message = {
            "content": "Hello",
            "reasoning_content": "hm",
            "refusal": "no",
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://x.test", "title": "X", "start_index": 0}},
                {"type": "other"},
            ],
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        }
        response = decode({**whole(**message), "system_fingerprint": "fp"})
        assert (response.text, response.reasoning, response.refusal) == ("Hello", "hm", "no")
        assert response.message.of_type(Text)[0].citations[0].source_url == "https://x.test"
        assert [(call.name, call.call_id) for call in response.tool_calls] == [("f", "1")]
        assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
        assert (response.origin.response_id, response.origin.served_model, response.origin.created) == (
            "c1",
            "m-0613",
            7,
        )
        assert response.metadata == {"system_fingerprint": "fp"}
        assert response.finish.reason == FinishReason.TOOL_CALLS

    @pytest.mark.parametrize(
        ("raw", "message", "expected"),
        [
            ("stop", {}, "stop"),
            ("stop", {"refusal": "no"}, "refusal"),
            ("stop", {"tool_calls": [{"function": {"name": "f"}}]}, "tool_calls"),
            ("length", {}, "length"),
            ("tool_calls", {}, "tool_calls"),
            ("function_call", {}, "tool_calls"),
            ("content_filter", {}, "content_filter"),
            ("error", {}, "error"),
            ("abort", {}, "error"),
            ("odd", {}, "other"),
            (None, {}, "other"),
        ],
    )
    def test_end_for_a_reason(self, raw: str | None, message: dict[str, Any], expected: str) -> None:
        finish = decode(whole(finish=raw, **message)).finish
        assert (finish.reason, finish.raw) == (expected, raw)

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (None, ""),
            ("", ""),
            ([{"type": "text", "text": "a"}, {"type": "output_text", "text": "b"}, {"type": "x"}, 7], "ab"),
            ([{"type": "text", "text": None}], ""),
            (7, ""),
        ],
    )
    def test_may_have_odd_content(self, content: Any, expected: str) -> None:
        assert decode(whole(content)).text == expected

    def test_may_hold_reasoning_under_another_name(self) -> None:
        assert decode(whole(reasoning="hm", reasoning_content="")).reasoning == "hm"
        assert decode(whole(reasoning={"odd": 1})).reasoning == ""

    def test_may_hold_reasoning_among_the_parts_of_the_content(self) -> None:
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        response = decode(whole([thinking, {"type": "text", "text": "a"}]))
        assert (response.reasoning, response.text) == ("hm", "a")

    def test_may_give_several_calls_one_id(self) -> None:
        same = [{"id": "1", "function": {"name": name}} for name in ("f", "g", "h")]
        made = decode(whole(tool_calls=same)).tool_calls
        assert [(each.name, each.call_id) for each in made] == [("f", "1"), ("g", "1_1"), ("h", "1_2")]

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            ({"id": "1", "function": {"name": "f", "arguments": "{"}}, ("f", "1", "{")),
            ({"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}, ("f", "1", '{"a":1}')),
            ({"id": None, "function": {"name": "f", "arguments": None}}, ("f", "call_0", "")),
            ({"id": "1", "function": None}, ("", "1", "")),
            ({"id": "1", "custom": {"name": "f", "input": "free"}}, ("f", "1", "free")),
        ],
    )
    def test_may_hold_odd_calls(self, call: Any, expected: tuple[str, str, str]) -> None:
        (found,) = decode(whole(None, "tool_calls", tool_calls=[call, "odd"])).tool_calls
        assert (found.name, found.call_id, found.arguments) == expected

    def test_may_call_in_the_older_form(self) -> None:
        (call,) = decode(whole(None, "function_call", function_call={"name": "f", "arguments": "{}"})).tool_calls
        assert (call.name, call.arguments, call.metadata) == ("f", "{}", {"type": "function_call"})

    def test_may_be_spoken_or_shown(self) -> None:
        audio = {"id": "a1", "data": "UklGRg==", "transcript": "Hi", "expires_at": 9}
        images = [
            {"image_url": {"url": "data:image/png;base64,iVBORw=="}},
            {"image_url": "https://x.test/a.png"},
            {"image_url": {"url": "data:image/png,plain"}},
            {"image_url": None},
        ]
        sound, inline, linked, plain = decode(whole(None, audio=audio, images=images)).message.parts
        assert (sound.id, sound.metadata) == ("a1", {"transcript": "Hi", "expires_at": 9})
        assert inline.media_type == "image/png"
        assert linked.source.url == "https://x.test/a.png"
        assert plain.media_type == "image/*"

    @pytest.mark.parametrize("message", [{"audio": {"data": "x"}}, {"images": [{"image_url": "data:a;base64,x"}]}])
    def test_with_broken_media_break_the_dialect(self, message: dict[str, Any]) -> None:
        with pytest.raises(ProtocolError, match="expected base64"):
            decode(whole(None, **message))

    def test_keep_all_of_each_further_choice(self) -> None:
        body = whole("one")
        body["choices"][0]["logprobs"] = {"content": [{"token": "one", "logprob": -0.1}]}
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        probable = {"content": [{"token": "two", "logprob": -0.5}]}
        body["choices"] += [
            {"index": 1, "message": {"content": "two"}, "finish_reason": "length", "logprobs": probable},
            {"index": 2, "message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"},
            {"index": 3, "text": "four", "finish_reason": "stop"},
        ]
        response = decode(body)
        assert response.text == "one"
        assert response.metadata == {"logprobs": {"content": [{"token": "one", "logprob": -0.1}]}}
        second, third, fourth = response.alternatives
        assert (second.text, str(second.finish.reason), second.metadata) == ("two", "length", {"logprobs": probable})
        assert [each.name for each in third.tool_calls] == ["f"]
        assert (fourth.text, fourth.usage, fourth.metadata) == ("four", Usage(), {})

    @pytest.mark.parametrize(("indices", "texts"), [((2, 0, 1), "bca"), ((0, 0, 0), "abc"), ((None, None, 1), "abc")])
    def test_stand_in_the_order_of_their_numbers(self, indices: tuple[int | None, ...], texts: str) -> None:
        body = whole("")
        body["choices"] = [
            {"index": index, "message": {"content": text}, "finish_reason": "stop"}
            for index, text in zip(indices, "abc", strict=True)
        ]
        response = decode(body)
        assert "".join(each.text for each in (response, *response.alternatives)) == texts

    def test_say_that_there_is_no_choice(self) -> None:
        body = {"id": "1", "model": "served", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 0}}
        with pytest.raises(NoAnswerError, match="without a choice") as caught:
            decode(body)
        assert caught.value.partial is not None
        assert caught.value.partial.usage.input_tokens == 3
        assert caught.value.partial.origin.served_model == "served"
        assert not caught.value.partial.message.parts
        assert not caught.value.retryable

    @pytest.mark.parametrize("value", [[], None, 7, "x", {}, {"choices": None}, {"choices": [7]}, {"choices": {}}])
    def test_of_the_wrong_shape_break_the_dialect(self, value: Any) -> None:
        with pytest.raises(ProtocolError):
            decode(value)

    @pytest.mark.parametrize("field", ["id", "model", "created", "usage", "service_tier"])
    @pytest.mark.parametrize("odd", [None, "", 7, [], {}, True])
    def test_bear_odd_facts(self, field: str, odd: Any) -> None:
        assert decode({**whole(), field: odd}).text == "Hello"

    @pytest.mark.parametrize(
        ("report", "expected"),
        [
            (None, (None, None, None, None, None)),
            ([], (None, None, None, None, None)),
            ({}, (None, None, None, None, None)),
            ({"prompt_tokens": 0, "completion_tokens": 0}, (0, 0, None, None, None)),
            ({"prompt_tokens": -1, "completion_tokens": "3"}, (None, 3, None, None, None)),
            ({"prompt_tokens": "-1", "completion_tokens": "3.5"}, (None, None, None, None, None)),
            ({"prompt_tokens": "", "completion_tokens": "9" * 19}, (None, None, None, None, None)),
            ({"prompt_tokens": True, "completion_tokens": 4.0}, (None, 4, None, None, None)),
            ({"prompt_tokens": float("inf")}, (None, None, None, None, None)),
            ({"prompt_tokens_details": None, "completion_tokens_details": 7}, (None, None, None, None, None)),
            (
                {
                    "prompt_tokens": 9,
                    "completion_tokens": 8,
                    "prompt_tokens_details": {"cached_tokens": 7, "cache_write_tokens": 1},
                    "completion_tokens_details": {"reasoning_tokens": 6},
                },
                (9, 8, 7, 1, 6),
            ),
        ],
    )
    def test_count_what_was_reported(self, report: Any, expected: tuple[int | None, ...]) -> None:
        usage = decode({**whole(), "usage": report}).usage
        counted = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        assert (*counted, usage.reasoning_tokens) == expected


class TestHosts:
    """What a host differs in is a method overridden."""

    class Far(OpenAIChat[Options]):
        def __init__(self) -> None:
            super().__init__(options=Options, provider="far")

        def headers(self, options: Options) -> dict[str, str]:
            return {"x-organization": options.organization or ""}

        def path(self, path: str, request: Any, options: Options) -> str:
            return f"/{request.model}{path}"

        def choice_metadata(self, choice: Any) -> dict[str, Any]:
            return {"native": choice["native"]} if "native" in choice else {}

    def test_sends(self) -> None:
        asked = ChatRequest(model="m", messages=(Message("user", "x"),), options={"far": {"organization": "o"}})
        wire = self.Far().encode(asked, stream=False)
        assert (wire.url, wire.headers) == ("/m/chat/completions", {"x-organization": "o"})

    def test_reads(self) -> None:
        body = whole()
        body["choices"][0]["native"] = "odd"
        assert decode(body, speaks=self.Far()).metadata == {"native": "odd"}


@pytest.mark.parametrize(
    ("content", "text"),
    [({"name": "Ada", "age": 36}, '{"name":"Ada","age":36}'), ({}, ""), ([{"type": "text", "text": "a"}], "a")],
)
def test_an_object_that_answers_is_its_json(content: Any, text: str) -> None:
    assert decode({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}).text == text
