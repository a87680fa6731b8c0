"""``AsyncLLM`` of Dragoman, under the import path of the OpenHands LLM reference. This is not OpenHands."""

from __future__ import annotations

from dragoman import AsyncLLM
from dragoman_openhands import refuse_to_shadow

__all__ = ["AsyncLLM"]

refuse_to_shadow(__name__)
