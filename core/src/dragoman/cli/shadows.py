"""What a distribution claims or names that belongs to another: told before anything is used, importing no plugin."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from dragoman.plugins.filter import NEVER
from dragoman.plugins.registry import ALIASES, HOSTS, MODELS, PROVIDERS, Claim, PluginRecord, Plugins
from dragoman.spec.directory import published, yields
from dragoman.spec.hosts import host_matches
from dragoman.spec.ownership import foreign_names

MANIFEST = "dragoman.toml"
"""The file, in the folder of a distribution without code, that describes its host: its address and its variables."""

_KINDS = {
    PROVIDERS: ("names", "the provider", "is that"),
    ALIASES: ("names", "the provider", "is that"),
    HOSTS: ("hosts", "the host", "is that"),
    MODELS: ("models", "models that begin with", "are those"),
}


@frozen
class Finding:
    """Hold something that is wrong, or worth knowing.

    Args:
        subject: the plugin or setting.
        what: what is wrong with it.
        mend: what to do, or nothing.
        wrong: whether it has to be mended.

    """

    subject: str
    what: str
    mend: str = ""
    wrong: bool = field(default=True, kw_only=True)


def warnings_of(registry: Plugins) -> dict[str, list[str]]:
    """Return what is to be known of distributions before they are used, in words, by their names."""
    found: dict[str, list[str]] = {}
    for check in (check_claims, check_manifests, check_spelled):
        for each in check(registry):
            found.setdefault(each.subject, []).append(each.what)
    return found


def check_claims(registry: Plugins) -> Iterator[Finding]:
    """Find claims on what is another's: they make it ambiguous, and the keys of it would go to the wrong code."""
    for claim in registry.claims:
        if claim.group not in _KINDS:
            continue
        kind, what, verb = _KINDS[claim.group]
        known = published(kind)
        if (claim.name, claim.distribution) in known:
            continue
        others = {each.distribution for each in registry.select(claim.group) if _takes(claim, each.name)}
        owners = {owner for name, owner in known if _takes(claim, name) or _covers(claim.group, claim.name, name)}
        takes = sorted(
            each
            for each in (others | owners) - {claim.distribution}
            if claim.group not in {PROVIDERS, ALIASES} or not yields(each, claim.name, claim.distribution)
        )
        if takes:
            told = f"claims {what} {_shown(claim)}, which {verb} of {' and '.join(takes)}"
            mend = f"unless you trust it: {NEVER}={claim.distribution}"
            standing = [each for each in takes if not registry.plugin_filter.blocks(each)]
            yield Finding(claim.distribution, told, mend, wrong=bool(standing))


def check_manifests(registry: Plugins) -> Iterator[Finding]:
    """Find hosts described in a file that name another's host or variables: the code for them is another's too."""
    packages = {_package(claim.distribution) for claim in registry.claims}
    for record in registry.records():
        package, _, inner = record.module.partition(".")
        if record.state != "blocked" and inner and package in packages - {_package(record.distribution)}:
            for told in _foreign(record):
                yield Finding(record.distribution, told, f"do without it: {NEVER}={record.distribution}")


def check_spelled(registry: Plugins) -> Iterator[Finding]:
    """Find claims that are not taken, since they cannot be what they are spelled as."""
    for claim, why in registry.refused:
        yield Finding(claim.distribution, why, "it is left out; tell its author")


def _takes(claim: Claim, other: str) -> bool:
    """Tell whether *claim* is a part of what *other* covers, and more than a name that both have."""
    return _covers(claim.group, other, claim.name) and (claim.group == HOSTS or claim.name != other)


def _covers(group: str, wide: str, narrow: str) -> bool:
    if group == HOSTS:
        return host_matches(narrow, wide)
    return narrow.startswith(wide) if group == MODELS else narrow == wide


def _shown(claim: Claim) -> str:
    return claim.name if claim.group == HOSTS else repr(claim.name)


def _package(distribution: str) -> str:
    return distribution.replace("-", "_")


def _foreign(record: PluginRecord) -> tuple[str, ...]:
    import tomllib  # noqa: PLC0415  # only where there is such a file

    package = _package(record.distribution)
    try:
        spec = importlib.util.find_spec(package)
        folders = (spec.submodule_search_locations if spec else None) or []
        file = next(path for folder in folders if (path := Path(folder, MANIFEST)).is_file())
        described = tomllib.loads(file.read_text("utf-8"))
    except StopIteration:
        return (f"names {record.module}, but holds no {package}/{MANIFEST}",)
    except (OSError, ValueError, ImportError) as error:
        return (f"describes its host in a file that cannot be read: {package}/{MANIFEST}: {error}",)
    host = urlsplit(str(described.get("base_url", ""))).hostname or ""
    variables = [
        *(("key.env", each) for each in _texts(_member(described, "key"), "env")),
        *(("base_url_env", each) for each in _texts(described, "base_url_env")),
    ]
    return foreign_names(host, variables, provider=record.name, distribution=record.distribution)


def _member(table: dict[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _texts(table: dict[str, Any], name: str) -> list[str]:
    value: Any = table.get(name)
    texts: list[Any] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return [str(each) for each in texts]
