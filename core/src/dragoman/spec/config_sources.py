"""Read a configuration from environment variables or from a file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.config import FIELDS
from dragoman.spec.config_rules import text_of
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import RedactedDict

_LIMITS = ("timeout", "connect_timeout", "first_byte_timeout", "idle_timeout")
_NAMES = (
    *(*FIELDS, *SETTINGS, *_LIMITS, "provider", "num_retries", "on_unsupported"),
    *("proxy", "verify", "client_cert", "max_reply_bytes", "allow_insecure"),
)
_PREFIX = "DRAGOMAN_"
_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def of_environment(environ: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """Return the configuration fields that environment variables with *prefix* set.

    Raises:
        ConfigurationError: if *environ* is not a mapping of strings, or the value of a numeric field is not a number.

    """
    found = RedactedDict()
    try:
        if not isinstance(environ, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"environ must be a mapping of strings, not {type(environ).__name__}"
            raise ConfigurationError(message)
        prefix = text_of("the prefix of the environment variables", prefix)
        for name in _NAMES:
            if _is_set(environ, prefix, name):
                found[name] = _read(name, environ[prefix + name.upper()], prefix)
        _refuse_misspelled(environ, prefix, found.keys())
    finally:
        del environ  # keep credentials out of tracebacks that show locals
    return found


def _refuse_misspelled(environ: Mapping[str, str], prefix: str, found: Collection[str]) -> None:
    """Refuse a variable whose name is nearly that of one which is not set, rather than ignore it silently."""
    others = [each for each in environ if each.startswith(prefix) and each.removeprefix(prefix).lower() not in _NAMES]
    del environ  # keep credentials out of tracebacks that show locals
    if not others:
        return
    from dragoman.spec.foreign_names import closest, meant  # noqa: PLC0415  # most environments hold no other variable

    for variable in others:
        name = variable.removeprefix(prefix).lower()
        known = closest(name, _NAMES) or (meant(name) if prefix == _PREFIX else None)
        if known in _NAMES and known not in found:
            message = f"{variable} is not read; did you mean {prefix}{known.upper()}?"
            raise ConfigurationError(message, parameter=known)


def _is_set(environ: Mapping[str, str], prefix: str, name: str) -> bool:
    try:
        value = environ.get(prefix + name.upper())
        return value is not None if name == "model" else bool(value)
    except ValueError:  # a character that no variable name can have, such as a null character
        message = f"no environment variable can begin with {shown(prefix)}; give another prefix="
        raise ConfigurationError(message) from None
    finally:
        del environ  # keep credentials out of tracebacks that show locals


def _read(name: str, text: Any, prefix: str) -> Any:
    kinds: dict[str, type[Any]] = dict.fromkeys(("max_tokens", "top_k", "seed", "top_logprobs", "num_retries"), int)
    kinds["max_reply_bytes"] = int
    kinds |= dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty", *_LIMITS), float)
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"{prefix}{name.upper()} must be a string, not {type(text).__name__}"
        raise ConfigurationError(message, parameter=name)
    if name == "model" and not text.strip():
        message = f"{prefix}MODEL is blank; set it to the name of a model"
        raise ConfigurationError(message, parameter=name)
    if name in {"parallel_tool_calls", "logprobs", "allow_insecure"}:
        return _switch(name, text, prefix)
    if name in {"proxy", "verify"}:
        return _SWITCHES.get(text.lower(), text)
    try:
        return kinds.get(name, str)(text)
    except ValueError:
        message = f"{prefix}{name.upper()} must be a number, not {text!r}"
        raise ConfigurationError(message, parameter=name) from None


def _switch(name: str, text: str, prefix: str) -> bool:
    if text.lower() not in _SWITCHES:
        message = f"{prefix}{name.upper()} must be true or false, not {shown(text)}"
        raise ConfigurationError(message, parameter=name)
    return _SWITCHES[text.lower()]


def of_file(path: str | os.PathLike[str], profile: str | None) -> dict[str, Any]:
    """Return the table ``[llm]`` of a TOML file, overridden by ``[llm.<profile>]``.

    Raises:
        ConfigurationError: if the file cannot be read, is not TOML, or has no such profile.

    """
    if not isinstance(path, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"the path of a configuration must be a string or a path, not {type(path).__name__}"
        raise ConfigurationError(message)
    try:
        tables: dict[str, Any] = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        problem = (isinstance(error, OSError) and error.strerror) or error
        message = f"cannot read a configuration from {shown(str(path))}: {problem}"
        raise ConfigurationError(message) from None
    try:
        return _of_tables(path, tables, profile)
    finally:
        del tables  # keep credentials out of tracebacks that show locals


def _of_tables(path: str | os.PathLike[str], tables: dict[str, Any], profile: str | None) -> dict[str, Any]:
    table: Any = tables.get("llm")
    have = ", ".join(f"[{name}]" if isinstance(tables[name], dict) else name for name in tables) or "nothing"
    del tables  # keep credentials out of tracebacks that show locals
    if table is None:
        message = f"{path} has no table [llm]; it has {have}"
        raise ConfigurationError(message)
    if not isinstance(table, dict):
        message = f"llm in {path} must be a table, [llm], not {type(table).__name__}"
        raise ConfigurationError(message)
    try:
        return _of_profile(path, cast("dict[str, Any]", table), profile)
    finally:
        del table  # keep credentials out of tracebacks that show locals


def _of_profile(path: str | os.PathLike[str], table: dict[str, Any], profile: str | None) -> dict[str, Any]:
    profiles = {name for name, value in table.items() if isinstance(value, dict) and name != "headers"}
    shared: dict[str, Any] = {name: value for name, value in table.items() if name not in profiles}
    if profile is None:
        return shared
    if text_of("profile", profile) not in profiles:
        message = f"{path} has no profile [llm.{profile}]; it has {', '.join(sorted(profiles)) or 'none'}"
        del table, shared  # keep credentials out of tracebacks that show locals
        raise ConfigurationError(message)
    return {**shared, **table[profile]}
