from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import pytest
from attrs import frozen

from core.http.calls import data, speaking, whole
from dragoman import (
    BadRequestError,
    CallContext,
    ChatRequest,
    CompletionRequest,
    ContentFilterError,
    Event,
    Message,
    OutputFormat,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    Response,
    ServerError,
    ServerTool,
    Settings,
    StreamInterruptedError,
    Tool,
    ToolChoice,
    UnsupportedError,
)
from dragoman.http import Dialect, EventDecoder, HttpReply, option_field
from dragoman.spec.assembly import Assembler
from dragoman.spec.events import (
    PartStart,
    PartUpdate,
    Ping,
    ReasoningDelta,
    ResponseSnapshot,
    StreamStart,
    TextDelta,
    UsageSnapshot,
)
from dragoman.spec.media import (
    Bytes,
    FileRef,
    InlineText,
    Media,
    Url,
)
from dragoman.spec.part_fields import Seal
from dragoman.spec.parts import (
    Citation,
    Data,
    Extension,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import OpenAIChat, OpenAIResponses


@frozen(kw_only=True)
class Options:
    store: bool | None = option_field()
    include: list[str] | None = option_field()
    verbosity: str | None = option_field()
    reasoning_summary: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()


API = OpenAIResponses(options=Options, provider="near")
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 5},
}
THOUGHT = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
    "encrypted_content": "c2VhbGVk",
}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "look",
    "arguments": '{"at": 1}',
    "namespace": "eyes",
}
CUSTOM = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_2", "name": "run", "input": "print(1)"}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
PICTURE = {
    "id": "ig_1",
    "type": "image_generation_call",
    "status": "completed",
    "output_format": "webp",
    "result": base64.b64encode(b"picture").decode(),
}
CITED = {"type": "url_citation", "url": "https://a.test", "title": "A", "start_index": 0, "end_index": 2}


def said(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": list(content)}
    return {**item, **more}


def text(words: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": list(annotations), "logprobs": []}


def answer(*output: dict[str, Any], status: str | None = "completed", **more: Any) -> dict[str, Any]:
    body = {"id": "resp_1", "created_at": 7, "model": "m-1", "output": list(output), "usage": USAGE, **more}
    return body if status is None else {**body, "status": status}


def decode(body: Any) -> Response:
    return API.decode(HttpReply(status=200, body=json.dumps(body).encode()))


def encode(
    messages: Iterable[Message] = (Message("user", "hi"),), *, model: str = "m", stream: bool = False, **fields: Any
) -> dict[str, Any]:
    options = {"near": fields.pop("options")} if "options" in fields else {}
    request = ChatRequest(model=model, messages=tuple(messages), options=options, **fields)
    body: dict[str, Any] = json.loads(API.encode(request, stream=stream).body or b"")
    return body


def items(*messages: Message, **fields: Any) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = encode(messages, **fields)["input"]
    return encoded


def dropped(*messages: Message, **options: Any) -> list[str]:
    request = ChatRequest(model="m", messages=messages, options={"near": options} if options else {})
    return [each.feature for each in API.encode(request, stream=False).adjustments]


def feed(*chunks: Any) -> list[Event]:
    decoder = API.decoder()
    return [event for each in EventDecoder().feed(data(*chunks)) for event in decoder.feed(each)]


def collect(*chunks: Any) -> Response:
    decoder = API.decoder()
    assembler = Assembler(StreamStart())
    for each in EventDecoder().feed(data(*chunks)):
        for event in decoder.feed(each):
            assembler.feed(event)
        if decoder.done:
            break
    for event in decoder.close():
        assembler.feed(event)
    end = assembler.end()[-1]
    response: Response = end.response
    return response


def announced(item: dict[str, Any], place: int) -> dict[str, Any]:
    """Return the event that opens an item: with nothing in it yet."""
    empty = {"content": [], "arguments": "", "input": "", "result": None, "summary": []}
    hollow = {name: empty.get(name, value) for name, value in item.items()}
    return {"type": "response.output_item.added", "output_index": place, "item": hollow}


def streamed(*output: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return the events in which an answer of these items comes without any delta."""
    chunks = [{"type": "response.created", "response": answer(status="in_progress", usage=None)}]
    for place, item in enumerate(output):
        chunks.append(announced(item, place))
        chunks.append({"type": "response.output_item.done", "output_index": place, "item": item})
    return [*chunks, {"type": "response.completed", "response": answer(*output, **more)}]


class TestAnswers:
    def test_have_text_with_its_sources(self) -> None:
        response = decode(answer(said(text("Hi", CITED), text(" you"))))
        first = response.message.parts[0]
        assert response.text == "Hi you"
        assert isinstance(first, Text)
        assert first.citations == (Citation(source_url="https://a.test", title="A", start=0, end=2, metadata=CITED),)
        assert (response.finish.reason, response.finish.raw) == ("stop", "completed")
        assert (response.origin.response_id, response.origin.served_model, response.origin.created) == (
            "resp_1",
            "m-1",
            7.0,
        )

    def test_count_tokens(self) -> None:
        usage = decode(answer()).usage
        assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (9, 7, 5)
        assert (usage.cache_read_tokens, usage.cache_write_tokens) == (4, 1)
        assert decode(answer(usage=None)).usage.input_tokens is None

    def test_show_reasoning_piece_by_piece_and_seal_it_once(self) -> None:
        first, second = decode(answer(THOUGHT)).message.parts
        assert first == Reasoning(text="First.", id="rs_1", seal=Seal(issuer="near", payload=THOUGHT))
        assert isinstance(second, Reasoning)
        assert (second.text, second.seal) == ("Then.", None)

    def test_mark_reasoning_without_words_as_redacted(self) -> None:
        (part,) = decode(answer({"id": "rs_2", "type": "reasoning", "summary": []})).message.parts
        assert isinstance(part, Reasoning)
        assert part.redacted

    def test_call_functions_and_custom_tools(self) -> None:
        response = decode(answer(CALL, CUSTOM))
        look, run = response.tool_calls
        assert (look.name, look.call_id, look.id, look.parse()) == ("look", "call_1", "fc_1", {"at": 1})
        assert (run.name, run.arguments, run.metadata["type"]) == ("run", "print(1)", "custom")
        assert response.finish.reason == "tool_calls"

    def test_decline(self) -> None:
        response = decode(answer(said({"type": "refusal", "refusal": "No."})))
        assert (response.refusal, response.finish.reason) == ("No.", "refusal")

    def test_hold_pictures(self) -> None:
        (part,) = decode(answer(PICTURE)).message.parts
        assert isinstance(part, Media)
        assert (part.source, part.media_type, part.id) == (Bytes(data=b"picture"), "image/webp", "ig_1")

    @pytest.mark.parametrize("result", [None, "", "no base64!"])
    def test_keep_a_picture_that_is_none_as_it_is(self, result: str | None) -> None:
        item = {**PICTURE, "result": result}
        (part,) = decode(answer(item)).message.parts
        assert part == Extension(kind="near.image_generation_call", value=item, id="ig_1")

    @pytest.mark.parametrize(
        "item",
        [
            SEARCH,
            {"type": "mcp_call", "id": "mcp_1", "name": "n", "arguments": "{}", "output": "o"},
            {"type": "never_heard_of", "deep": [1, {"x": None}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "kept"}]},
            said(),
        ],
    )
    def test_keep_what_has_no_class_here(self, item: dict[str, Any]) -> None:
        response = decode(answer(item))
        (part,) = response.message.parts
        assert isinstance(part, Extension)
        assert (part.kind, part.value) == (f"near.{item['type']}", item)
        assert (response.text, response.finish.reason) == ("", "stop")

    def test_keep_unknown_content_of_a_message(self) -> None:
        odd = {"type": "output_smell", "smell": "sweet"}
        item = said(text("a"), odd)
        response = decode(answer(item))
        assert [type(part) for part in response.message.parts] == [Text, Extension]
        assert items(Message("user", "x"), response.message)[1:] == [item]

    def test_read_content_that_is_plain_text(self) -> None:
        assert decode(answer({**said(), "content": "Hi"})).text == "Hi"

    def test_report_probabilities_and_extras(self) -> None:
        chosen = {"token": "a", "logprob": -0.1}
        content = {**text("a"), "logprobs": [chosen]}
        metadata = decode(answer(said(content), service_tier="flex", conversation={"id": "c"})).metadata
        assert metadata == {"service_tier": "flex", "conversation": {"id": "c"}, "logprobs": {"content": [chosen]}}

    @pytest.mark.parametrize(
        ("status", "reason", "finish", "raw"),
        [
            ("incomplete", "max_output_tokens", "length", "max_output_tokens"),
            ("completed", "max_output_tokens", "length", "max_output_tokens"),
            ("incomplete", "content_filter", "content_filter", "content_filter"),
            ("incomplete", "boredom", "interrupted", "boredom"),
            ("incomplete", None, "interrupted", "incomplete"),
            ("queued", None, "paused", "queued"),
            ("in_progress", None, "paused", "in_progress"),
            ("cancelled", None, "interrupted", "cancelled"),
            ("dreaming", None, "other", "dreaming"),
            (None, None, "stop", None),
        ],
    )
    def test_end(self, status: str | None, reason: str | None, finish: str, raw: str | None) -> None:
        details = {"reason": reason} if reason else None
        response = decode(answer(status=status, incomplete_details=details))
        assert (str(response.finish.reason), response.finish.raw) == (finish, raw)

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("insufficient_quota", QuotaExceededError),
            ("rate_limit_exceeded", RateLimitError),
            ("server_error", ServerError),
            ("vector_store_timeout", ServerError),
            ("invalid_prompt", ContentFilterError),
            ("image_too_large", BadRequestError),
            ("never_heard_of", ProviderError),
        ],
    )
    def test_fail_with_the_error_they_report(self, code: str, kind: type[ProviderError]) -> None:
        body = answer(status="failed", error={"code": code, "message": "words"})
        with pytest.raises(kind, match="words") as caught:
            decode(body)
        assert type(caught.value) is kind
        assert caught.value.code == code

    def test_fail_without_a_reason(self) -> None:
        with pytest.raises(ServerError, match="gives no reason"):
            decode(answer(status="failed"))

    def test_fail_where_an_error_came_with_a_good_status(self) -> None:
        with pytest.raises(RateLimitError):
            decode({"error": {"code": "rate_limit_exceeded", "message": "slow"}})

    @pytest.mark.parametrize("body", [{}, {"object": "list"}, [], 3])
    def test_are_refused_if_they_are_none(self, body: Any) -> None:
        with pytest.raises(ProtocolError):
            decode(body)


class TestStreams:
    def test_bring_text_and_facts(self) -> None:
        done = said(text("Hello", CITED))
        chunks = [
            {"type": "response.created", "response": answer(status="in_progress", usage=None)},
            announced(done, 0),
            {
                "type": "response.content_part.added",
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "part": text(""),
            },
            *(
                {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 0, "delta": piece}
                for piece in ("Hel", "lo")
            ),
            {"type": "response.output_text.annotation.added", "item_id": "msg_1", "annotation": CITED},
            {"type": "response.output_item.done", "output_index": 0, "item": done},
            {"type": "response.completed", "response": answer(done)},
        ]
        assert [event.text for event in feed(*chunks) if isinstance(event, TextDelta)] == ["Hel", "lo"]
        assert collect(*chunks) == decode(answer(done))

    def test_equal_whole_answers(self) -> None:
        output = (THOUGHT, said(text("a", CITED), {"type": "refusal", "refusal": "No."}), SEARCH, CALL, CUSTOM, PICTURE)
        assert collect(*streamed(*output, service_tier="flex")) == decode(answer(*output, service_tier="flex"))

    def test_take_from_the_end_what_was_never_streamed(self) -> None:
        output = (THOUGHT, said(text("a")), SEARCH, CALL)
        end = {"type": "response.completed", "response": answer(*output)}
        assert collect(end) == decode(answer(*output))

    def test_are_complete_though_no_item_is(self) -> None:
        done = said(text("all of it"))
        chunks = [chunk for chunk in streamed(done) if chunk["type"] != "response.output_item.done"]
        delta = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "all"}
        assert collect(*chunks[:-1], delta, chunks[-1]) == decode(answer(done))

    def test_survive_ids_that_change(self) -> None:
        delta = {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 0,
            "summary_index": 0,
            "delta": "First.",
        }
        chunks = [
            announced({**THOUGHT, "id": "tmp_1"}, 0),
            {**delta, "item_id": "tmp_2"},
            announced({**said(), "id": "tmp_3"}, 1),
            {"type": "response.output_text.delta", "item_id": "tmp_4", "output_index": 1, "delta": "Hi"},
            {"type": "response.completed", "response": answer(THOUGHT, said(text("Hi")))},
        ]
        response = collect(*chunks)
        assert (response.reasoning, response.text) == ("First.Then.", "Hi")

    def test_match_items_by_id_before_place(self) -> None:
        one, two = {**said(text("1")), "id": "m1"}, {**said(text("2")), "id": "m2"}
        chunks = [announced(two, 0), {"type": "response.output_item.done", "output_index": 0, "item": two}]
        response = collect(*chunks, {"type": "response.completed", "response": answer(one, two)})
        assert sorted(response.text) == ["1", "2"]

    def test_go_without_indices_and_announcements(self) -> None:
        chunks = [
            announced({**said(), "id": "m1"}, 0),
            {"type": "response.output_text.delta", "item_id": "m1", "delta": "Hi"},
            {"type": "response.function_call_arguments.delta", "item_id": "f1", "delta": '{"at"'},
            {"type": "response.function_call_arguments.delta", "item_id": "f1", "delta": ": 1}"},
            {"type": "response.refusal.delta", "item_id": "m1", "delta": "No."},
            {"type": "response.output_item.done", "item": {**CALL, "id": "f1"}},
            {"type": "response.completed", "response": {"status": "completed"}},
        ]
        response = collect(*chunks)
        assert (response.text, response.refusal) == ("Hi", "No.")
        assert [(call.name, call.arguments) for call in response.tool_calls] == [("look", '{"at": 1}')]

    def test_add_a_nameless_delta_to_the_latest_item(self) -> None:
        chunks = [announced(CALL, 0), {"type": "response.function_call_arguments.delta", "delta": "{}"}]
        response = collect(*chunks, {"type": "response.completed", "response": {"status": "completed"}})
        assert [(call.call_id, call.arguments) for call in response.tool_calls] == [("call_1", "{}")]

    def test_bring_input_of_custom_tools(self) -> None:
        chunks = streamed(CUSTOM)
        delta = {
            "type": "response.custom_tool_call_input.delta",
            "item_id": "ctc_1",
            "output_index": 0,
            "delta": "print(1)",
        }
        assert collect(*chunks[:2], delta, *chunks[2:]) == decode(answer(CUSTOM))

    def test_bring_reasoning_in_pieces(self) -> None:
        chunks = streamed(THOUGHT)
        pieces = [
            {"type": kind, "item_id": "rs_1", "output_index": 0, "summary_index": number, **more}
            for number, words in enumerate(("First.", "Then."))
            for kind, more in (
                ("response.reasoning_summary_part.added", {"part": {"type": "summary_text", "text": ""}}),
                ("response.reasoning_summary_text.delta", {"delta": words}),
            )
        ]
        events = feed(*chunks[:2], *pieces, *chunks[2:])
        assert [(event.index, event.text) for event in events if isinstance(event, ReasoningDelta)] == [
            (0, "First."),
            (1, "Then."),
        ]
        assert collect(*chunks[:2], *pieces, *chunks[2:]) == decode(answer(THOUGHT))

    def test_bring_reasoning_itself(self) -> None:
        shown = {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "Hm"}],
        }
        chunks = streamed(shown)
        part = {
            "type": "response.content_part.added",
            "item_id": "rs_1",
            "part": {"type": "reasoning_text", "text": ""},
        }
        delta = {"type": "response.reasoning_text.delta", "item_id": "rs_1", "content_index": 0, "delta": "Hm"}
        assert collect(*chunks[:2], part, delta, *chunks[2:]) == decode(answer(shown))

    def test_keep_reasoning_that_the_item_lacks(self) -> None:
        silent = {"id": "rs_1", "type": "reasoning", "summary": []}
        chunks = streamed(silent)
        delta = {"type": "response.reasoning_text.delta", "item_id": "rs_1", "content_index": 0, "delta": "Hm"}
        (part,) = collect(*chunks[:2], delta, *chunks[2:]).message.of_type(Reasoning)
        assert (part.text, part.redacted, part.seal) == ("Hm", False, Seal(issuer="near", payload=silent))

    def test_show_first_views_of_a_picture(self) -> None:
        chunks = streamed(PICTURE)
        views = [
            {
                "type": "response.image_generation_call.partial_image",
                "item_id": "ig_1",
                "output_index": 0,
                "output_format": "webp",
                "partial_image_b64": base64.b64encode(view).decode(),
            }
            for view in (b"rough", b"fine")
        ]
        events = feed(*chunks[:2], *views, *chunks[2:])
        shown = [event.part for event in events if isinstance(event, PartUpdate)]
        assert [part.source for part in shown if isinstance(part, Media)] == [
            Bytes(data=b"fine"),
            Bytes(data=b"picture"),
        ]
        assert collect(*chunks[:2], *views, *chunks[2:]) == decode(answer(PICTURE))

    def test_pass_over_what_nobody_knows(self) -> None:
        chunks = streamed(said(text("a")))
        odd: list[Any] = [{"type": "response.new_thing", "delta": "x"}, {"type": "response.web_search_call.searching"}]
        padded = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "a", "obfuscation": "xyz"}
        assert collect(*chunks[:2], *odd, padded, *chunks[2:]) == decode(answer(said(text("a"))))

    def test_say_that_they_are_alive(self) -> None:
        assert feed({"type": "keepalive", "sequence_number": 3}) == [Ping()]

    def test_end_with_the_first_terminal_event(self) -> None:
        late = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "late"}
        assert collect(*streamed(said(text("a"))), late, *streamed(said(text("b")))).text == "a"

    def test_ignore_a_delta_after_its_item(self) -> None:
        chunks = streamed(said(text("a")))
        late = {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "late"}
        assert collect(*chunks[:-1], late, chunks[-1]).text == "a"

    @pytest.mark.parametrize(
        ("item", "late"),
        [
            (said(text("a")), {"type": "response.output_text.annotation.added", "annotation": CITED}),
            (PICTURE, {"type": "response.image_generation_call.partial_image", "partial_image_b64": "eA=="}),
            (said(text("a")), {"type": "response.output_item.done", "item": said(text("b"))}),
            (said(text("a")), announced(said(text("b")), 0)),
        ],
    )
    def test_ignore_what_comes_after_its_item(self, item: dict[str, Any], late: dict[str, Any]) -> None:
        chunks = streamed(item)
        late = {"item_id": item["id"], "output_index": 0, **late}
        assert collect(*chunks[:-1], late, chunks[-1]) == decode(answer(item))

    def test_ignore_deltas_without_text_and_content_without_type(self) -> None:
        empty = [
            {"type": "response.output_text.delta", "item_id": "msg_1", "delta": ""},
            {"type": "response.content_part.added", "item_id": "msg_1", "part": None},
        ]
        chunks = streamed(said(text("a")))
        assert collect(*chunks[:2], *empty, *chunks[2:]) == decode(answer(said(text("a"))))

    def test_take_items_that_were_never_announced_and_have_no_id(self) -> None:
        nameless = {name: value for name, value in CALL.items() if name != "id"}
        done = {"type": "response.output_item.done", "item": nameless}
        assert collect(done, {"type": "response.completed", "response": answer(nameless)}) == decode(answer(nameless))

    def test_know_an_item_by_its_place_alone(self) -> None:
        chunks = streamed(said(text("Hi")))
        deltas = [{"type": "response.output_text.delta", "output_index": 0, "delta": piece} for piece in ("H", "i")]
        assert collect(*chunks[:2], *deltas, *chunks[2:]) == decode(answer(said(text("Hi"))))

    def test_keep_what_was_delivered_where_the_item_has_less(self) -> None:
        delta = {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 1, "delta": "more"}
        chunks = streamed(said(text("a")))
        assert sorted(collect(*chunks[:2], delta, *chunks[2:]).text) == sorted("amore")

    @pytest.mark.parametrize(
        ("kind", "reason", "finish"),
        [
            ("response.incomplete", "max_output_tokens", "length"),
            ("response.incomplete", "content_filter", "content_filter"),
            ("response.incomplete", None, "interrupted"),
            ("response.cancelled", None, "interrupted"),
            ("response.completed", None, "stop"),
        ],
    )
    @pytest.mark.parametrize("stated", [True, False])
    def test_end_as_their_last_event_says(self, kind: str, reason: str | None, finish: str, *, stated: bool) -> None:
        status = kind.removeprefix("response.") if stated else "in_progress"
        details = {"reason": reason} if reason else None
        response = collect({"type": kind, "response": answer(status=status, incomplete_details=details)})
        assert response.finish.reason == finish

    @pytest.mark.parametrize("chunks", [[], streamed(said(text("a")))[:-1], ["[DONE]"]])
    def test_without_a_terminal_event_are_cut(self, chunks: list[Any]) -> None:
        with pytest.raises(StreamInterruptedError):
            collect(*chunks)

    def test_that_fail_raise_and_keep_the_usage(self) -> None:
        failed = answer(status="failed", error={"code": "server_error", "message": "broke"})
        decoder = API.decoder()
        (event,) = EventDecoder().feed(data({"type": "response.failed", "response": failed}))
        events = iter(decoder.feed(event))
        assert [next(events), type(next(events))] == [UsageSnapshot(decode(answer()).usage), ResponseSnapshot]
        with pytest.raises(ServerError, match="broke"):
            next(events)
        assert decoder.done

    @pytest.mark.parametrize(
        "event",
        [
            'event: error\ndata: {"type": "error", "code": "rate_limit_exceeded", "message": "slow"}\n\n',
            'data: {"type": "error", "error": {"type": "x", "code": "rate_limit_exceeded", "message": "slow"}}\n\n',
            'data: {"error": {"code": "rate_limit_exceeded", "message": "slow"}}\n\n',
        ],
    )
    def test_report_errors(self, event: str) -> None:
        with pytest.raises(RateLimitError, match="slow"):
            list(API.decoder().feed(EventDecoder().feed(event.encode())[0]))

    def test_report_errors_that_are_no_json(self) -> None:
        with pytest.raises(ProviderError, match="gone"):
            list(API.decoder().feed(EventDecoder().feed(b"event: error\ndata: gone\n\n")[0]))

    @pytest.mark.parametrize("chunk", ["{", "[]", "3", '{"type": "response.completed", "response": null}'])
    def test_that_break_the_dialect_are_refused(self, chunk: str) -> None:
        with pytest.raises(ProtocolError):
            feed(chunk)


class TestInput:
    @pytest.mark.parametrize(
        "output",
        [
            (THOUGHT, CALL),
            (THOUGHT, SEARCH, said(text("a", CITED), {"type": "refusal", "refusal": "No."}, phase="final_answer")),
            (said(text("a"), phase="commentary"), said(text("b"), id="msg_2"), CUSTOM, PICTURE),
            ({"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},),
        ],
    )
    def test_repeats_an_answer_item_by_item(self, output: tuple[dict[str, Any], ...]) -> None:
        response = decode(answer(*output))
        assert items(Message("user", "x"), response.message)[1:] == list(output)
        assert items(Message("user", "x"), Message.from_dict(response.message.to_dict()))[1:] == list(output)

    def test_holds_plain_words(self) -> None:
        assert items(Message("system", "s"), Message("user", "u"), Message("assistant", "a")) == [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": "a"},
        ]
        assert items(Message("user", "")) == [{"role": "user", "content": ""}]

    @pytest.mark.parametrize(
        ("part", "expected"),
        [
            (Text(text="a", options={"near": {"mark": 1}}), {"type": "input_text", "text": "a", "mark": 1}),
            (Data(value={"a": 1}), {"type": "input_text", "text": '{"a":1}'}),
            (
                Media(source=Bytes(data=b"x"), media_type="image/png", metadata={"detail": "low"}),
                {"type": "input_image", "image_url": "data:image/png;base64,eA==", "detail": "low"},
            ),
            (
                Media(source=Url(url="https://a.test/b"), media_type="image/*"),
                {"type": "input_image", "image_url": "https://a.test/b"},
            ),
            (Media(source=FileRef(file_id="f"), media_type="image/png"), {"type": "input_image", "file_id": "f"}),
            (
                Media(source=Bytes(data=b"x"), media_type="application/pdf"),
                {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,eA=="},
            ),
            (
                Media(source=Bytes(data=b"x"), media_type="text/csv", filename="a.csv"),
                {"type": "input_file", "filename": "a.csv", "file_data": "data:text/csv;base64,eA=="},
            ),
            (
                Media(source=Url(url="https://a.test/b.pdf"), media_type="application/pdf"),
                {"type": "input_file", "file_url": "https://a.test/b.pdf"},
            ),
            (Media(source=FileRef(file_id="f"), media_type="application/pdf"), {"type": "input_file", "file_id": "f"}),
            (Media(source=InlineText(text="t"), media_type="text/plain"), {"type": "input_text", "text": "t"}),
            (Extension(kind="near.input_new", value={"type": "input_new"}), {"type": "input_new"}),
        ],
    )
    def test_holds_content(self, part: Part, expected: dict[str, Any]) -> None:
        assert items(Message("user", [Text(text="see"), part])) == [
            {"role": "user", "content": [{"type": "input_text", "text": "see"}, expected]}
        ]

    @pytest.mark.parametrize("media_type", ["audio/wav", "video/mp4"])
    def test_refuses_sound_and_film(self, media_type: str) -> None:
        with pytest.raises(UnsupportedError, match=media_type):
            items(Message("user", [Media(source=Bytes(data=b"x"), media_type=media_type)]))

    def test_refuses_calls_in_a_message_of_the_user(self) -> None:
        with pytest.raises(UnsupportedError, match="ToolCall"):
            items(Message("user", [ToolCall(name="f", call_id="c")]))

    def test_answers_calls_in_the_order_given(self) -> None:
        results = [
            ToolResult(call_id="c1", name="f", content="one"),
            Extension(kind="near.mcp_approval_response", value={"type": "mcp_approval_response", "approve": True}),
            ToolResult(call_id="c2", name="g", content=[Data(value=[2])]),
            Text(text="and now?"),
        ]
        assert items(Message("tool", results)) == [
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "mcp_approval_response", "approve": True},
            {"type": "function_call_output", "call_id": "c2", "output": "[2]"},
            {"role": "user", "content": "and now?"},
        ]

    def test_answers_with_media(self) -> None:
        image = Media(source=Url(url="https://a.test/b"), media_type="image/png")
        odd = Extension(kind="far.thing", value={})
        (item,) = items(Message("tool", [ToolResult(call_id="c", name="f", content=[Text(text="t"), image, odd])]))
        assert item["output"] == [
            {"type": "input_text", "text": "t"},
            {"type": "input_image", "image_url": "https://a.test/b"},
        ]

    def test_answers_custom_tools_in_their_own_way(self) -> None:
        history = [Message("user", "x"), decode(answer(CUSTOM)).message]
        by_history = items(*history, Message("tool", [ToolResult(call_id="call_2", name="run", content="1")]))
        reported = ToolResult(call_id="call_9", name="run", content="1", metadata={"type": "custom"})
        by_metadata = items(Message("tool", [reported]))
        assert by_history[-1] == {"type": "custom_tool_call_output", "call_id": "call_2", "output": "1"}
        assert by_metadata[-1]["type"] == "custom_tool_call_output"

    def test_shortens_ids_that_are_too_long_everywhere_alike(self) -> None:
        long = "c" * 65
        call, result = items(
            Message("assistant", [ToolCall(name="f", call_id=long)]),
            Message("tool", [ToolResult(call_id=long, name="f", content="1")]),
        )
        assert call["call_id"] == result["call_id"]
        assert len(call["call_id"]) <= 64
        assert call["arguments"] == "{}"

    def test_leaves_out_what_others_made(self) -> None:
        foreign = [
            Reasoning(text="hm", seal=Seal(issuer="far", payload="s")),
            Reasoning(text="unsealed"),
            Extension(kind="far.search", value={}),
            ToolCall(name="search", call_id="s1", server_side=True),
            ToolResult(call_id="s1", name="search", content="found"),
            Media(source=Bytes(data=b"x"), media_type="image/png"),
            Text(text="a", id="far_1", citations=(Citation(source_url="https://a.test"),)),
            Refusal(text=" No."),
            ToolCall(name="f", call_id="toolu_1", arguments="{}", id="far_2"),
        ]
        message = Message("assistant", foreign)
        assert items(message) == [
            {"role": "assistant", "content": "a No."},
            {"type": "function_call", "call_id": "toolu_1", "name": "f", "arguments": "{}"},
        ]
        assert dropped(message) == ["reasoning", "reasoning", "extension", "toolcall", "toolresult", "media"]

    def test_leaves_out_names_and_reasoning_of_the_user(self) -> None:
        assert dropped(Message("user", [Text(text="a"), Reasoning(text="b")], name="Ann")) == ["name", "reasoning"]

    def test_has_no_reasoning_that_nobody_kept(self) -> None:
        thought = {**THOUGHT, "encrypted_content": None}
        message = decode(answer(thought, said(text("a"), phase="final_answer"), CALL)).message
        assert items(message)[0] == thought
        loose = items(message, options={"store": False})
        assert loose[0] == {"role": "assistant", "content": "a", "phase": "final_answer"}
        assert loose[1] == {name: value for name, value in CALL.items() if name != "id"}
        assert dropped(message, store=False) == ["reasoning"]

    def test_has_no_reasoning_that_led_to_nothing(self) -> None:
        message = decode(answer(said(text("a")), THOUGHT)).message
        assert [item["type"] for item in items(message)] == ["message"]
        assert dropped(message) == ["reasoning"]

    def test_may_end_in_reasoning_where_the_host_allows_it(self) -> None:
        api = OpenAIResponses(options=Options, provider="near", reasoning_leads=False, system_role="developer")
        message = decode(answer(said(text("a")), THOUGHT)).message
        request = ChatRequest(model="m", messages=(Message("system", "s"), message))
        sent = json.loads(api.encode(request, stream=False).body or b"")["input"]
        assert [sent[0]["role"], sent[-1]] == ["developer", THOUGHT]


class TestBodies:
    def test_hold_settings_where_this_api_has_them(self) -> None:
        settings = Settings(
            max_tokens=20,
            temperature=0.5,
            top_p=0.9,
            effort="low",
            logprobs=True,
            top_logprobs=2,
            service_tier="flex",
            parallel_tool_calls=False,
        )
        options = {"verbosity": "low", "reasoning_summary": "auto", "include": ["x"], "store": False}
        output = OutputFormat("json_schema", schema={"type": "object", "properties": {}}, name="a b")
        body = encode(settings=settings, options=options, tools=(Tool(name="f"),), output=output)
        del body["input"]
        assert body == {
            "model": "m",
            "max_output_tokens": 20,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_logprobs": 2,
            "service_tier": "flex",
            "parallel_tool_calls": False,
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {
                "verbosity": "low",
                "format": {
                    "type": "json_schema",
                    "name": "a_b",
                    "schema": {"type": "object", "properties": {}},
                    "strict": False,
                },
            },
            "store": False,
            "include": ["x", "message.output_text.logprobs", "reasoning.encrypted_content"],
            "tools": [
                {
                    "type": "function",
                    "name": "f",
                    "parameters": {"type": "object", "properties": {}},
                    "strict": False,
                }
            ],
        }

    def test_ask_for_any_json(self) -> None:
        assert encode(output=OutputFormat("json"))["text"] == {"format": {"type": "json_object"}}

    def test_leave_out_settings_that_this_api_lacks(self) -> None:
        request = ChatRequest(model="m", messages=(Message("user", "x"),), settings=Settings(seed=1, top_k=2))
        wire = API.encode(request, stream=False)
        assert [(each.kind, each.feature) for each in wire.adjustments] == [("dropped", "top_k"), ("dropped", "seed")]
        assert set(json.loads(wire.body or b"")) == {"model", "input"}

    def test_refuse_to_go_on_without_a_stop(self) -> None:
        with pytest.raises(UnsupportedError, match="stop"):
            encode(settings=Settings(stop="x"))

    def test_say_whether_they_stream(self) -> None:
        options = {"stream_options": {"include_obfuscation": False}}
        assert encode(stream=True, options=options)["stream_options"] == {"include_obfuscation": False}
        assert encode(stream=True)["stream"] is True
        assert "stream_options" not in encode(options=options)

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("none", "none"),
            ("required", "required"),
            ("f", {"type": "function", "name": "f"}),
            ("code", {"type": "custom", "name": "code"}),
            ("web_search", {"type": "web_search"}),
            ("docs", {"type": "mcp", "server_label": "docs"}),
            ("unknown", {"type": "function", "name": "unknown"}),
        ],
    )
    def test_choose_a_tool(self, choice: str, expected: Any) -> None:
        tools = (
            Tool(name="f", description="d", strict=True),
            ServerTool(id="near.custom", args={"name": "code"}),
            ServerTool(id="near.web_search"),
            ServerTool(id="near.mcp", args={"server_label": "docs"}),
        )
        body = encode(tools=tools, tool_choice=ToolChoice.of(choice))
        assert body["tool_choice"] == expected
        assert body["tools"][0] | {"parameters": {}} == {
            "type": "function",
            "name": "f",
            "description": "d",
            "parameters": {},
            "strict": True,
        }
        assert body["tools"][1:] == [
            {"type": "custom", "name": "code"},
            {"type": "web_search"},
            {"type": "mcp", "server_label": "docs"},
        ]

    def test_leave_the_choice_to_the_model(self) -> None:
        assert "tool_choice" not in encode(tools=(Tool(name="f"),))

    def test_refuse_tools_that_another_runs(self) -> None:
        with pytest.raises(UnsupportedError, match="far"):
            encode(tools=(ServerTool(id="far.search"),))

    def test_hold_a_prompt_as_a_conversation(self) -> None:
        wire = API.encode(CompletionRequest(model="m", prompt="p"), stream=False)
        assert (wire.url, json.loads(wire.body or b"")) == (
            "/responses",
            {"model": "m", "input": [{"role": "user", "content": "p"}]},
        )
        with pytest.raises(UnsupportedError, match="suffix"):
            API.encode(CompletionRequest(model="m", prompt="p", suffix="s"), stream=False)


class Either(OpenAIChat[Options]):
    """Speak chat, and the Responses API to models whose name begins with r."""

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        return API if request.model.startswith("r") else self


class TestProviders:
    async def test_speak_two_dialects(self, loopback: LoopbackServer) -> None:
        both = Either(options=Options, provider="near")
        loopback.reply(Reply.json(answer(said(text("Hi")))), Reply.json(whole()), Reply.sse(data(*streamed(CALL))))
        messages = (Message("user", "x"),)
        async with speaking(loopback, speaks=both) as near:
            assert near.prepare(ChatRequest(model="r", messages=messages)).url.endswith("/responses")
            for model, expected in (("r", "Hi"), ("c", "Hello")):
                response = await near.chat(ChatRequest(model=model, messages=messages), CallContext())
                assert response.text == expected
            async with near.stream(ChatRequest(model="r", messages=messages), CallContext()) as events:
                calls = [event.part for event in [each async for each in events] if isinstance(event, PartStart)]
        assert [type(call) for call in calls] == [ToolCall]
        assert [request.path for request in loopback.requests] == ["/responses", "/chat/completions", "/responses"]

    async def test_speak_it(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json(answer(said(text("Hi")))))
        request = ChatRequest(model="m", messages=(Message("user", "x"),))
        async with speaking(loopback, speaks=API) as near:
            response = await near.chat(request, CallContext())
        assert response.text == "Hi"
        assert loopback.requests[0].path == "/responses"

    async def test_take_a_whole_answer_for_a_stream(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json(answer(said(text("Hi")))))
        request = ChatRequest(model="m", messages=(Message("user", "x"),))
        async with speaking(loopback, speaks=API) as near, near.stream(request, CallContext()) as events:
            texts = [event.text async for event in events if isinstance(event, TextDelta)]
        assert texts == ["Hi"]

    async def test_tell_which_parameter_was_refused(self, loopback: LoopbackServer) -> None:
        error = {"message": "no", "type": "invalid_request_error", "param": "max_output_tokens", "code": "x"}
        loopback.reply(Reply.json({"error": error}, status=400))
        request = ChatRequest(model="m", messages=(Message("user", "x"),))
        async with speaking(loopback, speaks=API) as near:
            with pytest.raises(BadRequestError) as caught:
                await near.chat(request, CallContext())
        assert caught.value.parameter == "max_tokens"


def test_a_tool_may_carry_options_of_the_provider() -> None:
    tools = (Tool(name="f", options={"near": {"defer_loading": True}, "far": {"x": 1}}), Tool(name="g"))
    body = encode(tools=tools)
    assert [tool.get("defer_loading") for tool in body["tools"]] == [True, None]
    assert "x" not in body["tools"][0]


def test_all_citations_arrive_with_the_end_though_the_answer_holds_no_output() -> None:
    urls = [f"https://{number}.test" for number in range(100)]
    annotations = [
        {"type": "response.output_text.annotation.added", "item_id": "msg_1", "annotation": {**CITED, "url": url}}
        for url in urls
    ]
    delta = {"type": "response.output_text.delta", "item_id": "msg_1", "content_index": 0, "delta": "x"}
    response = {"id": "r", "model": "m", "status": "completed", "output": []}
    answer = collect(delta, *annotations, {"type": "response.completed", "response": response})
    [part] = answer.message.parts
    assert [each.source_url for each in part.citations] == urls  # type: ignore[union-attr]


def test_what_items_cannot_say_is_an_adjustment() -> None:
    marked = Text(text="a", options={"near": {"b": 1}})
    message = Message("user", [marked], options={"near": {"prefix": True}})
    assert dropped(message) == ["options"]
    assert items(message) == [{"role": "user", "content": [{"type": "input_text", "text": "a", "b": 1}]}]
