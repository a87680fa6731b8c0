"""What a distribution claims or names that belongs to another: told before anything is used, importing no plugin."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from dragoman.plugins.filter import NEVER
from dragoman.plugins.registry import ALIASES, HOSTS, MODELS, PROVIDERS, Claim, PluginRecord, Plugins
from dragoman.spec.directory import published, yields
from dragoman.spec.errors import PluginError
from dragoman.spec.hosts import host_matches

_DESCRIBED = "dragoman.http.described"
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
    for check in (check_claims, check_descriptions, check_spelled):
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
            standing = [each for each in takes if not registry.admission.blocks(each)]
            yield Finding(claim.distribution, told, mend, wrong=bool(standing))


def check_descriptions(registry: Plugins) -> Iterator[Finding]:
    """Find hosts described in a file that name another's host or variables."""
    for record in registry.records():
        if record.module == _DESCRIBED and record.state != "blocked":
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


def _foreign(record: PluginRecord) -> tuple[str, ...]:
    from dragoman.http.description import foreign, read_description  # noqa: PLC0415  # only where there is one

    package = record.distribution.replace("-", "_")
    try:
        spec = importlib.util.find_spec(package)
        folders = (spec.submodule_search_locations if spec else None) or []
        file = next(path for folder in folders if (path := Path(folder, "dragoman.toml")).is_file())
        description = read_description(file.read_text("utf-8"), f"{package}/{file.name}")
    except StopIteration:
        return (f"names {_DESCRIBED}, but holds no {package}/dragoman.toml",)
    except (PluginError, OSError, ValueError, ImportError) as error:
        return (f"describes its host in a file that cannot be read: {error}",)
    return foreign(description, record.name, record.distribution)
