"""Every provider has a page, all pages have the same headings, and each option stands in its table."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

from dragoman import ProviderConfig, Secret
from dragoman.plugins.registry import PROVIDERS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference" / "providers"
IN_PROCESS = {"echo", "llamacpp"}
HEADINGS = ["Install", "Key and endpoint", "First call", "Options", "What it cannot do", "Troubleshooting"]


def providers() -> dict[str, str]:
    """Return the module of each provider in the workspace, by its name: that of its folder where it has several."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        points = tomllib.loads(path.read_text("utf-8"))["project"].get("entry-points", {}).get(PROVIDERS, {})
        found |= {name: module for name, module in points.items() if name == path.parent.name}
    return found


def page_of(name: str) -> str:
    return (PAGES / f"{name.replace('_', '-')}.md").read_text("utf-8")


def options_of(name: str) -> Any:
    """Return the class that the page of a provider shows."""
    shown = re.findall(r"^```\{options\} (\S+)$", page_of(name), re.MULTILINE)
    assert len(shown) == 1, f"the page of {name} shows {shown}"
    module, _, kind = shown[0].rpartition(".")
    return getattr(installed(module), kind)


def installed(module: str) -> Any:
    """Import a provider's module, or skip the test where its distribution is not installed."""
    package = module.partition(".")[0]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"no {package.replace('_', '-')} here")
    return importlib.import_module(module)


@pytest.mark.parametrize("name", providers())
def test_the_page_of_a_provider_has_all_headings_in_order(name: str) -> None:
    text = re.sub(r"^```.*?^```$", "", page_of(name), flags=re.MULTILINE | re.DOTALL)

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@pytest.fixture(autouse=True)
def extension(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the extensions of the documentation on the path, as its configuration does."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    monkeypatch.delitem(sys.modules, "options_rows", raising=False)


def rows(kind: type[Any]) -> Any:
    return importlib.import_module("options_rows").rows(kind)


@pytest.mark.parametrize("name", providers())
def test_each_option_of_a_provider_has_its_row(name: str) -> None:
    kind = options_of(name)

    found = rows(kind)

    assert [row.name for row in found] == [field.name for field in attrs.fields(kind)]
    assert all(row.type and row.default and row.text for row in found)


@pytest.mark.parametrize(("name", "module"), providers().items())
def test_the_page_shows_the_class_that_the_provider_reads(name: str, module: str) -> None:
    base = None if name in IN_PROCESS else "http://127.0.0.1:9"
    config = ProviderConfig(name=name, model="tiny", api_key=Secret("k"), api_base=base)

    assert installed(module).dragoman_provider(config).info.options is options_of(name)


@attrs.frozen(kw_only=True)
class Example:
    """Show it.

    Args:
        one: the first, ``a`` or
            ``b``.
        two: the second, of :class:`Example`.

    Raises:
        ValueError: never.

    """

    one: str | None = None
    two: list[int] = attrs.field(factory=list)


def test_a_row_holds_type_default_and_words() -> None:
    first, second = rows(Example)

    assert (first.name, first.type, first.default) == ("one", "str | None", "None")
    assert first.text == "the first, ``a`` or ``b``."
    assert (second.default, second.text) == ("[]", "the second, of :class:`Example`.")


def test_the_table_sets_code_as_code() -> None:
    nodes = pytest.importorskip("docutils.nodes", reason="docutils comes with the tools of the documentation")
    table = importlib.import_module("options_table").table(Example)

    cells = [[entry.astext() for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
    assert cells == [
        ["option", "type", "default", "what it does"],
        ["one", "str | None", "None", "the first, a or b."],
        ["two", "list[int]", "[]", "the second, of Example."],
    ]
    assert [each.astext() for each in table.findall(nodes.literal)][3:5] == ["a", "b"]


def test_a_class_that_hides_an_option_is_refused() -> None:
    @attrs.frozen
    class Silent:
        """Say nothing."""

        one: int = 1

    with pytest.raises(ValueError, match="docstring"):
        rows(Silent)
