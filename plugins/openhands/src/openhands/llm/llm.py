"""``LLM`` of Dragoman, under the import path of the OpenHands LLM reference. This is not OpenHands."""

from __future__ import annotations

from dragoman import LLM
from dragoman_openhands import refuse_to_shadow

__all__ = ["LLM"]

refuse_to_shadow(__name__)
