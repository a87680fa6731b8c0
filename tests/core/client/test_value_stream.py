"""stream_extract(T) gives what is whole of a value, checked, in whichever way the model is asked for it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen

from core.client.test_extraction import WAYS
from core.scripted import Scripted
from dragoman import (
    LLM,
    ArgumentsDelta,
    ChatRequest,
    ConfigurationError,
    Event,
    Finish,
    InvalidRequestError,
    LLMConfig,
    OutputValidationError,
    Partial,
    PartStart,
    PartUpdate,
    ProtocolError,
    RateLimitError,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalError,
    ResponseSnapshot,
    StreamInterruptedError,
    SyncLLM,
    Text,
    TextDelta,
    ToolCall,
    TruncatedOutputError,
)


@frozen
class City:
    name: str
    inhabitants: int = 0


CITIES = '{"value": [{"name": "Oslo \\ud83d\\ude00", "inhabitants": null}, {"name": "Bern", "inhabitants": 5.0}]}'
FOUND = [City("Oslo 😀"), City("Bern", 5)]
CONFIG = LLMConfig(model="scripted/m")


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def streamed(text: str, size: int = 3, reason: str = "stop") -> list[Event | BaseException]:
    return [
        PartStart(0, Reasoning()),
        ReasoningDelta(0, "hm"),
        PartStart(1, Text(text="")),
        *(TextDelta(1, piece) for piece in pieces(text, size)),
        ResponseSnapshot(finish=Finish(reason=reason)),
    ]


def called(arguments: str, size: int = 3) -> list[Event | BaseException]:
    return [
        PartStart(0, ToolCall(name="give_answer", call_id="1")),
        *(ArgumentsDelta(0, piece) for piece in pieces(arguments, size)),
        ResponseSnapshot(finish=Finish(reason="tool_calls")),
    ]


async def seen(kind: Any, **more: Any) -> list[Any]:
    async with LLM(CONFIG).stream_extract(kind, "Hi", **more) as stream:
        return [partial.data async for partial in stream]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("around", ["{}", "Here you are:\n```json\n{}\n```\nBye", "<think>[1]</think>{}", "Sure.\n{}"])
async def test_items_are_given_in_each_way(scripted: Scripted, way: str, size: int, around: str) -> None:
    scripted.accepts = WAYS[way]
    text = around.replace("{}", CITIES)
    scripted.script = [called(CITIES, size) if way == "tool" else streamed(text, size)]
    async with LLM(CONFIG).stream_extract(list[City], "Hi", seed=5) as stream:
        assert [city async for city in stream.items()] == FOUND
        assert stream.value == stream.response.value == FOUND
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert request.settings.seed == 5
    assert [bool(request.tools), request.output.kind] == [
        way == "tool",
        {"schema": "json_schema", "json": "json"}.get(way, "text"),
    ]


async def test_an_item_is_given_before_the_next_one_has_arrived(scripted: Scripted) -> None:
    text = '[{"name": "Oslo"}, {"name": "Bern"}'
    events = streamed(text, 1)[:-1]
    scripted.script = [[*events, RateLimitError("slow down")]]
    found: list[City] = []

    async def read() -> None:
        async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
            async for city in stream.items():
                found.append(city)  # noqa: PERF401  # a comprehension would lose what came before the error

    with pytest.raises(RateLimitError) as caught:
        await read()
    assert found == [City("Oslo"), City("Bern")]
    assert caught.value.partial is not None
    assert caught.value.partial.text == text


async def test_states_are_plain_data_and_each_is_its_own(scripted: Scripted) -> None:
    scripted.script = [streamed('{"name": "Oslo", "inhabitants": 1}')]
    async with LLM(CONFIG).stream_extract(City, "Hi") as stream:
        states = [partial async for partial in stream]
    assert states == [Partial({"name": "Oslo"}), Partial({"name": "Oslo", "inhabitants": 1}, is_whole=True)]
    assert stream.value == City("Oslo", 1)


async def test_not_yet_and_null_are_different(scripted: Scripted) -> None:
    scripted.script = [
        streamed('{"a": null, "b": 1}', 1),
        streamed('{"value": {"name": "Oslo", "inhabitants": null}}', 1),
        streamed('{"name": "Oslo", "inhabitants": null}', 1),
    ]
    assert await seen(dict[str, int | None]) == [{"a": None}, {"a": None, "b": 1}]
    for _ in range(2):  # in an object of its own, and as it is
        states = await seen(City | None)
        assert states[-1] == {"name": "Oslo"}  # null for a member with a default is the default


async def test_members_are_checked_when_they_are_whole(scripted: Scripted) -> None:
    scripted.script = [streamed('{"name": "Oslo", "inhabitants": "many", "x": "and so on', 1)[:-1]]
    async with LLM(CONFIG).stream_extract(City, "Hi") as stream:
        assert (await anext(stream)).data == {"name": "Oslo"}
        with pytest.raises(
            OutputValidationError, match=r"does not fit City: expected int, not 'many' @ \$\.inh"
        ) as caught:
            await anext(stream)
        assert [partial async for partial in stream] == []
        with pytest.raises(ProtocolError, match="not complete"):
            _ = stream.value
    assert caught.value.partial is not None
    assert caught.value.partial.text.endswith('"many"')
    assert caught.value.provider == "scripted"


async def test_an_item_that_does_not_fit_is_an_error_with_its_path(scripted: Scripted) -> None:
    scripted.script = [streamed('[{"name": "Oslo"}, {"name": 5}]')]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        items = stream.items()
        assert await anext(items) == City("Oslo")
        with pytest.raises(OutputValidationError, match=r"expected str, not 5 @ \$\[1\]\.name"):
            await anext(items)


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        (list[str], '{"a": "x", "b": "y"}', "$"),
        (list[City], '{"cities": [{"name": "Oslo"}]}', "$"),
        (dict[str, list[int]], '{"a": {"b": "x"}}', "$.a"),
    ],
)
async def test_the_members_of_an_object_are_no_items(scripted: Scripted, kind: Any, text: str, path: str) -> None:
    """An object in place of a list is refused itself, and none of its members is given as an item."""
    words = rf"expected a list, not \{{.*\}} @ {re.escape(path)}$"
    scripted.script = [streamed(text), streamed(text)]
    with pytest.raises(OutputValidationError, match=words):
        await seen(kind)
    given = list[Any]()
    async with LLM(CONFIG).stream_extract(kind, "Hi") as stream:
        with pytest.raises((OutputValidationError, InvalidRequestError)):
            await _take(stream, given)
    assert given == []


async def _take(stream: Any, given: list[Any]) -> None:
    async for each in stream.items():
        given.append(each)  # noqa: PERF401  # it fails on the way


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "5", 5),
        (int, '{"value": 5}', 5),
        (str | None, '{"value": null}', None),
        (City | list[City], '{"value": [{"name": "Oslo"}]}', [City("Oslo")]),
        (list[City], "no brackets, 1. Oslo", OutputValidationError),
        (list[int], '["x"]', OutputValidationError),
        (set[int], "[1, 2]", {1, 2}),
        (tuple[int, ...], '{"value": [1, 2]}', (1, 2)),
        (list[list[int]], "[[1], []]", [[1], []]),
        (dict[str, int], '{"value": 5}', {"value": 5}),
    ],
)
async def test_the_value_is_that_of_parse(scripted: Scripted, kind: Any, text: str, value: Any) -> None:
    for size in (1, 1000):
        scripted.script = [streamed(text, size), streamed(text, size)]
        async with LLM(CONFIG).stream("Hi") as plain:
            response = await plain.collect()
        async with LLM(CONFIG).stream_extract(kind, "Hi") as stream:
            if value is OutputValidationError:
                with pytest.raises(OutputValidationError):
                    await stream.collect()
                continue
            states = [partial async for partial in stream]
            assert stream.value == await stream.collect() == response.parse(kind) == value
        assert states[-1].is_whole


async def test_a_text_without_brackets_is_read_at_its_end(scripted: Scripted) -> None:
    scripted.script = [streamed('It is [{"name": "Oslo"}] I think')]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        assert [city async for city in stream.items()] == [City("Oslo")]


async def test_only_a_list_has_items(scripted: Scripted) -> None:
    scripted.script = [streamed('{"name": "Oslo"}')]
    async with LLM(CONFIG).stream_extract(City, "Hi") as stream:
        untyped: Any = stream
        with pytest.raises(InvalidRequestError, match=r"City.* has no items; iterate over the stream itself"):
            untyped.items()
        with pytest.raises(ProtocolError, match="not complete"):
            _ = stream.value
        with pytest.raises(TypeError, match="cannot be copied"):
            copy.copy(stream)
        assert await stream.collect() == City("Oslo")


async def test_other_data_than_was_given_is_an_error(scripted: Scripted) -> None:
    text = '[{"name": "Oslo"}]\nNo, rather:\n```\n[{"name": "Bern"}]\n```'
    scripted.script = [streamed(text)]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        items = stream.items()
        assert await anext(items) == City("Oslo")
        with pytest.raises(OutputValidationError, match="several JSON texts that differ"):
            await anext(items)
        assert stream.response.text == text


@pytest.mark.parametrize(
    ("events", "error"),
    [
        (
            [PartStart(0, Refusal(text="")), TextDelta(0, "no"), ResponseSnapshot(finish=Finish(reason="stop"))],
            RefusalError,
        ),
        (streamed('[{"name": "Oslo"}, {"na', 3, "length"), TruncatedOutputError),
        (streamed('[{"name": "Oslo"}, {"na')[:-1], StreamInterruptedError),
    ],
)
async def test_an_answer_that_is_none_is_the_error_of_parse(scripted: Scripted, events: Any, error: Any) -> None:
    scripted.script = [events]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        with pytest.raises(error):
            assert [city async for city in stream.items()] == []


async def test_a_text_may_be_replaced_by_itself(scripted: Scripted) -> None:
    start, end = '[{"name": "Oslo"},', ' {"name": "Bern"}]'
    done = ResponseSnapshot(finish=Finish(reason="stop"))
    scripted.script = [
        [PartStart(0, Text(text=start)), PartUpdate(0, Text(text="")), PartUpdate(0, Text(text=start + end)), done],
        [PartStart(0, Text(text='[{"x')), PartUpdate(0, Text(text='[{"name": "Bern"}]')), done],
    ]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        assert [city async for city in stream.items()] == [City("Oslo"), City("Bern")]
    async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
        assert [city async for city in stream.items()] == [City("Bern")]


async def test_texts_are_read_in_their_order(scripted: Scripted) -> None:
    done = ResponseSnapshot(finish=Finish(reason="stop"))
    two = [PartStart(0, Text(text="Sure!")), PartStart(1, Text(text=""))]
    scripted.script = [
        [*two, TextDelta(1, '[{"name": "Oslo"}]'), done],
        [*two, TextDelta(1, '[{"name":'), TextDelta(0, " "), TextDelta(1, ' "Oslo"}]'), done],
    ]
    for _ in range(2):
        async with LLM(CONFIG).stream_extract(list[City], "Hi") as stream:
            assert [city async for city in stream.items()] == [City("Oslo")]


async def test_it_takes_no_other_format(scripted: Scripted) -> None:
    with pytest.raises(InvalidRequestError, match="leave output= out"):
        LLM(CONFIG).stream_extract(City, "Hi", output="json")
    assert not scripted.asked


async def test_a_block_is_entered_once(scripted: Scripted) -> None:
    scripted.script = [streamed("[]")]
    manager = LLM(CONFIG).stream_extract(list[City], "Hi")
    async with manager as stream:
        assert await stream.collect() == []
    with pytest.raises(ConfigurationError, match="already entered"):
        await manager.__aenter__()


def test_it_is_the_same_without_await(scripted: Scripted) -> None:
    scripted.script = [streamed(CITIES), streamed('{"name": "Oslo"}'), streamed("[]")]
    llm = SyncLLM(CONFIG)
    with llm.stream_extract(list[City], "Hi") as stream:
        assert [*stream.items()] == FOUND
    assert stream.value == stream.response.value == FOUND
    with llm.stream_extract(City, "Hi") as one:
        assert [partial.data for partial in one][-1] == {"name": "Oslo"}
    with llm.stream_extract(list[City], "Hi") as none:
        assert none.collect() == []
