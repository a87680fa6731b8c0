"""Too many open files: a clear error, and all is well once some are closed. In processes of their own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import pytest

from core.scripted import Scripted, say
from dragoman import LLM, ConnectionFailedError, LLMConfig, Response, hookimpl
from dragoman.plugins.registry import installed
from dragoman.spec.descriptors import exhausted, require_descriptors
from dragoman.spec.hookspecs import Binding

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

PROGRAM = """
import asyncio, os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))
from dragoman import *

def exhaust(free):
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    for each in held[:free]:
        os.close(each)
    return held[free:]

async def stream(llm):
    async with llm.stream("hi") as events:
        return (await events.collect()).text

async def extract(llm):
    return await llm.extract(list[str], "hi")

async def main():
    first = {"whole": lambda llm: llm.completion("hi"), "stream": stream, "extract": extract}[sys.argv[1]]
    llm = LLM(LLMConfig(model="echo"))
    if sys.argv[2] == "bound":
        await llm.completion("hi")
    for free in (0, 1, 2, 4, 8):
        held = exhaust(free)
        try:
            await first(llm)
        except ConnectionFailedError as error:
            print(error)
        for each in held:
            os.close(each)
    print(await first(llm))

asyncio.run(main())
"""


@pytest.mark.parametrize("first", ["whole", "stream", "extract"])
@pytest.mark.parametrize("state", ["new", "bound"])
def test_a_process_without_descriptors_is_told_so_and_goes_on_later(first: str, state: str) -> None:
    command = [sys.executable, "-c", PROGRAM, first, state]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    *reported, last = done.stdout.splitlines()
    assert last in {"hi", "['hi']"}
    assert set(reported) <= {
        "too many files are open; close files or connections, or raise the limit (ulimit -n), and call again"
    }
    assert len(reported) == 5 or state == "bound"


def test_other_errors_are_none_of_these() -> None:
    assert exhausted(OSError(errno.EACCES, "no")) is None
    assert exhausted(OSError(errno.ENFILE, "no")) is not None


def test_a_process_without_descriptors_is_told_so_at_once() -> None:
    resource = pytest.importorskip("resource")
    require_descriptors()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = os.open(os.devnull, os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (held + 2, before[1]))
    try:
        with pytest.raises(ConnectionFailedError, match="too many files are open"):
            require_descriptors()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        os.close(held)
    require_descriptors()


async def test_a_provider_that_has_none_left_says_so(scripted: Scripted) -> None:
    scripted.script += [OSError(errno.EMFILE, "Too many open files"), say("Hello")]
    llm = LLM(LLMConfig(model="scripted/m"))
    with pytest.raises(ConnectionFailedError, match="too many files are open"):
        await llm.generate("Hi")
    assert (await llm.generate("Hi")).text == "Hello"


async def test_an_extension_that_has_none_left_says_so(scripted: Scripted) -> None:
    scripted.script += [say("Hello"), say("Hello")]
    wrapper = Exhausting()
    installed().register(wrapper)
    llm = LLM(LLMConfig(model="scripted/m"))
    with pytest.raises(ConnectionFailedError, match="too many files are open"):
        await llm.generate("Hi")
    wrapper.error = OSError(errno.EACCES, "no")
    with pytest.raises(OSError, match="no"):
        await llm.generate("Hi")


class Exhausting:
    """Fail in front of the provider."""

    error = OSError(errno.EMFILE, "Too many open files")

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Generator[None, Any, Any]:
        yield

        async def call(request: object, context: object) -> Response:
            raise self.error

        return call
