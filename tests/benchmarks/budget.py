"""Count what Dragoman does, without a clock: Python functions entered, modules imported.

``python -m benchmarks.budget`` prints the present counts and their limits. Counts are the same on every machine
and differ little between Python versions, which is why a test can hold them.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks.memory import MemoryTransport
from dragoman import LLMConfig, StreamingLLM
from dragoman.http.provider import HttpProvider
from dragoman.testing.faults import CHAT, MESSAGES, RESPONSES, FaultServer, ServerDialect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

FEW, MANY = 200, 400
"""Pieces of text in two streams, whose difference is what a piece costs."""


@frozen(kw_only=True)
class Asked:
    """Name a model, and how its provider speaks.

    Args:
        model: the model.
        server_dialect: the dialect in which it is answered.
        options: what the provider needs to be reported.

    """

    model: str
    server_dialect: ServerDialect
    options: dict[str, str]

    def config(self, base: str = "http://127.0.0.1:9/v1") -> LLMConfig:
        return LLMConfig(model=self.model, api_key="sk-0123456789", api_base=base, **self.options)


@frozen
class _City:
    name: str
    note: str
    inhabitants: int


def _cities(count: int) -> list[str]:
    """Return *count* pieces of 4 characters of a list of cities."""
    one = {"name": "Oslo", "note": 'By the sea, with "many" hills.', "inhabitants": 700_000}
    text = json.dumps([one] * (count // 10))[: 4 * count - 1].rpartition(", {")[0] + "]"
    text = text.ljust(4 * count)
    return [text[start : start + 4] for start in range(0, len(text), 4)]


ASKED = {
    "openai": Asked(model="gpt-4o", server_dialect=CHAT, options={"provider": "openai", "api": "chat"}),
    "openai, Responses": Asked(
        model="gpt-4o", server_dialect=RESPONSES, options={"provider": "openai", "api": "responses"}
    ),
    "anthropic": Asked(model="claude-sonnet-4-5", server_dialect=MESSAGES, options={"provider": "anthropic"}),
}


@contextmanager
def entered() -> Iterator[list[int]]:
    """Count the Python functions that are entered, a coroutine again each time that it goes on."""
    count = [0]

    def note(frame: object, event: str, argument: object) -> None:
        if event == "call":
            count[0] += 1

    gc.disable()  # what the collector calls is not ours
    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(None)
        gc.enable()


async def generate(llm: StreamingLLM) -> None:
    """Ask for a whole answer."""
    assert (await llm.generate("hi")).text


async def stream(llm: StreamingLLM) -> None:
    """Read the events of a stream."""
    async with llm.stream("hi") as events:
        async for _ in events:
            pass


async def pieces(llm: StreamingLLM) -> None:
    """Read the text of a stream."""
    async for _ in llm.streaming_completion("hi"):
        pass


async def items(llm: StreamingLLM) -> None:
    """Read the items of a list while they arrive."""
    async with llm.stream_extract(list[_City], "hi") as stream:
        async for _ in stream.items():
            pass


async def states(llm: StreamingLLM) -> None:
    """Read the states of a list while it arrives."""
    async with llm.stream_extract(list[_City], "hi") as stream:
        async for _ in stream:
            pass


async def functions(asked: Asked, work: Callable[[StreamingLLM], Awaitable[None]], words: int = 1) -> int:
    """Return how many functions are entered for one piece of work that is not the first of its kind."""
    async with StreamingLLM(asked.config()) as llm:
        provider: Any = llm._model.ready()[0].provider  # noqa: SLF001  # no public way leads to the transport
        assert isinstance(provider, HttpProvider)
        provider.transport = MemoryTransport(asked.server_dialect, words)
        if work in {items, states}:
            provider.transport = MemoryTransport(asked.server_dialect, pieces=_cities(words))
        await work(llm)
        with entered() as count:
            await work(llm)
        return count[0]


def per_call(name: str) -> int:
    """Return the functions entered for an answer that comes whole."""
    return asyncio.run(functions(ASKED[name], generate))


def per_round_trip(name: str) -> int:
    """Return the functions entered for an answer that comes over a socket, those of aiohttp and asyncio among them.

    The least of a few calls: it is left to the network whether the head and the body of a reply come at once.
    """

    async def calls() -> int:
        async with StreamingLLM(ASKED[name].config(server.url_of("ok") + "/v1")) as llm:
            await generate(llm)
            counts = list[int]()
            for _ in range(5):
                with entered() as count:
                    await generate(llm)
                counts.append(count[0])
            return min(counts)

    with FaultServer() as server:
        return asyncio.run(calls())


def per_stream(name: str) -> int:
    """Return the functions entered for a stream in addition to those for its pieces."""
    return asyncio.run(functions(ASKED[name], stream, FEW)) - round(FEW * per_event(name))


def per_event(name: str) -> float:
    """Return the functions entered for one more event of :meth:`~dragoman.LLM.stream`."""
    return _each(name, stream)


def per_piece(name: str) -> float:
    """Return the functions entered for one more piece of ``streaming_completion``."""
    return _each(name, pieces)


def per_item_event(name: str) -> float:
    """Return the functions entered for one more event of :meth:`~dragoman.LLM.stream_extract`, of 4 characters each."""
    return _each(name, items)


def per_state_event(name: str) -> float:
    """Return the same where the states of the value are read in place of its items."""
    return _each(name, states)


def per_item_stream(name: str) -> int:
    """Return the functions entered for a :meth:`~dragoman.LLM.stream_extract` in addition to those for its pieces."""
    return asyncio.run(functions(ASKED[name], items, FEW)) - round(FEW * per_item_event(name))


def _each(name: str, work: Callable[[StreamingLLM], Awaitable[None]]) -> float:
    few, many = (asyncio.run(functions(ASKED[name], work, words)) for words in (FEW, MANY))
    return round((many - few) / (MANY - FEW), 2)


_STAGE = """
import sys
before = set(sys.modules)
{code}
print(len(sys.modules.keys() - before), file=sys.stderr)
"""
_HELP = """
sys.argv = ["dragoman", "--help"]
from dragoman.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""
_COMPLETE = """
import os, sys
os.environ |= {{"_DRAGOMAN_COMPLETE": "bash_complete", "COMP_WORDS": "dragoman {words}", "COMP_CWORD": "{at}"}}
sys.path.append({plugins!r})
sys.argv = ["dragoman"]
from dragoman.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""
_CHAT = """
import sys
sys.argv = ["dragoman", "chat", "--no-log", "-m", {model!r}, "-b", {base!r}, "-p", "openai", "-o", "api=chat"]
sys.argv += ["-o", "api_key=sk-0123456789", "hi"]
from dragoman.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""
_BIND = """
from dragoman import LLM, LLMConfig
llm = LLM(LLMConfig(model={model!r}, api_key="sk-0123456789", api_base={base!r}, **{options!r}))
"""
_CALL = """
import asyncio
assert asyncio.run(llm.generate("hi")).text
"""


def _code(stage: str, server: FaultServer) -> str:
    """Return the program of a stage without a provider of its own."""
    with_plugins = {"plugins": str(_plugins(50))}
    return {
        "import dragoman": "import dragoman",
        "dragoman --help": _HELP,
        "completing a command": _COMPLETE.format(words="cha", at=1, **with_plugins),
        "completing a model": _COMPLETE.format(words="chat -m plug", at=3, **with_plugins),
        "dragoman chat": _CHAT.format(model=ASKED["openai"].model, base=server.url_of("ok") + "/v1"),
    }[stage]


@cache
def _plugins(count: int) -> Path:
    """Return a folder with so many installed plugins, each of which is an error if it is imported."""
    place = Path(mkdtemp())
    atexit.register(rmtree, place, ignore_errors=True)
    for number in range(count):
        info = place / f"plugged_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugged-{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[dragoman.providers.v1]\nplugged{number} = plugged_{number}\n")
        (place / f"plugged_{number}.py").write_text("raise SystemExit(3)\n")
    return place


def modules(stage: str) -> int:
    """Return how many modules a fresh interpreter has imported at a stage, without those it begins with."""
    with FaultServer() as server:
        name, _, act = stage.partition(": ")
        if not act:
            code = _code(stage, server)
        else:
            asked = ASKED[name]
            bind = _BIND.format(model=asked.model, base=server.url_of("ok") + "/v1", options=asked.options)
            code = {"LLM(LLMConfig())": bind, "first call": bind + _CALL}[act]
        command = [sys.executable, "-c", _STAGE.format(code=code)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


COUNTS: dict[str, Callable[[str], float]] = {
    "functions for a whole answer": per_call,
    "functions for a whole answer over a socket": per_round_trip,
    "functions for a stream beside its pieces": per_stream,
    "functions for an event of stream()": per_event,
    "functions for a piece of streaming_completion()": per_piece,
    "functions for an event of stream_extract()": per_item_event,
    "functions for an event of stream_extract(), with states": per_state_event,
    "functions for a stream_extract() beside its pieces": per_item_stream,
    "modules imported": modules,
}
BUDGETS: dict[tuple[str, str], float] = {
    ("functions for a whole answer", "openai"): 211,
    ("functions for a whole answer", "openai, Responses"): 284,
    ("functions for a whole answer", "anthropic"): 249,
    ("functions for a whole answer over a socket", "openai"): 378,
    ("functions for a whole answer over a socket", "openai, Responses"): 450,
    ("functions for a whole answer over a socket", "anthropic"): 416,
    ("functions for a stream beside its pieces", "openai"): 376,
    ("functions for a stream beside its pieces", "openai, Responses"): 552,
    ("functions for a stream beside its pieces", "anthropic"): 498,
    ("functions for an event of stream()", "openai"): 28,
    ("functions for an event of stream()", "openai, Responses"): 22,
    ("functions for an event of stream()", "anthropic"): 26,
    ("functions for a piece of streaming_completion()", "openai"): 29,
    ("functions for a piece of streaming_completion()", "openai, Responses"): 24,
    ("functions for a piece of streaming_completion()", "anthropic"): 27,
    ("functions for an event of stream_extract()", "openai"): 41,
    ("functions for an event of stream_extract()", "openai, Responses"): 35,
    ("functions for an event of stream_extract()", "anthropic"): 39,
    ("functions for an event of stream_extract(), with states", "openai"): 44,
    ("functions for an event of stream_extract(), with states", "openai, Responses"): 38,
    ("functions for an event of stream_extract(), with states", "anthropic"): 42,
    ("functions for a stream_extract() beside its pieces", "openai"): 1250,
    ("functions for a stream_extract() beside its pieces", "anthropic"): 1460,
    ("modules imported", "import dragoman"): 15,
    ("modules imported", "dragoman --help"): 90,
    ("modules imported", "completing a command"): 84,
    ("modules imported", "completing a model"): 188,
    ("modules imported", "dragoman chat"): 472,
    ("modules imported", "openai: LLM(LLMConfig())"): 164,
    ("modules imported", "openai: first call"): 418,
    ("modules imported", "anthropic: first call"): 394,
}
"""What each count may be: what it was on Python 3.11 when it was last set, and a little more for other versions.

A frozen value of four fields or more enters two short functions when it is made, which take less than the call into C
that they spare for each field.
"""


def main() -> None:
    """Print every count and its budget; with ``--json``, the counts as one object."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({f"{count}, {of}": COUNTS[count](of) for count, of in BUDGETS}))
        return
    for (count, of), budget in BUDGETS.items():
        print(f"{count:48} {of:26} {COUNTS[count](of):7g} of {budget:g}")


if __name__ == "__main__":
    main()
