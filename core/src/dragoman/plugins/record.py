"""What is known of one plugin, whether or not it was imported."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import define, field

State: TypeAlias = Literal["installed", "blocked", "loaded", "failed"]


@define(kw_only=True)
class PluginRecord:
    """Tell what is known of a plugin.

    Args:
        name: the provider's or extension's name.
        distribution: the distribution that brings it.
        version: that distribution's version.
        group: the entry-point group.
        module: what is imported for it.
        spec: the specification it was written for, as its metadata states it; ``1`` where only the major version is
            known, until the provider was made and states more.
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
