"""Handle a lack of file descriptors: report it with a clear error, before an import fails half-way.

Modules and the metadata of plugins are files, which are read when they are first needed. If one cannot be opened, the
import fails, and some libraries continue without the data: without the certificates of the system, for instance.
"""

from __future__ import annotations

import errno
import os

from dragoman.spec.errors import ConnectionFailedError

_NEEDED = 16
"""How many descriptors have to be free before an import, since an imported module may open files itself."""


def require_descriptors() -> None:
    """Check that enough file descriptors are free.

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
    """Return the error to raise if *error* reports a lack of descriptors, otherwise ``None``."""
    if error.errno not in {errno.EMFILE, errno.ENFILE}:
        return None
    message = "too many files are open; close files or connections, or raise the limit (ulimit -n), and call again"
    return ConnectionFailedError(message, phase="resolve", retryable=False)
