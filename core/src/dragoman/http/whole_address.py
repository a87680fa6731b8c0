"""Requests to a whole address instead of a path below the base URL: only to the hosts of the provider."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dragoman.http.endpoint import Endpoint, is_host
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.hosts import host_matches


def checked_address(url: str, endpoint: Endpoint, provider: str) -> str:
    """Return *url* if a request of *provider* with its credentials may be sent there.

    That is a URL at the origin of the base URL; or an ``https`` URL at a host of the endpoint, if the base URL is at
    one too. Otherwise a key that was given for a gateway would leave for the vendor.

    Raises:
        ConfigurationError: if it may not.

    """
    problem = _problem(url, endpoint)
    if problem:
        message = f"a request of {provider} is not sent: {problem}"
        raise ConfigurationError(message, provider=provider)
    return url


def _problem(url: str, endpoint: Endpoint) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if the port is not valid
    except ValueError:
        return "its address is not a valid URL"
    if parts.scheme not in {"http", "https"}:
        return f"its path must begin with '/', or be a whole https:// address, not {url[:80]!r}"
    if not is_host(parts.netloc) or not url.isascii() or not url.isprintable() or re.search(r"[ \\#]", url):
        return "its address has characters or parts that are not allowed"
    if f"{parts.scheme}://{parts.netloc}" == endpoint.base.origin:
        return ""
    host = parts.hostname or ""
    for each in (host, endpoint.base.host):
        if not any(host_matches(each, claim) for claim in endpoint.hosts):
            return f"its address is at {host}, but {each} is not among the hosts of its endpoint"
    return "" if parts.scheme == "https" else f"its address would show its key to the network; use https://{host}"
