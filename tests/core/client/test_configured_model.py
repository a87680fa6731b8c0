"""What a configuration is bound to is replaced when the configuration changes."""

from __future__ import annotations

from dragoman import LLMConfig
from dragoman.client.configured_model import ConfiguredModel


def test_a_fallback_is_replaced_when_its_configuration_changes() -> None:
    model = ConfiguredModel(LLMConfig("echo"))
    first = model.fallback(1, LLMConfig("echo", temperature=0))
    assert model.fallback(1, LLMConfig("echo", temperature=0)) is first
    second = model.fallback(1, LLMConfig("echo", temperature=1))
    assert second is not first
    assert model.uses.retired == []  # the first was bound to nothing
    bound, _ = second.used()
    model.fallback(1, LLMConfig("echo", temperature=0.5))
    assert model.uses.retired == [bound]
