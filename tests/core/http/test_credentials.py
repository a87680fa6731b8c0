from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen

from dragoman import (
    LLM,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    MissingCredentialError,
    ProviderConfig,
    Secret,
)
from dragoman.http import Base, OptionsReader, credential_fields, option_field
from dragoman.spec.secret import reveal

FIELDS = {"access_key": ("NEAR_ACCESS_KEY",), "secret_key": ("NEAR_SECRET_KEY", "NEAR_SECRET"), "session_token": ()}
HOME = Base(url="https://api.near.test/v1", source="default")
ELSEWHERE = Base(url="https://gate.test/v1", source="given")
AMBIENT = {"NEAR_ACCESS_KEY": "AK-env", "NEAR_SECRET": "SK-env"}
GIVEN = {"access_key": "AK-given", "secret_key": "SK-given"}
HIDDEN = "SK-MARKER-never-shown"


def config(**fields: Any) -> ProviderConfig:
    return ProviderConfig(name="near", distribution="dragoman-near", hosts=("near.test",), **fields)


def found(made: ProviderConfig, base: Base = HOME, **arguments: Any) -> dict[str, str]:
    arguments.setdefault("optional", ("session_token",))
    got = credential_fields(made, base, FIELDS, **arguments)
    assert all(isinstance(value, Secret) for value in got.values())
    return {name: reveal(value) for name, value in got.items()}


def store(values: Mapping[str, str]) -> Any:
    return lambda provider, field: values.get(f"{provider}/{field}")


class TestTheSource:
    def test_is_the_caller_then_the_store_then_the_environment_then_the_chain(self) -> None:
        stored = store({"near/access_key": "AK-store", "near/secret_key": "SK-store", "near/session_token": "T-store"})
        everything: dict[str, Any] = {"options": GIVEN, "secrets": stored, "environ": AMBIENT}
        asked: list[str] = []

        def chain() -> Mapping[str, str]:
            asked.append("chain")
            return {"access_key": "AK-file", "secret_key": "SK-file", "expiry": "tomorrow"}

        sources = []
        for name in ("options", "secrets", "environ"):
            sources.append(found(config(**everything), chain=chain))
            del everything[name]
        assert asked == []
        sources.append(found(config(), chain=chain))
        assert sources == [
            GIVEN,
            {"access_key": "AK-store", "secret_key": "SK-store", "session_token": "T-store"},
            {"access_key": "AK-env", "secret_key": "SK-env"},
            {"access_key": "AK-file", "secret_key": "SK-file"},
        ]

    @pytest.mark.parametrize(
        ("fields", "source"),
        [
            ({"options": {"access_key": "AK-given"}, "environ": AMBIENT}, "the arguments"),
            ({"secrets": store({"near/access_key": "AK-store"}), "environ": AMBIENT}, "the key store"),
            ({"environ": {"NEAR_ACCESS_KEY": "AK-env"}}, "the environment"),
        ],
    )
    def test_must_have_the_whole_set(self, fields: dict[str, Any], source: str) -> None:
        with pytest.raises(MissingCredentialError, match=f"{source} gave access_key, but not secret_key") as caught:
            found(config(**fields), chain=lambda: GIVEN)
        assert caught.value.parameter == "secret_key"
        assert "AK-" not in str(caught.value)

    def test_is_the_chain_last_and_it_too_must_have_the_whole_set(self) -> None:
        with pytest.raises(MissingCredentialError, match="chain of near gave secret_key, but not access_key"):
            found(config(), chain=lambda: {"secret_key": "SK-file", "access_key": None})

    def test_may_be_the_key_of_the_configuration(self) -> None:
        fields = {"api_key": ("NEAR_API_KEY",), "secret_key": ("NEAR_SECRET_KEY",)}
        got = credential_fields(config(api_key=Secret("AK"), options={"secret_key": "SK"}), ELSEWHERE, fields)
        assert {name: reveal(value) for name, value in got.items()} == {"api_key": "AK", "secret_key": "SK"}

    def test_may_lack_what_is_optional(self) -> None:
        assert found(config(options=GIVEN), optional=("session_token",)) == GIVEN
        with pytest.raises(MissingCredentialError, match="not session_token"):
            found(config(options=GIVEN), optional=())


class TestWithoutCredentials:
    @pytest.mark.parametrize("chain", [None, lambda: None, dict])
    def test_the_error_names_what_to_give(self, chain: Any) -> None:
        expected = (
            r"^no credentials for near; pass access_key=\.\.\. and secret_key=\.\.\., "
            "or set NEAR_ACCESS_KEY and NEAR_SECRET_KEY$"
        )
        with pytest.raises(MissingCredentialError, match=expected):
            found(config(environ={"NEAR_SECRET": ""}), chain=chain)

    def test_the_error_names_no_variables_where_there_are_none(self) -> None:
        with pytest.raises(MissingCredentialError, match=r"pass pin_token=\.\.\.$"):
            credential_fields(config(), HOME, {"pin_token": ()})

    def test_there_may_be_none(self) -> None:
        assert found(config(), required=False) == {}

    def test_variables_of_other_vendors_are_not_read(self) -> None:
        fields = {"api_key": ("OPENAI_API_KEY",)}
        made = config(environ={"OPENAI_API_KEY": "sk-of-another"})
        assert credential_fields(made, HOME, fields, required=False) == {}


class TestTheHost:
    def test_that_is_not_claimed_gets_what_was_given_alone(self) -> None:
        stored = store({"near/access_key": "AK-store", "near/secret_key": "SK-store"})
        ambient = config(secrets=stored, environ=AMBIENT)
        with pytest.raises(MissingCredentialError, match=r"^gate\.test is not a host of near.* access_key=\.\.\. and"):
            found(ambient, ELSEWHERE, chain=lambda: pytest.fail("the chain was asked"))
        assert found(ambient, ELSEWHERE, required=False) == {}
        assert found(config(options=GIVEN, environ=AMBIENT), ELSEWHERE) == GIVEN

    def test_that_the_operator_names_may_get_them(self) -> None:
        named = Base(url="https://gate.test/v1", source="environment")
        assert found(config(environ=AMBIENT), named)["access_key"] == "AK-env"

    @pytest.mark.parametrize("fields", [{"options": GIVEN}, {"headers": {"x-auth-key": "k"}}])
    def test_is_not_reached_in_the_clear(self, fields: dict[str, Any]) -> None:
        clear = Base(url="http://gate.test/v1", source="given")
        with pytest.raises(ConfigurationError, match="in the clear"):
            found(config(**fields), clear, required=False)
        assert found(config(allow_insecure=True, **fields), clear, required=False) == fields.get("options", {})


class TestAValue:
    @pytest.mark.parametrize("wrong", [f"{HIDDEN}\n", "", 5, [HIDDEN]])
    def test_that_no_credential_is_refused_unseen(self, wrong: Any) -> None:
        with pytest.raises(ConfigurationError, match="secret_key") as caught:
            found(config(options={"access_key": "AK", "secret_key": wrong}, environ=AMBIENT))
        assert HIDDEN not in str(caught.value)


@frozen(kw_only=True)
class Options:
    access_key_id: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    secret_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)


class TestAnOption:
    def test_is_a_secret_from_the_start(self) -> None:
        options = OptionsReader(Options, "near").configure({"access_key_id": "AK-MARKER", "secret_key": HIDDEN})
        assert isinstance(options.access_key_id, Secret)
        assert reveal(options.secret_key or "") == HIDDEN
        assert "MARKER" not in repr(options)

    @pytest.mark.parametrize("wrong", [7, b"SK-MARKER", f"{HIDDEN} "])
    def test_of_the_wrong_type_is_refused_unseen(self, wrong: Any) -> None:
        with pytest.raises(InvalidRequestError, match="not shown") as caught:
            OptionsReader(Options, "near").configure({"secret_key": wrong})
        assert "MARKER" not in str(caught.value)

    def test_is_masked_by_its_name_wherever_a_configuration_is_shown(self) -> None:
        made = LLMConfig("near/m", access_key_id="AK-MARKER", secret_key=HIDDEN)
        assert "MARKER" not in repr(made) + repr(made.to_dict(redact=True)) + repr(LLM(LLMConfig("echo"))) + str(made)
        assert made.to_dict()["secret_key"] == HIDDEN

    def test_whose_name_shows_nothing_is_refused(self) -> None:
        @frozen(kw_only=True)
        class Unclear:
            badge: Secret | None = option_field(in_body=False, secret=True)

        with pytest.raises(ConfigurationError, match="'badge' needs a name that ends in key"):
            OptionsReader(Unclear, "near")

    def test_that_would_be_in_the_body_is_refused(self) -> None:
        @frozen(kw_only=True)
        class Sent:
            secret_key: Secret | None = option_field(secret=True)

        with pytest.raises(ConfigurationError, match="'secret_key' needs in_body=False"):
            OptionsReader(Sent, "near")
