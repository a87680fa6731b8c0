"""Signatures, items and members of plain data go to the providers of their wire format, and to no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, InvalidRequestError, LLMConfig, UnsupportedError
from dragoman.spec.data_owner import Owner, form_of
from properties.test_histories import CONFIGS

ASKED = {"role": "user", "content": "q"}
GO_ON = {"role": "user", "content": "go on"}
BLOCKS = {
    "role": "assistant",
    "content": [{"type": "thinking", "thinking": "hm", "signature": "signed"}, {"type": "text", "text": "a"}],
}
HIDDEN = {
    "role": "assistant",
    "content": [{"type": "redacted_thinking", "data": "signed"}, {"type": "text", "text": "a"}],
}
RAN = {
    "role": "assistant",
    "content": [{"type": "server_tool_use", "id": "signed", "name": "n"}, {"type": "text", "text": "a"}],
}
ITEM = {"type": "reasoning", "id": "signed", "summary": [], "encrypted_content": "signed"}
SEARCH = {"type": "web_search_call", "id": "signed", "status": "completed"}
SAID = {"role": "assistant", "content": "a"}
DETAILS = {"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.text", "text": "signed"}]}

SIGNED: dict[str, tuple[list[Any], set[str]]] = {
    "thinking": ([BLOCKS], {"anthropic", "litellm_proxy"}),
    "redacted thinking": ([HIDDEN], {"anthropic", "litellm_proxy"}),
    "a server's tool": ([RAN], {"anthropic", "litellm_proxy"}),
    "an item of reasoning": ([ITEM, SAID], {"openai, Responses", "azure"}),
    "an item of a search": ([SEARCH, SAID], {"openai, Responses", "azure"}),
    "details of reasoning": ([DETAILS], {"openrouter", "openai_compatible", "litellm_proxy", "groq"}),
}


@pytest.mark.parametrize("provider", CONFIGS)
@pytest.mark.parametrize("name", SIGNED)
def test_what_one_vendor_signed_or_ran_goes_to_no_other(provider: str, name: str) -> None:
    answer, takers = SIGNED[name]

    body = json.dumps(LLM(CONFIGS[provider]).build_request([ASKED, *answer, GO_ON]).body)

    assert provider in takers or "signed" not in body


@pytest.mark.parametrize("provider", ["openai", "google", "groq"])
def test_a_part_of_the_caller_that_only_others_take_is_refused(provider: str) -> None:
    found = {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "facts"}]}
    with pytest.raises(UnsupportedError, match="search_result"):
        LLM(CONFIGS[provider]).build_request([{"role": "user", "content": [found]}])


def test_a_member_that_only_others_know_is_refused_by_its_path() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "x"}
    document = {"type": "document", "source": source, "title": "T", "context": "c"}
    with pytest.raises(InvalidRequestError, match=r"messages\[0\]\.content\[0\]\.context"):
        LLM(CONFIGS["openai"]).build_request([{"role": "user", "content": [document]}])
    sent = LLM(CONFIGS["anthropic"]).build_request([{"role": "user", "content": [document]}]).body
    assert sent["messages"][0]["content"][0]["context"] == "c"


def test_a_member_of_a_message_that_only_a_chat_knows_is_refused_elsewhere() -> None:
    messages = [ASKED, {"role": "assistant", "content": "a", "prefix": True}]
    assert LLM(CONFIGS["openai_compatible"]).build_request(messages).body["messages"][1]["prefix"] is True
    with pytest.raises(InvalidRequestError, match="prefix"):
        LLM(CONFIGS["anthropic"]).build_request(messages)


@pytest.mark.parametrize("kind", ["human", "user", "function_cal"])
def test_an_object_that_is_neither_a_message_nor_an_item_is_refused(kind: str) -> None:
    with pytest.raises(InvalidRequestError, match=rf"messages\[0\] has no role, and '{kind}'"):
        LLM(LLMConfig("gpt-4o", provider="openai", api_key="k")).build_request([{"type": kind, "content": "q"}])


def test_an_owner_has_its_formats_and_one_without_has_all() -> None:
    assert Owner("acme").of("blocks") == "acme"
    own = Owner("acme", frozenset({"chat"}))
    assert (own.of("chat"), own.of("blocks")) == ("acme", "blocks")
    assert (own.has("chat"), own.has("responses")) == (True, False)


class Dumped:
    """Stand for an object of a vendor's library."""

    def __init__(self, **data: Any) -> None:
        self.data = data

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return self.data


def test_objects_inside_a_message_are_read_as_their_data() -> None:
    call = Dumped(id="c", type="function", function={"name": "f", "arguments": "{}"})
    use = Dumped(type="tool_use", id="c", name="f", input={}, citations=None)
    found = Dumped(type="text", text="r", citations=None)
    chat = [
        ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_name": "f", "content": "r"},
    ]
    blocks = [
        ASKED,
        {"role": "assistant", "content": [{"type": "text", "text": "a", "citations": None}, use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [found]}]},
    ]
    for messages in (chat, blocks):
        (*_, answered) = LLM(CONFIGS["openai"]).build_request(messages).body["messages"]
        assert answered == {"role": "tool", "tool_call_id": "c", "content": "r"}


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("file_url", "chat"),
        ("input_file", "responses"),
        ("web_search_call", "responses"),
        ("search_result", "blocks"),
    ],
)
def test_each_kind_of_part_has_a_wire_format(kind: str, form: str) -> None:
    assert form_of(kind) == form
