"""Let Dragoman and others meet the same faults, and write what came of it into docs/explanation/faults-compared.md.

``python -m benchmarks.compare_faults DIRECTORY`` in the folder ``tests``; the environments of the libraries are kept in
the directory. Each library meets each fault in a process of its own. With names after the directory, only those are
asked and nothing is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import page
from benchmarks.environments import environment, interpreter
from benchmarks.fault_rows import KEY, ROWS, SERVER_DIALECTS, Row, Seen
from dragoman.testing.faults import FaultServer

AT_ONCE = 2
START_SECONDS = 60
"""How long a library may take until it asks, its import included."""
DISTRIBUTIONS = {"any-llm": "any-llm-sdk"}
_VENDORS_OWN = ("openai", "anthropic", "google-genai")
_VERSIONS = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in dict.fromkeys(sys.argv[1:]):
    try:
        print(name, version(name))
    except PackageNotFoundError:
        pass
"""
_VENDORS = ("openai", "anthropic", "gemini")


@dataclass(frozen=True)
class Library:
    """Name one library.

    Args:
        name: its environment.
        peer: its class.
        vendors: the dialects it is asked in.

    """

    name: str
    peer: str
    vendors: tuple[str, ...]


LIBRARIES = [
    Library("openai", "peers_vendors:OpenAI", ("openai",)),
    Library("anthropic", "peers_vendors:Anthropic", ("anthropic",)),
    Library("google-genai", "peers_vendors:GoogleGenAI", ("gemini",)),
    Library("litellm", "peers_frameworks:LiteLLM", _VENDORS),
    Library("any-llm", "peers_frameworks:AnyLLM", _VENDORS),
    Library("dragoman", "peers_dragoman:Dragoman", _VENDORS),
]


def meet(server: FaultServer, python: Path, library: Library, vendor: str, row: Row) -> Seen:
    """Let a library meet a fault; return what was seen on both ends.

    Raises:
        RuntimeError: if its process says nothing, twice.

    """
    for _ in range(2):  # on a busy machine, a process may not get as far as to ask
        tag = f"{library.name}-{vendor}-{ROWS.index(row)}-{time.monotonic_ns()}"
        wish = {"root": f"{server.url_of(row.fault)}/{tag}", "vendor": vendor, "key": KEY, **row.wish}
        reported = _told(python, {"peer": library.peer, "how": row.how, "wish": wish, "limit": row.limit})
        if reported is not None:
            break
    else:
        message = f"{library.name} says nothing about {row.what!r}"
        raise RuntimeError(message)
    mine = f"/{tag}/"
    hangups = [each.at for each in server.hangups if mine in each.request.path]
    return Seen(
        reported=reported,
        ended=not reported.get("unfinished"),
        requests=[each for each in server.requests if mine in each.path],
        hung_up_at=hangups[0] if hangups else None,
    )


def _told(python: Path, order: dict[str, Any]) -> dict[str, Any] | None:
    """Return the last that a library's process says."""
    command = [str(python), "-m", "benchmarks.fault_worker", json.dumps(order)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment())
    try:
        output, _ = process.communicate(timeout=START_SECONDS + order["limit"])
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    lines = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
    return lines[-1] if lines else None


def verdicts(server: FaultServer, python: Path, library: Library, row: Row) -> str:
    """Return a cell: one verdict, or one for each vendor where they differ."""
    each = {vendor: row.judge(meet(server, python, library, vendor, row)) for vendor in library.vendors}
    print(f"{library.name:14} {row.what:52} {each}", flush=True)
    if len(set(each.values())) == 1:
        return next(iter(each.values()))
    return "<br>".join(f"{vendor}: {verdict}" for vendor, verdict in each.items())


def version(python: Path, library: Library) -> str:
    """Return the name and the version of a library, and of the vendors' libraries that it brings."""
    command = [str(python), "-c", _VERSIONS, DISTRIBUTIONS.get(library.name, library.name), *_VENDORS_OWN]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    own, *others = found.stdout.splitlines()
    return f"{own} ({', '.join(others)})" if others else own


def main(directory: str, *only: str) -> None:
    """Compare, print, and write the table."""
    libraries = [each for each in LIBRARIES if not only or each.name in only]
    pythons = {each: interpreter(Path(directory), each.name) for each in libraries}
    with FaultServer(server_dialects=SERVER_DIALECTS) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        cells = {
            (row.what, library): pool.submit(verdicts, server, pythons[library], library, row)
            for row in ROWS
            for library in libraries
        }
        rows = [[row.what, *(cells[row.what, library].result() for library in libraries)] for row in ROWS]
    versions = ", ".join(version(pythons[each], each) for each in libraries)
    text = page.table(["What happens", *(each.name for each in libraries)], rows)
    text += f"\n\nMeasured on {time.strftime('%Y-%m-%d')} with {versions}, on Python 3.11."
    if only:
        print(text)
    else:
        print(page.write("faults-compared.md", "table", text))


if __name__ == "__main__":
    main(*sys.argv[1:])
