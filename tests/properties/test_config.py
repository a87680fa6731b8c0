from __future__ import annotations

import pickle

from hypothesis import assume, given, strategies as st

from dragoman import ConfigurationError, LLMConfig, Secret
from dragoman.spec.config import FIELDS
from dragoman.spec.request import SETTINGS
from properties import strategies


@given(strategies.configs)
def test_a_copy_is_equal_and_remembers_what_was_given(config: LLMConfig) -> None:
    twin = config.replace()
    assert twin == config
    assert twin.explicit == config.explicit
    assert twin.settings() == config.settings()


@given(strategies.configs)
def test_options_settings_and_core_options_share_nothing(config: LLMConfig) -> None:
    options = config.provider_options()
    assert options.keys() <= config.kwargs.keys()
    assert not options.keys() & ({*FIELDS, *SETTINGS, "timeout", "headers"})
    assert config.explicit <= {"temperature", "max_tokens", *SETTINGS}


@given(strategies.configs, strategies.keys)
def test_a_key_is_neither_shown_nor_pickled(config: LLMConfig, key: str) -> None:
    assume(len(key) >= 4)
    config.api_key = None
    public = repr(config)
    assume(key not in public and key not in "api_key='********', ")
    config.api_key = key  # becomes a Secret
    assert key not in repr(config)
    assert key not in str(config.to_dict(redact=True))
    config.api_key = None
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301  # our own bytes


PROBLEMS = {
    f"api_key {what}; the value is not shown. Check how it was read (a trailing newline is common)."
    for what in (
        "is empty",
        "begins or ends with white space",
        "contains a character that is not allowed in HTTP headers",
    )
}


@given(st.text(max_size=12))
def test_a_secret_is_taken_or_refused_without_being_shown(value: str) -> None:
    try:
        secret = Secret(value)
    except ConfigurationError as error:
        problem = str(error)
        assert problem in PROBLEMS
        assert not (value.isascii() and value.isprintable() and value and value == value.strip())
    else:
        assert secret.reveal() == value
        assert secret == value
        assert str(secret) == "********"
