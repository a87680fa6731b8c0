"""Standard streams that are terminals, full, closed, or not encoded in UTF-8."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from dragoman.cli.group import dragoman
from dragoman.cli.terminal import (
    ErrorFilter,
    OutputError,
    OutputFilter,
    encoding_of,
    open_closed_descriptors,
    terminal_output,
    wrapped,
)
from dragoman.cli.text_io import read_stdin, text

CONTROLS = "a\x1b]52;c;eA==\x07b\x9b31m\u202ec\rd"
COMMAND = (sys.executable, "-W", "error", "-m", "dragoman.cli")
FULL = Path("/dev/full")


class Terminal(io.BytesIO):
    name = "<terminal>"

    def isatty(self) -> bool:
        return True


class Broken(io.BytesIO):
    """Refuse every write."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def flush(self) -> None:
        raise self._error


def stream(buffer: io.BytesIO, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(buffer, encoding, write_through=True)


@contextmanager
def streams(monkeypatch: pytest.MonkeyPatch, out: Any, err: Any) -> Iterator[None]:
    """Put streams in place of those of the process."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        yield


def exit_code(monkeypatch: pytest.MonkeyPatch, out: Any, err: Any, *arguments: str) -> Any:
    """Run the command with these streams, and return its exit code."""
    with streams(monkeypatch, out, err), pytest.raises(SystemExit) as end:
        dragoman(arguments)
    return end.value.code


def run(*arguments: str, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a shell that redirects its streams."""
    line = f'exec "$@" {redirect}'
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("kind", [OutputFilter, ErrorFilter])
def test_no_control_sequence_reaches_a_terminal_however_the_bytes_are_split(kind: type[OutputFilter]) -> None:
    target = Terminal()
    filtered = kind(target, "utf-8", is_filtered=True)
    for byte in f"{CONTROLS}é".encode():
        assert filtered.write(bytes([byte])) == 1
    assert target.getvalue().decode() == "a]52;c;eA==b31mcdé"
    assert filtered.isatty()
    assert filtered.writable()
    assert filtered.name == "<terminal>"


def test_every_way_of_writing_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(Terminal()), stream(io.BytesIO())
    with streams(monkeypatch, out, err), terminal_output():
        print(CONTROLS)
        click.echo(CONTROLS, color=True)
        click.echo(CONTROLS.encode())
        sys.stdout.buffer.write(CONTROLS.encode())
        click.secho(CONTROLS, err=True, color=True, fg="red")
        assert sys.stdout.isatty()
    for shown in (out.buffer.getvalue(), err.buffer.getvalue()):
        assert b"a]52;c;eA==b31mcd" in shown
        assert not {b"\x1b", b"\x07", b"\r"} & {bytes([byte]) for byte in shown}
        assert "\x9b" not in shown.decode()


def test_a_pipe_gets_every_byte_and_standard_error_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(io.BytesIO()), stream(io.BytesIO())
    with streams(monkeypatch, out, err), terminal_output():
        sys.stdout.buffer.write(b"\xff\x1b")
        print(CONTROLS, file=sys.stderr)
    assert out.buffer.getvalue() == b"\xff\x1b"
    assert err.buffer.getvalue() == b"a]52;c;eA==b31mcd\n"


def test_characters_that_a_stream_cannot_encode_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(io.BytesIO(), "ascii")
    with streams(monkeypatch, out, out), terminal_output():
        print("hä🌍\udcff")
        assert encoding_of(sys.stdout) == "ascii"
    assert out.buffer.getvalue() == b"h\\xe4\\U0001f30d\\udcff\n"
    assert encoding_of(stream(io.BytesIO(), "latin-1")) == "latin-1"


def test_a_traceback_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(io.BytesIO()), stream(io.BytesIO())
    error = KeyError(1)
    error.add_note(CONTROLS)
    with streams(monkeypatch, out, err), pytest.raises(SystemExit) as end, terminal_output():
        raise error
    assert end.value.code == 1
    assert b"Traceback" in err.buffer.getvalue()
    assert b"a]52;c;eA==b31mcd" in err.buffer.getvalue()


@pytest.mark.parametrize(
    ("code", "expected", "words"), [(CONTROLS, 1, b"dragoman: a]52"), (3, 3, b""), (None, None, b"")]
)
def test_the_message_of_an_exit_is_filtered(
    code: Any, expected: Any, words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = stream(io.BytesIO()), stream(io.BytesIO())
    with streams(monkeypatch, out, err), pytest.raises(SystemExit) as end, terminal_output():
        raise SystemExit(code)
    assert end.value.code == expected
    assert err.buffer.getvalue().startswith(words)


def test_a_full_device_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(Broken(OSError(28, "No space left"))), stream(io.BytesIO())
    assert exit_code(monkeypatch, out, err, "plugins", "--json") == 1
    assert err.buffer.getvalue() == b"dragoman: standard output cannot be written: No space left\n"
    filtered = OutputFilter(Broken(OSError(28, "No space left")), "utf-8", is_filtered=False)
    assert filtered.write(b"") == 0
    for _ in range(2):
        with pytest.raises(OutputError):
            filtered.write(b"x")


def test_a_full_device_is_replaced_by_the_null_device(tmp_path: Path) -> None:
    with (tmp_path / "full").open("wb") as full:
        target = Broken(OSError(28, "No space left"))
        target.fileno = full.fileno
        filtered = OutputFilter(target, "utf-8", is_filtered=False)
        assert filtered.fileno() == full.fileno()
        with pytest.raises(OutputError):
            filtered.write(b"x")
        assert os.fstat(full.fileno()).st_rdev == Path(os.devnull).stat().st_rdev


def test_a_closed_pipe_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(Broken(BrokenPipeError(32, "Broken pipe"))), stream(io.BytesIO())
    assert exit_code(monkeypatch, out, err, "plugins", "--json") == 1
    assert err.buffer.getvalue() == b""


def test_a_full_standard_error_does_not_change_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(io.BytesIO()), stream(Broken(OSError(28, "No space left")))
    assert exit_code(monkeypatch, out, err, "why", "nobody-knows-this") == 2
    assert exit_code(monkeypatch, None, err, "plugins") == 1


@pytest.mark.parametrize("arguments", [("chat", "-m", "echo", "hi"), ("plugins",), ("--help",)])
def test_closed_standard_output_is_reported_before_a_request_is_sent(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    err = stream(io.BytesIO())
    assert exit_code(monkeypatch, None, err, *arguments) == 1
    assert err.buffer.getvalue() == b"dragoman: standard output is closed; nothing can be printed\n"


def test_closed_standard_error_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(io.BytesIO())
    assert exit_code(monkeypatch, out, None, "why", "echo") == 0
    assert b"provider      echo" in out.buffer.getvalue()


def test_a_closed_descriptor_is_opened() -> None:
    descriptor = os.dup(1)
    os.close(descriptor)
    open_closed_descriptors((1, descriptor))
    assert os.fstat(descriptor).st_rdev == Path(os.devnull).stat().st_rdev
    os.close(descriptor)


def test_errors_are_raised_outside_standalone_mode() -> None:
    with pytest.raises(click.UsageError):
        dragoman(["nonsense"], standalone_mode=False)


@pytest.mark.parametrize(
    ("redirect", "code", "out", "words"),
    [
        (">&-", 1, b"", b"standard output is closed"),
        ("2>&-", 0, b"hi\n", b""),
        ("<&-", 0, b"hi\n", b""),
        ("<&- >&- 2>&-", 1, b"", b""),
        ("0>/dev/null", 2, b"", b"standard input cannot be read"),
        *([(">/dev/full", 1, b"", b"cannot be written: No space left")] if FULL.exists() else []),
        *([(">/dev/full 2>/dev/full", 1, b"", b"")] if FULL.exists() else []),
    ],
)
def test_streams_redirected_by_a_shell(redirect: str, code: int, out: bytes, words: bytes) -> None:
    done = run("chat", "-m", "echo", "hi", redirect=redirect)
    assert (done.returncode, done.stdout) == (code, out)
    assert words in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_reader_may_stop_after_the_first_line() -> None:
    done = run("plugins", "--json", redirect="| head -n 1")
    assert (done.stdout, done.stderr) == (b"[\n", b"")


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def test_ascii_output_is_escaped_and_json_stays_complete() -> None:
    question = "hä🌍"
    assert run("chat", "-m", "echo", question, **ASCII).stdout == b"h\\xe4\\U0001f30d\n"
    document = run("chat", "-m", "echo", "--json", question, **ASCII).stdout
    assert document.isascii()
    assert json.loads(document)["message"]["content"] == question


def chat(data: bytes) -> Result:
    return CliRunner().invoke(dragoman, ["chat", "-m", "echo", "--no-stream"], input=data)


def test_invalid_text_is_refused_before_a_request_is_sent() -> None:
    assert chat("ä".encode()).stdout == "ä\n"
    done = chat(b"ab\xff")
    assert done.exit_code == 2
    assert "standard input is not valid utf-8: invalid start byte at byte 2" in done.stderr
    for arguments in (("chat", "\udcff"), ("chat", "-m", "\udcff", "hi"), ("why", "\ud800")):
        done = CliRunner().invoke(dragoman, arguments)
        assert done.exit_code == 2
        assert "not valid UTF-8" in done.stderr


def test_standard_input_is_not_read_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", stream(Terminal(b"more")))
    assert read_stdin() == ""


@pytest.mark.parametrize("problem", [OSError(5, "Input/output error"), io.UnsupportedOperation("read")])
def test_unreadable_standard_input_is_reported(problem: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise problem

    monkeypatch.setattr(sys, "stdin", stream(Unreadable()))
    with pytest.raises(click.UsageError, match="standard input cannot be read"):
        read_stdin()


def test_input_is_read_as_utf_8_in_an_ascii_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text("ä") == "ä"
    monkeypatch.setattr(sys, "stdin", stream(io.BytesIO("ä".encode()), "ascii"))
    out = stream(io.BytesIO())
    assert exit_code(monkeypatch, out, out, "chat", "-m", "echo") == 0
    assert out.buffer.getvalue() == "ä\n".encode()


def test_json_holds_every_character_and_escapes_controls() -> None:
    odd = "a\x7f\x9b31m\u202e\u2028\u200b\U000e0041é🌍"
    document = CliRunner().invoke(dragoman, ["chat", "-m", "echo", "--json", odd]).stdout
    assert json.loads(document)["message"]["content"] == odd
    assert "é🌍" in document
    assert "a\\u007f\\u009b31m\\u202e\\u2028\\u200b\\udb40\\udc41" in document


def test_a_terminal_without_a_width_gets_whole_lines() -> None:
    controller, terminal = os.openpty()  # whose size nobody has set: no columns and no rows
    with os.fdopen(controller, "rb", buffering=0) as read, os.fdopen(terminal, "wb", buffering=0) as target:
        done = subprocess.run([*COMMAND, "chat", "-m", "nosuch", "hi"], stdout=target, stderr=target, check=False)
        shown = read.read(10_000).decode()
    assert done.returncode == 2
    assert shown.startswith("dragoman: no installed provider claims the model 'nosuch'; name the provider, as in")
    assert "Traceback" not in shown


def test_every_width_has_room_for_a_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.cli.terminal.columns", lambda _: 1)
    assert wrapped("a bc", 0).split() == ["a", "bc"]
