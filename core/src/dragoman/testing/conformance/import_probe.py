"""Import the module named on the command line and report the side effects. Run as a script in a separate process."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import traceback
import warnings


def probe(module: str) -> dict[str, object]:
    """Import a module and return the side effects of the import."""
    with contextlib.suppress(ImportError):
        for name in ("dragoman", "dragoman.http"):
            package = importlib.import_module(name)
            for each in package.__all__:  # resolves the lazily imported names
                getattr(package, each)
    connected: list[str] = []
    watching = [True]
    before, environment, threads = len(sys.modules), dict(os.environ), threading.active_count()

    def watch(event: str, arguments: tuple[object, ...]) -> None:  # pragma: no cover - audit hooks are not traced
        if watching and event == "socket.connect":
            connected.append(str(arguments[1]))

    sys.addaudithook(watch)
    error = _error_of(module)
    watching.clear()
    after = dict(os.environ)
    return {
        "modules": len(sys.modules) - before,
        "connected": bool(connected),
        "threads": threading.active_count() - threads,
        "environment": sorted(name for name in {*environment, *after} if environment.get(name) != after.get(name)),
        "error": error,
    }


def _error_of(module: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            importlib.import_module(module)
        except BaseException:  # noqa: BLE001  # any exception is reported
            return traceback.format_exc()
    return ""


if __name__ == "__main__":  # pragma: no cover - runs in a separate process
    found = probe(sys.argv[1])
    sys.stdout.write("\n\0" + json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # a thread that the module started might never end
