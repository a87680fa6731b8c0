"""What Acme's models accept, as data.

Unknown is not no: a setting that is not mentioned is sent, and the host decides. A dialect of one's own has a place for
some settings only, so the others are named here: the core leaves them out and records it on the response, or refuses
where it would break a promise.
"""

from __future__ import annotations

from dragoman import NO, SETTINGS, YES, Cap, Capabilities, Support

SENT = frozenset({"max_tokens", "stop", "temperature", "top_p", "seed"})
"""The settings that the dialect has a place for."""

NOWHERE = Cap(support=Support.NO, note="Acme has no such setting")


def capabilities(model: str) -> Capabilities:
    """Return what is known of *model*."""
    settings = {name: NOWHERE for name in SETTINGS if name not in SENT}
    return Capabilities(
        settings={**settings, "temperature": Cap(minimum=0, maximum=1)},
        input={"image/*": YES, "audio/*": NO, "video/*": NO, "application/pdf": NO},
        completion=NO,
        tools=YES,
        tool_choice=YES,
        json_schema=YES,
        context_tokens=131_072 if "large" in model else None,
    )
