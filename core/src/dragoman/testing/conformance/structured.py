# ruff: noqa: S101  # checks are made of assertions
"""Level 3: structured output."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from attrs import frozen

from dragoman.spec.capabilities import Support
from dragoman.spec.errors import (
    OutputValidationError,
    RefusalError,
    TruncatedOutputError,
    UnsupportedError,
)
from dragoman.spec.request import OutputFormat
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, not_shown
from dragoman.testing.faults import SampleReply

__all__ = ["Structured"]


@frozen(kw_only=True)
class Forecast:
    """Describe the value that a model is asked for."""

    city: str
    days: int


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}


_LEAF = {"type": "string"}
SCHEMAS: Mapping[str, dict[str, Any]] = {
    "plain": _object(city=_LEAF, days={"type": "integer"}),
    "nested": _object(city=_object(name=_LEAF, place=_object(street=_LEAF))),
    "list": _object(city={"type": "array", "items": _object(name=_LEAF)}),
    "enum": _object(city={"type": "string", "enum": ["Oslo", "Rome"]}),
    "const": _object(city={"const": "Oslo"}),
    "union": _object(city={"anyOf": [_LEAF, {"type": "integer"}, _object(name=_LEAF)]}),
    "nullable": _object(city={"anyOf": [_LEAF, {"type": "null"}]}),
    "types": _object(city={"type": ["string", "null"]}),
    "optional": {"type": "object", "properties": {"city": _LEAF, "days": _LEAF}, "required": ["city"]},
    "open": {"type": "object", "properties": {"city": _LEAF}, "additionalProperties": True},
    "map": _object(city={"type": "object", "additionalProperties": {"type": "integer"}}),
    "default": _object(city={"type": "string", "default": "Oslo"}),
    "limits": _object(city={"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[A-Z]"}),
    "numbers": _object(city={"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 3}),
    "reference": {**_object(city={"$ref": "#/$defs/Name"}), "$defs": {"Name": _LEAF}},
    "recursive": {
        **_object(city={"$ref": "#/$defs/Node"}),
        "$defs": {"Node": _object(name=_LEAF, below={"type": "array", "items": {"$ref": "#/$defs/Node"}})},
    },
    "described": _object(city={"type": "string", "title": "City", "description": "Where it is."}),
}
"""Schemas with every construct that Python types generate; each has a property ``city``."""


class Structured(ProviderCase):
    """Check that schemas are sent, and that values are parsed."""

    def shaped(self) -> None:
        """Skip the check for a model that does not support schemas."""
        if self.can().json_schema.support is Support.NO:
            pytest.skip("does not apply: the model does not support schemas")

    def test_a_schema_is_sent(self) -> None:
        """Protects against a schema that is dropped without an error."""
        self.shaped()
        body = self.body("Where?", output=SCHEMAS["plain"])
        assert "city" in body
        assert "days" in body

    @pytest.mark.parametrize("name", SCHEMAS)
    def test_any_schema_is_sent_or_refused(self, name: str) -> None:
        """Protects against an exception, or an error 400, for a schema that the dialect cannot express."""
        self.shaped()
        try:
            assert "city" in self.body("Where?", output=SCHEMAS[name])
        except UnsupportedError:
            return

    @pytest.mark.parametrize("name", SCHEMAS)
    def test_schemas_are_not_changed(self, name: str) -> None:
        """Protects against changes to the schema of the caller."""
        self.shaped()
        schema = deepcopy(SCHEMAS[name])
        with contextlib.suppress(UnsupportedError):
            self.body("Where?", output=OutputFormat("json_schema", schema=schema, name="answer", strict=True))
        assert schema == SCHEMAS[name]

    def test_a_wish_for_json_is_sent(self) -> None:
        """Protects against an ignored request for JSON."""
        self.shaped()
        try:
            assert self.body("Where? In JSON.", output="json") != self.body("Where? In JSON.")
        except UnsupportedError:
            return

    def test_the_name_of_a_schema_cannot_break_a_request(self) -> None:
        """Protects against schema names that are valid in Python and refused by a server."""
        self.shaped()
        name = "Répons[list[int]] " + "x" * 99
        assert "city" in self.body("Where?", output=OutputFormat("json_schema", schema=SCHEMAS["plain"], name=name))

    def test_a_value_is_read(self) -> None:
        """Protects against structured answers that callers must parse themselves."""
        assert self._extracted('{"city": "Oslo", "days": 2}') == Forecast(city="Oslo", days=2)

    def test_what_does_not_fit_is_told_with_its_place(self) -> None:
        """Protects against values of the wrong type."""
        with pytest.raises(OutputValidationError, match="days"):
            self._extracted('{"city": "Oslo", "days": "two"}')

    def test_what_is_no_json_is_told(self) -> None:
        """Protects against a plain JSONDecodeError."""
        with pytest.raises(OutputValidationError):
            self._extracted("It rains.")

    def test_half_a_value_is_no_value(self) -> None:
        """Protects against a truncated object that is completed with defaults."""
        self.shaped()
        reply = self.unusual_reply("too_long")
        with self.saying(reply) as url, pytest.raises(TruncatedOutputError):
            self.ask(url).parse(Forecast)

    def test_a_refusal_is_no_value(self) -> None:
        """Protects against a refusal that is reported as invalid JSON."""
        for streamed in BOTH:
            with self.saying(self._refused()) as url, pytest.raises(RefusalError):
                self.ask(url, streamed=streamed).parse(Forecast)

    def test_a_refusal_is_told_apart_from_text(self) -> None:
        """Protects against a refusal that is returned as text."""
        for streamed in BOTH:
            with self.saying(self._refused()) as url:
                response = self.ask(url, streamed=streamed)
            assert (response.refusal, response.text) == ("I will not.", "")
            assert response.finish.reason == "refusal"

    def test_a_schema_is_refused_where_there_is_none(self) -> None:
        """Protects against a schema that is accepted although the model does not support schemas."""
        if self.can().json_schema.support is not Support.NO:
            pytest.skip("does not apply: the model supports schemas")
        with self.sound() as url:
            assert isinstance(self.failure(url, output=SCHEMAS["plain"], on_unsupported="raise"), UnsupportedError)

    def test_a_value_is_made_in_process(self) -> None:
        """Protects against an in-process model that ignores the schema."""
        self.shaped()
        if self.server_dialect is not None:
            pytest.skip("does not apply: other checks cover the answers of a server")
        response = self.ask(None, "Where?", output=SCHEMAS["enum"])
        assert json.loads(response.text) in [{"city": "Oslo"}, {"city": "Rome"}]

    def _refused(self) -> SampleReply:
        refused = self.spoken().refused
        if refused is None:
            not_shown("refused")
        return refused

    def _extracted(self, answer: str) -> Forecast:
        async def extract(url: str) -> Forecast:
            async with self.llm(url) as llm:
                return await llm.extract(Forecast, "Where?")

        self.shaped()
        server_dialect = self.spoken()
        reply = SampleReply(events=server_dialect.stream(answer), whole=server_dialect.whole(answer))
        with self.saying(reply) as url:
            return asyncio.run(extract(url))
