"""Whom a connection trusts and as whom it shows itself, as the configuration says."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any, NoReturn

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.provider import ProviderConfig


def tls_context(config: ProviderConfig) -> ssl.SSLContext | None:
    """Return what TLS connections are made with, ``None`` for what is usual.

    Args:
        config: its ``verify``, ``client_cert`` and ``allow_insecure``.

    Raises:
        ConfigurationError: if a file cannot be used, or if certificates would not be checked without
            ``allow_insecure=True``.

    """
    verify: Any = config.verify
    if (verify is None or verify is True) and config.client_cert is None:
        return None
    if isinstance(verify, ssl.SSLContext):
        return _given(verify, config)
    context = _trusting(verify)
    if verify is False:
        _refuse_unchecked(config)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(("http/1.1",))
    if config.client_cert is not None:
        _show(context, config.client_cert)
    return context


def _given(context: ssl.SSLContext, config: ProviderConfig) -> ssl.SSLContext:
    if context.protocol is ssl.PROTOCOL_TLS_SERVER:
        _refuse("verify", "is an ssl.SSLContext for a server; make one with ssl.create_default_context()")
    if config.client_cert is not None:
        _refuse("client_cert", "goes with the path of a CA bundle; load the certificate into the ssl.SSLContext itself")
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        _refuse_unchecked(config)
    return context


def _refuse_unchecked(config: ProviderConfig) -> None:
    if not config.allow_insecure:
        _refuse(
            "verify",
            "would leave the server's certificate unchecked, so that anybody could read the key; give the path of the "
            "CA bundle to trust, or allow_insecure=True beside it",
        )


def _trusting(verify: Any) -> ssl.SSLContext:
    """Return a context that trusts the authorities in *verify*, a file or folder, or those of the system."""
    if isinstance(verify, bool) or verify is None:
        return ssl.create_default_context()
    path = _path("verify", verify)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:  # those of OpenSSL are of the first class, too
        reason = _reason(error)
    return _refuse("verify", f"names no CA bundle in PEM: {path}: {reason}")


def _show(context: ssl.SSLContext, given: Any) -> None:
    """Let the connection show a certificate: one file, or one with the certificate and one with its key."""
    if isinstance(given, list | tuple):
        pair: list[Any] = list(given)  # pyright: ignore[reportUnknownArgumentType]
        if len(pair) != 2:  # noqa: PLR2004  # a certificate and its key
            _refuse("client_cert", "is the path of a PEM file, or the paths of a certificate and its key")
        certificate, key = _path("client_cert", pair[0]), str(_path("client_cert", pair[1]))
    else:
        certificate, key = _path("client_cert", given), None
    try:
        context.load_cert_chain(str(certificate), key, password=_no_passphrase)
    except ConfigurationError:
        raise
    except (OSError, ValueError) as error:
        reason = _reason(error)
    else:
        return
    _refuse("client_cert", f"names no certificate with its key in PEM: {certificate}: {reason}")


def _path(name: str, given: Any) -> Path:
    if not isinstance(given, str | os.PathLike):
        _refuse(name, f"is a path, not {type(given).__name__}")
    if not str(given).isprintable() or not str(given):  # pyright: ignore[reportUnknownArgumentType]
        _refuse(name, "is the path of a file, without control characters")
    return Path(given).expanduser()  # pyright: ignore[reportUnknownArgumentType]


def _no_passphrase() -> NoReturn:
    """Refuse what OpenSSL would otherwise ask the terminal for."""
    _refuse("client_cert", "names a key with a passphrase; give an ssl.SSLContext that has loaded it as verify=")


def _reason(error: OSError | ValueError) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason) if reason else type(error).__name__


def _refuse(name: str, problem: str) -> NoReturn:
    raise ConfigurationError(f"{name} {problem}", parameter=name)
