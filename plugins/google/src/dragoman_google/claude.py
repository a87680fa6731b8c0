"""Claude on Vertex AI: the dialect of dragoman-anthropic at the addresses of Google, with its credentials.

https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

import attrs

from dragoman import ConfigurationError, ProtocolError, ProviderConfig, ProviderError, ProviderInfo
from dragoman.http import HttpReply, HttpRequest, OptionsReader, dumps, fields, is_home, option_field
from dragoman_anthropic import (
    ISSUER,
    EncodedRequest,
    HostedMessages,
    MessagesOptions,
    MessagesProvider,
    Operation,
    beta_header,
    hosted_capabilities,
)
from dragoman_google.endpoint import LOCATION_ENV, PROJECT_ENV, vertex_endpoint
from dragoman_google.errors import error_of
from dragoman_google.models import claude_name

CLAUDE_PROJECT_ENV = ("ANTHROPIC_VERTEX_PROJECT_ID", *PROJECT_ENV)
CLAUDE_LOCATION_ENV = ("CLOUD_ML_REGION", *LOCATION_ENV)
"""The variables that the SDK of Anthropic reads, and those of Vertex AI.

https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
"""
PUBLISHER = "/publishers/anthropic/models"


@attrs.frozen(kw_only=True)
class VertexClaudeOptions(MessagesOptions):
    """Set what only Claude on Vertex AI offers, beside what the Messages API does.

    Args:
        vertex: whether to use Vertex AI, which is the only place where Google serves Claude. This option and those
            below are accepted by ``LLMConfig`` only.
        project: the Google Cloud project that is billed.
        location: the location where Vertex AI runs the model, such as ``europe-west1``; ``global`` if not given.
        credentials: the path or the content of a credentials file, or a credentials object of google-auth; Google's
            application default credentials if not given.

    """

    vertex: bool | None = option_field(in_body=False, per_call=False)
    project: str | None = option_field(in_body=False, per_call=False)
    location: str | None = option_field(in_body=False, per_call=False)
    credentials: Any = option_field(in_body=False, per_call=False, secret=True)


INFO = ProviderInfo(
    name="vertex",
    issuer=ISSUER,
    options=VertexClaudeOptions,
    docs="https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude",
    formats=frozenset({"blocks"}),
)


class VertexMessages(HostedMessages):
    """Translate requests and responses of the Messages API on Vertex AI."""

    host: ClassVar[str] = "Vertex AI"
    first_version: ClassVar[str] = "vertex-2023-10-16"

    def wrap(self, encoded: EncodedRequest, version: str, operation: Operation) -> HttpRequest:
        """Return the HTTP request for a body, whose model is part of the path unless its tokens are counted.

        https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens
        """
        body = self.versioned_body(encoded, version)
        name = claude_name(body["model"])
        if operation == "count":
            body["model"] = name
            path = "count-tokens:rawPredict"
        else:
            del body["model"]
            path = f"{quote(name, safe='@')}:{'streamRawPredict' if operation == 'stream' else 'rawPredict'}"
        return HttpRequest(
            url=f"{PUBLISHER}/{path}",
            body=dumps(body),
            headers=beta_header(encoded.betas),
            adjustments=tuple(encoded.adjustments),
        )

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports: that of Google, whose errors have a status, or that of Anthropic."""
        return super().error(reply) if _is_of_anthropic(reply) else error_of(reply)


def _is_of_anthropic(reply: HttpReply) -> bool:
    try:
        return isinstance(fields(fields(reply.json()).get("error")).get("type"), str)
    except ProtocolError:
        return False


def make_claude(config: ProviderConfig) -> MessagesProvider:
    """Return the provider of Claude for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid, or if no project is named.
        MissingCredentialError: if there are no credentials for the base URL.

    """
    info = attrs.evolve(INFO, name=config.name)
    reader = OptionsReader(VertexClaudeOptions, info.name)
    options = reader.configure(config.options)
    if options.vertex is False:
        message = "Google serves Claude on Vertex AI alone; leave vertex=False out, or give provider='anthropic'"
        raise ConfigurationError(message, provider=config.name, parameter="vertex")
    target = vertex_endpoint(config, options, project_env=CLAUDE_PROJECT_ENV, location_env=CLAUDE_LOCATION_ENV)
    if "/projects/" not in target.base.url:
        message = "Claude on Vertex AI needs a project; give project='...'"
        raise ConfigurationError(message, provider=config.name, parameter="project")
    if config.api_key is not None and options.credentials is None and is_home(config, target.base):
        message = (
            "Vertex AI takes no API key for Claude; leave api_key out, and give credentials=... or log in with gcloud"
        )
        raise ConfigurationError(message, provider=config.name, parameter="api_key")
    dialect = VertexMessages(reader)
    dialect.configure(config, target.headers)
    return MessagesProvider(info, dialect, target, capabilities=hosted_capabilities)
