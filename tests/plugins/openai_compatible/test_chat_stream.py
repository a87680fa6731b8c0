from __future__ import annotations

import json
from typing import Any

import pytest

from core.http.calls import Options, assemble, chunk, decoded, dialect
from dragoman import (
    Bytes,
    Media,
    OverloadedError,
    PartStart,
    ProtocolError,
    ProviderError,
    Refusal,
    ResponseTooLargeError,
    Seal,
    ServerError,
    StreamInterruptedError,
    Text,
    TextDelta,
)
from dragoman.http import ServerSentEvent
from dragoman_openai_compatible import OpenAIChat

STOP = chunk(finish="stop")


def call(**fields: Any) -> dict[str, Any]:
    """Return a chunk with one fragment of a tool call."""
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    return chunk({"tool_calls": [{**fields, "function": function}]})


def calls(*chunks: Any) -> list[tuple[str, str, str]]:
    response = decoded(*chunks, chunk(finish="tool_calls"))
    return [(each.name, each.call_id, each.arguments) for each in response.tool_calls]


class TestText:
    def test_adds_up(self) -> None:
        response = decoded(
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "a"}),
            chunk({"role": "assistant", "content": "b"}),
            chunk({"content": None}),
            chunk({"content": [{"type": "text", "text": "c"}]}),
            {"choices": [{"delta": None}]},
            {"choices": None},
            {},
            STOP,
        )
        assert response.message.parts == (Text(text="abc"),)
        assert response.finish.reason == "stop"

    def test_of_prompts_adds_up(self) -> None:
        response = decoded(
            *({"choices": [{"text": text}]} for text in "ab"), {"choices": [{"finish_reason": "length"}]}
        )
        assert (response.text, response.finish.reason) == ("ab", "length")

    def test_is_kept_apart_from_reasoning_and_refusal(self) -> None:
        response = decoded(
            chunk({"reasoning_content": "h"}),
            chunk({"reasoning": "m"}),
            chunk({"content": "a"}),
            chunk({"content": "b", "reasoning_content": "!"}),
            chunk({"refusal": "n"}),
            chunk({"refusal": "o"}),
            STOP,
        )
        assert (response.reasoning, response.text, response.refusal) == ("hm!", "ab", "no")
        assert isinstance(response.message.parts[2], Refusal)
        assert response.finish.reason == "refusal"

    def test_beside_a_call_loses_neither(self) -> None:
        response = decoded(
            chunk({"content": "a"}),
            chunk({"content": "b", "tool_calls": [{"index": 0, "id": "1", "function": {"name": "f"}}]}),
            STOP,
        )
        assert (response.text, [each.name for each in response.tool_calls]) == ("ab", ["f"])

    @pytest.mark.parametrize("first", [{"content": "a"}, {}])
    def test_may_be_cited(self, first: dict[str, str]) -> None:
        cited = [{"type": "url_citation", "url_citation": {"url": f"https://{each}.test"}} for each in "xy"]
        response = decoded(
            chunk(first), chunk({"annotations": cited[:1]}), chunk({"content": "b", "annotations": cited[1:]}), STOP
        )
        (text,) = response.message.of_type(Text)
        assert [each.source_url for each in text.citations] == ["https://x.test", "https://y.test"]
        assert text.text == first.get("content", "") + "b"

    def test_may_come_as_a_message(self) -> None:
        assert decoded({"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}).text == "a"


def test_reasoning_may_be_a_part_of_the_content() -> None:
    thinking = [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]
    response = decoded(
        chunk({"content": [{"type": "thinking", "thinking": thinking}]}),
        chunk({"content": [{"type": "thinking", "thinking": "!"}, {"type": "text", "text": "a"}]}),
        chunk({"content": "b"}),
        STOP,
    )
    assert (response.reasoning, response.text) == ("hm!", "ab")


class TestCalls:
    @pytest.mark.parametrize(
        ("fragments", "expected"),
        [
            (
                [
                    call(index=0, id="1", name="f", arguments=""),
                    call(index=0, arguments='{"a"'),
                    call(index=0, arguments=":1}"),
                ],
                [("f", "1", '{"a":1}')],
            ),
            (
                [
                    call(index=0, id="1", name="f"),
                    call(index=1, id="2", name="g"),
                    call(index=0, arguments="x"),
                    call(index=1, arguments="y"),
                    call(index=0, arguments="z"),
                ],
                [("f", "1", "xz"), ("g", "2", "y")],
            ),
            (
                [call(id="1", name="f"), call(arguments="x"), call(id="2", name="g"), call(arguments="y")],
                [("f", "1", "x"), ("g", "2", "y")],
            ),
            (
                [call(id="1", name="f"), call(id="2", name="g"), call(id="1", arguments="x"), call(arguments="y")],
                [("f", "1", "xy"), ("g", "2", "")],
            ),
            (
                [call(index=0, id="1", name="f", arguments="x"), call(index=0, id="2", name="g", arguments="y")],
                [("f", "1", "x"), ("g", "2", "y")],
            ),
            (
                [
                    call(index=0, id="1", name="f"),
                    call(index=0, id="2", name="g"),
                    call(index=0, id="1", arguments="x"),
                    call(index=0, id="2", arguments="y"),
                ],
                [("f", "1", "x"), ("g", "2", "y")],
            ),
            (
                [call(index=0, id="1", name="f", arguments="x"), call(index=0, id="1", name="f", arguments="y")],
                [("f", "1", "xy")],
            ),
            ([call(index=0, id="1", name="f"), call(index=0, id="9", arguments="x")], [("f", "1", "x")]),
            ([call(index=0, id="1"), call(index=0, name="f", arguments="x")], [("f", "1", "x")]),
            ([call(index=0, id="", name="f"), call(index=0, id="", arguments="x")], [("f", "call_0", "x")]),
            ([call(name="f", arguments="x")], [("f", "call_0", "x")]),
            ([call(index=0, name="f"), call(index=1, name="g")], [("f", "call_0", ""), ("g", "call_1", "")]),
            ([call(index=0, id="1", name="f", arguments={"a": 1})], [("f", "1", '{"a":1}')]),
            ([call(index=0, id="1", name="f", arguments=None)], [("f", "1", "")]),
            ([call(index=None, id="1", name="f", arguments="x")], [("f", "1", "x")]),
            (
                [call(index=0, id="", name="f", arguments="x"), call(index=0, id="", name="g", arguments="y")],
                [("f", "call_0", "x"), ("g", "call_1", "y")],
            ),
            (
                [call(index=0, id="1", name="f", arguments="x"), call(index=0, id="1", name="g", arguments="y")],
                [("f", "1", "x"), ("g", "1_1", "y")],
            ),
            (
                [call(index=0, id="1", name="f"), call(index=1, id="1", name="g")],
                [("f", "1", ""), ("g", "1_1", "")],
            ),
            (
                [call(index=0, id="1", name="get_"), call(index=0, name="time"), call(index=0, arguments="x")],
                [("get_time", "1", "x")],
            ),
            (
                [call(index=0, id="1", name="get"), call(index=0, name="get_time"), call(index=0, arguments="x")],
                [("get_time", "1", "x")],
            ),
            (
                [call(index=0, id="1", name="f"), call(index=1, id="1", arguments="x"), call(index=1, arguments="y")],
                [("f", "1", "xy")],
            ),
            (
                [call(index=0, id="1", name="f", arguments="{}"), call(index=0, arguments='{"a":1}')],
                [("f", "1", '{"a":1}')],
            ),
            ([call(index=0, id="1", name="f", arguments="{}")], [("f", "1", "{}")]),
            ([call(index=0, id="1", name="f", arguments="{}"), call(index=0, arguments="x")], [("f", "1", "{}x")]),
        ],
        ids=[
            "fragments",
            "interleaved",
            "no index",
            "no index, by id",
            "all index 0",
            "all index 0, by id",
            "id repeated",
            "id changes",
            "name later",
            "empty id",
            "nothing but a name",
            "no ids",
            "an object",
            "null",
            "null index",
            "another name at the same index",
            "another name with the same id",
            "another name with the same id at another index, no arguments",
            "a name in pieces",
            "a name sent again and longer",
            "one id at two indices",
            "an empty object before the arguments",
            "an empty object",
            "an empty object before other text",
        ],
    )
    def test_add_up(self, fragments: list[Any], expected: list[tuple[str, str, str]]) -> None:
        assert calls(*fragments) == expected

    def test_keep_the_signature_that_gemini_expects_back(self) -> None:
        signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
        response = decoded(
            chunk({"content": "a", **signed}),
            chunk({"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "f"}, **signed}]}),
            chunk({"tool_calls": [{"index": 1, "id": "2", "function": {"name": "g"}}]}),
            chunk({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}, **signed}]}),
            STOP,
        )
        seal = Seal(issuer="near", payload=signed)
        assert [part.seal for part in response.message.parts] == [seal, seal, seal]

    def test_of_custom_tools_add_up(self) -> None:
        fragments = [
            chunk({"tool_calls": [{"index": 0, "id": "1", "custom": {"name": "f", "input": "fr"}}]}),
            chunk({"tool_calls": [{"index": 0, "custom": {"input": "ee"}}]}),
        ]
        assert calls(*fragments) == [("f", "1", "free")]

    def test_in_the_older_form_add_up(self) -> None:
        fragments = [
            chunk({"function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"arguments": "{}"}}),
        ]
        assert calls(*fragments) == [("f", "call_0", "{}")]


class TestMedia:
    def test_add_up(self) -> None:
        response = decoded(
            chunk({"audio": {"id": "a1", "transcript": "H"}}),
            chunk({"audio": {"data": "UklG", "transcript": "i"}}),
            chunk({"audio": {"data": "Rg=="}}),
            chunk({"audio": {"expires_at": 9}}),
            chunk({"images": [{"image_url": {"url": "data:image/png;base64,iVBORw=="}}]}),
            STOP,
        )
        assert response.message.parts == (
            Media(
                source=Bytes(data=b"RIFF"),
                media_type="audio/*",
                id="a1",
                metadata={"transcript": "Hi", "expires_at": 9},
            ),
            Media(source=Bytes(data=b"\x89PNG"), media_type="image/png"),
        )

    def test_that_are_broken_break_the_dialect(self) -> None:
        with pytest.raises(ProtocolError, match="base64"):
            decoded(chunk({"audio": {"data": "x"}}))


class TestFacts:
    def test_are_reported_once_each_time_they_change(self) -> None:
        facts = {"id": "c1", "model": "m-1", "created": 7, "system_fingerprint": "fp"}
        response = decoded({**STOP, **facts}, {**facts, "id": None, "choices": [], "service_tier": "flex"})
        origin = response.origin
        assert (origin.response_id, origin.served_model, origin.created) == ("c1", "m-1", 7.0)
        assert response.metadata == {"system_fingerprint": "fp", "service_tier": "flex"}
        decoder = dialect().decoder()
        event = ServerSentEvent(json.dumps({**facts, "choices": []}).encode())
        assert (len(list(decoder.feed(event))), len(list(decoder.feed(event)))) == (1, 0)

    @pytest.mark.parametrize(
        ("usages", "expected"),
        [
            ([None, None, {"prompt_tokens": 3, "completion_tokens": 2}], (3, 2)),
            ([{"prompt_tokens": 3, "completion_tokens": 1}, {"prompt_tokens": 3, "completion_tokens": 2}], (3, 2)),
            ([None], (None, None)),
            ([{"prompt_tokens": -1}], (None, None)),
            ([7], (None, None)),
        ],
    )
    def test_usage_replaces_and_never_adds(self, usages: list[Any], expected: tuple[int | None, ...]) -> None:
        usage = decoded(STOP, *({"choices": [], "usage": each} for each in usages)).usage
        assert (usage.input_tokens, usage.output_tokens) == expected

    def test_probabilities_and_other_choices_are_kept(self) -> None:
        probable = chunk({"content": "a"})
        probable["choices"][0]["logprobs"] = {"content": [{"token": "a"}]}
        response = decoded(
            chunk({"content": "x"}, index=2),
            probable,
            chunk({"content": "b"}, index=1),
            chunk({"content": "c"}, index=1),
            chunk(finish="length", index=1),
            chunk(index=2),
            STOP,
        )
        assert response.text == "a"
        assert response.metadata == {
            "logprobs": {"content": [{"token": "a"}]},
            "choices": [
                {"index": 1, "text": "bc", "finish_reason": "length"},
                {"index": 2, "text": "x", "finish_reason": None},
            ],
        }

    @pytest.mark.parametrize("index", [None, "1", 0, -1, [], 1.5])
    def test_an_odd_index_is_the_first(self, index: Any) -> None:
        assert decoded(chunk({"content": "a"}, index=index), STOP).text == "a"

    def test_of_a_host_are_kept(self) -> None:
        class Far(OpenAIChat[Any]):
            def choice_metadata(self, choice: Any) -> dict[str, Any]:
                return {"native": choice["native"]} if "native" in choice else {}

        odd: dict[str, Any] = {"choices": [{"delta": {"content": "a"}, "native": "x"}]}
        last: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop", "native": "y"}]}
        assert decoded(odd, last, speaks=Far(options=Options, provider="far")).metadata == {"native": "y"}


class TestEnds:
    def test_done_is_no_reason(self) -> None:
        with pytest.raises(StreamInterruptedError) as caught:
            decoded(chunk({"content": "a"}), b"[DONE]")
        assert caught.value.partial is not None
        assert caught.value.partial.text == "a"

    def test_a_reason_needs_no_done(self) -> None:
        assert decoded(chunk({"content": "a"}), STOP).finish.raw == "stop"

    def test_done_is_the_last_word(self) -> None:
        decoder = dialect().decoder()
        assert not decoder.done
        assert list(decoder.feed(ServerSentEvent(b"[DONE]"))) == []
        assert decoder.done

    @pytest.mark.parametrize(
        ("event", "kind"),
        [
            (ServerSentEvent(b'{"error": {"message": "no", "type": "server_error"}}'), ServerError),
            (ServerSentEvent(b'{"error": {"message": "no", "code": 503}}'), OverloadedError),
            (ServerSentEvent(b'{"error": "no"}'), ProviderError),
            (ServerSentEvent(b'{"message": "no"}', "error"), ProviderError),
            (ServerSentEvent(b"no", "error"), ProviderError),
            (ServerSentEvent(b'"no"', "error"), ProviderError),
        ],
    )
    def test_may_be_errors(self, event: ServerSentEvent, kind: type[ProviderError]) -> None:
        with pytest.raises(kind, match="no") as caught:
            list(dialect().decoder().feed(event))
        assert type(caught.value) is kind

    @pytest.mark.parametrize("data", [b"{", b"[]", b"null", b"7", b'"x"', b'{"a": \xff}'])
    def test_may_be_broken(self, data: bytes) -> None:
        with pytest.raises(ProtocolError):
            list(dialect().decoder().feed(ServerSentEvent(data)))


def test_half_a_surrogate_pair_does_no_harm() -> None:
    response = decoded(rb'{"choices": [{"delta": {"content": "a\ud83d"}}]}', STOP)
    assert response.text.encode() == "a\ufffd".encode()


def test_unknown_members_are_ignored() -> None:
    odd = {"choices": [{"delta": {"content": "a", "odd": 1}, "odd": 2}], "odd": 3, "obfuscation": "x"}
    assert decoded(odd, STOP).text == "a"


def test_the_plain_case_makes_one_event_of_each_chunk() -> None:
    decoder = dialect().decoder()
    first, *rest = [
        list(decoder.feed(ServerSentEvent(json.dumps({"choices": [{"delta": {"content": each}}]}).encode())))
        for each in "abc"
    ]
    assert [type(event) for event in first] == [PartStart, TextDelta]
    assert rest == [[TextDelta(0, "b")], [TextDelta(0, "c")]]
    with pytest.raises(StreamInterruptedError):
        assemble([event for events in (first, *rest) for event in events])


class TestMuch:
    def test_all_citations_arrive_with_the_end(self) -> None:
        cited = [{"type": "url_citation", "url_citation": {"url": f"u{number}"}} for number in range(100)]
        response = decoded(chunk({"content": "x"}), *(chunk({"annotations": [each]}) for each in cited), STOP)
        [text] = response.message.parts
        assert isinstance(text, Text)
        assert [each.source_url for each in text.citations] == [f"u{number}" for number in range(100)]

    def test_sound_without_words_has_no_transcript(self) -> None:
        response = decoded(chunk({"audio": {"id": "a", "data": "AAAA"}}), STOP)
        [sound] = response.message.parts
        assert isinstance(sound, Media)
        assert sound.metadata == {}

    def test_choices_are_no_more_than_anybody_asks_for(self) -> None:
        with pytest.raises(ResponseTooLargeError, match="more than 10000 choices"):
            decoded(*(chunk({"content": "x"}, index=number + 1) for number in range(10_001)), STOP)
