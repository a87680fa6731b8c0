from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    Bytes,
    ConfigurationError,
    ContentFilterError,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    Response,
    ServerError,
    StreamInterruptedError,
    Tool,
    UnsupportedError,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from recordings import Recording, cases
from replay.chat_bodies import difference, has_conversation
from replay.oracle_azure import config as recorded_config

RESOURCE = "https://r.openai.azure.com"
CLASSIC = "/openai/deployments/gpt-4/chat/completions?api-version="
OK = {"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]}


def config(url: str = RESOURCE, **more: Any) -> LLMConfig:
    wanted = {"model": "gpt-4", "provider": "azure", "api_key": "azure-test", "num_retries": 0, **more}
    return LLMConfig(api_base=url, **wanted)


def url_of(base: str, **more: Any) -> str:
    return LLM(config(base, **more)).build_request("hi").url


def chunks(*each: dict[str, Any]) -> Reply:
    return Reply.sse("".join(f"data: {json.dumps(value)}\n\n" for value in each).encode())


async def ask(answer: Reply, *, stream: bool = False, **more: Any) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(server.url, **more)) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as events:
                return await events.collect()


@pytest.mark.parametrize("recording", cases("azure.chat", has_conversation))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    wanted = recorded_config(recording, "https://r.openai.azure.com").replace(temperature=None, max_tokens=None)

    differing = difference(recording, wanted, {"stream_options": "stream_options"})
    differing.pop("model", None)  # the address names the deployment; the model in the body is ignored
    assert differing == {}
    if "api-version" in recording.request.url:
        address = recording.request.url.replace("https://example-resource.", "https://r.")
        host = "https://" + address.split("/")[2]
        wanted = recorded_config(recording, host)
        assert LLM(wanted).build_request("hi").url == address


@pytest.mark.parametrize(
    "base", ["", "/", "/openai", "/openai/", "/openai/deployments/gpt-4", CLASSIC.partition("?")[0]]
)
@pytest.mark.parametrize(
    "host",
    [RESOURCE, "https://r.cognitiveservices.azure.com", "https://r.services.ai.azure.com", "https://gw.example/a"],
)
def test_the_classic_surface_is_found_from_every_form_of_its_address(host: str, base: str) -> None:
    assert url_of(host + base, api_version="2024-06-01") == host + CLASSIC + "2024-06-01"


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        ("", "v1", "/openai/v1/chat/completions?api-version=v1"),
        ("/openai", "preview", "/openai/v1/chat/completions?api-version=preview"),
        ("/openai/v1", None, "/openai/v1/chat/completions"),
        ("/openai/v1/", "latest", "/openai/v1/chat/completions?api-version=latest"),
        ("/openai/v1/chat/completions", None, "/openai/v1/chat/completions"),
        ("/api/projects/p/openai/v1", None, "/api/projects/p/openai/v1/chat/completions"),
        ("/models", None, "/models/chat/completions?api-version=2024-05-01-preview"),
        ("/models/chat/completions?api-version=2025-01-01", None, "/models/chat/completions?api-version=2025-01-01"),
    ],
)
def test_the_newer_surfaces(base: str, version: str | None, url: str) -> None:
    request = LLM(config(RESOURCE + base, api_version=version)).build_request("hi")

    assert (request.url, request.body["model"]) == (RESOURCE + url, "gpt-4")


def test_the_version_comes_from_the_option_the_address_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    full = RESOURCE + CLASSIC + "2024-02-01"
    assert url_of(full) == full
    assert url_of(full, api_version="2024-06-01") == RESOURCE + CLASSIC + "2024-06-01"
    assert url_of(RESOURCE) == RESOURCE + CLASSIC + "2024-10-21"
    monkeypatch.setenv("AZURE_API_VERSION", "2024-08-01-preview")
    assert url_of(RESOURCE) == RESOURCE + CLASSIC + "2024-08-01-preview"
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-12-01-preview")
    assert url_of(RESOURCE) == RESOURCE + CLASSIC + "2024-12-01-preview"


@pytest.mark.parametrize(
    "end", ["?api-version=x&y=1", "?y=1", "?api-version=x#y", "?api-version=a%20b", "?api-version=x&api-version=y"]
)
def test_no_other_query_is_taken(end: str) -> None:
    with pytest.raises(ConfigurationError):
        url_of(RESOURCE + end)


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"])
def test_the_address_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "https://gw.example/openai/deployments/d/chat/completions?api-version=2024-06-01")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "ambient")

    request = LLM(LLMConfig(model="azure/d")).build_request("hi")

    assert request.url == "https://gw.example/openai/deployments/d/chat/completions?api-version=2024-06-01"
    assert request.headers["api-key"] == "********"


def test_an_address_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="AZURE_OPENAI_ENDPOINT"):
        LLM(LLMConfig(model="azure/d", api_key="k")).build_request("hi")


def test_a_deployment_cannot_leave_its_place() -> None:
    assert "/deployments/a%2F..%2Fb%3Fc%20d/chat" in url_of(RESOURCE, model="a/../b?c d")
    with pytest.raises(InvalidRequestError, match="model cannot be"):
        url_of(RESOURCE, model="..")


def test_the_oldest_version_takes_plain_chat_only() -> None:
    llm = LLM(config(api_version="2023-05-15"))

    body = llm.build_request("hi", stream=True, seed=1).body
    assert body.keys() == {"model", "messages", "temperature", "max_tokens", "stream"}
    image = Message("user", Media(source=Bytes(data=b"i"), media_type="image/png"))
    for messages, overrides in (
        ("hi", {"tools": [Tool(name="f")]}),
        ("hi", {"output": "json"}),
        ("hi", {"output": {"type": "object"}}),
        ([image], {}),
    ):
        with pytest.raises(UnsupportedError, match="2023-05-15"):
            llm.build_request(messages, **overrides)
    with pytest.raises(UnsupportedError, match="required"):
        LLM(config(api_version="2024-02-01")).build_request("hi", tools=[Tool(name="f")], tool_choice="required")


async def test_what_a_version_lacks_is_said() -> None:
    response = await ask(Reply.json(OK), api_version="2023-05-15", seed=1)

    assert [each.feature for each in response.adjustments] == ["seed"]


@pytest.mark.parametrize(
    ("deployment", "base_model", "name"),
    [
        ("demo3", None, "max_tokens"),
        ("x", "o3-mini", "max_completion_tokens"),
        ("x", "gpt-5.2", "max_completion_tokens"),
        ("x", "gpt-5-chat", "max_tokens"),
        ("x", "gpt-4o", "max_tokens"),
    ],
)
def test_only_the_base_model_decides_the_family(deployment: str, base_model: str | None, name: str) -> None:
    body = LLM(config(model=f"azure/{deployment}", base_model=base_model)).build_request("hi").body

    assert body == {**body, **({"max_tokens": 4096, "temperature": 0.7} if name == "max_tokens" else {})}
    given = LLM(config(model=f"azure/{deployment}", base_model=base_model)).build_request("hi", max_tokens=9).body
    assert (given[name], name in body) == (9, name == "max_tokens")
    assert ("temperature" in body) is (name == "max_tokens")


def test_the_name_of_a_deployment_is_reason_enough_for_no_default() -> None:
    for given in ({"model": "azure/o3-mini"}, {"model": "azure/x", "base_model": "DeepSeek-R1"}):
        body = LLM(config(**given)).build_request("hi").body
        assert not body.keys() & {"temperature", "max_tokens", "max_completion_tokens"}
    assert LLM(config(model="azure/o3-mini")).build_request("hi", max_tokens=9, stop=["a"]).body["max_tokens"] == 9


async def test_a_prompt_model_continues_prompts() -> None:
    with LoopbackServer(Reply.json({"choices": [{"text": "x", "finish_reason": "stop"}]})) as server:
        async with LLM(config(server.url, base_model="gpt-35-turbo-instruct", model="d")) as llm:
            assert await llm.completion("hi") == "x"

    assert server.requests[0].path == "/openai/deployments/d/completions?api-version=2024-10-21"


async def test_a_key_or_a_token_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(("one", "two"))

    async def later() -> str:
        await asyncio.sleep(0)
        return next(tokens)

    with LoopbackServer(Reply.json(OK)) as server:
        for more in ({}, {"api_key": None, "azure_ad_token": "t"}, {"api_key": None, "azure_ad_token": later}):
            async with LLM(config(server.url, **more)) as llm:
                await llm.generate("hi")
                await llm.generate("hi")
        monkeypatch.setenv("AZURE_AD_TOKEN", "ambient")
        monkeypatch.setenv("AZURE_API_BASE", server.url)
        async with LLM(LLMConfig(model="azure/d")) as llm:
            await llm.generate("hi")

    sent = [(each.headers.get("api-key"), each.headers.get("authorization")) for each in server.requests]
    assert sent == [
        ("azure-test", None),
        ("azure-test", None),
        (None, "Bearer t"),
        (None, "Bearer t"),
        (None, "Bearer one"),
        (None, "Bearer two"),
        (None, "Bearer ambient"),
    ]


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    ("option", "value", "default"),
    [("azure_ad_token", "t-2", None), ("entra", True, False), ("entra_scope", "https://scope.test", None)],
)
def test_who_asks_is_not_for_one_call_to_say(option: str, value: Any, default: Any, api: str) -> None:
    for made in ({}, {"api_key": None, "azure_ad_token": "t-1"}):
        llm = LLM(config(api=api, **made))
        with pytest.raises(InvalidRequestError, match=f"'{option}' belongs to LLMConfig|not both") as caught:
            llm.build_request("hi", **{option: value})
        assert str(value) not in str(caught.value).replace("entra=True", "")
        assert llm.build_request("hi", **{option: made.get(option, default)}) == llm.build_request("hi")


def test_the_version_may_differ_from_call_to_call() -> None:
    shown = LLM(config(api_version="2024-10-21")).build_request("hi", api_version="2024-06-01")
    assert shown.url.endswith("?api-version=2024-06-01")


def test_wrong_credentials_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_API_KEY", "ambient")
    monkeypatch.setenv("AZURE_AD_TOKEN", "ambient")

    with pytest.raises(ConfigurationError, match="not both"):
        LLM(config(azure_ad_token="t")).build_request("hi")
    with pytest.raises(InvalidRequestError, match="not both"):
        LLM(config(azure_ad_token="t", entra=True)).build_request("hi")
    with pytest.raises(InvalidRequestError, match="a text or a function"):
        LLM(config(azure_ad_token=1)).build_request("hi")
    with pytest.raises(ConfigurationError, match="in the clear"):
        LLM(config("http://gw.example", api_key=None, azure_ad_token="t")).build_request("hi")
    foreign = "https://r.openai.azure.com.evil.test"
    for more in ({}, {"entra": True}):
        with pytest.raises(MissingCredentialError, match=r"evil\.test"):
            LLM(config(foreign, api_key=None, **more)).build_request("hi")


IDENTITY = """
class Token:
    def __init__(self, token): self.token = token
class DefaultAzureCredential:
    made = 0
    def __init__(self): DefaultAzureCredential.made += 1
    def get_token(self, scope):
        if "bad" in scope: raise RuntimeError("no identity here")
        return Token(f"{DefaultAzureCredential.made}:{scope.rpartition('/')[0].rpartition('.')[2]}")
"""


async def test_azure_identity_is_imported_only_when_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "azure" / "identity"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(IDENTITY)
    for name in ("azure.identity", "azure"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with LoopbackServer(Reply.json(OK)) as server:
        monkeypatch.setenv("AZURE_API_BASE", server.url)
        llm = LLM(LLMConfig(model="azure/d", entra=True, num_retries=0))
        llm.build_request("hi")
        assert "azure.identity" not in sys.modules
        monkeypatch.setitem(sys.modules, "azure.identity", None)  # as if it were not installed
        with pytest.raises(ConfigurationError, match=r"dragoman-azure\[entra\]"):
            await llm.generate("hi")
        monkeypatch.delitem(sys.modules, "azure.identity")
        monkeypatch.syspath_prepend(tmp_path)
        await llm.generate("hi")
        await llm.generate("hi")
        await llm.aclose()
        async with LLM(LLMConfig(model="azure/d", entra=True, entra_scope="bad", num_retries=0)) as bad:
            with pytest.raises(AuthenticationError, match="no identity here"):
                await bad.generate("hi")
    for name in ("azure.identity", "azure"):
        sys.modules.pop(name, None)

    assert [each.headers["authorization"] for each in server.requests] == ["Bearer 1:com", "Bearer 1:com"]


async def test_what_the_filters_found_is_kept_alike_whole_and_streamed() -> None:
    prompt = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    found = {"hate": {"filtered": True, "severity": "high"}}
    end = {"index": 0, "finish_reason": "content_filter", "content_filter_results": found}
    usage = {"prompt_tokens": 1, "completion_tokens": 0}
    whole = await ask(Reply.json({"id": "c", "choices": [end], "prompt_filter_results": prompt, "usage": usage}))
    streamed = await ask(
        chunks(
            {"id": "", "model": "", "object": "", "created": 0, "choices": [], "prompt_filter_results": prompt},
            {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant"}, "content_filter_results": {}}]},
            {"id": "c", "choices": [{**end, "delta": {}}]},
            {"id": "c", "choices": [], "usage": usage},
        ),
        stream=True,
    )

    assert streamed.metadata == whole.metadata == {"prompt_filter_results": prompt, "content_filter_results": found}
    assert streamed.finish == whole.finish
    assert (whole.finish.reason, streamed.usage) == ("content_filter", whole.usage)


@pytest.mark.parametrize(
    ("status", "report", "kind"),
    [
        (401, {"error": {"code": "401", "message": "no"}}, AuthenticationError),
        (401, {"statusCode": 401, "message": "no"}, AuthenticationError),
        (404, {"error": {"code": "DeploymentNotFound", "message": "no"}}, NotFoundError),
        (404, {"error": {"code": "404", "message": "Resource not found"}}, NotFoundError),
        (408, {"error": {"code": "Timeout", "message": "no"}}, BadRequestError),
        (429, {"error": {"code": "429", "message": "no"}}, RateLimitError),
        (500, {"error": {"code": "500", "message": "no"}}, ServerError),
    ],
)
async def test_errors(status: int, report: dict[str, Any], kind: type[ProviderError]) -> None:
    headers = {"apim-request-id": "r1", "retry-after-ms": "1500"}

    with pytest.raises(kind) as caught:
        await ask(Reply.json(report, status=status, headers=headers))

    assert (caught.value.status, caught.value.request_id, caught.value.retry_after) == (status, "r1", 1.5)
    assert ("api_base" in str(caught.value)) is (status == 404)


@pytest.mark.parametrize("code", ["content_filter", "400"])
async def test_a_filtered_prompt_shows_what_was_found(code: str) -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}
    report = {"error": {"code": code, "message": "no" * 400, "param": "prompt", "innererror": inner}}

    with pytest.raises(ContentFilterError) as caught:
        await ask(Reply.json(report, status=400))

    assert "violence" in (caught.value.body or "")
    assert (caught.value.code, caught.value.retryable) == (code, False)


async def test_a_reply_that_is_no_json_is_an_error_all_the_same() -> None:
    with pytest.raises(ServerError, match="bad gateway"):
        await ask(Reply(status=502, headers={"content-type": "text/html"}, body=b"bad gateway"))


async def test_a_stream_that_is_cut() -> None:
    with pytest.raises(StreamInterruptedError):
        await ask(chunks({"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}}]}), stream=True)


async def test_models_and_embeddings_have_their_places() -> None:
    with LoopbackServer() as server:
        server.reply(Reply.json({"data": [{"id": "gpt-4o"}]}), Reply.json({"data": [{"index": 0, "embedding": [1]}]}))
        async with LLM(config(server.url, model="my emb")) as llm:
            await llm.models()
            assert (await llm.embed("x")).vectors == ((1.0,),)

    assert [each.path for each in server.requests] == [
        "/openai/models?api-version=2024-10-21",
        "/openai/deployments/my%20emb/embeddings?api-version=2024-10-21",
    ]


@pytest.mark.parametrize("stream", [False, True])
async def test_the_model_that_a_router_chose_is_told(*, stream: bool) -> None:
    chosen, message = "gpt-5-nano-2025-08-07", {"content": "hi"}
    filtered = {"choices": [], "id": "", "model": "", "prompt_filter_results": []}
    answer = {"id": "c", "model": chosen, "choices": [{"index": 0, "finish_reason": "stop"}]}
    whole = answer | {"choices": [answer["choices"][0] | {"message": message}]}
    piece = answer | {"choices": [answer["choices"][0] | {"delta": message}]}

    reply = chunks(filtered, piece) if stream else Reply.json(whole)
    response = await ask(reply, stream=stream, model="model-router")

    assert (response.text, response.origin.model, response.origin.served_model) == ("hi", "model-router", chosen)


def test_a_router_gets_no_defaults_since_the_model_that_it_chooses_may_reason() -> None:
    named = LLM(config(f"{RESOURCE}/openai/v1", model="model-router")).build_request("hi")
    told = LLM(config(f"{RESOURCE}/openai/v1", model="mine", base_model="model-router")).build_request("hi")
    given = LLM(config(f"{RESOURCE}/openai/v1", model="model-router", max_tokens=9)).build_request("hi")

    assert named.url == f"{RESOURCE}/openai/v1/chat/completions"
    assert set(named.body) == set(told.body) == {"model", "messages"}
    assert given.body["max_tokens"] == 9
