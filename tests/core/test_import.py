from __future__ import annotations

import json
import subprocess
import sys

import pytest

COSTLY = (
    "aiohttp",
    "asyncio",
    "cattrs",
    "click",
    "concurrent.futures",
    "http.client",
    "orjson",
    "pydantic",
    "rich",
    "tomllib",
    "urllib.request",
)


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )


def test_importing_dragoman_imports_nothing_costly() -> None:
    report = python("import dragoman", "-X", "importtime").stderr
    modules = {line.rpartition("|")[2].strip() for line in report.splitlines()}
    assert "dragoman.llm" in modules
    assert not [each for each in COSTLY if each in modules]
    assert not [each for each in modules if each.startswith(("dragoman_", "dragoman.http", "dragoman.cli"))]


NAMING = """
import json, sys
from dragoman import LLM, LLMConfig, StreamingLLM, explain
import dragoman
config = LLMConfig(model={model!r}, api_key="sk-12345678")
llm = StreamingLLM(config)
explain(config)
before = sorted(name for name in sys.modules if name.startswith("dragoman_"))
{then}
after = sorted(name for name in sys.modules if name.startswith("dragoman_") and "." not in name)
print(json.dumps([before, after, "tomllib" in sys.modules]))
"""


@pytest.mark.parametrize(
    ("then", "imported"), [("", []), ("import asyncio; asyncio.run(llm.completion('Hi'))", ["dragoman_echo"])]
)
def test_naming_a_model_imports_nothing_and_using_it_one_plugin(then: str, imported: list[str]) -> None:
    assert json.loads(python(NAMING.format(model="echo", then=then)).stdout) == [[], imported, False]
