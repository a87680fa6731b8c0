"""Each implementation of a hook, tagged with the distribution that brings it and called once.

An extension that breaks a hook is set aside where it breaks: what it wraps, and what stands beside it, goes on as if it
were not there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from functools import partial, wraps
from typing import Any, TypeAlias

from dragoman.blame import is_meant
from dragoman.contract import check_given
from dragoman.hookspecs import hookimpl

Options: TypeAlias = "Callable[[Any, str], Mapping[str, Any] | None]"
Report: TypeAlias = "Callable[[str, BaseException], None]"
_Wrapper: TypeAlias = Generator[None, Any, Any]
_UNGUARDED = "dragoman_provider"
"""The hook that is asked of one plugin alone: what goes wrong there is raised."""


class Tagged:
    """Stand for an extension among the plugins, and report which of its implementations breaks.

    Args:
        plugin: the extension itself.
        options_of: returns how a member is marked, ``None`` for one that implements no hook.
        report: is told this object, the hook and what went wrong.

    """

    def __init__(
        self, plugin: object, options_of: Options, report: Callable[[object, str, BaseException], None]
    ) -> None:
        for name in dir(plugin):
            options = options_of(plugin, name)
            if options is not None:
                hook = options.get("specname") or name
                setattr(self, name, _guarded(getattr(plugin, name), hook, options, partial(report, self)))


def _guarded(function: Callable[..., Any], hook: str, options: Mapping[str, Any], report: Report) -> Callable[..., Any]:
    if hook == _UNGUARDED or (options["wrapper"] and not inspect.isgeneratorfunction(function)):
        return function  # the latter is refused when it is registered
    guard = _wrapping(function, hook, report) if options["wrapper"] else _plain(function, hook, report)
    marked: Callable[..., Any] = hookimpl(**options)(guard)
    return marked


def _plain(function: Callable[..., Any], hook: str, report: Report) -> Callable[..., Any]:
    @wraps(function)
    def guard(*arguments: Any) -> Any:
        try:
            given = function(*arguments)
            return None if given is None else check_given(given, hook)
        except BaseException as error:
            if is_meant(error):
                raise
            report(hook, error)
            return None

    return guard


def _wrapping(function: Callable[..., _Wrapper], hook: str, report: Report) -> Callable[..., _Wrapper]:
    @wraps(function)
    def guard(*arguments: Any) -> _Wrapper:
        try:
            wrapper = function(*arguments)
            _begin(wrapper, hook)
        except BaseException as error:
            if is_meant(error):
                raise
            report(hook, error)
            return (yield)
        try:
            given = yield
        except BaseException as error:  # noqa: BLE001  # it is the wrapper's to answer or to raise again
            return _end(wrapper, partial(wrapper.throw, error))
        try:
            return check_given(_end(wrapper, partial(wrapper.send, given)), hook, all_of_them=True)
        except BaseException as error:
            if is_meant(error):
                raise
            report(hook, error)
            return given

    return guard


def _begin(wrapper: _Wrapper, hook: str) -> None:
    try:
        next(wrapper)
    except StopIteration:
        message = f"the wrapper of {hook} did not yield"
        raise RuntimeError(message) from None


def _end(wrapper: _Wrapper, resume: Callable[[], object]) -> Any:
    """Return what a wrapper returns after its only ``yield``."""
    try:
        resume()
    except StopIteration as end:
        return end.value
    wrapper.close()
    message = "the wrapper yielded a second time"
    raise RuntimeError(message)
