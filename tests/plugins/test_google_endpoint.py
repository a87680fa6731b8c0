from __future__ import annotations

import json
import traceback
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    Message,
    MissingCredentialError,
    ProtocolError,
    ProviderConfig,
    Secret,
    UnsupportedError,
)
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_google.endpoint import endpoint, uses_vertex
from dragoman_google.options import GoogleOptions
from plugins.google_wire import KEY, Credentials, chunk, config

__all__ = ["loopback"]


def provider_config(**more: Any) -> ProviderConfig:
    hosts = (
        "generativelanguage.googleapis.com",
        "aiplatform.googleapis.com",
        "-aiplatform.googleapis.com",
        "rep.googleapis.com",
    )
    return ProviderConfig(name="google", hosts=hosts, **more)


STUDIO = "https://generativelanguage.googleapis.com/v1beta"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, STUDIO),
        ("https://generativelanguage.googleapis.com", STUDIO),
        ("https://generativelanguage.googleapis.com/v1beta/", STUDIO),
        ("https://generativelanguage.googleapis.com/v1", "https://generativelanguage.googleapis.com/v1"),
        ("https://gateway.test", "https://gateway.test/v1beta"),
    ],
)
def test_the_base_url(base: str | None, url: str) -> None:
    made = endpoint(provider_config(api_key=Secret(KEY), api_base=base), GoogleOptions())

    assert made.base.url == url


@pytest.mark.parametrize("name", ["vertex", "vertex_ai"])
def test_vertex_is_selected_by_provider_name(name: str) -> None:
    shown = LLM(LLMConfig(model=f"{name}/gemini-pro", project="p", api_key=KEY)).build_request("hi")
    key_alone = LLM(LLMConfig(model=f"{name}/gemini-pro", api_key=KEY)).build_request("hi")
    assert shown.url.startswith("https://aiplatform.googleapis.com/v1/projects/p/")
    assert key_alone.url.startswith("https://aiplatform.googleapis.com/v1/")


@pytest.mark.parametrize("name", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_key_from_the_environment(name: str) -> None:
    made = endpoint(provider_config(environ={name: KEY}), GoogleOptions())

    assert made.headers["x-goog-api-key"] == KEY
    assert KEY not in repr(made)


def test_base_url_from_the_environment_gets_the_key_from_the_environment() -> None:
    environ = {"GEMINI_API_BASE": "https://proxy.test", "GEMINI_API_KEY": KEY}

    made = endpoint(provider_config(environ=environ), GoogleOptions())

    assert (made.base.url, made.headers["x-goog-api-key"]) == ("https://proxy.test/v1beta", KEY)


@pytest.mark.parametrize("base", ["https://generativelanguage.googleapis.com.evil.test", "https://evil.test"])
def test_key_from_the_environment_is_not_sent_to_another_host(base: str) -> None:
    with pytest.raises(MissingCredentialError):
        endpoint(provider_config(api_base=base, environ={"GEMINI_API_KEY": KEY}), GoogleOptions())


@pytest.mark.parametrize(
    ("location", "base"),
    [
        (None, "https://aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_base_url_of_a_location(location: str | None, base: str) -> None:
    made = endpoint(provider_config(), GoogleOptions(project="p", location=location, credentials=Credentials()))

    assert made.base.url == f"{base}/v1/projects/p/locations/{location or 'global'}"
    assert "x-goog-api-key" not in made.headers


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://us-east1-aiplatform.googleapis.com", "/v1/projects/p/locations/us-east1"),
        ("https://us-east1-aiplatform.googleapis.com/v1beta1", "/v1beta1/projects/p/locations/us-east1"),
        (
            "https://us-east1-aiplatform.googleapis.com/v1/projects/q/locations/us-east1/publishers/google",
            "/v1/projects/q/locations/us-east1",
        ),
    ],
)
def test_base_url_of_vertex(base: str, url: str) -> None:
    made = endpoint(provider_config(api_base=base), GoogleOptions(project="p"))

    assert made.base.url == f"https://us-east1-aiplatform.googleapis.com{url}"


def test_vertex_from_the_environment() -> None:
    environ = {"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "us-east5"}

    made = endpoint(provider_config(environ=environ), GoogleOptions())

    assert made.base.url == "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5"


def test_key_selects_ai_studio_and_host_selects_vertex() -> None:
    environ = {"VERTEXAI_PROJECT": "p", "GEMINI_API_KEY": KEY}
    base = "https://aiplatform.googleapis.com"

    assert not uses_vertex(provider_config(environ=environ), GoogleOptions())
    assert not uses_vertex(provider_config(environ={}), GoogleOptions())
    assert uses_vertex(provider_config(api_base=base), GoogleOptions())
    assert not uses_vertex(provider_config(api_base=f"{base}.evil.test"), GoogleOptions())


def test_vertex_with_a_key_only() -> None:
    made = endpoint(provider_config(api_key=Secret(KEY)), GoogleOptions(vertex=True))

    assert made.base.url == "https://aiplatform.googleapis.com/v1"
    assert (made.headers["x-goog-api-key"], made.authorize) == (KEY, None)


def test_project_from_the_credentials(tmp_path: Any) -> None:
    content = {"type": "service_account", "project_id": "owner"}
    file = tmp_path / "key.json"
    file.write_text(json.dumps(content))

    for credentials in (content, json.dumps(content), str(file)):
        made = endpoint(provider_config(), GoogleOptions(credentials=credentials))
        assert made.base.url.endswith("/projects/owner/locations/global")


@pytest.mark.parametrize(
    ("options", "more", "match"),
    [
        (GoogleOptions(vertex=True), {}, "requires a project"),
        (GoogleOptions(project="p", location="evil.test/"), {}, "region"),
        (GoogleOptions(credentials="/no/such/file"), {}, "credentials file"),
        (GoogleOptions(credentials="~nobody-has-this-name/file"), {}, "home of a user that is not known"),
        (GoogleOptions(project="p"), {"api_base": "https://evil.test"}, "not a host of Google"),
        (GoogleOptions(project="p", credentials=Credentials()), {"api_base": "http://evil.test"}, "in the clear"),
    ],
)
def test_invalid_vertex_configuration(options: GoogleOptions, more: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        endpoint(provider_config(**more), options)


async def test_vertex_with_an_access_token(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(chunk({"text": "Hello"}, finish="STOP")))
    credentials = Credentials()
    given = LLMConfig(
        model="gemini-2.5-flash", provider="google", api_base=loopback.url, project="p", credentials=credentials
    )

    async with LLM(given) as llm:
        await llm.generate("hi")
        await llm.generate("hi")
        credentials.valid = False
        await llm.generate("hi")

    tokens = [received.headers["authorization"] for received in loopback.requests]
    assert tokens == ["Bearer ya29.token-1", "Bearer ya29.token-1", "Bearer ya29.token-2"]
    assert loopback.requests[0].headers["x-goog-user-project"] == "payer"
    path = "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"
    assert loopback.requests[0].path == path


@pytest.mark.parametrize(
    ("option", "value"),
    [("vertex", True), ("project", "q"), ("location", "us-central1"), ("credentials", Credentials())],
)
def test_endpoint_options_are_refused_per_call(option: str, value: object) -> None:
    mine = {"project": "p", "location": "europe-west4", "credentials": Credentials()}
    for made in ({"api_key": KEY}, mine):
        llm = LLM(LLMConfig(model="gemini-2.5-flash", provider="google", **made))
        with pytest.raises(InvalidRequestError, match=f"'{option}' belongs to LLMConfig, not to one call") as caught:
            llm.build_request("hi", **{option: value})
        assert (caught.value.provider, caught.value.parameter) == ("google", option)
        assert llm.build_request("hi", **{option: made.get(option)}) == llm.build_request("hi")


class Refused(Credentials):
    def refresh(self, request: object) -> None:
        raise ValueError("revoked: very secret")


async def test_refused_credentials(loopback: LoopbackServer) -> None:
    given = LLMConfig(
        model="gemini-2.5-flash", provider="google", api_base=loopback.url, project="p", credentials=Refused()
    )

    async with LLM(given) as llm:
        with pytest.raises(AuthenticationError) as caught:
            await llm.generate("hi")

    assert "secret" not in str(caught.value)
    assert loopback.requests == []


async def test_token_of_a_service_account(loopback: LoopbackServer) -> None:
    pytest.importorskip("google.auth")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forms = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "p",
        "client_email": "robot@p.test",
        "private_key": pem,
        "token_uri": f"{loopback.url}/token",
    }
    loopback.reply(
        Reply.json({"access_token": "ya29.fresh", "expires_in": 3600}),
        Reply.json(chunk({"text": "Hello"}, finish="STOP")),
        Reply.json({"error": "invalid_grant", "error_description": "robot is gone"}, status=400),
    )
    given = LLMConfig(model="gemini-2.5-flash", provider="google", api_base=loopback.url, credentials=account)

    async with LLM(given) as llm:
        assert (await llm.generate("hi")).text == "Hello"
    async with LLM(given) as llm:
        with pytest.raises(AuthenticationError) as caught:
            await llm.generate("hi")

    assert [received.path.partition("?")[0] for received in loopback.requests][::2] == ["/token", "/token"]
    assert loopback.requests[1].headers["authorization"] == "Bearer ya29.fresh"
    assert "PRIVATE" not in "".join(traceback.format_exception(caught.value))


async def test_models(loopback: LoopbackServer) -> None:
    entry = {"name": "models/gemini-x", "inputTokenLimit": 10, "outputTokenLimit": 5}
    loopback.reply(
        Reply.json({"models": [entry], "nextPageToken": "a&b"}), Reply.json({"models": [{"name": "models/y"}]})
    )

    async with LLM(config(loopback)) as llm:
        first, second = await llm.models()

    assert (first.id, first.context_tokens, first.output_tokens, second.id) == ("gemini-x", 10, 5, "y")
    assert [received.path for received in loopback.requests] == [
        "/v1beta/models?pageSize=1000",
        "/v1beta/models?pageSize=1000&pageToken=a%26b",
    ]


async def test_count_tokens(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json({"totalTokens": 9}))

    async with LLM(config(loopback)) as llm:
        usage = await llm.count_tokens([Message("system", "Be brief."), Message("user", "hi")])

    assert usage.input_tokens == 9
    assert loopback.requests[0].path == "/v1beta/models/gemini-2.5-flash:countTokens"
    counted = loopback.requests[0].json["generateContentRequest"]
    assert counted["model"] == "models/gemini-2.5-flash"
    assert counted["systemInstruction"] == {"parts": [{"text": "Be brief."}]}


async def test_embeddings(loopback: LoopbackServer) -> None:
    loopback.reply(
        Reply.json({"embedding": {"values": [1, 2]}}),
        Reply.json({"embeddings": [{"values": [1]}, {"values": [2]}]}),
        Reply.json({"embeddings": [{"values": [1]}]}),
    )

    async with LLM(config(loopback, "gemini-embedding-001")) as llm:
        one = await llm.embed(["a"], task_type="RETRIEVAL_QUERY")
        two = await llm.embed(["a", "b"])
        with pytest.raises(ProtocolError, match="2 texts were sent, but 1 vectors came back"):
            await llm.embed(["a", "b"])

    assert (one.vectors, two.vectors) == (((1.0, 2.0),), ((1.0,), (2.0,)))
    single, batch, _ = loopback.requests
    assert single.path.endswith("gemini-embedding-001:embedContent")
    assert single.json["taskType"] == "RETRIEVAL_QUERY"
    assert batch.path.endswith(":batchEmbedContents")
    assert [each["model"] for each in batch.json["requests"]] == ["models/gemini-embedding-001"] * 2


async def test_embeddings_and_counts_on_vertex(loopback: LoopbackServer) -> None:
    prediction = {"embeddings": {"values": [1], "statistics": {"token_count": 3}}}
    loopback.reply(Reply.json({"predictions": [prediction]}), Reply.json({"totalTokens": 2}))
    given = LLMConfig(
        model="gemini-embedding-001", provider="google", api_base=loopback.url, project="p", credentials=Credentials()
    )

    async with LLM(given) as llm:
        embedded = await llm.embed(["a"], task_type="CLUSTERING", output_dimensionality=1)
        counted = await llm.count_tokens("hi")
        with pytest.raises(UnsupportedError):
            await llm.models()

    assert (embedded.vectors, embedded.usage.input_tokens, counted.input_tokens) == (((1.0,),), 3, 2)
    assert loopback.requests[0].json == {
        "instances": [{"content": "a", "task_type": "CLUSTERING"}],
        "parameters": {"outputDimensionality": 1},
    }
    assert "contents" in loopback.requests[1].json


EXPRESS = "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-flash"


@pytest.mark.parametrize("more", [{"api_key": KEY}, {}])
@pytest.mark.parametrize("base", [None, "https://aiplatform.googleapis.com", f"{EXPRESS.partition('/models')[0]}"])
def test_a_key_without_a_project_is_one_of_express_mode(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], base: str | None
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "" if more else KEY)
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west4")  # which such a key does not reach

    whole, streamed = (
        LLM("vertex/gemini-2.5-flash", api_base=base, **more).build_request("hi", stream=stream)
        for stream in (False, True)
    )

    assert (whole.url, streamed.url) == (f"{EXPRESS}:generateContent", f"{EXPRESS}:streamGenerateContent?alt=sse")
    assert whole.headers["x-goog-api-key"] == "********"
    assert "authorization" not in whole.headers


def test_a_project_comes_before_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)

    shown = LLM("vertex/gemini-2.5-flash", project="p").build_request("hi")

    assert "/projects/p/locations/global/" in shown.url
    assert shown.headers["authorization"] == "********"


def test_what_express_mode_cannot_do() -> None:
    with pytest.raises(ConfigurationError, match="or a key of express mode"):
        LLM("vertex/gemini-2.5-flash").build_request("hi")
    with pytest.raises(ConfigurationError, match="reaches the location global alone"):
        LLM("vertex/gemini-2.5-flash", api_key=KEY, location="europe-west4").build_request("hi")
    with pytest.raises(ConfigurationError, match=r"requires a project; give project='...' or set VERTEXAI_PROJECT$"):
        LLM("vertex/gemini-2.5-flash", credentials={"type": "service_account"}).build_request("hi")


async def test_tokens_are_counted_in_express_mode(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json({"totalTokens": 3}))

    async with LLM("vertex/gemini-2.5-flash", api_key=KEY, api_base=f"{loopback.url}/v1") as llm:
        assert (await llm.count_tokens("hi")).input_tokens == 3

    assert loopback.requests[0].path == "/v1/publishers/google/models/gemini-2.5-flash:countTokens"
