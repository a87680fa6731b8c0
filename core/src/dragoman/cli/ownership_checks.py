"""Checks for claims and names that belong to another distribution. None of them imports a plugin."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from dragoman.plugins.filter import NEVER
from dragoman.plugins.registry import ALIASES, HOSTS, MODELS, PROVIDERS, Claim, PluginRecord, Plugins
from dragoman.spec.directory import published, publisher, yields
from dragoman.spec.hosts import claims_cross, host_matches
from dragoman.spec.ownership import foreign_names

MANIFEST = "dragoman.toml"
"""The file in the folder of a distribution without code that describes its host: address and environment variables.

In a distribution of several hosts, each has a file that is named after the attribute in its entry point."""

_KINDS = {
    PROVIDERS: ("names", "the provider", "belongs to"),
    ALIASES: ("names", "the provider", "belongs to"),
    HOSTS: ("hosts", "the host", "belongs to"),
    MODELS: ("models", "models that begin with", "belong to"),
}


@frozen
class Finding:
    """Describe a problem, or a note.

    Args:
        subject: the plugin or setting.
        problem: what is wrong with it.
        fix: what to do; empty if nothing has to be done.
        wrong: whether it is a problem; otherwise it is a note.

    """

    subject: str
    problem: str
    fix: str = ""
    wrong: bool = field(default=True, kw_only=True)


def warnings_of(registry: Plugins) -> dict[str, list[str]]:
    """Return warnings about installed distributions, by distribution."""
    found: dict[str, list[str]] = {}
    for check in (check_claims, check_manifests, check_refused_claims):
        for each in check(registry):
            found.setdefault(each.subject, []).append(each.problem)
    return found


def check_claims(registry: Plugins) -> Iterator[Finding]:
    """Find claims on names and hosts of another distribution: that code would receive the keys meant for the other."""
    for claim in registry.claims:
        if claim.group not in _KINDS:
            continue
        kind, what, verb = _KINDS[claim.group]
        known = published(kind)
        if (claim.name, claim.distribution) in known:
            continue
        others = {each.distribution for each in registry.select(claim.group) if _overlaps(claim, each.name)}
        owners = {owner for name, owner in known if _overlaps(claim, name) or _covers(claim.group, claim.name, name)}
        affected = sorted(
            each
            for each in (others | owners) - {claim.distribution}
            if claim.group not in {PROVIDERS, ALIASES} or not yields(each, claim.name, claim.distribution)
        )
        if affected:
            problem = f"claims {what} {_display_name(claim)}, which {verb} {' and '.join(affected)}"
            fix = f"unless you trust it, disable it: {NEVER}={claim.distribution}"
            active = [each for each in affected if not registry.plugin_filter.blocks(each)]
            yield Finding(claim.distribution, problem, fix, wrong=bool(active))


def check_manifests(registry: Plugins) -> Iterator[Finding]:
    """Find manifests that name a host or an environment variable of another distribution.

    Those of published distributions are not read, since the directory says what belongs to them.
    """
    packages = {_package(claim.distribution) for claim in registry.claims}
    for record in registry.records():
        package, _, inner = record.module.partition(".")
        is_published = publisher(record.name) == record.distribution
        is_manifest = inner and package in packages - {_package(record.distribution)}
        if record.state != "blocked" and is_manifest and not is_published:
            for problem in _foreign(record):
                yield Finding(record.distribution, problem, f"disable it: {NEVER}={record.distribution}")


def check_refused_claims(registry: Plugins) -> Iterator[Finding]:
    """Find malformed claims, which the registry refused."""
    for claim, why in registry.refused:
        yield Finding(claim.distribution, why, "the claim is ignored; report it to its author")


def _overlaps(claim: Claim, other: str) -> bool:
    """Return whether *claim* falls within *other* or crosses it; an equal name overlaps only if it is a host."""
    if claim.group == HOSTS:
        return host_matches(claim.name, other) or claims_cross(claim.name, other)
    return _covers(claim.group, other, claim.name) and claim.name != other


def _covers(group: str, wide: str, narrow: str) -> bool:
    if group == HOSTS:
        return host_matches(narrow, wide)
    return narrow.startswith(wide) if group == MODELS else narrow == wide


def _display_name(claim: Claim) -> str:
    return claim.name if claim.group == HOSTS else repr(claim.name)


def _package(distribution: str) -> str:
    return distribution.replace("-", "_")


def _foreign(record: PluginRecord) -> tuple[str, ...]:
    import tomllib  # noqa: PLC0415  # only needed if a manifest exists

    package, name = _package(record.distribution), record.module.partition(":")[2].strip()
    manifest_name = f"{name}.toml" if name else MANIFEST
    try:
        spec = importlib.util.find_spec(package)
        folders = (spec.submodule_search_locations if spec else None) or []
        file = next(path for folder in folders if (path := Path(folder, manifest_name)).is_file())
        manifest = tomllib.loads(file.read_text("utf-8"))
    except StopIteration:
        return (f"names {record.module}, but does not contain {package}/{manifest_name}",)
    except (OSError, ValueError, ImportError) as error:
        return (f"cannot be read: {package}/{manifest_name}: {error}",)
    host = urlsplit(str(manifest.get("base_url", ""))).hostname or ""
    places = _table(manifest, "places")
    variables = [
        *((f"places.{name}", each) for name in places for each in _texts(places, name)),
        *(("key.env", each) for each in _texts(_table(manifest, "key"), "env")),
        *(("base_url_env", each) for each in _texts(manifest, "base_url_env")),
    ]
    return foreign_names(host, variables, provider=record.name, distribution=record.distribution)


def _table(table: dict[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _texts(table: dict[str, Any], name: str) -> list[str]:
    value: Any = table.get(name)
    texts: list[Any] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return [str(each) for each in texts]
