"""The TLS context of a configuration: the trusted authorities, and the client certificate."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any, NoReturn

from dragoman.spec.errors import ConfigurationError
from dragoman.spec.provider import ProviderConfig
from dragoman.spec.user_folder import user_path


def tls_context(config: ProviderConfig) -> ssl.SSLContext | None:
    """Return the context of TLS connections; ``None`` for the default.

    Args:
        config: the configuration, of which ``verify``, ``client_cert`` and ``allow_insecure`` are used.

    Raises:
        ConfigurationError: if a file cannot be used, or if certificates would not be verified and
            ``allow_insecure=True`` was not passed.

    """
    verify: Any = config.verify
    if (verify is None or verify is True) and config.client_cert is None:
        return None
    if isinstance(verify, ssl.SSLContext):
        return _checked_context(verify, config)
    context = _context_trusting(verify)
    if verify is False:
        _require_allow_insecure(config)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(("http/1.1",))
    if config.client_cert is not None:
        _load_client_cert(context, config.client_cert)
    return context


def _checked_context(context: ssl.SSLContext, config: ProviderConfig) -> ssl.SSLContext:
    if context.protocol is ssl.PROTOCOL_TLS_SERVER:
        _refuse("verify", "is an ssl.SSLContext for a server; make one with ssl.create_default_context()")
    if config.client_cert is not None:
        _refuse(
            "client_cert", "cannot be combined with an ssl.SSLContext; load the certificate into the context instead"
        )
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        _require_allow_insecure(config)
    return context


def _require_allow_insecure(config: ProviderConfig) -> None:
    if not config.allow_insecure:
        _refuse(
            "verify",
            "would leave the server's certificate unverified, so that anyone on the network path could read the key; "
            "pass the path of the CA bundle to trust, or allow_insecure=True as well",
        )


def _context_trusting(verify: Any) -> ssl.SSLContext:
    """Return a context that trusts the authorities in *verify*, a file or folder, or those of the system."""
    if isinstance(verify, bool) or verify is None:
        return ssl.create_default_context()
    path = _path("verify", verify)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = _reason(error)
    return _refuse("verify", f"is not a CA bundle in PEM format: {path}: {reason}")


def _load_client_cert(context: ssl.SSLContext, client_cert: Any) -> None:
    """Load a client certificate: one file with its key, or a pair of the certificate and the key."""
    if isinstance(client_cert, list | tuple):
        pair: list[Any] = list(client_cert)  # pyright: ignore[reportUnknownArgumentType]
        if len(pair) != 2:  # noqa: PLR2004  # a certificate and its key
            _refuse("client_cert", "must be the path of a PEM file, or the paths of a certificate and its key")
        certificate, key = _path("client_cert", pair[0]), str(_path("client_cert", pair[1]))
    else:
        certificate, key = _path("client_cert", client_cert), None
    try:
        context.load_cert_chain(str(certificate), key, password=_no_passphrase)
    except ConfigurationError:
        raise
    except (OSError, ValueError) as error:
        reason = _reason(error)
    else:
        return
    _refuse("client_cert", f"is not a certificate with its key in PEM format: {certificate}: {reason}")


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike):
        _refuse(name, f"must be a path, not {type(value).__name__}")
    if not str(value).isprintable() or not str(value):  # pyright: ignore[reportUnknownArgumentType]
        _refuse(name, "must be the path of a file, without control characters")
    return user_path(value, name)  # pyright: ignore[reportUnknownArgumentType]


def _no_passphrase() -> NoReturn:
    """Raise where OpenSSL would otherwise prompt for a passphrase on the terminal."""
    _refuse("client_cert", "has a key with a passphrase; load it into an ssl.SSLContext and pass that as verify=")


def _reason(error: OSError | ValueError) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason) if reason else type(error).__name__


def _refuse(name: str, problem: str) -> NoReturn:
    raise ConfigurationError(f"{name} {problem}", parameter=name)
