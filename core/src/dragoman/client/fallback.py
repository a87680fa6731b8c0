"""Fall back to other models if the first one cannot answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast

import attrs

from dragoman.client.binding import Bound
from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.lifetime import Call, Uses
from dragoman.client.request_builder import RequestBuilder
from dragoman.plugins.descriptors import exhausted
from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import (
    BadRequestError,
    ConfigurationError,
    DragomanError,
    ModelRetiredError,
    NotFoundError,
    ProviderError,
    TransportError,
)
from dragoman.spec.response import Adjustment, Response
from dragoman.spec.secret import KeySource

FALL_BACK = (ProviderError, TransportError, ModelRetiredError)
"""The errors after which another model may succeed."""


def may_fall_back(error: DragomanError) -> bool:
    """Tell whether another model may succeed; it cannot if the request itself is invalid."""
    return not isinstance(error, BadRequestError) or isinstance(error, NotFoundError)


def model_of(fallback: str | Mapping[str, Any] | LLMConfig) -> str | None:
    """Return the name of the model of a fallback."""
    if isinstance(fallback, LLMConfig):
        return fallback.model
    return fallback if isinstance(fallback, str) else fallback.get("model")


def fallback_config(config: LLMConfig, other: str | Mapping[str, Any] | LLMConfig) -> LLMConfig:
    """Return the configuration of a fallback; a bare model only inherits the key if its provider is the same."""
    if isinstance(other, LLMConfig):
        return other
    if isinstance(other, Mapping):
        return LLMConfig.from_dict(other)
    if explain(LLMConfig(model=other)).provider == explain(config).provider:
        return config.replace(model=other, fallbacks=())
    return _without_provider(config, {"model": other, "provider": None, "fallbacks": ()})


def check_fallbacks(config: LLMConfig) -> None:
    """Refuse a fallback that no provider serves.

    Raises:
        ConfigurationError: that says so.

    """
    for fallback in config.kwargs.get("fallbacks") or ():
        explain(fallback_config(config, fallback))


def derived_config(config: LLMConfig, changes: Mapping[str, Any]) -> LLMConfig:
    """Return *config* with *changes*; a key goes to another provider only with the base URL that it was given with."""
    try:
        changed = config.replace(**changes)
        keeps_address = changed.api_base is not None and "api_base" not in changes
        if keeps_address or explain(changed).provider == explain(config).provider:
            return changed
        return _without_provider(config, changes)
    finally:
        del changes  # keep credentials out of tracebacks that show locals


def _without_provider(config: LLMConfig, changes: Mapping[str, Any]) -> LLMConfig:
    """Return *config* with *changes*, without what else it has for its own provider alone."""
    own = dict.fromkeys(("api_key", "api_base", "headers"))
    try:
        kept = config.replace(**{**own, **changes})
        for name in config.provider_options().keys() - changes.keys():
            del kept.kwargs[name]
        return kept
    finally:
        del changes  # keep credentials out of tracebacks that show locals


class Fallbacks:
    """Give a block the model to ask, and run it again with the next one where that may do better.

    Enter it for each try, until the block ends without an error::

        fallbacks = Fallbacks(model)
        while True:
            async with fallbacks as (bound, builder):
                return fallbacks.record(await bound.chat(...))

    Args:
        model: the model that is asked first; its configuration names those to fall back to.

    """

    __slots__ = ("_call", "_failure", "_first", "_model", "_position")
    _call: Call

    def __init__(self, model: ConfiguredModel) -> None:
        self._first = self._model = model
        self._position = 0
        self._failure: DragomanError | None = None

    async def __aenter__(self) -> tuple[Bound, RequestBuilder]:
        """Return what is bound, and what builds its requests.

        Raises:
            ConfigurationError: if the model cannot be bound.
            DragomanError: of the model that was asked first, if no fallback is left.

        """
        while True:
            try:
                source = getattr(self._model.config, "api_key", None)  # callers without a type checker
                if isinstance(source, KeySource):
                    await self._model.ask_key(source)
                bound, builder = self._model.used()
            except (OSError, DragomanError) as error:
                self._go_on(error)
            else:
                self._call = Call(self._model.uses, bound)
                return bound, builder

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        """Go on to the next model if there is one that may do better.

        Raises:
            DragomanError: of the model that was asked first, if no fallback is left.

        """
        call, uses = self._call, self._model.uses
        try:
            call.leave(error)
        finally:
            if uses.retired:
                await uses.close_retired()
        if isinstance(error, OSError | DragomanError):
            self._go_on(error)
            return True
        return False

    @property
    def uses(self) -> Uses:
        """Return what knows of the calls and streams of the model that is asked."""
        return self._model.uses

    def record(self, response: Response) -> Response:
        """Write down on an answer that another model gave it than the one that was asked first."""
        if self._failure is None:
            return response
        reason = f"{type(self._failure).__name__}: {self._failure}"
        asked, sent = self._first.config.model, self._model.config.model
        adjustment = Adjustment(kind="coerced", feature="model", asked=asked, sent=sent, reason=reason)
        return attrs.evolve(response, adjustments=(*response.adjustments, adjustment))

    def _go_on(self, error: OSError | DragomanError) -> None:
        """Turn to the next model; raise what the first one raised if there is none, or none could do better."""
        if not isinstance(error, DragomanError) and (failure := exhausted(error)):
            raise failure from error
        fallbacks = (self._first.config.kwargs.get("fallbacks") or ()) if self._may_go_on(error) else ()
        if not fallbacks:
            raise error
        if self._failure is None:
            self._failure = cast("DragomanError", error)
        else:
            error.__context__ = None
            self._failure.add_note(f"the fallback {model_of(fallbacks[self._position - 1])!r} failed too: {error}")
        while self._position < len(fallbacks):
            fallback = fallbacks[self._position]
            self._position += 1
            try:
                self._model = self._first.fallback(self._position, fallback_config(self._first.config, fallback))
            except ConfigurationError as trouble:
                trouble.__context__ = None
                self._failure.add_note(f"the fallback {model_of(fallback)!r} failed too: {trouble}")
            else:
                return
        raise self._failure

    def _may_go_on(self, error: BaseException) -> bool:
        if self._failure is not None:
            return isinstance(error, (*FALL_BACK, ConfigurationError))
        return isinstance(error, FALL_BACK) and may_fall_back(error)


class OneModel(Fallbacks):
    """Give a block the model to ask, and no other one."""

    __slots__ = ()

    def _may_go_on(self, error: BaseException) -> bool:  # noqa: ARG002  # the signature of its base
        return False
