"""The middleware of one client, and clients that are remade with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.spec.argument_checks import is_iterable
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError

if TYPE_CHECKING:
    from dragoman.plugins.object_middleware import ObjectMiddleware

T = TypeVar("T")


def wrapping(middleware: Any) -> ObjectMiddleware | None:
    """Return what wraps the calls of one client, ``None`` if nothing does.

    Raises:
        ConfigurationError: if *middleware* is not a list of it.

    """
    if middleware == ():
        return None
    from dragoman.plugins.object_middleware import ObjectMiddleware  # noqa: PLC0415  # few clients have any

    if isinstance(middleware, ObjectMiddleware):
        return middleware
    if isinstance(middleware, str) or not is_iterable(middleware):
        message = f"middleware must be a list of objects with @hookimpl methods, not {type(middleware).__name__}"
        raise ConfigurationError(message, parameter="middleware")
    objects: Iterable[object] = middleware
    given = [*objects]
    return ObjectMiddleware(given) if given else None


def remade(kind: Callable[..., T], config: LLMConfig, middleware: ObjectMiddleware | None) -> T:
    """Return a client of *kind* as another one was made."""
    return kind(config) if middleware is None else kind(config, middleware=middleware)


__all__ = ["remade", "wrapping"]
