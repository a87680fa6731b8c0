"""The options of requests to Bedrock that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman.http import option_field
from dragoman_aws import AwsOptions

ISSUER = "bedrock"
"""The key of these options, and the issuer of Bedrock's seals and extensions."""


@frozen(kw_only=True, slots=False)
class ApiOptions(AwsOptions):
    """Say how Bedrock is called.

    Args:
        api: ``converse``, which all models have, or ``invoke``, the Messages API for Claude alone; ``converse`` if not
            given. Accepted by ``LLMConfig`` only, as is the next option.
        base_model: the id of the model behind an ARN that does not name it, such as an application inference profile.

    """

    api: Literal["converse", "invoke"] | None = option_field(in_body=False, per_call=False)
    base_model: str | None = option_field(in_body=False, per_call=False)


@frozen(kw_only=True, eq=False, repr=False)
class BedrockOptions(ApiOptions):
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
