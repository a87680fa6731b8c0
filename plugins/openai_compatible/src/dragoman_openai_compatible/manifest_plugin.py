"""The plugin of hosts that are described by a manifest, in distributions of entry points and TOML without Python.

The entry points of such a distribution name this module. The distribution contains one file: ``dragoman.toml``, in a
folder named after the distribution, with underscores. :class:`~dragoman_openai_compatible.manifest.Manifest` defines
its contents::

    [project.entry-points."dragoman.providers.v1"]
    acme = "dragoman_openai_compatible.manifest_plugin"

"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from dragoman import (
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    Part,
    PluginError,
    Provider,
    ProviderConfig,
    ProviderInfo,
    Reasoning,
    UnsupportedError,
    hookimpl,
)
from dragoman.http import (
    REQUEST_ID_HEADERS,
    Endpoint,
    base_url,
    checked_headers,
    credential,
    foreign_names,
    option_field,
)
from dragoman_openai_compatible.chat import CHAT_SETTINGS, OpenAIChat
from dragoman_openai_compatible.chat_messages import MessageRules, replayed
from dragoman_openai_compatible.manifest import Manifest, read_manifest
from dragoman_openai_compatible.manifest_checks import PLACE
from dragoman_openai_compatible.provider import OpenAIProvider

if TYPE_CHECKING:
    from dragoman.http import StreamDecoder

__all__ = ["ManifestHost", "ManifestOptions", "dragoman_provider"]

FILE = "dragoman.toml"
_FILLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What may fill a place in a base URL: nothing that could change its host or its path."""


@frozen(kw_only=True)
class ManifestOptions:
    """Set what hosts of the dialect commonly offer in addition to the common settings.

    Args:
        logit_bias: biases by token id.
        user: your identifier of the end user.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.

    """

    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


def options_of(manifest: Manifest) -> type[ManifestOptions]:
    """Return the options class of a host: the common options, its own, and those that fill places in its base URL."""
    own, places = manifest.wire.options, tuple(manifest.places)
    return _options(own, places) if own or places else ManifestOptions


@lru_cache(maxsize=64)
def _options(own: tuple[str, ...], places: tuple[str, ...]) -> type[ManifestOptions]:
    fields = {name: option_field() for name in own}
    fields |= {name: option_field(in_body=False, per_call=False) for name in places}
    kinds: dict[str, Any] = {**dict.fromkeys(own, Any), **dict.fromkeys(places, str | None)}
    told = [f"{name}: a member of the body that only this host has." for name in own]
    told += [f"{name}: a part of the address of the host." for name in places]
    common = inspect.getdoc(ManifestOptions) or ""
    doc = "\n".join([common, *(f"    {line}" for line in told)])
    namespace = {**fields, "__annotations__": kinds, "__doc__": doc, "__module__": __name__}
    kind: type[ManifestOptions] = frozen(kw_only=True)(type("ManifestOptions", (ManifestOptions,), namespace))
    return kind


class ManifestChat(OpenAIChat[ManifestOptions]):
    """Speak the dialect with the differences that a manifest defines."""

    def __init__(self, name: str, manifest: Manifest) -> None:
        wire = manifest.wire
        self._wire = wire
        super().__init__(
            options=options_of(manifest),
            provider=name,
            rules=MessageRules(issuer=name, replay_reasoning=self._replay),
            setting_names={**CHAT_SETTINGS, **wire.setting_names, "max_tokens": wire.max_tokens_name},
            reasoning_names=wire.reasoning_names,
            metadata_names=wire.metadata_names,
            include_usage=wire.include_usage,
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream, which keeps the details of the reasoning where the host sends any."""
        if not self._wire.reasoning_details:
            return super().decoder()
        from dragoman_openai_compatible.reasoning_details import DetailsDecoder  # noqa: PLC0415  # few hosts need it

        return DetailsDecoder(self)

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the details of the reasoning as its seal."""
        parts = super().message_parts(message)
        if not self._wire.reasoning_details:
            return parts
        from dragoman_openai_compatible.reasoning_details import with_details  # noqa: PLC0415  # few hosts need it

        return with_details(parts, message, self.reasoning_names, self.rules.issuer)

    def finish_body(
        self,
        body: dict[str, Any],  # noqa: ARG002
        request: ChatRequest | CompletionRequest,
        options: ManifestOptions,
    ) -> None:
        """Refuse the options that the host does not accept.

        Raises:
            UnsupportedError: naming the first of them that is set.

        """
        for name in self._wire.refuses:
            if getattr(options, name) is not None:
                message = f"{self.provider} does not accept {name}; leave it out"
                raise UnsupportedError(message, model=request.model, parameter=name)

    def _replay(self, reasoning: Sequence[Reasoning]) -> dict[str, Any]:
        return replayed(reasoning, self._wire.replay_reasoning, self.provider)


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
    return make_provider(installed_manifest(config, FILE), config)


def installed_manifest(config: ProviderConfig, name: str) -> Manifest:
    """Return the manifest with the file name *name* in the chosen distribution.

    Raises:
        PluginError: if the distribution does not contain it, or if it is not valid.

    """
    package = config.distribution.replace("-", "_")
    origin = f"{package}/{name}"
    try:
        file = resources.files(package).joinpath(name)
    except (ModuleNotFoundError, ValueError):  # ValueError: the name of the distribution is empty
        message = (
            f"{config.distribution} names {__name__}, but does not contain {origin}; if the file is there, an editable "
            "installation needs dev-mode-dirs = ['.'] in [tool.hatch.build], since the folder has no Python"
        )
        raise PluginError(message, provider=config.name) from None
    return read_manifest(_text(file, origin), origin)


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
    hosts = (manifest.host,) if manifest.host else config.hosts or ("",)
    who = {"provider": config.name, "distribution": config.distribution}
    if conflicts := [each for host in hosts for each in foreign_names(host, manifest.variables, **who)]:
        message = f"the manifest of {config.name!r} in {config.distribution} is refused: {'; '.join(conflicts)}"
        raise PluginError(message, provider=config.name)
    dialect = ManifestChat(config.name, manifest)
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(
        ProviderInfo(
            name=config.name,
            issuer=config.name,
            options=options_of(manifest),
            docs=manifest.docs,
            formats=frozenset({"chat"}),
        ),
        dialect,
        _endpoint(manifest, config),
        capabilities=manifest.accepted_by,
        kept_headers=manifest.wire.kept_headers,
    )


def _endpoint(manifest: Manifest, config: ProviderConfig) -> Endpoint:
    default = _default(manifest, config)
    base = base_url(config, default=default, env=manifest.base_url_env, version=manifest.base_path)
    wanted = manifest.key
    key = credential(config, base, env=wanted.env, required=wanted.required)
    headers = {} if key is None else {wanted.header: key.with_prefix(wanted.prefix)}
    return Endpoint(
        base=base,
        headers={**headers, **checked_headers(config.headers)},
        request_id_headers=manifest.wire.request_id_headers + REQUEST_ID_HEADERS,
    )


def _default(manifest: Manifest, config: ProviderConfig) -> str | None:
    """Return the base URL of the host with its places filled, ``None`` if there is none or if callers give theirs.

    Raises:
        ConfigurationError: if there is nothing to fill a place with.

    """
    if not manifest.places:
        return manifest.base_url or None
    if config.api_base or config.env(manifest.base_url_env):
        return None
    return PLACE.sub(lambda place: _filling(place[1], manifest.places, config), manifest.base_url)


def _filling(name: str, places: Mapping[str, tuple[str, ...]], config: ProviderConfig) -> str:
    value = config.options.get(name) or config.env(places[name])
    if not value:
        also = f", set {' or '.join(places[name])}" if places[name] else ""
        message = f"{config.name} needs {name}; give {name}='...'{also}, or give api_base="
        raise ConfigurationError(message, provider=config.name, parameter=name)
    if not _FILLING.fullmatch(str(value)):
        message = f"{name} must consist of letters, digits, '-' and '_', since it is part of the address"
        raise ConfigurationError(message, provider=config.name, parameter=name)
    return str(value)


def _text(file: Traversable, origin: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{origin} cannot be read: {error}"
        raise PluginError(message) from None
