"""Conversations, requests and answers as plain data in the form of the library ``openai``: pure functions.

A program that was written for that library keeps its data and asks any provider. The data is that of the classes of the
library, which is not imported.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import Conversation, Message, PlainRequest, Policy, Response, keep_message, read_conversation
from dragoman_openai_compatible.chunk_writer import ChunkWriter
from dragoman_openai_compatible.completion import ISSUER, write_completion
from dragoman_openai_compatible.plain_messages import to_openai

_FORMATS = frozenset({"chat", "responses"})
_NAMES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "frequency_penalty",
            "logprobs",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "seed",
            "service_tier",
            "stop",
            "temperature",
            "timeout",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
        )
    },
    "extra_headers": "headers",
    "function_call": "tool_choice",
    "functions": "tools",
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "reasoning_effort": "effort",
    "response_format": "output",
}
"""Our argument of a call by its name in ``client.chat.completions.create``.

https://platform.openai.com/docs/api-reference/chat/create
"""


def read_messages(messages: Conversation, *, issuer: str = ISSUER) -> tuple[Message, ...]:
    """Return the messages of a chat, or the items of the Responses API, as messages of ours.

    Results of tools have the names of their calls. A message that was written with ``keep=True`` comes back as it was.

    Args:
        messages: the value of ``messages`` or ``input``; objects of the library are taken as their data.
        issuer: the provider to which signatures in the data belong.

    Raises:
        InvalidRequestError: if it cannot be read; the message names the place.

    """
    return read_conversation(messages, issuer, _FORMATS)


def read_request(request: Mapping[str, Any], *, issuer: str = ISSUER) -> PlainRequest:
    """Return what the keyword arguments of ``client.chat.completions.create`` ask for.

    ``llm.generate(request.messages, **request.arguments)`` asks it of any provider. What only one provider knows, such
    as ``user`` or ``store``, is in ``rest`` by its name. ``stream_options`` that ask for the usage are left out, since
    it always comes.

    Args:
        request: the keyword arguments.
        issuer: the provider to which signatures in the data belong.

    Raises:
        InvalidRequestError: if the conversation cannot be read; the message names the place.

    """
    read = PlainRequest.read(request, _NAMES, issuer=issuer, formats=_FORMATS)
    if not _is_of_usage(read.rest.get("stream_options")):
        return read
    return attrs.evolve(read, rest={name: each for name, each in read.rest.items() if name != "stream_options"})


def write_message(response: Response, *, keep: bool = False, on_unsupported: Policy = "warn") -> dict[str, Any]:
    """Return the message of an answer, to be appended to ``messages``.

    Args:
        response: the answer.
        keep: whether the message of ours goes along under the name ``dragoman``, so that signatures, reasoning and all
            else survives in a program that stores dictionaries. Every call reads it again; the API of a vendor may
            refuse the member.
        on_unsupported: what to do about parts that the form has no place for, as for
            :func:`~dragoman_openai_compatible.to_openai`; with *keep*, they are not lost.

    Raises:
        UnsupportedError: for a part that the form cannot express; under ``raise``, for whatever is left out.

    """
    (written,) = to_openai(response.message, on_unsupported="adjust" if keep else on_unsupported)
    return keep_message(written, response.message) if keep else written


def _is_of_usage(options: Any) -> bool:
    return isinstance(options, Mapping) and set(options) <= {"include_usage"}  # pyright: ignore[reportUnknownArgumentType]


__all__ = ["ChunkWriter", "read_messages", "read_request", "write_completion", "write_message"]
