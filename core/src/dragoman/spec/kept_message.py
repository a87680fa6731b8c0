"""A message of ours inside plain data in a wire format, so that what the format has no place for survives.

The member ``dragoman`` holds the message and a digest of the other members. Data that was changed since then is read as
it now stands, and what was kept in it counts no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message, Role

KEPT = "dragoman"
"""The member of plain data that holds a message of ours."""
_ROLES: Mapping[str, tuple[Role, ...]] = {
    "system": (Role.SYSTEM,),
    "developer": (Role.SYSTEM,),
    "user": (Role.USER, Role.TOOL),  # some formats have results in the user's turn
    "assistant": (Role.ASSISTANT,),
    "tool": (Role.TOOL,),
    "function": (Role.TOOL,),
}
"""The roles that a kept message may have, so that nobody speaks in another role than the one that programs see."""


def keep_message(data: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """Return plain data of a message with the message itself, which every call then reads instead.

    Args:
        data: the message in a wire format.
        message: what it was written from.

    """
    return {**data, KEPT: {"message": message.to_dict(), "of": _digest(data)}}


def kept_message(data: Mapping[str, Any], path: str) -> Message | None:
    """Return the message that is kept in plain data, ``None`` if the data was changed since then.

    Args:
        data: the message in a wire format, with the member ``dragoman``.
        path: where it stands, for error messages, such as ``messages[0]``.

    Raises:
        InvalidRequestError: if the member is not what :func:`keep_message` writes.

    """
    kept: Any = data[KEPT]
    known = cast("Mapping[str, Any]", kept if isinstance(kept, Mapping) else {})
    message: Any = known.get("message")
    if not isinstance(message, Mapping) or not isinstance(known.get("of"), str):
        text = f"{path}.{KEPT} must be what keep=True wrote there, not {shown(data[KEPT])}; leave the member out"
        raise InvalidRequestError(text, parameter="messages")
    if known["of"] != _digest(data):
        return None
    found = Message.from_dict(cast("Mapping[str, Any]", message))
    return found if found.role in _ROLES.get(str(data.get("role")), ()) else None


def _digest(data: Mapping[str, Any]) -> str:
    """Return a digest of the members that say something; programs may drop those that are null, and reorder them."""
    told = {name: value for name, value in data.items() if name != KEPT and value is not None}
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
