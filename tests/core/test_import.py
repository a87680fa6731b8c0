from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import dragoman
from dragoman import lazy_names

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


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)


def test_importing_dragoman_imports_nothing_costly() -> None:
    converting = {"from_dict", "structure_options", "to_dict"}  # cattrs is what they are made with
    named = f"[getattr(dragoman, name) for name in dragoman.__all__ if name not in {converting}]"
    modules = set(json.loads(python(f"import json, sys, dragoman; {named}; print(json.dumps([*sys.modules]))").stdout))
    assert "dragoman.client.llm" in modules
    assert not [each for each in COSTLY if each in modules]
    assert not [each for each in modules if each.startswith(("dragoman_", "dragoman.http", "dragoman.cli."))]


def test_a_public_name_is_imported_when_it_is_used() -> None:
    then = "print(sorted(name for name in sys.modules if name.startswith('dragoman.')))"
    imported = json.loads(python(f"import sys, dragoman; {then}").stdout.replace("'", '"'))
    assert imported == ["dragoman._lazy", "dragoman._public_names"]
    used = python(f"import sys, dragoman; dragoman.Secret; {then}").stdout
    assert "dragoman.spec.secret" in used
    assert "dragoman.client.llm" not in used


def test_nothing_else_is_imported_before_the_command_catches_an_interrupt() -> None:
    code = (
        "import json, sys; before = {*sys.modules}; import dragoman.cli; print(json.dumps([*{*sys.modules} - before]))"
    )
    own = {"dragoman", "dragoman._lazy", "dragoman._public_names", "dragoman.cli"}
    assert set(json.loads(python(code).stdout)) - {"__future__"} == own


@pytest.mark.parametrize("package", ["dragoman", "dragoman.http"])
def test_type_checkers_are_told_of_the_names_that_there_are(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    (block,) = (node for node in ast.parse(Path(module.__file__).read_text()).body if isinstance(node, ast.If))
    imported = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    homes = {name: home for home, names in module._HOMES.items() for name in names}  # noqa: SLF001  # what it promises
    assert imported == homes
    assert module.__all__ == dir(module) == sorted(homes)
    for name, home in homes.items():
        assert getattr(module, name) is getattr(importlib.import_module(home), name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'dragoman' has no attribute 'nothing'"):
        _ = dragoman.nothing  # type: ignore[attr-defined]


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
    ("then", "imported"),
    [("", []), ("import asyncio; asyncio.run(llm.completion('Hi'))", ["dragoman_echo", "dragoman_recorder"])],
)
def test_naming_a_model_imports_nothing_and_using_it_one_provider_beside_extensions(
    then: str, imported: list[str]
) -> None:
    assert json.loads(python(NAMING.format(model="echo", then=then)).stdout) == [[], imported, False]


def test_a_name_is_looked_up_once() -> None:
    get = lazy_names("dragoman", {"dragoman.spec.secret": ("Secret",)})
    assert get("Secret") is dragoman.Secret
    assert vars(dragoman)["Secret"] is dragoman.Secret
