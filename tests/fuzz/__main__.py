"""Run the targets with Atheris, each in a separate process: ``python -m fuzz --runs 20000 [NAME ...]``.

An input that fails is saved to a file, whose name is printed; ``--replay FILE NAME`` runs only that input, without
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
"""The packages that Atheris instruments at import, so they must not be imported earlier."""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="targets, or prefixes of their names; default: all")
    parser.add_argument("--runs", type=int, default=20_000, help="number of inputs for each target")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--max-length", type=int, default=8192, help="the longest input, in bytes")
    parser.add_argument("--findings", type=Path, default=Path("findings"), help="folder for inputs that fail")
    parser.add_argument("--replay", type=Path, help="run only this input")
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def selected(names: Sequence[str]) -> list[str]:
    """Return the names of the selected targets.

    Raises:
        SystemExit: if no target matches a prefix.

    """
    targets = import_module("fuzz.targets").TARGETS
    for name in names:
        if not any(each.startswith(name) for each in targets):
            raise SystemExit(f"no target begins with {name!r}; the targets are {', '.join(targets)}")
    return [each for each in targets if not names or each.startswith(tuple(names))]


def search(name: str, settings: argparse.Namespace) -> None:
    """Run one target in this process, which Atheris terminates."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=list(PACKAGES)):
        target = import_module("fuzz.targets").TARGETS[name]

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        numbers = random.Random(seed)  # noqa: S311  # reproducible, not cryptographic
        if numbers.random() < 0.5:  # the mutations of Atheris cover inputs that are not JSON
            return atheris.Mutate(data, longest)
        return target.mutated(data, numbers)[:longest]

    with tempfile.TemporaryDirectory() as corpus:
        for each in target.seeds:
            Path(corpus, hashlib.sha256(each).hexdigest()).write_bytes(each)
        options = [
            f"-runs={settings.runs}",
            f"-seed={settings.seed}",
            f"-max_len={settings.max_length}",
            f"-artifact_prefix={settings.findings}/{name}-",
            "-timeout=30",
            "-print_final_stats=0",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], target.run, custom_mutator=mutate)
        atheris.Fuzz()


def run(name: str, argv: Sequence[str], findings: Path) -> bool:
    """Run one target in a separate process; return whether all inputs passed."""
    before = set(findings.glob(f"{name}-*"))
    command = [sys.executable, "-m", "fuzz", "--search", *argv, name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(f"{name}: {'ok' if done.returncode == 0 else f'FAILED ({done.returncode})'}", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
        print(*(f"saved: {path}" for path in set(findings.glob(f"{name}-*")) - before), sep="\n", flush=True)
    return done.returncode == 0


def main(argv: Sequence[str]) -> int:
    """Run the selected targets; return 1 if an input failed."""
    settings = arguments(argv)
    if settings.search:
        search(settings.names[0], settings)
        return 0
    names = selected(settings.names)
    if settings.replay is not None:
        for name in names:
            import_module("fuzz.targets").TARGETS[name].run(settings.replay.read_bytes())
        return 0
    settings.findings.mkdir(parents=True, exist_ok=True)
    options = [f"--runs={settings.runs}", f"--seed={settings.seed}", f"--max-length={settings.max_length}"]
    options.append(f"--findings={settings.findings}")
    passed = [run(name, options, settings.findings) for name in names]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
