"""The plugin for pytest: an installed provider without a file, the verdict and the badge."""

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
from dragoman.testing.conformance.installed import Asked, class_of
from dragoman.testing.conformance.verdict import Result, Subjected, Verdict, badge
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
    """Run pytest in this process, in a folder of its own."""
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytest.main(["-c", str(folder / "pytest.ini"), *QUIET, *arguments], plugins=[plugin])


def test_an_installed_provider_is_checked_without_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, image = tmp_path / "verdict.json", tmp_path / "badge.svg"
    files = ("--dragoman-verdict", str(told), "--dragoman-badge", str(image))
    named = ("--dragoman-provider", "openai_compatible", "--dragoman-model", "m")
    ended = session(tmp_path, *named, *files, "-k", "whole")
    assert ended == 0, capsys.readouterr().out
    (found,) = json.loads(told.read_text("utf-8"))["providers"]
    assert (found["provider"], found["model"], found["server_dialect"]) == ("openai_compatible", "m", "openai-chat")
    assert found["distribution"] == "dragoman-openai-compatible"
    assert found["conforms"] is True
    assert found["levels"]["L1"]["passed"] >= 1
    assert ET.fromstring(image.read_text("utf-8")).tag.endswith("svg")  # noqa: S314  # our own


def test_a_provider_is_checked_without_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session(tmp_path, "--dragoman-provider", "echo", "-k", "issuer") == 0, capsys.readouterr().out
    assert list(tmp_path.glob("*.json")) == []


def test_a_verdict_tells_each_outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_echo.py").write_text(OWN + "\n\ndef test_of_something_else_that_comes_whole(): ...\n")
    told = tmp_path / "verdict.json"
    ended = session(tmp_path, str(tmp_path), "--dragoman-verdict", str(told), "-k", CHECKS)
    assert ended == 1, capsys.readouterr().out
    (found,) = json.loads(told.read_text("utf-8"))["providers"]
    outcomes = {each["name"]: (each["level"], each["outcome"]) for each in found["checks"]}
    assert outcomes == {
        "test_an_answer_comes_whole": ("L1", "passed"),
        "test_a_cut_answer_ends_for_length": ("L1", "skipped"),
        "test_the_reason_is_kept_in_the_words_of_the_vendor": ("L1", "failed"),
        "test_its_issuer_can_stand_before_a_dot": ("L0", "failed"),
    }
    assert found["conforms"] is False
    assert not (tmp_path / "badge.svg").exists()


def test_a_program_may_use_it_as_an_installed_plugin(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    arguments = ["-p", "no:dragoman", "-p", "dragoman.testing.plugin", "-p", "no:cacheprovider", "-k", "its_name"]
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", *arguments, "--dragoman-provider", "echo"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout


def test_it_imports_nothing_that_is_not_asked_for() -> None:
    source = "import sys, dragoman.testing.plugin; print('dragoman.testing.conformance' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("asked", "server_dialect"),
    [
        (Asked(provider="openai_compatible"), CHAT),
        (Asked(provider="groq", server_dialect="responses"), RESPONSES),
        (Asked(provider="echo", model="echo"), None),
        (Asked(provider="groq", server_dialect="none"), None),
        (Asked(provider="google", server_dialect="dragoman.testing.faults:GEMINI"), GEMINI),
        (Asked(provider="google"), GEMINI),
        (Asked(provider="anthropic", model="claude-sonnet-4-5"), MESSAGES),
    ],
)
def test_the_tongue_is_told_or_found_out(asked: Asked, server_dialect: Any) -> None:
    made = class_of(asked)
    assert made.server_dialect is server_dialect
    assert issubclass(made, ProviderConformance)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (Asked(provider="echo", options="{"), "no JSON"),
        (Asked(provider="echo", options="[]"), "a JSON object"),
        (Asked(provider="nobody"), "cannot be made"),
        (Asked(provider="groq", server_dialect="nothing.of.the:KIND"), "names nothing"),
        (Asked(provider="groq", server_dialect="json:loads"), "is a function, not a ServerDialect"),
    ],
)
def test_what_does_not_say_enough_is_refused(asked: Asked, complaint: str) -> None:
    with pytest.raises(pytest.UsageError, match=complaint):
        class_of(asked)


class Mute:
    """Bring a provider whose dialect does not say what it speaks."""

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> HttpProvider:
        info = ProviderInfo(name="mute", issuer="mute")
        return HttpProvider(info, cast("Dialect", object()), Endpoint(base=base_url(config, default=None)))


def test_a_server_that_cannot_be_found_out_is_asked_for() -> None:
    installed.cache_clear()
    installed().register(Mute(), provider="mute")
    with pytest.raises(pytest.UsageError, match="--dragoman-server-dialect chat"):
        class_of(Asked(provider="mute"))
    installed.cache_clear()


SUBJECT = Subjected(test="T", provider="p", model="m", server_dialect=None, distribution="d", version="1", spec="1.0")


def verdict(*outcomes: Any) -> Verdict:
    made = Verdict()
    for number, outcome in enumerate(outcomes):
        made.add(SUBJECT, Result(level="L0", name=f"test_{number}", outcome=outcome))
    return made


def test_a_failure_is_not_made_good() -> None:
    made = Verdict()
    for outcome in ("passed", "failed", "passed"):
        made.add(SUBJECT, Result(level="L0", name="test_x", outcome=outcome))
    assert made.counts() == Counter(failed=1)
    assert made.to_dict()["providers"][0]["conforms"] is False


def test_nothing_is_no_conformance() -> None:
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
def test_a_badge_tells_how_much_is_kept(outcomes: Iterable[Any], color: str, words: str) -> None:
    image = badge(verdict(*outcomes).counts())
    assert color in image
    assert words in image


def report(**members: Any) -> Any:
    told = json.dumps({"level": "L0", "check": "test_x", "subjected": attrs.asdict(SUBJECT)})
    plain: dict[str, Any] = {"failed": False, "skipped": False, "longrepr": None, "longreprtext": ""}
    return SimpleNamespace(**plain | {"user_properties": [("dragoman", told)]} | members)


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
def test_a_report_is_read(tmp_path: Path, members: dict[str, Any], outcome: str | None, reason: str) -> None:
    path = tmp_path / "verdict.json"
    options = {"dragoman_verdict": str(path), "dragoman_badge": ""}
    reporter = plugin.Reporter(SimpleNamespace(getoption=options.get))  # type: ignore[arg-type]
    reporter.pytest_runtest_logreport(report(**members))
    reporter.pytest_sessionfinish()
    found = [check for each in json.loads(path.read_text("utf-8"))["providers"] for check in each["checks"]]
    assert [(each["outcome"], each["reason"]) for each in found] == ([(outcome, reason)] if outcome else [])


def test_a_worker_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    options = {"dragoman_verdict": str(path), "dragoman_badge": ""}
    plugin.Reporter(SimpleNamespace(getoption=options.get, workerinput={})).pytest_sessionfinish()  # type: ignore[arg-type]
    assert not path.exists()
