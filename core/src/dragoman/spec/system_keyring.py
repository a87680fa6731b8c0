"""Keys in the keyring of the system, such as that of macOS or GNOME; the extra ``keyring`` reaches it.

A keyring cannot list what it holds, so that ``keyring.json`` in the folder of the user holds the names of the
providers, and no key. Without a name in it, no keyring is opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import Secret
from dragoman.spec.user_folder import user_folder

T = TypeVar("T")

_SERVICE = "dragoman"
"""The name under which a keyring shows the keys to its owner."""
_FILE = "keyring.json"


class SystemKeyringError(ConfigurationError):
    """Report a keyring of the system that is missing, locked or broken."""


class _Keyring(Protocol):
    """What is used of the module ``keyring``."""

    def get_password(self, service_name: str, username: str) -> str | None: ...
    def set_password(self, service_name: str, username: str, password: str) -> None: ...
    def delete_password(self, service_name: str, username: str) -> None: ...


def has_keyring() -> bool:
    """Return whether the extra is installed."""
    return find_spec("keyring") is not None


def names_in_keyring(environ: Mapping[str, str]) -> list[str]:
    """Return the providers whose keys were put into the keyring; none if the file with their names is unreadable."""
    path = _path(environ)
    try:
        names: Any = json.loads(path.read_bytes()) if path is not None else []
    except (OSError, ValueError, RecursionError):
        return []
    given: list[Any] = names if isinstance(names, list) else []  # pyright: ignore[reportUnknownVariableType]
    return sorted({each for each in given if isinstance(each, str)})


def key_in_keyring(environ: Mapping[str, str], provider: str) -> Secret | None:
    """Return the key of a provider, ``None`` if it was not put into the keyring, or was removed from it since.

    Raises:
        SystemKeyringError: if the keyring cannot be used.

    """
    if provider not in names_in_keyring(environ):
        return None
    found = _do("read", provider, lambda keyring: keyring.get_password(_SERVICE, provider))
    try:
        return None if found is None else Secret(found, name=f"the key of {provider} in the keyring")
    finally:
        del found  # keep credentials out of tracebacks that show locals


def put_into_keyring(environ: Mapping[str, str], provider: str, key: Secret) -> None:
    """Put the key of a provider into the keyring.

    Raises:
        SystemKeyringError: if the keyring cannot be used, or the names cannot be written.

    """
    _do("stored", provider, lambda keyring: keyring.set_password(_SERVICE, provider, key.reveal()))
    _write(environ, {*names_in_keyring(environ), provider})


def remove_from_keyring(environ: Mapping[str, str], provider: str) -> None:
    """Remove the key of a provider from the keyring.

    Raises:
        SystemKeyringError: if the keyring cannot be used, or the names cannot be written.

    """
    _do("removed", provider, lambda keyring: _delete(keyring, provider))
    _write(environ, {*names_in_keyring(environ)} - {provider})


def _delete(keyring: _Keyring, provider: str) -> None:
    if keyring.get_password(_SERVICE, provider) is not None:
        keyring.delete_password(_SERVICE, provider)


def _do(what: str, provider: str, use: Callable[[_Keyring], T]) -> T:
    try:
        keyring = cast("_Keyring", import_module("keyring"))
    except ImportError:
        message = f"the key of {provider} is in the keyring of the system; run: pip install 'dragoman[keyring]'"
        raise SystemKeyringError(message) from None
    try:
        return use(keyring)
    except Exception as error:  # noqa: BLE001  # each backend raises its own
        message = (
            f"the key of {provider} cannot be {what} in the keyring of the system: {str(error) or type(error).__name__}"
        )
        raise SystemKeyringError(message) from None
    finally:
        del use  # keep credentials out of tracebacks that show locals


def _path(environ: Mapping[str, str]) -> Path | None:
    folder = user_folder(environ)
    return folder and folder / _FILE


def _write(environ: Mapping[str, str], names: Iterable[str]) -> None:
    path = _path(environ)
    if path is None:
        message = "the folder for the names of keys is unknown; set HOME or XDG_CONFIG_HOME"
        raise SystemKeyringError(message)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(names)), "utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise SystemKeyringError(message) from None


__all__ = [
    "SystemKeyringError",
    "has_keyring",
    "key_in_keyring",
    "names_in_keyring",
    "put_into_keyring",
    "remove_from_keyring",
]
