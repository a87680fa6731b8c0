from __future__ import annotations

from typing import Any

import pytest

from dragoman.http import end_word


@pytest.mark.parametrize("value", [None, "", " ", "null", " null\n", True, False, {}, [], {"reason": "stop"}])
def test_what_names_no_end(value: Any) -> None:
    assert end_word(value) is None


@pytest.mark.parametrize(("value", "said"), [("stop", "stop"), (" length ", "length"), (1, "1"), ("STOP", "STOP")])
def test_what_names_an_end(value: Any, said: str) -> None:
    assert end_word(value) == said
