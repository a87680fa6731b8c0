"""Signature Version 4 of AWS, as a pure function, for all services but S3, which encodes paths in another way.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import SplitResult, quote, urlsplit

from attrs import frozen

from dragoman import Secret
from dragoman.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
REQUEST_ID_HEADERS = ("x-amzn-requestid",)
"""The headers of a reply that name its request."""
SIGNED_HEADERS = ("authorization", "x-amz-date", "x-amz-security-token")
"""The headers that a signature adds."""

_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@frozen(kw_only=True)
class Credentials:
    """Hold what signs a request.

    Args:
        access_key: the id of the access key.
        secret_key: its secret.
        session_token: the token of temporary credentials.

    """

    access_key: Secret
    secret_key: Secret
    session_token: Secret | None = None


def signature_headers(
    request: HttpRequest, credentials: Credentials, *, region: str, service: str, moment: datetime
) -> dict[str, str]:
    """Return the headers that sign *request*, whose URL is complete and percent-encoded once.

    The media type, the host, the moment, the session token and all other headers of AWS are signed.

    Args:
        request: the request as it is sent.
        credentials: the access key.
        region: the region that is called.
        service: the name under which the service takes signatures, such as ``sagemaker``, whatever its host is.
        moment: the time, in any zone.

    """
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    token = credentials.session_token
    added = {"x-amz-date": stamp, **({} if token is None else {"x-amz-security-token": token.reveal()})}
    parts = urlsplit(request.url)
    signed = {"host": _host(parts), **_of_aws(request.headers), **added}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
    digest = sha256(request.body or b"").hexdigest()
    canonical = f"{request.method}\n{_path(parts)}\n{_query(parts)}\n{lines}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(_key(credentials.secret_key, scope), text).hex()
    proof = f"{ALGORITHM} Credential={credentials.access_key.reveal()}/{scope}, SignedHeaders={names}"
    return {"authorization": f"{proof}, Signature={signature}", **added}


def _of_aws(headers: Mapping[str, str]) -> dict[str, str]:
    chosen = {name: headers[name] for name in headers if name == "content-type" or name.startswith("x-amz-")}
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in chosen.items()}


def _host(parts: SplitResult) -> str:
    """Return the host as the transport sends it: with its port only if that is not the one of the scheme."""
    host = parts.netloc.lower()
    return host.removesuffix(f":{parts.port}") if parts.port == _PORTS.get(parts.scheme) else host


def _path(parts: SplitResult) -> str:
    """Return the path for the signature, in which what the URL encodes once is encoded twice."""
    return quote(parts.path or "/", safe="/~")


def _query(parts: SplitResult) -> str:
    pairs = [each.partition("=") for each in parts.query.split("&") if each]
    return "&".join(f"{name}={value}" for name, _, value in sorted(pairs))


def _key(secret: Secret, scope: str) -> bytes:
    key = b"AWS4" + secret.reveal().encode()
    for word in scope.split("/"):
        key = _hmac(key, word)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), sha256).digest()
