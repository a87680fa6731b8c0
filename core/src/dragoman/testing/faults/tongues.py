"""Which dialect a request speaks, and whether it asks for a stream: told by its path and its body."""

from __future__ import annotations

import json
from typing import cast

from dragoman.testing.faults.chat import CHAT
from dragoman.testing.faults.gemini import GEMINI
from dragoman.testing.faults.messages import MESSAGES
from dragoman.testing.faults.responses import RESPONSES
from dragoman.testing.faults.tongue import Tongue
from dragoman.testing.reply import Received

__all__ = ["TONGUES", "is_streamed", "tongue_of"]

TONGUES = (CHAT, RESPONSES, MESSAGES, GEMINI)
"""Every dialect that the server speaks."""

_ENDINGS = {
    "/chat/completions": CHAT,
    "/responses": RESPONSES,
    "/messages": MESSAGES,
    ":generateContent": GEMINI,
    ":streamGenerateContent": GEMINI,
}


def tongue_of(request: Received) -> Tongue:
    """Return the dialect of a request.

    Raises:
        LookupError: if its path belongs to none.

    """
    path = request.path.partition("?")[0]
    for ending, tongue in _ENDINGS.items():
        if path.endswith(ending):
            return tongue
    message = f"no dialect has the path {path}; known are those that end in {', '.join(_ENDINGS)}"
    raise LookupError(message)


def is_streamed(request: Received) -> bool:
    """Tell whether a request asks for a stream."""
    if ":streamGenerateContent" in request.path:
        return True
    try:
        body: object = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(body, dict) and cast("dict[str, object]", body).get("stream") is True
