"""Facts about models in a file of a plugin."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dragoman import PluginError
from dragoman.http import Facts
from dragoman.spec.directory import read_lists

TEXT = """# of acme, read on 2026-11-28
[traits]
sees = ["acme-eye", "(?<![a-z])iris-[0-9]+"]
hears = [
  "acme-ear",
]

[image]
png = ["image/png"]
"""
PLUGINS = Path(__file__).parents[3] / "plugins"
FILES = [path.parent / name for path in PLUGINS.glob("*/src/*/__init__.py") for name in ("models.toml", "media.toml")]


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    module = tmp_path / "models.py"
    module.write_text("")
    (tmp_path / "models.toml").write_text(TEXT)
    return Facts(importlib.util.spec_from_file_location("acme.models", module), "models.toml")


@pytest.mark.parametrize(
    ("model", "sees", "hears"),
    [("acme-eye-2", True, False), ("eu.iris-12", True, False), ("siris-12", False, False), ("acme-ear", False, True)],
)
def test_a_model_has_a_trait_if_a_pattern_is_found_in_its_name(facts, model, sees, hears):
    assert (facts.holds("sees", model), facts.holds("hears", model)) == (sees, hears)


def test_a_table_is_read_as_it_is(facts):
    assert facts.table("image") == {"png": ("image/png",)}


def test_what_the_file_does_not_have_is_a_fault_of_the_plugin(facts):
    with pytest.raises(PluginError, match=r"models\.toml of acme has no \[audio\]"):
        facts.table("audio")
    with pytest.raises(PluginError, match=r"models\.toml of acme has no smells in \[traits\]"):
        facts.holds("smells", "acme-eye")


def test_a_file_is_read_when_it_is_first_asked_and_once(tmp_path):
    spec: Any = importlib.util.spec_from_file_location("acme.models", tmp_path / "models.py")
    lazy = Facts(spec, "models.toml")
    (tmp_path / "models.toml").write_text(TEXT)
    assert lazy.holds("hears", "acme-ear")
    (tmp_path / "models.toml").unlink()
    assert lazy.holds("sees", "acme-eye")


@pytest.mark.parametrize("path", [path for path in FILES if path.is_file()], ids=lambda path: path.parent.name)
def test_the_files_of_plugins_are_toml_and_say_their_source_and_date(path):
    text = path.read_text("utf-8")
    tables = {
        table: {name: tuple(values) for name, values in members.items()}
        for table, members in tomllib.loads(text).items()
    }
    assert read_lists(text) == tables
    assert "https://" in text.partition("[")[0]
    assert "read on 20" in text.partition("[")[0]
