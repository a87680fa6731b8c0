"""The checks of ``dragoman doctor``. None of them imports a plugin."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator

from dragoman.cli.inspect import origin
from dragoman.cli.ownership_checks import Finding, check_claims, check_manifests, check_refused_claims
from dragoman.plugins.checks import check_spec, read_spec
from dragoman.plugins.filter import NEVER, ONLY
from dragoman.plugins.metadata import Announcement, canonicalize_name, read_names
from dragoman.plugins.registry import ALIASES, MODELS, PROVIDERS, Claim, Plugins
from dragoman.spec.directory import yields
from dragoman.spec.errors import PluginError


def check_metadata(announcements: Iterable[Announcement]) -> Iterator[Finding]:
    """Find metadata that cannot be read."""
    for each in announcements:
        for problem in each.problems:
            fix = f"pip install --force-reinstall {each.distribution}"
            yield Finding(each.distribution, problem, f"{fix}  (in {each.folder})" if each.folder else fix)


def check_names(registry: Plugins) -> Iterator[Finding]:
    """Find provider names and model prefixes that two distributions claim."""
    names = (*registry.select(PROVIDERS), *registry.select(ALIASES))
    for kind, claims in (("the provider", names), ("models that begin with", registry.select(MODELS))):
        for name, claiming in _owners(claims).items():
            owners = [each for each in claiming if not any(yields(each, name, other) for other in claiming)]
            if len(owners) > 1:
                fix = " or ".join(f"{NEVER}={owner}" for owner in owners)
                yield Finding(" and ".join(owners), f"both claim {kind} {name!r}", f"disable one of them: {fix}")


def check_settings(registry: Plugins) -> Iterator[Finding]:
    """Find settings that name a distribution that is not installed, and list blocked plugins."""
    known = sorted({record.distribution for record in registry.records()})
    for setting, name, similar in registry.plugin_filter.unknown(known):
        fix = f"did you mean {similar}?" if similar else f"installed plugins: {', '.join(known) or 'none'}"
        yield Finding(setting, f"names {name!r}, but no installed distribution with a plugin has this name", fix)
    for record in registry.records():
        if record.state == "blocked":
            fix = f"see {ONLY}, {NEVER} and DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD"
            yield Finding(f"{record.name} ({record.distribution})", "is blocked", fix, wrong=False)


def check_specs(registry: Plugins) -> Iterator[Finding]:
    """Find plugins written for a version of the specification that this core does not support."""
    for record in registry.records():
        try:
            if read_spec(record.spec):
                check_spec(record.spec, name=record.name, distribution=record.distribution)
        except PluginError as error:
            problem, _, fix = str(error).partition("; run: ")
            yield Finding(record.name, problem, fix)


def check_files(registry: Plugins) -> Iterator[Finding]:
    """Find plugins whose module or whose required distributions are missing."""
    names = read_names()
    for record in registry.records():
        subject = f"{record.name} ({record.distribution})"
        if origin(record.module) is None and not record.module.startswith("<"):
            fix = f"pip install --force-reinstall {record.distribution}"
            yield Finding(subject, f"its module {record.module!r} is missing", fix)
        for missing, requirement in _missing(record.distribution, names):
            yield Finding(subject, f"{missing} is missing", f"pip install '{requirement}'")


CHECKS: tuple[Callable[[Plugins], Iterator[Finding]], ...] = (
    check_names,
    check_claims,
    check_manifests,
    check_refused_claims,
    check_settings,
    check_specs,
    check_files,
)


def _owners(claims: Iterable[Claim]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for claim in claims:
        found.setdefault(claim.name, set()).add(claim.distribution)
    return {name: sorted(owners) for name, owners in found.items()}


def _missing(distribution: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield each missing requirement of *distribution*, with the requirement to install for it."""
    for name, extras, marker in _requirements(distribution):
        if marker:
            continue  # it applies to another platform or to an extra that was not requested
        if name not in names:
            yield name, name
        for each, _, condition in _requirements(name):
            extra = re.search(r"""extra\s*==\s*['"]([^'"]+)['"]\s*$""", condition)
            if extra and extra.group(1) in extras and each not in names:
                yield each, f"{name}[{extra.group(1)}]"


def _requirements(distribution: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield the name, extras and marker of each requirement of *distribution*.

    Format: https://packaging.python.org/en/latest/specifications/dependency-specifiers/.
    """
    try:
        lines = importlib.metadata.requires(distribution) or ()
    except Exception:  # noqa: BLE001  # broken metadata raises any exception; check_metadata reports it
        return
    for line in lines:
        requirement, _, marker = line.partition(";")
        found = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", requirement)
        if found:
            extras = tuple(extra.strip() for extra in (found.group(2) or "").split(","))
            yield canonicalize_name(found.group(1)), extras, marker.strip()
