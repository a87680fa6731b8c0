"""Checks of the options of a configuration that the core itself understands, in addition to the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from dragoman.spec.argument_checks import copied, plain_number, plain_text, seconds, shown, wrong_seconds
from dragoman.spec.errors import ConfigurationError, InvalidRequestError
from dragoman.spec.request import Settings
from dragoman.spec.secret import MASK, KeySource, RedactedDict, Secret, is_credential

_POLICIES = frozenset({"adjust", "warn", "raise"})
_TIMEOUTS = ("timeout", "connect_timeout", "first_byte_timeout", "idle_timeout", "first_output_timeout")

_PROXY_WITHOUT_USER = r"https?://[\w.:\[\]-]+/?"

_PATIENCE = frozenset({"fall_back_on", "on_retry", "retry"})

_SHAPES: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("provider", str, "a string"),
    ("headers", Mapping, "a mapping of strings"),
    ("fallbacks", (list, tuple), "a list of models or configurations"),
    ("allow_insecure", bool, "True or False"),
)

MOST_RETRIES = 1_000_000
"""The greatest value of ``num_retries``."""


def check_options(kwargs: dict[str, Any]) -> None:
    """Refuse invalid options of the core.

    Raises:
        ConfigurationError: for a value of the wrong type or out of range.

    """
    for name in tuple(kwargs):  # another thread may put one there
        text_of("the name of a keyword argument", name)
    for name in _TIMEOUTS:
        value = kwargs.get(name)
        if value is not None and seconds(value) is None:
            raise ConfigurationError(wrong_seconds(name, value), parameter=name)
    retries = plain_number(kwargs.get("num_retries", 0))
    if not isinstance(retries, int) or not 0 <= retries <= MOST_RETRIES:
        message = f"num_retries must be a whole number of at least 0, not {shown(kwargs['num_retries'])}"
        raise ConfigurationError(message, parameter="num_retries")
    most = plain_number(kwargs.get("max_reply_bytes", 1))
    if not isinstance(most, int) or most < 1:
        message = f"max_reply_bytes must be a whole number of bytes above 0, not {shown(kwargs['max_reply_bytes'])}"
        raise ConfigurationError(message, parameter="max_reply_bytes")
    policy = kwargs.get("on_unsupported")
    if policy is not None and not is_policy(policy):
        raise ConfigurationError(wrong_policy(policy), parameter="on_unsupported")
    _check_connection(kwargs)
    _check_shapes(kwargs)
    if not _PATIENCE.isdisjoint(kwargs):
        from dragoman.spec.patience_rules import check_patience  # noqa: PLC0415  # few configurations have these

        check_patience(kwargs)


def _check_shapes(kwargs: dict[str, Any]) -> None:
    for name, kind, expected in _SHAPES:
        value = kwargs.get(name)
        if value is not None and not isinstance(value, kind):
            message = f"{name} must be {expected}, not {type(value).__name__}"
            del value  # keep credentials out of tracebacks that show locals
            del kwargs[name]  # the callers' frames hold the same dictionary
            raise ConfigurationError(message, parameter=name)


def _check_connection(kwargs: dict[str, Any]) -> None:
    proxy, verify, client_cert = (kwargs.get(name) for name in ("proxy", "verify", "client_cert"))
    expected = {
        "proxy": None if proxy is None or proxy is False or isinstance(proxy, str) else "an address, or False",
        "verify": None if _is_trust(verify) else "the path of a CA bundle, an ssl.SSLContext, or False",
        "client_cert": None if _is_certificate(client_cert) else "the path of a PEM file, or two of them",
    }
    name = next((name for name, kind in expected.items() if kind), None)
    if name is not None:
        message = f"{name} must be {expected[name]}, not {type(kwargs[name]).__name__}"
        del proxy, verify, client_cert, kwargs[name]  # keep credentials out of tracebacks that show locals
        raise ConfigurationError(message, parameter=name)


def hidden(kwargs: Any) -> RedactedDict:
    """Return *kwargs* as a mapping that hides credentials when it is shown; those in headers become secrets."""
    headers: Any = None
    try:
        if not isinstance(kwargs, Mapping):
            message = f"kwargs must be a mapping, such as a dict, not {type(kwargs).__name__}"
            raise ConfigurationError(message)
        _check_depth(kwargs)  # pyright: ignore[reportUnknownArgumentType]
        kept = RedactedDict(kwargs)  # pyright: ignore[reportUnknownArgumentType]
        headers = kept.get("headers")
        if isinstance(kept.get("proxy"), str) and not re.fullmatch(_PROXY_WITHOUT_USER, kept["proxy"]):
            kept["proxy"] = Secret(kept["proxy"], name="proxy")
        if isinstance(headers, Mapping):
            headers = kept["headers"] = RedactedDict(headers)  # pyright: ignore[reportUnknownArgumentType]
            for name in headers:
                if isinstance(headers[name], str) and is_credential(str(name)):
                    headers[name] = Secret(headers[name], name=f"the header {name!r}")
        if kept.get("options") is not None:
            kept["options"] = _options(kept["options"])
    finally:
        del kwargs, headers  # keep credentials out of tracebacks that show locals
    return kept


def _options(options: Any) -> RedactedDict:
    """Return the argument ``options`` as mappings by provider."""
    from dragoman.spec.provider_options import read_options  # noqa: PLC0415  # few configurations have them

    try:
        return RedactedDict({name: RedactedDict(own) for name, own in read_options(options).items()})
    except InvalidRequestError as error:
        raise ConfigurationError(error.message, parameter="options") from None
    finally:
        del options  # keep credentials out of tracebacks that show locals


def _is_trust(value: Any) -> bool:
    if value is None or isinstance(value, bool | str | os.PathLike):
        return True
    from ssl import SSLContext  # noqa: PLC0415  # imported only when needed

    return isinstance(value, SSLContext)


def _is_certificate(value: Any) -> bool:
    files: list[Any] = [*value] if isinstance(value, list | tuple) else [value, value]
    return value is None or (len(files) == 2 and all(isinstance(file, str | os.PathLike) for file in files))  # noqa: PLR2004  # a certificate and its key


def _check_depth(kwargs: Mapping[str, Any]) -> None:
    """Refuse values that are nested too deep to be compared, shown or sent."""
    try:
        for name in kwargs:
            copied(kwargs[name], text_of("the name of a keyword argument", name))
    except InvalidRequestError as error:
        raise ConfigurationError(error.message, parameter=error.parameter) from None
    finally:
        del kwargs  # keep credentials out of tracebacks that show locals


def without_user(address: str) -> str:
    """Return *address* with its user name and password masked."""
    before, at, after = address.rpartition("@")
    scheme, found, _ = before.rpartition("://")
    return f"{scheme}{found}{MASK}@{after}" if at else address


def setting(name: str, value: Any) -> Any:
    """Return *value* as the setting *name* stores it."""
    try:
        return getattr(Settings(**{name: value}), name)
    except InvalidRequestError as error:
        raise ConfigurationError(error.message, parameter=name) from None


def _source(ask: Any) -> KeySource:
    return KeySource(ask)


def key_of(value: Any) -> Secret | KeySource:
    """Return the argument ``api_key``: a credential, or a callable that is asked for it."""
    try:
        if isinstance(value, KeySource):
            return value
        is_asked = callable(value) and not isinstance(value, type)
        return _source(value) if is_asked else Secret(text_of("api_key", value))
    finally:
        del value  # keep credentials out of tracebacks that show locals


def text_of(name: str, value: Any) -> str:
    """Return *value* as a plain string.

    Args:
        name: what the value is, for the error message.
        value: a string, or an object of a class derived from ``str``.

    Raises:
        ConfigurationError: if it is not a string; the message does not show the value.

    """
    if not isinstance(value, str):
        message = f"{name} must be a string, not {type(value).__name__}"
        del value  # keep credentials out of tracebacks that show locals
        raise ConfigurationError(message, parameter=name)
    return value if isinstance(value, Secret) else plain_text(value)


def model_name(name: str, value: Any) -> str:
    """Return *value* as the name of a model.

    Raises:
        ConfigurationError: if it is not a string, or blank, or begins or ends with white space.

    """
    text = text_of(name, value)
    if not text.strip():
        message = f"{name} must be the name of a model, not {text!r}"
        raise ConfigurationError(message, parameter="model")
    if text != text.strip():
        message = f"{name} must not begin or end with white space: {text!r}"
        raise ConfigurationError(message, parameter="model")
    return text


def is_policy(value: object) -> bool:
    """Tell whether *value* is a policy for unsupported settings."""
    return isinstance(value, str) and plain_text(value) in _POLICIES


def wrong_policy(value: object) -> str:
    """Return the error message for *value*, which is not a policy."""
    from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

    return after(f"on_unsupported must be 'adjust', 'warn' or 'raise', not {shown(value)}", value, _POLICIES)
