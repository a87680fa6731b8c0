"""Read a configuration from environment variables, and refuse variables whose names are misspelled."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dragoman.spec.argument_checks import shown
from dragoman.spec.config import CORE_OPTIONS, FIELDS
from dragoman.spec.config_rules import text_of
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.nearest_name import closest
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import RedactedDict

_LIMITS = ("timeout", "connect_timeout", "first_byte_timeout", "idle_timeout", "first_output_timeout")
_OPTIONS = "options"
"""The variable that holds the options of the provider, as a JSON object."""
VARIABLES: tuple[str, ...] = (
    *(*FIELDS, *SETTINGS, *_LIMITS, "provider", "num_retries", "on_unsupported"),
    *("proxy", "verify", "client_cert", "max_reply_bytes", "allow_insecure", "headers"),
    *("fallbacks", "fall_back_on", "retry", _OPTIONS),
)
"""The names of the variables, in lower case and without the prefix."""
_PREFIX = "DRAGOMAN_"
_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_KINDS: Mapping[str, type[Any]] = {
    **dict.fromkeys(("max_tokens", "top_k", "seed", "top_logprobs", "n", "num_retries", "max_reply_bytes"), int),
    **dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty", *_LIMITS), float),
}


def of_environment(environ: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """Return the configuration fields that environment variables with *prefix* set.

    Raises:
        ConfigurationError: if *environ* is not a mapping of strings, or a value cannot be read.

    """
    found = RedactedDict()
    try:
        if not isinstance(environ, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"environ must be a mapping of strings, not {type(environ).__name__}"
            raise ConfigurationError(message)
        prefix = text_of("the prefix of the environment variables", prefix)
        for name in VARIABLES:
            if _is_set(environ, prefix, name):
                found[name] = _read(name, environ[prefix + name.upper()], prefix)
        _refuse_misspelled(environ, prefix, found.keys())
        return RedactedDict({**found.pop(_OPTIONS, {}), **found})
    finally:
        del environ, found  # keep credentials out of tracebacks that show locals


def check_variables(environ: Iterable[str], known: Collection[str]) -> None:
    """Refuse a variable whose name is nearly one of *known*, but neither one of them nor one of a configuration.

    Raises:
        ConfigurationError: naming the variable that is meant.

    """
    own = {*known, *(_PREFIX + name.upper() for name in VARIABLES)}
    for variable in sorted(each for each in environ if each.startswith(_PREFIX) and each not in own):
        meant = closest(variable, own, _SIMILAR)
        if meant in known:
            message = f"{variable} is not read; did you mean {meant}?"
            raise ConfigurationError(message, parameter=meant)


_SIMILAR = 0.85
"""How similar whole names of variables have to be, which all begin with the same prefix."""


def _refuse_misspelled(environ: Mapping[str, str], prefix: str, found: Collection[str]) -> None:
    """Refuse a variable whose name is nearly that of one which is not set, rather than ignore it silently."""
    others = [
        each for each in environ if each.startswith(prefix) and each.removeprefix(prefix).lower() not in VARIABLES
    ]
    del environ  # keep credentials out of tracebacks that show locals
    if not others:
        return
    from dragoman.spec.foreign_names import is_option, meant  # noqa: PLC0415  # most environments hold no other variable

    for variable in others:
        name = variable.removeprefix(prefix).lower()
        known = closest(name, VARIABLES) or (meant(name) if prefix == _PREFIX else None)
        if known in VARIABLES and known not in found:
            message = f"{variable} is not read; did you mean {prefix}{known.upper()}?"
            raise ConfigurationError(message, parameter=known)
        if prefix == _PREFIX and is_option(name):
            message = f"{variable} is not read; give it as an option: {prefix}OPTIONS='{{\"{name}\": …}}'"
            raise ConfigurationError(message, parameter=name)


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
    variable = f"{prefix}{name.upper()}"
    try:
        if not isinstance(text, str):  # callers without a type checker
            message = f"{variable} must be a string, not {type(text).__name__}"
            raise ConfigurationError(message, parameter=name)
        if name == "model" and not text.strip():
            message = f"{variable} is blank; set it to the name of a model"
            raise ConfigurationError(message, parameter=name)
        if name in {"parallel_tool_calls", "logprobs", "allow_insecure"}:
            return _switch(name, text, variable)
        if name in {"proxy", "verify"}:
            return _SWITCHES.get(text.lower(), text)
        if name in {"headers", "fallbacks", "fall_back_on", "retry", "stop", _OPTIONS}:
            return _several(name, text.strip(), variable)
        return _number(name, text, variable) if name in _KINDS else text
    finally:
        del text  # keep credentials out of tracebacks that show locals


def _number(name: str, text: str, variable: str) -> float:
    try:
        number: float = _KINDS[name](text)
    except ValueError:
        expected = "a whole number" if _KINDS[name] is int else "a number"
        message = f"{variable} must be {expected}, not {text!r}"
        raise ConfigurationError(message, parameter=name) from None
    return number


def _switch(name: str, text: str, variable: str) -> bool:
    if text.lower() not in _SWITCHES:
        message = f"{variable} must be true or false, not {shown(text)}"
        raise ConfigurationError(message, parameter=name)
    return _SWITCHES[text.lower()]


def _several(name: str, text: str, variable: str) -> Any:
    """Return a value of several: JSON, or for headers ``name=value`` and for models names, separated by commas."""
    try:
        if name == "stop" and not text.startswith("["):
            return text
        if name in {"headers", "retry", _OPTIONS}:
            return _object(name, text, variable)
        if text.startswith("["):
            return _json(name, text, variable)
        return [each.strip() for each in text.split(",") if each.strip()]
    finally:
        del text  # keep credentials out of tracebacks that show locals


def _object(name: str, text: str, variable: str) -> dict[str, Any]:
    value: Any = None
    try:
        if name == "headers" and not text.startswith("{"):
            return _pairs(text, variable)
        value = _json(name, text, variable)
        if not isinstance(value, dict):
            message = f"{variable} must be a JSON object, not {type(value).__name__}"
            raise ConfigurationError(message, parameter=name)
        taken = sorted({*CORE_OPTIONS, *FIELDS, *SETTINGS} & value.keys()) if name == _OPTIONS else []  # pyright: ignore[reportUnknownArgumentType]
        if taken:
            own = variable.removesuffix(_OPTIONS.upper()) + taken[0].upper()
            message = f"{variable} holds {taken[0]!r}, which is not an option of a provider; set {own}"
            raise ConfigurationError(message, parameter=taken[0])
        return RedactedDict(value)  # pyright: ignore[reportUnknownArgumentType]
    finally:
        del text, value  # keep credentials out of tracebacks that show locals


def _pairs(text: str, variable: str) -> dict[str, Any]:
    try:
        if not all(re.match(r"\s*[^\s=]+\s*=", pair) for pair in text.split(",")):
            message = f"{variable} must be a JSON object, or name=value, separated by commas"
            raise ConfigurationError(message, parameter="headers")
        pairs = (pair.partition("=") for pair in text.split(","))
        return RedactedDict({name.strip(): value.strip() for name, _, value in pairs})
    finally:
        del text  # keep credentials out of tracebacks that show locals


def _json(name: str, text: str, variable: str) -> Any:
    trouble = ""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        trouble = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
    finally:
        del text  # keep credentials out of tracebacks that show locals
    message = f"{variable} is not valid JSON: {trouble}"
    raise ConfigurationError(message, parameter=name)
