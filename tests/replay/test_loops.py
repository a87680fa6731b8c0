"""Recorded tool loops replay whole: an answer goes back as the vendor gave it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dragoman import DragomanError
from recordings import skip
from replay.loops import differences, turns

KNOWN: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "messages-crewai-test-anthropic-agent-kickoff-structured-output-w-d1b3ceaf",
            "messages-crewai-testanthropicnativetoolcalling-test-anthropic-ag-52f8cc54",
            "responses-pydantic-ai-test-openai-responses-model-file-search-tool-6462ab27",
            "responses-pydantic-ai-test-openai-responses-compact-stateful-mode-stre-6c86864f",
            "responses-pydantic-ai-test-openai-responses-phase-streamed-on-part-sta-73156142",
            "responses-chatlas-test-openai-citations-become-the-source-list-7762f3a7",
            "chat-pydantic-ai-test-groq-model-thinking-part-f29d2bba",
            "chat-pydantic-ai-test-tool-use-failed-error-43d68118",
            "chat-rig-streaming-probe-f56eeb46",
        ),
        "the client sent another answer than it got: parts left out or added, or letters replaced",
    ),
    **dict.fromkeys(
        (
            "responses-pydantic-ai-test-openai-native-tool-search-gpt-5-6-703ba6e5",
            "responses-pydantic-ai-test-openai-native-tool-search-round-trip-b17842d9",
        ),
        "the client gave the tool search an id of its own and left out its output",
    ),
    **dict.fromkeys(
        (
            "messages-pydantic-ai-test-anthropic-mcp-servers-0fc35a2b",
            "messages-pydantic-ai-test-anthropic-web-fetch-tool-8b465a1e",
        ),
        "the client wrote members of the results of server tools that are null, which the vendor had not",
    ),
    "messages-llm-anthropic-test-tools-47f6dcce": "a blank text beside calls is left out: the vendor refuses it today",
    **dict.fromkeys(
        (
            "responses-chatlas-test-call-http-mcp-tool-7d75bc38",
            "responses-chatlas-test-chat-callbacks-326dc16b",
            "responses-chatlas-test-chat-tool-request-reject-10de1b70",
            "responses-chatlas-test-span-hierarchy-with-tools-9b1e4fa7",
        ),
        "the recording has one placeholder for the ids of several calls in the requests, and the ids in the answers",
    ),
    "responses-openllmetry-test-recipe-agents-hierarchy-1d0f2dfc": (
        "the default of a strict tool is said in its description"
    ),
    "responses-pydantic-ai-test-live-tool-search-handoff-openai-to-anthropi-0870d146": (
        "the client left out the calls after its tool search, which have no results yet"
    ),
    "chat-pydantic-ai-test-tool-use-failed-error-streaming-with-text-1a259aa6": (
        "the answer is an error in the middle of a stream, which the client reads as one"
    ),
}
"""Turns in which the next request differs from what was answered and read, by the id of its recording."""


@pytest.mark.parametrize(
    "api", ["anthropic.messages", "azure.chat", "azure.responses", "groq.chat", "openai.chat", "openai.responses"]
)
async def test_recorded_loops(api: str) -> None:
    skip()
    wrong: dict[str, list[str]] = {}
    total = 0
    for recording, after in turns(api):
        total += 1
        try:
            found = await differences(recording, after)
        except DragomanError as error:
            found = [str(error)]
        if found:
            wrong[after.id] = found
    print(f"{api}: {total - len(wrong)}/{total}")
    assert {name: paths for name, paths in wrong.items() if name not in KNOWN} == {}
    assert total > len(wrong)
