"""Recorded tool loops run whole, with every vendor: each tool returns what it returned, and the model goes on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dragoman import DragomanError
from recordings import skip
from replay.requests import APIS
from replay.runs import differences, loops

KNOWN: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "generate-pydantic-ai-test-mixed-content-ordering-google-vertex-4a37ae6f",
            "generate-pydantic-ai-test-multimodal-tool-return-matrix-direct-binary-5ef1f081",
            "generate-pydantic-ai-test-multimodal-tool-return-matrix-direct-upload-efcb6d80",
        ),
        "the arguments do not fit, which the client said in its own words",
    ),
    **dict.fromkeys(
        (
            "generate-pydantic-ai-test-multimodal-tool-return-matrix-direct-binary-da9cbb32",
            "generate-pydantic-ai-test-multimodal-tool-return-matrix-direct-upload-4e73ed2d",
        ),
        "the vendor says that the answer ended in an error, and the client ran its calls all the same",
    ),
    "responses-pydantic-ai-test-cross-provider-capability-replay-anthropic-2f6a9c73": (
        "the client gave the model another tool in its second turn"
    ),
}
"""Loops that are run otherwise than they were recorded, by the id of their first turn."""
NONE = {"bedrock.invoke", "litellm_proxy.chat", "ollama.generate", "openrouter.responses"}
"""The APIs without a recorded loop."""


@pytest.mark.parametrize("api", sorted({*APIS} - NONE))
async def test_recorded_loops_are_run(api: str) -> None:
    skip()
    wrong: dict[str, list[str]] = {}
    total = 0
    for loop in loops(api):
        total += 1
        try:
            found = await differences(loop)
        except DragomanError as error:
            found = [str(error)]
        if found:
            wrong[loop.id] = found
    print(f"{api}: {total - len(wrong)}/{total}")
    assert {name: found for name, found in wrong.items() if name not in KNOWN} == {}
    assert total > len(wrong)
