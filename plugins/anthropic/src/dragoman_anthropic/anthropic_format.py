"""Conversations, requests and answers as plain data in the form of the library ``anthropic``: pure functions.

A program that was written for that library keeps its data and asks any provider. The data is that of the classes of the
library, which is not imported.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import (
    Conversation,
    InvalidRequestError,
    Message,
    PlainRequest,
    Policy,
    Response,
    keep_message,
    read_conversation,
)
from dragoman_anthropic.answer_blocks import write_response
from dragoman_anthropic.event_writer import EventWriter
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.plain_messages import to_anthropic

_FORMATS = frozenset({"blocks"})
_NAMES: Mapping[str, str] = {
    **{
        name: name
        for name in ("max_tokens", "service_tier", "temperature", "timeout", "tool_choice", "tools", "top_k", "top_p")
    },
    "extra_headers": "headers",
    "output_format": "output",
    "stop_sequences": "stop",
}
"""Our argument of a call by its name in ``client.messages.create``: https://docs.anthropic.com/en/api/messages."""


def read_messages(messages: Conversation, *, system: Any = None, issuer: str = ISSUER) -> tuple[Message, ...]:
    """Return messages of content blocks as messages of ours.

    Results of tools have the names of their calls. A message that was written with ``keep=True`` comes back as it was.

    Args:
        messages: the value of ``messages``; objects of the library are taken as their data.
        system: the value of ``system``: a text or blocks, which become the first message.
        issuer: the provider to which signatures in the data belong.

    Raises:
        InvalidRequestError: if it cannot be read; the message names the place.

    """
    read = read_conversation(messages, issuer, _FORMATS)
    if system is None:
        return read
    if not isinstance(system, str | list | tuple):
        message = f"system must be a text or a list of blocks, not {type(system).__name__}"
        raise InvalidRequestError(message, parameter="system")
    return (*read_conversation([{"role": "system", "content": system}], issuer, _FORMATS), *read)


def read_request(request: Mapping[str, Any], *, issuer: str = ISSUER) -> PlainRequest:
    """Return what the keyword arguments of ``client.messages.create`` ask for.

    ``llm.generate(request.messages, **request.arguments)`` asks it of any provider. What only Anthropic knows, such as
    ``thinking`` or ``container``, is in ``rest`` by its name.

    Args:
        request: the keyword arguments.
        issuer: the provider to which signatures in the data belong.

    Raises:
        InvalidRequestError: if the conversation cannot be read; the message names the place.

    """
    read = PlainRequest.read(request, _NAMES, issuer=issuer, formats=_FORMATS)
    if "system" not in read.rest:
        return read
    messages = read_messages(read.messages, system=read.rest["system"], issuer=issuer)
    return attrs.evolve(
        read, messages=messages, rest={name: each for name, each in read.rest.items() if name != "system"}
    )


def write_message(response: Response, *, keep: bool = False, on_unsupported: Policy = "warn") -> dict[str, Any]:
    """Return the message of an answer, to be appended to ``messages``.

    Args:
        response: the answer.
        keep: whether the message of ours goes along under the name ``dragoman``, so that signatures, reasoning and all
            else survives in a program that stores dictionaries. Every call reads it again; the API of a vendor may
            refuse the member.
        on_unsupported: what to do about parts that the form has no place for, as for
            :func:`~dragoman_anthropic.to_anthropic`; with *keep*, they are not lost.

    Raises:
        InvalidRequestError: if nothing is left of the answer.
        UnsupportedError: for a part that the form cannot express; under ``raise``, for whatever is left out.

    """
    (written,) = to_anthropic(response.message, on_unsupported="adjust" if keep else on_unsupported)
    return keep_message(written, response.message) if keep else written


__all__ = ["EventWriter", "read_messages", "read_request", "write_message", "write_response"]
