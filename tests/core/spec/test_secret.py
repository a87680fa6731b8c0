from __future__ import annotations

import copy
import json
import pickle

import pytest

from dragoman import ConfigurationError, Secret
from dragoman.spec.secret import MASK, RedactedDict, reveal

KEY = "sk-1234567890"


def test_it_prints_as_a_mask_to_everyone() -> None:
    secret = Secret(KEY)
    shown = [str(secret), f"{secret}", f"{secret:>8}", "{}".format(secret), "%s" % secret, secret[:], secret + ""]  # noqa: UP031, UP032  # on purpose
    shown += ["".join(["", secret]), secret.encode().decode()]  # noqa: FLY002  # the ways to make a text of it are the test
    assert [each.encode() for each in shown] == [MASK.encode()] * len(shown)
    assert json.dumps(secret) == f'"{MASK}"'
    assert repr(secret) == repr(MASK)


def test_reveal_gives_the_key_itself() -> None:
    assert Secret(KEY).reveal() == KEY
    assert reveal(Secret(KEY)) == KEY
    assert reveal("plain") == "plain"
    assert Secret(KEY).with_prefix("Bearer ").reveal() == f"Bearer {KEY}"


def test_a_secret_of_a_secret_is_the_same() -> None:
    secret = Secret(KEY)
    assert Secret(secret) is secret
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_secrets_compare_by_value() -> None:
    assert Secret(KEY) == KEY
    assert Secret(KEY) == KEY
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret("another")
    assert Secret(KEY) != MASK
    assert Secret(KEY) != 5
    assert Secret(KEY) != "\ud800"
    assert hash(Secret(KEY)) == hash(KEY)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is empty"),
        ("sk-abcdefgh\n", "begins or ends with white space"),
        (" sk-abcdefgh", "begins or ends with white space"),
        ("sk-abc\ndefgh", "not allowed in HTTP headers"),
        ("sk-abcdéfgh", "not allowed in HTTP headers"),
        ("sk-abc\x7fdefgh", "not allowed in HTTP headers"),
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(value: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Secret(value, name="OPENAI_API_KEY")
    assert str(caught.value).startswith("OPENAI_API_KEY ")
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret(KEY), protocol)


def test_a_copy_of_options_hides_what_they_hide() -> None:
    options = RedactedDict(api_key="sk-abcdefgh", api_version="1")
    for copied in (copy.copy(options), copy.deepcopy(options)):
        assert (type(copied), copied) == (RedactedDict, options)
        assert "sk-abcdefgh" not in repr(copied)
