"""What strict answers and strict tools of the OpenAI API take of JSON Schema, as data.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dragoman import JSON, SchemaRules

STRICT_SCHEMA = SchemaRules(
    keywords={
        "pattern",
        "multipleOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
    },
    formats={"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"},
    unsayable={"uniqueItems", "contentEncoding", "prefixItems"},
    all_required=True,
    required_defaults=True,  # as recorded requests have them
    bare_references=True,
    depth=10,
    properties=5000,
    choices=1000,
)
"""What OpenAI itself takes: the keywords, formats and limits of its guide."""
_ANY_HOST = attrs.evolve(STRICT_SCHEMA, required_defaults=False)


def is_strict(schema: Mapping[str, JSON]) -> bool:
    """Return whether any host of the dialect that knows strict schemas can hold a model to *schema* as it stands."""
    from dragoman import lower_schema  # noqa: PLC0415  # only a schema needs it

    return lower_schema(schema, _ANY_HOST).is_same
