"""Do everyday tasks with ``llm`` and ``dragoman``, and write docs/explanation/dragoman-and-llm.md.

``python -m benchmarks.compare_llm DIRECTORY`` in the folder ``tests``; the environments of both are kept in the
directory. Each line runs in a shell, against a server on this machine that answers at once.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import page
from benchmarks.environments import environment, interpreter
from benchmarks.everyday import LOGGED, TASKS, WRONG_USES, Task, WrongUse, keystrokes, write_files
from core.cli.pseudo_terminal import PseudoTerminal
from servers.echo_as_vendors import EchoAsVendors

PAGE = "dragoman-and-llm.md"
ROUNDS = 3
_SERVED = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
_LONGEST = 3
"""The most lines of an error that are shown; of a longer one, the last."""


class Side:
    """One of the two commands, with a home of its own.

    Args:
        python: the interpreter of its environment.
        folder: its home, where the files of the tasks are.

    """

    def __init__(self, python: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        write_files(folder)
        served = {name: os.environ[name] for name in _SERVED}
        self.variables = {
            **environment(),
            **served,
            "HOME": str(folder),
            "LLM_USER_PATH": str(folder / "llm"),
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "TERM": "xterm-256color",
        }

    def run(self, line: str, stdin: str = "", **variables: str) -> tuple[int, str, float]:
        """Run a line; return its exit code, what it says, and the seconds that a processor worked on it."""
        before = _worked()
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            input=stdin,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self.variables, **variables},
            cwd=self.folder,
            check=False,
        )
        return done.returncode, done.stdout.strip(), _worked() - before

    def type(self, line: str, asked: str, typed: str) -> tuple[int, str, float]:
        """Run a line in a terminal, and type into it once it asks."""
        before = _worked()
        with PseudoTerminal() as terminal:
            end = terminal.slave
            process = subprocess.Popen(
                ["/bin/sh", "-c", line],
                stdin=end,
                stdout=end,
                stderr=end,
                env=self.variables,
                cwd=self.folder,
                start_new_session=True,
            )
            terminal.wait(asked)
            terminal.type(typed)
            return process.wait(60), terminal.text(), _worked() - before


def _worked() -> float:
    """Return the seconds that processors worked on the processes that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def _done(side: Side, task: Task, number: int) -> float:
    """Do a task on one side, and return the seconds of a processor that it took.

    Raises:
        RuntimeError: if it fails.

    """
    line = (task.llm, task.ours)[number]
    if LOGGED in line:
        _, shown, _ = side.run("llm logs list --json -n 1")
        line = line.replace(LOGGED, shown.partition('"conversation_id": "')[2].partition('"')[0])
    if task.asked[number]:
        code, shown, seconds = side.type(line, task.asked[number], task.typed[number])
    else:
        code, shown, seconds = side.run(line, task.stdin)
    if code:
        message = f"{line} fails: {shown}"
        raise RuntimeError(message)
    return seconds


def task_row(task: Task, sides: tuple[Side, Side]) -> list[str]:
    """Return the row of a task."""
    rounds = [[_done(side, task, number) for number, side in enumerate(sides)] for _ in range(ROUNDS)]
    theirs, ours = (min(each) for each in zip(*rounds, strict=True))
    print(f"{task.what:45} {theirs:.2f} {ours:.2f}", flush=True)
    lines = [f"`{each}`".replace("|", r"\|") for each in (task.llm, task.ours)]
    keys = [str(keystrokes(each)) for each in (task.llm, task.ours)]
    return [task.what, *lines, *keys, f"{theirs / ours:.1f}"]


def error_row(wrong: WrongUse, sides: tuple[Side, Side]) -> list[str]:
    """Return the row of a wrong use, with what each command says."""
    theirs, ours = (
        side.run(line, **dict(wrong.environment)) for side, line in zip(sides, (wrong.llm, wrong.ours), strict=True)
    )
    return [wrong.what, told(*theirs[:2]), told(*ours[:2])]


def told(code: int, shown: str) -> str:
    """Return what a command says as a cell of a table."""
    lines = [line for line in shown.splitlines() if line.strip()]
    if code == 0:
        return "no error: it was sent to the model"
    kept = lines if len(lines) <= _LONGEST else [f"({len(lines) - 1} lines)", lines[-1]]
    return "<br>".join(f"`{line.strip()}`".replace("|", r"\|") for line in kept)


def main(directory: str) -> None:
    """Compare, and write the tables."""
    pythons = {name: interpreter(Path(directory), name) for name in ("llm", "dragoman")}
    with EchoAsVendors(), tempfile.TemporaryDirectory() as place:
        sides = (Side(pythons["llm"], Path(place, "theirs")), Side(pythons["dragoman"], Path(place, "ours")))
        version = sides[0].run("llm --version")[1].rpartition(" ")[2]
        tasks = [task_row(each, sides) for each in TASKS]
        errors = [error_row(each, sides) for each in WRONG_USES]
    heads = ["Task", "llm", "dragoman", "keys", "keys", "processor seconds of llm to ours"]
    dated = f"Measured on {time.strftime('%Y-%m-%d')} with llm {version} and Python {platform.python_version()},"
    text = f"{page.table(heads, tasks)}\n\n{dated} on a shared machine with {os.cpu_count()} processors."
    page.write(PAGE, "tasks", text)
    print(page.write(PAGE, "errors", page.table(["Wrong use", "llm", "dragoman"], errors)))


if __name__ == "__main__":
    main(*sys.argv[1:])
