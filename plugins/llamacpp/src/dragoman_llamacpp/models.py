"""The names of models, and what llama.cpp accepts for any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dragoman import NO, YES, Cap, Capabilities, Support, user_path

if TYPE_CHECKING:
    from dragoman_llamacpp.tiny_model import Kind

TINY_MODELS: Mapping[str, Kind] = {"tiny": "chain", "tiny-babble": "babble"}
"""The names of the tiny models, and the kind of each."""

CAPABILITIES = Capabilities(
    settings={
        "effort": Cap(support=Support.NO, note="how a model is asked to reason depends on its chat template"),
        "service_tier": NO,
        "n": Cap(support=Support.NO, note="in process, llama.cpp gives one answer to a request"),
    },
    input={"image/*": NO, "audio/*": NO, "application/pdf": NO},
    completion=YES,
    completion_stream=YES,
    tools=YES,
    tool_choice=YES,
    json_schema=YES,
)
"""What llama.cpp accepts, the same for every file."""


def model_source(model: str) -> str:
    """Return the absolute path of the file that *model* names; the name of a tiny model unchanged."""
    if model in TINY_MODELS:
        return model
    return str(user_path(model).absolute())
