"""Errors as Mistral reports them: flat, or as a list of the members that are wrong.

https://docs.mistral.ai/resources/error-codes
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import ContextWindowExceededError, NotFoundError, ProtocolError, ProviderError
from dragoman.http import HttpReply, fields, items_of, objects
from dragoman_openai_compatible import CHAT_CODES, error_of

CODES: Mapping[str, type[ProviderError]] = {
    **CHAT_CODES,
    "1500": NotFoundError,
    "3051": ContextWindowExceededError,
}
"""Error classes by the code or the type of an error; the codes are numbers in strings."""

SETTINGS: Mapping[str, str] = {
    "random_seed": "seed",
    "reasoning_effort": "effort",
    "response_format": "output",
}
"""Names of our settings by those of the API."""


def mistral_error(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports, with the setting that it is about.

    Args:
        reply: the reply, or one event of a stream as a reply with the status 200.

    """
    error = error_of(reply, CODES)
    named = error.parameter or _wrong_member(reply)
    error.parameter = SETTINGS.get(named, named) if named else None
    return error


def _wrong_member(reply: HttpReply) -> str | None:
    """Return the name of the first member that a list of wrong members is about, ``None`` if there is none."""
    try:
        body = fields(reply.json())
    except ProtocolError:
        return None
    listed = objects(body.get("detail")) or objects(fields(body.get("message")).get("detail"))
    places = [items_of(each.get("loc")) for each in listed]
    names = [name for place in places for name in place if isinstance(name, str) and name != "body"]
    return names[0] if names else None
