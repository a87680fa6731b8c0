"""Constructors, methods and classes that say in their errors what a foreign argument or member is called here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar

import attrs

from dragoman.spec.descriptors import exhausted

T = TypeVar("T")
M = TypeVar("M", bound=Callable[..., Any])

_CO_COROUTINE = 0x80  # the flag of ``async def`` in ``__code__.co_flags``


def tells_names(kind: type[T]) -> type[T]:
    """Let the constructor of an attrs class say what an argument that it does not have is called here."""
    made: Any = kind
    construct = made.__init__

    @wraps(construct)
    def construct_or_tell(self: object, *args: Any, **kwargs: Any) -> None:
        try:
            construct(self, *args, **kwargs)
        except TypeError as error:
            known = [field.alias for field in attrs.fields(made)]
            told = _told(error, f"{made.__name__}.__init__", _others(kwargs, known), known, made.__name__)
            if told is None:
                raise
            raise told from None

    made.__init__ = construct_or_tell
    return kind


def door(method: M) -> M:
    """Let a method say what an argument that it does not have is called here, or where it belongs."""
    made: Any = method
    code = made.__code__
    taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if code.co_flags & _CO_COROUTINE:

        @wraps(made)
        async def open_async(*args: Any, **kwargs: Any) -> Any:
            try:
                return await made(*args, **kwargs)
            except (TypeError, OSError) as error:
                if (told := _told_of_call(error, made.__qualname__, kwargs, taken)) is None:
                    raise
                raise told from None

        return open_async  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # the same signature

    @wraps(made)
    def open_door(*args: Any, **kwargs: Any) -> Any:
        try:
            return made(*args, **kwargs)
        except (TypeError, OSError) as error:
            if (told := _told_of_call(error, made.__qualname__, kwargs, taken)) is None:
                raise
            raise told from None

    return open_door  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # the same signature


def tells_members(kind: type[T]) -> type[T]:
    """Let a client say what a member that it does not have is called here; type checkers are not told."""
    made: Any = kind

    def refuse(self: object, name: str) -> Any:
        if name.startswith("_") or hasattr(type(self), name):
            return object.__getattribute__(self, name)  # raises what Python, or a property, says
        from dragoman.spec.foreign_names import advice  # noqa: PLC0415  # only errors need it

        told = advice(name, (each for each in dir(type(self)) if not each.startswith("_")), "client")
        message = f"{type(self).__name__!r} object has no attribute {name!r}{told and '; '}{told}"
        raise AttributeError(message, name=name, obj=self)

    made.__getattr__ = refuse
    return kind


def _told_of_call(
    error: TypeError | OSError, called: str, given: Mapping[str, Any], taken: Iterable[str]
) -> Exception | None:
    """Return the error to raise in place of *error*, ``None`` for itself.

    What only one door needs is imported when it is opened, which fails in a process that has no file descriptors left.
    """
    return (
        exhausted(error) if isinstance(error, OSError) else _told(error, called, _others(given, taken) or given, taken)
    )


def _others(kwargs: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return [name for name in kwargs if name not in known]


def _told(
    error: TypeError, called: str, names: Iterable[str], known: Iterable[str] = (), owner: str = ""
) -> TypeError | None:
    """Return *error* with advice, ``None`` if Python did not raise it because of the arguments of *called*."""
    text = str(error)
    if not text.startswith(f"{called}() "):
        return None
    from dragoman.spec.foreign_names import refused  # noqa: PLC0415  # only errors need it

    advice = refused(names, known, owner)
    return TypeError(f"{text}; {advice}") if advice else None
