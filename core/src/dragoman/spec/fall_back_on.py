"""When another model is asked: after which errors, and after which answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, TypeAlias, cast

from attrs import frozen

from dragoman.spec.argument_checks import plain_text, shown
from dragoman.spec.errors import (
    ConfigurationError,
    ContentFilterError,
    DragomanError,
    NoAnswerError,
    RefusalError,
    TruncatedOutputError,
)
from dragoman.spec.parts import Reasoning, Refusal, Text
from dragoman.spec.response import Response
from dragoman.spec.whole_answer import is_cut, is_declined

Predicate: TypeAlias = Callable[[Response], object]
"""Tells whether an answer is to be replaced by that of another model."""


def is_empty(response: Response) -> bool:
    """Tell whether an answer holds nothing but reasoning."""
    if is_declined(response):
        return False
    return all(
        isinstance(part, Reasoning) or (isinstance(part, Text | Refusal) and not part.text.strip())
        for part in response.message.parts
    )


_WORDS: dict[str, tuple[tuple[type[DragomanError], ...], Callable[[Response], bool]]] = {
    "empty": ((NoAnswerError,), is_empty),
    "refused": ((RefusalError, ContentFilterError), is_declined),
    "truncated": ((TruncatedOutputError,), is_cut),
}
"""For each word, the errors and the answers that it stands for."""


@frozen
class FallBackOn:
    """Say when another model is asked.

    Args:
        errors: classes of errors; ``None`` for those after which another model usually may succeed.
        also: further classes of errors.
        answers: what an answer is called, with what tells whether it is such an answer.

    """

    errors: tuple[type[DragomanError], ...] | None = None
    also: tuple[type[DragomanError], ...] = ()
    answers: tuple[tuple[str, Predicate], ...] = ()

    def problem_of(self, response: Response) -> str | None:
        """Return why another model is to be asked, ``None`` if the answer may stay."""
        return next((f"the answer is {what}" for what, applies in self.answers if _tells(applies, response)), None)


def _tells(applies: Predicate, response: Response) -> bool:
    """Return what a function says of an answer.

    Raises:
        TypeError: if that is to be awaited, which nobody does. No other model is asked after such an error.

    """
    told = applies(response)
    if not isawaitable(told):
        return bool(told)
    if iscoroutine(told):
        told.close()
    message = "a function of fall_back_on= must return whether the answer is not wanted, not something to await"
    raise TypeError(message)


def read_fall_back_on(given: Any) -> FallBackOn:
    """Return what ``fall_back_on=`` of a configuration says.

    Args:
        given: a class of errors, a word, a function of a response, or a list of these.

    Raises:
        ConfigurationError: for anything else, or an unknown word.

    """
    errors: list[type[DragomanError]] = []
    also: list[type[DragomanError]] = []
    answers: list[tuple[str, Predicate]] = []
    for each in _listed(given):
        if isinstance(each, type) and issubclass(each, DragomanError):
            errors.append(each)
        elif isinstance(each, str):
            classes, applies = _meaning_of(plain_text(each))
            also += classes
            answers.append((each, applies))
        elif isinstance(each, type) or not callable(each):
            message = (
                f"fall_back_on takes classes of errors of Dragoman, {', '.join(map(repr, _WORDS))}, or functions of a "
                f"response, not {shown(each)}"
            )
            raise ConfigurationError(message, parameter="fall_back_on")
        elif iscoroutinefunction(each):
            message = f"fall_back_on takes functions that need no await, not the coroutine function {shown(each)}"
            raise ConfigurationError(message, parameter="fall_back_on")
        else:
            answers.append(("not wanted", each))
    return FallBackOn(tuple(errors) or None, tuple(also), tuple(answers))


def _listed(given: Any) -> list[Any]:
    is_one = isinstance(given, str | type) or not isinstance(given, Iterable)
    return [given] if is_one else [*cast("Iterable[Any]", given)]


def _meaning_of(word: str) -> tuple[tuple[type[DragomanError], ...], Callable[[Response], bool]]:
    if word in _WORDS:
        return _WORDS[word]
    from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

    message = after(f"fall_back_on has no word {shown(word)}", word, _WORDS)
    raise ConfigurationError(message, parameter="fall_back_on")


__all__ = ["FallBackOn", "read_fall_back_on"]
