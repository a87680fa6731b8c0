"""``dragoman why`` and ``dragoman plugins``."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.scripted import Site
from dragoman.cli.group import dragoman
from dragoman.cli.inspect import origin
from dragoman.plugins.registry import installed


def run(*arguments: str, **environment: str) -> Result:
    installed.cache_clear()
    try:
        return CliRunner().invoke(dragoman, arguments, env=environment)
    finally:
        installed.cache_clear()


@pytest.fixture
def acme(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Install two providers that claim the same, and an extension that is blocked."""
    site.add(
        "acme-one", providers=("one",), hosts=("x.test",), models=("ac-", "one-"), specs={"one": "1.0"}, version="2.5"
    )
    site.add("acme-two", providers=("two",), hosts=("x.test",), models=("ac-",))
    site.add("acme-three", extensions=("budget",))
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-one,acme-two")
    return site


def test_plugins_as_data(acme: Site) -> None:
    listed = json.loads(run("plugins", "--json").stdout)
    mine = {each["name"]: each for each in listed if each["distribution"].startswith("acme-")}
    assert mine["one"] == {
        "name": "one",
        "kind": "provider",
        "distribution": "acme-one",
        "version": "2.5",
        "spec": "1.0",
        "state": "installed",
        "module": "stub_acme_one",
        "origin": str(acme.path / "stub_acme_one.py"),
        "hosts": ["x.test"],
        "models": ["ac-", "one-"],
        "aliases": [],
        "warnings": ["claims the host x.test, which belongs to acme-two"],
    }
    assert mine["budget"]["warnings"] == []
    assert (mine["two"]["spec"], mine["two"]["state"]) == ("1", "installed")
    assert (mine["budget"]["kind"], mine["budget"]["state"]) == ("extension", "blocked")
    assert {each["state"] for each in listed if each["name"] == "echo"} == {"blocked"}
    assert acme.imported() == set()


def test_plugins_as_a_table(acme: Site) -> None:
    shown = run("plugins").stdout
    assert shown.split()[:9] == [
        "name",
        "distribution",
        "version",
        "spec",
        "state",
        "hosts",
        "models",
        "origin",
        "warnings",
    ]
    assert "budget (extension)" in shown
    assert "stub_acme_one.py" in "".join(shown.split())
    assert "claims the host x.test" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("columns", "header", "hidden"),
    [
        (40, ["name"], "distribution, version, spec, state, hosts, models, origin"),
        (90, ["name", "distribution", "version", "spec", "state", "hosts"], "models, origin"),
        (9999, ["name", "distribution", "version", "spec", "state", "hosts", "models", "origin"], ""),
    ],
)
def test_plugins_fit_into_a_terminal(
    acme: Site, columns: int, header: list[str], hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    installed.cache_clear()
    dragoman(["plugins"], standalone_mode=False)
    installed.cache_clear()
    table, _, notes = terminal.getvalue().partition("warning: ")
    assert table.splitlines()[0].split() == header
    assert max(map(len, table.splitlines())) <= columns
    assert "acme-one claims the host x.test, which belongs to acme-two\n" in notes
    assert ("ac-, +1" in table) == ("models" in header)
    assert (f"Not shown for lack of space: {hidden}." in " ".join(notes.split())) == bool(hidden)
    assert acme.imported() == set()


@pytest.mark.parametrize(
    ("arguments", "words", "lines"),
    [
        (
            ("why", "ac-1"),
            "claim the model 'ac-1' equally",
            [
                "candidate     one (acme-one) claims models that begin with 'ac-'",
                "candidate     two (acme-two) claims models that begin with 'ac-'",
            ],
        ),
        (
            ("why", "m", "-b", "https://eu.x.test/v1"),
            "claim the host eu.x.test equally",
            [
                "candidate     one (acme-one) claims the host x.test",
                "candidate     two (acme-two) claims the host x.test",
            ],
        ),
        (("why", "nobody", "-b", "http://["), "no installed provider claims", ["installed     -p one (acme-one)"]),
        (("why", "m", "-p", "thre"), "is not installed", ["blocked       budget (acme-three)"]),
        (("why",), "no model is configured", ["installed     -p two (acme-two)"]),
    ],
)
def test_why_lists_candidates_if_no_provider_is_found(
    acme: Site, arguments: tuple[str, ...], words: str, lines: list[str]
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert [line for line in lines if line not in done.stdout.splitlines()] == []
    assert acme.imported() == set()


def test_why_lists_both_distributions_that_claim_one_name(acme: Site) -> None:
    acme.add("acme-fork", providers=("one",))
    done = run("why", "one/x", DRAGOMAN_PLUGINS="acme-one,acme-fork")
    assert done.exit_code == 1
    assert "both provide 'one'" in done.stderr
    assert "installed     -p one (acme-fork)" in done.stdout


def test_a_claim_without_a_provider_is_shown(acme: Site) -> None:
    acme.add("acme-nobody", models=("no-",))
    done = run("why", "no-1", DRAGOMAN_PLUGINS="acme-nobody")
    assert "candidate     no provider (acme-nobody) claims models that begin with 'no-'" in done.stdout


def test_the_file_of_a_module_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "looked_for" / "inner"
    package.mkdir(parents=True)
    for each in (package.parent / "__init__.py", package / "__init__.py", package / "part.py"):
        each.write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert origin("looked_for") == str(package.parent / "__init__.py")
    assert origin("looked_for.inner.part:plugin") == str(package / "part.py")
    for target in ("looked_for.gone.part", "looked_for.inner.part.deeper", "not_there", "", ".x", "<registered x>"):
        assert origin(target) is None
    assert not [name for name in sys.modules if name.startswith("looked_for")]


def test_why_warns_of_the_distribution_that_answers(acme: Site) -> None:
    acme.add("acme-taker", providers=("taker",), models=("gpt-5",))
    asked = {"DRAGOMAN_PLUGINS": "acme-taker,dragoman-openai"}
    warning = "warning       acme-taker claims models that begin with 'gpt-5', which belong to dragoman-openai"
    for model in ("taker/gpt-5-mini", "gpt-5-mini"):
        done = run("why", model, **asked)
        assert done.exit_code == (0 if "/" in model else 2)
        assert warning in done.stdout
    assert "warning" not in run("why", "openai/gpt-5-mini", **asked).stdout


def test_the_error_of_a_broken_plugin_names_the_command_that_checks_it(site: Site) -> None:
    site.add("acme-sad", "acme_sad", "raise ValueError('boom')", providers=("sad",))
    done = run("chat", "-n", "-m", "sad/m", "hi")
    assert done.exit_code == 1
    assert "the plugin 'sad' of acme-sad failed: ValueError: boom\nhint: 'dragoman doctor --load' says" in done.stderr
