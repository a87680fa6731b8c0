"""A pseudo-terminal with a real program behind it, and a screen that shows what its user sees."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING, Self

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 30.0
"""Seconds until something is said to be missing."""
ENTER, NEW_LINE, CTRL_C, CTRL_D, TAB = "\r", "\x1b\r", "\x03", "\x04", "\t"
SIZE = ("COLUMNS", "LINES")
"""The variables that hide the size of the terminal, which runners of tests set."""
PROMPTED = b"\x1b[?2004h"
"""What an editor writes when it begins to read."""
LAUNCH = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which a runner of tests may ignore, and hand on
sys.argv[0] = "dragoman"
from dragoman.cli import main
main()
"""


class _Screen(pyte.HistoryScreen):
    """A screen that answers questions, as for the position of the cursor."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class PseudoTerminal:
    """Show what a program writes to a terminal, and type into it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._master, self.slave = os.openpty()
        self._screen = _Screen(columns, rows, history=100_000, ratio=0.5)
        self._screen.answer = self.type
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.columns = columns
        self.raw = b""
        self.resize(columns, rows)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(data)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window, which tells the program."""
        with self._lock:
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            self._screen.resize(rows, columns)
            self.columns = columns

    def type(self, text: str) -> None:
        os.write(self._master, text.encode("utf-8", "surrogateescape"))

    @property
    def is_answering(self) -> bool:
        """Whether Ctrl-C is a signal and what is typed is not shown, for longer than before an answer."""
        if not self._is_unechoed():
            return False
        time.sleep(0.1)
        return self._is_unechoed()

    def _is_unechoed(self) -> bool:
        flags: int = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ISIG) and not flags & termios.ECHO

    @property
    def mode(self) -> list[object]:
        """How the terminal handles what is typed."""
        return termios.tcgetattr(self._master)

    def lines(self) -> list[str]:
        """Return all lines, also those that have scrolled away."""
        with self._lock:
            screen = self._screen
            top = ["".join(line[column].data for column in range(screen.columns)) for line in screen.history.top]
            return [line.rstrip() for line in [*top, *screen.display]]

    def cells(self) -> list[list[pyte.screens.Char]]:
        """Return the characters of the screen with their styles, by row."""
        with self._lock:
            buffer, screen = self._screen.buffer, self._screen
            return [[buffer[row][column] for column in range(screen.columns)] for row in range(screen.lines)]

    def text(self) -> str:
        return "\n".join(self.lines()).rstrip()

    def wait(self, *texts: str) -> str:
        """Wait until all of *texts* are shown, on one or several lines, and return all that is shown."""
        return self.wait_until(lambda shown: _holds(shown, texts), texts)

    def wait_until(self, condition: Callable[[str], bool], what: object = "") -> str:
        end = time.monotonic() + PATIENCE
        while not condition(shown := self.text()):
            assert time.monotonic() < end, f"not shown: {what!r}\n{shown}"
            time.sleep(0.02)
        return shown

    def enter(self, line: str, *texts: str) -> str:
        """Type a line with Enter, and wait for *texts* and for the next prompt below them."""
        before, start = self.text().count("\n>"), len(self.raw)
        self.type(line + ENTER)
        wanted = texts or (" s\n>",)

        def is_answered(shown: str) -> bool:
            is_asked_again = shown.count("\n>") > before or PROMPTED in self.raw[start:]
            return is_asked_again and _holds(shown, wanted) and shown.endswith(">")

        return self.wait_until(is_answered, wanted)

    def discard(self) -> None:
        """Discard what is typed with Ctrl-C, and wait for the next prompt: between two, keys belong to the terminal."""
        start = len(self.raw)
        self.type(CTRL_C)
        self.wait_until(lambda _: PROMPTED in self.raw[start:], "a prompt")

    def run(self, user: Callable[[], None], *arguments: str) -> int:
        """Run the command in this process while *user* types in another thread, and return its exit code."""
        from dragoman.cli.group import dragoman  # noqa: PLC0415  # a session needs it in its own process only

        failures: list[BaseException] = []

        def watched() -> None:
            try:
                user()
            except BaseException as error:  # noqa: BLE001  # reported below
                failures.append(error)
                self.type(CTRL_C + CTRL_D)

        thread = threading.Thread(target=watched)
        before = sys.stdin, sys.stdout, sys.stderr
        mode = termios.tcgetattr(self.slave)
        size = {name: os.environ.pop(name) for name in SIZE if name in os.environ}
        with (
            os.fdopen(os.dup(self.slave), "r") as typed,
            os.fdopen(os.dup(self.slave), "w") as out,
            os.fdopen(os.dup(self.slave), "w") as err,
        ):
            sys.stdin, sys.stdout, sys.stderr = typed, out, err
            try:
                thread.start()
                dragoman(list(arguments))
            except SystemExit as ended:
                code = ended.code
            finally:
                thread.join(PATIENCE)
                sys.stdin, sys.stdout, sys.stderr = before
                termios.tcsetattr(self.slave, termios.TCSANOW, mode)
                os.environ.update(size)
        if failures:
            raise failures[0]
        return int(code or 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.slave)
        self._thread.join(PATIENCE)
        os.close(self._master)


def _holds(shown: str, texts: tuple[str, ...]) -> bool:
    """Return whether all of *texts* are shown, wherever the terminal broke their lines."""
    joined = "".join(shown.split())
    return all(each in shown or ("\n" not in each and "".join(each.split()) in joined) for each in texts)


class Session(PseudoTerminal):
    """The command in a process of its own, in a terminal of its own."""

    def __init__(
        self,
        *arguments: str,
        home: object,
        columns: int = 80,
        rows: int = 24,
        cwd: str | None = None,
        **environment: str,
    ) -> None:
        super().__init__(columns, rows)
        own = {"HOME": str(home), "TERM": "xterm-256color", **environment}
        kept = {name: value for name, value in os.environ.items() if name not in {"XDG_CONFIG_HOME", "NO_COLOR", *SIZE}}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", LAUNCH, *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            env={**kept, **own},
            cwd=cwd,
        )

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        super().__exit__(*exception)

    def ended(self) -> int:
        """Return the exit code, once the program has ended."""
        return self.process.wait(PATIENCE)
