"""What ``dragoman doctor`` looks at, importing no plugin."""

from __future__ import annotations

import difflib
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator

from dragoman.cli.inspect import origin
from dragoman.cli.shadows import Finding, check_claims, check_manifests, check_spelled
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
            mend = f"pip install --force-reinstall {each.distribution}"
            yield Finding(each.distribution, problem, f"{mend}  (in {each.folder})" if each.folder else mend)


def check_names(registry: Plugins) -> Iterator[Finding]:
    """Find provider names and model prefixes that two distributions claim."""
    names = (*registry.select(PROVIDERS), *registry.select(ALIASES))
    for kind, claims in (("the provider", names), ("models that begin with", registry.select(MODELS))):
        for name, claiming in _owners(claims).items():
            owners = [each for each in claiming if not any(yields(each, name, other) for other in claiming)]
            if len(owners) > 1:
                mend = " or ".join(f"{NEVER}={owner}" for owner in owners)
                yield Finding(" and ".join(owners), f"both claim {kind} {name!r}", f"choose one: {mend}")


def check_settings(registry: Plugins) -> Iterator[Finding]:
    """Find names in the settings that no installed distribution has, and say what is blocked."""
    there = sorted({record.distribution for record in registry.records()})
    for setting, names in ((ONLY, registry.plugin_filter.only or ()), (NEVER, registry.plugin_filter.never)):
        for name in sorted(set(names) - {*there}):
            near = difflib.get_close_matches(name, there, n=1) or [each for each in there if each.endswith(f"-{name}")]
            mend = f"did you mean {near[0]}?" if near else f"installed are {', '.join(there) or 'none'}"
            yield Finding(setting, f"names {name!r}, which is no installed distribution with a plugin", mend)
    for record in registry.records():
        if record.state == "blocked":
            mend = f"see {ONLY}, {NEVER} and DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD"
            yield Finding(f"{record.name} ({record.distribution})", "is blocked", mend, wrong=False)


def check_specs(registry: Plugins) -> Iterator[Finding]:
    """Find plugins whose metadata states a specification that this core does not speak."""
    for record in registry.records():
        try:
            if read_spec(record.spec):
                check_spec(record.spec, name=record.name, distribution=record.distribution)
        except PluginError as error:
            what, _, mend = str(error).partition("; run: ")
            yield Finding(record.name, what, mend)


def check_files(registry: Plugins) -> Iterator[Finding]:
    """Find plugins whose module is not there, or that lack what they require."""
    there = read_names()
    for record in registry.records():
        subject = f"{record.name} ({record.distribution})"
        if origin(record.module) is None and not record.module.startswith("<"):
            mend = f"pip install --force-reinstall {record.distribution}"
            yield Finding(subject, f"its module {record.module!r} is not there", mend)
        for missing, wanted in _missing(record.distribution, there):
            yield Finding(subject, f"{missing} is missing", f"pip install '{wanted}'")


CHECKS: tuple[Callable[[Plugins], Iterator[Finding]], ...] = (
    check_names,
    check_claims,
    check_manifests,
    check_spelled,
    check_settings,
    check_specs,
    check_files,
)


def _owners(claims: Iterable[Claim]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for claim in claims:
        found.setdefault(claim.name, set()).add(claim.distribution)
    return {name: sorted(owners) for name, owners in found.items()}


def _missing(distribution: str, there: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what *distribution* requires and is not there, with what to install for it."""
    for name, extras, marker in _requirements(distribution):
        if marker:
            continue  # for another system, or an extra that nobody asked for
        if name not in there:
            yield name, name
        for each, _, wanted_for in _requirements(name):
            asked = re.search(r"""extra\s*==\s*['"]([^'"]+)['"]\s*$""", wanted_for)
            if asked and asked.group(1) in extras and each not in there:
                yield each, f"{name}[{asked.group(1)}]"


def _requirements(distribution: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield name, extras and marker of what *distribution* requires.

    The format: https://packaging.python.org/en/latest/specifications/dependency-specifiers/.
    """
    try:
        lines = importlib.metadata.requires(distribution) or ()
    except Exception:  # noqa: BLE001  # metadata that cannot be read raises anything, and is told of elsewhere
        return
    for line in lines:
        wanted, _, marker = line.partition(";")
        found = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", wanted)
        if found:
            extras = tuple(extra.strip() for extra in (found.group(2) or "").split(","))
            yield canonicalize_name(found.group(1)), extras, marker.strip()
