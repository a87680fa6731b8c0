"""The record of one plugin, whether or not it was imported."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import define, field

State: TypeAlias = Literal["installed", "blocked", "loaded", "failed"]


@define(kw_only=True, eq=False, repr=False)
class PluginRecord:
    """Record what is known about a plugin.

    Args:
        name: the provider's or extension's name.
        distribution: the distribution that provides it.
        version: that distribution's version.
        group: the entry-point group.
        module: the module that is imported, or ``module:attribute``.
        spec: the version of the specification that it was written for, as its metadata states it; ``1`` if only the
            major version is known, until the provider has been made and states its version.
        state: ``installed`` (not imported yet), ``blocked``, ``loaded`` or ``failed``.
        error: why it failed.

    """

    name: str
    distribution: str
    version: str
    group: str
    module: str
    spec: str = "1"
    state: State = "installed"
    error: BaseException | None = field(default=None, eq=False)
