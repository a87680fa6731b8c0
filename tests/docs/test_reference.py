"""The reference describes every name that the packages export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import dragoman.http
from dragoman import _public_names

PAGES = "\n".join(each.read_text("utf-8") for each in sorted(Path(__file__).parents[2].glob("docs/**/*.md")))


def is_described(home: str, name: str) -> bool:
    directives = (f"automodule:: {home}", *(f":: {each}{name}" for each in (f"{home}.", "dragoman.", "")))
    return any(f"{each}\n" in PAGES for each in directives)


@pytest.mark.parametrize("homes", [_public_names.HOMES, dragoman.http._HOMES])  # noqa: SLF001  # by module
def test_every_exported_name_is_described(homes: Mapping[str, tuple[str, ...]]) -> None:
    missing = [f"{home}.{name}" for home, names in homes.items() for name in names if not is_described(home, name)]
    assert missing == []
