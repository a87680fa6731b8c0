"""One model as it is configured: bound at its first call, and again when its configuration changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from operator import is_
from typing import Any

from dragoman.client.binding import Bound, bind
from dragoman.client.lifetime import Uses
from dragoman.client.request_builder import RequestBuilder
from dragoman.plugins.resolution import EMBEDDED
from dragoman.spec.argument_checks import copied, is_atom, is_same
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.request import SETTINGS
from dragoman.spec.secret import RedactedDict

_NOT_BOUND = frozenset({*SETTINGS, "fallbacks", "fall_back_on"})
"""Keyword arguments of a configuration that no binding depends on."""


class ConfiguredModel:
    """Hold what a configuration is bound to, and close what it was bound to before.

    Args:
        config: which model, and how; what is changed in it between two calls takes effect with the next one.

    Attributes:
        uses: the calls and streams that go on, and the bindings that were replaced.
        fallbacks: the models to fall back to, by their position.

    """

    __slots__ = ("_atoms", "_bound", "_bound_to", "_builder", "_is_used", "_seen", "config", "fallbacks", "uses")

    def __init__(self, config: LLMConfig) -> None:
        self.config = config
        self.uses = Uses([])
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

    def used(self) -> tuple[Bound, RequestBuilder]:
        """Return what :meth:`ready` does, for a call: what it opens is closed before another binding replaces it."""
        ready = self.ready()
        self._is_used = True
        return ready

    def fallback(self, position: int, config: LLMConfig) -> ConfiguredModel:
        """Return the model to fall back to at *position*, a new one if its configuration has changed."""
        other = self.fallbacks.get(position)
        if other is None or other.config != config:
            before, other = other, ConfiguredModel(config)
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
        bound_to = _what_is_bound(config, kwargs)
        if bound is None or not is_same(self._bound_to, bound_to):
            bound = self._replaced_by(bind(config))
            self._bound_to = bound_to
        builder = self._builder = RequestBuilder.of(
            config,
            provider=bound.provider.info.name,
            named=bound.explanation.provider,
            model=bound.explanation.model,
            timeouts=bound.timeouts,
            formats=bound.provider.info.formats,
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
            print("dragoman: no model is configured; the embedded echo answers", file=sys.stderr)  # noqa: T201
        return bound


def _what_is_bound(config: LLMConfig, kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    needed = RedactedDict({name: value for name, value in kwargs.items() if name not in _NOT_BOUND})
    return (config.model, config.api_key, config.api_base, needed)
