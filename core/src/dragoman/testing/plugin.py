"""The plugin for pytest: runs the conformance suite for an installed provider, and writes its verdict to files.

It is loaded into every session of pytest wherever this distribution is installed, and imports nothing of it before one
of its options is used.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dragoman.testing.conformance.verdict import Outcome

__all__ = ["Reporter"]

_SUITE = "dragoman.testing.conformance"
pytest.register_assert_rewrite(*{_SUITE} - sys.modules.keys())

_PROPERTY = "dragoman"
_NOT_SHOWN = "not shown"
_OPTIONS = {
    "provider": "check this installed provider",
    "model": "one of its models",
    "server_dialect": "what its server speaks: chat, responses, messages, gemini, none or package.module:NAME",
    "base": "the path of its base URL; /v1 by default",
    "options": "further keyword arguments of LLMConfig, as a JSON object",
    "verdict": "write what came of the conformance checks to this file, as JSON",
    "badge": "write the same in a few words to this file, as an SVG image",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("dragoman", "conformance of Dragoman's providers")
    for name, told in _OPTIONS.items():
        group.addoption(f"--dragoman-{name}", default="", metavar=name.upper(), help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Get ready for what the options ask for."""
    if config.getoption("dragoman_verdict") or config.getoption("dragoman_badge"):
        config.pluginmanager.register(Reporter(config), "dragoman-reporter")
    if config.getoption("dragoman_provider"):
        _collect_installed(config)


def _collect_installed(config: pytest.Config) -> None:
    """Collect the checks of an installed provider, alone unless files are named beside it."""
    from dragoman.testing.conformance import installed  # noqa: PLC0415  # asked for by an option

    given = {name: str(config.getoption(f"dragoman_{name}")) for name in ("model", "server_dialect", "base", "options")}
    asked = {name: value for name, value in given.items() if value}
    installed.install(installed.Asked(provider=str(config.getoption("dragoman_provider")), **asked))
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*named, installed.__file__]


class Reporter:
    """Collect what comes of the checks, and write it down at the end.

    Args:
        config: the session's.

    """

    def __init__(self, config: pytest.Config) -> None:
        from dragoman.testing.conformance.verdict import Verdict  # noqa: PLC0415  # asked for by an option

        self._config = config
        self._verdict = Verdict()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Write on each check what it is a check of."""
        for item in items:
            item.user_properties.extend(_properties(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what came of a test."""
        from dragoman.testing.conformance.verdict import Result, Subjected  # noqa: PLC0415  # as above

        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, str):
                told = json.loads(value)
                outcome, reason = _outcome(report)
                result = Result(level=told["level"], name=told["check"], outcome=outcome, reason=reason)
                self._verdict.add(Subjected(**told["subjected"]), result)

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        from dragoman.testing.conformance.verdict import badge  # noqa: PLC0415  # as above

        texts = {
            "verdict": json.dumps(self._verdict.to_dict(), indent=2, ensure_ascii=False) + "\n",
            "badge": badge(self._verdict.counts()),
        }
        if hasattr(self._config, "workerinput"):  # a worker of pytest-xdist, whose reports another process collects
            return
        for name, text in texts.items():
            path = self._config.getoption(f"dragoman_{name}")
            if path:
                Path(path).write_text(text, "utf-8")


def _properties(item: pytest.Item) -> Iterator[tuple[str, object]]:
    suite = sys.modules.get(_SUITE)
    kind = item.cls if isinstance(item, pytest.Function) else None
    if suite is None or kind is None or not issubclass(kind, suite.ProviderConformance):
        return
    check = item.name.partition("[")[0]
    if hasattr(suite.ProviderConformance, check):
        told = {"level": suite.level_of(check), "check": item.name, "subjected": kind.described()}
        yield _PROPERTY, json.dumps(told)


def _outcome(report: pytest.TestReport) -> tuple[Outcome, str]:
    known = str(getattr(report, "wasxfail", ""))
    if report.failed:
        return "failed", report.longreprtext.rpartition("\n")[2]
    if known:
        return "xfailed", known.removeprefix("reason: ")
    if report.skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        reason = reason.removeprefix("Skipped: ")
        return ("not_shown" if reason.startswith(_NOT_SHOWN) else "skipped"), reason
    return "passed", ""
