"""The plugin of hosts that are described by a manifest, in distributions of entry points and TOML without Python.

The entry points of such a distribution name this module. The distribution contains one file: ``dragoman.toml``, in a
folder named after the distribution, with underscores. :class:`~dragoman_openai_compatible.manifest.Manifest` defines
its contents::

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
    PluginError,
    Provider,
    ProviderConfig,
    ProviderInfo,
    Reasoning,
    hookimpl,
)
from dragoman.http import Endpoint, base_url, checked_headers, credential, foreign_names, option_field
from dragoman_openai_compatible.chat import CHAT_SETTINGS, OpenAIChat
from dragoman_openai_compatible.chat_messages import MessageRules, replayed
from dragoman_openai_compatible.manifest import Manifest, read_manifest
from dragoman_openai_compatible.provider import OpenAIProvider

__all__ = ["ManifestHost", "ManifestOptions", "dragoman_provider"]

FILE = "dragoman.toml"


@frozen(kw_only=True)
class ManifestOptions:
    """Set what hosts of the dialect commonly offer in addition to the common settings.

    Args:
        n: the number of answers; the first is the response, the others are in ``Response.metadata``.
        logit_bias: biases by token id.
        user: your identifier of the end user.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.

    """

    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


class ManifestChat(OpenAIChat[ManifestOptions]):
    """Speak the dialect with the differences that a manifest defines."""

    def __init__(self, name: str, manifest: Manifest) -> None:
        wire = manifest.wire
        self._reasoning_member = wire.replay_reasoning
        super().__init__(
            options=ManifestOptions,
            provider=name,
            rules=MessageRules(issuer=name, replay_reasoning=self._replay),
            setting_names={**CHAT_SETTINGS, **wire.setting_names, "max_tokens": wire.max_tokens_name},
            reasoning_names=wire.reasoning_names,
            metadata_names=wire.metadata_names,
            include_usage=wire.include_usage,
        )

    def _replay(self, reasoning: Sequence[Reasoning]) -> dict[str, Any]:
        return replayed(reasoning, self._reasoning_member, self.provider)


class ManifestHost:
    """Act as the plugin of one host, from a manifest at any path.

    Register one to try a manifest before it is packaged::

        installed().register(ManifestHost("dragoman.toml"), provider="acme")

    Args:
        path: the manifest.

    Raises:
        PluginError: if the file cannot be read or the manifest is not valid.

    """

    def __init__(self, path: str | Path) -> None:
        self.manifest = read_manifest(_text(Path(path), str(path)), str(path))

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        """Make the provider."""
        return make_provider(self.manifest, config)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider from the manifest of the chosen distribution."""
    package = config.distribution.replace("-", "_")
    origin = f"{package}/{FILE}"
    try:
        file = resources.files(package).joinpath(FILE)
    except (ModuleNotFoundError, ValueError):  # ValueError: the name of the distribution is empty
        message = f"{config.distribution} names {__name__}, but does not contain {origin}"
        raise PluginError(message, provider=config.name) from None
    return make_provider(read_manifest(_text(file, origin), origin), config)


def make_provider(manifest: Manifest, config: ProviderConfig) -> Provider:
    """Return the provider that a manifest describes.

    Args:
        manifest: the manifest.
        config: the configuration.

    Raises:
        PluginError: if the host or a variable in the manifest belongs to another distribution.
        ConfigurationError: if the base URL or the key of the configuration is not valid.
        InvalidRequestError: for an unknown option.

    """
    if conflicts := foreign_names(
        manifest.host, manifest.variables, provider=config.name, distribution=config.distribution
    ):
        message = f"the manifest of {config.name!r} in {config.distribution} is refused: {'; '.join(conflicts)}"
        raise PluginError(message, provider=config.name)
    dialect = ManifestChat(config.name, manifest)
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(
        ProviderInfo(
            name=config.name,
            issuer=config.name,
            options=ManifestOptions,
            docs=manifest.docs,
            formats=frozenset({"chat"}),
        ),
        dialect,
        _endpoint(manifest, config),
        capabilities=manifest.accepted_by,
        kept_headers=manifest.wire.kept_headers,
    )


def _endpoint(manifest: Manifest, config: ProviderConfig) -> Endpoint:
    base = base_url(config, default=manifest.base_url, env=manifest.base_url_env)
    wanted = manifest.key
    key = credential(config, base, env=wanted.env, required=wanted.required)
    headers = {} if key is None else {wanted.header: key.with_prefix(wanted.prefix)}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def _text(file: Traversable, origin: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{origin} cannot be read: {error}"
        raise PluginError(message) from None
