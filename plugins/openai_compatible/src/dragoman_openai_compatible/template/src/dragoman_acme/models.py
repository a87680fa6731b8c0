"""What Acme's models accept, as data.

A setting that is left out is unknown: it is sent, and the host decides. List only what is known for certain.
https://docs.acme.example/api/models
"""

from __future__ import annotations

from dragoman import NO, YES, Cap, Capabilities

EFFORTS = Cap(values=frozenset({"low", "medium", "high"}))


def capabilities(model: str) -> Capabilities:
    """Return what is known about *model*."""
    return Capabilities(
        settings={"service_tier": NO, "effort": EFFORTS},
        completion=NO,
        tools=YES,
        tool_choice=YES,
        json_schema=YES,
        context_tokens=131_072 if "large" in model else None,
    )
