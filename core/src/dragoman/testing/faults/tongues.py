"""Which dialect a request speaks: told by its path."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.testing.faults.chat import CHAT
from dragoman.testing.faults.gemini import GEMINI
from dragoman.testing.faults.messages import MESSAGES
from dragoman.testing.faults.responses import RESPONSES
from dragoman.testing.faults.tongue import Tongue
from dragoman.testing.reply import Received

__all__ = ["TONGUES", "tongue_of"]

TONGUES = (CHAT, RESPONSES, MESSAGES, GEMINI)
"""Every dialect that the server speaks unless it is told others."""


def tongue_of(request: Received, tongues: Sequence[Tongue] = TONGUES) -> Tongue:
    """Return the first of these dialects that a request speaks.

    Raises:
        LookupError: if it speaks none.

    """
    for tongue in tongues:
        if tongue.speaks(request):
            return tongue
    known = ", ".join(ending for tongue in tongues for ending in tongue.endings)
    message = f"no dialect has the path {request.path.partition('?')[0]}; known are those that end in {known}"
    raise LookupError(message)
