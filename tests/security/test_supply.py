"""What is installed, imported and connected to: no more than was meant."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pluggy
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from dragoman import Binding, LLMConfig, hookimpl
from dragoman.client.binding import bind
from dragoman.plugins.registry import Plugins
from dragoman.spec.hookspecs import PROJECT
from security.searching import KEY, leaks

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "core/pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
FLOORS = {  # the first release without a known hole that concerns a client
    "aiohttp": "3.13.3",  # https://github.com/aio-libs/aiohttp/security/advisories: the decompression bomb among others
    "orjson": "3.9.15",  # https://github.com/advisories/GHSA-pwr2-4v36-6qpr: recursion without a limit
    "litellm": "1.84.0",  # after the compromised releases and the advisories of its proxy
}
COMPROMISED = ("1.82.7", "1.82.8")
"""Releases of LiteLLM that carried a stealer of credentials: https://github.com/BerriAI/litellm/issues/24512."""


def requirements(path: Path) -> list[Requirement]:
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    return [Requirement(line) for line in [*project.get("dependencies", []), *(x for extra in extras for x in extra)]]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_no_release_with_a_known_hole_is_taken(path: Path) -> None:
    for each in requirements(path):
        if each.name in FLOORS:
            floor = Version(FLOORS[each.name])
            allowed = [release for release in before(floor) if each.specifier.contains(release)]
            assert allowed == [], each


def before(floor: Version) -> list[str]:
    numbers = [floor.major, floor.minor, floor.micro]
    lower = [[numbers[0], numbers[1], micro] for micro in range(numbers[2])]
    lower += [[numbers[0], minor, 99] for minor in range(numbers[1])]
    return [".".join(map(str, each)) for each in lower]


def test_litellm_is_asked_for_by_its_own_plugin_alone_and_never_compromised() -> None:
    asking = {path.parent.name for path in PROJECTS for each in requirements(path) if each.name == "litellm"}
    assert asking == {"litellm"}
    (wanted,) = (each for each in requirements(ROOT / "plugins/litellm/pyproject.toml") if each.name == "litellm")
    assert not any(wanted.specifier.contains(release) for release in COMPROMISED)
    pinned = {str(each) for each in wanted.specifier}
    assert {f"!={release}" for release in COMPROMISED} <= pinned  # said, not left to the floor


def test_the_core_needs_three_distributions() -> None:
    project = tomllib.loads((ROOT / "core/pyproject.toml").read_text("utf-8"))["project"]
    assert {Requirement(line).name for line in project["dependencies"]} == {"attrs", "cattrs", "pluggy"}


def test_everything_in_the_lock_has_a_hash() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    foreign = [package for package in packages if "registry" in package["source"]]
    assert len(foreign) > 20
    for package in foreign:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]
    assert {next(iter(package["source"])) for package in packages} <= {"registry", "editable", "virtual"}


def test_names_of_ours_are_told_exactly() -> None:
    directory = tomllib.loads((ROOT / "core/src/dragoman/spec/directory.toml").read_text("utf-8"))
    names = {tomllib.loads(path.read_text("utf-8"))["project"]["name"] for path in PROJECTS}
    assert set(directory) <= names
    assert all(name == "dragoman" or name.startswith("dragoman-") for name in names)


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_building_runs_no_code_of_ours(path: Path) -> None:
    project = tomllib.loads(path.read_text("utf-8"))
    assert project["build-system"]["build-backend"] == "hatchling.build"
    assert "hooks" not in project.get("tool", {}).get("hatch", {}).get("build", {})
    assert list(path.parent.glob("setup.py")) + list(path.parent.rglob("*.pth")) == []


IMPORTING = """
import json, os, sys, threading
seen = []
def note(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "urllib.", "_thread.start")):
        seen.append(event)
sys.addaudithook(note)
read = []
class Watched(dict):
    def __getitem__(self, name):
        read.append(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        read.append(name)
        return super().get(name, default)
os.environ = Watched(os.environ)
import {module}
print(json.dumps([seen, threading.active_count(), [name for name in read if name.endswith(("_KEY", "_TOKEN"))]]))
"""


@pytest.mark.parametrize(
    "module", ["dragoman", "dragoman.http", "dragoman.cli", "dragoman_openai", "dragoman_google", "dragoman_litellm"]
)
def test_importing_connects_to_nobody_starts_no_thread_and_reads_no_key(module: str) -> None:
    paths = os.pathsep.join([*sys.path, str(ROOT / "plugins/litellm/src")])
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTING.replace("{module}", module)],
        env={**os.environ, "PYTHONPATH": paths, "OPENAI_API_KEY": "k", "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    events, threads, read = json.loads(ran.stdout)
    assert (events, threads, read) == ([], 1, [])


def test_litellm_is_told_to_fetch_nothing_before_it_is_imported() -> None:
    source = (ROOT / "plugins/litellm/src/dragoman_litellm/loading.py").read_text("utf-8")
    found = re.search(r"IMPORT_ENVIRONMENT[^{]*({.*?})", source, re.DOTALL)
    assert found is not None
    assert ast.literal_eval(found[1])["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"


def test_no_test_reaches_another_machine() -> None:
    for address in ("192.0.2.1", "8.8.8.8", "2001:db8::1", "0.0.0.0"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(0.01)
            with pytest.raises(AssertionError, match="tests stay on the loopback"):
                client.connect((address, 9))
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_no_key_is_compared_or_made_into_a_name() -> None:
    """The one comparison is that of ``Secret``, in constant time; no digest is made of a key."""
    digests = set[str]()
    for path in [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]:
        text = path.read_text("utf-8")
        digests |= {path.name} if re.search(r"hashlib|hmac|\buuid5\b", text) else set()
    recorded = {"exchange.py", "cassette_file.py"}  # of what is in a cassette, and of what was found there
    signed = {"signing.py"}  # the key of a signature, as its vendor defines it
    compared = {"cache_watch.py"}  # messages and tools, with a key that lives as long as the process
    approved = {"call_record.py"}  # a call and its arguments, so that an approval is good for nothing else
    kept = {"kept_message.py"}  # a message in a wire format, to tell whether it was changed
    made = {"embeddings.py"}  # the vectors of the echo, of words
    ours = {*recorded, *signed, *compared, *approved, *kept, *made}
    assert digests <= {"secret.py", "tool_names.py", "responses_input.py", *ours}
    for path, digested in (
        ("core/src/dragoman/spec/tool_names.py", 'text.encode("utf-8", "surrogatepass"'),
        ("plugins/openai_compatible/src/dragoman_openai_compatible/responses_input.py", "name.encode("),
    ):
        assert re.findall(r"hashlib\.\w+\((.*?)\)", (ROOT / path).read_text("utf-8")) == [digested]


class Watcher:
    """See every hook call as pluggy's own tracing shows it."""

    def __init__(self) -> None:
        self.bindings: list[Binding] = []

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Any:
        self.bindings.append(binding)
        return (yield)


def test_no_hook_call_shows_a_key(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    shown = list[str]()
    made = pluggy.PluginManager.__init__

    def watched(manager: pluggy.PluginManager, project_name: str) -> None:
        made(manager, project_name)
        if project_name == PROJECT:
            manager.trace.root.setwriter(shown.append)
            manager.enable_tracing()

    monkeypatch.setattr(pluggy.PluginManager, "__init__", watched)  # pluggy's, not ours
    plugins = Plugins()
    watcher = Watcher()
    plugins.register(watcher)
    for config in configurations():
        bind(config, plugins)
    assert "dragoman_chat" in "".join(shown)
    assert "dragoman_provider" in "".join(shown)
    assert not leaks("".join(shown))
    assert [leaks(repr(binding)) for binding in watcher.bindings] == [[], []]
    assert not leaks(repr([binding.options for binding in watcher.bindings]))


def configurations() -> list[LLMConfig]:
    return [
        LLMConfig("gpt-4o", KEY, headers={"authorization": KEY}),
        LLMConfig("azure/m", api_base="https://m.openai.azure.com", azure_ad_token=KEY),
    ]


def test_few_modules_of_dragoman_log_anything() -> None:
    statement = re.compile(r"^\s*(import|from) logging\b", re.MULTILINE)
    paths = [*ROOT.glob("core/src/dragoman/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    served = [path for path in paths if not path.is_relative_to(ROOT / "core/src/dragoman/testing")]
    logging = {path.name for path in served if statement.search(path.read_text("utf-8"))}
    # The second says that a recording could not be written, the third that a provider could not tell of its model, the
    # next that no prices are installed, the last that something in the import system finds no distributions.
    # What the others log has tests of its own: test_timing_and_log.py and test_exchange_log.py.
    calls = {"observer.py", "fallback.py", "provider.py", "exchange_log.py", "log_output.py", "run_calls.py"}
    assert logging <= {"isolation.py", "cassette.py", "learning.py", "prices.py", "metadata.py", *calls}
