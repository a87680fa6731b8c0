from __future__ import annotations

import inspect
import typing
from typing import get_type_hints

import pytest

from dragoman import LLM, LLMConfig, Settings, StreamingLLM
from dragoman.client.call_settings import (
    CallSettings,
    CommonSettings,
    CompletionSettings,
    ConfigSettings,
    EmbeddingSettings,
    SettingsKeywords,
    UploadSettings,
    ValueSettings,
)
from dragoman.client.run_settings import RunArguments
from dragoman.spec.config import CORE_OPTIONS, FIELDS
from dragoman.spec.foreign_names import OF_RUNS, OWN, PER_CALL
from dragoman.spec.request import SETTINGS


def names(keywords: type) -> set[str]:
    return {*keywords.__annotations__}


def test_the_keywords_are_those_that_are_accepted() -> None:
    assert names(SettingsKeywords) == {*SETTINGS}
    assert names(CommonSettings) == PER_CALL | {"options"}
    assert names(ValueSettings) == names(CommonSettings) | {"tools", "tool_choice"}
    assert names(CallSettings) == names(ValueSettings) | {"output"}
    assert names(CompletionSettings) == names(CommonSettings) | {"suffix"}
    assert names(ConfigSettings) == {*FIELDS, *CORE_OPTIONS, *SETTINGS}
    assert names(RunArguments) == OF_RUNS
    of_one = names(EmbeddingSettings) | names(UploadSettings) | {"repairs"}
    of_calls = names(CallSettings) | names(CompletionSettings) | names(ConfigSettings)
    assert of_calls | names(RunArguments) | of_one == OWN


def test_settings_have_the_types_of_settings() -> None:
    given, said = get_type_hints(Settings), get_type_hints(SettingsKeywords)
    wider = {"stop", "effort", "cache"}  # converted, or words
    assert {name: said[name] for name in said.keys() - wider} == {name: given[name] for name in said.keys() - wider}


@pytest.mark.parametrize(
    "name",
    [name for name, member in inspect.getmembers(StreamingLLM, callable) if not name.startswith("_")],
)
def test_no_door_takes_keywords_that_no_type_checker_knows(name: str) -> None:
    method = getattr(StreamingLLM, name)
    seen = typing.get_overloads(method) or [method]
    parameters = [each for one in seen for each in inspect.signature(one).parameters.values()]
    assert all(str(each.annotation).startswith("Unpack[") for each in parameters if each.kind is each.VAR_KEYWORD)


async def test_a_bare_keyword_of_the_provider_works_at_run_time() -> None:
    assert (await LLM(LLMConfig(model="echo", stall=0.0)).generate("Hi", stall=0.0)).text == "Hi"  # type: ignore[call-arg]
