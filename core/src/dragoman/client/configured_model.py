"""One model as it is configured: bound at its first call, and again when its configuration changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dragoman.client.binding import Bound, bind
from dragoman.client.ledger import UsageLedger
from dragoman.client.lifetime import Call, Uses
from dragoman.client.provider_config import option_names
from dragoman.client.ready_binding import ReadyBinding
from dragoman.client.request_builder import RequestBuilder
from dragoman.plugins.registry import installed
from dragoman.plugins.resolution import EMBEDDED
from dragoman.spec.argument_checks import copied, is_same
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError, DragomanError, InvalidRequestError
from dragoman.spec.fork_safety import ForkSafeLock
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import KeySource, RedactedDict, Secret

if TYPE_CHECKING:
    from dragoman.plugins.object_middleware import ObjectMiddleware
    from dragoman.spec.shared_connections import SharedConnections

_NOT_BOUND = frozenset({*SETTINGS, "fallbacks", "fall_back_on"})
"""Keyword arguments of a configuration that no binding depends on."""


class ConfiguredModel:
    """Hold what a configuration is bound to, and close what it was bound to before.

    Any number of threads may use it at once.

    Args:
        config: which model, and how; what is changed in it between two calls takes effect with the next one.
        middleware: what wraps its calls, besides the extensions.
        shared: the connections that it has in common with others.
        ledger: adds up what the calls use, those of the models to fall back to among them.
        uses: keeps track of the calls; those of a model to fall back to are among those of the model before it.

    Attributes:
        uses: the calls and streams that go on, and the bindings that were replaced.
        fallbacks: the models to fall back to, by their position.

    """

    __slots__ = ("_now", "_shared", "config", "fallbacks", "ledger", "middleware", "uses")

    def __init__(
        self,
        config: LLMConfig,
        middleware: ObjectMiddleware | None = None,
        shared: SharedConnections | None = None,
        ledger: UsageLedger | None = None,
        uses: Uses | None = None,
    ) -> None:
        self.config = config
        self.middleware = middleware
        self.ledger = UsageLedger() if ledger is None else ledger
        self._shared = shared
        self.uses = Uses() if uses is None else uses
        self.fallbacks: dict[int, ConfiguredModel] = {}
        self._now: ReadyBinding | None = None

    def ready(self) -> tuple[Bound, RequestBuilder]:
        """Return what is bound, after binding again what the configuration has changed.

        Raises:
            ConfigurationError: if no provider, model or key is found.
            InvalidRequestError: for an option that a provider, or one to fall back to, does not have.
            PluginError: if the plugin does not keep its contract.

        """
        now = self._current(None)
        return now.bound, now.builder

    def use(self, key: Secret | None = None) -> tuple[Call, Bound, RequestBuilder]:
        """Return what :meth:`ready` does, for a call: what it opens is closed only after the call.

        Args:
            key: the key that was asked for, if it is asked for at each call.

        """
        while True:
            now = self._current(key)
            now.is_used = True
            call = Call(self.uses, now.bound)
            if self._now is now:
                return call, now.bound, now.builder
            call.leave(None)  # another thread has replaced the binding, and may have closed it before it saw the call

    def _current(self, key: Secret | None) -> ReadyBinding:
        while True:
            now, config = self._now, self.config
            if now is not None and now.serves(config, key):
                return now
            made = self._renewed(config, key, now)
            if self._is_replaced_by(made, now):
                return made

    @property
    def shared(self) -> SharedConnections:
        """Return the connections, to have them in common with others from now on."""
        if self._shared is None:
            from dragoman.spec.shared_connections import SharedConnections  # noqa: PLC0415  # few clients share them

            self._shared = SharedConnections()
            if self._now is not None:
                self._now.bound.share(self._shared)
        return self._shared

    @property
    def connections(self) -> SharedConnections | None:
        """Return the connections that outlive a binding: those that others have too, and those of keys that change."""
        return self.shared if isinstance(self.config.api_key, KeySource) else self._shared

    def fallback(self, position: int, config: LLMConfig) -> ConfiguredModel:
        """Return the model to fall back to at *position*, a new one if its configuration has changed."""
        with _replacing:
            other = before = self.fallbacks.get(position)
            if other is None or other.config != config:
                other = ConfiguredModel(config, self.middleware, self._shared, self.ledger, self.uses)
                self.fallbacks[position] = other
                if before is not None:
                    before.retire()
        return other

    def retire(self) -> None:
        """Close what is bound after the last call that uses it."""
        with _replacing:
            if self._now is not None and self._now.is_used:
                self.uses.retired.append(self._now.bound)

    async def aclose(self) -> None:
        """End the calls that go on in the running event loop and close what is open; it can be used again."""
        self.uses.end_calls()
        now, self._now = self._now, None
        for other in tuple(self.fallbacks.values()):
            await other.aclose()
        await self.uses.close_retired(anyway=True)
        if now is not None:
            await now.bound.provider.aclose()

    def _renewed(self, config: LLMConfig, key: Secret | None, before: ReadyBinding | None) -> ReadyBinding:
        """Bind a configuration that has changed; a binding that does not depend on the change stays."""
        if not isinstance(config, LLMConfig):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"config must be an LLMConfig, not {type(config).__name__}"
            raise ConfigurationError(message)
        revision = config.revision
        config.check()
        kwargs: dict[str, Any] = RedactedDict(copied(config.kwargs, "kwargs"))
        given = config.api_key
        if isinstance(given, KeySource):
            given = key = key or (before and before.key) or _NOT_ASKED
        bound_to = _what_is_bound(config, given, kwargs)
        if before is not None and is_same(before.bound_to, bound_to):
            bound = before.bound
        else:
            bound = _bound(config, given, self)
        builder = RequestBuilder.of(
            config,
            provider=bound.provider.info.name,
            named=bound.explanation.provider,
            model=bound.explanation.model,
            timeouts=bound.timeouts,
            formats=bound.provider.info.formats,
            issuer=bound.provider.info.issuer,
            names=option_names(config, bound.explanation.provider, installed()),
        )
        made = ReadyBinding(
            bound,
            builder,
            config=config,
            revision=revision,
            kwargs=kwargs,
            key=key,
            bound_to=bound_to,
        )
        if config.revision != revision:
            made.bound_to = ()  # another thread has changed it meanwhile: nobody knows which values are bound
        if kwargs.get("fallbacks"):
            self._check_fallbacks(config)
        return made

    def _check_fallbacks(self, config: LLMConfig) -> None:
        """Refuse options that a model to fall back to does not have, rather than when it is asked.

        What else is wrong with it, as a key that is not there, is an error when it is asked.
        """
        from dragoman.client.fallback_config import fallbacks_with_options  # noqa: PLC0415  # few configurations have any

        for position, other in fallbacks_with_options(config):
            try:
                self.fallback(position, other).ready()
            except InvalidRequestError as error:
                message = f"fallbacks[{position - 1}]: {error.message}"
                wrong = InvalidRequestError(
                    message, provider=error.provider, parameter=error.parameter, code=error.code
                )
                raise wrong from error.__cause__
            except (OSError, DragomanError):
                continue

    def _is_replaced_by(self, made: ReadyBinding, before: ReadyBinding | None) -> bool:
        """Use *made* from now on, unless another thread has replaced *before* meanwhile."""
        with _replacing:
            if self._now is not before:
                return False
            self._now = made
            if before is not None and before.bound is made.bound:
                made.is_used = before.is_used
                return True
            if before is not None and before.is_used:
                self.uses.retired.append(before.bound)
        if made.config.model is None and made.bound.explanation.provider == EMBEDDED:
            advice = "LLM('NAME') or -m NAME asks another"
            print(f"dragoman: no model is configured; the embedded echo answers; {advice}", file=sys.stderr)  # noqa: T201
        return True


_NOT_ASKED = Secret("asked-at-each-call")
"""Stands for a key before the first call."""

_replacing = ForkSafeLock()
"""Held while a binding is replaced, or a model to fall back to."""


def _bound(config: LLMConfig, key: Secret | None, model: ConfiguredModel) -> Bound:
    """Bind *config*; an error about a value that was loaded says where the value is."""
    try:
        return bind(config, key=key, middleware=model.middleware, shared=model.connections, ledger=model.ledger)
    except (ConfigurationError, InvalidRequestError) as error:
        if error.parameter is None:
            raise
        from dragoman.spec.config_origins import located  # noqa: PLC0415  # only errors need it

        raise located(error, config.origins) from error.__cause__


def _what_is_bound(config: LLMConfig, key: Secret | None, kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    needed = RedactedDict({name: value for name, value in kwargs.items() if name not in _NOT_BOUND})
    return (config.model, key, config.api_base, needed)
