"""The plugins of several hosts in one distribution of entry points and TOML without Python.

An entry point names this module and, behind a colon, a manifest in the folder that is named after the distribution,
with underscores: this one is described by ``acme.toml``. No manifest is read but that of the host that is called::

    [project.entry-points."dragoman.providers.v1"]
    acme = "dragoman_openai_compatible.catalogue:acme"

"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_openai_compatible.manifest_plugin import installed_manifest, make_provider

__all__ = ["CatalogueHost"]


class CatalogueHost:
    """Act as the plugin of one host of a distribution.

    Args:
        name: the name of the manifest, without ``.toml``.

    """

    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        """Make the provider from the manifest in the chosen distribution."""
        return make_provider(installed_manifest(config, f"{self.name}.toml"), config)


def __getattr__(name: str) -> CatalogueHost:
    """Return the plugin that an entry point names."""
    if name.startswith("_"):
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return CatalogueHost(name)
