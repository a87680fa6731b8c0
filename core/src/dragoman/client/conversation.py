"""Read what callers give: a prompt, a message or a conversation, as objects or as plain data, and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

from dragoman.spec.argument_checks import is_iterable, plain_text, shown
from dragoman.spec.argument_names import door
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message, check_messages

Conversation: TypeAlias = str | Message | Mapping[str, Any] | Iterable[Message | Mapping[str, Any]]
"""A prompt, one message, or a conversation; a message may be given as plain data."""


@door
def read_conversation(
    conversation: Conversation, issuer: str = "", formats: frozenset[str] | None = None
) -> tuple[Message, ...]:
    """Return the messages of a prompt, a message or a conversation.

    Args:
        conversation: a prompt, one message, or messages; plain data may be in the form of :meth:`Message.to_dict` or in
            a wire format.
        issuer: the provider of the call, to which signatures in plain data belong.
        formats: the wire formats that are its own: ``chat``, ``responses`` or ``blocks``; ``None`` for all. Signatures
            in any other one belong to nobody.

    Raises:
        InvalidRequestError: if it is none of these, or if there is no provider or no format of that name.

    """
    if issuer or formats:
        _check_names(issuer, formats)
    messages = messages_of(conversation, issuer, formats)
    check_messages(messages)
    return messages


def _check_names(issuer: Any, formats: Any) -> None:
    """Refuse the name of an issuer that is not a provider, installed or published, and unknown formats."""
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # only plain data needs it
    from dragoman.spec.data_owner import FORMATS  # noqa: PLC0415  # only plain data needs it
    from dragoman.spec.directory import published  # noqa: PLC0415  # only plain data needs it
    from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

    forms = {*FORMATS.values()}
    names = {*installed().provider_names(), *forms, *(name for name, _ in published("names"))}
    if not isinstance(issuer, str) or (issuer and issuer not in names):
        message = f"issuer must be the name of a provider, not {shown(issuer)}"
        raise InvalidRequestError(after(message, issuer, names, "dragoman plugins lists the providers"))
    given: Any = () if formats is None else formats
    if isinstance(given, str) or not is_iterable(given):
        message = f"formats must be a set of names of formats, not {shown(given)}"
        raise InvalidRequestError(message)
    unknown = next((each for each in given if each not in forms), None)
    if unknown is not None:
        message = f"formats must be among {', '.join(sorted(forms))}, not {shown(unknown)}"
        raise InvalidRequestError(after(message, unknown, forms))


def messages_of(conversation: Conversation, issuer: str, formats: frozenset[str] | None) -> tuple[Message, ...]:
    """Return the messages, as :func:`read_conversation` does, for a provider and formats that are known."""
    if isinstance(conversation, str):
        if not str.__len__(conversation):
            text = "the prompt must not be empty"
            raise InvalidRequestError(text)
        return (Message("user", conversation),)
    if isinstance(conversation, Message):
        return (conversation,)
    if isinstance(conversation, Mapping):
        conversation = (cast("Mapping[str, Any]", conversation),)
    if isinstance(conversation, bytes | bytearray | type) or not is_iterable(conversation):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        text = f"a conversation must be a string or messages, not {type(conversation).__name__}"
        if isinstance(conversation, type):
            text = f"{text}; extract() takes the type first, as in extract({conversation.__name__}, 'a prompt')"
        raise InvalidRequestError(text)
    messages: tuple[Any, ...] = tuple(conversation)
    if all(type(each) is Message for each in messages):
        return messages
    from dragoman.spec.data_owner import Owner  # noqa: PLC0415  # only plain data needs it
    from dragoman.spec.message_formats import read_messages  # noqa: PLC0415  # only plain data needs it

    return read_messages(messages, Owner(issuer, formats))


def read_texts(texts: str | Iterable[str]) -> list[str]:
    """Return the texts of one text or several.

    Raises:
        InvalidRequestError: if *texts* are not strings.

    """
    given: Any = texts  # callers without a type checker
    if isinstance(given, str):
        return [plain_text(given)]
    if isinstance(given, bytes | bytearray | Mapping) or not is_iterable(given):
        message = f"texts must be a string or a list of strings, not {type(given).__name__}"  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidRequestError(message, parameter="texts")
    each = [*given]  # pyright: ignore[reportUnknownVariableType]
    wrong = next((index for index, text in enumerate(each) if not isinstance(text, str)), None)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if wrong is not None:
        message = f"texts[{wrong}] must be a string, not {shown(each[wrong])}"  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidRequestError(message, parameter="texts")
    return [*map(plain_text, each)]  # pyright: ignore[reportUnknownArgumentType]
