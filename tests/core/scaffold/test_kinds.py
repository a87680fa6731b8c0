"""Kinds of projects from installed distributions, found without importing them."""

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


def add_template(site: Site, name: str, target: str, *, purpose: str | None = "a host of its own") -> None:
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


def test_a_distribution_adds_a_kind_without_being_imported(site: Site) -> None:
    add_template(site, "acme-like", "acme_wires.template")

    made = write_project(ProjectName.of("zeta"), kind_of("acme-like"), site.path)

    assert kinds()["acme-like"].purpose == "a host of its own"
    assert {path.name for path in made.iterdir()} >= {"LICENSE", "zeta.txt"}
    assert not (made / "kind.txt").exists()
    assert "acme_wires" not in sys.modules


def test_help_lists_the_kinds(site: Site) -> None:
    add_template(site, "acme-like", "acme_wires.template")
    done = CliRunner().invoke(dragoman, ["new-provider", "--help"])
    assert "acme-like" in done.stdout
    assert "a model in this process" in done.stdout


@pytest.mark.parametrize(
    ("target", "purpose"),
    [("acme_wires.template", None), ("acme_wires.elsewhere", "x"), ("not_there.template", "x"), ("__main__", "x")],
)
def test_an_invalid_template_is_ignored(site: Site, target: str, purpose: str | None) -> None:
    add_template(site, "acme-like", target, purpose=purpose)
    assert "acme-like" not in kinds()


def test_a_blocked_distribution_adds_no_kind(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    add_template(site, "acme-like", "acme_wires.template")
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", "acme-wires")
    installed.cache_clear()
    assert "acme-like" not in kinds()


def test_a_built_in_kind_cannot_be_replaced(site: Site) -> None:
    add_template(site, "dialect", "acme_wires.template")
    assert kinds()["dialect"].purpose == "a host with a dialect of its own"


def test_an_unknown_kind_is_an_error_with_a_solution(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigurationError, match=r"kind of project 'carrier-pigeon'; the kinds are dialect, in-process"
    ):
        kind_of("carrier-pigeon")
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", "dragoman-openai-compatible")
    installed.cache_clear()
    with pytest.raises(ConfigurationError, match="is provided by dragoman-openai-compatible; run: pip install"):
        kind_of("openai-compatible")
