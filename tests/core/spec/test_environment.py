"""A configuration from environment variables: every field that text can express, and no variable without a word."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest

from dragoman import ConfigurationError, LLMConfig
from dragoman.spec.config import CORE_OPTIONS, FIELDS
from dragoman.spec.environment import VARIABLES, check_variables
from dragoman.spec.request import SETTINGS

KEY = "sk-0123456789abcdef"


def read(**variables: str) -> LLMConfig:
    return LLMConfig.from_env(environ={f"DRAGOMAN_{name.upper()}": text for name, text in variables.items()})


def test_there_is_a_variable_for_each_field() -> None:
    assert {*VARIABLES} == {*FIELDS, *SETTINGS, *CORE_OPTIONS, "options"} - {"on_retry"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("fallbacks", "gpt-4, claude-3,", ["gpt-4", "claude-3"]),
        ("fall_back_on", "empty, refused", ["empty", "refused"]),
        ("retry", '{"retries": 8}', {"retries": 8}),
        ("first_output_timeout", "2.5", 2.5),
        ("fallbacks", '["gpt-4", {"model": "m"}]', ["gpt-4", {"model": "m"}]),
        ("headers", "x-a=1, x-b = 2=3", {"x-a": "1", "x-b": "2=3"}),
        ("headers", '{"x-a": "1,2"}', {"x-a": "1,2"}),
        ("stop", "END", "END"),
        ("stop", '["END", "STOP"]', ["END", "STOP"]),
        ("seed", "7", 7),
        ("verify", "no", False),
        ("proxy", "http://proxy:1", "http://proxy:1"),
    ],
)
def test_each_is_read_as_what_it_is(name: str, text: str, value: Any) -> None:
    assert read(model="echo", allow_insecure="yes", **{name: text}) == LLMConfig(
        "echo", allow_insecure=True, **{name: value}
    )


def test_options_of_the_provider_are_a_json_object() -> None:
    assert read(model="m", options='{"api_version": "1", "user": {"a": [1]}}') == LLMConfig(
        "m", api_version="1", user={"a": [1]}
    )


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"headers": "x"}, "DRAGOMAN_HEADERS must be a JSON object, or name=value, separated by commas"),
        ({"headers": "x=1,,y=2"}, "DRAGOMAN_HEADERS must be a JSON object, or name=value"),
        ({"headers": "{"}, "DRAGOMAN_HEADERS is not valid JSON: Expecting property name"),
        ({"options": "[1]"}, "DRAGOMAN_OPTIONS must be a JSON object, not list"),
        ({"options": "a=1"}, "DRAGOMAN_OPTIONS is not valid JSON: Expecting value"),
        ({"options": "[" * 100_000}, "DRAGOMAN_OPTIONS is not valid JSON: RecursionError"),
        (
            {"options": '{"seed": 1}'},
            "DRAGOMAN_OPTIONS holds 'seed', which is not an option of a provider; set DRAGOMAN_SEED",
        ),
        ({"fallbacks": "[1]"}, "a fallback must be a model or a configuration, not int"),
        ({"seed": "x"}, "DRAGOMAN_SEED must be a whole number, not 'x'"),
    ],
)
def test_what_cannot_be_read_is_refused(variables: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem.replace("[", r"\[")):
        read(model="echo", **variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"headers": f"authorization={KEY},x"},
        {"headers": json.dumps({"authorization": KEY, "x": 1})[:-1]},
        {"options": json.dumps({"token": KEY, "seed": 1})},
        {"options": json.dumps([KEY])},
        {"api_key": KEY, "seed": "x"},
    ],
)
def test_no_error_shows_a_credential(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(model="echo", **variables)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "src/dragoman/" in frame.filename]
    assert ours
    assert [frame.name for frame in ours if KEY in str(frame.locals)] == []
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DRAGOMAN_PLUGIN", "DRAGOMAN_PLUGINS"),
        ("DRAGOMAN_DISABLED_PLUGINS", "DRAGOMAN_DISABLE_PLUGINS"),
        ("DRAGOMAN_HEADERS", None),
        ("DRAGOMAN_HEADER", None),
        ("DRAGOMAN_RECORDER", None),
        ("ACME_PLUGIN", None),
    ],
)
def test_a_misspelled_variable_of_the_program_is_refused(name: str, meant: str | None) -> None:
    known = {"DRAGOMAN_PLUGINS", "DRAGOMAN_DISABLE_PLUGINS"}
    if meant is None:
        check_variables([name], known)
        return
    with pytest.raises(ConfigurationError, match=rf"{name} is not read; did you mean {meant}\?"):
        check_variables([name], known)


def test_an_environment_is_a_mapping() -> None:
    environ: Any = ["DRAGOMAN_MODEL=echo"]
    with pytest.raises(ConfigurationError, match="environ must be a mapping of strings, not list"):
        LLMConfig.from_env(environ=environ)
