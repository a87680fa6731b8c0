"""Processes that work with one library each, and the server that all of them ask."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.environments import environment, interpreter
from core.scripted import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

STUBS = 50
"""How many more plugins there are where there are many."""


@dataclass(kw_only=True)
class Kind:
    """Name one row of the table.

    Args:
        name: what it is called.
        place: its environment.
        peer: its class.
        vendor: the dialect it speaks.
        stubs: whether many more plugins are installed.
        path: what stands before the path of a vendor.

    """

    name: str
    place: str
    peer: str
    vendor: str = "openai"
    stubs: bool = False
    path: str = ""


@dataclass(kw_only=True)
class Bench:
    """Run processes of libraries.

    Args:
        directory: where the environments are; without one, all libraries are in the environment of this process.
        port: of the server.
        stubs: where the metadata of many plugins are.
        cores: the cores of a library's process.

    """

    directory: Path | None
    port: int
    stubs: Path
    cores: set[int] | None

    def start(self, kind: Kind, work: str, path: str = "", **more: int) -> subprocess.Popen[str]:
        """Start a process that works with one library."""
        wish = {"root": f"http://127.0.0.1:{self.port}{path}", "vendor": kind.vendor}
        order = json.dumps({"peer": kind.peer, "wish": wish, "work": work, **more})
        return self.run(kind, "-m", "benchmarks.peer_worker", order)

    def run(self, kind: Kind, *arguments: str) -> subprocess.Popen[str]:
        """Start the interpreter of one library."""
        python = sys.executable if self.directory is None else interpreter(self.directory, kind.place)
        variables = environment()
        if kind.stubs:
            variables["PYTHONPATH"] += os.pathsep + str(self.stubs)
        pipe = subprocess.PIPE
        process = subprocess.Popen([str(python), *arguments], stdin=pipe, stdout=pipe, text=True, env=variables)
        if self.cores is not None:
            os.sched_setaffinity(process.pid, self.cores)
        return process

    def reported(self, kind: Kind, work: str, path: str = "", **more: int) -> dict[str, float]:
        """Return what such a process says."""
        with self.start(kind, work, path, **more) as process:
            output, _ = process.communicate(timeout=120)
        result: dict[str, float] = json.loads(output.splitlines()[-1])
        return result

    def busy(self, kind: Kind, *arguments: str) -> float:
        """Return the CPU seconds of a whole process."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.run(kind, *arguments).communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@dataclass
class Turns:
    """Hold one library's process, which works when it is its turn."""

    process: subprocess.Popen[str]
    calls: int = 200
    streams: int = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def go(self) -> dict[str, float]:
        """Do a round."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"calls": self.calls, "streams": self.streams}) + "\n")
        stdin.flush()
        result: dict[str, float] = json.loads(stdout.readline())
        return result

    def end(self) -> float:
        """Return how much memory it had at most, in bytes."""
        output, _ = self.process.communicate(timeout=60)
        peak: float = json.loads(output.splitlines()[-1])["peak"]
        return peak


@contextmanager
def served(directory: Path | None = None, *, apart: bool = False) -> Iterator[Bench]:
    """Start the server, on the core of the libraries: one that sleeps between two answers is woken at their cost.

    Args:
        directory: as for :class:`Bench`.
        apart: whether the server has a core of its own, if there are two: it has too much to do otherwise.

    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    command = [sys.executable, str(Path(__file__).with_name("endpoint.py")), "0"]
    with tempfile.TemporaryDirectory() as folder:
        stubs = Path(folder)
        site = Site(stubs)
        for number in range(STUBS):
            hosts, models = (f"stub{number}.test",), (f"stub{number}-",)
            site.add(f"dragoman-stub{number}", providers=(f"stub{number}",), hosts=hosts, models=models)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            if cores:
                os.sched_setaffinity(process.pid, {cores[0 if apart else -1]})
            assert process.stdout is not None
            pinned = {cores[-1]} if cores else None
            yield Bench(directory=directory, port=int(process.stdout.readline()), stubs=stubs, cores=pinned)
            process.terminate()
