"""Bind a configuration to the calls of its provider: resolution, provider, hooks.

The innermost calls are those of :mod:`dragoman.client.managed_provider`. Middleware wraps them and sees one call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from dragoman.client.learned_capabilities import Key, key_of
from dragoman.client.ledger import UsageLedger
from dragoman.client.managed_provider import ManagedProvider, own_options
from dragoman.client.provider_config import credentials_of, made_provider, provider_config, share
from dragoman.client.retry import policy_of
from dragoman.plugins.core_calls import Calls, answering, operating
from dragoman.plugins.registry import Plugins, installed
from dragoman.plugins.resolution import Explanation, explain
from dragoman.spec._value import changed
from dragoman.spec.capabilities import UNKNOWN, Capabilities, Policy
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.hookspecs import Binding
from dragoman.spec.provider import ChatCall, CompletionCall, Provider, StreamCall, Timeouts
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.request_fitting import fit
from dragoman.spec.response import Adjustment, Origin
from dragoman.spec.secret import Secret

if TYPE_CHECKING:
    from dragoman.plugins.object_middleware import ObjectMiddleware
    from dragoman.spec.operations import OperationCall
    from dragoman.spec.shared_connections import SharedConnections

R = TypeVar("R", ChatRequest, CompletionRequest)


@frozen(kw_only=True, eq=False, repr=False)
class Bound:
    """Hold a provider with its calls, ready for use.

    Args:
        provider: the provider itself.
        explanation: how it was chosen.
        origin: what is known of the origin of every answer.
        completion: who answers a prompt.
        chat: who answers a conversation.
        stream: who streams.
        operation: who does what an optional protocol offers, by its kind.
        capabilities: what a model accepts, by its name.
        timeouts: the limits of a call.
        share: makes the provider use connections in common with others.

    """

    provider: Provider
    explanation: Explanation
    origin: Origin
    completion: CompletionCall
    chat: ChatCall
    stream: StreamCall
    operation: Callable[[str], OperationCall]
    capabilities: Callable[[str], Capabilities]
    timeouts: Timeouts
    share: Callable[[SharedConnections], None]

    def cannot(self, what: str) -> UnsupportedError:
        """Return the error that the provider does not do *what* is asked."""
        provider = self.explanation.provider
        return UnsupportedError(f"the provider {provider!r} does not {what}", provider=provider)

    @property
    def streams_prompts(self) -> bool:
        """Return whether the model streams a prompt as such."""
        return self.capabilities(self.explanation.model).streams_prompts

    @property
    def key(self) -> Key:
        """Return by what the capabilities of the model are remembered."""
        return key_of(self.origin.provider, self.explanation.endpoint, self.explanation.model)

    def fit(self, request: R, policy: Policy | None, *, to_count: bool = False) -> tuple[R, tuple[Adjustment, ...]]:
        """Return *request* as the model accepts it, and what that changed.

        Args:
            request: what is asked.
            policy: what to do with what the model does not accept.
            to_count: whether its tokens are only counted, so that an answer may be there as well.

        """
        request, foreign = own_options(request, self.provider.info, policy)
        known = self.capabilities(request.model)
        if to_count:
            known = changed(known, prefill=UNKNOWN)
        fitted, notes = fit(request, known, policy, issuer=self.provider.info.issuer)
        return fitted, foreign + notes


def bind(
    config: LLMConfig,
    plugins: Plugins | None = None,
    *,
    key: Secret | None = None,
    middleware: ObjectMiddleware | None = None,
    shared: SharedConnections | None = None,
    ledger: UsageLedger | None = None,
) -> Bound:
    """Bind *config* to its provider.

    Args:
        config: the configuration.
        plugins: the plugins, by default those of this process.
        key: the credential, where it is not that of the configuration.
        middleware: what wraps the calls, besides the extensions.
        shared: the connections to use in common with others.
        ledger: adds up what the calls use.

    Raises:
        ConfigurationError: if no provider, model or key is found.
        PluginError: if the plugin does not keep its contract.

    """
    plugins = plugins or installed()
    explanation = explain(config, plugins)
    own = config.api_key
    made = provider_config(config, key or (own if isinstance(own, Secret) else None), explanation, plugins)
    provider = made_provider(made, config.on_unsupported, plugins)
    if shared is not None:
        share(provider, made, shared)
    origin = Origin(
        provider=explanation.provider, distribution=made.distribution, version=made.version, model=explanation.model
    )
    retry = policy_of(config, provider, f"{explanation.provider} {explanation.endpoint or ''}")
    plugins.extensions()
    guarded = ManagedProvider(provider, origin, retry, config.on_unsupported, explanation.endpoint, ledger=ledger)
    binding = Binding(
        provider=explanation.provider,
        model=explanation.model,
        distribution=explanation.distribution,
        implementation=guarded,
        capabilities=guarded.capabilities(explanation.model),
        options=made.options,
        credentials=lambda: credentials_of(made, provider),
    )
    calls = Calls(
        plugins.completion(binding),
        plugins.chat(binding),
        plugins.stream(binding),
        cache(partial(plugins.operation, binding)),
    )
    if middleware is not None:
        calls = middleware.around(calls, binding)
    bound = Bound(
        provider=provider,
        explanation=explanation,
        origin=origin,
        completion=answering(calls.complete, guarded.complete, "dragoman_completion"),
        chat=answering(calls.chat, guarded.chat, "dragoman_chat"),
        stream=calls.stream,
        operation=cache(partial(operating, calls.operation)),
        capabilities=guarded.capabilities,
        timeouts=made.timeouts,
        share=partial(share, provider, made),
    )
    # Asked again, since an extension may have been disabled by this binding.
    guarded.standing = tuple(
        Adjustment(kind="dropped", feature="extension", asked=each.provider, reason=each.message)
        for each in plugins.extensions()
    )
    return bound


__all__ = ["Bound", "bind"]
