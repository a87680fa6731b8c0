"""Which part of JSON Schema Anthropic's structured outputs and strict tools take, as data."""

from __future__ import annotations

import attrs

from dragoman import SchemaRules

STRICT_SCHEMA = SchemaRules(
    keywords={"default", "minItems", "pattern"},
    formats={"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
    bare_references=True,
    recursion="never",
    object_root=False,
    min_items=1,
    optional=24,
    unions=16,
    strict_tools=20,
    per_request=True,
)
"""https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs, its sections on the limitations of JSON
Schema and on the limits of complexity, which hold for all schemas of a request together."""
OUTPUT_SCHEMA = attrs.evolve(STRICT_SCHEMA, to_the_letter=True)
"""The same for answers: the API takes no schema that it does not hold the model to."""
