"""What reaches a real terminal: nothing that a server, a plugin or an argument says rules it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

EVIL = "A\x1b]52;c;ZXZpbA==\x07B\x1b[2J\x1b[31mC\x9b31mD\x9d0;t\x9cE\u202eF\x08G\x7fH\rI\u2028J\u200bK\u2066L"
COMMAND = (sys.executable, "-W", "error", "-m", "dragoman.cli")
SECONDS = 60


def shown(*arguments: str, stdin: bytes = b"", **environment: str) -> str:
    """Run the command in a terminal, and return what that gets."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "PYTHONUTF8": "1", "TERM": "xterm-256color", **environment},
    )
    os.close(follower)
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    try:
        return read(leader).decode()
    finally:
        os.close(leader)
        process.wait(SECONDS)


def read(leader: int) -> bytes:
    """Return all that a terminal gets until nobody writes to it any more."""
    pieces: list[bytes] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if select.select([leader], [], [], 1)[0]:
            try:
                piece = os.read(leader, 65_536)
            except OSError:  # as Linux reports the end
                piece = b""
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
    raise TimeoutError


def dangerous(text: str) -> set[str]:
    """Return what rules a terminal; it makes line ends of its own."""
    plain = text.replace("\r\n", "\n")
    return {each for each in plain if (ord(each) < 32 and each not in "\n\t") or 127 <= ord(each) < 160} | (
        set(plain) & {"\u202e", "\u2066", "\u2028", "\u200b"}
    )


def answered(text: str) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}


REPLIES = {
    "answer": Reply.json(answered(EVIL)),
    "error": Reply.json({"error": {"message": EVIL, "type": EVIL, "code": EVIL, "param": EVIL}}, status=400),
    "text": Reply(status=500, body=EVIL.encode()),
    "page": Reply(headers={"content-type": "te\x1b[31mxt/html\x9b"}, body=f"<html>{EVIL}".encode()),
    "target": Reply(status=302, headers={"location": "http://x/\x9b31m\x1b]0;t\x07"}),
    "encoding": Reply(headers={"content-encoding": "\x1b[31m"}, body=b"x"),
}


@pytest.mark.parametrize("how", [(), ("--no-stream",), ("--json",)], ids=["streamed", "whole", "json"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_no_reply_rules_it(reply: Reply, how: tuple[str, ...]) -> None:
    with LoopbackServer(reply) as server:
        base = f"{server.url}/v1"
        text = shown("chat", "-m", "openai_compatible/m", "-b", base, "-o", "num_retries=0", *how, "hi")
    assert text.strip()
    assert not dangerous(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("why", EVIL),
        ("why", "x", "-p", EVIL),
        ("why", "x", "-b", f"https://{EVIL}/"),
        ("chat", "-m", EVIL, "hi"),
        ("chat", "-m", "echo", EVIL),
        ("chat", "-m", "echo", "--json", EVIL),
        ("chat", "-m", "echo", "-o", f"{EVIL}=1", "hi"),
        ("chat", "-m", "echo", "-o", f"fail={EVIL}", "hi"),
        ("chat", f"--{EVIL}"),
        (EVIL,),
        ("new-provider", EVIL, "-k", "openai-compatible"),
        ("new-provider", "x", "-k", EVIL),
    ],
    ids=range(12),
)
def test_no_argument_rules_it(arguments: tuple[str, ...]) -> None:
    text = shown(*arguments)
    assert text.strip()
    assert not dangerous(text)


PLUGIN = f"""
import sys, warnings, logging
import click
from dragoman import Command, hookimpl

EVIL = {EVIL!r}

@hookimpl
def dragoman_commands():
    return [Command(name=name, target=f"evil:{{name}}") for name in ("talk", "warn", "break_", "leave", "fail")]

@click.command(help=EVIL)
@click.option("--" + "number", type=int, help=EVIL)
def talk(number):
    print(EVIL)
    click.secho(EVIL, fg="red")
    click.echo(EVIL.encode())
    sys.stdout.buffer.write(EVIL.encode())
    sys.stderr.write(EVIL)

@click.command()
def warn():
    logging.getLogger("evil").error(EVIL)
    warnings.simplefilter("always")
    warnings.warn(EVIL)

@click.command()
def break_():
    try:
        raise ValueError(EVIL)
    except ValueError as cause:
        error = KeyError("x")
        error.add_note(EVIL)
        raise error from cause

@click.command()
def leave():
    sys.exit(EVIL)

@click.command()
def fail():
    raise click.ClickException(EVIL)
"""


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """Install a distribution whose every word is hostile, and return the folder."""
    (tmp_path / "evil.py").write_text(PLUGIN, "utf-8")
    folder = tmp_path / "evil-1.dist-info"
    folder.mkdir()
    folder.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\x1b[31m\n", "utf-8")
    words = "\x1b[31m\u202e\x9b"
    points = f"[dragoman.extensions.v1]\nevil = evil\n[dragoman.providers.v1]\nev{words}il = evil:{words}\n"
    folder.joinpath("entry_points.txt").write_text(points, "utf-8")
    return str(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plugins",),
        ("plugins", "--json"),
        ("doctor",),
        ("why", "nobody-knows-this"),
        ("talk",),
        ("talk", "--help"),
        ("talk", "--number", EVIL),
        ("warn",),
        ("break_",),
        ("leave",),
        ("fail",),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_no_plugin_rules_it(arguments: tuple[str, ...], evil: str) -> None:
    text = shown(*arguments, PYTHONPATH=os.pathsep.join([evil, *sys.path]))
    assert text.strip()
    assert "No such command" not in text
    assert not dangerous(text)
