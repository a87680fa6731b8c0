"""The beginning of an answer at the end of a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import (
    NO,
    UNKNOWN,
    YES,
    Cap,
    Capabilities,
    ChatRequest,
    Extension,
    Message,
    Support,
    Tool,
    ToolCall,
    UnsupportedError,
    fit,
)

ANEW = Cap(support=Support.CONDITIONAL)
HI = Message("user", "Hi")


def ask(*messages: Message, **more: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=(HI, *messages), **more)


BEGUN = ask(Message("assistant", "Well,"))


@pytest.mark.parametrize("policy", [None, "adjust", "warn", "raise"])
@pytest.mark.parametrize("tools", [(), (Tool(name="f"),)])
def test_what_a_model_refuses_is_not_sent(policy: Any, tools: tuple[Tool, ...]) -> None:
    request = ask(Message("assistant", "Well,"), tools=tools)
    with pytest.raises(
        UnsupportedError, match=r"^m does not continue the .* messages\[1\] of the assistant; remove it"
    ) as caught:
        fit(request, Capabilities(prefill=NO), policy)
    assert (caught.value.model, caught.value.parameter) == ("m", "messages")


def test_the_note_of_a_model_is_part_of_the_error() -> None:
    with pytest.raises(UnsupportedError, match=r"\(never while it is awake\)"):
        fit(BEGUN, Capabilities(prefill=Cap(support=Support.NO, note="never while it is awake")))


@pytest.mark.parametrize("policy", [None, "adjust", "warn"])
@pytest.mark.filterwarnings("ignore:prefill is downgraded")
def test_an_answer_that_begins_anew_is_recorded(policy: Any) -> None:
    request, (note,) = fit(BEGUN, Capabilities(prefill=ANEW), policy)
    assert request == BEGUN
    assert (note.kind, note.feature, note.asked) == ("downgraded", "prefill", "Well,")


def test_an_answer_that_begins_anew_follows_the_policy() -> None:
    with pytest.raises(UnsupportedError, match="begins a new answer"):
        fit(BEGUN, Capabilities(prefill=ANEW), "raise")
    with pytest.warns(UserWarning, match="begins a new answer"):
        fit(BEGUN, Capabilities(prefill=ANEW), "warn")


@pytest.mark.parametrize("cap", [YES, UNKNOWN])
def test_what_a_model_continues_is_sent_as_it_is(cap: Cap) -> None:
    assert fit(BEGUN, Capabilities(prefill=cap), "raise") == (BEGUN, ())


@pytest.mark.parametrize(
    "part",
    [
        ToolCall(name="search", call_id="1", arguments="{}", server_side=True),
        Extension(kind="acme.result", value={}),
    ],
)
def test_a_paused_answer_is_no_beginning(part: Any) -> None:
    request = ask(Message("assistant", (part,)))
    assert fit(request, Capabilities(prefill=NO), "raise") == (request, ())


@pytest.mark.parametrize("cap", [NO, ANEW])
def test_a_conversation_that_ends_otherwise_is_untouched(cap: Cap) -> None:
    request = ask(Message("assistant", "Well,"), HI)
    assert fit(request, Capabilities(prefill=cap), "raise") == (request, ())
