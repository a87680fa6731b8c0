"""``dragoman models``: lists of providers that answer, fail or cannot be asked, and what is remembered of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import PseudoTerminal
from dragoman.cli.group import dragoman
from dragoman.cli.model_lists import ListedModel, ModelList, remember, remembered
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED = {"data": [{"id": "gpt-4o", "object": "model"}, {"id": "acme-1", "object": "model", "context_length": 131072}]}


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(dragoman, ["models", *arguments], env=environment)


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    with LoopbackServer(Reply.json(LISTED)) as loopback:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{loopback.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
        yield loopback


def test_models_are_listed_remembered_and_found(server: LoopbackServer, home: Path) -> None:
    shown = run("-p", "openai", "-p", "echo", "-p", "openai").stdout
    assert shown.startswith("echo: 1 model, asked just now\n  echo\nopenai: 2 models, asked just now\n  acme-1")
    assert shown.count("openai: ") == 1
    assert len(server.requests) == 1
    again = run("-p", "openai", "ACME").stdout
    assert again.startswith("openai: 1 model, asked just now\n  acme-1")
    assert run("-p", "openai", "zzz").stdout == ""
    assert len(server.requests) == 1
    run("-p", "openai", "--refresh")
    assert len(server.requests) == 2
    found = json.loads(run("-p", "openai", "--json").stdout)
    assert [each["id"] for each in found[0]["models"]] == ["acme-1", "gpt-4o"]
    assert "sk-of-the-environment" not in (home / ".config" / "dragoman" / "models.json").read_text()


def test_a_list_is_asked_for_or_not(home: Path) -> None:
    done = run("--refresh", "--offline")
    assert (done.exit_code, "asks nobody; give one of them" in done.stderr) == (2, True)


def test_a_provider_that_fails_keeps_its_last_list(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / ".config" / "dragoman" / "models.json"
    before = time.time() - 3 * 86_400
    models = (
        ListedModel(id="m-1", context=999, output=8192, input=("image",)),
        ListedModel(id="m-22", context=1_048_576),
    )
    remember(path, [ModelList(provider="openai", models=models, asked=before)])
    shown = run("-p", "openai").stdout
    assert "openai: 2 models, asked 3 days ago, no key for openai" in shown
    assert "\n  m-1   999 in  8k out  image\n  m-22  1.05M in\n" in shown
    offline = run("-p", "openai", "-p", "groq", "--offline").stdout
    assert "openai: 2 models, asked 3 days ago\n" in offline
    assert "groq: was not asked yet\n" in offline


@pytest.mark.parametrize(("seconds", "words"), [(5, "just now"), (3700, "1 hour ago"), (130, "2 minutes ago")])
def test_the_age_of_a_list_is_told(home: Path, seconds: float, words: str) -> None:
    path = home / ".config" / "dragoman" / "models.json"
    remember(path, [ModelList(provider="openai", models=(ListedModel(id="m"),), asked=time.time() - seconds)])
    assert f"openai: 1 model, asked {words}\n  m\n" in run("-p", "openai", "--offline").stdout


@pytest.mark.parametrize("content", ["", "[]", "{", '{"openai": {}}', '{"openai": {"models": [{"x": 1}], "asked": 1}}'])
def test_a_cache_that_cannot_be_read_is_no_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "models.json").write_text(content)
    assert remembered(tmp_path / "models.json") == {}
    assert remembered(tmp_path / "gone.json") == {}
    assert remembered(None) == {}


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "file" / "models.json", [ModelList(provider="a", asked=1.0), ModelList(provider="b")])


def test_without_a_home_nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for _ in range(2):
        assert run("-p", "echo").stdout.startswith("echo: 1 model, asked just now\n  echo")


def test_an_unknown_provider_is_an_error(home: Path) -> None:
    done = run("-p", "opnai")
    assert done.exit_code == 2
    assert "no installed distribution provides 'opnai'" in done.stderr


@pytest.mark.parametrize("columns", [80, 40])
def test_providers_that_list_nothing_are_told_together(home: Path, columns: int) -> None:
    path = home / ".config" / "dragoman" / "models.json"
    remember(path, [ModelList(provider="openai", models=(ListedModel(id="m"),), asked=time.time())])
    with PseudoTerminal(columns) as terminal:
        assert terminal.run(lambda: None, "models", "--offline") == 0
        shown = terminal.wait(
            "openai: 1 model, asked just now", " providers list no models yet: ", "says what is missing"
        )
        assert len(shown.splitlines()) < 1200 / columns
    told = run("--offline")
    assert told.stdout == "openai: 1 model, asked just now\n  m\n"
    named, hint = told.stderr.splitlines()
    assert ", echo, " in named
    assert "openai," not in named
    assert "'dragoman keys set PROVIDER' keeps a key" in hint
    assert run("-p", "xai", "-p", "zai", "--offline").stdout == "xai: was not asked yet\nzai: was not asked yet\n"
    assert len(json.loads(run("--offline", "--json").stdout)) > 2
