"""Two turns in the words of each vendor: reasoning, text and tool calls first, the answer after the results.

All that a vendor signed, encrypted or thought holds a word of that vendor's own, so that it is found wherever it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

Json: TypeAlias = dict[str, Any]

OSLO = '{"city":"Oslo","days":2}'
LOOKING = "Let me look that up."
ANSWER = "Take an umbrella to Oslo."


@frozen(kw_only=True)
class Turns:
    """Hold a vendor's replies.

    Args:
        first: reasoning, text and two tool calls.
        second: the answer.
        secret: words that nobody but the issuer may be sent.
        own: what the issuer must get back, member by member as it came.
        withheld: the kinds of parts that another vendor is not sent, by their names in adjustments.
        sealed: whether there are seals on texts and calls, which another vendor is sent without them.
        sent_to: what another vendor is sent all the same: the one that signed what this one only handed on, one that
            hands it on to this one, or one that takes back reasoning that nobody signed.

    """

    first: Json
    second: Json
    secret: tuple[str, ...] = ()
    own: tuple[Any, ...] = ()
    withheld: frozenset[str] = field(converter=frozenset, default=frozenset())
    sealed: bool = False
    sent_to: Mapping[str, tuple[str, ...]] = field(factory=dict)


def _calls(*ids: str, **more: Any) -> list[Json]:
    weather = {"id": ids[0], "type": "function", "function": {"name": "weather", "arguments": OSLO}, **more}
    return [weather, {"id": ids[1], "type": "function", "function": {"name": "clock", "arguments": "{}"}}]


def _chat(message: Json, reason: str) -> Json:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "served",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def chat(calls: list[Json], *, first: Json | None = None, second: Json | None = None) -> dict[str, Json]:
    """Return two turns of the dialect that half the world speaks."""
    return {
        "first": _chat({"content": LOOKING, "tool_calls": calls, **(first or {})}, "tool_calls"),
        "second": _chat({"content": ANSWER, **(second or {})}, "stop"),
    }


OPENAI = Turns(**chat(_calls("call_openai_1", "call_openai_2")))

AZURE = Turns(
    **chat(_calls("call_azure_1", "call_azure_2"), first={"reasoning_content": "azure-thought"}),
    secret=("azure-thought",),
    withheld={"reasoning"},
    sent_to={"ollama": ("azure-thought",)},
)

COMPATIBLE = Turns(
    **chat(_calls("functions.weather:0", "functions.clock:1"), first={"reasoning_content": "local-thought"}),
    secret=("local-thought",),
    withheld={"reasoning"},
    sent_to={"ollama": ("local-thought",)},
)

_SEARCHED = {
    "index": 0,
    "type": "search",
    "arguments": '{"query":"groq-query"}',
    "output": "groq-found",
    "search_results": {"results": [{"title": "groq-title", "url": "https://groq-found.example", "content": "x"}]},
}
GROQ = Turns(
    **chat(_calls("call_groq_1", "call_groq_2"), first={"reasoning": "groq-thought", "executed_tools": [_SEARCHED]}),
    secret=("groq-thought", "groq-query", "groq-found", "groq-title"),
    withheld={"reasoning", "toolcall"},
    sent_to={"ollama": ("groq-thought",)},
)

_DETAILS = [
    {"type": "reasoning.text", "text": "router-thought", "signature": "router-signature+/=", "index": 0},
    {"type": "reasoning.encrypted", "data": "router-encrypted+/=", "id": "rs_router", "index": 1, "format": "v1"},
]
_LATER = [{"type": "reasoning.summary", "summary": "router-summary", "id": None, "index": 0}]
OPENROUTER = Turns(
    **chat(
        _calls("call_router_1", "call_router_2"),
        first={"reasoning": "router-thought", "reasoning_details": _DETAILS},
        second={"reasoning": "router-summary", "reasoning_details": _LATER},
    ),
    secret=("router-thought", "router-signature", "router-encrypted", "rs_router", "router-summary"),
    own=({"reasoning_details": _DETAILS}, {"reasoning_details": _LATER}),
    withheld={"reasoning"},
)

_COHERE_CALLS = _calls("weather_cohere1", "clock_cohere2")
_COHERE_THOUGHT = {"type": "thinking", "thinking": "cohere-thought"}
_COHERE_USAGE = {"tokens": {"input_tokens": 3, "output_tokens": 2}}


def _cohere(reason: str, *content: Json, **message: Any) -> Json:
    said = {"role": "assistant", "content": list(content), **message}
    return {"id": "m1", "finish_reason": reason, "message": said, "usage": _COHERE_USAGE}


COHERE = Turns(
    first=_cohere(
        "TOOL_CALL",
        _COHERE_THOUGHT,
        {"type": "text", "text": LOOKING},
        tool_plan="cohere-plan",
        tool_calls=_COHERE_CALLS,
    ),
    second=_cohere("COMPLETE", {"type": "text", "text": ANSWER}),
    secret=("cohere-thought", "cohere-plan"),
    own=({"tool_plan": "cohere-plan", "tool_calls": _COHERE_CALLS}, _COHERE_THOUGHT),
    withheld={"reasoning"},
)

_MISTRAL_THOUGHT = {
    "type": "thinking",
    "thinking": [
        {"type": "text", "text": "mistral-thought"},
        {"type": "reference", "reference_ids": ["mistral-source"]},
    ],
    "signature": "mistral-signature+/=",
    "closed": True,
}
MISTRAL = Turns(
    **chat(_calls("mistral01", "mistral02"), first={"content": [_MISTRAL_THOUGHT, {"type": "text", "text": LOOKING}]}),
    secret=("mistral-thought", "mistral-source", "mistral-signature"),
    own=(_MISTRAL_THOUGHT,),
    withheld={"reasoning"},
)

_BLOCKS = [
    {"type": "thinking", "thinking": "proxy-thought", "signature": "proxy-signature+/="},
    {"type": "redacted_thinking", "data": "proxy-encrypted+/="},
]
_SIGNED = {"provider_specific_fields": {"thought_signature": "proxy-call-signature+/="}}
LITELLM_PROXY = Turns(
    **chat(
        _calls(f"call_proxy_{'1' * 80}", f"call_proxy_{'2' * 80}", **_SIGNED),
        first={"reasoning_content": "proxy-thought", "thinking_blocks": _BLOCKS},
    ),
    secret=("proxy-thought", "proxy-signature", "proxy-encrypted", "proxy-call-signature"),
    own=({"thinking_blocks": _BLOCKS}, _SIGNED),
    withheld={"reasoning"},
    sealed=True,
    sent_to={
        **dict.fromkeys(("anthropic", "bedrock-invoke"), ("proxy-thought", "proxy-signature", "proxy-encrypted")),
        "google": ("proxy-call-signature",),
    },
)


def _response(*output: Json) -> Json:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return {"id": "resp_1", "object": "response", "status": "completed", "output": list(output), "usage": usage}


_THOUGHT = {
    "id": "rs_responses",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "responses-thought"}],
    "encrypted_content": "responses-encrypted+/=",
}
_SEARCH = {
    "id": "ws_responses",
    "type": "web_search_call",
    "status": "completed",
    "action": {"type": "search", "query": "responses-query"},
}
_FUNCTION = {
    "id": "fc_responses",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_responses_1",
    "name": "weather",
    "arguments": OSLO,
}


def _said(text: str) -> Json:
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": f"msg_{len(text)}_responses",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [content],
    }


_CLOCK = {**_FUNCTION, "id": "fc_responses_2", "call_id": "call_responses_2", "name": "clock", "arguments": "{}"}
RESPONSES = Turns(
    first=_response(_THOUGHT, _SEARCH, _said(LOOKING), _FUNCTION, _CLOCK),
    second=_response({**_THOUGHT, "id": "rs_responses_2"}, _said(ANSWER)),
    secret=(
        "responses-thought",
        "responses-encrypted",
        "responses-query",
        "rs_responses",
        "ws_responses",
        "fc_responses",
        f"msg_{len(LOOKING)}_responses",
    ),
    own=(_THOUGHT, _SEARCH, _FUNCTION, _CLOCK, {**_THOUGHT, "id": "rs_responses_2"}, _said(LOOKING)),
    withheld={"reasoning", "extension"},
)


def _message(reason: str, *content: Json) -> Json:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "served",
        "content": list(content),
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }


_THINKING = {"type": "thinking", "thinking": "claude-thought", "signature": "claude-signature+/="}
_REDACTED = {"type": "redacted_thinking", "data": "claude-encrypted+/="}
_SERVER = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "claude-query"}}
_FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://claude-found.example",
            "title": "Rain",
            "encrypted_content": "claude-found-encrypted+/=",
            "page_age": None,
        }
    ],
}
_CITED = {
    "type": "text",
    "text": ANSWER,
    "citations": [
        {
            "type": "web_search_result_location",
            "url": "https://claude-found.example",
            "title": "Rain",
            "encrypted_index": "claude-index-encrypted+/=",
            "cited_text": "claude-cited",
        }
    ],
}
_USES = (
    {"type": "tool_use", "id": "toolu_claude_1", "name": "weather", "input": {"city": "Oslo", "days": 2}},
    {"type": "tool_use", "id": "toolu_claude_2", "name": "clock", "input": {}},
)
ANTHROPIC = Turns(
    first=_message("tool_use", _THINKING, _REDACTED, _SERVER, _FOUND, {"type": "text", "text": LOOKING}, *_USES),
    second=_message("end_turn", _CITED),
    secret=(
        "claude-thought",
        "claude-signature",
        "claude-encrypted",
        "claude-query",
        "srvtoolu_1",
        "claude-found",
        "claude-index-encrypted",
    ),
    own=(_THINKING, _REDACTED, _SERVER, _FOUND, *_USES, _CITED),
    withheld={"reasoning", "toolcall", "extension"},
    sealed=True,
    sent_to=dict.fromkeys(
        ("openrouter", "litellm_proxy"),  # which ask for a Claude model here
        ("claude-thought", "claude-signature", "claude-encrypted"),
    ),
)


def _generated(*parts: Json) -> Json:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}


_OWN_PARTS = (
    {"text": "gemini-thought", "thought": True, "thoughtSignature": "gemini-thought-signature+/="},
    {"executableCode": {"language": "PYTHON", "code": "print('gemini-code')"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "gemini-output"}},
    {
        "functionCall": {"name": "weather", "args": {"city": "Oslo", "days": 2}},
        "thoughtSignature": "gemini-call-signature+/=",
    },
    {"functionCall": {"name": "clock", "args": {}}},
    {"text": ANSWER, "thoughtSignature": "gemini-text-signature+/="},
)
GOOGLE = Turns(
    first=_generated(*_OWN_PARTS[:3], {"text": LOOKING}, *_OWN_PARTS[3:5]),
    second=_generated(_OWN_PARTS[5]),
    secret=(
        "gemini-thought",
        "gemini-thought-signature",
        "gemini-code",
        "gemini-output",
        "gemini-call-signature",
        "gemini-text-signature",
    ),
    own=_OWN_PARTS,
    withheld={"reasoning", "extension"},
    sealed=True,
)


def _converse(reason: str, *content: Json) -> Json:
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": reason,
        "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
        "metrics": {"latencyMs": 5},
    }


_REASONED = {"reasoningText": {"text": "bedrock-thought", "signature": "bedrock-signature+/="}}
_HIDDEN = {"redactedContent": "YmVkcm9jay1lbmNyeXB0ZWQ="}
_TOOL_USES = (
    {"toolUse": {"toolUseId": "tooluse_bedrock_1", "name": "weather", "input": {"city": "Oslo", "days": 2}}},
    {"toolUse": {"toolUseId": "tooluse_bedrock_2", "name": "clock", "input": {}}},
)
BEDROCK = Turns(
    first=_converse(
        "tool_use", {"reasoningContent": _REASONED}, {"reasoningContent": _HIDDEN}, {"text": LOOKING}, *_TOOL_USES
    ),
    second=_converse("end_turn", {"text": ANSWER}),
    secret=("bedrock-thought", "bedrock-signature", "YmVkcm9jay1lbmNyeXB0ZWQ="),
    own=({"reasoningContent": _REASONED}, {"reasoningContent": _HIDDEN}, *_TOOL_USES),
    withheld={"reasoning"},
)


def _told(text: str, **message: Any) -> Json:
    return {
        "model": "served",
        "created_at": "2026-11-30T07:00:00Z",
        "message": {"role": "assistant", "content": text, **message},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 3,
        "eval_count": 2,
    }


_OLLAMA_CALLS = [
    {"id": "call_ollama1", "function": {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}},
    {"id": "call_ollama2", "function": {"name": "clock", "arguments": {}}},
]
OLLAMA = Turns(
    first=_told(LOOKING, thinking="ollama-thought", tool_calls=_OLLAMA_CALLS),
    second=_told(ANSWER),
    secret=("ollama-thought",),
    own=({"thinking": "ollama-thought", "tool_calls": _OLLAMA_CALLS},),
    withheld={"reasoning"},
)
