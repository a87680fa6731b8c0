from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from dragoman_openai_compatible import NamePattern
from dragoman_openai_compatible.families import FAMILIES
from dragoman_openai_compatible.models import EFFORTS, REASONING

END = "(?=$|[^a-z0-9])"
PATTERNS = [*(pattern for pattern, _ in REASONING), *(pattern for pattern, _ in EFFORTS), *(f.names for f in FAMILIES)]


@given(st.data())
def test_a_name_matches_as_the_whole_pattern_says(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    known = st.from_regex(data.draw(st.sampled_from(PATTERNS)), fullmatch=True)
    name = data.draw(st.sampled_from(["", "a-", "my"])) + data.draw(known) + data.draw(st.sampled_from(["", "-x", "x"]))
    assert NamePattern(pattern, END).matches(name) is (re.match(f"(?:{pattern}){END}", name) is not None)


@pytest.mark.parametrize(("pattern", "name"), [("ab?c", "ac"), ("ab*c", "ac"), ("ab{0,1}c", "ac"), ("a|.*-b", "x-b")])
def test_what_may_be_absent_is_not_required(pattern: str, name: str) -> None:
    assert NamePattern(pattern, "$").matches(name)
