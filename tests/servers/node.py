"""Servers that are written for Node.js, installed once into the user's cache and run on the loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

INSTALL_SECONDS = 90.0
START_SECONDS = 20.0
POLL_SECONDS = 0.02
LOG_CHARACTERS = 2000


def installed(package: str, version: str) -> Path:
    """Return the folder of a package; the first call installs it. Skip the test if that is not possible."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{package} needs node and npm, which are not installed")
    folder = _cache() / f"node-{package.strip('@').replace('/', '-')}-{version}"
    if not folder.exists():
        _install(npm, f"{package}@{version}", folder)
    return folder / "node_modules" / package


def _cache() -> Path:
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (configured if configured.is_absolute() else Path.home() / ".cache") / "dragoman"


def _install(npm: str, package: str, folder: Path) -> None:
    """Install into a temporary folder and copy that into place, since another run may do the same at that time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        command = [npm, "install", "--prefix", fresh, "--no-audit", "--no-fund", "--ignore-scripts", package]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not install {package} within {INSTALL_SECONDS:g} seconds")
        except subprocess.CalledProcessError as error:
            output = error.stderr.decode(errors="replace").strip()
            pytest.skip(f"npm cannot install {package}: {output[-LOG_CHARACTERS:] or error.returncode}")
        if not folder.exists():
            shutil.copytree(fresh, folder, symlinks=True)


@contextmanager
def running(
    script: Path, arguments: Sequence[str], *, log: Path, ready: str, environ: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a script with Node.js for the duration of a block, which is entered once *ready* is in its log."""
    command = ["node", str(script), *arguments]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**_environment(), **(environ or {})},
            start_new_session=True,  # the script may start other programs, which have to end with it
        ) as process,
    ):
        try:
            _wait(process, log, ready)
            yield
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return the environment without the variables of CI systems, which change the output of some programs."""
    return {name: value for name, value in os.environ.items() if name not in {"CI", "GITHUB_ACTIONS"}}


def _wait(process: subprocess.Popen[bytes], log: Path, ready: str) -> None:
    end = time.monotonic() + START_SECONDS
    while ready not in (content := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"{process.args!r} did not start:\n{content[-LOG_CHARACTERS:]}")
        time.sleep(POLL_SECONDS)
