"""The tests during which coverage is measured: those that take a branch of the core which no others take."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from typing import Any, cast

import pytest

_PROVIDERS = "tests/conformance/test_own_providers.py::Test"
_OF_PLUGINS = (
    "anthropic_settings",
    "error_texts",
    "family_facts",
    "files",
    "other_libraries_formats",
    "plain_messages",
    "policy_of_dialects",
    "prefills_of_vendors",
    "recorder",
    "stops_of_vendors",
    "streamed_logprobs",
    "wrong_base_urls",
)
TRACED = (
    "tests/catalogue/",
    "tests/conformance/",
    "tests/core/",
    "tests/faults/",
    *(f"tests/plugins/test_{name}.py" for name in _OF_PLUGINS),
    "tests/plugins/openai_compatible/test_chat.py",
    "tests/properties/",
    *(f"tests/security/test_{name}.py" for name in ("addresses", "claims", "echoed_tokens", "nothing_leaks")),
    "tests/scaffold/test_names.py",
    "tests/scaffold/test_projects.py",
)
"""How the ids of these tests begin."""
UNTRACED = (
    "tests/conformance/test_own_providers.py",
    "tests/core/http/transport/test_abandoned.py",
    "tests/core/http/transport/test_many_streams.py",
    "tests/core/spec/test_json_depth.py",
    "tests/faults/test_matrix.py",
    "tests/properties/test_fuzzed_decoders.py",
    "tests/properties/test_growth",
    "tests/properties/test_lowering.py",
)
"""How the ids of others among them begin, which count, or repeat much."""
_OF_PROVIDERS = (
    "Anthropic::",
    "BedrockWithSignatures::",
    "Echo::",
    "Google::",
    "Mistral::",
    "Ollama::test_a_prompt_is_answered",
    "OpenAI::",
    "OpenAIResponses::",
)
AGAIN = tuple(f"{_PROVIDERS}{name}" for name in _OF_PROVIDERS)
"""How the ids of those among these begin that are traced all the same."""


def is_traced(test: str) -> bool:
    """Return whether coverage is measured during a test, given its id."""
    return test.startswith(AGAIN) or (test.startswith(TRACED) and not test.startswith(UNTRACED))


class Tracing:
    """Let what measures coverage trace the chosen tests alone; without it, there is nothing to do."""

    def __init__(self) -> None:
        self._tracers = (sys.gettrace(), threading.gettrace())

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the chosen tests run first: what is imported or remembered by then has been measured."""
        if any(self._tracers):
            items.sort(key=lambda item: not is_traced(item.nodeid))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Trace the chosen tests, also after one whose depth of calls has ended that, and no others."""
        this, others = self._tracers if is_traced(item.nodeid) else (None, None)
        if any(self._tracers) and sys.gettrace() is not this:
            sys.settrace(this)
            threading.settrace(cast("Any", others))
        return (yield)
