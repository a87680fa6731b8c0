"""``dragoman doctor``: check the installed plugins, and suggest how to fix the problems."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from dragoman.cli.checks import CHECKS, check_metadata
from dragoman.cli.ownership_checks import Finding
from dragoman.cli.terminal import wrapped
from dragoman.plugins.metadata import read_announcements
from dragoman.plugins.registry import PluginRecord, installed

_SLOW_SECONDS = 2.0
"""An import that takes longer is reported."""
_MOST_SECONDS = 86_400
"""The longest limit, a day: what waits for a process takes no time without an end."""
_PROCESSES = 4
_PROBE = "from dragoman.cli.probe import main; main()"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_MIN_SECRET_LENGTH = 4
"""Shorter values occur in any text by chance and are not masked."""


class _Seconds(click.types.FloatParamType):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return a number of seconds that a process can be waited for."""
        seconds: float = super().convert(value, param, ctx)
        if not 0 < seconds <= _MOST_SECONDS:
            self.fail(f"{value} is not a number of seconds above 0, and up to {_MOST_SECONDS}", param, ctx)
        return seconds


@click.command(epilog="\b\nExamples:\n  dragoman doctor\n  dragoman doctor --load")
@click.option("--load", is_flag=True, help="Also import each plugin, in a separate process.")
@click.option("--limit", type=_Seconds(), default=30.0, show_default=True, help="Seconds that each import may take.")
def doctor(load: bool, limit: float) -> None:  # noqa: FBT001  # click passes the options by name
    """Check the installed plugins, and suggest how to fix the problems.

    Exits with code 1 if a problem was found.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the settings, which a check reports
        registry = installed()
    findings = [*check_metadata(read_announcements())]
    for check in CHECKS:
        findings.extend(check(registry))
    if load:
        findings.extend(_import_all(registry.records(), limit))
    for finding in findings:
        for line in _format(finding).split("\n"):
            click.echo(wrapped(line, 7))
    problems = sum(finding.wrong for finding in findings)
    click.echo(wrapped(_summary(problems, len(registry.records()), load=load), 0))
    sys.exit(1 if problems else 0)


def _format(finding: Finding) -> str:
    label = "error" if finding.wrong else "note "
    fix = f"\n       {finding.fix}" if finding.fix else ""
    return f"{label}  {finding.subject}: {_mask_secrets(finding.problem)}{fix}"


def _summary(problems: int, count: int, *, load: bool) -> str:
    plugins = f"{count} plugin{'' if count == 1 else 's'}"
    result = f"{problems or 'no'} problem{'' if problems == 1 else 's'} found"
    more = "" if load else "; --load also imports the plugins and checks that they are configured"
    return f"{plugins}: {result}{more}"


def _mask_secrets(text: str) -> str:
    """Mask the values of environment variables whose names suggest a secret."""
    for name, value in os.environ.items():
        if _SECRET.search(name) and len(value) >= _MIN_SECRET_LENGTH:
            text = text.replace(value, "********")
    return text


def _import_all(records: Iterable[PluginRecord], limit: float) -> Iterator[Finding]:
    """Import the plugins in parallel: most of the time is spent waiting for the disk or for a timeout."""

    def attempt(record: PluginRecord) -> list[Finding]:
        return [*_import_one(record, limit)]

    with ThreadPoolExecutor(_PROCESSES) as pool:
        for findings in pool.map(attempt, [record for record in records if record.state != "blocked"]):
            yield from findings


def _import_one(record: PluginRecord, limit: float) -> Iterable[Finding]:
    """Import a plugin in a separate process and report problems."""
    subject = f"{record.name} ({record.distribution})"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-c", _PROBE, str(report)]
        try:
            done = subprocess.run(  # noqa: S603  # a module of this package, run by this interpreter
                [*command, record.group, record.name, record.distribution],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            yield Finding(subject, f"was not imported within {limit:g} seconds", _disable(record))
            return
        if not report.exists():
            yield Finding(
                subject,
                f"terminated the process with exit code {done.returncode} when it was imported",
                _disable(record),
            )
            return
        outcome: dict[str, Any] = json.loads(report.read_text("utf-8"))
    yield from _findings(record, subject, outcome)
    if done.stdout or done.stderr:
        count = len(done.stdout) + len(done.stderr)
        yield Finding(subject, f"prints {count} bytes when it is imported", "report it to its author", wrong=False)


def _findings(record: PluginRecord, subject: str, outcome: dict[str, Any]) -> Iterator[Finding]:
    if outcome["unconfigured"]:
        variables = ", ".join(
            f"{name} ({'set' if is_set else 'not set'})" for name, is_set in outcome["variables"].items()
        )
        yield Finding(
            subject, f"is not configured: {outcome['error']}", f"it reads {variables}" * bool(variables), wrong=False
        )
    elif outcome["error"]:
        yield Finding(subject, outcome["error"], f"pip install --upgrade {record.distribution}, or {_disable(record)}")
    if outcome["seconds"] > _SLOW_SECONDS:
        yield Finding(subject, f"takes {outcome['seconds']:.1f} seconds to import", "", wrong=False)


def _disable(record: PluginRecord) -> str:
    return f"disable it: DRAGOMAN_DISABLE_PLUGINS={record.distribution}"
