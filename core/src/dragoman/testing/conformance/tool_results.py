# ruff: noqa: S101  # checks are made of assertions
"""Level 2: tool results are sent back to the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from dragoman.spec.errors import UnsupportedError
from dragoman.spec.media import Bytes, Media
from dragoman.spec.message import Message
from dragoman.spec.parts import (
    Data,
    Outcome,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.testing.conformance.provider_case import ProviderCase
from dragoman.testing.conformance.tools import ASKED, WEATHER

__all__ = ["ToolResults"]

_PIXEL = b"\x89PNG\r\n\x1a\n-a-pixel"


class ToolResults(ProviderCase):
    """Check tool results, for models that support tools."""

    def test_calls_and_results_go_back(self) -> None:
        """Protects against tool results that are not sent."""
        body = self._body_with_result(_result("It rains in Oslo."))
        for word in ("weather", "Oslo-in-the-call", "It rains in Oslo."):
            assert word in body

    def test_results_stay_with_their_calls(self) -> None:
        """Protects against tool results that are assigned to the wrong calls."""
        self.offered()
        calls = [ToolCall(name="weather", call_id=f"call_{city}", arguments=_city(city)) for city in ("Oslo", "Rome")]
        results = [
            ToolResult(call_id=f"call_{city}", name="weather", content=f"of {city}") for city in ("Oslo", "Rome")
        ]
        sent = [
            self.body([ASKED, Message("assistant", calls), Message("tool", each)], tools=[WEATHER])
            for each in (results, results[::-1])
        ]
        assert sent[0].index("of Oslo") < sent[0].index("of Rome")
        assert all(words in body for body in sent for words in ("of Oslo", "of Rome"))

    @pytest.mark.parametrize("outcome", ["error", "denied", "interrupted"])
    def test_a_result_that_failed_goes_back(self, outcome: str) -> None:
        """Protects against failed tool results that are not sent."""
        assert "It went wrong." in self._body_with_result(_result("It went wrong.", outcome=outcome))

    def test_data_is_a_result(self) -> None:
        """Protects against structured tool results that callers must convert to text."""
        body = self._body_with_result(_result([Data(value={"degrees": [17.5, None]})]))
        assert "degrees" in body
        assert "17.5" in body

    def test_media_in_a_result_is_not_lost(self) -> None:
        """Protects against media in tool results that is dropped."""
        source = Bytes(data=_PIXEL)
        picture = Media(source=source, media_type="image/png")
        try:
            body = self._body_with_result(_result([Text(text="Look."), picture]))
        except UnsupportedError:
            return
        assert source.base64 in body

    def _body_with_result(self, result: ToolResult) -> str:
        self.offered()
        call = ToolCall(name="weather", call_id="call_1", arguments=_city("Oslo-in-the-call"))
        return self.body([ASKED, Message("assistant", call), Message("tool", result)], tools=[WEATHER])


def _city(name: str) -> str:
    return json.dumps({"city": name})


def _result(content: str | Sequence[Any], outcome: str = "ok") -> ToolResult:
    return ToolResult(call_id="call_1", name="weather", content=content, outcome=Outcome(outcome))
