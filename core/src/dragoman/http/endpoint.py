"""The base URL of a provider, and the key that may be sent there.

A key from the environment, a key store or the user's file of keys is used only for the hosts that its provider claims,
or for a base URL from the provider's own environment variable. For any other host, the key must be passed explicitly.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field

from dragoman.http.header_values import header_text
from dragoman.spec._value import value
from dragoman.spec.errors import ConfigurationError, InvalidRequestError, MissingCredentialError
from dragoman.spec.hosts import host_matches
from dragoman.spec.provider import ProviderConfig
from dragoman.spec.secret import Secret, is_credential

if TYPE_CHECKING:
    from dragoman.http.wire import HttpRequest

Source: TypeAlias = Literal["given", "environment", "default"]
Authorize: TypeAlias = "Callable[[HttpRequest], Awaitable[Mapping[str, str]]]"
"""An async function that returns the headers that authorize one request, such as a new token or a signature.

It sees the request exactly as it is sent: the method, the full URL, all headers but those that it returns, and the
body. The transport adds only ``host``, ``content-length`` and ``accept-encoding``. It is called once for each attempt.
"""

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_IN_BRACKETS = r"(?a)\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w-]+)?\](?::\d*)?"
"""An IPv6 address, with a zone without dots, and an optional port."""
_SECRET_WORDS = ("authorization", "key", "token", "secret", "cookie", "password", "credential")
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@value(kw_only=True)
class Base:
    """Hold a base URL and its source.

    Args:
        url: the base URL, without a slash at the end.
        source: ``given`` by the caller, from the ``environment``, or the ``default`` of the provider.
        likely: another base URL, which may be the one that was meant if the server does not know the paths below *url*.

    """

    url: str
    source: Source
    likely: str | None = field(default=None, repr=False, eq=False)

    @property
    def host(self) -> str:
        """Return the host in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> str:
        """Return the scheme, the host and the port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def _check_authorize(_: object, __: object, authorize: Any) -> None:
    """Refuse anything that cannot be called with one request."""
    if authorize is None:
        return
    from inspect import signature  # noqa: PLC0415  # only needed without a permanent key

    try:
        signature(authorize).bind(None)
    except ValueError:
        return  # a callable without a signature
    except TypeError as error:
        message = f"authorize must be an async function of one argument, the request to authorize ({error})"
        raise ConfigurationError(message, parameter="authorize") from None


_MAX_REQUEST_ID = 200
"""How many characters of an id of a request are kept."""
REQUEST_ID_HEADERS = ("x-request-id", "request-id")
"""The reply headers in which most providers tell the id of the request."""


@value(kw_only=True)
class Endpoint:
    """Hold the base URL of a provider and the headers of its requests.

    Args:
        base: the base URL.
        headers: the headers of every request, with credentials as secrets.
        authorize: an async function that takes each request and returns further headers for it, all of them secret.
        authorized_headers: the names of the headers that *authorize* returns, which ``build_request`` shows masked.
        hosts: the hosts that a request may be sent to by its whole address: those of ``config.hosts``. The base URL
            must be at one of them too, since a key that was given for another host is not sent to these.
        request_id_headers: the reply headers that may hold the id of the request, in lower case. The first one that a
            reply has is used, and all are kept with the answer.

    Raises:
        ConfigurationError: if *authorize* cannot be called with one argument.

    """

    base: Base
    headers: Mapping[str, str] = field(factory=dict[str, str])
    authorize: Authorize | None = field(default=None, validator=_check_authorize)
    authorized_headers: tuple[str, ...] = ("authorization",)
    hosts: tuple[str, ...] = ()
    request_id_headers: tuple[str, ...] = REQUEST_ID_HEADERS

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """Return the id of a request by the headers of its reply, ``None`` if they tell none."""
        for name in self.request_id_headers:
            if found := headers.get(name):
                return header_text(found, _MAX_REQUEST_ID)
        return None


def base_url(config: ProviderConfig, *, default: str | None, env: Iterable[str] = (), version: str = "/v1") -> Base:
    """Return the base URL: that of the caller, or else of the environment, or else of the provider.

    Args:
        config: the configuration of the caller.
        default: the provider's own base URL, with its version segment; ``None`` if it has none.
        env: the provider's own environment variables for the base URL.
        version: the version segment, which the caller may omit.

    Raises:
        ConfigurationError: if there is no base URL, or if it is not valid.

    """
    from_env = config.env(env)
    source: Source = "given" if config.api_base else "environment" if from_env else "default"
    text = config.api_base or from_env or default
    if not text:
        names = f" or set {' or '.join(env)}" if env else ""
        message = f"the provider {config.name!r} needs a base URL; pass api_base='https://...'{names}"
        raise ConfigurationError(message, provider=config.name, parameter="api_base")
    parts = _split_base_url(text.strip(), config, env)
    path = _with_version(parts, default, version)
    url = f"{parts.scheme}://{parts.netloc}{path}"
    return Base(url=url, source=source, likely=_likely(url, parts, default, version))


def _likely(url: str, parts: SplitResult, default: str | None, version: str) -> str | None:
    """Return the base URL that may be meant by *url*: the provider's own, or one that ends in one version segment."""
    if default is not None and urlsplit(default).hostname == parts.hostname:
        return default if default != url else None
    if not version:
        return None
    before, _, last = url.rpartition("/")
    while _is_version(before.rpartition("/")[2]) and _is_version(last):
        before = before.rpartition("/")[0]
    found = f"{before if _is_version(last) else url}{version}"
    return found if found != url else None


def _split_base_url(text: str, config: ProviderConfig, env: Iterable[str]) -> SplitResult:
    problem = address_problem(text)
    if problem:
        variables = () if config.api_base else (name for name in config.readable(env) if config.environ.get(name))
        message = f"{next(iter(variables), 'api_base')} {problem}; a base URL looks like https://host/v1"
        raise ConfigurationError(message, parameter="api_base")
    return urlsplit(text)


def address_problem(text: str) -> str:
    """Return why a text cannot be a base URL, to follow its name in a sentence; an empty string if it can."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises if the port is not valid
    except ValueError:  # the message of urlsplit may show a password
        return "is not a valid URL. Ports are numbers up to 65535; IPv6 addresses need brackets"
    return _problem(text, parts)


def _problem(text: str, parts: SplitResult) -> str:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"is not an http(s) URL: {text!r}" if "@" not in text else "is not an http(s) URL"
    if "@" in parts.netloc:
        return "contains a user name or password, which is not allowed; pass the key as api_key="
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        return "contains a query or fragment, which is not allowed"
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return "contains a character that is not allowed in a URL"
    if not is_host(parts.netloc):
        return "has an invalid host; use a name, an IPv4 address, or an IPv6 address in brackets"
    return "contains '..' in its path, which is not allowed" if ".." in unquote(parts.path).split("/") else ""


def is_host(text: str) -> bool:
    """Tell whether *text* is a host with an optional port, as all programs read it.

    The host is an IPv6 address in brackets, or a name or address of labels. For these, string methods are quicker than
    a regular expression, which would have to be compiled.
    """
    if text.startswith("["):
        return re.fullmatch(_IN_BRACKETS, text) is not None
    host, _, port = text.partition(":")
    labels = host.removesuffix(".").split(".")
    return text.isascii() and (not port or port.isdigit()) and all(map(_is_label, labels))


def _is_label(text: str) -> bool:
    return text.replace("-", "0").replace("_", "0").isalnum()


def _is_version(segment: str) -> bool:
    """Tell whether a segment of a path is a version: ``v1``, ``v2beta``."""
    return segment[:1] == "v" and segment[1:2].isdigit() and segment.isalnum() and segment == segment.lower()


def _with_version(parts: SplitResult, default: str | None, version: str) -> str:
    """Return the path with exactly one version segment, and without the name of an operation."""
    path = parts.path.rstrip("/")
    for operation in ("/chat/completions", "/completions", "/responses", "/messages", "/embeddings", "/models"):
        path = path.removesuffix(operation)
    if _is_version(path.rpartition("/")[2]):
        return path
    own = urlsplit(default).path.rstrip("/") if default else version
    at_home = default is not None and urlsplit(default).hostname == parts.hostname
    if not path:
        return own if at_home else version
    return path + version if own == path + version else path


def credential(config: ProviderConfig, base: Base, *, env: Iterable[str] = (), required: bool = True) -> Secret | None:
    """Return the key that may be sent to *base*, ``None`` if there is none.

    Args:
        config: the configuration of the caller.
        base: the base URL that the key would be sent to.
        env: the provider's own environment variables for the key; the user's file of keys is read after them.
        required: whether a key is required.

    Raises:
        MissingCredentialError: if a key is required and none may be used.
        ConfigurationError: if a key, or a header that serves as one, would be sent in the clear.

    """
    key = config.api_key or _ambient_key(config, base, env)
    if key is None and required:
        raise _missing_key(config, base, tuple(env))
    if key is not None or any(is_sensitive(str(name)) for name in config.headers):
        refuse_insecure(config, base)
    return key


def is_home(config: ProviderConfig, base: Base) -> bool:
    """Return whether a key from the environment or a key store may be sent to *base*."""
    return base.source != "given" or any(host_matches(base.host, claim) for claim in config.hosts)


def _ambient_key(config: ProviderConfig, base: Base, env: Iterable[str]) -> Secret | None:
    if not is_home(config, base):
        return None
    stored = config.secrets(config.name, "api_key")
    if stored:
        return Secret(stored, name=f"the key in the key store for {config.name}")
    # No local variable holds a value of the environment, since a traceback may show local variables.
    readable = config.readable(env)
    found = next((Secret(config.environ[name], name=name) for name in readable if config.environ.get(name)), None)
    if found is not None:
        return found
    from dragoman.spec.key_file import stored_key  # noqa: PLC0415  # only without a key in the environment

    return stored_key(config.environ, config.name)


def _missing_key(config: ProviderConfig, base: Base, env: tuple[str, ...]) -> MissingCredentialError:
    env, others = config.readable(env), tuple(name for name in env if name not in config.readable(env))
    names = " or ".join(env) or "the environment"
    if is_home(config, base):
        message = f"no key for {config.name}; pass api_key=..." + (f" or set {names}" if env or not others else "")
        if others:
            message += f"; {' and '.join(others)} is not read: it belongs to another distribution"
    else:
        message = (
            f"{base.host} is not a host of {config.name}, so a key from {names} is not sent there; "
            "pass the key for it as api_key=..."
        )
    return MissingCredentialError(message, provider=config.name, model=config.model, parameter="api_key")


def refuse_insecure(config: ProviderConfig, base: Base) -> None:
    """Refuse to send a key in the clear, except to this machine.

    Raises:
        ConfigurationError: if *base* is an ``http://`` URL and ``allow_insecure=True`` was not passed.

    """
    if base.url.startswith("http://") and not config.allow_insecure and not is_loopback(base.host):
        message = f"the key would be sent to {base.host} in the clear; use https://, or pass allow_insecure=True"
        raise ConfigurationError(message, provider=config.name, parameter="api_base")


def is_loopback(host: str) -> bool:
    """Return whether *host* is a loopback address or name."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def checked_headers(headers: Mapping[str, str], *, per_call: bool = False) -> dict[str, str]:
    """Return *headers* with names in lower case, and with possible credentials as secrets.

    Args:
        headers: the headers of the caller.
        per_call: whether the headers belong to one call, for which credentials are not accepted.

    Raises:
        InvalidRequestError: for a name or value that is not valid in HTTP, or a header that the caller may not set.

    """
    checked: dict[str, str] = {}
    untyped: Mapping[str, Any] = headers  # callers may not use a type checker
    try:
        for name in untyped:
            lower = str(name).lower()
            sensitive = is_sensitive(lower)
            if (
                not hasattr(name, "encode")
                or not re.fullmatch(_NAME, lower)
                or lower in _RESERVED
                or (per_call and sensitive)
            ):
                message = f"the header {name!r} cannot be set here"
                raise InvalidRequestError(message, parameter="headers")
            if not _is_value(untyped[name]):
                message = f"the value of the header {name!r} is not printable ASCII text; it is not shown"
                raise InvalidRequestError(message, parameter="headers")
            checked[lower] = Secret(untyped[name], name=f"the header {name!r}") if sensitive else untyped[name]
    finally:
        del headers, untyped  # for tracebacks that show local variables
    return checked


def as_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that authorize one attempt, with every value as a secret.

    Raises:
        ConfigurationError: for a name or value that is not valid in HTTP, or a header that the transport sets.

    """
    try:
        for name in headers:
            if not re.fullmatch(_NAME, name) or name.lower() in _RESERVED:
                message = f"authorize must not return the header {name!r}"
                raise ConfigurationError(message, parameter="authorize")
        return {name.lower(): Secret(headers[name], name=f"the authorization header {name!r}") for name in headers}
    finally:
        del headers  # for tracebacks that show local variables


def is_sensitive(name: str) -> bool:
    """Return whether a header may hold a credential; an idempotency key does not, despite its name."""
    lower = name.lower()
    return lower != "idempotency-key" and (is_credential(lower) or any(word in lower for word in _SECRET_WORDS))


def _is_value(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value.isascii()
