"""Each host of the catalogue: what it claims, where its facts come from, and what a server like it gets and says."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

from dragoman import (
    LLM,
    ConfigurationError,
    LLMConfig,
    Message,
    MissingCredentialError,
    OutputFormat,
    Prepared,
    Reasoning,
    Text,
    UnsupportedError,
    explain,
)
from dragoman.plugins.registry import installed
from dragoman.spec.directory import owner_of_variable, published
from dragoman.testing.loopback import LoopbackServer
from plugins.catalogue import FILES, FOLDER, MODEL, SampleHost, config, entry_points, manifest, raw

NAMES = tuple(FILES)
PLAIN = {"title", "docs", "sources"}
"""Members of a manifest that are not facts of a host, or say themselves where it is described."""
SCHEMA = OutputFormat(kind="json_schema", schema={"type": "object", "properties": {"a": {"type": "string"}}}, name="a")
LAZY = """
import sys
read = []
sys.addaudithook(lambda event, of: event == "open" and "dragoman_hosts" in str(of[0]) and read.append(str(of[0])))
from dragoman import LLM, LLMConfig, explain
explain(LLMConfig(model="xai/grok-4"))
print([name for name in read if name.endswith(".toml")])
LLM(LLMConfig(model="grok-4", api_key="k")).build_request("hi")
print([name.replace("\\\\", "/").rpartition("/")[2] for name in read if name.endswith(".toml")])
"""


def facts(table: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield the path of each member of a manifest, those of limits as one."""
    for key, value in table.items():
        path = f"{before}{key}" if key.replace("_", "").replace("*", "").isalnum() else f'{before}"{key}"'
        if path in PLAIN:
            continue
        limits = before.endswith((".settings.", ".while_reasoning.")) or path == "places"
        if isinstance(value, dict) and not limits:
            yield from facts(value, f"{path}.")
        else:
            yield path


class TestClaims:
    @pytest.mark.parametrize("name", NAMES)
    def test_of_the_entry_points_are_those_of_the_manifest(self, name: str) -> None:
        points, target = entry_points(), f"dragoman_openai_compatible.catalogue:{name}"
        claims = manifest(name).claims

        assert points["dragoman.providers.v1"][name] == points["dragoman.spec.v1.0"][name] == target
        found = {
            group: tuple(key for key, of in points[f"dragoman.{group}.v1"].items() if of in {target, name})
            for group in ("aliases", "hosts", "models")
        }
        assert found == {"aliases": claims.aliases, "hosts": claims.hosts, "models": claims.models}

    def test_of_the_entry_points_are_of_hosts_with_a_manifest(self) -> None:
        points = entry_points()

        assert [*points["dragoman.providers.v1"]] == [*points["dragoman.spec.v1.0"]] == list(NAMES)

    @pytest.mark.parametrize("kind", ["hosts", "models", "names"])
    def test_stand_in_the_directory(self, kind: str) -> None:
        listed = {claim for claim, owner in published(kind) if owner == "dragoman-hosts"}
        points = entry_points()
        groups = ["providers", "aliases"] if kind == "names" else [kind]

        assert listed == {key for group in groups for key in points[f"dragoman.{group}.v1"]}

    @pytest.mark.parametrize("name", NAMES)
    def test_hold_the_host_of_the_address(self, name: str) -> None:
        base, claims = manifest(name).base_url, manifest(name).claims

        if base.startswith("http://localhost"):
            assert not claims.hosts
        else:
            assert not base or any(f".{manifest(name).host}".endswith(f".{host}") for host in claims.hosts)

    @pytest.mark.parametrize("name", NAMES)
    def test_lead_to_the_host(self, name: str) -> None:
        claims = manifest(name).claims
        configs = [LLMConfig(model=f"{each}/any") for each in (name, *claims.aliases)]
        configs += [LLMConfig(model="any", api_base=f"https://{host}") for host in claims.hosts]
        configs += [LLMConfig(model=f"{prefix}any") for prefix in claims.models]

        found = [explain(each) for each in configs]
        assert {(each.provider, each.distribution) for each in found} == {(name, "dragoman-hosts")}

    @pytest.mark.parametrize("name", NAMES)
    def test_of_variables_are_the_host_s_own(self, name: str) -> None:
        for _, variable in manifest(name).variables:
            assert owner_of_variable(variable, "dragoman-hosts", name) == ""
            others = [other for other in NAMES if not owner_of_variable(variable, "dragoman-hosts", other)]
            assert others == [name]


class TestFacts:
    @pytest.mark.parametrize("name", NAMES)
    def test_each_has_a_source(self, name: str) -> None:
        told = {fact for source in manifest(name).sources for fact in source.facts}

        without = [path for path in facts(raw(name)) if not any(path == t or path.startswith(f"{t}.") for t in told)]
        assert without == []

    @pytest.mark.parametrize("name", NAMES)
    def test_each_source_is_a_source_of_something(self, name: str) -> None:
        paths = [*facts(raw(name)), "key.required"]

        for source in manifest(name).sources:
            assert source.url == "recorded" or source.url.startswith("https://")
            for fact in source.facts:
                assert any(path == fact or path.startswith(f"{fact}.") for path in paths), fact


class TestReading:
    def test_no_manifest_is_read_but_the_one_that_is_called(self) -> None:
        done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True)

        assert done.stdout.split("\n")[:2] == ["[]", "['xai.toml']"]

    def test_the_distribution_has_no_code(self) -> None:
        [package] = FOLDER.rglob("*.py")

        assert package.name == "__init__.py"
        assert "import" not in package.read_text("utf-8")


def prepared(name: str, messages: Any = "hi", *, stream: bool = False, **more: Any) -> Prepared:
    return LLM(config(name, **more)).build_request(messages, stream=stream)


class TestRequests:
    @pytest.mark.parametrize("name", NAMES)
    def test_go_to_the_host_with_the_key_of_the_environment(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        variables = manifest(name).key.env
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
        if manifest(name).key.required:
            with pytest.raises(MissingCredentialError, match=variables[0]):
                prepared(name, api_key=None)
        for variable in variables:
            monkeypatch.setenv(variable, "made-up")
            assert prepared(name, api_key=None).headers["authorization"] == "********"
            monkeypatch.delenv(variable)

    @pytest.mark.parametrize("name", NAMES)
    def test_keep_to_the_wire_of_the_host(self, name: str) -> None:
        body = prepared(name, stream=True, max_tokens=7, temperature=None).body

        assert body[manifest(name).wire.max_tokens_name] == 7
        assert ("stream_options" in body) is manifest(name).wire.include_usage

    @pytest.mark.parametrize("name", [each for each in NAMES if manifest(each).wire.options])
    def test_hold_the_options_of_the_host(self, name: str) -> None:
        given: dict[str, Any] = {option: {"made": "up"} for option in manifest(name).wire.options}

        assert given.items() <= prepared(name, **given).body.items()

    @pytest.mark.parametrize("name", [each for each in NAMES if manifest(each).wire.replay_reasoning])
    def test_give_reasoning_back(self, name: str) -> None:
        turns = [Message("user", "hi"), Message("assistant", [Reasoning(text="hm"), Text(text="fine")])]

        assert prepared(name, turns).body["messages"][1][manifest(name).wire.replay_reasoning] == "hm"

    def test_need_an_account_where_it_is_part_of_the_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CLOUDFLARE_ACCOUNT_ID", raising=False)
        with pytest.raises(ConfigurationError, match=r"needs account_id; give .*, set CLOUDFLARE_ACCOUNT_ID, or"):
            prepared("cloudflare", account_id=None)
        with pytest.raises(ConfigurationError, match="account_id must consist of letters"):
            prepared("cloudflare", account_id="a/../b")
        base = "https://api.cloudflare.com/client/v4/accounts/mine/ai/v1"
        assert prepared("cloudflare", account_id=None, api_base=base).url == f"{base}/chat/completions"
        monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "theirs")
        assert "/accounts/theirs/ai/v1/" in prepared("cloudflare", account_id=None).url

    def test_of_a_workspace_need_its_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DATABRICKS_HOST", raising=False)
        llm: dict[str, Any] = {"model": "databricks-any", "api_key": "k"}
        with pytest.raises(ConfigurationError, match="needs a base URL"):
            LLM(LLMConfig(**llm)).build_request("hi")
        monkeypatch.setenv("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com")
        assert LLM(LLMConfig(**llm)).build_request("hi").url == (
            "https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions"
        )


@pytest.mark.parametrize("name", NAMES)
class TestSampleServer:
    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
    async def test_is_understood(self, name: str, *, stream: bool) -> None:
        host = SampleHost(name=name)
        everything: dict[str, Any] = {
            "max_tokens": 7,
            "temperature": 0.5,
            "top_p": 0.5,
            "presence_penalty": 0.5,
            "frequency_penalty": 0.5,
            "top_logprobs": 1,
            "effort": "high",
        }
        with LoopbackServer() as server:
            llm = LLM(config(name, server.url, num_retries=0))
            asked = llm.build_request("hi", stream=stream, **everything)
            server.reply(host.reply(asked.body))
            async with llm:
                if stream:
                    async with llm.stream("hi", **everything) as events:
                        response = await events.collect()
                else:
                    response = await llm.generate("hi", **everything)

        known = manifest(name).accepted_by(MODEL.get(name, "any"))
        caps = {**known.settings, **(known.while_reasoning if known.reasoning.support.value == "yes" else {})}
        refused = {each for each, cap in caps.items() if cap.support.value == "no" and each in everything}
        assert server.requests[0].json == asked.body
        assert (response.text, response.reasoning) == ("Hello", "hm")
        assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
        assert refused <= {note.feature for note in response.adjustments if note.kind == "dropped"}
        assert {key: response.metadata[key] for key in host.metadata()} == host.metadata()

    def test_gets_no_schema_that_it_refuses(self, name: str) -> None:
        if manifest(name).capabilities.json_schema is False:
            request = LLM(config(name)).build_request("hi", output=SCHEMA)
            assert [*SampleHost(name=name).faults(request.body)] == []
            assert request.body["response_format"] == {"type": "json_object"}

    def test_gets_no_option_that_it_refuses(self, name: str) -> None:
        given: dict[str, Any] = {"user": "me", "logit_bias": {"1": 1.0}}
        for option, value in given.items():
            if option in manifest(name).wire.refuses:
                with pytest.raises(UnsupportedError, match=f"{name} does not accept {option}"):
                    prepared(name, **{option: value})
            else:
                assert prepared(name, **{option: value}).body[option] == value


def test_several_answers_are_asked_for_where_the_host_gives_them() -> None:
    one = {name for name in NAMES if "n" in manifest(name).capabilities.settings}

    assert one == {"minimax", "scaleway"}
    for name in NAMES:
        if name in one:
            with pytest.raises(UnsupportedError, match="one answer to a request"):
                prepared(name, n=2)
        else:
            assert prepared(name, n=2).body["n"] == 2


async def test_the_id_of_a_request_is_read_where_the_host_tells_it() -> None:
    """DeepSeek has a header of its own for it."""
    host = SampleHost(name="deepseek")
    with LoopbackServer() as server:
        llm = LLM(config("deepseek", server.url, num_retries=0))
        reply = host.reply(llm.build_request("hi").body)
        server.reply(attrs.evolve(reply, headers=(*reply.headers, ("x-request-id", "r-1"), ("x-ds-trace-id", "t-1"))))
        async with llm:
            response = await llm.generate("hi")

    assert (response.origin.request_id, response.headers["x-ds-trace-id"]) == ("t-1", "t-1")


def test_servers_yield_their_names_to_distributions_of_their_own() -> None:
    local = {each for each in NAMES if manifest(each).base_url.startswith("http://localhost")}

    assert local == {"llamafile", "lmstudio", "localai", "sglang", "vllm"}
    assert {installed().provider_claim(each).distribution for each in local} == {"dragoman-hosts"}


class TestPage:
    @pytest.fixture(autouse=True)
    def extension(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the extensions of the documentation on the path, as its configuration does."""
        monkeypatch.syspath_prepend(str(FOLDER.parents[1] / "docs" / "_ext"))

    def test_has_the_tables_of_the_manifests(self) -> None:
        made = importlib.import_module("hosts_table")

        text = made.PAGE.read_text("utf-8")
        assert text == made.page(text), "run python docs/_ext/hosts_table.py"
        assert {each: each in text for each in NAMES} == dict.fromkeys(NAMES, True)

    def test_has_the_headings_of_its_siblings(self) -> None:
        page, sibling = (
            (FOLDER.parents[1] / "docs" / "reference" / "providers" / f"{name}.md").read_text("utf-8")
            for name in ("hosts", "groq")
        )

        assert re.findall(r"^## .+$", page, re.MULTILINE) == re.findall(r"^## .+$", sibling, re.MULTILINE)
