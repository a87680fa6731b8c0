"""A model that was to be given and is not: an error that says where it is missing, never the echo."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman import LLM, ConfigurationError, DragomanError, LLMConfig, SyncLLM, explain


def _pickled(config: LLMConfig) -> LLMConfig:
    copied: LLMConfig = pickle.loads(pickle.dumps(config))  # noqa: S301  # our own bytes
    return copied


async def _ask(config: LLMConfig | str) -> str:
    return await LLM(config).completion("Hi")


@pytest.mark.parametrize(
    "make",
    [
        lambda: LLM("echo"),
        lambda: LLM(model="echo"),
        lambda: LLM(LLMConfig("echo")),
        lambda: LLM(LLMConfig(model="echo")),
        lambda: LLM(config=LLMConfig(model="echo")),
        lambda: LLM(model="echo", timeout=30, num_retries=0),
        lambda: LLM(provider="echo"),
        LLM,
    ],
)
async def test_a_model_is_given_in_each_of_these_ways(make: Callable[[], LLM]) -> None:
    assert await make().completion("Hi") == "Hi"


@pytest.mark.parametrize("given", [{"model": "gpt-4"}, {"config": "gpt-4"}])
def test_by_name_nothing_is_sent_that_was_not_given(given: dict[str, Any]) -> None:
    body = LLM(**given, api_key="sk-0123456789").build_request("Hi").body
    assert body == {"model": "gpt-4", "messages": [{"role": "user", "content": "Hi"}]}
    assert SyncLLM(**given, api_key="sk-0123456789").build_request("Hi").body == body


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
@pytest.mark.parametrize(
    "make",
    [
        LLM,
        lambda name: LLM(model=name),
        LLMConfig,
        lambda name: LLMConfig.from_dict({"model": name}),
        lambda name: LLMConfig("echo").replace(model=name),
        lambda name: setattr(LLMConfig("echo"), "model", name),
        lambda name: LLMConfig("echo", fallbacks=[name]),
        explain,
    ],
)
def test_a_blank_name_is_refused(make: Callable[[str], object], name: str) -> None:
    with pytest.raises(ConfigurationError, match="must be the name of a model, not '"):
        make(name)


@pytest.mark.parametrize("make", [LLM, SyncLLM])
def test_no_configuration_is_refused_where_one_is_given(make: Callable[..., object]) -> None:
    for given in ({"config": None}, {"config": None, "timeout": 3}):
        with pytest.raises(ConfigurationError, match="the configuration is None; give an LLMConfig or the name"):
            make(**given)
    with pytest.raises(ConfigurationError, match="the configuration is None"):
        make(None)


async def test_a_subclass_may_have_none_as_its_default() -> None:
    class House(LLM):
        def __init__(self, config: LLMConfig | None = None) -> None:
            super().__init__(config)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert await House().completion("Hi") == "Hi"


@pytest.mark.parametrize("variable", ["DRAGOMAN_MODEL", "DRAGOMAN_PROVIDER"])
async def test_the_echo_does_not_answer_for_a_model_of_the_environment(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "gpt-4")
    with pytest.raises(ConfigurationError, match=f"{variable} is not read; give LLMConfig.from_env\\(\\), or a model"):
        await LLM().completion("Hi")
    assert await _ask("echo") == "Hi"


@pytest.mark.parametrize("make", [LLM, SyncLLM])
def test_no_name_at_all_is_refused_where_one_is_given(make: Callable[..., object]) -> None:
    with pytest.raises(ConfigurationError, match="the model is None; give the name of a model"):
        make(model=None)


@pytest.mark.parametrize("change", [copy.copy, copy.deepcopy, _pickled, LLMConfig.replace])
async def test_a_configuration_of_none_is_not_the_echo(change: Callable[[LLMConfig], LLMConfig]) -> None:
    config = change(LLMConfig(model=None))
    with pytest.raises(ConfigurationError, match="no model is configured: model is None"):
        await _ask(config)
    config.model = "echo"
    assert await _ask(config) == "Hi"
    config.model = None
    assert config.lacks_model
    assert (LLMConfig().lacks_model, change(LLMConfig()).lacks_model) == ("", "")


@pytest.mark.parametrize("fallback", [{}, {"model": None}, {"modle": "gpt-4"}, {"api_key": "k"}])
def test_a_fallback_without_a_model_is_not_the_echo(fallback: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="a fallback must name its model"):
        LLMConfig("gpt-4", fallbacks=[fallback])


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigurationError, match="the model is given twice"):
        LLM("echo", model="gpt-4")


TABLES = {
    "no table": (
        "[openai]\nmodel = 'm'\nkey = 1\n[other]\n",
        None,
        r"has no table \[llm\]; it has \[openai\], \[other\]",
    ),
    "nothing": ("", None, r"has no table \[llm\]; it has nothing"),
    "no table but keys": ("model = 'echo'\n", None, r"has no table \[llm\]; it has model"),
    "no model": (
        "[llm]\ntemperature = 0.5\n",
        None,
        r"no model is configured: \[llm\] of '.*' names none; give its name",
    ),
    "only in a profile": ("[llm.a]\nmodel = 'echo'\n", None, r"no model is configured: \[llm\] of "),
    "a profile without": ("[llm.a]\nseed = 1\n", "a", r"no model is configured: \[llm.a\] and \[llm\] of "),
    "a misspelled profile": ("[llm.draft]\nmodel = 'echo'\n", "darft", r"no profile \[llm.darft\]; it has draft"),
    "a misspelled model": ("[llm]\nmodle = 'echo'\n", None, "'modle': did you mean 'model'"),
    "another name": ("[llm]\nmodel_name = 'echo'\n", None, "'model_name': it is called 'model' here"),
    "a blank model": ("[llm]\nmodel = ' '\n", None, "model must be the name of a model, not ' '"),
}


@pytest.mark.parametrize("case", TABLES)
async def test_a_file_without_a_model_is_not_the_echo(case: str, tmp_path: Path) -> None:
    text, profile, expected = TABLES[case]
    path = tmp_path / "llm.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=expected):
        await _ask(LLMConfig.from_toml(path, profile))


async def test_a_file_that_is_not_there_is_not_the_echo(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read a configuration from '.*none.toml': No such file"):
        await _ask(LLMConfig.from_toml(tmp_path / "none.toml"))


async def test_a_provider_is_enough_for_a_file_and_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "llm.toml"
    path.write_text("[llm]\nprovider = 'echo'\n")
    assert await _ask(LLMConfig.from_toml(path)) == "Hi"
    assert await _ask(LLMConfig.from_env(environ={"DRAGOMAN_PROVIDER": "echo"})) == "Hi"
    path.write_text("[llm]\nseed = 1\n")
    assert await _ask(LLMConfig.from_toml(path).replace(model="echo")) == "Hi"


VARIABLES: dict[str, tuple[Mapping[str, str], str]] = {
    "nothing": ({}, "no model is configured: DRAGOMAN_MODEL is not set"),
    "empty": ({"DRAGOMAN_MODEL": ""}, "DRAGOMAN_MODEL is blank"),
    "blank": ({"DRAGOMAN_MODEL": " "}, "DRAGOMAN_MODEL is blank"),
    "a misspelled model": ({"DRAGOMAN_MODLE": "gpt-4"}, "DRAGOMAN_MODLE is not read; did you mean DRAGOMAN_MODEL?"),
    "in small letters": ({"DRAGOMAN_model": "gpt-4"}, "no model is configured"),
    "another setting": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_TEMPRATURE": "1"}, "did you mean DRAGOMAN_TEMPERATURE?"),
    "another name": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_BASE_URL": "x"}, "did you mean DRAGOMAN_API_BASE?"),
    "retries": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_MAX_RETRIES": "1"}, "did you mean DRAGOMAN_NUM_RETRIES?"),
    "a fallback": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_FALLBACK": "x"}, "did you mean DRAGOMAN_FALLBACKS?"),
    "an option": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_API_VERSION": "1"}, "DRAGOMAN_OPTIONS='{\"api_version\": …}'"),
    "no switch": ({"DRAGOMAN_MODEL": "echo", "DRAGOMAN_LOGPROBS": "maybe"}, "DRAGOMAN_LOGPROBS must be true or false"),
}


@pytest.mark.parametrize("case", VARIABLES)
async def test_an_environment_without_a_model_is_not_the_echo(case: str) -> None:
    environ, expected = VARIABLES[case]
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        await _ask(LLMConfig.from_env(environ=environ))


@pytest.mark.parametrize(
    "environ",
    [
        {"DRAGOMAN_PLUGINS": "a", "DRAGOMAN_DISABLE_PLUGINS": "b", "DRAGOMAN_TRUST_ENV": "0", "DRAGOMAN_RECORDER": "c"},
        {"DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD": "1", "DRAGOMAN_UNRELATED": "x"},
        {"DRAGOMAN_MODLE": "ignored, since the right one is set"},
    ],
)
def test_other_variables_of_the_program_are_let_be(environ: dict[str, str]) -> None:
    assert LLMConfig.from_env(environ={"DRAGOMAN_MODEL": "echo", **environ}) == LLMConfig("echo")


def test_with_a_prefix_of_ones_own_only_misspellings_are_refused() -> None:
    assert LLMConfig.from_env("MY_", {"MY_MODEL": "echo", "MY_URL": "x", "MY_TOKEN": "y"}) == LLMConfig("echo")
    with pytest.raises(ConfigurationError, match=r"MY_MODLE is not read; did you mean MY_MODEL\?"):
        LLMConfig.from_env("MY_", {"MY_MODLE": "echo"})


async def test_data_of_no_model_are_those_of_the_default() -> None:
    assert LLMConfig.from_dict(LLMConfig().to_dict()) == LLMConfig()
    assert await _ask(LLMConfig.from_dict({"model": None})) == "Hi"
    with pytest.raises(DragomanError, match="did you mean 'model'"):
        await _ask(LLMConfig.from_dict({"modle": "gpt-4"}))


@pytest.mark.parametrize("name", ["gpt-4\n", " gpt-4", "gpt-4\t"])
def test_white_space_around_a_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="white space"):
        LLMConfig(model=name)
