"""What models behind the proxy accept, as data.

https://docs.litellm.ai/docs/completion/input
"""

from __future__ import annotations

from dragoman import NO, Capabilities

_CAPABILITIES = Capabilities(completion=NO)


def capabilities(model: str) -> Capabilities:  # noqa: ARG001
    """Return the same for every *model*: the proxy knows the models behind it."""
    return _CAPABILITIES
