"""The hooks that a plugin may implement.

The call hooks run once for each ``LLM``, at its first call. They return the callables that perform this call and all
later ones. Mark an implementation with :data:`dragoman.hookimpl`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.provider import (
    ChatCall,
    CompletionCall,
    ModelQuery,
    Provider,
    ProviderConfig,
    Resolution,
    StreamCall,
)

if TYPE_CHECKING:
    from dragoman.spec.command import Command
    from dragoman.spec.operations import OperationCall

PROJECT = "dragoman"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Mark a function as an implementation of the hook with its name."""


@value(kw_only=True)
class Binding:
    """Describe which provider is bound to which model.

    Args:
        provider: the provider's name.
        model: the model, without the provider's prefix.
        distribution: the distribution that provides it.
        implementation: the provider itself.
        capabilities: what the model accepts.
        options: the caller's options for this provider.
        credentials: returns the credentials that the calls send, for plugins that must keep them out of files.

    """

    provider: str
    model: str
    distribution: str
    implementation: Provider = field(repr=False)
    capabilities: Capabilities = field(repr=False)
    options: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    credentials: Callable[[], tuple[str, ...]] = field(default=tuple[str, ...], repr=False, eq=False)


@hookspec(firstresult=True)
def dragoman_resolve(query: ModelQuery) -> Resolution | None:
    """Name the provider of a model that no distribution's metadata claims.

    Only extensions are asked, after all claims have been tried. The hook is meant for aliases, routers and private
    endpoints.

    Args:
        query: the model, and the options that the caller gave.

    Returns:
        the resolution, or ``None`` to leave the decision to other plugins.

    Example::

        from dragoman import Resolution, hookimpl

        @hookimpl
        def dragoman_resolve(query):
            if query.model == "house":
                return Resolution(provider="echo", model="echo", reason="our alias")

    """


@hookspec(firstresult=True)
def dragoman_provider(config: ProviderConfig) -> Provider | None:
    """Make the provider. Only the plugin that was chosen is called.

    Args:
        config: the key, the endpoint and the options that the caller gave.

    Returns:
        the provider, or ``None`` if this plugin has none with the name ``config.name``.

    Example::

        from dragoman import hookimpl

        @hookimpl
        def dragoman_provider(config):
            return AcmeProvider(config)

    """


@hookspec(firstresult=True)
def dragoman_secret(provider: str, field: str) -> str | None:
    """Look up a credential in a key store, before the environment variables are read.

    Args:
        provider: the provider's name.
        field: the name of the credential: ``api_key``, or that of one of several fields, such as ``secret_key``.

    Returns:
        the credential, or ``None`` if the store has none.

    Example::

        from dragoman import hookimpl

        @hookimpl
        def dragoman_secret(provider, field):
            return vault.get(f"{provider}/{field}")

    """


@hookspec(firstresult=True)
def dragoman_completion(binding: Binding) -> CompletionCall | None:
    """Return the callable that answers a prompt. A wrapper receives the inner one, and may return one of its own.

    Args:
        binding: the provider and model that are bound.

    Returns:
        an async callable of ``(request, context)``, or ``None``.

    Example::

        from dragoman import hookimpl

        @hookimpl(wrapper=True)
        def dragoman_completion(binding):
            call = yield

            async def logged(request, context):
                print("asked:", request.prompt)
                return await call(request, context)

            return logged

    """


@hookspec(firstresult=True)
def dragoman_chat(binding: Binding) -> ChatCall | None:
    """Return the callable that answers a conversation. A wrapper receives the inner one, and may return one of its own.

    Args:
        binding: the provider and model that are bound.

    Returns:
        an async callable of ``(request, context)``, or ``None``.

    Example::

        from dragoman import hookimpl

        @hookimpl(wrapper=True)
        def dragoman_chat(binding):
            call = yield

            async def counted(request, context):
                response = await call(request, context)
                print("tokens:", response.usage.output_tokens)
                return response

            return counted

    """


@hookspec(firstresult=True)
def dragoman_stream(binding: Binding) -> StreamCall | None:
    """Return the callable that streams. A wrapper receives the inner one, and may return one of its own.

    The request is a :class:`~dragoman.CompletionRequest` where a model streams a prompt as such, and otherwise a
    :class:`~dragoman.ChatRequest`.

    Args:
        binding: the provider and model that are bound.

    Returns:
        a callable of ``(request, context)`` that returns an async context manager over an iterator of events.

    Example::

        from contextlib import asynccontextmanager
        from dragoman import hookimpl

        @hookimpl(wrapper=True)
        def dragoman_stream(binding):
            call = yield

            @asynccontextmanager
            async def announced(request, context):
                print("streaming from", binding.provider)
                async with call(request, context) as events:
                    yield events

            return announced

    """


@hookspec(firstresult=True)
def dragoman_operation(binding: Binding, kind: str) -> OperationCall | None:
    """Return the callable of an optional operation. A wrapper receives the inner one, and may return one of its own.

    Args:
        binding: the provider and model that are bound.
        kind: ``embed``, ``count_tokens``, ``models`` or ``capabilities``; later versions may add others.

    Returns:
        an async callable of ``(request, context)``, or ``None``; its types depend on *kind*, see
        :data:`~dragoman.spec.operations.OperationCall`.

    Example::

        from dragoman import hookimpl

        @hookimpl(wrapper=True)
        def dragoman_operation(binding, kind):
            call = yield
            if kind != "embed":
                return call

            async def counted(request, context):
                print("texts:", len(request.texts))
                return await call(request, context)

            return counted

    """


@hookspec
def dragoman_commands() -> Iterable[Command] | None:
    """Add commands to the command line, as records with an import path.

    Returns:
        the commands; the module of a command is imported when the command is run.

    Example::

        from dragoman import Command, hookimpl

        @hookimpl
        def dragoman_commands():
            return [Command(name="spend", target="acme.cli:spend", help="Show what was spent.")]

    """
