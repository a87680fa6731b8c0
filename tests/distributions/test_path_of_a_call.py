"""A call is followed from the door to the wire through few folders."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import dragoman
from benchmarks.budget import ASKED
from dragoman import LLM
from dragoman.testing.faults import FaultServer

CORE = Path(dragoman.__file__).parent
PLUGINS = Path(__file__).parents[2] / "plugins"
TESTS = Path(__file__).parents[1]
FOLDERS_OF_THE_CORE = {"client", "spec", "plugins", "http", "http/transport"}


def folder_of(path: str) -> str | None:
    """Return the folder of ours in which a module stands: a room of the core, or a plugin."""
    file = Path(path)
    if file.is_relative_to(CORE):
        return file.parent.relative_to(CORE).as_posix()
    return f"plugins/{file.relative_to(PLUGINS).parts[0]}" if file.is_relative_to(PLUGINS) else None


async def folders_entered(url: str, asked: Any) -> set[str]:
    entered: set[str] = set()

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (folder := folder_of(frame.f_code.co_filename)):
            entered.add(folder)

    async with LLM(asked.config(url)) as llm:
        await llm.generate("hi")  # binds the provider, which a later call does not do again
        before = sys.getprofile()
        sys.setprofile(enter)
        try:
            await llm.generate("hi")
        finally:
            sys.setprofile(before)
    return entered


@pytest.mark.parametrize("name", ASKED)
def test_a_call_enters_six_folders_at_most(name: str) -> None:
    """The call is made in a process of its own: what other tests have installed belongs to no path."""
    program = [sys.executable, "-m", f"distributions.{Path(__file__).stem}", name]
    made = subprocess.run(program, cwd=TESTS, capture_output=True, text=True, check=True)  # this module
    entered = set(made.stdout.split())

    of_plugins = {folder for folder in entered if folder.startswith("plugins/")}
    assert {"client", "spec", "http"} <= entered - of_plugins <= FOLDERS_OF_THE_CORE
    assert 1 <= len(of_plugins) <= 2
    assert len(entered) <= 6


if __name__ == "__main__":
    with FaultServer() as server:
        print(*sorted(asyncio.run(folders_entered(server.url_of("ok") + "/v1", ASKED[sys.argv[1]]))))
