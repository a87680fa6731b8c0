# ruff: noqa: S101  # checks are made of assertions
"""Level 6: the options of a provider reach its requests, beside the settings."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from dragoman.http.json import fields
from dragoman.http.options import NOT_IN_BODY, NOT_PER_CALL
from dragoman.spec.errors import DragomanError
from dragoman.spec.prepared import Prepared
from dragoman.testing.conformance.capabilities import VALUES
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, leaves

__all__ = ["OwnOptions", "sample_of"]

_NO_SETTINGS: Mapping[str, Any] = {"temperature": None, "max_tokens": None}
_SHARED = ("max_tokens", "temperature", "top_p", "seed", "stop")
"""Settings that dialects put into objects, in which options may stand too."""
_PLAIN: Mapping[Any, Any] = {bool: True, int: 7, float: 0.25, str: "option-of-the-suite"}
_OBJECT: Mapping[str, Any] = {"option_of_the_suite": 7}
_LISTS = (list, tuple, set, frozenset, Sequence)
_OBJECTS = (dict, Mapping)


def sample_of(kind: Any) -> Any:
    """Return a value of a type, ``None`` if none is known that every option of that type could have.

    Args:
        kind: the annotation of an option.

    """
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in {Union, types.UnionType}:
        return next((found for each in arguments if (found := sample_of(each)) is not None), None)
    if origin is Literal:
        return arguments[0]
    if origin in _LISTS:
        item = sample_of(arguments[0]) if arguments else _PLAIN[str]
        return None if item is None else [item]
    if origin in _OBJECTS:
        return dict(_OBJECT)
    return _PLAIN.get(origin)


class OwnOptions(ProviderCase):
    """Check that what only this provider has is sent, and takes nothing from what all have."""

    def _samples(self) -> Iterator[tuple[attrs.Attribute[Any], Any]]:
        """Yield the options that a call may have and that are sent in the body, each with a value."""
        kind: Any = self.made().info.options
        if kind is None:
            pytest.skip("does not apply: the provider has no options")
        types_of = get_type_hints(kind, include_extras=False)
        for option in attrs.fields(kind):
            sample = sample_of(types_of[option.name])
            if sample is None or option.metadata.get(NOT_PER_CALL) or option.metadata.get(NOT_IN_BODY):
                continue
            yield option, sample
            if isinstance(sample, bool | int | float):
                yield option, type(sample)()  # false, or zero

    def _requests(self, **call: Any) -> list[Prepared] | None:
        """Return what would be sent for a whole answer and for a stream, ``None`` if it is refused."""
        try:
            return [self.prepared(stream=streamed, config=_NO_SETTINGS, **call) for streamed in BOTH]
        except DragomanError:
            return None

    def test_an_option_is_sent(self) -> None:
        """Protects against an option that is accepted and dropped, also if its value is false or zero."""
        self.spoken()
        without = self._requests()
        lost = [
            f"{option.name}={sample!r}"
            for option, sample in self._samples()
            if (found := self._requests(**{option.name: sample})) is not None and _same(found, without)
        ]
        assert lost == []

    def test_members_of_the_caller_are_sent(self) -> None:
        """Protects against an option for further members of the body that loses them."""
        self.spoken()
        options: Any = self.made().info.options
        if options is None or "extra_body" not in {each.name for each in attrs.fields(options)}:
            pytest.skip("does not apply: the provider has no option extra_body")
        for request in self._requests(extra_body={"extra_of_the_suite": {"deep": 4711}}) or ():
            assert "extra_of_the_suite\ndeep\n4711" in "\n".join(leaves(request.body))

    def test_an_option_takes_no_setting_away(self) -> None:
        """Protects against an option that replaces an object of the body, and the settings in it."""
        self.spoken()
        tuned = {name: VALUES[name] for name in _SHARED if self._requests(**{name: VALUES[name]}) is not None}
        without, plain = self._requests(), self._requests(**tuned)
        for option, sample in self._samples():
            found = self._requests(**tuned, **{option.name: sample})
            for bare, before, after in zip(without or (), plain or (), found or (), strict=False):
                if after.adjustments == before.adjustments:
                    lost = _lost(bare.body, before.body, after.body)
                    assert lost == [], f"{option.name} takes away what settings have said"


def _same(found: list[Prepared], without: list[Prepared] | None) -> bool:
    """Return whether requests are the same as those without an option, which is not recorded either."""
    return all(
        (one.body, one.url, one.adjustments) == (other.body, other.url, other.adjustments)
        and {**one.headers} == {**other.headers}
        for one, other in zip(found, without or (), strict=False)
    )


def _lost(bare: Any, before: Any, after: Any) -> list[str]:
    """Return the members that settings have put into a body, or into an object in it, and that are there no more."""
    known, said, kept = fields(bare), fields(before), fields(after)
    put = [name for name in said if name not in known and name not in kept]
    return [*put, *(each for name in said if name in kept for each in _lost(known.get(name), said[name], kept[name]))]
