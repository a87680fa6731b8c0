"""What a plugin has to keep, checked where it is taken in rather than where it would fail."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from dragoman import hookspecs
from dragoman.errors import PluginError, SpecVersionError
from dragoman.provider import SPEC, Provider

HOOKS = tuple(name for name in dir(hookspecs) if name.startswith(f"{hookspecs.PROJECT}_"))
"""The names of all hooks."""

_Call = TypeVar("_Call", bound=Callable[..., Any])
_NOT_PLAIN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


def check_hooks(plugin: object, options_of: Callable[[Any, str], Mapping[str, Any] | None], origin: str) -> None:
    """Refuse what would be taken in silence: unknown hooks, coroutines and generators.

    Args:
        plugin: a module, or an object with implementations.
        options_of: returns how a member is marked, ``None`` for one that implements no hook.
        origin: what to call the plugin in an error.

    Raises:
        PluginError: naming the first implementation that cannot work.

    """
    if not isinstance(plugin, Hashable):
        message = f"{origin} is not hashable, as a plugin must be; a dataclass is with eq=False"
        raise PluginError(message)
    for name in dir(plugin):
        options = options_of(plugin, name)
        if options is None:
            continue
        hook = options.get("specname") or name
        if hook not in HOOKS:
            message = f"{origin} implements {hook!r}, which is no hook; the hooks are {', '.join(HOOKS)}"
            raise PluginError(message)
        if options["wrapper"] or options["hookwrapper"]:
            continue
        if any(is_kind(getattr(plugin, name)) for is_kind in _NOT_PLAIN):
            message = f"{origin} implements {hook!r} as a coroutine or generator; it must be a plain function"
            raise PluginError(message)


def check_provider(made: object, *, name: str, distribution: str) -> Provider:
    """Return *made* if it is a provider that this core can talk to.

    Raises:
        PluginError: if it is no provider.
        SpecVersionError: if it was written for a newer specification.

    """
    if not isinstance(made, Provider):
        message = f"{distribution} made {_kind(made)} where a provider is wanted"
        raise PluginError(message, provider=name)
    theirs = tuple(int(number) for number in re.findall(r"\d+", made.info.spec)[:2])
    ours = tuple(int(number) for number in SPEC.split("."))
    if theirs > ours:
        message = (
            f"{distribution} was written for specification {made.info.spec}, this dragoman speaks {SPEC}; "
            "run: pip install --upgrade dragoman"
        )
        raise SpecVersionError(message, provider=name)
    return made


def check_call(call: _Call, hook: str) -> _Call:
    """Return what the call hook *hook* gave, if it can be called.

    Raises:
        PluginError: if it cannot.

    """
    if not callable(call):
        message = f"the hook {hook} gave {_kind(call)} where a callable is wanted"
        raise PluginError(message)
    return call


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
