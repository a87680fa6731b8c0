"""Try one plugin in a process of its own, so that whatever it does happens there."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dragoman.plugins.metadata import read_claims
from dragoman.plugins.registry import EXTENSIONS, Plugins
from dragoman.spec.errors import ConfigurationError, DragomanError
from dragoman.spec.provider import ProviderConfig


class Watched(Mapping[str, str]):
    """Remember which environment variables are asked for, and whether they are set; never their values."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.asked: dict[str, bool] = {}

    def __getitem__(self, name: str) -> str:
        self.asked[name] = bool(self._environ.get(name))
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def probe(group: str, name: str, distribution: str) -> dict[str, Any]:
    """Import a plugin and make its provider; return what happened as plain data."""
    registry = Plugins(claim for claim in read_claims() if claim.distribution == distribution)
    watched = Watched(os.environ)
    error: DragomanError | None = None
    start = time.perf_counter()
    try:
        if group == EXTENSIONS:
            error = next(iter(registry.extensions()), None)
        else:
            registry.provider(ProviderConfig(name=name, distribution=distribution, environ=watched))
    except DragomanError as raised:
        error = raised
    return {
        "seconds": time.perf_counter() - start,
        "error": error and str(error),
        "unconfigured": isinstance(error, ConfigurationError),
        "asked": watched.asked,
    }


def main() -> None:
    """Write what happened to the file that is named first."""
    report, group, name, distribution = sys.argv[1:]
    Path(report).write_text(json.dumps(probe(group, name, distribution)), "utf-8")
