"""The protocol that a provider implements, and the objects that it receives."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_number, seconds, shown, wrong_seconds
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.directory import owner_of_variable
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response
from dragoman.spec.secret import Secret

if TYPE_CHECKING:
    from ssl import SSLContext

    from dragoman.spec.events import Event  # not needed for answers that are not streamed
    from dragoman.spec.shared_connections import SharedConnections

SPEC = "1.0"
"""The version of the provider specification that this core implements."""


@value(kw_only=True)
class ModelQuery:
    """Ask which provider serves a model.

    Args:
        model: the name of the model as the caller wrote it.
        api_base: the base URL that the caller gave.
        options: further options of the caller.

    """

    model: str
    api_base: str | None = None
    options: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@value(kw_only=True)
class Resolution:
    """Answer a :class:`ModelQuery`.

    Args:
        provider: the provider's name.
        model: the model as that provider names it.
        api_base: the base URL to use, if not the caller's.
        reason: why this provider was chosen, for the explanation.

    """

    provider: str
    model: str
    api_base: str | None = None
    reason: str = ""


@value(kw_only=True)
class ProviderInfo:
    """Describe a provider.

    Args:
        name: the name by which it is chosen.
        issuer: the issuer of the seals that it can send back; usually equal to the name.
        spec: the version of the provider specification that it was written for.
        options: the attrs class of its own options, if it has any.
        docs: the URL of its documentation.
        formats: the wire formats of plain data whose signatures and items are its own: ``chat``, ``responses`` or
            ``blocks``; ``None`` for all.

    """

    name: str
    issuer: str
    spec: str = "1.0"
    options: type[Any] | None = None
    docs: str = ""
    formats: frozenset[str] | None = None


class Clock(Protocol):
    """Measure time and sleep; tests use a clock of their own."""

    def monotonic(self) -> float:
        """Return the time in seconds on a monotonic clock."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep for *seconds*."""
        ...


class SystemClock:
    """Use the clock of the system and the running event loop."""

    def monotonic(self) -> float:
        """Return :func:`time.monotonic`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the running event loop."""
        from asyncio import sleep  # noqa: PLC0415  # asyncio is slow to import

        await sleep(seconds)


def _seconds(timeouts: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    limit = seconds(value)
    if limit is None:
        raise ConfigurationError(wrong_seconds(attribute.name, value), parameter=attribute.name)
    object.__setattr__(timeouts, attribute.name, limit)


@value(kw_only=True)
class Timeouts:
    """Limit how long a call may take, in seconds; ``None`` for no limit.

    Args:
        connect: until a connection is established.
        first_byte: from the request to the head of the reply.
        idle: between two pieces of the reply.
        total: for the whole call, including retries and waits.
        first_output: from the beginning of an attempt to the first text, reasoning or call of its answer, which is its
            end for an answer that is not streamed.

    Raises:
        ConfigurationError: for a value that is not a finite number above 0.

    """

    connect: float | None = field(default=10.0, validator=_seconds)
    first_byte: float | None = field(default=600.0, validator=_seconds)
    idle: float | None = field(default=120.0, validator=_seconds)
    total: float | None = field(default=600.0, validator=_seconds)
    first_output: float | None = field(default=None, validator=_seconds)


FIRST_BYTE = "first_byte"
"""The name under which a transport notes when the head of a reply arrived."""


def new_call_id() -> str:
    """Return an id for a call: 128 random bits in hexadecimal digits."""
    return os.urandom(16).hex()


def _deadline(_: object, __: object, deadline: float | None) -> None:
    if type(deadline) is float and deadline - deadline == 0.0:  # finite, without the cost of a call to math.isfinite
        return
    if deadline is not None and plain_number(deadline) is None:
        message = f"deadline must be a time in seconds on the clock of the call, not {shown(deadline)}"
        raise ConfigurationError(message, parameter="deadline")


@value(kw_only=True)
class CallContext:
    """Hold the data of one call that is not part of its request.

    Args:
        timeouts: the time limits of the call.
        deadline: when the call must be finished, in seconds on *clock*; ``None`` for no deadline.
        attempt: the number of this attempt, counted from 1.
        clock: the clock to use.
        call_id: a unique id of the call; all attempts of a call have the same one.
        on_unsupported: the policy of this call for unsupported settings; ``None`` for the configured one.
        observed: what a transport notes for the answer, by its name: under ``first_byte`` when the head of the latest
            reply arrived, in seconds on *clock*.

    """

    timeouts: Timeouts = Timeouts()
    deadline: float | None = field(default=None, validator=_deadline)
    attempt: int = 1
    clock: Clock = field(factory=SystemClock)
    call_id: str = field(factory=new_call_id)
    on_unsupported: Policy | None = None
    observed: dict[str, float] = field(factory=dict[str, float], repr=False, eq=False)

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, at least 0; ``None`` if there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - self.clock.monotonic())


CompletionCall: TypeAlias = Callable[[CompletionRequest, CallContext], Awaitable[Response]]
"""The type of an async callable that answers a prompt."""
ChatCall: TypeAlias = Callable[[ChatRequest, CallContext], Awaitable[Response]]
"""The type of an async callable that answers a conversation."""
StreamCall: TypeAlias = (
    "Callable[[ChatRequest | CompletionRequest, CallContext], AbstractAsyncContextManager[AsyncIterator[Event]]]"
)
"""The type of a callable that streams an answer."""


@runtime_checkable
class Provider(Protocol):
    """Call the models of one service; any object with these members is a provider."""

    info: ProviderInfo

    def capabilities(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        ...

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt."""
        ...

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        ...

    def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer as starts, deltas and snapshots.

        A prompt is only given for a model whose capabilities have ``completion_stream=YES``.
        """
        ...

    async def aclose(self) -> None:
        """Close connections and other resources."""
        ...


@runtime_checkable
class SharesConnections(Protocol):
    """Use connections in common with other providers; every provider that is built with ``dragoman.http`` does."""

    def share_connections(self, shared: SharedConnections, config: ProviderConfig) -> None:
        """Take what makes connections as *config* says from *shared*, and give it back when this provider is closed."""
        ...


@runtime_checkable
class Connects(Protocol):
    """Configure connections; every provider that is built with ``dragoman.http`` does."""

    def connect_by(self, config: ProviderConfig) -> None:
        """Use ``proxy``, ``verify``, ``client_cert`` and ``max_reply_bytes`` of *config* from the first request on.

        Raises:
            ConfigurationError: if they cannot be used.

        """
        ...


Verify: TypeAlias = "str | os.PathLike[str] | bool | SSLContext"
"""Which certificates to trust: those of a CA bundle or folder, those of the system, or those of an SSL context."""
ClientCert: TypeAlias = "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]"
"""The client certificate: a file with the certificate and its key, or a file for each."""

SecretSource: TypeAlias = Callable[[str, str], str | None]
"""The type of a function of (provider, field) that asks the installed key stores for a credential."""


@value(kw_only=True)
class ProviderConfig:
    """Hold the data that a plugin needs to make its provider.

    Args:
        name: the name by which the provider was chosen.
        model: the model, without the provider's prefix.
        distribution: the distribution that was chosen.
        version: its version.
        api_key: the key that the caller gave.
        api_base: the base URL that the caller gave.
        options: the caller's options for this provider.
        headers: HTTP headers to add to each request.
        hosts: the hosts that the distribution claims; a key from the environment is only sent to these.
        allow_insecure: whether a key may be sent over plain HTTP.
        timeouts: the time limits of a call.
        proxy: the address of the proxy to use, ``False`` for none, ``None`` for the one that the environment names.
        verify: the path of a CA bundle, an :class:`ssl.SSLContext`, or ``False`` to accept any certificate.
        client_cert: the path of a PEM file with a certificate and its key, or the paths of both.
        max_reply_bytes: the greatest size of a decompressed reply, in bytes; ``None`` for the default.
        environ: the environment variables.
        secrets: looks up a credential in the installed key stores.

    """

    name: str
    model: str = ""
    distribution: str = ""
    version: str = ""
    api_key: Secret | None = None
    api_base: str | None = None
    options: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    hosts: tuple[str, ...] = ()
    allow_insecure: bool = False
    timeouts: Timeouts = Timeouts()
    proxy: str | Literal[False] | None = None
    verify: Verify | None = None
    client_cert: ClientCert | None = None
    max_reply_bytes: int | None = None
    environ: Mapping[str, str] = field(factory=dict[str, str], repr=False, eq=False)
    secrets: SecretSource = field(default=lambda _provider, _field: None, repr=False, eq=False)

    @property
    def connects_otherwise(self) -> tuple[str, ...]:
        """Return the names of the given options that require a provider with :class:`Connects`."""
        names = ("proxy", "verify", "client_cert", "max_reply_bytes")
        return tuple(name for name in names if getattr(self, name) is not None)

    def env(self, names: Iterable[str]) -> str | None:
        """Return the value of the first of these environment variables that is set; other vendors' are skipped."""
        return next((value for name in self.readable(names) if (value := self.environ.get(name))), None)

    def readable(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names of these environment variables without those that belong to another vendor."""
        return tuple(name for name in names if not owner_of_variable(name, self.distribution, self.name))
