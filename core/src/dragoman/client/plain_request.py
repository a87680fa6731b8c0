"""A request that a program holds as the keyword arguments of another library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import field

from dragoman.client.conversation import messages_of
from dragoman.spec._value import value
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message

_NOT_SENT = frozenset({"NotGiven", "Omit"})
"""The classes with which vendors' libraries mark an argument that is not given."""


@value(kw_only=True)
class PlainRequest:
    """Hold what the keyword arguments of another library ask for.

    ``llm.generate(request.messages, **request.arguments)`` asks the same of any provider.

    Args:
        messages: the conversation.
        model: the model, ``None`` if none is named.
        stream: whether the answer was to be streamed.
        arguments: settings, ``tools``, ``tool_choice`` and ``output``, as the arguments of a call.
        rest: what no argument of a call means, by its own name; the options of one provider, for the most part.

    """

    messages: tuple[Message, ...]
    model: str | None = None
    stream: bool = False
    arguments: Mapping[str, Any] = field(factory=dict[str, Any])
    rest: Mapping[str, Any] = field(factory=dict[str, Any])

    @classmethod
    def read(
        cls, given: Mapping[str, Any], names: Mapping[str, str], *, issuer: str, formats: frozenset[str] | None = None
    ) -> Self:
        """Return the request that keyword arguments ask for.

        Args:
            given: the keyword arguments; those that are ``None``, or marked as not given, are left out.
            names: our argument of a call by their name for it.
            issuer: the provider to which signatures in the conversation belong.
            formats: the wire formats that are its own, as for :func:`~dragoman.read_conversation`.

        Raises:
            InvalidRequestError: if the conversation cannot be read, *stream* or *model* has a wrong type, or two names
                mean one argument.

        """
        if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"a request must be a mapping of keyword arguments, not {shown(given)}"
            raise InvalidRequestError(message)
        told = {name: each for name, each in given.items() if each is not None and type(each).__name__ not in _NOT_SENT}
        if "messages" not in told:
            message = "the request has no member 'messages'; it must hold the conversation"
            raise InvalidRequestError(message, parameter="messages")
        messages = messages_of(told.pop("messages"), issuer, formats)
        model = _of_type(told.pop("model", None), "model", str, "a string")
        stream = _of_type(told.pop("stream", None), "stream", bool, "true or false")
        arguments: dict[str, Any] = {}
        for name in [name for name in told if name in names]:
            if names[name] in arguments:
                message = f"{names[name]} is given twice; {name!r} is another name for it"
                raise InvalidRequestError(message, parameter=name)
            arguments[names[name]] = told.pop(name)
        return cls(messages=messages, model=model, stream=bool(stream), arguments=arguments, rest=told)


def _of_type(given: Any, name: str, kind: type[Any], expected: str) -> Any:
    if given is not None and not isinstance(given, kind):
        message = f"{name} must be {expected}, not {shown(given)}"
        raise InvalidRequestError(message, parameter=name)
    return given


__all__ = ["PlainRequest"]
