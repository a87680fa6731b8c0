"""What one configuration is bound to, in one object that is replaced as a whole."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from dragoman.spec.argument_checks import is_atom, is_same

if TYPE_CHECKING:
    from dragoman.client.binding import Bound
    from dragoman.client.request_builder import RequestBuilder
    from dragoman.spec.config import LLMConfig
    from dragoman.spec.secret import Secret


class ReadyBinding:
    """Hold what is bound together with what it was bound to, so that no thread sees the one without the other.

    Args:
        bound: the provider with its calls.
        builder: what builds its requests.
        config: the configuration.
        revision: its revision.
        kwargs: a copy of its keyword arguments.
        key: the key that was asked for, if it is asked for at each call.
        bound_to: all that the binding depends on.

    Attributes:
        is_used: whether a call may have opened something.

    """

    __slots__ = ("_atoms", "bound", "bound_to", "builder", "config", "is_used", "key", "kwargs", "revision")

    def __init__(
        self,
        bound: Bound,
        builder: RequestBuilder,
        *,
        config: LLMConfig,
        revision: int,
        kwargs: dict[str, Any],
        key: Secret | None,
        bound_to: tuple[object, ...],
    ) -> None:
        self.bound = bound
        self.builder = builder
        self.config = config
        self.revision = revision
        self.kwargs = kwargs
        self.key = key
        self.bound_to = bound_to
        self.is_used = False
        values = tuple(kwargs.values())
        self._atoms = values if all(map(is_atom, values)) else None

    def serves(self, config: LLMConfig, key: Secret | None) -> bool:
        """Tell whether *config* has not changed since, nor the *key*, if one was asked for.

        Keyword arguments that are objects without contents need not be compared with their copies.
        """
        if self.config is not config or self.revision != config.revision or (key is not None and self.key != key):
            return False
        now, before, atoms = config.kwargs, self.kwargs, self._atoms
        if atoms is not None and len(now) == len(atoms) and all(map(is_, now.values(), atoms)) and [*now] == [*before]:
            return True
        return is_same(before, now)


__all__ = ["ReadyBinding"]
