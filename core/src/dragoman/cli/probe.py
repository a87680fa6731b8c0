"""Import one plugin and create its provider, in a separate process that the plugin cannot harm."""

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


class RecordingEnviron(Mapping[str, str]):
    """Record which environment variables are read and whether they are set, but not their values."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.variables: dict[str, bool] = {}

    def __getitem__(self, name: str) -> str:
        self.variables[name] = bool(self._environ.get(name))
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def probe(group: str, name: str, distribution: str) -> dict[str, Any]:
    """Import a plugin, create its provider, and return the outcome as plain data."""
    registry = Plugins(claim for claim in read_claims() if claim.distribution == distribution)
    environ = RecordingEnviron(os.environ)
    error: DragomanError | None = None
    start = time.perf_counter()
    try:
        if group == EXTENSIONS:
            error = next(iter(registry.extensions()), None)
        else:
            hosts = registry.hosts_of(registry.provider_claim(name))
            registry.provider(ProviderConfig(name=name, distribution=distribution, hosts=hosts, environ=environ))
    except DragomanError as raised:
        error = raised
    return {
        "seconds": time.perf_counter() - start,
        "error": error and str(error),
        "unconfigured": isinstance(error, ConfigurationError),
        "variables": environ.variables,
    }


def main() -> None:
    """Write the outcome as JSON to the file named by the first argument."""
    report, group, name, distribution = sys.argv[1:]
    Path(report).write_text(json.dumps(probe(group, name, distribution)), "utf-8")
