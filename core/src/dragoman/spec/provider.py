"""What a provider is: the protocol that a plugin fulfils, and what it is given."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import no_seconds, plain_number, seconds, shown
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.directory import owner_of_variable
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response
from dragoman.spec.secret import Secret

if TYPE_CHECKING:
    from ssl import SSLContext

    from dragoman.spec.events import Event  # not paid for by whole answers

SPEC = "1.0"
"""The version of the provider specification that this core speaks."""


@value(kw_only=True)
class ModelQuery:
    """Ask who serves a model.

    Args:
        model: the name as the caller wrote it.
        api_base: the base URL that the caller gave.
        options: the caller's further options.

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
        reason: why, for the explanation.

    """

    provider: str
    model: str
    api_base: str | None = None
    reason: str = ""


@value(kw_only=True)
class ProviderInfo:
    """Introduce a provider.

    Args:
        name: the name it is chosen by.
        issuer: whose seals it can read back; usually the name.
        spec: the version of the provider specification it was written for.
        options: the attrs class of its own options, if it has any.
        docs: the address of its documentation.

    """

    name: str
    issuer: str
    spec: str = "1.0"
    options: type[Any] | None = None
    docs: str = ""


class Clock(Protocol):
    """Tell the time and let it pass; tests bring their own."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass."""
        ...


class SystemClock:
    """Tell the time of this machine."""

    def monotonic(self) -> float:
        """Return the seconds of :func:`time.monotonic`."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the running event loop."""
        from asyncio import sleep  # noqa: PLC0415  # asyncio is not paid for at import

        await sleep(seconds)


def _seconds(timeouts: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    limit = seconds(value)
    if limit is None:
        raise ConfigurationError(no_seconds(attribute.name, value), parameter=attribute.name)
    object.__setattr__(timeouts, attribute.name, limit)


@value(kw_only=True)
class Timeouts:
    """Limit how long a call may take, in seconds; ``None`` for no limit.

    Args:
        connect: until a connection stands.
        first_byte: from the request to the head of the reply.
        idle: between two pieces of the reply.
        total: for the whole call, retries and waits included.

    Raises:
        ConfigurationError: for what is no finite number above 0.

    """

    connect: float | None = field(default=10.0, validator=_seconds)
    first_byte: float | None = field(default=600.0, validator=_seconds)
    idle: float | None = field(default=120.0, validator=_seconds)
    total: float | None = field(default=600.0, validator=_seconds)


def new_call_id() -> str:
    """Return a name for a call: 128 random bits in hexadecimal digits."""
    return os.urandom(16).hex()


def _moment(_: object, __: object, deadline: float | None) -> None:
    if type(deadline) is float and deadline - deadline == 0.0:  # finite, told without a call
        return
    if deadline is not None and plain_number(deadline) is None:
        message = f"a deadline is a moment on the clock of the call, in seconds, not {shown(deadline)}"
        raise ConfigurationError(message, parameter="deadline")


@value(kw_only=True)
class CallContext:
    """Carry what belongs to one call but not to its request.

    Args:
        timeouts: the limits of the call.
        deadline: when the call must be over, on *clock*; ``None`` for never.
        attempt: which try this is, counted from 1.
        clock: the clock to go by.
        call_id: names the call: the same for each of its tries, and for no other call.
        on_unsupported: what this call does with a wish that the model cannot fulfil; ``None`` for what is configured.

    """

    timeouts: Timeouts = Timeouts()
    deadline: float | None = field(default=None, validator=_moment)
    attempt: int = 1
    clock: Clock = field(factory=SystemClock)
    call_id: str = field(factory=new_call_id)
    on_unsupported: Policy | None = None

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, never below 0."""
        return None if self.deadline is None else max(0.0, self.deadline - self.clock.monotonic())


CompletionCall: TypeAlias = Callable[[CompletionRequest, CallContext], Awaitable[Response]]
"""Who answers a prompt."""
ChatCall: TypeAlias = Callable[[ChatRequest, CallContext], Awaitable[Response]]
"""Who answers a conversation."""
StreamCall: TypeAlias = "Callable[[ChatRequest, CallContext], AbstractAsyncContextManager[AsyncIterator[Event]]]"
"""Who streams an answer."""


@runtime_checkable
class Provider(Protocol):
    """Speak to models; any object with these members will do."""

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

    def stream(self, request: ChatRequest, context: CallContext) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer to a conversation as starts, deltas and snapshots."""
        ...

    async def aclose(self) -> None:
        """Give back what is held open."""
        ...


@value(kw_only=True)
class Prepared:
    """Show a request as it would be sent.

    Args:
        method: the HTTP method.
        url: the whole address.
        headers: the headers, secrets masked.
        body: the decoded body.

    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any


@runtime_checkable
class Prepares(Protocol):
    """Show what would be sent, without sending it."""

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
        """Return the request as it would be sent."""
        ...


@runtime_checkable
class Connects(Protocol):
    """Make connections as the configuration says; every provider that is made with ``dragoman.http`` does."""

    def connect_by(self, config: ProviderConfig) -> None:
        """Take ``proxy``, ``verify``, ``client_cert`` and ``max_reply_bytes`` from *config*, before anything is sent.

        Raises:
            ConfigurationError: if they cannot be used.

        """
        ...


Verify: TypeAlias = "str | os.PathLike[str] | bool | SSLContext"
"""Whom to trust: the authorities in a file or folder, those of the system, or what a context says."""
ClientCert: TypeAlias = "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]"
"""As whom to show oneself: a file with a certificate and its key, or one for each."""

SecretSource: TypeAlias = Callable[[str, str], str | None]
"""Ask the installed key stores for (provider, field)."""


@value(kw_only=True)
class ProviderConfig:
    """Give a plugin what it needs to make its provider.

    Args:
        name: the name the provider was chosen by.
        model: the model, without the provider's prefix.
        distribution: the distribution that was chosen.
        version: its version.
        api_key: the key that the caller gave.
        api_base: the base URL that the caller gave.
        options: the caller's options for this provider.
        headers: HTTP headers to add to each request.
        hosts: the hosts that the distribution claims, whose keys the environment may hold.
        allow_insecure: whether a key may travel over plain HTTP.
        timeouts: the limits of a call.
        proxy: the address of the proxy to go through, ``False`` for none, ``None`` for what the environment says.
        verify: the path of a bundle of authorities to trust, an :class:`ssl.SSLContext`, or ``False`` to trust anybody.
        client_cert: the path of a certificate with its key in PEM, or the paths of both.
        max_reply_bytes: the most bytes that a reply may have, decompressed; ``None`` for the usual.
        environ: the environment.
        secrets: the installed key stores.

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
        """Return the options that a :class:`Connects` takes, as far as they were given."""
        names = ("proxy", "verify", "client_cert", "max_reply_bytes")
        return tuple(name for name in names if getattr(self, name) is not None)

    def env(self, names: Iterable[str]) -> str | None:
        """Return the first of these environment variables that is set and not empty; never another vendor's."""
        return next((value for name in self.readable(names) if (value := self.environ.get(name))), None)

    def readable(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of these environment variables that do not belong to another vendor."""
        return tuple(name for name in names if not owner_of_variable(name, self.distribution, self.name))


@value(kw_only=True)
class Command:
    """Describe a command that a plugin adds to the command line.

    Args:
        name: what it is called.
        target: ``module:attribute`` of a click command, imported when it is run.
        help: one line.

    """

    name: str
    target: str
    help: str = ""
