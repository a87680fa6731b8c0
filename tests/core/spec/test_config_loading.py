from __future__ import annotations

import copy
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import LLM, ConfigurationError, InvalidRequestError, LLMConfig, SyncLLM
from dragoman.spec.config_origins import DEFAULT, KEYWORD, ConfigOrigin, located
from dragoman.spec.toml_lines import lines_of
from dragoman.spec.user_folder import user_folder

TEXT = '''\
# Which models this program asks.
[llm]
model = "echo"
timeout = 60
stop = """
END
"""
headers = { x-team = "search" }

[llm.draft]
max_tokens = 100
[llm.draft.options.echo]
stall = 0.0

[llm.final]
temperature = 0
'''


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that is named nowhere, in a working directory and a home without another one."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "own"))
    file = tmp_path / "models.toml"
    file.write_text(TEXT)
    return file


def shown(config: LLMConfig) -> dict[str, str]:
    return {name: str(origin) for name, origin in config.origins.items() if origin != DEFAULT}


def test_file_environment_and_keywords_have_weight_in_this_order(path: Path) -> None:
    environ = {"DRAGOMAN_TIMEOUT": "30", "DRAGOMAN_SEED": "4", "DRAGOMAN_OPTIONS": '{"cut": 2}'}
    config = LLMConfig.load("draft", path=path, environ=environ, seed=5)
    assert (config.model, config.max_tokens, config.kwargs["timeout"], config.kwargs["seed"]) == ("echo", 100, 30, 5)
    assert config.provider_options("echo") == {"stall": 0.0, "cut": 2}
    assert shown(config) == {
        "model": f"{path}:3",
        "timeout": "DRAGOMAN_TIMEOUT",
        "stop": f"{path}:5",
        "headers": f"{path}:8",
        "max_tokens": f"{path}:11",
        "options": f"{path}:12",
        "cut": "DRAGOMAN_OPTIONS",
        "seed": "keyword",
    }
    assert config.origins["temperature"] == DEFAULT
    assert config.origins["model"] == ConfigOrigin(kind="file", name=str(path), line=3)


def test_what_is_changed_later_is_a_keyword_and_the_rest_keeps_its_origin(path: Path) -> None:
    config = LLMConfig.load("final", path=path, environ={})
    config.temperature = 1
    config.kwargs["timeout"] = 5
    for each in (config, config.replace(), copy.copy(config), copy.deepcopy(config)):
        assert shown(each) == {
            "model": f"{path}:3",
            "temperature": "keyword",
            "timeout": "keyword",
            "stop": f"{path}:5",
            "headers": f"{path}:8",
        }
    assert shown(config.replace(model="echo/other"))["model"] == "keyword"
    remade = pickle.loads(pickle.dumps(config))  # noqa: S301  # our own
    assert set(shown(remade).values()) == {"keyword"}
    assert LLMConfig(model="m").origins["model"] == KEYWORD


async def test_an_llm_is_loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await LLM.load("draft", path=path, max_tokens=1).generate("one two")).text == "one"
    with SyncLLM.load("draft", path=path) as llm:
        assert llm.config.max_tokens == 100
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(path))
    assert LLM.load("final").config.temperature == 0


def test_a_file_is_found_in_the_working_directory_and_in_the_folder_of_the_user(path: Path) -> None:
    own = path.parent / "own" / "dragoman"
    own.mkdir(parents=True)
    (own / "dragoman.toml").write_text("[llm]\nmodel = 'echo/own'\n")
    assert LLMConfig.load().model == "echo/own"
    (path.parent / "dragoman.toml").write_text("[llm]\nmodel = 'echo/here'\n")
    assert LLMConfig.load().model == "echo/here"
    assert str(LLMConfig.load().origins["model"]) == "dragoman.toml:2"


@pytest.mark.parametrize(
    ("platform", "variable", "folder"), [("win32", "APPDATA", ""), ("linux", "HOME", ".config"), ("linux", "XDG", "")]
)
def test_the_folder_of_the_user(
    path: Path, platform: str, variable: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    own = path.parent / folder / "dragoman"
    own.mkdir(parents=True)
    (own / "dragoman.toml").write_text("[llm]\nmodel = 'echo/home'\n")
    name = variable.replace("XDG", "XDG_CONFIG_HOME")
    assert LLMConfig.load(environ={name: str(path.parent)}).model == "echo/home"
    assert user_folder({}) is None
    assert user_folder({"XDG_CONFIG_HOME": "relative"}) is None


def test_a_profile_that_there_is_not_is_an_error_with_those_that_there_are(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"has no profile \[llm.drafts\]; it has draft, final"):
        LLMConfig.load("drafts", path=path)
    with pytest.raises(ConfigurationError, match="there is no file with the profile 'draft'; give path="):
        LLMConfig.load("draft", environ={})
    assert LLMConfig.load(environ={"DRAGOMAN_MODEL": "echo"}).model == "echo"


def test_a_profile_without_a_model_is_never_the_echo(path: Path) -> None:
    path.write_text("[llm]\ntimeout = 5\n[llm.draft]\nseed = 1\n")
    with pytest.raises(ConfigurationError, match=r"\[llm.draft\] and \[llm\] of .* names none, DRAGOMAN_MODEL is not"):
        SyncLLM.load("draft", path=path).generate("Hi")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lmm]\nmodel = 'echo'", r"models.toml:1: there is no section \[lmm\]; did you mean \[llm\]\?"),
        ("[llm]\nmodel = 'echo'\ntemprature = 1", r"toml:3: llm has no 'temprature': did you mean 'temperature'\?"),
        ("[llm]\nmodle = 'echo'", r"toml:2: llm has no 'modle': did you mean 'model'\?"),
        ("[llm.draft]\nmax_tokns = 1", r"toml:2: llm.draft has no 'max_tokns': did you mean 'max_tokens'\?"),
        ("[llm]\nmodel = 'echo'\n[llm.hedaers]\nx = 'y'", r"toml:3: llm has no 'hedaers': did you mean 'headers'\?"),
        ("[llm]\nmax_completion_tokens = 1", r"toml:2: llm has no 'max_completion_tokens': it is called 'max_tokens'"),
        ("[llm]\nmodel = 'echo'\nseed = 'x'", r"models.toml:3: seed must be a whole number"),
        ("[llm]\nmodel = 'echo'\ntimeout = -1", r"models.toml:3: timeout must be"),
        ("llm = 5", "llm in .* must be a table"),
        ("other = 5", r"has no table \[llm\]; it has other"),
        ("[tool]\nx = 1", r"has no table \[llm\]; it has \[tool\]"),
    ],
)
def test_an_error_says_where_it_is_and_what_is_meant(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        LLMConfig.load("draft" if "[llm.draft]" in text else None, path=path, environ={})


def test_a_key_like_one_that_is_given_is_an_option(path: Path) -> None:
    path.write_text("[llm]\nmodel = 'echo'\nseed = 1\nseeds = 2\n")
    assert LLMConfig.load(path=path, environ={}).provider_options() == {"seeds": 2}


def test_an_option_that_the_provider_refuses_is_shown_with_its_place(path: Path) -> None:
    path.write_text("[llm]\nmodel = 'echo'\n\nstal = 1\n")
    with pytest.raises(InvalidRequestError, match=r"models.toml:4: echo has no option 'stal'; did you mean 'stall'"):
        SyncLLM.load(path=path).generate("Hi")
    with pytest.raises(ConfigurationError, match="DRAGOMAN_SEED must be a whole number"):
        LLM.load(path=path, **LLMConfig.load(path=path, environ={"DRAGOMAN_SEED": "x"}).to_dict())


def test_a_place_is_told_once_and_only_where_there_is_one() -> None:
    origins = {"seed": ConfigOrigin(kind="environment", name="DRAGOMAN_SEED"), "timeout": KEYWORD}
    for message, parameter in [("DRAGOMAN_SEED is odd", "seed"), ("it is odd", "timeout"), ("it is odd", None)]:
        assert located(ConfigurationError(message, parameter=parameter), origins).message == message
    assert str(located(ConfigurationError("it is odd", parameter="seed"), origins)) == "DRAGOMAN_SEED: it is odd"


@pytest.mark.parametrize("where", ["api_base = 'https://elsewhere.example'", "proxy = 'http://elsewhere.example'"])
def test_a_file_that_was_only_found_may_not_decide_where_a_key_is_sent(path: Path, where: str) -> None:
    environ = {"DRAGOMAN_API_KEY": "sk-marker"}
    found = path.parent / "dragoman.toml"
    found.write_text(f"[llm]\nmodel = 'openai/m'\n{where}\n")
    with pytest.raises(
        ConfigurationError, match=r"dragoman.toml:3 sets .* and api_key comes from DRAGOMAN_API_KEY"
    ) as e:
        LLMConfig.load(environ=environ)
    assert "sk-marker" not in str(e.value)
    with pytest.raises(ConfigurationError, match="api_key comes from keyword"):
        LLMConfig.load(environ={}, api_key="sk-marker")
    assert LLMConfig.load(path="dragoman.toml", environ=environ).api_key == "sk-marker"
    assert LLMConfig.load(environ={**environ, "DRAGOMAN_CONFIG": "dragoman.toml"}).api_key == "sk-marker"
    assert LLMConfig.load(environ={}).api_key is None
    found.write_text(f"[llm]\nmodel = 'openai/m'\napi_key = 'sk-its-own'\n{where}\n")
    assert LLMConfig.load(environ={}).api_key == "sk-its-own"
    found.write_text("[llm]\nmodel = 'openai/m'\n")
    assert LLMConfig.load(environ=environ).api_key == "sk-marker"


NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
VALUES = st.sampled_from(["1", '"x"', "[\n1,\n2,\n]", '"""\na = 1\n[b]\n"""', "{ x = 1 }", "'''\n\n'''"])


@given(tables=st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4), blank=st.integers(0, 2))
def test_lines_are_those_on_which_keys_begin(tables: dict[str, dict[str, str]], blank: int) -> None:
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for table, members in tables.items():
        lines += ["# remark"] * blank
        expected[(table,)] = len(lines) + 1
        lines.append(f"[{table}]")
        for name, value in members.items():
            expected[(table, name)] = len(lines) + 1
            lines += f"{name} = {value}".split("\n")
    found: dict[Any, int] = lines_of("\n".join(lines))
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("keywords", "hint"),
    [
        ({"modle": "echo"}, "did you mean 'model'?"),
        ({"model": "echo", "timout": 3}, "did you mean 'timeout'?"),
        ({"model": "echo", "base_url": "http://x"}, "it is called 'api_base' here"),
        ({"profil": "draft"}, "did you mean 'profile'?"),
        ({"pth": "x.toml"}, "did you mean 'path'?"),
    ],
)
def test_a_misspelt_keyword_is_refused_where_it_is_given(keywords: dict[str, Any], hint: str) -> None:
    for load in (LLMConfig.load, LLM.load, SyncLLM.load):
        with pytest.raises(ConfigurationError) as caught:
            load(**keywords)
        [name] = keywords.keys() - {"model"}
        assert f"load() has no argument {name!r}: {hint}" in str(caught.value)
        assert caught.value.parameter == name


def test_an_option_of_a_provider_is_accepted_as_a_keyword() -> None:
    options: Any = {"api_version": "2024-10-21"}
    assert LLMConfig.load(model="echo", environ={}, **options).kwargs == options


def test_a_table_of_an_argument_is_no_profile(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text("[llm]\nmodel = 'echo'\n[llm.retry]\nretries = 5\n[llm.draft]\nretry.retries = 1\n")
    for profile, retries in ((None, 5), ("draft", 1)):
        assert LLMConfig.load(profile, path=file, environ={}).kwargs["retry"] == {"retries": retries}
    file.write_text("[llm]\nmodel = 'echo'\n[llm.retrry]\nretries = 5\n")
    with pytest.raises(ConfigurationError, match="llm has no 'retrry': did you mean 'retry'"):
        LLMConfig.load(path=file, environ={})


MISSPELT = """\
[llm]
model = "echo"
[llm.options.openai]
store = true
[llm.options.antropic]
top_k = 3
[llm.own]
options.echo = { stall = 0, stal = 1 }
[llm.wrong.options.echo]
stall = "long"
[llm.other.options]
a-provider-that-is-installed-elsewhere = { a = 1 }
"""


@pytest.mark.parametrize(
    ("profile", "line", "words"),
    [
        (None, 5, "options are keyed by provider, and there is no provider 'antropic'; did you mean 'anthropic'?"),
        ("own", 8, "echo has no option 'stal'; did you mean 'stall'?"),
        ("wrong", 10, "wrong option for echo: expected float, not 'long' @ $.stall"),
    ],
)
def test_a_misspelt_name_in_the_table_of_options_is_told_with_its_line(
    path: Path, profile: str | None, line: int, words: str
) -> None:
    path.write_text(MISSPELT)
    with pytest.raises(InvalidRequestError) as caught, SyncLLM.load(profile, path=path) as llm:
        llm.completion("Hi")
    assert caught.value.message == f"{path}:{line}: {words}"


def test_options_of_a_provider_that_is_not_installed_are_accepted(path: Path) -> None:
    path.write_text(MISSPELT)
    with SyncLLM.load("other", path=path) as llm:
        assert llm.completion("Hi") == "Hi"


def test_a_misspelt_provider_in_the_options_of_a_configuration_is_refused() -> None:
    with (
        pytest.raises(InvalidRequestError, match="did you mean 'openai'") as caught,
        SyncLLM("echo", options={"opnai": {}}) as llm,
    ):
        llm.completion("Hi")
    assert caught.value.parameter == "options.opnai"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[llm", "cannot read a configuration from '{path}' (APP_CONFIG): "),
        ("[tool]", "{path} (APP_CONFIG) has no table [llm]; it has [tool]"),
        (TEXT, "{path} (APP_CONFIG) has no profile [llm.nowhere]; it has draft, final"),
        (None, "cannot read a configuration from '{path}' (APP_CONFIG): No such file"),
    ],
)
def test_a_file_that_a_variable_names_is_told_with_the_variable(path: Path, text: str | None, words: str) -> None:
    deep = path.parent / ("deep" * 30)
    deep.mkdir()
    path = path.rename(deep / path.name)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        LLMConfig.load("nowhere", environ={"APP_CONFIG": str(path)}, prefix="APP_")
    assert caught.value.message.startswith(words.format(path=path))
    with pytest.raises(ConfigurationError) as caught:
        LLMConfig.load("nowhere", path=path, environ={"APP_CONFIG": str(path)}, prefix="APP_")
    assert caught.value.message.startswith(words.format(path=path).replace(" (APP_CONFIG)", ""))
