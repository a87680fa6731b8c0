"""The tests during which coverage is measured: those that take a branch of the core which no others take."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

import dragoman

_PROVIDERS = "tests/conformance/test_own_providers.py::Test"
_OF_PLUGINS = (
    "anthropic_settings",
    "error_texts",
    "family_facts",
    "files",
    "odd_results",
    "other_libraries_formats",
    "plain_messages",
    "policy_of_dialects",
    "prefills_of_vendors",
    "recorder",
    "stops_of_vendors",
    "streamed_logprobs",
    "wrong_base_urls",
)
_PROPERTIES = (
    "cache_marks",
    "calls_said_again",
    "credentials",
    "foreign_errors",
    "framings",
    "histories",
    "json_push_parser",
    "odd_options",
    "ollama_lines",
    "partial_values",
    "schema_check",
    "sse",
    "tool_table",
)
TRACED = (
    "tests/catalogue/",
    "tests/conformance/",
    "tests/core/",
    "tests/faults/",
    *(f"tests/plugins/test_{name}.py" for name in _OF_PLUGINS),
    "tests/plugins/openai_compatible/test_chat.py",
    *(f"tests/properties/test_{name}.py" for name in _PROPERTIES),
    *(f"tests/security/test_{name}.py" for name in ("claims", "echoed_tokens", "nothing_leaks")),
    "tests/scaffold/test_names.py",
    "tests/scaffold/test_projects.py",
)
"""How the ids of these tests begin."""
UNTRACED = (
    "tests/conformance/test_own_providers.py",
    "tests/core/cli/test_every_use.py",
    "tests/core/http/test_odd_replies.py",
    "tests/core/http/test_scripts.py",
    "tests/core/http/transport/test_abandoned.py",
    "tests/core/http/transport/test_cancelled.py",
    *(f"tests/core/http/transport/test_every_moment.py::test_{name}" for name in ("a_call_", "a_reply_that_", "llms_")),
    "tests/core/http/transport/test_many_streams.py",
    "tests/core/http/transport/test_uvloop.py",
    "tests/core/spec/test_json_depth.py",
    "tests/faults/test_matrix.py",
    "tests/properties/test_calls_of_dialects.py",
    "tests/properties/test_schema_table.py",
    "tests/security/test_nothing_leaks.py::test_no_fault_brings_the_key_out",
)
"""How the ids of others among them begin, which count, or repeat much."""
_OF_PROVIDERS = (
    "Anthropic::",
    "BedrockWithSignatures::",
    "Echo::",
    "Google::",
    "Mistral::test_limits",
    "Ollama::test_a_prompt_is_answered",
    "OpenAI::",
    "OpenAIResponses::",
)
_ROWS = ("set and tuple in a class", "tuple of two")
AGAIN = (
    *(f"{_PROVIDERS}{name}" for name in _OF_PROVIDERS),
    "tests/core/http/test_odd_replies.py::test_no_more_of_an_error_is_read",
    "tests/core/http/transport/test_many_streams.py::test_waiting_for_a_connection_ends",
    "tests/properties/test_calls_of_dialects.py::test_another_call_in_the_older_form",
    "tests/properties/test_schema_table.py::test_a_type_in_the_older_form",
    *(f"tests/properties/test_schema_table.py::test_a_type_is_sent_by_the_rules_and_read_back[{row}" for row in _ROWS),
    "tests/security/test_nothing_leaks.py::test_no_fault_brings_the_key_out[openai-whole",
    "tests/security/test_nothing_leaks.py::test_no_fault_brings_the_key_out[openai-streamed",
)
"""How the ids of those among these begin that are traced all the same."""


def is_traced(test: str) -> bool:
    """Return whether coverage is measured during a test, given its id."""
    return test.startswith(AGAIN) or (test.startswith(TRACED) and not test.startswith(UNTRACED))


_NOT_IMPORTED = ("dragoman.__main__", "dragoman.cli.__main__", "dragoman.scaffold.templates")
"""Modules that are programs, and a package whose modules belong to others."""


def _forget() -> None:
    """Let functions of the core work out again what they have remembered until now."""
    for name, module in [*sys.modules.items()]:
        for each in [*vars(module).values()] if name.startswith("dragoman.") else ():
            if (clear := getattr(each, "cache_clear", None)) is not None:
                clear()


class Tracing:
    """Let what measures coverage trace the chosen tests alone; without it, there is nothing to do."""

    def __init__(self) -> None:
        self._tracers = (sys.gettrace(), threading.gettrace())

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Trace what the modules of the core do when they are imported, rather than how the tests are found."""
        if any(self._tracers):
            for module in walk_packages(dragoman.__path__, "dragoman."):
                if not module.name.startswith(_NOT_IMPORTED):
                    import_module(module.name)
            self._trace(None, None)
        return (yield)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the chosen tests run first: what is imported or remembered by then has been measured."""
        if any(self._tracers):
            items.sort(key=lambda item: not is_traced(item.nodeid))
            _forget()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Trace the chosen tests, also after one whose depth of calls has ended that, and no others."""
        this, others = self._tracers if is_traced(item.nodeid) else (None, None)
        if any(self._tracers) and sys.gettrace() is not this:
            self._trace(this, others)
        return (yield)

    def _trace(self, this: Any, others: Any) -> None:
        sys.settrace(this)
        threading.settrace(others)
