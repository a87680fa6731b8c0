"""Arguments are what a call is made with, once, however a server says them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from dragoman.spec.call_arguments import CallArguments, StreamedArguments, settled_arguments

NESTED = '{"k": {"k": 1}}'


def joined(*fragments: str) -> str:
    call = CallArguments()
    return "".join([call.add(each) for each in fragments]) + call.close()


@pytest.mark.parametrize(
    ("fragments", "arguments"),
    [
        ((), ""),
        (("", ""), ""),
        (("{}",), "{}"),
        (("{}", "{}"), "{}"),
        (("null",), "{}"),
        (("", "null", ""), "{}"),
        (("nu", "ll"), "{}"),
        (("null", "null"), "nullnull"),
        (("{}", "null"), "{}"),
        ((" ", "None"), "{}"),
        (("[", "]"), "{}"),
        (("[]", '{"a":1}'), '{"a":1}'),
        (('{"a":', "[]", "}"), '{"a":[]}'),
        (("nul",), "nul"),
        (('"', '{\\"a', '\\": 1}"'), '{"a": 1}'),
        (('"{}"',), "{}"),
        (('""',), "{}"),
        (('"no', 'thing"'), '"nothing"'),
        (("  ", '{"a":1}'), '  {"a":1}'),
        (("null", '{"a":1}'), '{"a":1}'),
        (("{}", '{"a":', "1}"), '{"a":1}'),
        (("{}", " "), "{}"),
        (("{}", "x"), "{}x"),
        (('{"a":1}', '{"a": 1}'), '{"a":1}'),
        (('{"a":1}', "{}"), '{"a":1}'),
        (('{"a":1}', '{"b":1}'), '{"a":1}{"b":1}'),
        (('{"a"', '{"a":1', '{"a":1}', '{"a":1}'), '{"a":1}'),
        (('{"a":1}{"a":1}',), '{"a":1}'),
        (('{"k": ', '{"k": 1}', "}"), NESTED),
        (('{"k": ', '{"k": 1}}'), NESTED),
        (('{"k": ', '{"k": {"k": ', '{"k": {"k": 1}}'), NESTED),
        (('{"k": ', '{"k": 1}'), '{"k": 1}'),
        (('{"k": ', '{"k": 1'), '{"k": 1'),
        (('{"k": ', '{"a": 1}}'), '{"k": {"a": 1}}'),
        (("[", "["), "[["),
    ],
)
def test_fragments(fragments: tuple[str, ...], arguments: str) -> None:
    assert joined(*fragments) == arguments


def test_an_object_replaces_what_came_before() -> None:
    call = CallArguments()
    call.set_object('{"a":1}')
    call.set_object('{"a":12}')
    assert call.close() == '{"a":12}'


def test_they_are_open_until_they_are_whole() -> None:
    call = CallArguments()
    assert (call.has_any, call.is_open) == (False, False)
    call.add('{"a":')
    assert (call.has_any, call.is_open, call.begins_another('{"b":1}')) == (True, True, False)
    call.add("1}")
    assert (call.is_open, call.begins_another("1"), call.begins_another('{"a": 1}')) == (False, False, False)
    assert call.begins_another('{"b":1}')
    assert not call.begins_another('{"b":')


@pytest.mark.parametrize(
    ("text", "is_held"),
    [("null", False), (" ", False), (" \nnull ", False), ("nul", True), ('"{', True), ('""', False), ('"' * 40, True)],
)
def test_what_may_say_that_there_are_none_is_kept_back(text: str, *, is_held: bool) -> None:
    for fragments in ([text], text):
        call = CallArguments()
        assert "".join(map(call.add, fragments)) == ""
        assert (call.has_any, call.is_open, call.lacks_all) == (is_held, is_held, not is_held)


def test_a_text_that_is_no_json_stays_as_it_is() -> None:
    call = CallArguments()
    assert [call.add_text(each) for each in ("null", "{}", '"', '"')] == ["null", "{}", '"', '"']
    assert (call.text, call.close()) == ('null{}""', "")


def test_they_are_looked_at_a_few_times_only() -> None:
    call = CallArguments()
    call.add('{"a":{"a":1}')
    assert all(call.is_open for _ in range(20))


def test_calls_of_a_stream_are_closed_in_their_order() -> None:
    arguments = StreamedArguments()
    for index in (3, 1, 2):
        arguments.of(index).add("{}" if index != 2 else '{"a":1}')
    assert [*arguments.close()] == [(1, "{}"), (3, "{}")]


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ('{"a":1}', '{"a":1}'),
        ('{"a":1}{"a": 1}', '{"a": 1}'),
        ('{"a":1} \n {"a":1} ', '{"a":1}'),
        ('{}{"a":1}', '{"a":1}'),
        ('{"a":1}{}', '{"a":1}'),
        ("{}{}", "{}"),
        ('{"a":1}{"a":2}', '{"a":1}{"a":2}'),
        ('{"a":"}{"}', '{"a":"}{"}'),
        ('{"a":1}{"a":', '{"a":1}{"a":'),
        ('{"a":1}{"a":1} [1]', '{"a":1}{"a":1} [1]'),
        ("", ""),
        (" ", "{}"),
        (" null\n", "{}"),
        ("None", "{}"),
        ("[]", "{}"),
        ('""', "{}"),
        ('"null"', "{}"),
        ('"{}"', "{}"),
        (' "{\\"a\\": 1}" ', '{"a": 1}'),
        ('"{\\"a\\"', '"{\\"a\\"'),
        ('"a"', '"a"'),
        ("[1]", "[1]"),
        (' {"a":1}{"a":1}', '{"a":1}'),
        ("{}" + '{"a":' * 100_000, "{}" + '{"a":' * 100_000),
    ],
)
def test_arguments_that_were_joined_are_settled(text: str, settled: str) -> None:
    assert settled_arguments(text) == settled


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["{}", "}{", '{"a":']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", ""]), inner, max_size=2),
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON, max_size=2), st.data())
def test_pieces_and_growing_texts_mean_the_same(value: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps(value)
    places = sorted(data.draw(st.sets(st.integers(1, len(text)))) | {len(text)})
    pieces = [text[start:end] for start, end in zip([0, *places], places, strict=False)]
    for said in (
        pieces,
        [*pieces, text],
        [text, text],
        [text[:place] for place in places],
        ["{}", *pieces],
        [text * 2],
    ):
        assert json.loads(joined(*said)) == value


def test_other_arguments_after_a_call_began_again_are_kept() -> None:
    call = CallArguments()
    added = [call.add('{"a"'), call.add(":1")]
    call.begin_again()
    assert "".join([*added, call.add('{"a":2'), call.add("}"), call.close()]) == '{"a":1{"a":2}'
