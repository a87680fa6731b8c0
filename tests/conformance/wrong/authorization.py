"""Providers that sign requests wrongly, or disclose what authorizes them; and one that checks no checksums."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zlib import crc32

import attrs
from attrs import frozen

from conformance.bedrock_server import CONVERSE
from conformance.sound import INFO, Plugin, SoundOptions, SoundProvider
from conformance.wrong.table import CORRECT, plugin
from dragoman import (
    CallContext,
    Provider,
    ProviderConfig,
    Response,
    Secret,
    hookimpl,
)
from dragoman.http import (
    BinaryMessages,
    Endpoint,
    HttpProvider,
    HttpReply,
    HttpRequest,
    base_url,
    checked_headers,
    option_field,
)
from dragoman_bedrock.provider import make_provider
from dragoman_openai_compatible import OpenAIChat

ONCE, COVERS = "test_each_try_is_authorized_once", "test_a_signature_covers_the_request"
ERROR = "test_what_authorizes_a_request_is_not_in_an_error"
MASKED = "test_what_authorizes_a_request_is_masked_where_it_is_shown"
SHOWN, AMBIENT = "test_a_key_is_masked_where_a_request_is_shown", "test_a_key_of_the_environment_goes_to_no_other_host"
SUITE: Mapping[str, Any] = {
    "credentials": {"signing_key": "the-secret-of-the-suite", "session_token": "the-token-of-the-suite"},
    "ambient": {"SOUND_SIGNING_KEY": "the-secret-of-the-environment", "SOUND_SESSION_TOKEN": "the-ambient-token"},
}


@frozen(kw_only=True)
class SignedOptions(SoundOptions):
    """Hold options.

    Args:
        signing_key: the key that signs requests.
        session_token: the token that is sent with a signature.

    """

    signing_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    session_token: Secret | None = option_field(in_body=False, per_call=False, secret=True)


class SignedChat(OpenAIChat[SignedOptions]):
    """Implement the chat dialect without changes."""

    def __init__(self) -> None:
        super().__init__(options=SignedOptions, provider="sound")


def covered(request: HttpRequest) -> bytes:
    """Return what a correct signature covers."""
    return b"\n".join([request.method.encode(), request.url.encode(), request.body or b""])


@attrs.define(eq=False, kw_only=True)
class Signed(Plugin):
    """Create a provider that signs each request."""

    info: Any = attrs.field(factory=lambda: attrs.evolve(INFO, options=SignedOptions))
    dialect: Any = SignedChat
    covered: Callable[[HttpRequest], bytes] = covered

    def endpoint(self, config: ProviderConfig) -> Endpoint:
        base = base_url(config, default="https://api.sound.example/v1")
        key, token = (self.secret(config, name) for name in ("signing_key", "session_token"))

        async def authorize(request: HttpRequest) -> Mapping[str, str]:
            signature = hmac.new(key.encode(), self.covered(request), "sha256").hexdigest()
            return {"authorization": f"Signature {signature}", "x-token": token}

        return self.made(
            Endpoint(
                base=base,
                headers=checked_headers(config.headers),
                authorize=authorize,
                authorized_headers=("authorization", "x-token"),
            ),
            token,
        )

    def secret(self, config: ProviderConfig, name: str) -> str:
        found = config.options.get(name, "none")
        return found.reveal() if isinstance(found, Secret) else str(found)

    def made(self, endpoint: Endpoint, _: str) -> Endpoint:
        return endpoint


CORRECT += [(check, Signed, SUITE) for check in (ONCE, COVERS, ERROR, MASKED, SHOWN, AMBIENT)]


@plugin("leaves the body out of a signature", COVERS, **SUITE)
def without_body() -> Plugin:
    return Signed(covered=lambda request: f"{request.method}\n{request.url}".encode())


@plugin("leaves the path out of a signature", COVERS, **SUITE)
def without_path() -> Plugin:
    return Signed(covered=lambda request: request.method.encode() + (request.body or b""))


@plugin("signs the first bytes of a body", COVERS, **SUITE)
def first_bytes() -> Plugin:
    return Signed(covered=lambda request: f"{request.method}\n{request.url}".encode() + (request.body or b"")[:40])


class AuthorizesTwice(SoundProvider):
    """Authorize each request before it is sent, and again when it is sent."""

    async def call(
        self, request: HttpRequest, context: CallContext, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        assert self.endpoint.authorize is not None
        await self.endpoint.authorize(request)
        return await super().call(request, context, headers)


class AuthorizesOnce(SoundProvider):
    """Use what authorized the first request for all."""

    kept: Mapping[str, str] | None = None

    async def chat(self, request: Any, context: CallContext) -> Response:
        self.remember()
        return await super().chat(request, context)

    def remember(self) -> None:
        inner = self.endpoint.authorize
        assert inner is not None

        async def authorize(request: HttpRequest) -> Mapping[str, str]:
            if self.kept is None:
                self.kept = await inner(request)
            return self.kept

        self.endpoint = attrs.evolve(self.endpoint, authorize=authorize)


class ChangesAfterwards(SoundProvider):
    """Change the body after it was signed."""

    async def _authorized(self, request: HttpRequest) -> HttpRequest:
        found = await super()._authorized(request)
        return attrs.evolve(found, body=(found.body or b"") + b" ")


class Tells(SoundProvider):
    """Put what authorized a request into errors."""

    async def chat(self, request: Any, context: CallContext) -> Response:
        from dragoman import DragomanError  # noqa: PLC0415  # for this provider alone

        try:
            return await super().chat(request, context)
        except DragomanError as error:
            error.message = f"{error.message}: {' '.join(self.authorized)}"
            raise


class ShowsAll(SoundProvider):
    """Show what authorized the latest request."""

    def prepare(self, request: Any, *, stream: bool = False) -> Any:
        shown = super().prepare(request, stream=stream)
        latest: Mapping[str, Any] = self._sent.latest
        return attrs.evolve(shown, headers={**shown.headers, **{name: each.reveal() for name, each in latest.items()}})


for _what, _check, _provider in (
    ("authorizes requests twice", ONCE, AuthorizesTwice),
    ("authorizes only the first request", ONCE, AuthorizesOnce),
    ("changes a body after it was signed", ONCE, ChangesAfterwards),
    ("tells signatures in errors", ERROR, Tells),
    ("shows signatures", MASKED, ShowsAll),
):
    plugin(_what, _check, **SUITE)(lambda provider=_provider: Signed(provider=provider))  # type: ignore[misc]


@attrs.define(eq=False, kw_only=True)
class OpenToken(Signed):
    """Send the session token as a usual header."""

    def made(self, endpoint: Endpoint, token: str) -> Endpoint:
        return attrs.evolve(endpoint, headers={**endpoint.headers, "x-session": token})


plugin("shows the session token", SHOWN, **SUITE)(OpenToken)


@attrs.define(eq=False, kw_only=True)
class Undeclared(Signed):
    """Do not say which headers authorize a request."""

    def made(self, endpoint: Endpoint, token: str) -> Endpoint:
        return attrs.evolve(endpoint, authorized_headers=())


plugin("does not show which headers authorize a request", MASKED, **SUITE)(Undeclared)


@attrs.define(eq=False, kw_only=True)
class Ambient(Signed):
    """Take credentials from the environment for any host."""

    def secret(self, config: ProviderConfig, name: str) -> str:
        found = config.options.get(name) or config.env((f"SOUND_{name.upper()}",)) or "none"
        return found.reveal() if isinstance(found, Secret) else str(found)


plugin("sends credentials of the environment to any host", AMBIENT, **SUITE)(Ambient)


class Unchecked:
    """Decode binary messages without their checksums."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.buffer = inner, bytearray()

    @property
    def comments(self) -> int:
        return int(self.inner.comments)

    def feed(self, chunk: bytes, /) -> Iterator[Any]:
        self.buffer += chunk
        while len(self.buffer) >= 12 and len(self.buffer) >= (length := struct.unpack_from(">I", self.buffer)[0]):
            message = bytes(self.buffer[:length])
            del self.buffer[:length]
            head = message[:8] + struct.pack(">I", crc32(message[:8])) + message[12:-4]
            yield from self.inner.feed(head + struct.pack(">I", crc32(head)))

    def close(self) -> None:
        self.inner.close()


class UncheckedMessages(BinaryMessages):
    """Divide a stream into messages whose checksums are not looked at."""

    def decoder(self) -> Any:
        return Unchecked(super().decoder())


class WithoutChecksums:
    """Create a provider that does not look at checksums."""

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        made: HttpProvider = make_provider(config)
        framing: Any = made.dialect.framing  # type: ignore[attr-defined]
        made.dialect.framing = UncheckedMessages(media_types=framing.media_types)  # type: ignore[attr-defined]
        return made


BINARY: Mapping[str, Any] = {
    "server_dialect": CONVERSE,
    "model": "us.amazon.nova-pro-v1:0",
    "options": {"region": "us-east-1"},
    "base": "",
    "name": "binary",
}


class WithChecksums:
    """Create a correct provider."""

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        return make_provider(config)


for _case in ("bad_checksum", "bad_prelude"):
    CHECKSUM = f"test_a_broken_event_is_not_skipped[{_case}]"
    plugin(f"does not look at a checksum ({_case})", CHECKSUM, **BINARY)(WithoutChecksums)
    CORRECT.append((CHECKSUM, WithChecksums, BINARY))
