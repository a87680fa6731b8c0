"""The capabilities of Acme's models.

The API supports some settings only, so the others are listed here as unsupported: the core then omits them and records
that on the response, or refuses the request if omitting them would break a promise. Everything else that is not listed
is sent, and the host decides.
"""

from __future__ import annotations

from dragoman import NO, SETTINGS, YES, Cap, Capabilities, Support

SENT = frozenset({"max_tokens", "stop", "temperature", "top_p", "seed"})
"""The settings that the API supports."""

UNSUPPORTED = Cap(support=Support.NO, note="Acme has no such setting")


def capabilities(model: str) -> Capabilities:
    """Return the known capabilities of *model*."""
    settings = {name: UNSUPPORTED for name in SETTINGS if name not in SENT}
    return Capabilities(
        settings={**settings, "temperature": Cap(minimum=0, maximum=1)},
        input={"image/*": YES, "audio/*": NO, "video/*": NO, "application/pdf": NO},
        completion=NO,
        tools=YES,
        tool_choice=YES,
        json_schema=YES,
        context_tokens=131_072 if "large" in model else None,
    )
