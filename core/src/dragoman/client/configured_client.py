"""What a client is besides its doors: a configuration with connections, which can be copied, changed and closed."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.ledger import UsageLedger
from dragoman.plugins.resolution import Explanation, explain
from dragoman.spec.argument_names import tells_members
from dragoman.spec.config import NOT_GIVEN, LLMConfig

if TYPE_CHECKING:
    from dragoman.client.call_settings import ConfigSettings
    from dragoman.plugins.object_middleware import ObjectMiddleware

T = TypeVar("T")


@tells_members
class _ConfiguredClient:
    """Hold a configuration, and what is bound to it.

    Args:
        config: a configuration, or the name of a model, to which no default settings are sent; without this argument,
            the built-in echo provider answers.
        middleware: what wraps the calls of this object, besides the extensions; the first one is the outermost.
        fields: further arguments of :class:`LLMConfig`, with the name of a model, which may be ``model=`` too.

    Raises:
        ConfigurationError: for any other *config*, or a fallback that no provider serves.

    """

    def __init__(
        self,
        config: LLMConfig | str = NOT_GIVEN,
        *,
        middleware: Iterable[object] = (),
        **fields: Unpack[ConfigSettings],
    ) -> None:
        given: Any = config  # callers without a type checker
        if (
            given is None and type(self).__init__ is not _ConfiguredClient.__init__
        ):  # a subclass passes its own default on
            config = NOT_GIVEN
        try:
            self._model = ConfiguredModel(_configured(config, fields), _wrapping(middleware))
        finally:
            del config, given, fields  # keep credentials out of tracebacks that show locals
        _check_fallbacks(self.config)

    @classmethod
    def load(
        cls, profile: str | None = None, *, path: str | os.PathLike[str] | None = None, **fields: Unpack[ConfigSettings]
    ) -> Self:
        """Talk to the model of a profile: of a file, the environment and keywords; see :meth:`LLMConfig.load`.

        Args:
            profile: the table ``[llm.<profile>]`` of the file, which overrides its table ``[llm]``.
            path: the file; without it, the one that ``DRAGOMAN_CONFIG`` names, or the one that is found.
            fields: arguments of :class:`LLMConfig`, which have more weight than file and environment.

        Raises:
            ConfigurationError: if there is no such profile, a name is misspelled, or a value cannot be read.

        """
        return cls(LLMConfig.load(profile, path=path, **fields))

    def with_(self, **changes: Unpack[ConfigSettings]) -> Self:
        """Return an object for another model or other settings, which has the same connections and middleware.

        A key, a base URL, headers and options that belong to the provider of this object are not handed on to another
        one; connections are closed with the last object that has them.

        Args:
            changes: arguments of :class:`LLMConfig`.

        Raises:
            ConfigurationError: for a value of the wrong type, or a model that no provider serves.

        """
        from dragoman.client.fallback_config import derived_config  # noqa: PLC0415  # few programs derive clients

        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        try:
            config = derived_config(self.config, changes)
        finally:
            del changes  # keep credentials out of tracebacks that show locals
        _check_fallbacks(config)
        other._model = ConfiguredModel(config, self._model.middleware, self._model.shared)
        return other

    @property
    def config(self) -> LLMConfig:
        """Return the configuration; another one may be assigned."""
        return self._model.config

    @config.setter
    def config(self, config: LLMConfig) -> None:
        self._model.config = config

    @property
    def usage(self) -> UsageLedger:
        """Return what the calls of this object have used, by model: tokens, calls, failures and cost."""
        return self._model.ledger

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return explain(self.config)

    async def aclose(self) -> None:
        """Close the connections. The object can be used again; it then opens new ones.

        Unfinished calls of the running event loop raise :class:`ConnectionFailedError`, even if they are waiting for
        the next attempt; calls of other event loops are not affected.
        """
        await self._model.aclose()

    async def __aenter__(self) -> Self:
        """Return this object."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"

    def __copy__(self) -> Self:
        return remade(type(self), copy.copy(self.config), self._model.middleware)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return remade(type(self), copy.deepcopy(self.config, memo), self._model.middleware)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the configuration and the middleware; a configuration with a key cannot be pickled."""
        return (remade, (type(self), self.config, self._model.middleware))


def _configured(config: LLMConfig | str, fields: ConfigSettings) -> LLMConfig:
    if isinstance(config, LLMConfig) and not fields:
        return config
    from dragoman.spec.config_arguments import configuration  # noqa: PLC0415  # not paid for with a configuration

    try:
        return configuration(config, fields)
    finally:
        del config, fields  # keep credentials out of tracebacks that show locals


def _check_fallbacks(config: LLMConfig) -> None:
    if config.kwargs.get("fallbacks"):
        from dragoman.client.fallback_config import check_fallbacks  # noqa: PLC0415  # few configurations have any

        check_fallbacks(config)


def _wrapping(middleware: Iterable[object]) -> ObjectMiddleware | None:
    if middleware == ():
        return None
    from dragoman.plugins.object_middleware import wrapping  # noqa: PLC0415  # few clients have any

    return wrapping(middleware)


def remade(kind: Callable[..., T], config: LLMConfig, middleware: ObjectMiddleware | None) -> T:
    """Return a client of *kind* as another one was made."""
    return kind(config) if middleware is None else kind(config, middleware=middleware)
