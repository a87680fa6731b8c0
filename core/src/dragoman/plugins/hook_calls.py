"""Wrap the hook implementations of extensions, so that a failure is attributed to its distribution.

If an implementation fails, its extension is disabled. The hook call continues without it, and no other implementation
is called twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from functools import partial, wraps
from typing import Any, TypeAlias

import pluggy

from dragoman.plugins.checks import check_result
from dragoman.plugins.isolation import is_meant
from dragoman.spec.hookspecs import hookimpl

Options: TypeAlias = "Callable[[Any, str], Mapping[str, Any] | None]"
Report: TypeAlias = "Callable[[str, BaseException], None]"
_Wrapper: TypeAlias = Generator[None, Any, Any]
_UNGUARDED = "dragoman_provider"
"""The hook that is only called on the chosen plugin: its exceptions are raised."""


class Tagged:
    """Represent an extension in the plugin manager, and report failures of its implementations.

    Args:
        plugin: the extension itself.
        options_of: returns the hook options of a member, ``None`` for one that does not implement a hook.
        report: called with this object, the name of the hook and the exception.

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
        return function  # pluggy refuses a wrapper that is not a generator function when it is registered
    inner = _new_style(function) if options["hookwrapper"] else function
    guard = _wrapping(inner, hook, report) if wraps_others else _plain(inner, hook, report)
    changed: dict[str, Any] = {**options, "hookwrapper": False, "wrapper": wraps_others}
    marked: Callable[..., Any] = hookimpl(**changed)(guard)
    return marked


def _new_style(function: Callable[..., Any]) -> Callable[..., _Wrapper]:
    """Return an old-style wrapper of pluggy (``hookwrapper=True``) as a new-style one (``wrapper=True``)."""

    @wraps(function)
    def wrapper(*arguments: Any) -> _Wrapper:
        running = function(*arguments)
        _begin(running, "the old style")
        try:
            outcome = pluggy.Result[Any]((yield), None)
        except BaseException as error:  # noqa: BLE001  # the wrapper may handle any exception
            outcome = pluggy.Result[Any](None, error)
        _end(running, partial(running.send, outcome))
        return outcome.get_result()

    return wrapper


def _plain(function: Callable[..., Any], hook: str, report: Report) -> Callable[..., Any]:
    @wraps(function)
    def guard(*arguments: Any) -> Any:
        try:
            result = function(*arguments)
            return None if result is None else check_result(result, hook)
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
        result, raised = None, None
        try:
            result = yield
        except BaseException as error:  # noqa: BLE001  # the wrapper may handle any exception
            raised = error
        resume = partial(wrapper.send, result) if raised is None else partial(wrapper.throw, raised)
        try:
            return check_result(_end(wrapper, resume), hook, is_combined=True)
        except BaseException as error:
            if error is raised or is_meant(error):
                raise
            report(hook, error)
        if raised is not None:
            raise raised  # the exception of the inner implementations
        return result

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
