"""Claude on Vertex AI: where requests go, what their bodies hold, and whose errors come back."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from dragoman import (
    LLM,
    BadRequestError,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    Message,
    NotFoundError,
    Reasoning,
    Seal,
    Text,
    UnsupportedError,
    explain,
)
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.google_wire import Credentials

__all__ = ["loopback"]

MODEL = "claude-sonnet-4-5@20250929"
ANSWER = {
    "id": "msg_vrtx_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def llm(model: str = f"vertex/{MODEL}", **more: Any) -> LLM:
    given = {"project": "p", "location": "us-east5", "credentials": Credentials(), **more}
    return LLM(LLMConfig(model=model, temperature=None, **given))


def at(server: LoopbackServer, **more: Any) -> LLM:
    return llm(api_base=f"{server.url}/v1", num_retries=0, **more)


@pytest.mark.parametrize("name", ["vertex/claude-sonnet-4-5", f"vertex_ai/{MODEL}", f"vertex/anthropic/{MODEL}"])
def test_every_name_leads_to_the_publisher(name: str) -> None:
    shown = llm(name).build_request("hi")

    host = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5"
    assert shown.url == f"{host}/publishers/anthropic/models/{name.rpartition('/')[2]}:rawPredict"
    assert explain(LLMConfig(model=name)).distribution == "dragoman-google"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west1", "europe-west1-aiplatform.googleapis.com"),
    ],
)
def test_the_host_of_a_location(location: str, host: str) -> None:
    shown = llm(location=location).build_request("hi")

    assert shown.url.startswith(f"https://{host}/v1/projects/p/locations/{location}/publishers/anthropic/")


def test_the_variables_of_the_sdk_of_anthropic_name_project_and_location(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_VERTEX_PROJECT_ID", "theirs")
    monkeypatch.setenv("CLOUD_ML_REGION", "us-east1")

    shown = llm(project=None, location=None).build_request("hi")

    assert "https://us-east1-aiplatform.googleapis.com/v1/projects/theirs/locations/us-east1/" in shown.url


def test_the_body_names_the_version_and_not_the_model() -> None:
    whole, streamed = (llm().build_request("hi", max_tokens=9, stream=stream) for stream in (False, True))

    assert whole.body == {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert streamed.body == whole.body | {"stream": True}
    assert streamed.url.endswith(":streamRawPredict")
    assert "anthropic-version" not in whole.headers


def test_a_later_version_is_named_as_it_is_and_accepts_what_it_accepts() -> None:
    first = llm().build_request("hi", temperature=0.5, api_version="vertex-2023-10-16")
    later = llm().build_request("hi", temperature=0.5, api_version="2026-10-21")

    assert (first.body["anthropic_version"], first.body["temperature"]) == ("vertex-2023-10-16", 0.5)
    assert (later.body["anthropic_version"], "temperature" in later.body) == ("2026-10-21", False)


def test_betas_stay_in_their_header() -> None:
    shown = llm(headers={"anthropic-beta": "one-2025-01-01"}).build_request("hi", betas=["two-2025-01-01"])

    assert shown.headers["anthropic-beta"] == "one-2025-01-01,two-2025-01-01"


def test_the_name_of_a_model_is_quoted() -> None:
    assert llm("vertex/claude-x;y@1").build_request("hi").url.endswith("/models/claude-x%3By@1:rawPredict")


def test_signatures_of_anthropic_are_sent_back_whatever_form_they_come_in() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    plain = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [thought, {"type": "text", "text": "Yes."}]},
        {"role": "user", "content": "Why?"},
    ]
    sealed = Reasoning(text="Hm.", seal=Seal(issuer="anthropic", payload="c2ln"))
    ours = [Message("user", "hi"), Message("assistant", [sealed, Text(text="Yes.")]), Message("user", "Why?")]

    for messages in (plain, ours):
        assert llm().build_request(messages).body["messages"][1]["content"][0] == thought


def test_files_and_containers_stay_with_anthropic() -> None:
    file = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
    with pytest.raises(UnsupportedError, match="Vertex AI has no files"):
        llm().build_request([{"role": "user", "content": [file]}])
    with pytest.raises(UnsupportedError, match="leave container out"):
        llm().build_request("hi", container="c")


def test_a_place_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match="leave vertex=False out"):
        llm(vertex=False).build_request("hi")
    with pytest.raises(ConfigurationError, match="Claude on Vertex AI needs a project"):
        llm(project=None, location=None, credentials=None, api_key="k").build_request("hi")
    with pytest.raises(ConfigurationError, match="takes no API key for Claude"):
        llm(credentials=None, api_key="k").build_request("hi")
    with pytest.raises(InvalidRequestError, match="belongs to LLMConfig"):
        llm().build_request("hi", project="other")


def test_without_its_dialect_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dragoman_anthropic", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'dragoman-google\[vertex\]'"):
        llm().build_request("hi")


async def test_an_answer_and_a_prompt(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json(ANSWER))
    loopback.reply(Reply.json(ANSWER))

    async with at(loopback, model="vertex/claude-2.1") as model:
        response = await model.generate("hi")
        text = await model.completion("hi")

    assert (response.text, response.origin.served_model) == ("Hello.", ANSWER["model"])
    assert response.usage.input_tokens == 3
    assert text == "Hello."
    assert [request.headers["authorization"] for request in loopback.requests] == ["Bearer ya29.token-1"] * 2
    assert all("messages" in json.loads(request.body) for request in loopback.requests)


async def test_tokens_are_counted_by_a_model_of_that_name(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json({"input_tokens": 14}))

    async with at(loopback) as model:
        usage = await model.count_tokens("hi")

    [request] = loopback.requests
    assert usage.input_tokens == 14
    assert request.path.endswith("/publishers/anthropic/models/count-tokens:rawPredict")
    assert json.loads(request.body) == {
        "anthropic_version": "vertex-2023-10-16",
        "model": MODEL,
        "messages": [{"role": "user", "content": "hi"}],
    }


async def test_models_are_not_listed() -> None:
    async with llm() as model:
        with pytest.raises(UnsupportedError):
            await model.models()


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (404, {"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}, NotFoundError, "NOT_FOUND"),
        (
            400,
            {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}},
            BadRequestError,
            "invalid_request_error",
        ),
    ],
)
async def test_errors_of_google_and_of_anthropic(
    loopback: LoopbackServer, status: int, body: Any, kind: type[Exception], code: str
) -> None:
    loopback.reply(Reply.json(body, status=status))

    async with at(loopback) as model:
        with pytest.raises(kind) as caught:
            await model.generate("hi")

    assert caught.value.code == code
    assert caught.value.provider == "vertex"


async def test_an_error_that_is_a_page(loopback: LoopbackServer) -> None:
    loopback.reply(Reply(status=404, headers=(("content-type", "text/html"),), body=b"<title>Not Found</title>"))

    async with at(loopback) as model:
        with pytest.raises(NotFoundError, match="Not Found"):
            await model.generate("hi")
