"""What a provider of any service of AWS builds on; botocore recomputes the signatures."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsCredentials
from botocore.loaders import Loader
from botocore.session import Session
from hypothesis import given, strategies as st

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    MissingCredentialError,
    NotFoundError,
    ProtocolError,
    ProviderConfig,
    RateLimitError,
    Secret,
    ServerError,
)
from dragoman.http import Frame, HttpReply, HttpRequest, OptionsReader, base_url
from dragoman_aws import (
    EVENT_STREAM,
    AwsErrors,
    AwsOptions,
    Credentials,
    dns_suffix,
    event_in,
    region_of,
    signature_headers,
    signer,
)

ACCESS, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+of=test"
ENVIRONMENT = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ERRORS = AwsErrors(
    types={"ModelError": ServerError}, statuses={"ModelError": 424}, phrases={"no such endpoint": NotFoundError}
)


def signed_by_aws(request: HttpRequest, ours: Any, region: str, service: str) -> str:
    """Return the signature that botocore computes for a request with our headers."""
    signing = SigV4Auth(AwsCredentials(ACCESS, SECRET, ours.get("x-amz-security-token")), service, region)
    sent = {**request.headers, **{name: ours[name] for name in ours if name.startswith("x-amz-")}}
    theirs = AWSRequest(request.method, request.url, sent, request.body)
    theirs.context["timestamp"] = ours["x-amz-date"]
    return signing.signature(signing.string_to_sign(theirs, signing.canonical_request(theirs)), theirs)


@given(
    path=st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="-._~%/:"), min_size=1),
    body=st.binary(),
    query=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=3, unique=True),
    place=st.sampled_from([("bedrock", "eu-west-3"), ("sagemaker", "us-east-1"), ("execute-api", "cn-north-1")]),
    token=st.sampled_from([None, TOKEN]),
)
def test_a_signature_covers_the_path_the_query_the_body_and_the_service(path, body, query, place, token):
    clean = "/".join(part for part in path.split("/") if part not in {"", ".", ".."})
    words = "&".join(f"{name}={value}" for name, value in query)
    url = f"https://runtime.example.amazonaws.com/{clean}" + (f"?{words}" if words else "")
    headers = {"content-type": "application/json", "x-amzn-sagemaker-target-model": "a  b"}
    request = HttpRequest(url=url, body=body, headers={**headers, "x-amz-meta": "a  b"})
    keys = Credentials(
        access_key=Secret(ACCESS), secret_key=Secret(SECRET), session_token=Secret(token) if token else None
    )
    service, region = place

    ours = signature_headers(request, keys, region=region, service=service, moment=MOMENT)

    judged = HttpRequest(
        url=url, body=body, headers={"content-type": "application/json", "x-amz-meta": request.headers["x-amz-meta"]}
    )
    assert ours["authorization"].endswith(f"Signature={signed_by_aws(judged, ours, region, service)}")
    assert f"Credential={ACCESS}/20260102/{region}/{service}/aws4_request" in ours["authorization"]


def made(options: dict[str, Any] | None = None, **config: Any) -> Any:
    """Return what signs for a service of a provider that claims the hosts of SageMaker."""
    given_ = options or {}
    place = ProviderConfig(name="sagemaker", hosts=("runtime.sagemaker.*.amazonaws.com",), options=given_, **config)
    read = OptionsReader(AwsOptions, "sagemaker").structure(given_)
    region = region_of(place, read)
    base = base_url(
        place, default=f"https://runtime.sagemaker.{region}.{dns_suffix(region)}", env=("SAGEMAKER_URL",), version=""
    )
    return signer(place, base, read, region=region, service="sagemaker")


async def test_each_service_is_signed_for_by_its_name():
    headers = await made(environ=ENVIRONMENT)(HttpRequest(url="https://runtime.sagemaker.eu-west-1.amazonaws.com/x"))
    assert f"Credential={ACCESS}/" in headers["authorization"]
    assert "/eu-west-1/sagemaker/" in headers["authorization"]


def test_what_the_caller_did_not_pass_stays_with_the_hosts_of_the_provider():
    with pytest.raises(MissingCredentialError, match="not a host of sagemaker"):
        made({"region": "eu-west-1"}, environ=ENVIRONMENT, api_base="https://evil.example")


def test_no_credentials_name_what_helps():
    keys = {"region": "eu-west-1"}
    with pytest.raises(MissingCredentialError, match=r"access_key=.*dragoman-aws\[profiles\]"):
        made(keys, environ={}, api_base="https://gateway.example")
    with pytest.raises(ConfigurationError, match="sagemaker needs a region of AWS"):
        made({"access_key": "A", "secret_key": "S"}, environ=NO_FILES, api_base="https://gateway.example")


def test_a_region_is_that_of_the_caller_of_the_host_or_of_the_environment():
    host = re.compile(r"runtime\.sagemaker\.([a-z0-9-]+)\.")
    config = ProviderConfig(
        name="sagemaker", api_base="https://runtime.sagemaker.eu-west-3.amazonaws.com", environ=ENVIRONMENT
    )
    assert region_of(config, AwsOptions(region="us-east-2"), host=host) == "us-east-2"
    assert region_of(config, AwsOptions(), host=host) == "eu-west-3"
    assert region_of(config, AwsOptions()) == "eu-west-1"
    gateway = ProviderConfig(name="x", api_base="https://gateway.example", environ=NO_FILES)
    assert region_of(gateway, AwsOptions(), host=host) is None


ARN = "arn:aws:bedrock:us-west-2:000000000000:inference-profile/us.amazon.nova-lite-v1:0"
CONFIGURED = """
[default]
region = eu-central-1
output = json
[profile work]
region = ap-south-1
s3 =
    signature_version = s3v4
[profile "at home"]
region=sa-east-1
[profile bare]
[profile open "quotation]
region = xx-open-1
[odd]
region = xx-odd-1
[sso-session work]
region = xx-sso-1
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Write the files of AWS, and return the environment that names them."""
    (tmp_path / "config").write_text(CONFIGURED)
    (tmp_path / "credentials").write_text("[both]\nregion = ca-central-1\n[odd]\naws_access_key_id = A\n")
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


@pytest.mark.parametrize(
    ("model", "options", "environ", "region"),
    [
        (ARN, {"region": "us-east-2", "profile": "work"}, {"AWS_REGION": "eu-west-1"}, "us-east-2"),
        (ARN, {"profile": "work"}, {"AWS_REGION": "eu-west-1"}, "us-west-2"),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:0:provisioned-model/x", {}, {}, "us-gov-west-1"),
        ("arn:aws:sagemaker:eu-north-1:0:endpoint/x", {}, {"AWS_REGION": "eu-west-1"}, "eu-north-1"),
        ("arn:aws:bedrock:::x", {}, {"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ("m", {"profile": "work"}, {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ("m", {"profile": "work"}, {"AWS_PROFILE": "at home"}, "ap-south-1"),
        ("m", {}, {"AWS_PROFILE": "at home"}, "sa-east-1"),
        ("m", {}, {"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "at home"}, "sa-east-1"),
        ("m", {}, {}, "eu-central-1"),
        ("m", {"profile": "both"}, {}, "ca-central-1"),
    ],
)
def test_the_region_of_the_call_goes_before_that_of_the_model_the_environment_and_the_profile(
    model: str, options: dict[str, str], environ: dict[str, str], region: str, files: dict[str, str]
) -> None:
    config = ProviderConfig(name="x", model=model, environ={**files, **environ})

    assert region_of(config, AwsOptions(**options)) == region


@pytest.mark.parametrize(
    ("profile", "shown"), [("at home", "sa-east-1"), ("work", "ap-south-1"), (None, "eu-central-1")]
)
def test_the_region_of_a_profile_is_the_one_that_botocore_finds(
    profile: str | None, shown: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path in files.items():
        monkeypatch.setenv(name, path)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    config = ProviderConfig(name="x", environ=files)

    assert region_of(config, AwsOptions(profile=profile)) == Session(profile=profile).get_config_variable("region")
    assert region_of(config, AwsOptions(profile=profile)) == shown


def test_an_editor_may_begin_a_file_with_a_byte_order_mark(files: dict[str, str]) -> None:
    Path(files["AWS_CONFIG_FILE"]).write_text(CONFIGURED.lstrip(), "utf-8-sig")

    assert region_of(ProviderConfig(name="x", environ=files), AwsOptions()) == "eu-central-1"


@pytest.mark.parametrize("profile", ["bare", "odd", "nobody", "open"])
def test_a_profile_without_a_region_says_where_one_is_given(profile: str, files: dict[str, str]) -> None:
    config = ProviderConfig(name="x", environ=files)
    with pytest.raises(ConfigurationError, match=r"none is given; .* or give your profile of AWS a region"):
        region_of(config, AwsOptions(profile=profile))


def test_a_file_that_is_none_of_aws_is_named_without_its_text(files: dict[str, str]) -> None:
    Path(files["AWS_CONFIG_FILE"]).write_text("aws_secret_access_key = s3cr3t")
    config = ProviderConfig(name="x", environ=files)
    with pytest.raises(ConfigurationError, match="config is not a file of profiles of AWS") as raised:
        region_of(config, AwsOptions())
    assert "s3cr3t" not in "".join(format_exception(raised.value))


@pytest.mark.parametrize("model", ["arn:aws:bedrock:evil.example/:0:x", "arn:aws:bedrock:US:0:x"])
def test_a_region_that_is_no_label_is_refused_wherever_it_stands(model: str) -> None:
    with pytest.raises(ConfigurationError, match="needs a region of AWS"):
        region_of(ProviderConfig(name="x", model=model, environ=NO_FILES), AwsOptions())


@pytest.mark.parametrize("partition", Loader().load_data("partitions")["partitions"], ids=lambda each: each["id"])
def test_the_hosts_of_a_region_are_those_of_its_partition(partition: dict[str, Any]) -> None:
    regions = [name for name in partition["regions"] if re.fullmatch(partition["regionRegex"], name)]

    assert {dns_suffix(region) for region in regions} == {partition["outputs"]["dnsSuffix"]}


def reply(status: int, kind: str = "", body: bytes = b"") -> HttpReply:
    return HttpReply(status=status, headers={"x-amzn-errortype": kind} if kind else {}, body=body)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (reply(400, "ExpiredTokenException:http://x/"), AuthenticationError, "ExpiredTokenException"),
        (reply(400, body=b'{"__type": "a.b#UnknownOperationException"}'), NotFoundError, "UnknownOperationException"),
        (reply(200, body=b'{"__type": "ThrottlingException"}'), RateLimitError, "ThrottlingException"),
        (reply(424, "ModelError"), ServerError, "ModelError"),
        (reply(400, body=b'{"message": "No such endpoint: x"}'), NotFoundError, None),
        (reply(400, body=b'{"message": "no"}'), BadRequestError, None),
    ],
)
def test_an_error_is_read_by_its_type_its_words_and_its_status(reply, kind, code):
    error = ERRORS.of(reply)
    assert type(error) is kind
    assert error.code == code


def test_a_message_of_a_stream_is_an_event_or_an_error():
    event = Frame(b'{"Bytes": "aGk="}', headers={":message-type": "event", ":event-type": "PayloadPart"})
    assert event_in(event, ERRORS) == ("PayloadPart", {"Bytes": "aGk="})
    with pytest.raises(ProtocolError, match="PayloadPart"):
        event_in(Frame(b"[]", headers=event.headers), ERRORS)
    failed = Frame(b'{"message": "it broke"}', headers={":message-type": "exception", ":exception-type": "modelError"})
    with pytest.raises(ServerError, match="it broke") as raised:
        event_in(failed, ERRORS)
    assert (raised.value.status, raised.value.code) == (424, "ModelError")
    told = Frame(
        b"", headers={":message-type": "error", ":error-code": "ThrottlingException", ":error-message": "slow"}
    )
    with pytest.raises(RateLimitError, match="slow"):
        event_in(told, ERRORS)


def test_the_framing_is_that_of_event_streams():
    assert EVENT_STREAM.media_types == {"application/vnd.amazon.eventstream"}
