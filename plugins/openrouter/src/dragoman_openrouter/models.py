"""What models at OpenRouter accept, as data.

https://openrouter.ai/docs/api-reference/parameters
"""

from __future__ import annotations

from dragoman import NO, Capabilities

_CAPABILITIES = Capabilities(completion=NO)


def capabilities(model: str) -> Capabilities:  # noqa: ARG001
    """Return the same for every *model*: OpenRouter itself drops settings that the vendor does not support."""
    return _CAPABILITIES
