"""The choice of the proxy for a URL, by the configuration and the environment, without any I/O.

The variables are the ones that curl and Python's :mod:`urllib.request` read: ``http_proxy``, ``https_proxy``,
``all_proxy`` and ``no_proxy``, in lower or upper case.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field, frozen

from dragoman.http.endpoint import is_loopback
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.secret import Secret, reveal

_SYNTAX = "a proxy is written as http://host:port or http://user:password@host:port"
_PORTS = {"http": 80, "https": 443}
_UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104  # not bound: a connection to them reaches this machine
_PRINTABLE = r"[^\s\x00-\x1f\x7f]*"


@frozen(kw_only=True, eq=False)
class Proxy:
    """Hold an HTTP proxy.

    Args:
        url: the URL of the proxy, without user name and password.
        authorization: the value of ``Proxy-Authorization``, which is sent to the proxy only.
        named_by: the option or variable that sets the proxy.

    """

    url: str
    authorization: Secret | None = None
    named_by: str = "proxy"

    @property
    def host(self) -> str:
        """Return the host of the proxy in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers to send to the proxy."""
        return {} if self.authorization is None else {"proxy-authorization": self.authorization}


def read_proxy(address: str, named_by: str = "proxy") -> Proxy:
    """Return the proxy with the URL *address*.

    Args:
        address: the value of an option or variable.
        named_by: the option or variable.

    Raises:
        ConfigurationError: if *address* is not the URL of an HTTP proxy; the message does not show it.

    """
    try:
        return _proxy_from(_split_address(reveal(address).strip(), named_by), named_by)
    finally:
        del address  # for tracebacks that show local variables


def _proxy_from(parts: SplitResult, named_by: str) -> Proxy:
    host_and_port = parts.netloc.rpartition("@")[2]
    if "@" not in parts.netloc:
        return Proxy(url=f"{parts.scheme}://{host_and_port}", named_by=named_by)
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
    authorization = Secret(f"Basic {base64.b64encode(pair).decode()}", name="the proxy authorization")
    return Proxy(url=f"{parts.scheme}://{host_and_port}", authorization=authorization, named_by=named_by)


def _split_address(address: str, named_by: str) -> SplitResult:
    parts = None
    try:
        parts = urlsplit(address)
        problem = _problem(address, parts)
    except ValueError:  # the message of urlsplit may show a password
        problem = "has an invalid host or port"
    if parts is not None and not problem:
        return parts
    address, parts = "", None  # for tracebacks that show local variables
    message = f"{named_by} {problem}; {_SYNTAX}, with special characters in user and password percent-encoded"
    raise ConfigurationError(message, parameter=named_by)


def _problem(address: str, parts: SplitResult) -> str:
    if "://" not in address:
        return "is an address without http:// at the beginning; the value is not shown"
    if parts.scheme.startswith("socks"):
        return (
            f"is the address of a SOCKS proxy ({parts.scheme}://), and SOCKS is not supported: use an HTTP proxy, "
            "put one in front of it, or pass proxy=False to use no proxy"
        )
    if parts.scheme not in _PORTS:
        return "has a scheme that is neither http:// nor https://"
    if not parts.hostname or parts.port == 0:
        return "is an address without a host or with an invalid port"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "has a path, query or fragment"
    host = parts.netloc.rpartition("@")[2]
    if not re.fullmatch(_PRINTABLE, address) or not host.isascii() or "\\" in host or ".." in host or host[0] == ".":
        return "contains a space or another character that is not allowed in a URL"
    if ":" in unquote(parts.username or ""):
        return "contains a user name with a colon, which basic authentication does not allow"
    return ""


@frozen(kw_only=True, eq=False)
class Proxies:
    """Choose the proxy for each URL.

    A URL of this machine is never reached through a proxy of the environment, and through a configured one only if that
    proxy is on this machine too: a key for a local server must not leave the machine.

    Args:
        configured: the proxy of the configuration; ``False`` for no proxy, ``None`` for the environment's.
        environ: the environment; empty if it is not trusted.

    """

    configured: Proxy | Literal[False] | None = None
    environ: Mapping[str, str] = field(factory=dict[str, str], repr=False)

    def of(self, url: str) -> Proxy | None:
        """Return the proxy for *url*.

        Raises:
            ConfigurationError: if the proxy of the environment is not the URL of an HTTP proxy.

        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return None  # opening the connection raises the error
        if self.configured is False:
            return None
        if self.configured is not None:
            return None if is_local(host) and not is_local(self.configured.host) else self.configured
        return None if is_local(host) or self._is_excluded(host, port) else self._from_environment(parts.scheme)

    def _from_environment(self, scheme: str) -> Proxy | None:
        for stem in (f"{scheme}_proxy", "all_proxy"):
            name = _variable(self.environ, stem)
            if name is not None:
                # No local variable holds the value, since a traceback may show local variables.
                return read_proxy(self.environ[name], name) if self.environ[name].strip() else None
        return None

    def _is_excluded(self, host: str, port: int) -> bool:
        name = _variable(self.environ, "no_proxy")
        entries = re.split(r"[\s,]+", self.environ[name].lower()) if name else ()
        return any(_matches(host.rstrip("."), port, entry) for entry in entries if entry)


def is_local(host: str) -> bool:
    """Return whether a connection to *host* reaches this machine."""
    name = host.rstrip(".")
    return is_loopback(name) or name in _UNSPECIFIED


def _variable(environ: Mapping[str, str], stem: str) -> str | None:
    """Return the name under which *stem* is set: in lower case, or else in any case with a value that is not empty.

    An empty lower-case variable means no proxy. ``HTTP_PROXY`` is ignored in a CGI program, where the web server sets
    it to the header ``Proxy`` of a request.
    """
    if stem in environ:
        return stem
    if stem == "http_proxy" and "REQUEST_METHOD" in environ:
        return None
    return next((name for name in environ if name.lower() == stem and environ[name].strip()), None)


def _matches(host: str, port: int, entry: str) -> bool:
    """Return whether an entry of ``no_proxy`` includes *host*: a domain, an address, a network, or ``*``."""
    entry = entry.rpartition("://")[2]
    address = _address(host)
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    name, colon, named_port = entry.rpartition(":")
    if colon and named_port.isdecimal() and (":" not in name or name.endswith("]")):
        if int(named_port) != port:
            return False
        entry = name
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    entry = entry.removeprefix("*.").lstrip(".").rstrip(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}") or fnmatchcase(host, entry))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    bare, slash, length = entry.partition("/")
    try:
        return ipaddress.ip_network(bare.strip("[]") + slash + length, strict=False)
    except ValueError:
        return None
