"""Import the module that is named on the command line, and say what that does: run as a file, in its own process."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import traceback
import warnings


def look(module: str) -> dict[str, object]:
    """Import a module and return what that did."""
    with contextlib.suppress(ImportError):
        for name in ("dragoman", "dragoman.http"):
            ground = importlib.import_module(name)
            for each in ground.__all__:  # names that are imported when they are used
                getattr(ground, each)
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
        except BaseException:  # noqa: BLE001  # whatever it is, it is told
            return traceback.format_exc()
    return ""


if __name__ == "__main__":  # pragma: no cover - runs in a process of its own
    found = look(sys.argv[1])
    sys.stdout.write("\n\0" + json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # a thread that it started may never end
