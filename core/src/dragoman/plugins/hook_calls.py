"""Each implementation of a hook, tagged with the distribution that brings it and called once.

An extension that breaks a hook is set aside where it breaks: what it wraps, and what stands beside it, goes on as if it
were not there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from functools import partial, wraps
from typing import Any, TypeAlias

import pluggy

from dragoman.plugins.checks import check_given
from dragoman.plugins.isolation import is_meant
from dragoman.spec.hookspecs import hookimpl

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
    wraps_others = options["wrapper"] or options["hookwrapper"]
    if hook == _UNGUARDED or (wraps_others and not inspect.isgeneratorfunction(function)):
        return function  # the latter is refused when it is registered
    inner = _modern(function) if options["hookwrapper"] else function
    guard = _wrapping(inner, hook, report) if wraps_others else _plain(inner, hook, report)
    changed: dict[str, Any] = {**options, "hookwrapper": False, "wrapper": wraps_others}
    marked: Callable[..., Any] = hookimpl(**changed)(guard)
    return marked


def _modern(function: Callable[..., Any]) -> Callable[..., _Wrapper]:
    """Return a wrapper of pluggy's older kind, which is sent a result that it may replace, as one of today's."""

    @wraps(function)
    def wrapper(*arguments: Any) -> _Wrapper:
        running = function(*arguments)
        _begin(running, "the older kind")
        try:
            outcome = pluggy.Result[Any]((yield), None)
        except BaseException as error:  # noqa: BLE001  # it is the wrapper's to answer or to leave
            outcome = pluggy.Result[Any](None, error)
        _end(running, partial(running.send, outcome))
        return outcome.get_result()

    return wrapper


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
        given, raised = None, None
        try:
            given = yield
        except BaseException as error:  # noqa: BLE001  # it is the wrapper's to answer or to raise again
            raised = error
        resume = partial(wrapper.send, given) if raised is None else partial(wrapper.throw, raised)
        try:
            return check_given(_end(wrapper, resume), hook, all_of_them=True)
        except BaseException as error:
            if error is raised or is_meant(error):
                raise
            report(hook, error)
        if raised is not None:
            raise raised  # what comes from within goes on outwards
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
