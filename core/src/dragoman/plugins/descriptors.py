"""What happens where a process has no file descriptors left: an error that says so, and nothing that stays broken.

Modules and the metadata of plugins are files, read when they are first needed. Where one cannot be opened, the import
fails, and some libraries go on without what they could not read: without the certificates of the system, for instance.
"""

from __future__ import annotations

import errno
import os

from dragoman.spec.errors import ConnectionFailedError

_NEEDED = 16
"""How many descriptors have to be free before something is imported: what is imported may open files in its turn."""


def require_descriptors() -> None:
    """Go on only if some file descriptors are free.

    Raises:
        ConnectionFailedError: if they are not.

    """
    held = list[int]()
    failure: ConnectionFailedError | None = None
    try:
        while len(held) < _NEEDED:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        failure = exhausted(error)
    finally:
        for each in held:
            os.close(each)
    if failure is not None:
        raise failure


def exhausted(error: OSError) -> ConnectionFailedError | None:
    """Return the error to raise for *error*, if that says that no descriptor is left."""
    if error.errno not in {errno.EMFILE, errno.ENFILE}:
        return None
    message = "too many files are open; close what is not needed, or raise the limit (ulimit -n), and call again"
    return ConnectionFailedError(message, phase="resolve", retryable=False)
