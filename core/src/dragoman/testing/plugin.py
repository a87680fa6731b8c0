"""The pytest plugin: runs the conformance suite for an installed provider, and writes its verdict to files.

pytest loads it into every session if this distribution is installed. It imports the suite only if one of its options is
used.
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
    "provider": "run the conformance checks on this installed provider",
    "model": "one of its models",
    "server_dialect": "dialect of its server: chat, responses, messages, gemini, none or package.module:NAME",
    "base": "the path of its base URL; default: /v1",
    "options": "further keyword arguments of LLMConfig, as a JSON object",
    "verdict": "write the results of the conformance checks to this file, as JSON",
    "badge": "write the number of passed conformance checks to this file, as an SVG image",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("dragoman", "conformance of providers of Dragoman")
    for name, description in _OPTIONS.items():
        group.addoption(f"--dragoman-{name}", default="", metavar=name.upper(), help=description)


def pytest_configure(config: pytest.Config) -> None:
    """Set up what the options request."""
    if config.getoption("dragoman_verdict") or config.getoption("dragoman_badge"):
        config.pluginmanager.register(Reporter(config), "dragoman-reporter")
    if config.getoption("dragoman_provider"):
        _collect_installed(config)


def _collect_installed(config: pytest.Config) -> None:
    """Collect the checks of an installed provider, in addition to files named on the command line."""
    from dragoman.testing.conformance import installed  # noqa: PLC0415  # only for an option

    options = {
        name: str(config.getoption(f"dragoman_{name}")) for name in ("model", "server_dialect", "base", "options")
    }
    options = {name: value for name, value in options.items() if value}
    installed.install(installed.CommandLineOptions(provider=str(config.getoption("dragoman_provider")), **options))
    files = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*files, installed.__file__]


class Reporter:
    """Collect the results of the checks, and write them to files at the end.

    Args:
        config: the configuration of the session.

    """

    def __init__(self, config: pytest.Config) -> None:
        from dragoman.testing.conformance.verdict import Verdict  # noqa: PLC0415  # only for an option

        self._config = config
        self._verdict = Verdict()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Attach to each check its level and its provider."""
        for item in items:
            item.user_properties.extend(_properties(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the result of a test."""
        from dragoman.testing.conformance.verdict import CheckedProvider, Result  # noqa: PLC0415  # only for an option

        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, str):
                details = json.loads(value)
                outcome, reason = _outcome(report)
                result = Result(level=details["level"], name=details["check"], outcome=outcome, reason=reason)
                self._verdict.add(CheckedProvider(**details["provider"]), result)

    def pytest_sessionfinish(self) -> None:
        """Write the files."""
        from dragoman.testing.conformance.verdict import badge  # noqa: PLC0415  # only for an option

        texts = {
            "verdict": json.dumps(self._verdict.to_dict(), indent=2, ensure_ascii=False) + "\n",
            "badge": badge(self._verdict.counts()),
        }
        if hasattr(self._config, "workerinput"):  # in a worker of pytest-xdist: the main process collects the reports
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
        details = {"level": suite.level_of(check), "check": item.name, "provider": kind.described()}
        yield _PROPERTY, json.dumps(details)


def _outcome(report: pytest.TestReport) -> tuple[Outcome, str]:
    expected = str(getattr(report, "wasxfail", ""))
    if report.failed:
        return "failed", report.longreprtext.rpartition("\n")[2]
    if expected:
        return "xfailed", expected.removeprefix("reason: ")
    if report.skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        reason = reason.removeprefix("Skipped: ")
        return ("not_shown" if reason.startswith(_NOT_SHOWN) else "skipped"), reason
    return "passed", ""
