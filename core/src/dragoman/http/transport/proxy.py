"""Which proxy a request goes through: rules over an address and an environment, without any I/O.

The variables are those that curl and Python's own :mod:`urllib.request` read: ``http_proxy``, ``https_proxy``,
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

_FORM = "a proxy is written as http://host:port or http://user:password@host:port"
_PORTS = {"http": 80, "https": 443}
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104  # nothing is bound: what connects to them reaches this machine
_PRINTABLE = re.compile(r"[^\s\x00-\x1f\x7f]*")


@frozen(kw_only=True, eq=False)
class Proxy:
    """Hold an HTTP proxy.

    Args:
        url: its address, without user and password.
        authorization: what it is told about who asks; it goes to the proxy alone.
        named_by: the option or variable that names it.

    """

    url: str
    authorization: Secret | None = None
    named_by: str = "proxy"

    @property
    def host(self) -> str:
        """Return its host in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers that it wants."""
        return {} if self.authorization is None else {"proxy-authorization": self.authorization}


def read_proxy(address: str, named_by: str = "proxy") -> Proxy:
    """Return the proxy that *address* names.

    Args:
        address: what an option or variable holds.
        named_by: the option or variable.

    Raises:
        ConfigurationError: if it is no address of an HTTP proxy; what it holds is not shown.

    """
    try:
        return _read(_checked(reveal(address).strip(), named_by), named_by)
    finally:
        del address  # a traceback that shows locals shows those of this frame


def _read(parts: SplitResult, named_by: str) -> Proxy:
    where = parts.netloc.rpartition("@")[2]
    if "@" not in parts.netloc:
        return Proxy(url=f"{parts.scheme}://{where}", named_by=named_by)
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
    authorization = Secret(f"Basic {base64.b64encode(pair).decode()}", name="what authorizes at the proxy")
    return Proxy(url=f"{parts.scheme}://{where}", authorization=authorization, named_by=named_by)


def _checked(address: str, named_by: str) -> SplitResult:
    parts = None
    try:
        parts = urlsplit(address)
        problem = _problem(address, parts)
    except ValueError:  # its text may show a password
        problem = "has a host or port that is none"
    if parts is not None and not problem:
        return parts
    address, parts = "", None  # as in read_proxy
    message = f"{named_by} {problem}; {_FORM}, with what is special in user and password percent-encoded"
    raise ConfigurationError(message, parameter=named_by)


def _problem(address: str, parts: SplitResult) -> str:
    if "://" not in address:
        return "names a proxy without http:// before it; what it holds is not shown"
    if parts.scheme.startswith("socks"):
        return (
            f"names a SOCKS proxy ({parts.scheme}://), and SOCKS is not supported: name an HTTP proxy, put one in "
            "front of it, or give proxy=False to go without"
        )
    if parts.scheme not in _PORTS:
        return "names a proxy that is spoken to neither as http:// nor as https://"
    if not parts.hostname or parts.port == 0:
        return "names a proxy without a host or with a port that is none"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "names more than a host and a port"
    host = parts.netloc.rpartition("@")[2]
    if not _PRINTABLE.fullmatch(address) or not host.isascii() or "\\" in host or ".." in host or host[0] == ".":
        return "holds a space or another character that no address may hold"
    if ":" in unquote(parts.username or ""):
        return "holds a user name with a colon, which no proxy can be told"
    return ""


@frozen(kw_only=True, eq=False)
class Proxies:
    """Choose the proxy of each address.

    An address of this machine goes through no proxy that the environment names, and through a given one only if that
    is on this machine too: a key for a server here must not leave it.

    Args:
        given: the one that the configuration names; ``False`` for none, ``None`` for what the environment says.
        environ: the environment, empty if it is not to be asked.

    """

    given: Proxy | Literal[False] | None = None
    environ: Mapping[str, str] = field(factory=dict[str, str], repr=False)

    def of(self, url: str) -> Proxy | None:
        """Return the proxy for *url*.

        Raises:
            ConfigurationError: if the environment names one that is none.

        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return None  # whoever connects says what is wrong with it
        if self.given is False:
            return None
        if self.given is not None:
            return None if is_here(host) and not is_here(self.given.host) else self.given
        return None if is_here(host) or self._spares(host, port) else self._named(parts.scheme)

    def _named(self, scheme: str) -> Proxy | None:
        for stem in (f"{scheme}_proxy", "all_proxy"):
            name = _variable(self.environ, stem)
            if name is not None:
                # No variable holds a value here: a traceback that shows locals would show it.
                return read_proxy(self.environ[name], name) if self.environ[name].strip() else None
        return None

    def _spares(self, host: str, port: int) -> bool:
        name = _variable(self.environ, "no_proxy")
        listed = re.split(r"[\s,]+", self.environ[name].lower()) if name else ()
        return any(_matches(host.rstrip("."), port, entry) for entry in listed if entry)


def is_here(host: str) -> bool:
    """Tell whether whoever connects to *host* reaches this machine."""
    name = host.rstrip(".")
    return is_loopback(name) or name in _ANY


def _variable(environ: Mapping[str, str], stem: str) -> str | None:
    """Return the spelling that is set, the lower-case one first: there, an empty value says that there is no proxy.

    A web server hands the header ``Proxy`` of a request to its CGI programs as ``HTTP_PROXY``: there, it is not asked.
    """
    if stem in environ:
        return stem
    if stem == "http_proxy" and "REQUEST_METHOD" in environ:
        return None
    return next((name for name in environ if name.lower() == stem and environ[name].strip()), None)


def _matches(host: str, port: int, entry: str) -> bool:
    """Tell whether an entry of ``no_proxy`` means *host*: a name with all below it, an address, a network, ``*``."""
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
