"""Which part of JSON Schema Gemini takes, as data.

``responseJsonSchema`` has its list of keywords at https://ai.google.dev/api/generate-content#GenerationConfig,
``responseSchema`` and ``parameters`` have theirs at https://ai.google.dev/api/caching#Schema. ``parametersJsonSchema``
has none; what it takes in addition is what recorded requests have.
"""

from __future__ import annotations

import attrs

from dragoman import SchemaRules

ANSWER = SchemaRules(
    keywords={
        "$anchor",
        "additionalProperties",
        "default",  # read over, as recorded requests show
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "prefixItems",
        "propertyOrdering",
    },
    formats={"date-time", "date", "time", "int32", "int64", "float", "double"},
    enumerations={"string", "integer", "number"},
    constants=False,
    bare_references=True,
    recursion="optional",
    object_root=False,
    closed=False,
    best_effort=True,
)
"""``responseJsonSchema``; a cycle of references is unrolled, so it needs a member that may be left out."""

TOOL = attrs.evolve(ANSWER, keywords={*ANSWER.keywords, "maxLength", "minLength", "pattern", "uniqueItems"})
"""``parametersJsonSchema``."""

SUBSET = SchemaRules(
    keywords={
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "nullable",
        "pattern",
        "propertyOrdering",
    },
    formats={"enum", "date-time", "int32", "int64", "float", "double"},
    enumerations={"string"},
    constants=False,
    blank_choices=False,
    silent={"$anchor", "default"},
    references=False,
    bare_unions=True,
    typed_items=True,
    object_root=False,
    closed=False,
    best_effort=True,
)
"""``responseSchema`` and ``parameters``: the subset of OpenAPI of models before Gemini 2."""
