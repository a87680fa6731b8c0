"""What gives tokens and access keys may fail, or be asked by many calls at once; for every vendor that has such."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dragoman import LLM, AuthenticationError, ConfigurationError, LLMConfig, MissingCredentialError, PluginError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

FILES_OF_AWS = """
[profile sso]
sso_start_url = https://acme.awsapps.test/start
sso_region = us-east-1
sso_account_id = 111111111111
sso_role_name = reader
[profile session]
sso_session = acme
sso_account_id = 111111111111
sso_role_name = reader
[sso-session acme]
sso_start_url = https://acme.awsapps.test/start
sso_region = us-east-1
[profile half]
aws_access_key_id = A
[profile failing]
credential_process = false
[profile garbled]
credential_process = echo not-json
[profile role]
role_arn = arn:aws:iam::111111111111:role/reader
source_profile = absent
"""
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
}


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the profiles of AWS, for a machine that has nothing else."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "config"
    file.write_text(FILES_OF_AWS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return file


def hold(file: Path, text: str) -> None:
    file.write_text(text)


def bedrock(**options: Any) -> LLM:
    given: dict[str, Any] = {
        "model": "bedrock/amazon.nova-lite-v1:0",
        "region": "us-east-1",
        "num_retries": 0,
        **options,
    }
    return LLM(LLMConfig(**given))


async def failure(llm: LLM) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # which one is for the test to say
        async with llm:
            await llm.generate("hi")
    assert not isinstance(caught.value, PluginError), "the caller or the machine is at fault, not the plugin"
    return caught.value


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("absent", r"ProfileNotFound: .*absent.*; correct the files of AWS, or pass an access key"),
        ("sso", r"SSOTokenLoadError: .*; run aws sso login --profile sso, or pass an access key"),
        ("session", r"SSOTokenLoadError: .*; run aws sso login --profile session, or"),
        ("half", r"PartialCredentialsError: .*aws_secret_access_key\); correct the files of AWS"),
        ("failing", r"CredentialRetrievalError: .*; pass an access key"),
        ("garbled", r"JSONDecodeError: .*; pass an access key"),
        ("role", r"InvalidConfigError: .*absent.*; correct the files of AWS"),
    ],
)
@pytest.mark.parametrize("api", ["converse", "invoke"])
async def test_a_profile_that_gives_nothing_is_told_with_what_to_do(
    aws: Path, profile: str, words: str, api: str
) -> None:
    error = await failure(bedrock(model="bedrock/anthropic.claude-3-haiku-20240307-v1:0", profile=profile, api=api))
    assert isinstance(error, MissingCredentialError)
    assert str(error).startswith("the profiles and roles of AWS give no credentials (")
    assert re.search(words, str(error)), str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_a_file_of_profiles_that_cannot_be_read_is_told(aws: Path) -> None:
    hold(aws, "garbage\n[")
    for options in ({}, {"profile": "any"}):
        assert "ConfigParseError" in str(await failure(bedrock(**options)))


async def test_a_machine_without_credentials_is_told(aws: Path) -> None:
    hold(aws, "")
    error = await failure(bedrock())
    assert isinstance(error, MissingCredentialError)
    assert "no credentials for bedrock" in str(error)


class Container:
    """Give out credentials that end after a time, as containers of AWS do.

    Args:
        lives: how long they are good for.

    """

    def __init__(self, lives: timedelta) -> None:
        self.given = 0
        self._lives = lives

    def __call__(self, request: Received) -> Reply:
        if not request.path.startswith("/credentials"):
            return Reply.json(ANSWER)
        self.given += 1
        return Reply.json(
            {
                "AccessKeyId": f"AKID{self.given}",
                "SecretAccessKey": "secret",
                "Token": f"token-{self.given}",
                "Expiration": (datetime.now(UTC) + self._lives).isoformat(),
            }
        )


@pytest.mark.parametrize(("lives", "most"), [(timedelta(hours=6), 1), (timedelta(minutes=1), 60)])
async def test_calls_at_once_share_credentials_and_old_ones_are_renewed(
    aws: Path, monkeypatch: pytest.MonkeyPatch, lives: timedelta, most: int
) -> None:
    hold(aws, "")
    container = Container(lives)
    with LoopbackServer(container) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/credentials")
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        async with bedrock() as llm:
            answers = await asyncio.gather(*(llm.generate("hi") for _ in range(12)))
            await llm.generate("once more")
        sent = [each for each in server.requests if not each.path.startswith("/credentials")]

    assert [each.text for each in answers] == ["Hello"] * 12
    assert {each.headers["x-amz-security-token"] for each in sent} <= {f"token-{n + 1}" for n in range(container.given)}
    assert 1 <= container.given <= most
    if most > 1:
        assert container.given > 1
        assert sent[-1].headers["x-amz-security-token"] == f"token-{container.given}"


def azure(token: Any) -> LLM:
    return LLM(LLMConfig(model="azure/d", api_base="https://acme.openai.azure.com", azure_ad_token=token))


async def test_a_function_of_the_caller_that_fails_is_not_the_plugin_s_fault() -> None:
    def fails() -> str:
        message = "the vault is closed"
        raise OSError(message)

    async def fails_later() -> str:
        await asyncio.sleep(0)
        return fails()

    def is_not_logged_in() -> str:
        message = "log in first"
        raise MissingCredentialError(message)

    for token in (fails, fails_later):
        error = await failure(azure(token))
        assert isinstance(error, AuthenticationError)
        assert "the function azure_ad_token failed with OSError: the vault is closed" in str(error)
        assert isinstance(error.__cause__, OSError)
    error = await failure(azure(is_not_logged_in))
    assert type(error) is MissingCredentialError


@pytest.mark.parametrize("wrong", [3, ["/key.json"], object()])
def test_what_are_no_credentials_of_google_is_refused_before_anything_is_sent(wrong: Any) -> None:
    llm = LLM(LLMConfig(model="vertex/gemini-2.5-flash", project="p", location="us-central1", credentials=wrong))
    with pytest.raises(ConfigurationError, match=r"credentials are a credentials file or an object of google-auth"):
        llm.build_request("hi")
