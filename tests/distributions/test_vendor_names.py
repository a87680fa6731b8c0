"""The core knows no vendor: no name of one stands in its sources, except where vendors are data or examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "core" / "src" / "dragoman"
DATA = {"spec/directory.toml", "spec/server_tools.toml", "spec/variables.toml"}
"""The directory of published plugins, the tools of their vendors, and the names of environment variables."""
VENDORS = re.compile(
    r"openai|anthropic|claude|gemini|google|azure|groq|openrouter|mistral|cohere|bedrock|litellm|llamacpp",
    re.IGNORECASE,
)


def sources() -> list[str]:
    names = (path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.*") if path.suffix in {".py", ".toml"})
    return sorted(name for name in names if not name.startswith("testing/") and name not in DATA)


@pytest.mark.parametrize("name", sources())
def test_core_names_no_vendor(name: str) -> None:
    assert VENDORS.findall((SOURCES / name).read_text(encoding="utf-8")) == []
