"""``dragoman doctor``: what is wrong with the installed plugins, and how to mend it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from dragoman.cli.checks import CHECKS, check_metadata
from dragoman.cli.shadows import Finding
from dragoman.plugins.metadata import read_announcements
from dragoman.plugins.registry import PluginRecord, installed

_SLOW = 2.0
"""Seconds from which an import is worth a word."""
_TOGETHER = 4
_PROBE = "from dragoman.cli.probe import main; main()"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 4
"""Characters that a secret has at least; what is shorter occurs in any text."""


@click.command()
@click.option("--load", is_flag=True, help="Import each plugin, in a process of its own.")
@click.option("--limit", default=30.0, show_default=True, help="Seconds that a plugin may take for it.")
def doctor(load: bool, limit: float) -> None:  # noqa: FBT001  # click passes the options by name
    """Tell what is wrong with the installed plugins, and how to mend it.

    Ends with code 1 if something is wrong.
    """
    registry = installed()
    findings = [*check_metadata(read_announcements())]
    for check in CHECKS:
        findings.extend(check(registry))
    if load:
        findings.extend(_try_all(registry.records(), limit))
    for finding in findings:
        click.echo(_shown(finding))
    wrong = sum(finding.wrong for finding in findings)
    click.echo(_summary(wrong, len(registry.records()), load=load))
    sys.exit(1 if wrong else 0)


def _shown(finding: Finding) -> str:
    sign = "wrong" if finding.wrong else "note "
    mend = f"\n       {finding.mend}" if finding.mend else ""
    return f"{sign}  {finding.subject}: {_without_secrets(finding.what)}{mend}"


def _summary(wrong: int, count: int, *, load: bool) -> str:
    verdict = f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong" if wrong else "nothing is wrong"
    more = "" if load else "; --load also imports them and looks for keys"
    return f"{count} plugins: {verdict}{more}"


def _without_secrets(text: str) -> str:
    """Mask the values of environment variables whose names speak of secrets."""
    for name, value in os.environ.items():
        if _SECRET.search(name) and len(value) >= _SHORTEST:
            text = text.replace(value, "********")
    return text


def _try_all(records: Iterable[PluginRecord], limit: float) -> Iterator[Finding]:
    """Try several at a time: a plugin mostly waits, for the disk or for the end of its limit."""

    def attempt(record: PluginRecord) -> list[Finding]:
        return [*_try(record, limit)]

    with ThreadPoolExecutor(_TOGETHER) as pool:
        for found in pool.map(attempt, [record for record in records if record.state != "blocked"]):
            yield from found


def _try(record: PluginRecord, limit: float) -> Iterable[Finding]:
    """Import a plugin in a process of its own and tell what happened."""
    subject = f"{record.name} ({record.distribution})"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-c", _PROBE, str(report)]
        try:
            done = subprocess.run(  # noqa: S603  # our own module, by the interpreter that runs us
                [*command, record.group, record.name, record.distribution],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            yield Finding(subject, f"was not imported within {limit:g} seconds", _without(record))
            return
        if not report.exists():
            yield Finding(subject, f"ended the process with code {done.returncode} when imported", _without(record))
            return
        facts: dict[str, Any] = json.loads(report.read_text("utf-8"))
    yield from _judged(record, subject, facts)
    if done.stdout or done.stderr:
        count = len(done.stdout) + len(done.stderr)
        yield Finding(subject, f"prints {count} bytes when imported", "tell its author", wrong=False)


def _judged(record: PluginRecord, subject: str, facts: dict[str, Any]) -> Iterator[Finding]:
    if facts["unconfigured"]:
        asked = ", ".join(f"{name} ({'set' if is_set else 'not set'})" for name, is_set in facts["asked"].items())
        yield Finding(
            subject, f"is not configured: {facts['error']}", f"it asked for {asked}" * bool(asked), wrong=False
        )
    elif facts["error"]:
        yield Finding(subject, facts["error"], f"pip install --upgrade {record.distribution}, or: {_without(record)}")
    if facts["seconds"] > _SLOW:
        yield Finding(subject, f"takes {facts['seconds']:.1f} seconds to import", "", wrong=False)


def _without(record: PluginRecord) -> str:
    return f"do without it: DRAGOMAN_DISABLE_PLUGINS={record.distribution}"
