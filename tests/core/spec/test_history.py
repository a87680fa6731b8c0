"""Histories are fitted to a wire once for all dialects, and nothing that is said is lost."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from dragoman import (
    Capabilities,
    ChatRequest,
    InvalidRequestError,
    Message,
    Reasoning,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    fit,
)
from dragoman.spec.history import fit_history
from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.tool_names import decode_name, encode_name

HALF = ToolResult(call_id="c2", name="f")
LETTERS = "[a-zA-Z0-9_-]"
STRICT = HistoryRules(
    call_id_letters=LETTERS,
    call_id_length=40,
    tool_name_letters=LETTERS,
    tool_name_length=64,
    speaker_letters=LETTERS,
    calls_last=True,
    blank_text=False,
    bare_errors=False,
    open_end=False,
)
ASKED = Message("user", "q")


def call(call_id: str = "c", name: str = "f", **more: Any) -> ToolCall:
    return ToolCall(name=name, call_id=call_id, arguments="{}", **more)


def result(call_id: str = "c", name: str = "f", content: Any = "1", **more: Any) -> Message:
    return Message("tool", [ToolResult(call_id=call_id, name=name, content=content, **more)])


def fitted(*messages: Message, rules: HistoryRules = STRICT, **more: Any) -> tuple[tuple[Message, ...], list[Any]]:
    request = ChatRequest(model="m", messages=messages, settings=Settings(), **more)
    got, notes, _ = fit_history(request, rules, by="test")
    assert fit_history(got, rules, by="test")[0] == got  # what was fitted fits
    return got.messages, notes


def test_what_fits_stays_the_very_same() -> None:
    messages = (
        Message("system", "Be brief."),
        ASKED,
        Message("assistant", [Reasoning(text="hm"), Text(text="Let me see."), call()]),
        result(),
        Message("assistant", "Done."),
        Message("user", "Thanks", name="Ann"),
    )
    request = ChatRequest(model="m", messages=messages, settings=Settings(), tools=(Tool(name="f"),))
    got, notes, names = fit_history(request, STRICT, by="test")
    assert got is request
    assert (notes, names) == ([], {})


OBJECTS = HistoryRules(argument_texts=False)
IN_TURNS = HistoryRules(input_after_results=False)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("null", "{}"),
        ('{"a": "Oslo', '{"invalid_json": "{\\"a\\": \\"Oslo"}'),
        ("[1, 2]", '{"invalid_json": "[1, 2]"}'),
        ('{"a": NaN}', '{"invalid_json": "{\\"a\\": NaN}"}'),
        ("[" * 600, json.dumps({"invalid_json": "[" * 600})),
    ],
)
def test_arguments_are_the_json_of_an_object_where_an_api_takes_no_other_text(written: str, sent: str) -> None:
    said = (ASKED, Message("assistant", [ToolCall(name="f", call_id="c", arguments=written)]), result())
    messages, notes = fitted(*said, rules=OBJECTS)
    assert [part.arguments for part in messages[1].of_type(ToolCall)] == [sent]
    assert [(note.asked, note.sent) for note in notes] == ([(written, "invalid_json")] if "invalid" in sent else [])
    kept, _ = fitted(*said, rules=HistoryRules())
    assert [part.arguments for part in kept[1].of_type(ToolCall)] == ["{}" if sent == "{}" else written]


def test_the_text_for_a_tool_that_takes_one_is_no_json() -> None:
    given = ToolCall(name="f", call_id="c", arguments="ls -l", metadata={"type": "custom"})
    messages, _ = fitted(
        ASKED, Message("assistant", [given]), result(), rules=attrs.evolve(OBJECTS, call_forms=("custom",))
    )
    assert [part.arguments for part in messages[1].of_type(ToolCall)] == ["ls -l"]


def test_the_model_speaks_between_results_and_the_user_where_an_api_takes_nothing_else() -> None:
    two = Message("assistant", [call("c1"), call("c2")])
    both = Message("user", [ToolResult(call_id="c2", name="f", content="2"), Text(text="and?")])
    said = (
        ASKED,
        two,
        result("c1"),
        both,
        Message("system", "Be brief."),
        Message("assistant", [call("c3")]),
        result("c3"),
    )
    messages, notes = fitted(*said, Message("system", "Be kind."), Message("user", "so?"), rules=IN_TURNS)
    words = [(str(each.role), each.content or "".join(type(part).__name__ for part in each.parts)) for each in messages]
    assert words == [
        ("user", "q"),
        ("assistant", "ToolCallToolCall"),
        ("tool", "ToolResult"),
        ("user", "ToolResult"),
        ("assistant", "I have the results."),
        ("user", "and?"),
        ("system", "Be brief."),
        ("assistant", "ToolCall"),
        ("tool", "ToolResult"),
        ("assistant", "I have the results."),
        ("system", "Be kind."),
        ("user", "so?"),
    ]
    assert [(note.kind, note.sent) for note in notes] == [("emulated", "I have the results.")]


@pytest.mark.parametrize("end", [(), (Message("assistant", "Done."), Message("user", "Thanks"))])
def test_results_that_the_model_answers_stay_as_they_are(end: tuple[Message, ...]) -> None:
    said = (ASKED, Message("assistant", [call()]), result(), *end)
    messages, notes = fitted(*said, rules=IN_TURNS)
    assert (messages, notes) == (said, [])


def test_ids_are_unique_also_within_a_message() -> None:
    messages, notes = fitted(
        ASKED,
        Message("assistant", [call("call_0"), call("call_0", "g")]),
        Message("tool", [ToolResult(call_id="call_0", name="f", content="1"), ToolResult(call_id="call_0", name="g")]),
        Message("assistant", [call("call_0")]),
        result("call_0"),
        rules=HistoryRules(),
    )
    made = [part.call_id for message in messages for part in message.of_type(ToolCall)]
    answered = [part.call_id for message in messages for part in message.of_type(ToolResult)]
    assert len({*made}) == 3
    assert made == answered
    assert made[0] == "call_0"
    assert notes == []


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_ids_have_the_letters_and_the_length_that_are_taken(ids: list[str]) -> None:
    turns = [[Message("assistant", [call(each)]), result(each)] for each in ids]
    messages, _ = fitted(ASKED, *(message for turn in turns for message in turn))
    made = [part.call_id for message in messages for part in message.of_type(ToolCall) if part.call_id]
    answered = [part.call_id for message in messages for part in message.of_type(ToolResult) if part.call_id]
    assert made == answered
    assert len({*made}) == len(made)
    assert all(re.fullmatch(rf"{LETTERS}{{1,40}}", each) for each in made)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=90))
def test_names_are_coded_and_come_back(name: str, long: str) -> None:
    sent = encode_name(name, LETTERS, None)
    assert re.fullmatch(f"{LETTERS}+", sent)
    assert decode_name(sent) == name
    assert re.fullmatch(f"{LETTERS}{{1,64}}", encode_name(long, LETTERS, 64))
    assert encode_name(long, None, None) == long


def test_every_place_of_a_name_is_renamed() -> None:
    request = ChatRequest(
        model="m",
        messages=(ASKED, Message("assistant", [call(name="docs.find")]), result(name="docs.find")),
        settings=Settings(),
        tools=(Tool(name="docs.find"), Tool(name="plain"), ServerTool(id="m.search")),
        tool_choice=ToolChoice("tool", "docs.find"),
    )
    got, _, names = fit_history(request, STRICT, by="test")
    assert names == {"docs_x2e_find": "docs.find"}
    assert [getattr(tool, "name", None) for tool in got.tools] == ["docs_x2e_find", "plain", "search"]
    assert got.tool_choice.name == "docs_x2e_find"
    assert [part.name for message in got.messages[1:] for part in message.parts] == ["docs_x2e_find"] * 2  # type: ignore[union-attr]


def test_a_name_that_looks_coded_is_no_other_name() -> None:
    sent = {encode_name(name, LETTERS, 64) for name in ("a.b", "a_x2e_b", "a_x5f_x2e_b")}
    assert len(sent) == 3


@pytest.mark.parametrize("blank", [" ", "\n\n", "\t"])
def test_blank_text_is_left_out_beside_something(blank: str) -> None:
    messages, notes = fitted(
        ASKED,
        Message("assistant", [Text(text=blank), call()]),
        result(),
        Message("user", [Text(text=blank), Text(text="x")]),
    )
    assert [part for part in messages[1].parts if isinstance(part, Text)] == []
    assert messages[3].content == "x"
    assert [note.feature for note in notes] == ["messages[1]", "messages[3]"]
    kept, _ = fitted(ASKED, Message("assistant", [Text(text=blank)]), Message("user", "x"), rules=HistoryRules())
    assert kept[1].content == blank


def test_a_blank_message_of_the_assistant_is_left_out_and_one_of_the_user_is_refused() -> None:
    messages, notes = fitted(ASKED, Message("assistant", " "), Message("user", "x"))
    assert [message.content for message in messages] == ["q", "x"]
    assert len(notes) == 1
    with pytest.raises(InvalidRequestError, match=r"messages\[0\] consists of white space"):
        fitted(Message("user", " \n"))


def test_a_result_that_failed_without_words_gets_some() -> None:
    messages, notes = fitted(ASKED, Message("assistant", [call()]), result(content="", outcome="error"))
    (reported,) = messages[2].of_type(ToolResult)
    assert reported.content == (Text(text="The tool failed."),)
    assert [note.sent for note in notes] == ["The tool failed."]


def test_calls_come_last() -> None:
    server = call("s", "search", server_side=True)
    messages, notes = fitted(
        ASKED,
        Message("assistant", [server, call("a"), Text(text="Looking it up."), call("b")]),
        result("a"),
        result("b"),
    )
    assert [type(part).__name__ for part in messages[1].parts] == ["ToolCall", "Text", "ToolCall", "ToolCall"]
    assert [part.call_id for part in messages[1].of_type(ToolCall)] == ["s", "a", "b"]
    assert len(notes) == 1


def test_the_beginning_of_an_answer_does_not_end_in_white_space() -> None:
    messages, notes = fitted(ASKED, Message("assistant", "The answer is \n"))
    assert messages[1].content == "The answer is"
    assert notes[0].asked == " \n"
    untouched, _ = fitted(ASKED, Message("assistant", "x "), Message("user", "y "))
    assert [message.content for message in untouched] == ["q", "x ", "y "]


def test_the_name_of_a_speaker_is_made_legal() -> None:
    messages, notes = fitted(Message("user", "q", name="Ann Ä"))
    assert messages[0].name == "Ann__"
    assert notes[0].asked == "Ann Ä"
    kept, _ = fitted(Message("user", "q", name="Ann Ä"), rules=HistoryRules())
    assert kept[0].name == "Ann Ä"


def test_the_name_of_a_speaker_is_left_out_where_none_is_taken() -> None:
    messages, notes = fitted(Message("user", "q", name="Ann"), rules=HistoryRules(speakers=False))
    assert messages == (ASKED,)
    assert [(each.kind, each.feature, each.asked) for each in notes] == [("dropped", "name", "Ann")]


class TestToolsThatWereCalled:
    RULES = HistoryRules(called_tools=True, tool_name_letters="[a-z_]", tool_name_length=64)
    SAID = (
        ASKED,
        Message("assistant", [call("c1"), call("c2"), call("c3", "g h"), call("s", "theirs", server_side=True)]),
        Message("tool", [ToolResult(call_id=f"c{number}", name="f", content="1") for number in (1, 2, 3)]),
    )

    def fit(self, *messages: Message, **more: Any) -> tuple[ChatRequest, list[Any]]:
        request = ChatRequest(model="m", messages=messages, settings=Settings(), **more)
        fitted, notes, _ = fit_history(request, self.RULES, by="test")
        return fitted, notes

    def test_are_defined_under_the_names_that_are_sent(self) -> None:
        request, notes = self.fit(*self.SAID)
        sent = [each.name for each in request.messages[1].of_type(ToolCall) if not each.server_side]
        assert sent[0] == sent[1] == "f"
        assert [(each.name, each.schema) for each in request.tools if isinstance(each, Tool)] == [
            (name, {"type": "object"}) for name in ("f", sent[2])
        ]
        assert request.tool_choice == ToolChoice("none")
        [note] = [each for each in notes if each.feature == "tools"]
        assert (note.kind, note.asked, note.sent) == ("emulated", "none", f"f, {sent[2]}")

    def test_are_left_alone_if_any_is_offered_or_none_was_called(self) -> None:
        offered = Tool(name="g")
        assert self.fit(*self.SAID, tools=(offered,))[0].tools == (offered,)
        assert self.fit(ASKED) == (ChatRequest(model="m", messages=(ASKED,), settings=Settings()), [])


@pytest.mark.parametrize(
    "messages",
    [
        (ASKED, Message("assistant", [call("c1")]), Message("user", "never mind")),
        (ASKED, Message("assistant", [call("c1")])),
        (ASKED, Message("assistant", [call("c1")]), Message("assistant", "so")),
        (ASKED, Message("assistant", [call("c2"), call("c1")]), result("c2"), Message("user", "x")),
        (
            ASKED,
            Message("assistant", [call("c2"), call("c1")]),
            Message("user", [ToolResult(call_id="c2", name="f"), Text(text="x")]),
        ),
    ],
)
def test_a_call_without_a_result_is_named(messages: tuple[Message, ...]) -> None:
    with pytest.raises(InvalidRequestError, match="the call 'c1' has no result") as caught:
        fitted(*messages, rules=HistoryRules())
    assert "ToolResult" in str(caught.value)


@pytest.mark.parametrize(
    "messages",
    [
        (ASKED, result("c1")),
        (ASKED, Message("assistant", [call("c1")]), result("c1"), result("c1")),
        (ASKED, Message("assistant", [call("x")]), result("x"), Message("assistant", "so"), result("c1")),
    ],
)
def test_a_result_without_a_call_is_named(messages: tuple[Message, ...]) -> None:
    with pytest.raises(InvalidRequestError, match=r"a result for the call 'c1'"):
        fitted(*messages, rules=HistoryRules())


def test_calls_of_two_messages_in_a_row_may_be_answered_together() -> None:
    answers = Message("tool", [ToolResult(call_id="a", name="f"), ToolResult(call_id="b", name="f")])
    messages = (ASKED, Message("assistant", [call("a")]), Message("assistant", [call("b")]), answers)
    joined = Message("assistant", [call("a"), call("b")])
    assert fitted(*messages, rules=HistoryRules())[0] == (ASKED, joined, answers)


def test_a_turn_in_two_messages_is_one_whose_calls_are_last() -> None:
    messages = (ASKED, Message("assistant", [call("a")]), Message("assistant", "wait"), result("a"))
    (_, turn, _), _ = fitted(*messages)
    assert [type(part) for part in turn.parts] == [Text, ToolCall]


def test_results_with_one_id_are_told_apart_by_the_names_of_their_tools() -> None:
    calls = Message("assistant", [call("c", "f"), call("c", "g")])
    (_, asked, first, second), _ = fitted(ASKED, calls, result("c", "g"), result("c", "f"))
    ids = {each.name: each.call_id for each in asked.of_type(ToolCall)}
    assert len({*ids.values()}) == 2
    for message in (first, second):
        (each,) = message.of_type(ToolResult)
        assert each.call_id == ids[each.name]


def test_calls_and_results_without_ids_get_some() -> None:
    calls = Message("assistant", [call("", "f"), call("", "g")])
    (_, asked, first, second), _ = fitted(ASKED, calls, result("", "g"), result("", "f"))
    assert [each.call_id for each in asked.of_type(ToolCall)] == ["call", "call_2"]
    assert [each.call_id for message in (first, second) for each in message.of_type(ToolResult)] == ["call_2", "call"]
    (_, asked, answered), _ = fitted(ASKED, Message("assistant", [call("a", "f")]), result("", "h"))
    assert answered.of_type(ToolResult)[0].call_id == "a"
    with pytest.raises(InvalidRequestError, match="'g' has no result"):
        fitted(ASKED, Message("assistant", [call("", "g")]), Message("user", "x"))


def test_calls_of_the_server_need_no_results_of_ours() -> None:
    server = call("s", server_side=True)
    messages = (
        ASKED,
        Message("assistant", [server, ToolResult(call_id="s", name="f", content="1")]),
        Message("user", "x"),
    )
    assert fitted(*messages, rules=HistoryRules())[0] == messages


def test_a_result_without_an_id_is_for_a_call_that_has_none_yet() -> None:
    one, two = Message("assistant", [call("a")]), Message("assistant", [call("b"), call("c")])
    sent = fitted(ASKED, one, result("a"), two, result("c"), result(""), rules=HistoryRules())[0]
    assert [each.call_id for message in sent for each in message.of_type(ToolResult)] == ["a", "c", "b"]
    with pytest.raises(InvalidRequestError, match=r"messages\[3\] has a result without the id of a call, and no"):
        fitted(ASKED, one, result("a"), result(""), rules=HistoryRules())


def test_fit_applies_the_rules_of_a_model() -> None:
    request = ChatRequest(model="m", messages=(ASKED, Message("assistant", "x ")), settings=Settings())
    got, notes = fit(request, Capabilities(history=STRICT))
    assert got.messages[1].content == "x"
    assert [note.feature for note in notes] == ["messages[1]"]
    assert fit(request, Capabilities()) == (request, ())


@pytest.mark.parametrize("kept", [{"acme": {"earlier": "resp_1"}}, {}])
def test_results_continue_a_conversation_that_the_vendor_keeps(kept: dict[str, Any]) -> None:
    rules = HistoryRules(continued_by=("earlier",))
    request = ChatRequest(model="m", messages=(result(),), options=kept)
    if kept:
        assert fit_history(request, rules, by="test")[0] is request
    else:
        with pytest.raises(InvalidRequestError, match="not in an earlier message"):
            fit_history(request, rules, by="test")


def test_members_of_a_message_are_left_out_where_it_has_none() -> None:
    message = Message("user", "q", options={"acme": {"prefix": True}})
    assert fitted(message) == ((message,), [])
    (got,), (note,) = fitted(message, rules=HistoryRules(message_options=False))
    assert got == ASKED
    assert (note.feature, note.asked, note.sent) == ("messages[0]", "acme", None)


def test_a_message_may_be_empty() -> None:
    empty = Message("assistant", [])
    assert fitted(ASKED, empty) == ((ASKED, empty), [])
