"""Check the contract of plugins when they are loaded, rather than when they would fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from dragoman.spec import hookspecs
from dragoman.spec.errors import PluginError, SpecVersionError
from dragoman.spec.plain_text import bounded
from dragoman.spec.provider import SPEC, Provider, Resolution

if TYPE_CHECKING:
    from dragoman.spec.command import Command

Spec: TypeAlias = tuple[int, int]
"""A version of the provider specification: major and minor."""

HOOKS = tuple(name for name in dir(hookspecs) if name.startswith(f"{hookspecs.PROJECT}_"))
"""The names of all hooks."""

_CALLS = frozenset({"dragoman_completion", "dragoman_chat", "dragoman_stream", "dragoman_operation"})
_COMMANDS = "dragoman_commands"
_MOST_DIGITS = 4
_RESOLVE = "dragoman_resolve"
_SECRET = "dragoman_secret"  # noqa: S105  # the name of a hook

_Call = TypeVar("_Call", bound=Callable[..., Any])
_NOT_PLAIN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


def check_hooks(plugin: object, options_of: Callable[[Any, str], Mapping[str, Any] | None], origin: str) -> None:
    """Refuse mistakes that pluggy accepts silently: unknown hooks, coroutines, generators and classes.

    Args:
        plugin: a module, or an object with implementations.
        options_of: returns the hook options of a member, ``None`` for one that does not implement a hook.
        origin: the name of the plugin in error messages.

    Raises:
        PluginError: for the first implementation that is invalid.

    """
    if not isinstance(plugin, Hashable):
        message = f"{origin} is not hashable, but a plugin must be; give a dataclass eq=False"
        raise PluginError(message)
    for name in dir(plugin):
        options = options_of(plugin, name)
        if options is None:
            continue
        hook = options.get("specname") or name
        if hook not in HOOKS:
            message = f"{origin} implements {hook!r}, which is not a hook; the hooks are {', '.join(HOOKS)}"
            raise PluginError(message)
        if isinstance(plugin, type) and inspect.isfunction(inspect.getattr_static(plugin, name)):
            message = f"{origin} is a class, and its {name}() needs an object; give {origin}()"
            raise PluginError(message)
        if options["wrapper"] or options["hookwrapper"]:
            continue
        if any(is_kind(getattr(plugin, name)) for is_kind in _NOT_PLAIN):
            message = f"{origin} implements {hook!r} as a coroutine or generator; it must be a plain function"
            raise PluginError(message)


def check_provider(made: object, *, name: str, distribution: str, ours: str = SPEC) -> Provider:
    """Return *made* if it is a provider that this core supports.

    Raises:
        PluginError: if it is not a provider, or does not state a version of the specification.
        SpecVersionError: if it was written for a version of the specification that this core does not support.

    """
    if inspect.iscoroutine(made):
        made.close()  # prevents the warning that it was never awaited
    if not isinstance(made, Provider):
        message = f"{distribution} returned {_kind(made)} instead of a provider"
        raise PluginError(message, provider=name)
    check_spec(getattr(made.info, "spec", None), name=name, distribution=distribution, ours=ours)
    return made


def read_spec(text: object) -> Spec | None:
    """Return the version that *text* states, such as ``"1.0"``; ``None`` if it is not a version."""
    if not isinstance(text, str):
        return None
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if _is_number(major) and _is_number(minor) else None


def _is_number(text: str) -> bool:
    """Tell whether *text* is a number of at most four digits; quicker than a regular expression to be compiled."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and (text == "0" or text[0] != "0")


def check_spec(stated: object, *, name: str, distribution: str, ours: str = SPEC) -> Spec:
    """Return the version of the specification that a plugin states, if this core supports it.

    Args:
        stated: what the plugin states.
        name: the provider's name.
        distribution: the distribution of the plugin.
        ours: the version of the specification that this core implements.

    Raises:
        PluginError: if *stated* is not a version.
        SpecVersionError: if it is newer than *ours*, or of an older major version.

    """
    theirs, core = read_spec(stated), read_spec(ours) or (0, 0)
    if theirs is None:
        shown = bounded(repr(stated), 100)
        message = f"{distribution} states the specification {shown}; it must be MAJOR.MINOR, such as {SPEC!r}"
        raise PluginError(message, provider=name)
    if theirs > core:
        message = (
            f"{distribution} was written for specification {stated}, but this dragoman supports {ours}; "
            "run: pip install --upgrade dragoman"
        )
        raise SpecVersionError(message, provider=name)
    if theirs[0] < core[0]:
        message = (
            f"{distribution} was written for specification {stated}, which this dragoman no longer supports (it "
            f"supports {ours}); run: pip install --upgrade {distribution}"
        )
        raise SpecVersionError(message, provider=name)
    return theirs


def check_call(call: _Call, hook: str) -> _Call:
    """Return *call*, the result of the call hook *hook*, if it is callable.

    Raises:
        PluginError: if it is not.

    """
    if not callable(call):
        message = f"the hook {hook} returned {_kind(call)} instead of a callable"
        raise PluginError(message)
    return call


def check_commands(result: Iterable[object]) -> tuple[Command, ...]:
    """Return the commands of an extension as a tuple.

    Raises:
        PluginError: if one of them is not a :class:`Command`.

    """
    from dragoman.spec.command import Command  # noqa: PLC0415  # only the command line asks for commands

    commands = tuple(result)
    for command in commands:
        if not isinstance(command, Command):
            message = f"the hook {_COMMANDS} returned {_kind(command)} instead of a Command"
            raise PluginError(message)
    return cast("tuple[Command, ...]", commands)


def check_result(result: Any, hook: str, *, is_combined: bool = False) -> Any:
    """Return the result of one implementation of *hook*, if its type is valid.

    Args:
        result: the result.
        hook: the name of the hook.
        is_combined: whether it is the result of a wrapper, which combines those of all implementations.

    Raises:
        PluginError: if the result is of a wrong type.

    """
    untyped: Any = result
    if hook in _CALLS:
        return check_call(untyped, hook)
    if hook == _COMMANDS:
        return [check_commands(each) for each in untyped] if is_combined else check_commands(untyped)
    if hook == _SECRET and not isinstance(result, str | None):
        message = f"the hook {hook} returned {_kind(result)} instead of a string"
        raise PluginError(message)
    if hook == _RESOLVE and result is not None:
        _check_resolution(untyped)
    return result


def _check_resolution(made: object) -> None:
    if not isinstance(made, Resolution):
        message = f"the hook {_RESOLVE} returned {_kind(made)} instead of a Resolution"
        raise PluginError(message)
    for name, kind in (("provider", str), ("model", str), ("api_base", str | None)):
        if not isinstance(value := getattr(made, name), kind):
            message = f"the hook {_RESOLVE} returned a Resolution whose {name} is {_kind(value)} instead of a string"
            raise PluginError(message)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
