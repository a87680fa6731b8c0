from __future__ import annotations

from typing import Any, ClassVar

import pytest
from attrs import frozen

from dragoman import LLM, ConfigurationError, InvalidRequestError, LLMConfig
from dragoman.http import option_field
from dragoman.spec.provider_options import read_options
from dragoman_anthropic import AnthropicOptions
from dragoman_echo import EchoOptions
from dragoman_openai import OpenAIOptions
from dragoman_openai_compatible.manifest_plugin import ManifestOptions


@frozen(kw_only=True)
class NearOptions:
    __provider__: ClassVar[str] = "near"
    region: str | None = option_field()
    strict: bool = option_field(default=False)
    api_key: str | None = option_field(in_body=False, secret=True)


def test_a_mapping_is_taken_as_it_is() -> None:
    given = {"near": {"region": "x"}}
    assert read_options(given) is given
    assert read_options(None) == {}


@pytest.mark.parametrize("options", [NearOptions(region="x"), [NearOptions(region="x")], (NearOptions(region="x"),)])
def test_an_object_gives_what_differs_from_the_defaults_of_its_class(options: Any) -> None:
    assert read_options(options) == {"near": {"region": "x"}}


def test_objects_of_several_providers() -> None:
    options = [OpenAIOptions(user="u"), AnthropicOptions(betas=["b"]), NearOptions(strict=True)]
    assert read_options(options) == {"openai": {"user": "u"}, "anthropic": {"betas": ["b"]}, "near": {"strict": True}}


def test_credentials_in_an_object_are_not_shown() -> None:
    assert "marker" not in repr(read_options(NearOptions(api_key="marker")))
    assert "marker" not in repr(LLMConfig(model="echo", options=NearOptions(api_key="marker")))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([NearOptions(), NearOptions()], "two objects of the provider 'near'"),
        (NearOptions, r"not NearOptions; make an object of it: NearOptions\(...\)"),
        ([NearOptions], r"make an object of it"),
        (ManifestOptions(user="u"), "not ManifestOptions; it names no provider"),
        ("near", "not str"),
        (5, "not int"),
        ([5], "not int"),
        ({5: {}}, "those of 5 are dict"),
        ({"near": NearOptions()}, "those of 'near' are NearOptions"),
    ],
)
def test_anything_else_is_refused(options: Any, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        read_options(options)
    with pytest.raises(ConfigurationError, match=said):
        LLMConfig(model="echo", options=options)


def test_a_configuration_holds_options_of_several_providers() -> None:
    config = LLMConfig(model="echo", options=[EchoOptions(fail="broken"), OpenAIOptions(user="u")], stall=0.0)
    assert config.provider_options() == {"stall": 0.0}
    assert config.provider_options("echo") == {"fail": "broken", "stall": 0.0}
    assert LLMConfig.from_dict(config.to_dict()) == config
    assert config.replace(max_tokens=5).provider_options("openai") == {"user": "u", "stall": 0.0}


async def test_the_options_of_a_configuration_and_of_a_call_reach_the_provider() -> None:
    with pytest.raises(Exception, match="broken"):
        await LLM("echo", options=EchoOptions(fail="broken")).generate("Hi")
    llm = LLM(LLMConfig(model="echo", options={"echo": {"fail": "broken"}}))
    assert (await llm.generate("Hi", options={"echo": {"fail": None}})).text == "Hi"


async def test_a_misspelt_option_in_a_mapping_is_an_error_with_a_suggestion() -> None:
    for wrong in (LLM("echo", options={"echo": {"stal": 1}}).generate("Hi"), LLM("echo").generate("Hi", stal=1)):  # type: ignore[call-arg]
        with pytest.raises(InvalidRequestError, match="did you mean 'stall'"):
            await wrong
