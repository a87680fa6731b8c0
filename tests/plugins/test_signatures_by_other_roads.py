"""What a vendor signed goes back to it, also where a gateway or another form of its API handed it on."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Message, Reasoning, Seal, Text, ToolCall, ToolResult
from dragoman_anthropic.request_messages import MessagesEncoder
from dragoman_google.request_messages import ContentsEncoder

CLAUDE = LLM(LLMConfig("claude-sonnet-4-5", provider="anthropic", api_key="k"))
GEMINI = LLM(LLMConfig("gemini-3-pro-preview", provider="google", api_key="k"))
THINKING = {"type": "thinking", "thinking": "hm", "signature": "sig"}
REDACTED = {"type": "redacted_thinking", "data": "secret"}
CLAUDE_V1 = "anthropic-claude-v1"
UNSIGNED = {"type": "thinking", "thinking": "loud"}


def blocks(history: list[Any]) -> list[Any]:
    body: Any = CLAUDE.build_request([Message("user", "q"), *history, Message("user", "go on")]).body
    content = body["messages"][1]["content"]
    return content if isinstance(content, list) else [content]


def said(payload: Any, issuer: str = "litellm") -> list[Message]:
    return [Message("assistant", [Reasoning(text="hm", seal=Seal(issuer=issuer, payload=payload)), Text(text="Hi")])]


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ([THINKING, REDACTED], [THINKING, REDACTED]),
        ({"type": "thinking", "signature": "sig"}, [THINKING]),
        (REDACTED, [REDACTED]),
        ([THINKING, UNSIGNED], [THINKING]),
        ([UNSIGNED], []),
        ([{"type": "redacted_thinking"}], []),
        ([{"type": "reasoning.text", "text": "hm", "signature": "sig"}], []),
        ([{"type": "reasoning.text", "text": "hm", "signature": "sig", "format": CLAUDE_V1}], [THINKING]),
        ([{"type": "reasoning.encrypted", "data": "secret", "format": CLAUDE_V1}], [REDACTED]),
        ([{"type": "reasoning.summary", "summary": "hm", "format": CLAUDE_V1}], []),
        ([{"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1"}], []),
        ("opaque", []),
    ],
)
def test_thinking_of_a_gateway_goes_to_anthropic(payload: Any, sent: list[Any]) -> None:
    assert [each for each in blocks(said(payload)) if isinstance(each, dict) and "thinking" in each["type"]] == sent


def test_what_is_unsigned_is_recorded() -> None:
    for payload in ([THINKING, UNSIGNED], [UNSIGNED]):
        encoder = MessagesEncoder(later_system="send")
        encoder.encode(said(payload))
        assert [note.feature for note in encoder.adjustments if note.kind == "dropped"] == ["reasoning"]


def test_plain_data_of_a_gateway_goes_to_anthropic() -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "hm", "thinking_blocks": [THINKING, REDACTED]}
    assert blocks([message]) == [THINKING, REDACTED, {"type": "text", "text": "Hi"}]


def parts(call: Any) -> list[Any]:
    result = {"role": "tool", "tool_call_id": "c", "content": "1"}
    message = call if isinstance(call, Message) else {"role": "assistant", "content": None, "tool_calls": [call]}
    body: Any = GEMINI.build_request([Message("user", "q"), message, result]).body
    return body["contents"][1]["parts"]


CALL: dict[str, Any] = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
EXTRA = {"extra_content": {"google": {"thought_signature": "sig"}}}
SIGNED = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "sig"}


def test_plain_data_in_the_form_of_openai_goes_to_gemini() -> None:
    assert parts({**CALL, **EXTRA}) == [SIGNED]


@pytest.mark.parametrize("payload", [EXTRA, {"thought_signature": "sig"}])
def test_a_signature_that_another_handed_on_goes_to_gemini(payload: Any) -> None:
    call = ToolCall(name="f", call_id="c", arguments="{}", seal=Seal(issuer="any", payload=payload))
    assert parts(Message("assistant", [call])) == [SIGNED]


def test_results_and_foreign_seals_are_as_before() -> None:
    call = ToolCall(
        name="f", call_id="c", arguments="{}", seal=Seal(issuer="any", payload={"extra_content": {"any": 1}})
    )
    history = [Message("user", "q"), Message("assistant", [call]), Message("tool", [ToolResult(call_id="c", name="f")])]
    encoder = ContentsEncoder("gemini-3-pro-preview")
    encoder.encode(history)
    assert "seal" in {note.feature for note in encoder.adjustments}


NATIVE: dict[str, list[Any]] = {
    "anthropic": [
        Reasoning(text="hm", seal=Seal(issuer="anthropic", payload="sig")),
        Reasoning(redacted=True, seal=Seal(issuer="anthropic", payload="secret")),
        Text(text="Hi"),
    ],
    "google": [
        ToolCall(name="f", call_id="c", arguments="{}", seal=Seal(issuer="google", payload="sig")),
        Text(text="Hi"),
    ],
}
DETAILS = [
    {"type": "reasoning.text", "text": "hm", "signature": "sig", "format": CLAUDE_V1, "index": 0},
    {"type": "reasoning.encrypted", "data": "secret", "format": CLAUDE_V1, "index": 1},
]


def sent(model: str, provider: str, native: str) -> dict[str, Any]:
    """Return the message of the assistant that a gateway is sent, with what its notes leave out."""
    llm = LLM(LLMConfig(model, provider=provider, api_key="k", api_base="http://127.0.0.1:9"))
    history = [Message("user", "q"), Message("assistant", NATIVE[native])]
    if native == "google":
        history.append(Message("tool", [ToolResult(call_id="c", name="f", content="1")]))
    body: Any = llm.build_request([*history, Message("user", "go on")]).body
    return dict(body["messages"][1])


@pytest.mark.parametrize(
    ("model", "provider", "native", "member", "expected"),
    [
        ("anthropic/claude-sonnet-4.5", "openrouter", "anthropic", "reasoning_details", DETAILS),
        ("openai/gpt-5", "openrouter", "anthropic", "reasoning_details", None),
        ("anthropic/claude-sonnet-4.5", "openrouter", "google", "reasoning_details", None),
        ("claude-sonnet-4-5", "litellm_proxy", "anthropic", "thinking_blocks", [THINKING, REDACTED]),
        ("gpt-5", "litellm_proxy", "anthropic", "thinking_blocks", None),
        ("claude-sonnet-4-5", "litellm_proxy", "google", "thinking_blocks", None),
        ("gemini-3-pro", "litellm_proxy", "anthropic", "thinking_blocks", None),
    ],
)
def test_what_claude_signed_goes_to_claude_behind_a_gateway(
    model: str, provider: str, native: str, member: str, expected: Any
) -> None:
    assert sent(model, provider, native).get(member) == expected


def test_what_gemini_signed_goes_to_gemini_behind_a_gateway() -> None:
    for model, extras in (("gemini-3-pro", {"thought_signature": "sig"}), ("gpt-5", None)):
        (call,) = sent(model, "litellm_proxy", "google")["tool_calls"]
        assert call.get("provider_specific_fields") == extras
