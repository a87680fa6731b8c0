"""The options of requests to Bedrock that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import Secret
from dragoman.http import option_field

ISSUER = "bedrock"
"""The key of these options, and the issuer of Bedrock's seals and extensions."""


@frozen(kw_only=True, slots=False)
class AwsOptions:
    """Say how Bedrock is called.

    Args:
        api: ``converse``, which all models have, or ``invoke``, the Messages API for Claude alone; ``converse`` if not
            given. This option and those down to ``base_model`` are accepted by ``LLMConfig`` only.
        region: the AWS region, such as ``us-east-1``.
        access_key: the id of the access key with which requests are signed.
        secret_key: the secret of that access key.
        session_token: its session token, if it is temporary.
        profile: the profile in the files of AWS whose credentials are used; needs ``dragoman-bedrock[aws]``.
        base_model: the id of the model behind an ARN that does not name it, such as an application inference profile.

    """

    api: Literal["converse", "invoke"] | None = option_field(in_body=False, per_call=False)
    region: str | None = option_field(in_body=False, per_call=False)
    access_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    secret_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    session_token: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    profile: str | None = option_field(in_body=False, per_call=False)
    base_model: str | None = option_field(in_body=False, per_call=False)


@frozen(kw_only=True, eq=False, repr=False)
class BedrockOptions(AwsOptions):
    """Set what only Bedrock offers; see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.

    Args:
        guardrail: the guardrail, such as ``{"guardrailIdentifier": "...", "guardrailVersion": "1"}``.
        additional_fields: members that belong to the model itself, such as ``{"thinking": {...}}``.
        additional_response_paths: what to return of the model's own answer, as JSON pointers.
        performance: the configuration of the latency, such as ``{"latency": "optimized"}``.
        request_metadata: words by which invocation logs can be filtered.
        prompt_variables: the values of the variables of a managed prompt.
        extra_body: additional members of the request body.

    """

    __provider__: ClassVar[str] = ISSUER
    guardrail: dict[str, Any] | None = option_field(wire="guardrailConfig")
    additional_fields: dict[str, Any] | None = option_field(in_body=False)
    additional_response_paths: list[str] | None = option_field(wire="additionalModelResponseFieldPaths")
    performance: dict[str, Any] | None = option_field(wire="performanceConfig")
    request_metadata: dict[str, str] | None = option_field(wire="requestMetadata")
    prompt_variables: dict[str, Any] | None = option_field(wire="promptVariables")
    extra_body: dict[str, Any] | None = option_field(in_body=False)
