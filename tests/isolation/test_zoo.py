"""A bad plugin is its own trouble: whatever it does, the others answer and the command line works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from isolation.zoo import ZOO, Specimen

ANSWER = {"id": "c", "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}
PYTHON = (sys.executable, "-X", "dev", "-W", "error")
PROGRAM = """
import asyncio, json, sys, warnings
import dragoman
from dragoman import LLM, LLMConfig, DragomanError

name, url, conflict = sys.argv[1], sys.argv[2], sys.argv[3] == "True"

async def ask(model, **more):
    async with LLM(LLMConfig(model=model, **more)) as llm:
        return await llm.completion("Hi")

def attempt(model, **more):
    try:
        return asyncio.run(ask(model, **more))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

seen = {"before": sorted(module for module in sys.modules if module.startswith("zoo_"))}
seen["openai"] = attempt("gpt-4", provider="openai", api_base=url, api_key="sk-12345678")
seen["echo"] = attempt("echo", provider="echo")
seen["unknown"] = attempt("nobody-knows")
seen["imported"] = sorted(module for module in sys.modules if module.startswith("zoo_"))
if name:
    seen["own"] = attempt(f"{name}/m")
    seen["again"] = attempt("gpt-4", provider="openai", api_base=url, api_key="sk-12345678")
print("\\n" + json.dumps(seen))
"""
COMMANDS = (
    ("--help",),
    ("plugins",),
    ("plugins", "--json"),
    ("doctor",),
    ("why", "openai/gpt-4"),
    ("no-such-command",),
)


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(Reply.json(ANSWER)) as running:
        yield running


def run(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that finds the plugins of *site*, where every warning is an error."""
    environ = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*PYTHON, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)


def behave(site: Path, server: LoopbackServer, name: str = "", *, conflict: bool = False) -> dict[str, Any]:
    done = run(site, "-c", PROGRAM, name, f"{server.url}/v1", str(conflict))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout.rpartition("\n{")[1].strip() + done.stdout.rpartition("\n{")[2])
    return found


@pytest.mark.parametrize("specimen", ZOO, ids=lambda specimen: specimen.name)
def test_a_bad_plugin_harms_no_other(specimen: Specimen, tmp_path: Path, server: LoopbackServer) -> None:
    specimen.install(tmp_path)
    asked = specimen.name if specimen.fails is not None else ""
    seen = behave(tmp_path, server, asked)
    assert seen["before"] == []
    assert seen["openai"] == "Hello"
    assert seen["unknown"].startswith("UnknownModelError")
    if specimen.name == "same_name":
        assert "both provide 'echo'; name the one you do not want" in seen["echo"]
    else:
        assert seen["echo"] == "Hi"
    if "extensions" not in specimen.entries:
        assert seen["imported"] == []
    if asked:
        assert seen["again"] == "Hello"
        assert specimen.fails in seen["own"] if specimen.fails else seen["own"] == "Hi"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install every bad plugin at once."""
    site = tmp_path_factory.mktemp("zoo")
    for specimen in ZOO:
        specimen.install(site)
    return site


def test_all_of_them_together_harm_no_other(whole: Path, server: LoopbackServer) -> None:
    seen = behave(whole, server)
    assert seen["openai"] == "Hello"
    assert "both provide 'echo'" in seen["echo"]
    assert seen["unknown"].startswith("UnknownModelError")
    assert {name for name in seen["imported"] if name not in EXTENSIONS} == set()


EXTENSIONS = {specimen.module for specimen in ZOO if "extensions" in specimen.entries}


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_the_command_line_works_among_them(whole: Path, arguments: tuple[str, ...]) -> None:
    done = run(whole, "-m", "dragoman.cli", *arguments)
    assert done.returncode == {"doctor": 1, "no-such-command": 2}.get(arguments[0], 0), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if arguments[0] in {"plugins", "doctor"}:
        assert "hunter2" not in done.stdout
    if arguments == ("plugins", "--json"):
        listed = {each["name"]: each for each in json.loads(done.stdout)}
        assert {specimen.name for specimen in ZOO} - set(listed) == {"same_name", "spaces", "no_section"}
        assert listed["exits_hard"]["origin"] == str(whole / "zoo_exits_hard.py")
        assert listed["gone"]["origin"] is None
    if arguments == ("doctor",):
        for specimen in ZOO:
            assert specimen.doctor in done.stdout
        reported = {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("error")}
        sound = {each.distribution for each in ZOO if not each.doctor} | {each.name for each in ZOO if not each.doctor}
        assert not reported & sound


def test_the_doctor_imports_each_in_a_process_of_its_own(whole: Path) -> None:
    done = run(whole, "-m", "dragoman.cli", "doctor", "--load", "--limit", "10")
    assert done.returncode == 1, done.stderr
    for specimen in ZOO:
        assert specimen.loaded in done.stdout
    assert "hunter2" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
