"""A provider that signs each request over all of it, and the server's side of the signature."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from core.http.calls import provider
from dragoman.http import HttpRequest
from dragoman.spec.secret import Secret
from dragoman.testing.reply import Received
from dragoman_openai_compatible import OpenAIProvider

SECRET = Secret("wJalr/MARKER+never=shown")
DATE = "20261129T043008Z"
_ADDED = {"host", "content-length", "accept-encoding"}
"""What the transport adds to the headers."""
_SIGNATURE = {"authorization", "x-date", "x-content-hash"}


def signature(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the signature over all that identifies a request."""
    names = sorted(name for name in headers if name not in _ADDED | _SIGNATURE)
    text = "\n".join([method, path, *(f"{name}:{headers[name]}" for name in names), DATE, content_hash(body)])
    return hmac.new(SECRET.reveal().encode(), text.encode(), "sha256").hexdigest()


def content_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def sign(request: HttpRequest) -> Mapping[str, str]:
    parts = urlsplit(request.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    signed = ";".join(request.headers)
    value = signature(request.method, path, request.headers, request.body or b"")
    authorization = f"HMAC Signed={signed}, Signature={value}"
    return {"Authorization": authorization, "X-Date": DATE, "X-Content-Hash": content_hash(request.body or b"")}


def is_signed(got: Received) -> bool:
    """Tell whether the signature covers the request as it arrived."""
    expected = signature(got.method, got.path, got.headers, got.body)
    return got.headers["authorization"].endswith(f"Signature={expected}") and got.headers["x-date"] == DATE


def signing(
    url: str, authorize: Callable[[HttpRequest], Awaitable[Mapping[str, str]]] = sign, **fields: Any
) -> OpenAIProvider:
    """Return a provider without a key that signs its requests to *url*."""
    near = provider(url, **fields)
    endpoint = attrs.evolve(near.endpoint, headers={}, authorize=authorize)
    return OpenAIProvider(near.info, near.dialect, endpoint, transport=near.transport)
