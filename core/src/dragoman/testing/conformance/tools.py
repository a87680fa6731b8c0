# ruff: noqa: S101  # checks are made of assertions
"""Level 2: tool definitions and tool calls."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from dragoman.spec.capabilities import Support
from dragoman.spec.errors import OutputError, UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.parts import ToolCall, ToolResult
from dragoman.spec.request import ServerTool, Tool
from dragoman.spec.response import Response
from dragoman.testing.conformance.grammar import check_events
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, few, not_shown
from dragoman.testing.faults import SampleCall, SampleReply

__all__ = ["ASKED", "WEATHER", "Tools"]

WEATHER = Tool(
    name="weather",
    description="Look up the weather.",
    schema={
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Where to look."}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
CLOCK = Tool(name="clock", description="Return the time.", schema={"type": "object", "properties": {}})
ASKED = Message("user", "What is the weather?")
_PIXEL = b"\x89PNG\r\n\x1a\n-a-pixel"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _sample_calls(draw: st.DrawFn) -> tuple[SampleCall, ...]:
    """Draw calls whose arguments are split anywhere, also within an escape sequence."""
    calls: list[SampleCall] = []
    for number in range(draw(st.integers(1, 3))):
        text = json.dumps(draw(st.dictionaries(st.text(max_size=4), _JSON, max_size=3)))
        cuts = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=4)))
        pieces = tuple(text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True))
        calls.append(
            SampleCall(call_id=f"call_{number}", name=draw(st.sampled_from(["weather", "clock"])), pieces=pieces)
        )
    return tuple(calls)


class Tools(ProviderCase):
    """Check tool definitions and tool calls, for models that support tools."""

    def calling(self, *calls: SampleCall) -> SampleReply:
        """Return an answer with these calls; skip the check if the dialect cannot express them."""
        self.offered()
        make = self.spoken().calling
        if make is None:
            not_shown("calling")
        made = make(calls)
        if made is None:
            pytest.skip("does not apply: the dialect cannot express such a call")
        return made

    def called(self, reply: SampleReply, *, streamed: bool) -> Response:
        """Return the response to a request with tools."""
        with self.saying(reply) as url:
            return self.ask(url, [ASKED], streamed=streamed, tools=[WEATHER, CLOCK])

    def test_tools_are_offered(self) -> None:
        """Protects against tools, or parts of their definitions, that are not sent."""
        self.offered()
        body = self.body([ASKED], tools=[WEATHER, CLOCK])
        for word in ("weather", "Look up the weather.", "city", "Where to look.", "clock"):
            assert word in body

    def test_no_tools_leave_no_trace(self) -> None:
        """Protects against an empty list of tools, which servers refuse."""
        bare = self.prepared([ASKED]).body
        assert self.prepared([ASKED], tools=[]).body == bare
        assert [name for name, value in bare.items() if value == []] == []

    @pytest.mark.parametrize("choice", ["auto", "none", "required", "weather"])
    def test_the_choice_of_a_tool_is_sent(self, choice: str) -> None:
        """Protects against an ignored tool choice."""
        self.offered()
        try:
            sent = {each: self.body([ASKED], tools=[WEATHER, CLOCK], tool_choice=each) for each in ("auto", choice)}
        except UnsupportedError:
            return
        if choice != "auto":
            assert sent[choice] != sent["auto"]
        if choice == "weather":
            assert sent[choice].split("\n").count("weather") > sent["auto"].split("\n").count("weather")

    def test_choices_of_tools_are_told_apart(self) -> None:
        """Protects against different tool choices that become the same request."""
        self.offered()
        sent: list[str] = []
        for choice in ("none", "required", "weather", "clock"):
            try:
                sent.append(self.body([ASKED], tools=[WEATHER, CLOCK], tool_choice=choice))
            except UnsupportedError:
                continue
        assert len(set(sent)) == len(sent)

    def test_a_typed_function_is_a_tool(self) -> None:
        """Protects against generated schemas that a dialect cannot send."""

        def forecast(city: str, days: int = 3) -> str:
            """Return the weather of the coming days."""
            return f"{city} {days}"  # pragma: no cover - never called

        self.offered()
        body = self.body([ASKED], tools=[forecast])
        assert all(word in body for word in ("forecast", "city", "days"))

    def test_one_call_is_read(self) -> None:
        """Protects against tool calls that are lost."""
        reply = self.calling(SampleCall(call_id="call_7", name="weather", pieces=('{"city":', '"Oslo"}')))
        for streamed in BOTH:
            (call,) = self.called(reply, streamed=streamed).tool_calls
            assert (call.name, call.call_id, call.parse()) == ("weather", "call_7", {"city": "Oslo"})

    def test_calls_are_kept_apart_by_their_places(self) -> None:
        """Protects against parallel calls that are merged, or whose arguments are mixed up."""
        self.offered()
        reply = self.unusual_reply("tools_interleaved")
        for streamed in BOTH:
            calls = self.called(reply, streamed=streamed).tool_calls
            assert [(each.name, each.parse()) for each in calls] == [
                ("weather", {"city": "Oslo"}),
                ("weather", {"city": "Rome"}),
            ]
            assert len({each.call_id for each in calls}) == len(calls)

    def test_arguments_survive_any_cut(self) -> None:
        """Protects against arguments that break if a fragment ends within an escape sequence."""
        self.calling(SampleCall(call_id="call_0", name="weather", pieces=("{}",)))

        @few
        @given(calls=_sample_calls())
        def check(calls: tuple[SampleCall, ...]) -> None:
            reply = self.calling(*calls)
            for streamed in BOTH:
                made = self.called(reply, streamed=streamed).tool_calls
                assert [(each.name, each.parse()) for each in made] == [
                    (each.name, json.loads(each.arguments)) for each in calls
                ]

        check()

    def test_a_stream_of_calls_keeps_the_grammar(self) -> None:
        """Protects against arguments of a call that has not started."""
        self.offered()
        with self.saying(self.unusual_reply("tools_interleaved")) as url:
            check_events(self.events(url, [ASKED], tools=[WEATHER]))

    def test_a_call_without_arguments_is_a_call(self) -> None:
        """Protects against a JSON error for a tool without parameters."""
        self.offered()
        reply = self.unusual_reply("tool_without_arguments")
        for streamed in BOTH:
            (call,) = self.called(reply, streamed=streamed).tool_calls
            assert (call.name, call.parse()) == ("clock", {})

    def test_a_call_that_was_cut_is_not_run(self) -> None:
        """Protects against a tool that is run with truncated arguments."""
        self.offered()
        reply = self.unusual_reply("tool_cut")
        response = self.called(reply, streamed=True)
        assert response.finish.reason == "length"
        (call,) = response.message.of_type(ToolCall)
        with pytest.raises(OutputError):
            call.parse()

    def test_broken_arguments_are_kept_as_they_are(self) -> None:
        """Protects against malformed arguments that are repaired silently."""
        reply = self.calling(SampleCall(call_id="call_1", name="weather", pieces=('{"city": Oslo', "}")))
        for streamed in BOTH:
            (call,) = self.called(reply, streamed=streamed).tool_calls
            assert call.arguments == '{"city": Oslo}'
            with pytest.raises(OutputError):
                call.parse()

    def test_calls_without_ids_are_given_some(self) -> None:
        """Protects against calls without an id, to which no result can refer."""
        calls = (
            SampleCall(call_id="", name="weather", pieces=('{"city": "Oslo"}',)),
            SampleCall(call_id="", name="clock", pieces=("{}",)),
        )
        reply = self.calling(*calls)
        for streamed in BOTH:
            ids = [each.call_id for each in self.called(reply, streamed=streamed).tool_calls]
            assert all(ids)
            assert len(set(ids)) == len(calls)

    def test_calls_with_one_id_are_both_kept(self) -> None:
        """Protects against a call that replaces another because the server repeats an id."""
        cities = ('{"city": "Oslo"}', '{"city": "Rome"}')
        reply = self.calling(*(SampleCall(call_id="call_1", name="weather", pieces=(each,)) for each in cities))
        for streamed in BOTH:
            made = self.called(reply, streamed=streamed).tool_calls
            assert [each.parse() for each in made] == [json.loads(each) for each in cities]

    def test_an_answer_of_calls_ends_for_them(self) -> None:
        """Protects against agents that stop because the finish reason is wrong."""
        reply = self.calling(SampleCall(call_id="call_1", name="clock", pieces=("{}",)))
        for streamed in BOTH:
            assert self.called(reply, streamed=streamed).finish.reason == "tool_calls"

    def test_streamed_calls_are_the_whole_ones(self) -> None:
        """Protects against streamed and whole tool calls that differ."""
        reply = self.unusual_reply("tools_interleaved")
        self.offered()
        whole, streamed = ([*self.called(reply, streamed=each).tool_calls] for each in BOTH)
        assert [(each.name, each.parse()) for each in whole] == [(each.name, each.parse()) for each in streamed]

    def test_a_call_goes_back_as_it_came(self) -> None:
        """Protects against tool calls that are changed when they are sent back."""
        reply = self.calling(SampleCall(call_id="call_7", name="weather", pieces=('{"city": "Öslo"}',)))
        message = self.called(reply, streamed=True).message
        (call,) = message.of_type(ToolCall)
        result = ToolResult(call_id=call.call_id, name=call.name, content="fine")
        body = self.body([ASKED, message, Message("tool", result)], tools=[WEATHER, CLOCK])
        assert "Öslo" in body or "\\u00d6slo" in body

    def test_a_tool_that_another_runs_is_refused(self) -> None:
        """Protects against a server tool of another vendor that is dropped."""
        self.spoken()
        with pytest.raises(UnsupportedError):
            self.prepared([ASKED], tools=[ServerTool(id="elsewhere.search")])

    def test_tools_are_refused_where_there_are_none(self) -> None:
        """Protects against a model that invents an answer because its tools were dropped."""
        if self.can().tools.support is not Support.NO:
            pytest.skip("does not apply: the model supports tools")
        with self.sound() as url:
            assert isinstance(self.failure(url, [ASKED], tools=[WEATHER]), UnsupportedError)

    def test_a_tool_is_called_in_process(self) -> None:
        """Protects against an in-process model that ignores its tools."""
        self.offered()
        if self.server_dialect is not None:
            pytest.skip("does not apply: the calls of a server are checked one by one")
        for streamed in BOTH:
            try:
                calls = self.ask(None, [ASKED], streamed=streamed, tools=[WEATHER], tool_choice="required").tool_calls
            except UnsupportedError:
                return
            assert [each.name for each in calls] == ["weather"]
            assert "city" in calls[0].parse()
