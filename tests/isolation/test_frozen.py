"""Plugins that were written for an earlier specification still work: built from their sources, installed, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dragoman.spec.provider import SPEC

FROZEN = Path(__file__).parent / "frozen"
PLUGINS = Path(__file__).parents[2] / "plugins"
PROGRAM = """
import asyncio, json, sys
from typing import Any
from attrs import field, frozen
import dragoman
from dragoman import ChatRequest, LLMConfig, Message, Settings
from dragoman.client.binding import bind
from dragoman.plugins.registry import Plugins
from dragoman.spec.provider import CallContext

@frozen(kw_only=True)
class Later(Settings):
    mood: Any = field(default=None, metadata={"since": (1, 1)})
    heat: Any = field(default=None, metadata={"since": (1, 2), "older": lambda own: {"temperature": own.heat}})

async def main(spec):
    bound = bind(LLMConfig(model="house"), Plugins(spec=spec))
    request = ChatRequest(model="greet-1", messages=[Message("user", "Hi")], settings=Later(mood="gay", heat=0.5))
    answer = await bound.chat(request, CallContext())
    async with bound.stream(request, CallContext()) as events:
        seen = [event async for event in events]
    await bound.provider.aclose()
    return {
        "text": answer.message.content,
        "metadata": dict(answer.metadata),
        "notes": [[each.kind, each.feature, each.by] for each in answer.adjustments],
        "start": [each.feature for each in seen[0].adjustments],
        "streamed": "".join(each.text for each in seen if isinstance(each, dragoman.TextDelta)).strip(),
        "wrapped": type(bound.provider).__name__,
    }

print(json.dumps([asyncio.run(main(spec)) for spec in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build every frozen plugin and unpack its wheel, which is what installing one of pure Python is."""
    built, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    for folder in sorted(FROZEN.iterdir()):
        # Without isolation, the builder is the one installed with the tests: nothing is fetched.
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for wheel in built.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return site


def run(site: Path, *arguments: str) -> Any:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-X", "dev", "-W", "error", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def test_what_was_written_for_1_0_runs_on_this_core_and_on_later_ones(site: Path) -> None:
    same, next_one, later = run(site, "-c", PROGRAM, "1.0", "1.1", "1.2")
    for seen in (same, next_one, later):
        assert seen["metadata"] == {"recalled": "greeter"}
    assert same["wrapped"] == "Greeter"
    assert same["text"] == same["streamed"] == "Hi, greet-1, None"
    for seen in (next_one, later):
        assert seen["wrapped"] == "DowngradingProvider"
        assert seen["text"] == seen["streamed"] == "Hi, greet-1, 0.5"
        assert seen["notes"] == [
            ["downgraded", "settings.heat", "dragoman"],
            ["downgraded", "settings.mood", "dragoman"],
        ]
        assert seen["start"] == ["settings.heat", "settings.mood"]


def test_they_are_listed_with_what_they_were_written_for(site: Path) -> None:
    listed = {each["name"]: each for each in run(site, "-m", "dragoman.cli", "plugins", "--json")}
    assert (listed["greeter"]["spec"], listed["recaller"]["spec"]) == ("1.0", "1")
    assert listed["greeter"]["origin"] == str(site / "frozen_greeter/__init__.py")


@pytest.mark.parametrize("path", sorted(PLUGINS.glob("*/pyproject.toml")), ids=lambda path: path.parent.name)
def test_our_own_providers_state_their_specification(path: Path) -> None:
    groups = tomllib.loads(path.read_text("utf-8"))["project"].get("entry-points", {})
    stated = [(group.removeprefix("dragoman.spec.v"), names) for group, names in groups.items() if ".spec." in group]
    if "dragoman.providers.v1" in groups:
        [(spec, names)] = stated
        assert names == groups["dragoman.providers.v1"]
        assert (1, 0) <= tuple(map(int, spec.split("."))) <= tuple(map(int, SPEC.split(".")))
    else:
        assert stated == []
