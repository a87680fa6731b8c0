"""What a plugin has to keep, checked where it is taken in rather than where it would fail."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from dragoman.spec import hookspecs
from dragoman.spec.errors import PluginError, SpecVersionError
from dragoman.spec.plain_text import bounded
from dragoman.spec.provider import SPEC, Command, Provider

Spec: TypeAlias = tuple[int, int]
"""A version of the provider specification: major and minor."""

HOOKS = tuple(name for name in dir(hookspecs) if name.startswith(f"{hookspecs.PROJECT}_"))
"""The names of all hooks."""

_CALLS = frozenset({"dragoman_completion", "dragoman_chat", "dragoman_stream", "dragoman_operation"})
_COMMANDS = "dragoman_commands"
_SECRET = "dragoman_secret"  # noqa: S105  # the name of a hook

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


def check_provider(made: object, *, name: str, distribution: str, ours: str = SPEC) -> Provider:
    """Return *made* if it is a provider that this core can talk to.

    Raises:
        PluginError: if it is no provider, or states no specification.
        SpecVersionError: if it was written for a specification that this core does not speak.

    """
    if inspect.iscoroutine(made):
        made.close()  # it would complain that nobody awaited it
    if not isinstance(made, Provider):
        message = f"{distribution} made {_kind(made)} where a provider is wanted"
        raise PluginError(message, provider=name)
    check_spec(getattr(made.info, "spec", None), name=name, distribution=distribution, ours=ours)
    return made


def read_spec(text: object) -> Spec | None:
    """Return the specification that *text* states, such as ``"1.0"``; ``None`` if it states none."""
    found = re.fullmatch(r"(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})", text) if isinstance(text, str) else None
    return (int(found.group(1)), int(found.group(2))) if found else None


def check_spec(stated: object, *, name: str, distribution: str, ours: str = SPEC) -> Spec:
    """Return the specification that a plugin states, if this core can speak it.

    Args:
        stated: what it states.
        name: the provider's name.
        distribution: where it comes from.
        ours: the specification of this core.

    Raises:
        PluginError: if it states none.
        SpecVersionError: if it states a newer one, or one of an older major version.

    """
    theirs, core = read_spec(stated), read_spec(ours) or (0, 0)
    if theirs is None:
        shown = bounded(repr(stated), 100)
        message = f"{distribution} states the specification {shown}; one is MAJOR.MINOR, such as {SPEC!r}"
        raise PluginError(message, provider=name)
    if theirs > core:
        message = (
            f"{distribution} was written for specification {stated}, this dragoman speaks {ours}; "
            "run: pip install --upgrade dragoman"
        )
        raise SpecVersionError(message, provider=name)
    if theirs[0] < core[0]:
        message = (
            f"{distribution} was written for specification {stated}, which dragoman no longer speaks since it speaks "
            f"{ours}; run: pip install --upgrade {distribution}"
        )
        raise SpecVersionError(message, provider=name)
    return theirs


def check_call(call: _Call, hook: str) -> _Call:
    """Return what the call hook *hook* gave, if it can be called.

    Raises:
        PluginError: if it cannot.

    """
    if not callable(call):
        message = f"the hook {hook} gave {_kind(call)} where a callable is wanted"
        raise PluginError(message)
    return call


def check_commands(given: Iterable[object]) -> tuple[Command, ...]:
    """Return what an extension gave as its commands, if each is one.

    Raises:
        PluginError: naming what is none.

    """
    commands = tuple(given)
    for command in commands:
        if not isinstance(command, Command):
            message = f"the hook {_COMMANDS} gave {_kind(command)} where a Command is wanted"
            raise PluginError(message)
    return cast("tuple[Command, ...]", commands)


def check_given(given: Any, hook: str, *, all_of_them: bool = False) -> Any:
    """Return what one implementation of *hook* gave, if the hook can give it.

    Args:
        given: what it gave.
        hook: the name of the hook.
        all_of_them: whether it is a wrapper's, which stands for all answers.

    Raises:
        PluginError: if it is of another kind.

    """
    answer: Any = given
    if hook in _CALLS:
        return check_call(answer, hook)
    if hook == _COMMANDS:
        return [check_commands(each) for each in answer] if all_of_them else check_commands(answer)
    if hook == _SECRET and not isinstance(given, str | None):
        message = f"the hook {hook} gave {_kind(given)} where a text is wanted"
        raise PluginError(message)
    return given


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
