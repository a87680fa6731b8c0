"""``Message`` of Dragoman, under the import path of the OpenHands LLM reference. This is not OpenHands."""

from __future__ import annotations

from dragoman import Message
from dragoman_openhands import refuse_to_shadow

__all__ = ["Message"]

refuse_to_shadow(__name__)
