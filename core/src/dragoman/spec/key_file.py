"""The user's file of keys, by provider: ``keys.json`` in the folder of the user, beside the keyring of the system."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import RedactedDict, Secret
from dragoman.spec.user_folder import user_folder, write_whole

_FILE = "keys.json"
_OWNER_ONLY = 0o077
"""The permissions of others than the owner."""


def key_file(environ: Mapping[str, str]) -> Path | None:
    """Return the path of the file of keys, ``None`` if *environ* does not say where the user's files are."""
    folder = user_folder(environ)
    return folder and folder / _FILE


def stored_key(environ: Mapping[str, str], provider: str) -> Secret | None:
    """Return the key of a provider in the user's file, or else in the keyring of the system; ``None`` if there is none.

    Raises:
        ConfigurationError: if the file cannot be used, as for :func:`read_keys`, or the keyring cannot.

    """
    path = key_file(environ)
    if path is None:
        return None
    keys = read_keys(path)
    try:
        if provider in keys:
            return Secret(keys[provider], name=f"the key of {provider} in {path}")
    finally:
        del keys  # keep credentials out of tracebacks that show locals
    from dragoman.spec.system_keyring import key_in_keyring  # noqa: PLC0415  # only without any other key

    return key_in_keyring(environ, provider)


def read_keys(path: Path) -> dict[str, str]:
    """Return the keys in a file by provider; none if there is no file.

    Raises:
        ConfigurationError: if it cannot be read, holds anything else, or can be read by other users.

    """
    try:
        with path.open("rb") as file:
            if os.name != "nt" and os.fstat(file.fileno()).st_mode & _OWNER_ONLY:
                message = f"other users may read {path}; run: chmod 600 {path}"
                raise ConfigurationError(message)
            return _checked(path, file.read())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        message = f"the keys in {path} cannot be read: {error.strerror}"
        raise ConfigurationError(message) from None


def _checked(path: Path, content: bytes) -> dict[str, str]:
    data: Any = None
    try:
        with suppress(ValueError, RecursionError):  # their text may show a key
            data = json.loads(content)
        if isinstance(data, dict):
            keys = RedactedDict(cast("dict[str, Any]", data))
            if all(isinstance(key, str) for key in keys.values()):
                return keys
    finally:
        del content, data  # keep credentials out of tracebacks that show locals
    message = (
        f"{path} must hold a JSON object with a key for each provider; move it away: 'dragoman keys set' makes one"
    )
    raise ConfigurationError(message)


def write_keys(path: Path, keys: Mapping[str, str]) -> None:
    """Write keys by provider to a file that only its owner can read, whole or not at all.

    Raises:
        ConfigurationError: if it cannot be written.

    """
    try:
        write_whole(path, json.dumps(dict(keys), indent=2).encode())
    except OSError as error:
        message = f"the keys cannot be written to {path}: {error.strerror}"
        raise ConfigurationError(message) from None
    finally:
        del keys  # keep credentials out of tracebacks that show locals
