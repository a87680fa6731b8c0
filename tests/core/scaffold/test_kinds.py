"""Distributions bring kinds of projects for their own dialects; they are found without importing anything."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from core.scripted import Site
from dragoman.cli.group import dragoman
from dragoman.plugins.metadata import TEMPLATES
from dragoman.plugins.registry import installed
from dragoman.scaffold import ProjectName, kind_of, kinds, write_project
from dragoman.spec.errors import ConfigurationError


def bring(site: Site, name: str, target: str, *, purpose: str | None = "a host of its own") -> None:
    site.add("acme-wires", "acme_wires")
    [information] = site.path.glob("acme_wires-*.dist-info")
    with (information / "entry_points.txt").open("a") as entries:
        entries.write(f"[{TEMPLATES}]\n{name} = {target}\n")
    (site.path / "acme_wires.py").unlink()
    folder = site.path / "acme_wires/template"
    folder.mkdir(parents=True)
    folder.with_name("__init__.py").write_text("raise SystemExit('imported')\n")
    (folder / "acme.txt").write_text("Acme\n")
    if purpose is not None:
        (folder / "kind.txt").write_text(purpose + "\n")


def test_a_distribution_brings_a_kind_and_is_not_imported(site: Site) -> None:
    bring(site, "acme-like", "acme_wires.template")

    made = write_project(ProjectName.of("zeta"), kind_of("acme-like"), site.path)

    assert kinds()["acme-like"].purpose == "a host of its own"
    assert {path.name for path in made.iterdir()} >= {"LICENSE", "zeta.txt"}
    assert not (made / "kind.txt").exists()
    assert "acme_wires" not in sys.modules


def test_help_lists_what_there_is(site: Site) -> None:
    bring(site, "acme-like", "acme_wires.template")
    done = CliRunner().invoke(dragoman, ["new-provider", "--help"])
    assert "acme-like" in done.stdout
    assert "a model in this process" in done.stdout


@pytest.mark.parametrize(
    ("target", "purpose"),
    [("acme_wires.template", None), ("acme_wires.elsewhere", "x"), ("not_there.template", "x"), ("__main__", "x")],
)
def test_what_is_no_kind_is_left_out(site: Site, target: str, purpose: str | None) -> None:
    bring(site, "acme-like", target, purpose=purpose)
    assert "acme-like" not in kinds()


def test_a_blocked_distribution_brings_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(site, "acme-like", "acme_wires.template")
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", "acme-wires")
    installed.cache_clear()
    assert "acme-like" not in kinds()


def test_nobody_replaces_a_kind_of_ours(site: Site) -> None:
    bring(site, "dialect", "acme_wires.template")
    assert kinds()["dialect"].purpose == "a host with a dialect of its own"


def test_a_kind_that_is_not_there_is_an_error_with_a_way_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"no kind 'carrier-pigeon' .*the kinds are dialect, in-process"):
        kind_of("carrier-pigeon")
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", "dragoman-openai-compatible")
    installed.cache_clear()
    with pytest.raises(ConfigurationError, match="come with dragoman-openai-compatible; run: pip install"):
        kind_of("openai-compatible")
