"""A call is sent in a form that the API has, and its result in the form of the call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import Message, ToolCall, ToolResult
from dragoman.spec.call_forms import form_of, in_known_forms
from dragoman.spec.history import fit_messages
from dragoman.spec.history_rules import HistoryRules

BOTH = ("function_call", "custom")


def call(name: str, form: str | None = None, **more: Any) -> ToolCall:
    metadata = {"kept": 1} if form is None else {"type": form, "kept": 1}
    return ToolCall(name=name, call_id=name, arguments="{}", metadata=metadata, **more)


def result(name: str, form: str | None = None) -> Message:
    return Message("tool", [ToolResult(call_id=name, name=name, content="1", metadata={"type": form} if form else {})])


def forms(messages: tuple[Message, ...]) -> list[str | None]:
    return [form_of(part) for message in messages for part in message.parts if isinstance(part, ToolCall | ToolResult)]


def fitted(*messages: Message, forms: tuple[str, ...] = BOTH) -> tuple[tuple[Message, ...], list[Any]]:
    fit, notes = fit_messages((Message("user", "q"), *messages), HistoryRules(call_forms=forms), issuer="acme")
    return fit, notes


@pytest.mark.parametrize("form", BOTH)
def test_a_result_has_the_form_of_its_call(form: str) -> None:
    fit, notes = fitted(Message("assistant", [call("f", form)]), result("f"))
    assert (forms(fit), notes) == ([form, form], [])
    fit, notes = fitted(Message("assistant", [call("f")]), result("f", form))
    assert (forms(fit), notes) == ([None, None], [])


def test_one_call_in_the_older_form_has_room_in_a_message() -> None:
    said = Message("assistant", [call("f", "function_call"), call("g")])
    fit, _ = fitted(said, result("f", "function_call"), result("g"))
    assert forms(fit) == [None] * 4
    run = call("h", server_side=True)
    fit, _ = fitted(Message("assistant", [call("f", "function_call"), run]), result("f"))
    assert forms(fit) == ["function_call", None, "function_call"]


def test_a_form_that_is_not_known_is_that_of_a_function() -> None:
    fit, notes = fitted(Message("assistant", [call("f", "function_call")]), result("f", "function_call"), forms=())
    assert (forms(fit), notes) == ([None, None], [])
    (made,) = fit[1].of_type(ToolCall)
    assert (made.arguments, made.metadata) == ("{}", {"kept": 1})
    fit, notes = fitted(Message("assistant", [call("f", "custom")]), result("f", "custom"), forms=("function_call",))
    (made,) = fit[1].of_type(ToolCall)
    assert (forms(fit), json.loads(made.arguments)) == ([None, None], {"input": "{}"})
    assert [(note.kind, note.feature, note.asked, note.sent) for note in notes] == [
        ("coerced", "messages[1]", "{}", made.arguments)
    ]


def test_what_is_in_known_forms_stays_as_it_is() -> None:
    messages = (Message("user", "q"), Message("assistant", [call("f", "custom")]), result("f", "custom"))
    same = in_known_forms(messages, BOTH, lambda index, asked, sent, reason: None)
    assert all(new is old for new, old in zip(same, messages, strict=True))
