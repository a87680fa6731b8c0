"""Signatures of requests to Bedrock, recomputed by botocore."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsCredentials

from dragoman import LLM, ConfigurationError, LLMConfig, MissingCredentialError, ProviderConfig, Secret, explain
from dragoman.http import HttpRequest, OptionsReader
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_aws import Credentials, signature_headers
from dragoman_bedrock.endpoint import endpoint
from dragoman_bedrock.options import BedrockOptions

MODELS = (
    "amazon.titan-text-express-v1",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc123def456",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws-us-gov:bedrock:us-gov-west-1:000000000000:provisioned-model/abc~_.-",
)
ACCESS, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+of=test"
GOOD = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
}


def signed_by_aws(request: HttpRequest, ours: dict[str, str], region: str = "us-east-1") -> str:
    """Return the signature that botocore computes for a request with our headers."""
    token = ours.get("x-amz-security-token")
    signer = SigV4Auth(AwsCredentials(ACCESS, SECRET, token), "bedrock", region)
    sent = {"content-type": "application/json"} | {name: ours[name] for name in ours if name.startswith("x-amz-")}
    theirs = AWSRequest(request.method, request.url, sent, request.body)
    theirs.context["timestamp"] = ours["x-amz-date"]
    return signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_signature_is_the_one_that_aws_computes(model, stream, token):
    shown = LLM(config(model)).build_request("Grüße", stream=stream)
    request = HttpRequest(
        url=shown.url,
        body=json.dumps(shown.body).encode(),
        headers={"content-type": "application/json", "user-agent": "x", "idempotency-key": "y"},
    )
    check(request, token)


def check(request: HttpRequest, token: str | None) -> None:
    keys = Credentials(
        access_key=Secret(ACCESS), secret_key=Secret(SECRET), session_token=Secret(token) if token else None
    )
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    ours = signature_headers(request, keys, region="us-east-1", service="bedrock", moment=moment)
    assert ours["authorization"].endswith(f"Signature={signed_by_aws(request, ours)}")
    assert f"Credential={ACCESS}/20260102/us-east-1/bedrock/aws4_request" in ours["authorization"]
    assert (ours.get("x-amz-security-token")) == token


def config(model: str = MODELS[1], **more) -> LLMConfig:
    keys = {"access_key": ACCESS, "secret_key": SECRET, "region": "us-east-1"}
    return LLMConfig(model=model, provider="bedrock", **(keys | more))


@pytest.mark.parametrize("model", MODELS)
async def test_what_travels_is_what_was_signed(model):
    with LoopbackServer(Reply.json(GOOD)) as server:
        async with LLM(config(model, session_token=TOKEN, api_base=server.url)) as llm:
            assert (await llm.generate("hi")).text == "Hello"
        [sent] = server.requests
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert sent.path.count("/") == 3  # the model is one segment
    request = HttpRequest(url=server.url + sent.path, body=sent.body)
    assert headers["host"] == urlsplit(server.url).netloc
    assert headers["authorization"].endswith(f"Signature={signed_by_aws(request, headers)}")


def test_a_request_shows_neither_the_signature_nor_the_token():
    shown = LLM(config(session_token=TOKEN)).build_request("hi")
    assert {shown.headers[name] for name in ("authorization", "x-amz-date", "x-amz-security-token")} == {"********"}
    assert not any(each in repr(LLM(config(session_token=TOKEN))) for each in (ACCESS, SECRET, TOKEN))


def provider_config(**more) -> ProviderConfig:
    return ProviderConfig(name="bedrock", hosts=("bedrock-runtime.*.amazonaws.com",), **more)


def made(options=None, **more):
    options = options or {}
    return endpoint(
        provider_config(options=options, **more), OptionsReader(BedrockOptions, "bedrock").structure(options)
    )


ENVIRONMENT = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}


async def test_credentials_of_the_environment_sign():
    found = made(environ=ENVIRONMENT)
    assert found.base.url == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    headers = await found.authorize(HttpRequest(url=found.base.url, body=b"{}"))
    assert f"Credential={ACCESS}/" in headers["authorization"]
    assert "/eu-west-1/bedrock/" in headers["authorization"]


def test_an_api_key_of_the_environment_goes_before_an_access_key():
    found = made(environ={**ENVIRONMENT, "AWS_BEARER_TOKEN_BEDROCK": "abc"})
    assert found.authorize is None
    assert found.headers["authorization"].reveal() == "Bearer abc"


def test_an_access_key_of_the_caller_goes_before_an_api_key_of_the_environment():
    keys = {"access_key": "A", "secret_key": "S"}
    assert made(keys, environ={**ENVIRONMENT, "AWS_BEARER_TOKEN_BEDROCK": "abc"}).authorize is not None


def test_credentials_of_two_sources_are_not_mixed():
    with pytest.raises(MissingCredentialError, match="secret_key"):
        made({"access_key": "A"}, environ=ENVIRONMENT)
    with pytest.raises(ConfigurationError, match="not both"):
        made({"access_key": "A", "secret_key": "S"}, environ=ENVIRONMENT, api_key=Secret("k"))
    with pytest.raises(ConfigurationError, match="not both"):
        made({"access_key": "A", "secret_key": "S", "profile": "p"}, environ=ENVIRONMENT)


def test_credentials_of_the_environment_stay_at_home():
    with pytest.raises(MissingCredentialError, match="not a host of bedrock"):
        made(environ=ENVIRONMENT, api_base="https://evil.example")


@pytest.mark.parametrize(
    ("options", "more", "host"),
    [
        ({"region": "us-west-2"}, {}, "bedrock-runtime.us-west-2.amazonaws.com"),
        ({}, {"environ": {"AWS_DEFAULT_REGION": "ap-south-1"}}, "bedrock-runtime.ap-south-1.amazonaws.com"),
        ({"region": "cn-north-1"}, {}, "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        ({"region": "eusc-de-east-1"}, {}, "bedrock-runtime.eusc-de-east-1.amazonaws.eu"),
        ({"region": "us-iso-east-1"}, {}, "bedrock-runtime.us-iso-east-1.c2s.ic.gov"),
        ({}, {"api_base": "https://gateway.example/aws"}, "gateway.example"),
    ],
)
def test_the_address_has_the_region(options, more, host):
    assert made(options, api_key=Secret("k"), **more).base.host == host


@pytest.mark.parametrize(
    "host",
    [
        "bedrock-runtime.us-west-2.amazonaws.com",
        "bedrock-runtime.cn-north-1.amazonaws.com.cn",
        "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
        "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
        "bedrock-runtime.us-east-1.api.aws",
        "vpce-0a1b2c-3d4e.bedrock-runtime.eu-west-3.vpce.amazonaws.com",
    ],
)
@pytest.mark.parametrize("environment", [ENVIRONMENT, {"AWS_BEARER_TOKEN_BEDROCK": "abc"}])
def test_credentials_of_the_environment_go_to_every_address_of_bedrock(host, environment, monkeypatch):
    for name in (*ENVIRONMENT, "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = LLM(LLMConfig(model="amazon.nova-lite-v1:0", api_base=f"https://{host}")).build_request("hi")
    assert urlsplit(shown.url).hostname == host
    assert shown.headers["authorization"] == "********"


@pytest.mark.parametrize("host", ["bedrock-runtime.us-east-1.evil.example", "bedrock.evil.vpce.amazonaws.com"])
def test_credentials_of_the_environment_go_to_no_address_that_looks_like_one(host, monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "abc")
    with pytest.raises(MissingCredentialError, match="is not a host of bedrock"):
        LLM(LLMConfig(model="bedrock/m", region="us-east-1", api_base=f"https://{host}")).build_request("hi")


@pytest.mark.parametrize("region", ["evil.example/", "us-east-1.evil", "US", "a@b"])
def test_a_region_is_a_label(region):
    with pytest.raises(ConfigurationError, match="region"):
        made({"region": region}, api_key=Secret("k"))


def test_a_region_is_required():
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        made(environ=nowhere, api_key=Secret("k"))
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        made({"access_key": "A", "secret_key": "S"}, environ=nowhere, api_base="https://gateway.example")


@pytest.mark.parametrize("model", [each for each in MODELS if each.startswith("arn:")])
def test_a_model_that_is_an_arn_needs_no_name_of_the_provider(model):
    found = explain(LLMConfig(model=model))
    assert (found.provider, found.model) == ("bedrock", model)


@pytest.mark.parametrize("model", [each for each in MODELS if each.startswith("arn:")])
@pytest.mark.parametrize("way", ["chat", "stream", "invoke"])
def test_a_model_that_is_an_arn_is_called_and_signed_for_in_its_region(model, way, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    region = model.split(":")[3]
    more = {"api": "invoke", "base_model": MODELS[1]} if way == "invoke" else {}
    found = LLM(config(model, region=None, **more)).build_request("hi", stream=way == "stream")
    host = f"bedrock-runtime.{region}.amazonaws.com"
    assert urlsplit(found.url).hostname == host
    named = made({"access_key": ACCESS, "secret_key": SECRET}, model=model)
    request = HttpRequest(url=found.url, body=b"{}", headers={"content-type": "application/json"})
    headers = dict(asyncio.run(named.authorize(request)))
    assert f"/{region}/bedrock/aws4_request" in headers["authorization"]
    assert headers["authorization"].endswith(f"Signature={signed_by_aws(request, headers, region)}")


async def test_a_profile_is_read_by_botocore(tmp_path, monkeypatch):
    file = tmp_path / "credentials"
    file.write_text(
        f"[work]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    found = made({"profile": "work", "region": "us-east-1"})
    request = HttpRequest(url=f"{found.base.url}/x", body=b"{}", headers={"content-type": "application/json"})
    headers = dict(await found.authorize(request))
    assert headers["x-amz-security-token"] == TOKEN
    assert headers["authorization"].endswith(f"Signature={signed_by_aws(request, headers)}")
