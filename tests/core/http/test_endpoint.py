from __future__ import annotations

import pytest

from dragoman import ConfigurationError, InvalidRequestError, MissingCredentialError, ProviderConfig
from dragoman.http import Base, base_url, checked_headers, credential, is_home, is_loopback
from dragoman.spec.secret import Secret

HOME = "https://api.near.test/v1"
DEEP = "https://api.near.test/openai/v1"


def config(api_base: str | None = None, **fields: object) -> ProviderConfig:
    return ProviderConfig(name="near", api_base=api_base, hosts=("near.test",), **fields)


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (None, HOME),
            ("https://api.near.test", HOME),
            ("https://api.near.test/", HOME),
            ("https://api.near.test/v1", HOME),
            ("https://api.near.test/v1/", HOME),
            ("https://api.near.test/v1//", HOME),
            (" https://api.near.test/v1\n", HOME),
            ("HTTPS://api.near.test/v2", "https://api.near.test/v2"),
            ("https://api.near.test/v1beta", "https://api.near.test/v1beta"),
            ("https://api.near.test/v1/chat/completions", HOME),
            ("https://api.near.test/v1/completions", HOME),
            ("https://api.near.test/v1/responses/", HOME),
            ("https://api.near.test/chat/completions", HOME),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
            ("http://[::1]:8080/", "http://[::1]:8080/v1"),
            ("https://gate.test/near", "https://gate.test/near"),
            ("https://gate.test/near/v1", "https://gate.test/near/v1"),
            ("https://gate.test/..name", "https://gate.test/..name"),
        ],
    )
    def test_has_its_version_exactly_once(self, given: str | None, expected: str) -> None:
        assert base_url(config(given), default=HOME).url == expected

    @pytest.mark.parametrize("given", ["https://api.near.test", DEEP, "https://api.near.test/openai/"])
    def test_of_a_provider_with_a_path_is_completed_at_home(self, given: str) -> None:
        assert base_url(config(given), default=DEEP).url == DEEP

    def test_of_a_provider_without_one_is_completed_too(self) -> None:
        assert base_url(config("http://localhost:1"), default=None).url == "http://localhost:1/v1"
        assert base_url(config("http://localhost:1/api"), default=None).url == "http://localhost:1/api"

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ("near.test", "not an http"),
            ("ftp://near.test", "not an http"),
            ("https://", "not an http"),
            ("user:pw4u@near.test", "is not an http"),
            ("https://user:pw4u@near.test", "user name"),
            ("https://user@near.test/v1", "user name"),
            ("https://near.test/v1?key=pw4u", "query"),
            ("https://near.test/v1?", "query"),
            ("https://near.test/v1#part", "query"),
            ("https://near.test/v1#", "query"),
            ("https://near.test/a/../v1", "'..'"),
            ("https://near.test/%2e%2E/v1", "'..'"),
            ("https://near.test/a b", "character"),
            ("https://near.test\\@evil.test/", "user name"),
            ("https://near.test/a\\b", "character"),
            ("https://näher.test/", "character"),
            ("https://near.test:99999", "Port"),
            ("https://near.test:x", "Port"),
            ("https://[::1/v1", "not a valid URL"),
            ("http://[::1%.api.near.test]", "invalid host"),
            ("http://[fe80::1%25.near.test]:80", "invalid host"),
            ("https://[::1%]/v1", "(invalid host|not a valid URL)"),
            ("https://[::1].x", "(invalid host|not a valid URL)"),
            ("https://[::1]near.test", "(invalid host|not a valid URL)"),
            ("https://[near.test]", "(invalid host|not a valid URL)"),
            ("https://.near.test", "invalid host"),
            ("https://near..test", "invalid host"),
            ("https://evil.test,near.test", "invalid host"),
            ("https://evil.test;near.test", "invalid host"),
            ("https://evil%2enear.test", "invalid host"),
        ],
    )
    def test_that_is_none_is_refused(self, given: str, problem: str) -> None:
        with pytest.raises(ConfigurationError, match=problem) as caught:
            base_url(config(given), default=HOME)
        assert caught.value.parameter == "api_base"
        assert "pw4u" not in str(caught.value)

    @pytest.mark.parametrize(("given", "named"), [(None, "NEAR_HOST is not"), ("near.test", "api_base is not")])
    def test_that_is_none_is_named_by_where_it_stands(self, given: str | None, named: str) -> None:
        place = ProviderConfig(name="near", api_base=given, environ={"NEAR_HOST": "dbc.near.test"})
        with pytest.raises(ConfigurationError, match=named):
            base_url(place, default=HOME, env=("NEAR_BASE", "NEAR_HOST"))

    @pytest.mark.parametrize(
        "given", ["http://[::1]:1", "http://[::1%lo]", "http://a_b:1", "https://near.test.", "http://h:"]
    )
    def test_may_name_a_host_in_any_way(self, given: str) -> None:
        assert base_url(config(given), default=None).url == f"{given}/v1"

    def test_comes_from_the_caller_else_the_environment_else_the_provider(self) -> None:
        environ = {"NEAR_BASE": "https://mine.test"}
        named = base_url(config(environ=environ), default=HOME, env=("NEAR_BASE",))
        given = base_url(config("https://his.test", environ=environ), default=HOME, env=("NEAR_BASE",))
        own = base_url(config(environ={"NEAR_BASE": ""}), default=HOME, env=("NEAR_BASE",))
        assert (named.url, named.source) == ("https://mine.test/v1", "environment")
        assert (given.url, given.source) == ("https://his.test/v1", "given")
        assert (own.url, own.source) == (HOME, "default")

    @pytest.mark.parametrize(("env", "hint"), [((), "pass api_base='https://...'$"), (("A", "B"), "or set A or B")])
    def test_that_is_missing_is_asked_for(self, env: tuple[str, ...], hint: str) -> None:
        with pytest.raises(ConfigurationError, match=hint):
            base_url(config(), default=None, env=env)

    def test_knows_host_and_origin(self) -> None:
        base = Base(url="https://API.near.test:8443/v1", source="given")
        assert (base.host, base.origin) == ("api.near.test", "https://API.near.test:8443")
        assert Base(url="", source="given").host == ""


class TestCredential:
    def test_given_goes_anywhere(self) -> None:
        away = Base(url="https://far.test/v1", source="given")
        assert credential(config(api_key=Secret("k")), away) == "k"

    def test_of_the_environment_goes_home_only(self) -> None:
        mine = config(environ={"NEAR_KEY": "k"})
        assert credential(mine, Base(url=HOME, source="default"), env=("NEAR_KEY",)) == "k"
        assert credential(mine, Base(url=HOME, source="given"), env=("NEAR_KEY",)) == "k"
        assert credential(mine, Base(url="https://x.test", source="environment"), env=("NEAR_KEY",)) == "k"
        for lookalike in ("near.test.evil.test", "notnear.test", "evil.test"):
            away = Base(url=f"https://{lookalike}/v1", source="given")
            assert not is_home(mine, away)
            assert credential(mine, away, env=("NEAR_KEY",), required=False) is None
            with pytest.raises(MissingCredentialError, match="is not a host of near"):
                credential(mine, away, env=("NEAR_KEY",))

    def test_of_the_key_store_goes_before_the_environment(self) -> None:
        stored = config(environ={"NEAR_KEY": "k"}, secrets=lambda provider, field: f"{provider}-{field}")
        assert credential(stored, Base(url=HOME, source="default"), env=("NEAR_KEY",)) == "near-api_key"
        assert credential(stored, Base(url="https://far.test", source="given"), required=False) is None

    @pytest.mark.parametrize(("env", "shown"), [(("A", "B"), "A or B"), ((), "the environment")])
    def test_that_is_missing_is_asked_for(self, env: tuple[str, ...], shown: str) -> None:
        with pytest.raises(MissingCredentialError, match=f"no key for near; pass api_key=... or set {shown}"):
            credential(config(), Base(url=HOME, source="default"), env=env)

    def test_with_a_line_end_is_refused_unseen(self) -> None:
        with pytest.raises(ConfigurationError, match="NEAR_KEY begins or ends with white space") as caught:
            credential(config(environ={"NEAR_KEY": "pw4u\n"}), Base(url=HOME, source="default"), env=("NEAR_KEY",))
        assert "pw4u" not in str(caught.value)

    @pytest.mark.parametrize("host", ["near.test", "10.0.0.1", "0.0.0.0", "localhost.evil.test", "127.0.0.1.nip.io"])
    def test_does_not_travel_in_the_clear(self, host: str) -> None:
        open_road = Base(url=f"http://{host}/v1", source="given")
        with pytest.raises(ConfigurationError, match="in the clear"):
            credential(config(api_key=Secret("k")), open_road)
        assert credential(config(api_key=Secret("k"), allow_insecure=True), open_road) == "k"
        assert credential(config(), open_road, required=False) is None

    @pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
    def test_may_stay_on_this_machine(self, host: str) -> None:
        base = Base(url=f"http://{host}:80/v1", source="given")
        assert is_loopback(base.host)
        assert credential(config(api_key=Secret("k")), base) == "k"


class TestHeaders:
    def test_have_lower_names_and_hidden_credentials(self) -> None:
        headers = checked_headers({"X-Team": "blue", "X-Api-Key": "word"})
        assert headers == {"x-team": "blue", "x-api-key": "word"}
        assert "word" not in repr(headers)

    @pytest.mark.parametrize("name", ["host", "Content-Length", "transfer-encoding", "connection", "a b", "", "a\n"])
    def test_that_are_not_the_callers_are_refused(self, name: str) -> None:
        with pytest.raises(InvalidRequestError, match="cannot be set here"):
            checked_headers({name: "x"})

    @pytest.mark.parametrize("name", ["Authorization", "api-key", "X-Token", "cookie"])
    def test_of_one_call_do_not_change_who_asks(self, name: str) -> None:
        assert checked_headers({name: "x"})
        with pytest.raises(InvalidRequestError, match="cannot be set here"):
            checked_headers({name: "x"}, per_call=True)

    @pytest.mark.parametrize("value", ["word\r\nx: y", "wörd", "word\x00", 7])
    def test_that_http_cannot_carry_are_refused_unseen(self, value: object) -> None:
        with pytest.raises(InvalidRequestError, match="not printable ASCII") as caught:
            checked_headers({"x-a": value})
        assert "rd" not in str(caught.value).replace("header", "")
