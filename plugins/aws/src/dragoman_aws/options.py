"""The options by which the caller says who calls AWS, and where."""

from __future__ import annotations

from attrs import frozen

from dragoman import Secret
from dragoman.http import option_field


@frozen(kw_only=True, slots=False)
class AwsOptions:
    """Say who calls AWS, and where; a provider adds its own options in a subclass.

    Args:
        region: the AWS region, such as ``us-east-1``; accepted by ``LLMConfig`` only, as are the next four.
        access_key: the id of the access key with which requests are signed.
        secret_key: the secret of that access key.
        session_token: its session token, if it is temporary.
        profile: the profile in the files of AWS whose credentials are used; needs ``dragoman-aws[profiles]``.

    """

    region: str | None = option_field(in_body=False, per_call=False)
    access_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    secret_key: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    session_token: Secret | None = option_field(in_body=False, per_call=False, secret=True)
    profile: str | None = option_field(in_body=False, per_call=False)
