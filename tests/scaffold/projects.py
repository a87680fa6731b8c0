"""Functions for tests of generated projects: build, install and run them without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent


def build(folder: Path, target: Path) -> Path:
    """Build the wheel of a project with the installed build backend, without build isolation."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = target.glob("*.whl")
    return wheel


def install(wheel: Path, site: Path) -> Path:
    """Unpack a wheel into a folder for the module search path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run(command: Sequence[str], folder: Path, *sites: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program in *folder* with *sites* on its path."""
    path = os.pathsep.join(map(str, sites))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
