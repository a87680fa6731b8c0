"""Where requests go, and which key may go there.

A key from the environment or a key store is used only for the hosts that its provider claims, or for a base URL that
came from the provider's own environment variable. For any other host, the key must be given.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.errors import ConfigurationError, InvalidRequestError, MissingCredentialError
from dragoman.spec.hosts import host_matches
from dragoman.spec.provider import ProviderConfig
from dragoman.spec.secret import Secret, is_credential

Source: TypeAlias = Literal["given", "environment", "default"]
Authorize: TypeAlias = Callable[[], Awaitable[Mapping[str, str]]]
"""Get fresh headers that authorize one attempt, where no lasting key does."""

_VERSION = re.compile(r"^v\d+[a-z0-9]*$")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HOST = r"(?a)(?:\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w-]+)?\]|[\w-]+(?:\.[\w-]+)*\.?)(?::\d*)?"
"""An address of IPv6 in brackets, whose zone has no dot, or a name or address of labels; then, perhaps, a port."""
_SECRET_WORDS = ("authorization", "key", "token", "secret", "cookie", "password", "credential")
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@value(kw_only=True)
class Base:
    """Hold a base URL and who named it.

    Args:
        url: without a slash at its end.
        source: ``given``, ``environment`` or ``default``.

    """

    url: str
    source: Source

    @property
    def host(self) -> str:
        """Return the host in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> str:
        """Return scheme and host."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@value(kw_only=True)
class Endpoint:
    """Hold where requests go and what goes with each.

    Args:
        base: the base URL.
        headers: headers of every request, credentials as secrets.
        authorize: gets further headers for each attempt.

    """

    base: Base
    headers: Mapping[str, str] = field(factory=dict[str, str])
    authorize: Authorize | None = None


def base_url(config: ProviderConfig, *, default: str | None, env: Iterable[str] = (), version: str = "/v1") -> Base:
    """Return the base URL: the caller's, else the environment's, else the provider's own.

    Args:
        config: what the caller gave.
        default: the provider's own base URL, with its version segment; ``None`` if it has none.
        env: the provider's own environment variables for it.
        version: the version segment, which the caller may leave out.

    Raises:
        ConfigurationError: if there is none, or it is no base URL.

    """
    from_env = config.env(env)
    source: Source = "given" if config.api_base else "environment" if from_env else "default"
    text = config.api_base or from_env or default
    if not text:
        names = f" or set {' or '.join(env)}" if env else ""
        message = f"the provider {config.name!r} needs a base URL; give api_base='https://...'{names}"
        raise ConfigurationError(message, provider=config.name)
    parts = _checked(text.strip())
    path = _with_version(parts, default, version)
    return Base(url=f"{parts.scheme}://{parts.netloc}{path}", source=source)


def _checked(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # reads it, so that a wrong one is found now
    except ValueError:  # its text may show a password
        message = "api_base is no base URL. Ports are numbers up to 65535, IPv6 addresses stand in brackets"
        raise ConfigurationError(message, parameter="api_base") from None
    problem = _problem(text, parts)
    if problem:
        message = f"api_base {problem}; a base URL looks like https://host/v1"
        raise ConfigurationError(message, parameter="api_base")
    return parts


def _problem(text: str, parts: SplitResult) -> str:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"is no http(s) address: {text!r}" if "@" not in text else "is no http(s) address"
    if "@" in parts.netloc:
        return "holds a user name or password, which is refused; give the key as api_key="
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        return "holds a query or fragment, which is refused"
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return "holds a character that no address may hold"
    if not re.fullmatch(_HOST, parts.netloc):  # where programs would differ about the host
        return "names no host: a name or an address, an IPv6 address in brackets"
    return "climbs with '..', which is refused" if ".." in unquote(parts.path).split("/") else ""


def _with_version(parts: SplitResult, default: str | None, version: str) -> str:
    """Return the path with the version segment exactly once."""
    path = re.sub(r"/+$", "", parts.path)
    for operation in ("/chat/completions", "/completions", "/responses", "/messages", "/embeddings", "/models"):
        path = path.removesuffix(operation)
    if _VERSION.match(path.rpartition("/")[2]):
        return path
    own = urlsplit(default).path if default else version
    at_home = default is not None and urlsplit(default).hostname == parts.hostname
    if not path:
        return own if at_home else version
    return path + version if own == path + version else path


def credential(config: ProviderConfig, base: Base, *, env: Iterable[str] = (), required: bool = True) -> Secret | None:
    """Return the key that may go to *base*.

    Args:
        config: what the caller gave.
        base: where the key would go.
        env: the provider's own environment variables for it.
        required: whether to refuse to go without one.

    Raises:
        MissingCredentialError: if a key is required and none may be used.
        ConfigurationError: if a key, or a header that the caller gave for one, would travel in the clear.

    """
    key = config.api_key or _ambient(config, base, env)
    if key is None and required:
        raise _missing(config, base, tuple(env))
    if key is not None or any(_is_telling(str(name)) for name in config.headers):
        refuse_insecure(config, base)
    return key


def is_home(config: ProviderConfig, base: Base) -> bool:
    """Tell whether an ambient key may go to *base*."""
    return base.source != "given" or any(host_matches(base.host, claim) for claim in config.hosts)


def _ambient(config: ProviderConfig, base: Base, env: Iterable[str]) -> Secret | None:
    if not is_home(config, base):
        return None
    stored = config.secrets(config.name, "api_key")
    if stored:
        return Secret(stored, name=f"the key that the key store holds for {config.name}")
    # No variable holds a value here: a traceback that shows locals would show it.
    own = config.readable(env)
    return next((Secret(config.environ[name], name=name) for name in own if config.environ.get(name)), None)


def _missing(config: ProviderConfig, base: Base, env: tuple[str, ...]) -> MissingCredentialError:
    env, others = config.readable(env), tuple(name for name in env if name not in config.readable(env))
    names = " or ".join(env) or "the environment"
    if is_home(config, base):
        message = f"no key for {config.name}; give api_key=..." + (f" or set {names}" if env or not others else "")
        if others:
            message += f"; {' and '.join(others)} is not read: it belongs to another distribution"
    else:
        message = (
            f"{base.host} is no host of {config.name}, so a key from {names} is not sent there; "
            "give the key for it as api_key=..."
        )
    return MissingCredentialError(message, provider=config.name, model=config.model)


def refuse_insecure(config: ProviderConfig, base: Base) -> None:
    """Refuse to send a key in the clear, loopback apart.

    Raises:
        ConfigurationError: unless ``allow_insecure=True`` was given.

    """
    if base.url.startswith("http://") and not config.allow_insecure and not is_loopback(base.host):
        message = f"the key would travel to {base.host} in the clear; use https://, or give allow_insecure=True"
        raise ConfigurationError(message, provider=config.name, parameter="api_base")


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def checked_headers(headers: Mapping[str, str], *, per_call: bool = False) -> dict[str, str]:
    """Return *headers* with names in lower case, those that look like credentials as secrets.

    Args:
        headers: what the caller gave.
        per_call: whether they belong to one call, which may not change who is asked or who asks.

    Raises:
        InvalidRequestError: for a name or value that HTTP cannot carry, or one that is not the caller's to set.

    """
    checked: dict[str, str] = {}
    given: Mapping[str, Any] = headers  # callers without a type checker
    try:
        for name in given:
            lower = str(name).lower()
            telling = _is_telling(lower)
            if (
                not hasattr(name, "encode")
                or not _TOKEN.fullmatch(lower)
                or lower in _RESERVED
                or (per_call and telling)
            ):
                message = f"the header {name!r} cannot be set here"
                raise InvalidRequestError(message, parameter="headers")
            if not _is_value(given[name]):
                message = f"the value of the header {name!r} is no printable ASCII text; it is not shown"
                raise InvalidRequestError(message, parameter="headers")
            checked[lower] = Secret(given[name], name=f"the header {name!r}") if telling else given[name]
    finally:
        del headers, given  # a traceback that shows locals shows those of this frame
    return checked


def as_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that authorize one attempt, each value as a secret, whatever its name.

    Raises:
        ConfigurationError: for a value that HTTP cannot carry.

    """
    try:
        return {name.lower(): Secret(headers[name], name=f"what authorizes as {name!r}") for name in headers}
    finally:
        del headers  # a traceback that shows locals shows those of this frame


def _is_telling(name: str) -> bool:
    """Tell whether a header says who asks; an idempotency key only says which request it is."""
    lower = name.lower()
    return lower != "idempotency-key" and (is_credential(lower) or any(word in lower for word in _SECRET_WORDS))


def _is_value(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value.isascii()
