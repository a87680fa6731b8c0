"""A generated project can be built and installed, and passes its own checks and tests."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from attrs import frozen

from dragoman.scaffold import ProjectName, kinds, write_project
from dragoman.scaffold.name import LONGEST
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from scaffold.projects import HERE, build, install, run

KINDS = kinds()
CHAT = {"id": "c1", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
TALK = {"id": "t1", "pieces": [{"kind": "text", "text": "Hello"}], "end": "done"}
LENGTHS = ["x", ("language-models-of-" + "x" * LONGEST)[:LONGEST]]


@frozen(kw_only=True)
class Project:
    """A project and where it is installed."""

    kind: str
    folder: Path
    site: Path


@pytest.fixture(scope="module", params=KINDS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp(request.param)
    folder = write_project(ProjectName.of("zeta-labs"), KINDS[request.param], root)
    site = install(build(folder, root / "dist"), root / "site")
    return Project(kind=request.param, folder=folder, site=site)


def needs(tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed; the nox session `scaffold` installs it")


def test_its_wheel_has_the_entry_points(project: Project) -> None:
    [distribution] = Distribution.discover(path=[str(project.site)])
    claims = {(point.group, point.name, point.value) for point in distribution.entry_points}
    hosts = set() if project.kind == "in-process" else {("dragoman.hosts.v1", "api.zeta-labs.example")}
    names = {("dragoman.providers.v1", "zeta_labs"), ("dragoman.spec.v1.0", "zeta_labs")}
    expected = names | hosts | {("dragoman.models.v1", "zeta-labs-")}

    assert distribution.name == "dragoman-zeta-labs"
    assert claims == {(group, name, "dragoman_zeta_labs") for group, name in expected}
    assert (project.site / "dragoman_zeta_labs" / "py.typed").exists()


def test_its_tests_pass_offline(project: Project) -> None:
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "offline"]
    done = run(command, project.folder, project.site, HERE)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    [passed] = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) > (50 if project.kind == "in-process" else 250)


def test_its_tests_fail_if_it_is_not_installed(project: Project) -> None:
    other = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "offline", "-k", "leads_here"]
    done = run(other, project.folder, HERE)

    assert done.returncode == 1
    assert "failed" in done.stdout


@pytest.mark.parametrize("command", ["check", "format --check"])
@pytest.mark.parametrize("name", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_ruff_has_nothing_to_say(kind: str, name: str, command: str, tmp_path: Path) -> None:
    needs("ruff")
    folder = write_project(ProjectName.of(name), KINDS[kind], tmp_path)
    done = run(["-m", "ruff", *command.split(), "--no-cache"], folder)

    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_has_nothing_to_say(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    needs("mypy")
    cache = tmp_path_factory.getbasetemp() / "mypy"
    done = run(["-m", "mypy", "--cache-dir", str(cache)], project.folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success" in done.stdout


def test_pyright_has_nothing_to_say(project: Project) -> None:
    needs("pyright")
    done = run(["-m", "pyright", "--pythonpath", sys.executable, "--outputjson"], project.folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["summary"]["filesAnalyzed"] > 5


def test_the_command_line_uses_it(project: Project) -> None:
    answer = CHAT if project.kind == "openai-compatible" else TALK
    chat = ["-m", "dragoman.cli", "chat", "-m", "zeta_labs/x", "--no-stream", "hi there"]
    if project.kind == "in-process":
        done = run(chat, project.folder, project.site)
        assert (done.stdout, done.stderr) == ("there hi\n", "")
        return
    with LoopbackServer(Reply.json(answer)) as server:
        done = run([*chat, "-b", f"{server.url}/v1", "-o", "api_key=k"], project.folder, project.site)

    assert (done.stdout, done.stderr) == ("Hello\n", "")
    [received] = server.requests
    assert received.json["model"] == "x"
    assert received.path == {"openai-compatible": "/v1/chat/completions", "dialect": "/v1/talk"}[project.kind]
