"""The pytest plugin: checks of an installed provider without a test file, the verdict and the badge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree as ET

import attrs
import pytest

from dragoman import ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Dialect, Endpoint, HttpProvider, base_url
from dragoman.plugins.registry import installed
from dragoman.testing import plugin
from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.conformance.installed import CommandLineOptions, class_of
from dragoman.testing.conformance.verdict import CheckedProvider, Result, Verdict, badge
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = """
import pytest
from dragoman.testing.conformance import ProviderConformance

class TestEcho(ProviderConformance):
    provider = "echo"
    model = "echo"
    known_failures = {"test_its_issuer_can_stand_before_a_dot": "it can, so this is a failure"}

    @pytest.mark.xfail(reason="the echo never ends like this")
    def test_the_reason_is_kept_in_the_words_of_the_vendor(self): ...

    def test_of_its_own_that_comes_whole(self): ...
"""
CHECKS = "comes_whole or cut_answer or words_of_the_vendor or before_a_dot"
QUIET = ("-p", "no:dragoman", "-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:randomly", "-p", "no:xdist", "-q")


def session(folder: Path, *arguments: str) -> int:
    """Run pytest in this process, in its own folder."""
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytest.main(["-c", str(folder / "pytest.ini"), *QUIET, *arguments], plugins=[plugin])


def test_an_installed_provider_is_checked_without_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict_file, image = tmp_path / "verdict.json", tmp_path / "badge.svg"
    files = ("--dragoman-verdict", str(verdict_file), "--dragoman-badge", str(image))
    options = ("--dragoman-provider", "openai_compatible", "--dragoman-model", "m")
    ended = session(tmp_path, *options, *files, "-k", "whole")
    assert ended == 0, capsys.readouterr().out
    (found,) = json.loads(verdict_file.read_text("utf-8"))["providers"]
    assert (found["provider"], found["model"], found["server_dialect"]) == ("openai_compatible", "m", "openai-chat")
    assert found["distribution"] == "dragoman-openai-compatible"
    assert found["conforms"] is True
    assert found["levels"]["L1"]["passed"] >= 1
    assert ET.fromstring(image.read_text("utf-8")).tag.endswith("svg")  # noqa: S314  # trusted data


def test_a_provider_is_checked_without_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session(tmp_path, "--dragoman-provider", "echo", "-k", "issuer") == 0, capsys.readouterr().out
    assert list(tmp_path.glob("*.json")) == []


def test_a_verdict_lists_each_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_echo.py").write_text(OWN + "\n\ndef test_of_something_else_that_comes_whole(): ...\n")
    verdict_file = tmp_path / "verdict.json"
    ended = session(tmp_path, str(tmp_path), "--dragoman-verdict", str(verdict_file), "-k", CHECKS)
    assert ended == 1, capsys.readouterr().out
    (found,) = json.loads(verdict_file.read_text("utf-8"))["providers"]
    outcomes = {each["name"]: (each["level"], each["outcome"]) for each in found["checks"]}
    assert outcomes == {
        "test_an_answer_comes_whole": ("L1", "passed"),
        "test_a_cut_answer_ends_for_length": ("L1", "skipped"),
        "test_the_reason_is_kept_in_the_words_of_the_vendor": ("L1", "failed"),
        "test_its_issuer_can_stand_before_a_dot": ("L0", "failed"),
    }
    assert found["conforms"] is False
    assert not (tmp_path / "badge.svg").exists()


def test_pytest_loads_the_plugin_in_a_subprocess(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    arguments = ["-p", "no:dragoman", "-p", "dragoman.testing.plugin", "-p", "no:cacheprovider", "-k", "its_name"]
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", *arguments, "--dragoman-provider", "echo"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout


def test_it_does_not_import_the_suite_without_an_option() -> None:
    source = "import sys, dragoman.testing.plugin; print('dragoman.testing.conformance' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("options", "server_dialect"),
    [
        (CommandLineOptions(provider="openai_compatible"), CHAT),
        (CommandLineOptions(provider="groq", server_dialect="responses"), RESPONSES),
        (CommandLineOptions(provider="echo", model="echo"), None),
        (CommandLineOptions(provider="groq", server_dialect="none"), None),
        (CommandLineOptions(provider="google", server_dialect="dragoman.testing.faults:GEMINI"), GEMINI),
        (CommandLineOptions(provider="google"), GEMINI),
        (CommandLineOptions(provider="anthropic", model="claude-sonnet-4-5"), MESSAGES),
    ],
)
def test_the_server_dialect_is_given_or_detected(options: CommandLineOptions, server_dialect: Any) -> None:
    made = class_of(options)
    assert made.server_dialect is server_dialect
    assert issubclass(made, ProviderConformance)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (CommandLineOptions(provider="echo", options="{"), "not valid JSON"),
        (CommandLineOptions(provider="echo", options="[]"), "a JSON object"),
        (CommandLineOptions(provider="nobody"), "cannot be created"),
        (CommandLineOptions(provider="groq", server_dialect="nothing.of.the:KIND"), "cannot be imported"),
        (CommandLineOptions(provider="groq", server_dialect="json:loads"), "is a function, not a ServerDialect"),
    ],
)
def test_invalid_options_are_refused(options: CommandLineOptions, message: str) -> None:
    with pytest.raises(pytest.UsageError, match=message):
        class_of(options)


class UndetectableDialect:
    """Create a provider whose server dialect cannot be detected."""

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> HttpProvider:
        info = ProviderInfo(name="mute", issuer="mute")
        return HttpProvider(info, cast("Dialect", object()), Endpoint(base=base_url(config, default=None)))


def test_an_undetectable_server_dialect_must_be_given() -> None:
    installed.cache_clear()
    installed().register(UndetectableDialect(), provider="mute")
    with pytest.raises(pytest.UsageError, match="--dragoman-server-dialect chat"):
        class_of(CommandLineOptions(provider="mute"))
    installed.cache_clear()


PROVIDER = CheckedProvider(
    test="T", provider="p", model="m", server_dialect=None, distribution="d", version="1", spec="1.0"
)


def verdict(*outcomes: Any) -> Verdict:
    made = Verdict()
    for number, outcome in enumerate(outcomes):
        made.add(PROVIDER, Result(level="L0", name=f"test_{number}", outcome=outcome))
    return made


def test_a_failure_outweighs_other_outcomes() -> None:
    made = Verdict()
    for outcome in ("passed", "failed", "passed"):
        made.add(PROVIDER, Result(level="L0", name="test_x", outcome=outcome))
    assert made.counts() == Counter(failed=1)
    assert made.to_dict()["providers"][0]["conforms"] is False


def test_an_empty_verdict_does_not_conform() -> None:
    assert Verdict().to_dict()["providers"] == []
    assert "#c62828" in badge(Counter())


@pytest.mark.parametrize(
    ("outcomes", "color", "words"),
    [
        (("passed", "passed", "skipped"), "#2e7d32", "2 of 2"),
        (("passed", "not_shown"), "#b26a00", "1 of 2"),
        (("passed", "xfailed"), "#b26a00", "1 of 2"),
        (("passed", "failed"), "#c62828", "1 of 2"),
    ],
)
def test_a_badge_shows_the_number_of_passed_checks(outcomes: Iterable[Any], color: str, words: str) -> None:
    image = badge(verdict(*outcomes).counts())
    assert color in image
    assert words in image


def report(**members: Any) -> Any:
    details = json.dumps({"level": "L0", "check": "test_x", "provider": attrs.asdict(PROVIDER)})
    plain: dict[str, Any] = {"failed": False, "skipped": False, "longrepr": None, "longreprtext": ""}
    return SimpleNamespace(**plain | {"user_properties": [("dragoman", details)]} | members)


@pytest.mark.parametrize(
    ("members", "outcome", "reason"),
    [
        ({}, "passed", ""),
        ({"failed": True, "longreprtext": "long\nE: short"}, "failed", "E: short"),
        ({"skipped": True, "wasxfail": "reason: known"}, "xfailed", "known"),
        ({"skipped": True, "longrepr": ("f", 1, "Skipped: does not apply: x")}, "skipped", "does not apply: x"),
        ({"skipped": True, "longrepr": ("f", 1, "Skipped: not shown: supply y")}, "not_shown", "not shown: supply y"),
        ({"skipped": True}, "skipped", ""),
        ({"user_properties": [("other", 1)]}, None, ""),
    ],
)
def test_a_report_is_converted_to_an_outcome(
    tmp_path: Path, members: dict[str, Any], outcome: str | None, reason: str
) -> None:
    path = tmp_path / "verdict.json"
    options = {"dragoman_verdict": str(path), "dragoman_badge": ""}
    reporter = plugin.Reporter(SimpleNamespace(getoption=options.get))  # type: ignore[arg-type]
    reporter.pytest_runtest_logreport(report(**members))
    reporter.pytest_sessionfinish()
    found = [check for each in json.loads(path.read_text("utf-8"))["providers"] for check in each["checks"]]
    assert [(each["outcome"], each["reason"]) for each in found] == ([(outcome, reason)] if outcome else [])


def test_a_worker_of_xdist_writes_no_files(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    options = {"dragoman_verdict": str(path), "dragoman_badge": ""}
    plugin.Reporter(SimpleNamespace(getoption=options.get, workerinput={})).pytest_sessionfinish()  # type: ignore[arg-type]
    assert not path.exists()
