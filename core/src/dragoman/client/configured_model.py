"""One model as it is configured: bound at its first call, and again when its configuration changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from operator import is_
from typing import TYPE_CHECKING, Any

from dragoman.client.binding import Bound, bind
from dragoman.client.ledger import UsageLedger
from dragoman.client.lifetime import Uses
from dragoman.client.request_builder import RequestBuilder
from dragoman.plugins.resolution import EMBEDDED
from dragoman.spec.argument_checks import copied, is_atom, is_same
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError, InvalidRequestError
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import KeySource, RedactedDict, Secret

if TYPE_CHECKING:
    from dragoman.plugins.object_middleware import ObjectMiddleware
    from dragoman.spec.shared_connections import SharedConnections

_NOT_BOUND = frozenset({*SETTINGS, "fallbacks", "fall_back_on"})
"""Keyword arguments of a configuration that no binding depends on."""


class ConfiguredModel:
    """Hold what a configuration is bound to, and close what it was bound to before.

    Args:
        config: which model, and how; what is changed in it between two calls takes effect with the next one.
        middleware: what wraps its calls, besides the extensions.
        shared: the connections that it has in common with others.
        ledger: adds up what the calls use, those of the models to fall back to among them.

    Attributes:
        uses: the calls and streams that go on, and the bindings that were replaced.
        fallbacks: the models to fall back to, by their position.

    """

    __slots__ = (
        "_atoms",
        "_bound",
        "_bound_to",
        "_builder",
        "_is_used",
        "_key",
        "_seen",
        "_shared",
        "config",
        "fallbacks",
        "ledger",
        "middleware",
        "uses",
    )

    def __init__(
        self,
        config: LLMConfig,
        middleware: ObjectMiddleware | None = None,
        shared: SharedConnections | None = None,
        ledger: UsageLedger | None = None,
    ) -> None:
        self.config = config
        self.middleware = middleware
        self.ledger = UsageLedger() if ledger is None else ledger
        self._shared = shared
        self._key: Secret | None = None
        self.uses = Uses()
        self.fallbacks: dict[int, ConfiguredModel] = {}
        self._bound: Bound | None = None
        self._builder: RequestBuilder | None = None
        self._seen: tuple[LLMConfig, int, dict[str, Any]] | None = None
        self._atoms: tuple[object, ...] | None = None
        self._bound_to: tuple[object, ...] = ()
        self._is_used = False

    def ready(self) -> tuple[Bound, RequestBuilder]:
        """Return what is bound, after binding again what the configuration has changed.

        Raises:
            ConfigurationError: if no provider, model or key is found.
            PluginError: if the plugin does not keep its contract.

        """
        config, bound, builder, seen = self.config, self._bound, self._builder, self._seen
        if bound is None or builder is None or seen is None:
            return self._renewed(config)
        if seen[0] is config and seen[1] == config.revision and self._kwargs_are_same(seen[2], config.kwargs):
            return bound, builder
        return self._renewed(config)

    def _kwargs_are_same(self, before: dict[str, Any], now: dict[str, Any]) -> bool:
        """Tell whether *now* is what *before* was copied from; objects without contents need not be compared."""
        atoms = self._atoms
        if atoms is not None and len(now) == len(atoms) and all(map(is_, now.values(), atoms)) and [*now] == [*before]:
            return True
        return is_same(before, now)

    @property
    def shared(self) -> SharedConnections:
        """Return the connections, to have them in common with others from now on."""
        if self._shared is None:
            from dragoman.spec.shared_connections import SharedConnections  # noqa: PLC0415  # few clients share them

            self._shared = SharedConnections()
            if self._bound is not None:
                self._bound.share(self._shared)
        return self._shared

    @property
    def connections(self) -> SharedConnections | None:
        """Return the connections that outlive a binding: those that others have too, and those of keys that change."""
        return self.shared if isinstance(self.config.api_key, KeySource) else self._shared

    async def ask_key(self, source: KeySource) -> None:
        """Ask *source* for the key of the next call.

        Raises:
            ConfigurationError: if it returns none.

        """
        key = await source.key()
        if key != self._key:
            self._key, self._seen = key, None

    def used(self) -> tuple[Bound, RequestBuilder]:
        """Return what :meth:`ready` does, for a call: what it opens is closed before another binding replaces it."""
        ready = self.ready()
        self._is_used = True
        return ready

    def fallback(self, position: int, config: LLMConfig) -> ConfiguredModel:
        """Return the model to fall back to at *position*, a new one if its configuration has changed."""
        other = self.fallbacks.get(position)
        if other is None or other.config != config:
            before, other = other, ConfiguredModel(config, self.middleware, self._shared, self.ledger)
            self.fallbacks[position] = other
            if before is not None:
                before.retire(self.uses)
        return other

    def retire(self, uses: Uses) -> None:
        """Let *uses* close what is bound after the last call that uses it."""
        if self._bound is not None:
            uses.retired.append(self._bound)

    async def aclose(self) -> None:
        """End the calls that go on in the running event loop and close what is open; it can be used again."""
        self.uses.end_calls()
        bound, self._bound = self._bound, None
        for other in tuple(self.fallbacks.values()):
            await other.aclose()
        await self.uses.close_retired(anyway=True)
        if bound is not None:
            await bound.provider.aclose()

    def _renewed(self, config: LLMConfig) -> tuple[Bound, RequestBuilder]:
        """Bind a configuration that has changed; a binding that does not depend on the change stays."""
        if not isinstance(config, LLMConfig):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"config must be an LLMConfig, not {type(config).__name__}"
            raise ConfigurationError(message)
        config.check()
        kwargs: dict[str, Any] = RedactedDict(copied(config.kwargs, "kwargs"))
        bound = self._bound
        key = (self._key or _NOT_ASKED) if isinstance(config.api_key, KeySource) else config.api_key
        bound_to = _what_is_bound(config, key, kwargs)
        if bound is None or not is_same(self._bound_to, bound_to):
            bound = self._replaced_by(_bound(config, key, self))
            self._bound_to = bound_to
        builder = self._builder = RequestBuilder.of(
            config,
            provider=bound.provider.info.name,
            named=bound.explanation.provider,
            model=bound.explanation.model,
            timeouts=bound.timeouts,
            formats=bound.provider.info.formats,
            issuer=bound.provider.info.issuer,
        )
        self._seen = (config, config.revision, kwargs)
        values = tuple(kwargs.values())
        self._atoms = values if all(map(is_atom, values)) else None
        return bound, builder

    def _replaced_by(self, bound: Bound) -> Bound:
        """Use *bound* from now on, and no longer what was bound before."""
        before, self._bound = self._bound, bound
        if before is not None and self._is_used:
            self.uses.retired.append(before)
        self._is_used = False
        if self.config.model is None and bound.explanation.provider == EMBEDDED:
            advice = "LLM('NAME') or -m NAME asks another"
            print(f"dragoman: no model is configured; the embedded echo answers; {advice}", file=sys.stderr)  # noqa: T201
        return bound


_NOT_ASKED = Secret("asked-at-each-call")
"""Stands for a key before the first call."""


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
