"""Run the targets with Atheris: ``python -m fuzz --runs 20000 [NAME ...]``, each in a process of its own.

What breaks a promise is saved as a file, whose name is printed; ``--replay FILE NAME`` runs that input alone, without
Atheris. See https://github.com/google/atheris.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

PACKAGES = ("dragoman", *sorted({point.module for point in entry_points(group="dragoman.providers.v1")}))
"""What is watched for new branches, and so is not imported before."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="targets, or beginnings of their names; all by default")
    parser.add_argument("--runs", type=int, default=20_000, help="how many inputs each target gets")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--max-length", type=int, default=8192, help="the longest input, in bytes")
    parser.add_argument("--findings", type=Path, default=Path("findings"), help="where inputs are saved that fail")
    parser.add_argument("--replay", type=Path, help="run this input alone")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(given)


def chosen(names: Sequence[str]) -> list[str]:
    """Return the names of the targets that are asked for.

    Raises:
        SystemExit: for a name that no target begins with.

    """
    known = import_module("fuzz.targets").TARGETS
    for name in names:
        if not any(each.startswith(name) for each in known):
            raise SystemExit(f"no target begins with {name!r}; known are {', '.join(known)}")
    return [each for each in known if not names or each.startswith(tuple(names))]


def search(name: str, asked: argparse.Namespace) -> None:
    """Run one target in this process, which Atheris ends."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=list(PACKAGES)):
        target = import_module("fuzz.targets").TARGETS[name]

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        numbers = random.Random(seed)  # noqa: S311 - the same seed is to give the same inputs
        if numbers.random() < 0.5:  # the fuzzer's own changes are good at what is no JSON
            return atheris.Mutate(data, longest)
        return target.mutated(data, numbers)[:longest]

    with tempfile.TemporaryDirectory() as corpus:
        for each in target.seeds:
            Path(corpus, hashlib.sha256(each).hexdigest()).write_bytes(each)
        options = [
            f"-runs={asked.runs}",
            f"-seed={asked.seed}",
            f"-max_len={asked.max_length}",
            f"-artifact_prefix={asked.findings}/{name}-",
            "-timeout=30",
            "-print_final_stats=0",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], target.run, custom_mutator=mutate)
        atheris.Fuzz()


def run(name: str, given: Sequence[str], findings: Path) -> bool:
    """Run one target in a process of its own; tell whether all its inputs kept the promises."""
    before = set(findings.glob(f"{name}-*"))
    command = [sys.executable, "-m", "fuzz", "--search", *given, name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(f"{name}: {'ok' if done.returncode == 0 else f'FAILED ({done.returncode})'}", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
        print(*(f"saved: {path}" for path in set(findings.glob(f"{name}-*")) - before), sep="\n", flush=True)
    return done.returncode == 0


def main(given: Sequence[str]) -> int:
    """Run what is asked for; return 1 if anything broke a promise."""
    asked = arguments(given)
    if asked.search:
        search(asked.names[0], asked)
        return 0
    names = chosen(asked.names)
    if asked.replay is not None:
        for name in names:
            import_module("fuzz.targets").TARGETS[name].run(asked.replay.read_bytes())
        return 0
    asked.findings.mkdir(parents=True, exist_ok=True)
    options = [f"--runs={asked.runs}", f"--seed={asked.seed}", f"--max-length={asked.max_length}"]
    options.append(f"--findings={asked.findings}")
    kept = [run(name, options, asked.findings) for name in names]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
