"""Every setting, tool, part and option of every recorded request with a good answer is sent as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from recordings import skip
from replay.requests import APIS, Comparison, count, described

KNOWN: Mapping[str, str] = {
    "messages-dd-trace-py-anthropic-completion-tools-call-with-tool-result-6faebedd": (
        "the result is for a call that was not made; the vendor itself refuses that today"
    ),
    **dict.fromkeys(
        ("messages-llm-anthropic-test-tools-47f6dcce", "x-messages-llm-anthropic-test-tools-f559d010"),
        "a blank text beside calls is left out, since the vendor refuses it today",
    ),
    "messages-pydantic-ai-test-cross-provider-capability-replay-google-gem-c34b2908": (
        "two calls of the conversation have one id, and the second is sent under another"
    ),
    "chat-dd-trace-py-azure-openai-openai-deployments-gpt-4-1-mini-cha-e9164bfb": (
        "the client names one model in the body and another in the address; the address decides"
    ),
    **dict.fromkeys(
        (
            "chat-req-llm-object-basic-062c716e",
            "chat-req-llm-object-basic-b50c6153",
            "chat-req-llm-object-streaming-5873b48d",
            "chat-req-llm-object-streaming-5bc71f09",
            "chat-req-llm-object-streaming-7c904c6e",
            "chat-req-llm-object-streaming-cff51bdb",
        ),
        "parallel_tool_calls says nothing without tools, and is left out with an adjustment",
    ),
    "chat-ruby-llm-chat-with-extended-thinking-deepseek-deepseek-re-36a3945b": (
        "the client says the reasoning twice, in both members; it is sent once"
    ),
    **dict.fromkeys(
        (
            "responses-chatlas-test-chat-callbacks-326dc16b",
            "responses-chatlas-test-chat-tool-request-reject-10de1b70",
            "responses-chatlas-test-parallel-chat-multi-turn-tools-0188e774",
            "responses-chatlas-test-parallel-chat-multi-turn-tools-50a8b7c8",
        ),
        "the recording has one placeholder for the ids of several calls, and each id may occur once",
    ),
    "chat-rig-a-forced-tool-choice-beside-a-response-format-is-8ef22e93": (
        "the recording has a placeholder for an id, and those that Mistral takes have nine letters or digits"
    ),
    "responses-dd-trace-py-response-with-mixed-prompt-url-preserved-aa97b95e": (
        "a stored prompt without a message; a conversation has at least one"
    ),
}
"""Requests that are not sent as they were recorded, by the id of the recording, each with the reason."""

ADDED: Mapping[str, str] = {
    r"stream_options\.include_usage": "the usage of a stream is asked for where the client does not say",
    r"messages\[\d+\]\.tool_name": "the tool of a result is named where the client does not say",
    r"messages\[\d+\]\.tool_call_id": "the call of a result is named where the client does not say",
    r"include\[\d+\]": "encrypted reasoning is asked for where the vendor keeps none",
    r"(response_format|text|tools\[\d+\])\.(.*\.)?(strict|additionalProperties|type)": (
        "an answer or a call is strict where the client does not say and the schema can be"
    ),
}
"""What is sent though it was not recorded, by patterns of paths, each with the reason."""

EXTRA: Mapping[str, frozenset[str]] = {
    "ollama.chat": frozenset({"temperature"}),  # one client sends it beside `options`, where the server ignores it
}
"""Members for which a provider has neither a setting nor an option, so that they are sent as ``extra_body``."""


def unexplained(api: str, comparison: Comparison) -> list[str]:
    """Return each difference for which there is no reason."""
    added = {path: each for path, each in comparison.added.items() if not any(re.fullmatch(p, path) for p in ADDED)}
    foreign = tuple(name for name in comparison.foreign if name not in EXTRA.get(api, ()))
    rest = Comparison(
        total=comparison.total, missing=comparison.missing, added=added, foreign=foreign, refusal=comparison.refusal
    )
    return described(rest)


@pytest.mark.parametrize("api", APIS)
def test_recorded_requests(api: str) -> None:
    skip()

    result = count(api)

    print(f"{api}: {result.sent}/{result.total} leaves, {result.loops}/{result.all_loops} tool loops")
    found = {name: lines for name, each in result.differing.items() if (lines := unexplained(api, each))}
    assert {name: lines for name, lines in found.items() if name not in KNOWN} == {}


def test_every_known_difference_is_one() -> None:
    skip()

    differing = {name for api in APIS for name, each in count(api).differing.items() if unexplained(api, each)}

    assert set(KNOWN) <= differing
