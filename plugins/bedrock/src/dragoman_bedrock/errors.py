"""The errors of Bedrock, beside those that all services of AWS have.

https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from dragoman import ContextWindowExceededError, NotFoundError, OverloadedError, ServerError
from dragoman_aws import AwsErrors

ERRORS = AwsErrors(
    types={"ModelNotReadyException": OverloadedError, "ModelTimeoutException": ServerError},
    statuses={"ModelTimeoutException": 408, "ModelStreamErrorException": 424},
    phrases={
        "model identifier is invalid": NotFoundError,
        "input tokens exceeded": ContextWindowExceededError,
    },
)
