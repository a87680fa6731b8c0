"""Measure how fast the command starts: ``python -m benchmarks.terminal`` in the folder ``tests``.

Two ratios, each of the fastest of several processes that take turns, so that what slows the machine slows both:
``dragoman --help`` to ``python -c "import click"``, and the first character of ``dragoman chat`` to that of a program
that streams the same answer with the library. With ``--check``, a ratio above its bound is an error. The counts in
``benchmarks.budget`` hold the same without a clock.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from dragoman.testing.faults import FaultServer

ROUNDS = 10
BOUNDS = {"dragoman --help": 1.5, "the first character of dragoman chat": 1.2}
_COMMAND = "import sys; sys.argv = ['dragoman', *sys.argv[1:]]; from dragoman.cli import main; main()"
_LIBRARY = """
import asyncio, sys
from dragoman import LLM
async def main():
    llm = LLM("gpt-4o", provider="openai", api="chat", api_key="sk-0123456789", api_base=sys.argv[1])
    async with llm, llm.stream("hi") as stream:
        async for text in stream.text():
            print(text, end="", flush=True)
asyncio.run(main())
"""


def seconds(code: str, *arguments: str) -> float:
    """Return how long a program takes until its first character, or its end if it writes none or the help."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(-1 if arguments == ("--help",) else 1)
        taken = time.perf_counter() - begun
        process.stdout.read()
    assert process.returncode == 0, code
    return taken


def ratio(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Return how many times as long our program takes as another one."""
    pairs = [(seconds(*ours), seconds(*theirs)) for _ in range(ROUNDS)]
    return min(first for first, _ in pairs) / min(second for _, second in pairs)


def ratios() -> dict[str, float]:
    """Return the ratios that have a bound."""
    with FaultServer() as server:
        base = server.url_of("ok") + "/v1"
        chat = ("chat", "--no-log", "-p", "openai", "-m", "gpt-4o", "-b", base, "-o", "api=chat")
        return {
            "dragoman --help": ratio((_COMMAND, "--help"), ("import click",)),
            "the first character of dragoman chat": ratio(
                (_COMMAND, *chat, "-o", "api_key=sk-0123456789", "hi"), (_LIBRARY, base)
            ),
        }


def main() -> None:
    """Print the ratios and their bounds."""
    found = ratios()
    for name, number in found.items():
        print(f"{name:40} {number:5.2f} of {BOUNDS[name]:g}")
    if "--check" in sys.argv[1:] and any(number > BOUNDS[name] for name, number in found.items()):
        sys.exit("a bound is exceeded")


if __name__ == "__main__":
    main()
