from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from dragoman import ConfigurationError, LLMConfig, Settings
from dragoman.spec.config import DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE

KEY = "sk-1234567890"


def test_the_defaults_are_those_of_the_reference() -> None:
    config = LLMConfig()
    assert (config.model, config.api_key, config.api_base, config.kwargs) == (None, None, None, {})
    assert (config.temperature, config.max_tokens) == (0.7, 4096)
    assert config.explicit == frozenset()


def test_fields_may_be_given_by_place() -> None:
    config = LLMConfig("gpt-4", KEY, "https://x.test", 0.1, 5, api_version="1")
    assert config.to_dict() == {
        "model": "gpt-4",
        "api_key": KEY,
        "api_base": "https://x.test",
        "temperature": 0.1,
        "max_tokens": 5,
        "api_version": "1",
    }


def test_keyword_arguments_are_settings_or_the_providers_own() -> None:
    config = LLMConfig(model="m", temperature=0.7, top_p=0.5, api_version="1", num_retries=1)
    assert config.explicit == {"temperature", "top_p"}
    assert config.settings() == Settings(temperature=0.7, max_tokens=4096, top_p=0.5, explicit=config.explicit)
    assert config.provider_options() == {"api_version": "1"}
    assert config.kwargs == {"top_p": 0.5, "api_version": "1", "num_retries": 1}


def test_an_assignment_counts_as_given_and_changes_the_revision() -> None:
    config = LLMConfig(model="m")
    before = config.revision
    config.temperature = 0.2
    config.api_key = KEY  # becomes a Secret
    assert config.revision == before + 2
    assert config.explicit == {"temperature"}
    assert repr(config.api_key) == "'********'"
    config.api_key = None
    assert config.api_key is None


@pytest.mark.parametrize(
    ("given", "problem", "parameter"),
    [
        ({"temperature": "hot"}, "temperature must be a number, not 'hot'", "temperature"),
        ({"max_tokens": 0}, "max_tokens must be at least 1", "max_tokens"),
        ({"top_p": 2}, "top_p must be between 0 and 1", "top_p"),
        ({"model": 5}, "model must be a string, not int", "model"),
        ({"api_base": b"x"}, "api_base must be a string, not bytes", "api_base"),
        ({"api_key": b"sk-12345678"}, "api_key must be a string, not bytes", "api_key"),
        ({"api_key": "sk-12345678\n"}, "api_key begins or ends with white space", None),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, not 0", "timeout"),
        ({"idle_timeout": "5"}, "idle_timeout must be a number of seconds above 0, not '5'", "idle_timeout"),
        ({"connect_timeout": True}, "connect_timeout must be a number of seconds above 0", "connect_timeout"),
        ({"num_retries": -1}, "num_retries must be a whole number of at least 0, not -1", "num_retries"),
        ({"num_retries": 1.5}, "num_retries must be a whole number of at least 0", "num_retries"),
        ({"num_retries": True}, "num_retries must be a whole number of at least 0", "num_retries"),
        (
            {"on_unsupported": "ignore"},
            r"on_unsupported must be 'adjust', 'warn' or 'raise', not .*",
            "on_unsupported",
        ),
        ({"provider": 5}, "provider must be a string, not int", "provider"),
        ({"headers": "a: b"}, "headers must be a mapping of strings, not str", "headers"),
        ({"fallbacks": "gpt-4"}, "fallbacks must be a list of models or configurations, not str", "fallbacks"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_once(given: Any, problem: str, parameter: str | None) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        LLMConfig(**given)
    assert caught.value.parameter == parameter


def test_to_dict_is_flat_and_from_dict_its_inverse() -> None:
    config = LLMConfig(model="m", api_key=KEY, max_tokens=9, api_version="1")
    data = config.to_dict()
    assert data == {
        "model": "m",
        "api_key": KEY,
        "api_base": None,
        "temperature": DEFAULT_TEMPERATURE,
        "max_tokens": 9,
        "api_version": "1",
    }
    twin = LLMConfig.from_dict(data)
    assert twin == config
    assert twin.explicit == {"max_tokens"}
    assert config.to_dict(redact=True) == data | {"api_key": "********"}
    assert LLMConfig(model="m").to_dict(redact=True)["api_key"] is None


def test_a_value_that_equals_the_default_was_given_unless_all_fields_are_there() -> None:
    same = {"model": "m", "temperature": DEFAULT_TEMPERATURE, "max_tokens": DEFAULT_MAX_TOKENS}

    assert LLMConfig.from_dict(same).explicit == {"temperature", "max_tokens"}
    assert LLMConfig.from_dict({**same, "api_key": None, "api_base": None}).explicit == frozenset()
    assert LLMConfig.from_dict({**same, "api_key": None, "api_base": None, "max_tokens": 9}).explicit == {"max_tokens"}
    given = LLMConfig.from_dict({"model": "m", "temperature": None}).settings()
    assert not given.is_given("temperature")
    assert given.is_default("max_tokens")


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the name of a field must be a string, not int"):
        LLMConfig.from_dict({5: "x"})  # on purpose


def test_replace_keeps_what_was_given() -> None:
    config = LLMConfig(model="m", api_key=KEY, temperature=0.1, api_version="1").replace(model="n", seed=5)
    assert config == LLMConfig(model="n", api_key=KEY, temperature=0.1, api_version="1", seed=5)
    assert config.explicit == {"temperature", "seed"}
    assert config.max_tokens == DEFAULT_MAX_TOKENS


def test_configurations_compare_by_value_and_are_no_keys() -> None:
    assert LLMConfig(model="m") == LLMConfig(model="m")
    assert LLMConfig(model="m") != LLMConfig(model="n")
    assert LLMConfig() != "LLMConfig()"
    with pytest.raises(TypeError, match="unhashable"):
        hash(LLMConfig())


def test_repr_masks_what_looks_like_a_secret() -> None:
    config = LLMConfig(
        model="m", api_key=KEY, azure_ad_token="t-1", headers={"Authorization": "Bearer b", "x": "y"}, max_tokens=5
    )
    assert repr(config) == (
        "LLMConfig(model='m', api_key='********', temperature=0.7, max_tokens=5, azure_ad_token='********', "
        "headers={'Authorization': '********', 'x': 'y'})"
    )


def test_a_configuration_is_pickled_only_without_a_key() -> None:
    config = LLMConfig(model="m", max_tokens=7, api_version="1")
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301  # our own bytes
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(LLMConfig(model="m", api_key=KEY))


def test_the_environment_is_read_by_name_and_type() -> None:
    environ = {
        "DRAGOMAN_MODEL": "m",
        "DRAGOMAN_API_KEY": KEY,
        "DRAGOMAN_TEMPERATURE": "0.5",
        "DRAGOMAN_MAX_TOKENS": "12",
        "DRAGOMAN_LOGPROBS": "Yes",
        "DRAGOMAN_PARALLEL_TOOL_CALLS": "0",
        "DRAGOMAN_TIMEOUT": "3",
        "DRAGOMAN_EFFORT": "low",
        "DRAGOMAN_API_BASE": "",
        "DRAGOMAN_UNRELATED": "x",
    }
    assert LLMConfig.from_env(environ=environ) == LLMConfig(
        model="m",
        api_key=KEY,
        temperature=0.5,
        max_tokens=12,
        logprobs=True,
        parallel_tool_calls=False,
        timeout=3.0,
        effort="low",
    )
    assert LLMConfig.from_env("ACME_", {"ACME_MODEL": "a", "DRAGOMAN_MODEL": "b"}).model == "a"


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_MODEL", "from-here")
    assert LLMConfig.from_env().model == "from-here"


def test_a_number_in_the_environment_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="DRAGOMAN_MAX_TOKENS must be a whole number, not 'many'"):
        LLMConfig.from_env(environ={"DRAGOMAN_MAX_TOKENS": "many"})


TOML = """
[llm]
model = "m"
temperature = 0.1
headers = {x = "y"}
[llm.fast]
model = "n"
"""


def test_a_toml_profile_overrides_the_shared_table(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(TOML)
    assert LLMConfig.from_toml(path) == LLMConfig(model="m", temperature=0.1, headers={"x": "y"})
    assert LLMConfig.from_toml(path, "fast") == LLMConfig(model="n", temperature=0.1, headers={"x": "y"})
    with pytest.raises(ConfigurationError, match=r"no profile \[llm.slow\]; it has fast"):
        LLMConfig.from_toml(path, "slow")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot read a conf"),
        (b"[llm", "cannot read a conf"),
        (b"\xff", "cannot read a conf"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "dragoman.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem):
        LLMConfig.from_toml(path)


def test_a_file_without_profiles_says_so(tmp_path: Path) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text("[llm]\nmodel = 'm'\n")
    with pytest.raises(ConfigurationError, match="it has none"):
        LLMConfig.from_toml(path, "fast")


@pytest.mark.parametrize("most", [0, -1, 1.5, True, "9", float("inf")])
def test_a_limit_of_replies_is_a_number_of_bytes(most: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_reply_bytes must be a whole number of bytes above 0"):
        LLMConfig(model="m", max_reply_bytes=most)


def test_keyword_arguments_are_a_mapping() -> None:
    config: Any = LLMConfig(model="m")
    with pytest.raises(ConfigurationError, match="kwargs must be a mapping, such as a dict, not int"):
        config.kwargs = 5


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no environment variable can begin with"):
        LLMConfig.from_env("D\ud800_")
    numbers: Any = {"D_MODEL": 5}
    with pytest.raises(ConfigurationError, match="D_MODEL must be a string, not int"):
        LLMConfig.from_env("D_", numbers)
    (tmp_path / "odd.toml").write_text("llm = 5")
    with pytest.raises(ConfigurationError, match=r"llm in .* must be a table, \[llm\], not int"):
        LLMConfig.from_toml(tmp_path / "odd.toml")


def test_the_environment_says_how_connections_are_made() -> None:
    said = {
        "PROXY": "false",
        "VERIFY": "ca.pem",
        "MAX_REPLY_BYTES": "9",
        "CONNECT_TIMEOUT": "1.5",
        "ALLOW_INSECURE": "1",
    }
    config = LLMConfig.from_env("D_", {f"D_{name}": text for name, text in said.items()})
    expected = {
        "proxy": False,
        "verify": "ca.pem",
        "max_reply_bytes": 9,
        "connect_timeout": 1.5,
        "allow_insecure": True,
    }
    assert config.kwargs == expected


def test_an_option_may_have_any_name() -> None:
    made = (
        LLMConfig(self=1),
        LLMConfig.from_dict({"self": 1}),
        LLMConfig.from_env(environ={"DRAGOMAN_OPTIONS": '{"self": 1}'}),
        LLMConfig("echo").replace(self=1),
    )
    assert [each.kwargs["self"] for each in made] == [1] * 4
