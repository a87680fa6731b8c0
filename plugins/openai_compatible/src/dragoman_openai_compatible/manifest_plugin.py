"""The plugin of a host that is described in a file: a distribution of entry points and TOML, without Python.

Such a distribution names this module in its entry points, and holds one file: ``dragoman.toml``, in a folder called
like the distribution with underscores. :class:`~dragoman_openai_compatible.manifest.Description` says what stands in
it::

    [project.entry-points."dragoman.providers.v1"]
    acme = "dragoman_openai_compatible.manifest_plugin"

"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from attrs import frozen

from dragoman import (
    ChatRequest,
    CompletionRequest,
    PluginError,
    Provider,
    ProviderConfig,
    ProviderInfo,
    Reasoning,
    hookimpl,
)
from dragoman.http import Endpoint, base_url, checked_headers, credential, foreign_names, option_field
from dragoman_openai_compatible.chat import SETTING_NAMES, OpenAIChat
from dragoman_openai_compatible.chat_messages import MessageRules
from dragoman_openai_compatible.manifest import Description, read_description
from dragoman_openai_compatible.provider import OpenAIProvider

__all__ = ["DescribedHost", "DescribedOptions", "dragoman_provider"]

FILE = "dragoman.toml"


@frozen(kw_only=True)
class DescribedOptions:
    """Set what hosts of the dialect commonly have beside the settings.

    Args:
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        logit_bias: a bias for each token's number.
        user: who asks.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.

    """

    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


class DescribedChat(OpenAIChat[DescribedOptions]):
    """Speak the dialect as a host's description says."""

    def __init__(self, name: str, description: Description) -> None:
        wire = description.wire
        self._replayed = wire.replay_reasoning
        super().__init__(
            options=DescribedOptions,
            provider=name,
            rules=MessageRules(issuer=name, replay_reasoning=self._replay),
            setting_names={**SETTING_NAMES, **wire.setting_names, "max_tokens": wire.max_tokens_name},
            reasoning_names=wire.reasoning_names,
            metadata_names=wire.metadata_names,
            include_usage=wire.include_usage,
        )

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002  # the signature of the dialect
        options: DescribedOptions,
    ) -> None:
        """Add what the caller put into ``extra_body``."""
        body.update(options.extra_body or {})

    def _replay(self, reasoning: Sequence[Reasoning]) -> dict[str, Any]:
        words = "".join(part.text for part in reasoning if part.seal is None)  # a seal is another vendor's
        return {self._replayed: words} if self._replayed and words else {}


class DescribedHost:
    """Be the plugin of one host that is described in a file, wherever that is.

    To try a description before it is packaged, register one under the provider's name::

        installed().register(DescribedHost("dragoman.toml"), provider="acme")

    Args:
        path: the file.

    Raises:
        PluginError: if the file cannot be read, or naming each thing that is wrong in it.

    """

    def __init__(self, path: str | Path) -> None:
        self.description = read_description(_text(Path(path), str(path)), str(path))

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        """Make the provider."""
        return described(self.description, config)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider that the chosen distribution describes."""
    package = config.distribution.replace("-", "_")
    origin = f"{package}/{FILE}"
    try:
        file = resources.files(package).joinpath(FILE)
    except (ModuleNotFoundError, ValueError):  # the latter where no distribution was chosen at all
        message = f"{config.distribution} names {__name__}, but holds no {origin}"
        raise PluginError(message, provider=config.name) from None
    return described(read_description(_text(file, origin), origin), config)


def described(description: Description, config: ProviderConfig) -> Provider:
    """Return the provider of a description.

    Args:
        description: the host.
        config: what the caller gave.

    Raises:
        PluginError: if the host or a variable that it names is another's.
        ConfigurationError: if the caller's base URL or key cannot be used.
        InvalidRequestError: for an unknown option.

    """
    if told := foreign_names(
        description.host, description.variables, provider=config.name, distribution=config.distribution
    ):
        message = f"the description of {config.name!r} by {config.distribution} is refused: {'; '.join(told)}"
        raise PluginError(message, provider=config.name)
    dialect = DescribedChat(config.name, description)
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(
        ProviderInfo(name=config.name, issuer=config.name, options=DescribedOptions, docs=description.docs),
        dialect,
        _endpoint(description, config),
        capabilities=description.accepted_by,
        kept_headers=description.wire.kept_headers,
    )


def _endpoint(description: Description, config: ProviderConfig) -> Endpoint:
    base = base_url(config, default=description.base_url, env=description.base_url_env)
    wanted = description.key
    key = credential(config, base, env=wanted.env, required=wanted.required)
    headers = {} if key is None else {wanted.header: key.with_prefix(wanted.prefix)}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def _text(file: Traversable, origin: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{origin} cannot be read: {error}"
        raise PluginError(message) from None
