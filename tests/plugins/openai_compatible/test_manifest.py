"""A host without code: two files make a distribution, whose provider keeps what every other one does."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from dragoman import (
    LLM,
    Bytes,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    OutputFormat,
    PluginError,
    Reasoning,
    Support,
    Text,
    UnsupportedError,
    explain,
)
from dragoman.plugins.registry import installed
from dragoman.spec.capabilities import Cap, Capabilities
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import catalogue
from dragoman_openai_compatible.manifest import Accepts, Manifest, read_manifest
from dragoman_openai_compatible.manifest_plugin import ManifestHost
from scaffold.projects import build, install, run

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "publish-a-host-without-code.md"
PROJECT, DESCRIPTION = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
SHORT = 'base_url = "https://api.acme.example/v1"\n'
CHAT = {"id": "c1", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
CONFORMANCE = """
from __future__ import annotations

from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT


class TestAcme(ProviderConformance):
    provider = "acme"
    model = "acme-large"
    server_dialect = CHAT
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what the page shows, and install it."""
    place = tmp_path_factory.mktemp("acme")
    folder = place / "dragoman-acme"
    (folder / "dragoman_acme").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "dragoman_acme" / "dragoman.toml").write_text(DESCRIPTION)
    return install(build(folder, place / "dist"), place / "site")


@pytest.fixture
def acme(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the distribution on the path of this process."""
    monkeypatch.syspath_prepend(str(site))
    installed.cache_clear()
    yield
    sys.modules.pop("dragoman_acme", None)
    installed.cache_clear()


def llm(**options: Any) -> LLM:
    options.setdefault("api_key", "k")
    return LLM(LLMConfig(**{"model": "acme-large", **options}))


def body(messages: Any = "hi", *, stream: bool = False, **options: Any) -> dict[str, Any]:
    sent: dict[str, Any] = llm(**options).build_request(messages, stream=stream).body
    return sent


def manifest(text: str = "") -> Manifest:
    return read_manifest(SHORT + text, "acme.toml")


class TestDistribution:
    def test_holds_no_python(self, site: Path) -> None:
        assert [path.name for path in site.rglob("*") if path.suffix == ".py"] == []

    @pytest.mark.parametrize(
        "config",
        [
            LLMConfig(model="acme-large"),
            LLMConfig(model="acme/anything"),
            LLMConfig(model="anything", api_base="https://api.acme.example"),
        ],
        ids=["model", "prefix", "host"],
    )
    def test_is_found_by_what_it_claims(self, acme: None, config: LLMConfig) -> None:
        found = explain(config)

        assert (found.provider, found.distribution) == ("acme", "dragoman-acme")

    def test_passes_every_check_of_a_provider(self, site: Path, tmp_path: Path) -> None:
        (tmp_path / "test_acme.py").write_text(CONFORMANCE)
        done = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_acme.py"], tmp_path, site)

        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        [passed] = re.findall(r"(\d+) passed", done.stdout)
        assert int(passed) > 250

    def test_is_listed_and_no_cause_for_complaint(self, site: Path, tmp_path: Path) -> None:
        listed = run(["-m", "dragoman.cli", "plugins"], tmp_path, site)
        doctor = run(["-m", "dragoman.cli", "doctor"], tmp_path, site)

        assert any("acme" in line and "dragoman-acme" in line for line in listed.stdout.splitlines())
        complaints = [line for line in doctor.stdout.splitlines() if "acme" in line and not line.startswith("note")]
        assert complaints == []

    async def test_answers(self, acme: None) -> None:
        with LoopbackServer(Reply.json(CHAT, headers={"x-acme-region": "eu"})) as server:
            async with llm(provider="acme", api_base=server.url, extra_body={"new": 1}, user="me") as model:
                response = await model.generate("hi")

        [received] = server.requests
        assert (response.text, response.headers["x-acme-region"]) == ("Hello", "eu")
        assert (received.path, received.headers["authorization"]) == ("/v1/chat/completions", "Bearer k")
        assert {"new": 1, "user": "me"}.items() <= received.json.items()

    def test_lives_beside_another_of_its_kind(self, acme: None, tmp_path: Path, monkeypatch: Any) -> None:
        self.add(tmp_path, monkeypatch, 'base_url = "https://zeta.example/v2"')

        assert llm(model="zeta/x").build_request("hi").url == "https://zeta.example/v2/chat/completions"
        assert llm().build_request("hi").url == "https://api.acme.example/v1/chat/completions"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (
                None,
                (
                    "zeta names dragoman_openai_compatible.manifest_plugin, but does not contain "
                    "dragoman_zeta/dragoman.toml"
                ),
            ),
            ("", "dragoman_zeta/dragoman.toml: required field missing: 'base_url'"),
            ("base_url =", "dragoman_zeta/dragoman.toml: Invalid value"),
            ('base_ulr = "https://zeta.example"', "dragoman_zeta/dragoman.toml has no option 'base_ulr'; did you mean"),
        ],
    )
    def test_that_is_wrong_is_the_plugin_s_fault(
        self, acme: None, tmp_path: Path, monkeypatch: Any, text: str | None, words: str
    ) -> None:
        self.add(tmp_path, monkeypatch, text)

        with pytest.raises(PluginError, match=re.escape(words)):
            llm(model="zeta/x").build_request("hi")
        assert llm().build_request("hi").url.startswith("https://api.acme.example")  # the other is none the worse

    def test_whose_file_cannot_be_read_is_told(self, acme: None, tmp_path: Path, monkeypatch: Any) -> None:
        self.add(tmp_path, monkeypatch, None)
        (tmp_path / "dragoman_zeta").mkdir()
        importlib.invalidate_caches()

        with pytest.raises(PluginError, match=r"dragoman_zeta/dragoman.toml cannot be read"):
            llm(model="zeta/x").build_request("hi")

    def add(self, place: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
        """Install another host, with *text* as its manifest."""
        information = place / "dragoman_zeta-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: dragoman-zeta\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(
            "[dragoman.providers.v1]\nzeta = dragoman_openai_compatible.manifest_plugin\n"
        )
        if text is not None:
            (place / "dragoman_zeta").mkdir()
            (place / "dragoman_zeta" / "dragoman.toml").write_text(text)
        monkeypatch.syspath_prepend(str(place))
        monkeypatch.delitem(sys.modules, "dragoman_zeta", raising=False)
        installed.cache_clear()


class TestKey:
    def test_of_the_environment_goes_home_alone(self, acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_API_KEY", "k")

        assert llm(api_key=None).build_request("hi").headers["authorization"] == "********"
        with pytest.raises(MissingCredentialError, match="is not a host of acme"):
            llm(api_key=None, provider="acme", api_base="https://elsewhere.example").build_request("hi")

    def test_is_asked_for_where_one_is_required(self, acme: None) -> None:
        with pytest.raises(MissingCredentialError, match="ACME_API_KEY"):
            llm(api_key=None).build_request("hi")

    async def test_stands_where_the_host_wants_it(self, tmp_path: Path) -> None:
        host = self.host(tmp_path, 'key = { header = "x-acme-key", prefix = "" }')
        with LoopbackServer(Reply.json(CHAT)) as server:
            async with self.registered(host, api_base=server.url) as model:
                await model.completion("hi")

        [received] = server.requests
        assert received.headers["x-acme-key"] == "k"
        assert "authorization" not in received.headers

    def test_may_be_left_out_where_none_is_required(self, tmp_path: Path) -> None:
        host = self.host(tmp_path, "key = { required = false }")

        assert "authorization" not in self.registered(host, api_key=None).build_request("hi").headers
        installed.cache_clear()

    async def test_goes_with_a_prompt_too(self, tmp_path: Path) -> None:
        host = self.host(tmp_path, 'capabilities = { completion = true, input = { "image/*" = false } }')
        answer = {"id": "c1", "choices": [{"text": " there", "finish_reason": "stop"}]}
        with LoopbackServer(Reply.json(answer)) as server:
            async with self.registered(host, api_base=server.url) as model:
                assert await model.completion("hi") == " there"

        [received] = server.requests
        assert (received.path, received.headers["authorization"]) == ("/v1/completions", "Bearer k")

    def test_of_a_base_url_of_the_operator_s(self, acme: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_BASE_URL", "https://gate.example/v1")
        monkeypatch.setenv("ACME_API_KEY", "k")

        assert llm(api_key=None).build_request("hi").url == "https://gate.example/v1/chat/completions"

    @pytest.fixture(autouse=True)
    def forget(self) -> Iterator[None]:
        installed.cache_clear()
        yield
        installed.cache_clear()

    def host(self, place: Path, text: str) -> ManifestHost:
        (place / "dragoman.toml").write_text(SHORT + text)
        return ManifestHost(str(place / "dragoman.toml"))

    def registered(self, host: ManifestHost, **options: Any) -> LLM:
        installed().register(host, provider="acme")
        return llm(model="acme/large", **options)


OWN = """
base_url = "https://{region}.acme.example/v1"
places = { region = ["ACME_REGION"] }
[wire]
options = ["depth"]
refuses = ["user"]
reasoning_details = true
[capabilities]
reasoning = true
json_schema = false
schema_fallback = ["json"]
[capabilities.settings]
seed = { accepted = false, note = "Acme has no seeds" }
[capabilities.while_reasoning]
temperature = false
"""
DETAILS = [{"type": "reasoning.text", "text": "hm", "signature": "s", "index": 0}]
THOUGHT = {"reasoning": "hm", "reasoning_details": DETAILS}


class TestOwn:
    """What only this host has."""

    @pytest.fixture(autouse=True)
    def own(self, tmp_path: Path) -> Iterator[None]:
        (tmp_path / "dragoman.toml").write_text(OWN)
        installed.cache_clear()
        installed().register(ManifestHost(tmp_path / "dragoman.toml"), provider="acme")
        yield
        installed.cache_clear()

    def test_options_are_sent(self) -> None:
        assert body(model="acme/m", region="eu", depth={"any": "thing"})["depth"] == {"any": "thing"}
        assert "region" not in body(model="acme/m", region="eu")
        with pytest.raises(InvalidRequestError, match="did you mean 'depth'"):
            body(model="acme/m", region="eu", deph=1)

    def test_refusals_are_told_before_sending(self) -> None:
        with pytest.raises(UnsupportedError, match="acme does not accept user; leave it out"):
            body(model="acme/m", region="eu", user="me")

    def test_address_is_filled(self) -> None:
        assert llm(model="acme/m", region="eu").build_request("hi").url.startswith("https://eu.acme.example/v1/")
        for wrong in ("eu.evil.example/", "", "a b"):
            with pytest.raises(ConfigurationError, match=r"region"):
                body(model="acme/m", region=wrong)

    def test_settings_are_left_out_with_a_reason(self) -> None:
        request = llm(model="acme/m", region="eu").build_request("hi", seed=1, temperature=0.5)

        assert {"seed", "temperature"}.isdisjoint(request.body)
        with pytest.raises(UnsupportedError, match="Acme has no seeds"):
            body(model="acme/m", region="eu", seed=1, on_unsupported="raise")

    def test_schemas_are_asked_for_in_words(self) -> None:
        schema = OutputFormat(kind="json_schema", schema={"type": "object", "properties": {}}, name="a")

        sent = llm(model="acme/m", region="eu").build_request("hi", output=schema).body
        assert sent["response_format"] == {"type": "json_object"}
        assert sent["messages"][0]["role"] == "system"

    @pytest.mark.parametrize("stream", [False, True])
    async def test_details_of_reasoning_go_back_unchanged(self, *, stream: bool) -> None:
        chunks = [{"choices": [{"delta": {**THOUGHT, "content": "Hello"}, "finish_reason": "stop"}]}]
        events = [*(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks), b"data: [DONE]\n\n"]
        whole = {"choices": [{"message": {**THOUGHT, "content": "Hello"}, "finish_reason": "stop"}]}
        with LoopbackServer(Reply.sse(*events) if stream else Reply.json(whole)) as server:
            async with llm(model="acme/m", api_base=server.url) as model:
                if stream:
                    async with model.stream("hi") as pieces:
                        answer = await pieces.collect()
                else:
                    answer = await model.generate("hi")
                sent = model.build_request([Message("user", "hi"), answer.message]).body

        assert answer.reasoning == "hm"
        assert sent["messages"][1]["reasoning_details"] == DETAILS


def test_a_catalogue_has_a_plugin_for_each_name_but_private_ones() -> None:
    assert catalogue.acme.name == "acme"
    with pytest.raises(AttributeError, match="has no attribute '_acme'"):
        _ = catalogue._acme  # noqa: SLF001


@pytest.mark.usefixtures("acme")
class TestWire:
    def test_names_settings_as_the_host_does(self) -> None:
        sent = body(max_tokens=5, top_k=3)

        assert (sent["max_completion_tokens"], sent["top_k"]) == (5, 3)
        assert "max_tokens" not in sent

    def test_asks_for_usage(self) -> None:
        assert body(stream=True)["stream_options"] == {"include_usage": True}

    def test_gives_reasoning_back(self) -> None:
        thought = Message("assistant", [Reasoning(text="hm"), Text(text="fine")])

        assert body([Message("user", "hi"), thought])["messages"][1]["reasoning_content"] == "hm"
        assert "reasoning_content" not in body([Message("user", "hi"), Message("assistant", "fine")])["messages"][1]

    def test_refuses_options_that_nobody_has(self) -> None:
        with pytest.raises(InvalidRequestError, match="acme has no option 'usr'; did you mean 'user'"):
            body(usr="me")
        with pytest.raises(ConfigurationError, match="api_base"):
            body(provider="acme", api_base="ftp://x")

    def test_keeps_to_what_models_accept(self) -> None:
        assert "seed" not in body(seed=1)
        assert body(temperature=2.0)["temperature"] == 1.5
        with pytest.raises(UnsupportedError, match="Acme knows these two"):
            body(effort="medium", on_unsupported="raise")

    def test_refuses_media_that_a_model_does_not_take(self) -> None:
        picture = Media(source=Bytes(data=b"png"), media_type="image/png")
        messages = [Message("user", [Text(text="See:"), picture])]

        with pytest.raises(UnsupportedError, match="acme-large does not accept image/png"):
            body(messages)
        assert body(messages, model="acme-vision-2")["messages"][0]["content"][1]["type"] == "image_url"
        sound = Media(source=Bytes(data=b"wav"), media_type="audio/wav")
        assert body([Message("user", [sound])])["messages"][0]["content"][0]["type"] == "input_audio"  # unknown is sent


class TestCapabilities:
    def test_are_unknown_unless_the_manifest_has_them(self) -> None:
        assert manifest().accepted_by("any") == Capabilities(completion=Cap(support=Support.NO))

    def test_of_a_family_are_added_to_those_of_all(self) -> None:
        host = read_manifest(DESCRIPTION, "acme.toml")
        common, vision = host.accepted_by("acme-large"), host.accepted_by("acme-vision-2")

        assert common.tools.support is vision.tools.support is Support.YES
        assert common.input["image/*"].support is Support.NO
        assert vision.input["image/*"].support is Support.YES
        assert (common.context_tokens, vision.context_tokens, vision.output_tokens) == (None, 131072, 8192)
        assert vision.settings["effort"].values == {"low", "high"}
        assert vision.settings["temperature"] == Cap(support=Support.YES, minimum=0, maximum=1.5)

    def test_are_those_of_the_longest_beginning(self) -> None:
        host = manifest("[models.a]\ntools = true\n[models.ab]\ntools = false\n")

        assert host.accepted_by("abc").tools.support is Support.NO
        assert host.accepted_by("acd").tools.support is Support.YES

    def test_every_flag_can_be_set(self) -> None:
        flags = {name for name, kind in Accepts.__annotations__.items() if kind == "bool | None"}

        assert flags <= {field.name for field in attrs.fields(Capabilities)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('places = { account = ["ACME_ACCOUNT"] }', "places describes ['account'], but base_url is"),
        ('sources = [{ url = "https://x", read = "today", facts = [] }]', "read holds 'today', which is not a date"),
        ('[wire]\noptions = ["not an option"]', "options holds 'not an option', which is not a name for an option"),
        ('[wire]\nrefuses = ["m"]', "@ $.wire.refuses"),
        ('[capabilities]\nschema_fallback = ["guess"]', "@ $.capabilities.schema_fallback"),
        ("[capabilities.while_reasoning]\nheat = true", "while_reasoning names 'heat', which is not a setting"),
        ('kye = { env = ["A"] }', "has no option 'kye'; did you mean 'key'?"),
        ("[key]\nnev = 1", "unknown key 'nev' (did you mean 'env'?) @ $.key"),
        ('[key]\nenv = "ACME_API_KEY"', "expected a list, not 'ACME_API_KEY' @ $.key.env"),
        ('[key]\nenv = ["ACME API KEY"]', "env holds 'ACME API KEY', which is not a name for an environment variable"),
        ('[key]\nheader = "X-Key"', "header holds 'X-Key', which is not a name of a header in lower case @ $.key"),
        ('[key]\nheader = "x-key\\r\\nx-evil"', "which is not a name of a header"),
        ('[wire]\nmax_tokens_name = "limit"', "@ $.wire.max_tokens_name"),
        ('[wire]\ninclude_usage = "yes"', "expected bool, not 'yes' @ $.wire.include_usage"),
        ('[wire]\nsetting_names = { topk = "top_k" }', "setting_names names 'topk', which is not a setting"),
        ("[capabilities]\ntools = 1", "@ $.capabilities.tools"),
        ("[capabilities]\ncontext_tokens = 0", "context_tokens must be a whole number, at least 1, not 0"),
        ('[capabilities.input]\n"image" = true', "input holds 'image', which is not a media type"),
        ('[capabilities.input]\n"image/*" = "yes"', "image/* must be true, false or a table of limits, not 'yes'"),
        ("[capabilities.settings]\nheat = true", "settings names 'heat', which is not a setting"),
        ("[capabilities.settings]\nseed = { max = 1 }", "the table 'seed' has no option 'max'; did you mean"),
        ('[capabilities.settings]\nseed = { maximum = "1" }', "expected float or null, not '1'"),
        ('[models."x"]\ntool = true', "unknown key 'tool' (did you mean 'tools'?) @ $.models['x']"),
        ('base_url = "https://twice.example"', "acme.toml: Cannot overwrite a value"),
        ('key = "ACME_API_KEY"', "expected an object, not 'ACME_API_KEY' @ $.key"),
        ("key = 3", "expected an object, not 3 @ $.key"),
        ('models = ["acme-large"]', "expected an object, not ['acme-large'] @ $.models"),
        ("models = { acme = true }", "expected an object, not True @ $.models['acme']"),
        ('sources = ["https://x"]', "expected an object, not 'https://x' @ $.sources[0]"),
        (
            '[[sources]]\nurl = "https://x"\nread = "2026-02-30"\nfacts = []',
            "read holds '2026-02-30', which is not a date",
        ),
        ('base_path = "v1"', "base_path holds 'v1', which is not a path such as /v1"),
        ('base_path = "/v1/"', "base_path holds '/v1/', which is not a path"),
        ('[key]\nprefix = "Key\\n"', "which is not a text of printable ASCII characters @ $.key"),
        ('[wire]\noptions = ["temperature"]', "options holds 'temperature', which is an argument at all providers"),
        ('[wire]\noptions = ["api_key"]', "options holds 'api_key', which is an argument at all providers"),
        ('[wire]\noptions = ["messages"]', "options holds 'messages', which the dialect writes itself"),
        ('[wire]\noptions = ["extra_body"]', "options holds 'extra_body', which all hosts have"),
        ('[wire]\nsetting_names = { max_tokens = "limit" }', "which has no place there: max_tokens_name names it"),
        ('[wire]\nsetting_names = { parallel_tool_calls = "p" }', "which has no place there: it has one name"),
        ('[wire]\nsetting_names = { top_k = "" }', "setting_names holds '' for top_k, which is not a name of a member"),
        ("[wire]\nsetting_names = { top_k = 3 }", "setting_names holds 3 for top_k, which is not a name of a member"),
        (
            '[wire]\nsetting_names = { top_k = "model" }',
            "setting_names holds 'model' for top_k, which the dialect writes itself",
        ),
        ('[wire]\nreasoning_names = ["content"]', "reasoning_names holds 'content', which does not hold reasoning"),
        ('[wire]\nreasoning_names = [""]', "reasoning_names holds '', which is not a name of a member"),
        ('[wire]\nreplay_reasoning = "role"', "replay_reasoning holds 'role', which does not hold reasoning"),
        ("[capabilities.settings]\nseed = { minimum = 2, maximum = 1 }", "minimum 2 is greater than maximum 1"),
        ("[capabilities.settings]\nseed = { minimum = nan }", "minimum must be a finite number, not nan"),
        ("[capabilities.settings]\neffort = { values = [] }", "values is empty; if no value is accepted"),
        (
            '[capabilities.settings]\nseed = { values = ["1"] }',
            "seed has the limit 'values', but can only have maximum",
        ),
        (
            "[capabilities.settings]\neffort = { maximum = 1 }",
            "effort has the limit 'maximum', but can only have values",
        ),
        ("[capabilities.settings]\nlogprobs = { most = 1 }", "logprobs has the limit 'most', but can only have none"),
        ('[capabilities.input]\n"image/*" = { most = 1 }', "image/* has the limit 'most', but can only have none"),
        ('[models.""]\ntools = true', "models holds '', which is not a beginning of names of models"),
        (
            '[claims]\nhosts = ["https://api.acme.example"]',
            "hosts holds 'https://api.acme.example', which is not a host",
        ),
        ('[claims]\naliases = ["Acme Inc"]', "aliases holds 'Acme Inc', which is not a name of a provider"),
    ],
)
def test_each_fault_of_a_manifest_is_reported_with_its_path(text: str, words: str) -> None:
    with pytest.raises(PluginError) as caught:
        manifest(text)

    assert words in str(caught.value)
    assert "acme.toml" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "api.acme.example",
        "ftp://api.acme.example",
        "https://",
        "https://a.example?x=1",
        "https://[x",
        "https://user:word@api.acme.example",
        "https://api acme.example",
        "https://api.acme.example:99999",
        "https://{region.acme.example",
        "https://api.acme.example/../v1",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(PluginError, match=r"acme.toml: base_url must be an address such as"):
        read_manifest(f'base_url = "{address}"', "acme.toml")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ('places = { temperature = ["ACME_X"] }', "places holds 'temperature', which is an argument at all providers"),
        ('[places]\nregion = ["ACME REGION"]', "places holds 'ACME REGION', which is not a name for an environment"),
        ("[places]\nregion = 3", "expected a list, not 3 @ $.places['region']"),
        ('[places]\nregion = []\n[wire]\noptions = ["region"]', "places and wire.options both have 'region'"),
    ],
)
def test_a_place_that_callers_cannot_fill_is_refused(members: str, words: str) -> None:
    name = "temperature" if "temperature" in members else "region"
    with pytest.raises(PluginError, match=re.escape(words)):
        read_manifest(f'base_url = "https://{{{name}}}.acme.example"\n{members}', "acme.toml")


def test_a_slash_behind_the_address_of_a_host_is_no_segment(tmp_path: Path) -> None:
    (tmp_path / "dragoman.toml").write_text('base_url = "https://api.acme.example/v2/"')
    installed.cache_clear()
    installed().register(ManifestHost(tmp_path / "dragoman.toml"), provider="acme")
    for more in ({}, {"api_base": "https://api.acme.example"}, {"api_base": "https://api.acme.example/v2/"}):
        assert llm(model="acme/m", **more).build_request("hi").url == "https://api.acme.example/v2/chat/completions"
    installed.cache_clear()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=re.escape(f"{os.fspath(tmp_path / 'x.toml')} cannot be read")):
        ManifestHost(tmp_path / "x.toml")
