"""The middleware of one client: the hooks of calls, implemented by objects that are given to it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import attrs
import pluggy

from dragoman.plugins.checks import HOOKS, check_call, check_hooks
from dragoman.plugins.core_calls import Calls, Core
from dragoman.plugins.isolation import is_meant, raise_for_hook
from dragoman.spec import hookspecs
from dragoman.spec.argument_checks import is_iterable
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.hookspecs import PROJECT, Binding
from dragoman.spec.operations import OperationCall

_CALLS = frozenset({"dragoman_completion", "dragoman_chat", "dragoman_stream", "dragoman_operation"})


class ObjectMiddleware:
    """Wrap the calls of one client, by the hooks that its middleware implements.

    Args:
        middleware: modules or objects with implementations of the hooks of calls, or functions that implement one; the
            first one is the outermost.

    Raises:
        ConfigurationError: if one of them implements none, or another hook.
        PluginError: if an implementation is invalid.

    """

    def __init__(self, middleware: Iterable[object]) -> None:
        self._middleware = tuple(middleware)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(Core())
        for each in reversed(self._middleware):
            self._register(each)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the middleware alone."""
        return (type(self), (self._middleware,))

    def around(self, calls: Calls, binding: Binding) -> Calls:
        """Return *calls* with the middleware around them."""
        implementation: Any = calls
        inner = attrs.evolve(binding, implementation=implementation)
        return Calls(
            self._ask("dragoman_completion", inner),
            self._ask("dragoman_chat", inner),
            self._ask("dragoman_stream", inner),
            cache(partial(self._operation, inner)),
        )

    def _operation(self, binding: Binding, kind: str) -> OperationCall:
        call: OperationCall = self._ask("dragoman_operation", binding, kind=kind)
        return call

    def _ask(self, hook: str, binding: Binding, **arguments: object) -> Any:
        try:
            return check_call(getattr(self._manager.hook, hook)(binding=binding, **arguments), hook)
        except BaseException as error:
            if is_meant(error):
                raise
            raise_for_hook(hook, error)

    def _register(self, middleware: object) -> None:
        options_of = self._manager.parse_hookimpl_opts
        plugin = _Single(middleware) if hasattr(middleware, f"{PROJECT}_impl") else middleware
        origin = str(getattr(middleware, "__name__", type(middleware).__name__))
        try:
            check_hooks(plugin, options_of, origin)
            self._manager.register(plugin)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise_for_hook(f"of {origin}", error)
        implemented = {
            options.get("specname") or name for name in dir(plugin) if (options := options_of(plugin, name)) is not None
        }
        if wrong := sorted(implemented - _CALLS):
            message = f"{origin} implements {wrong[0]}, which is not asked for one client; register it as an extension"
            raise ConfigurationError(message, parameter="middleware")
        if not implemented:
            message = f"{origin} is not middleware: it implements none of {', '.join(sorted(_CALLS))} with @hookimpl"
            raise ConfigurationError(message, parameter="middleware")


class _Single:
    """Make a plugin of one function, under the name of the hook that it implements.

    Args:
        function: the function, marked with ``@hookimpl``.

    """

    def __init__(self, function: Any) -> None:
        options = getattr(function, f"{PROJECT}_impl")
        name = options.get("specname") or function.__name__
        setattr(self, name if name in HOOKS else function.__name__, function)


def wrapping(middleware: Any) -> ObjectMiddleware | None:
    """Return what wraps the calls of one client, ``None`` if nothing does.

    Raises:
        ConfigurationError: if *middleware* is not a list of it.

    """
    if isinstance(middleware, ObjectMiddleware):
        return middleware
    if isinstance(middleware, str) or not is_iterable(middleware):
        message = f"middleware must be a list of objects with @hookimpl methods, not {type(middleware).__name__}"
        raise ConfigurationError(message, parameter="middleware")
    objects: Iterable[object] = middleware
    given = [*objects]
    return ObjectMiddleware(given) if given else None


__all__ = ["ObjectMiddleware", "wrapping"]
