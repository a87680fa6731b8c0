"""The folder of a user's own files: keys, and what the command line remembers."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of the user's own files, ``None`` if *environ* does not say where it is.

    It is ``dragoman`` in ``%APPDATA%`` on Windows, and otherwise in ``$XDG_CONFIG_HOME``, by default ``~/.config``:
    https://specifications.freedesktop.org/basedir-spec/latest/.
    """
    if sys.platform == "win32":
        above = environ.get("APPDATA") or None
        return Path(above, "dragoman") if above else None
    above = environ.get("XDG_CONFIG_HOME")
    if above and os.path.isabs(above):  # noqa: PTH117  # a relative path is to be ignored
        return Path(above, "dragoman")
    home = environ.get("HOME")
    return Path(home, ".config", "dragoman") if home else None
