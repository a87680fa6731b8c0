"""The side effects of importing a module, measured in a separate process."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

__all__ = ["ImportReport", "import_report"]

_SECONDS = 60
_PROBE = Path(__file__).parent / "import_probe.py"


@frozen(kw_only=True)
class ImportReport:
    """Describe the side effects of an import.

    Args:
        modules: number of modules imported, without those that every provider needs.
        connected: whether it tried to open a connection.
        threads: number of threads still running.
        environment: names of the environment variables that it changed.
        output: what it printed.
        error: the traceback if it failed; a warning counts as a failure.

    """

    modules: int
    connected: bool
    threads: int
    environment: list[str]
    output: str
    error: str


@functools.cache
def import_report(module: str) -> ImportReport:
    """Return the side effects of importing a module in a new process."""
    name = module.partition(":")[0]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    # -P keeps this folder off the path: its modules share names with the standard library.
    command = [sys.executable, "-P", str(_PROBE), name]
    run = subprocess.run(  # noqa: S603  # runs this interpreter and a file of this package
        command, capture_output=True, env=environment, timeout=_SECONDS, check=False, text=True
    )
    output, _, report = run.stdout.rpartition("\n\0")
    if not report:
        pytest.fail(f"importing {name} terminated the process: {run.stderr}")
    return ImportReport(**json.loads(report), output=output + run.stderr)
