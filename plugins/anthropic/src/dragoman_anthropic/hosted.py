"""The Messages API as clouds serve it: the address names the model, and the body the version of the API.

https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai and
https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from dragoman import NO, Capabilities, UnsupportedError
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.models import capabilities
from dragoman_anthropic.request import FEATURE_BETAS, EncodedRequest
from dragoman_anthropic.versions import FIRST


class HostedMessages(AnthropicMessages):
    """Translate requests to the Messages API of a cloud; a subclass says by ``wrap`` where they go.

    Attributes:
        host: the name of the cloud, for errors.
        first_version: what the cloud calls the first version of the API.

    """

    has_prompts = False
    host: ClassVar[str] = ""
    first_version: ClassVar[str] = FIRST

    def versioned_body(self, encoded: EncodedRequest, version: str) -> dict[str, Any]:
        """Return the body with the version of the API in it.

        Args:
            encoded: the body and the betas.
            version: the version of the API.

        Raises:
            UnsupportedError: for files and containers, which stay with Anthropic.

        """
        if FEATURE_BETAS["files"] in encoded.betas:
            message = f"{self.host} has no files of Anthropic; send the bytes, such as Media.of(path)"
            raise UnsupportedError(message, model=encoded.body["model"], parameter="messages")
        if "container" in encoded.body:
            message = f"{self.host} has no containers of Anthropic; leave container out"
            raise UnsupportedError(message, model=encoded.body["model"], parameter="container")
        return {"anthropic_version": self.first_version if version == FIRST else version, **encoded.body}


def hosted_capabilities(model: str) -> Capabilities:
    """Return the capabilities of *model* on a cloud, where the first models have conversations too."""
    known = capabilities(model)
    return known if known.completion == NO else attrs.evolve(known, completion=NO)
