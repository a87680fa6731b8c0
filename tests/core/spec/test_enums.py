from __future__ import annotations

from dragoman import FinishReason, Role
from dragoman.spec._enums import OpenEnum


def test_words_are_constants_in_lower_case() -> None:
    assert Role.USER == "user"
    assert FinishReason.TOOL_CALLS == "tool_calls"
    assert isinstance(Role.USER, Role)


def test_an_unknown_word_is_kept() -> None:
    word = Role("critic")
    assert (word, word.is_known, Role.USER.is_known) == ("critic", False, True)
    assert repr(word) == "Role('critic')"


def test_only_upper_case_annotations_are_words() -> None:
    class Mood(OpenEnum):
        HAPPY: str
        note: str

    assert Mood.known == {"happy"}
