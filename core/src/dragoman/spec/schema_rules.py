"""Which part of JSON Schema a vendor takes, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from attrs import field

from dragoman.spec._value import value

Recursion: TypeAlias = Literal["always", "optional", "never"]
"""Where a definition may refer to itself: anywhere, only below a member that is not required, or nowhere."""


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


_ALL_KINDS = frozenset({"string", "integer", "number", "boolean", "null"})


@value(kw_only=True)
class SchemaRules:
    """Say which part of JSON Schema a vendor takes where an answer or a call must follow it to the letter.

    Args:
        keywords: the keywords that are taken in addition to those that all take.
        formats: the formats of texts and numbers that are taken.
        enumerations: the types of values that an enumeration may have.
        constants: whether ``const`` is taken; otherwise it is sent as an enumeration of one value.
        blank_choices: whether an enumeration may contain the empty text.
        silent: keywords that are left out without a word, because they say nothing of the values.
        unsayable: keywords without which a schema is not followed to the letter, even if they are said in words.
        all_required: whether every member must be required, so that one that need not be there may be ``null``.
        required_defaults: whether a member that is required may have a default all the same.
        references: whether definitions may be referred to; otherwise they are written where they are used.
        bare_references: whether a reference may have no other keyword next to it.
        bare_unions: whether ``anyOf`` may have no other keyword next to it but a description.
        typed_items: whether the items of a list must have a type; those that may be anything are asked for as texts.
        recursion: where a definition may refer to itself.
        object_root: whether the outermost schema must be that of an object.
        closed: whether every object must refuse other members.
        best_effort: whether a schema is also lowered if it is not followed to the letter, because the vendor reads
            all schemas by the same rules.
        to_the_letter: whether a schema that cannot be followed to the letter is not taken for an answer at all, so that
            the answer is asked for as of a model without schemas.
        min_items: the greatest value of ``minItems``.
        depth: how many levels of objects and lists may be nested.
        properties: how many members all objects together may have.
        optional: how many of them may be optional.
        unions: how many of them may be of several types.
        choices: how many values all enumerations together may have.
        strict_tools: how many tools of a request may be held to their schemas.
        per_request: whether *optional* and *unions* hold for all schemas of a request together.

    """

    keywords: frozenset[str] = field(default=frozenset(), converter=_set)
    formats: frozenset[str] = field(default=frozenset(), converter=_set)
    enumerations: frozenset[str] = field(default=_ALL_KINDS, converter=_set)
    constants: bool = True
    blank_choices: bool = True
    silent: frozenset[str] = field(default=frozenset(), converter=_set)
    unsayable: frozenset[str] = field(default=frozenset(), converter=_set)
    all_required: bool = False
    required_defaults: bool = False
    references: bool = True
    bare_references: bool = False
    bare_unions: bool = False
    typed_items: bool = False
    recursion: Recursion = "always"
    object_root: bool = True
    closed: bool = True
    best_effort: bool = False
    to_the_letter: bool = False
    min_items: int | None = None
    depth: int | None = None
    properties: int | None = None
    optional: int | None = None
    unions: int | None = None
    choices: int | None = None
    strict_tools: int | None = None
    per_request: bool = False
