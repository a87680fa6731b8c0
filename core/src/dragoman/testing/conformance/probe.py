"""What importing a module does beside defining names: run in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

__all__ = ["Imported", "imported"]

_SECONDS = 60
_PROBE = Path(__file__).parent / "import_probe.py"


@frozen(kw_only=True)
class Imported:
    """Tell what an import did.

    Args:
        modules: how many modules it brought, beside those that providers stand on.
        connected: whether a connection was tried.
        threads: how many threads it left running.
        environment: the variables that it changed.
        output: what it printed.
        error: how it failed, if it did; a warning is a failure.

    """

    modules: int
    connected: bool
    threads: int
    environment: list[str]
    output: str
    error: str


@functools.cache
def imported(module: str) -> Imported:
    """Return what importing a module does in a new process."""
    name = module.partition(":")[0]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [sys.executable, "-P", str(_PROBE), name]  # -P: modules of this package have names of the library's
    run = subprocess.run(  # noqa: S603  # this interpreter, and a file of this package
        command, capture_output=True, env=environment, timeout=_SECONDS, check=False, text=True
    )
    said, _, told = run.stdout.rpartition("\n\0")
    if not told:
        pytest.fail(f"importing {name} ended the process: {run.stderr}")
    return Imported(**json.loads(told), output=said + run.stderr)
