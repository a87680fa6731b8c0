"""The catalogue as text, from the data of genai-prices and what recordings say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from genai_prices import __version__, types
from genai_prices.data_snapshot import get_snapshot

from catalogue.recorded import Facts
from dragoman.spec.directory import published

HOSTS = Path(__file__).parents[2] / "plugins" / "hosts" / "src" / "dragoman_hosts"
HEAD = """\
# What is publicly known of models: `nox -s catalogue` writes this file anew, from the data of genai-prices and from
# recorded lists of models. After the names of a provider come those whose models it offers too. The columns are the
# patterns of names, the tokens of a conversation, those of an answer, the kinds of input, and the place in the price
# list.
"""


def table(today: date, recorded: Mapping[str, Mapping[str, Facts]]) -> str:
    """Return the whole file.

    Args:
        today: its date.
        recorded: what recordings say, by provider and model.

    """
    lines = [HEAD + f"# date\t{today.isoformat()}", f"# genai-prices\t{__version__}"]
    providers = _providers()
    mains = {provider.id: names[0] for provider, names in providers}
    for provider, names in providers:
        also = [mains[each] for each in provider.fallback_model_providers or () if each in mains]
        lines.append(_heading(names, also))
        facts = {model: each for name in names for model, each in recorded.get(name, {}).items()}
        lines += _rows(provider, facts)
    return "\n".join(lines) + "\n"


def _heading(names: list[str], also: list[str]) -> str:
    return f"[{' '.join([*names, '>', *also] if also else names)}]"


def _rows(provider: types.Provider, recorded: Mapping[str, Facts]) -> Iterator[str]:
    """Yield a row for each recorded model, and one for each listed model that has facts or hides another's."""
    of_listed: dict[str, list[Facts]] = {}
    for model, facts in sorted(recorded.items()):
        listed = provider.find_model(model)
        if listed is not None:
            of_listed.setdefault(listed.id, []).append(facts)
        context = facts.context or (listed.context_window if listed else None)
        yield _row([model], context, facts, f"{provider.id}/{listed.id}" if listed else "")
    wide = [pattern for each in provider.models for pattern in _patterns(each.match) if "*" in pattern]
    for listed in provider.models:
        patterns = [pattern for pattern in _patterns(listed.match) if pattern not in recorded]
        known = of_listed.get(listed.id, [])
        facts = known[0] if known and all(each == known[0] for each in known) else Facts()
        context = facts.context or listed.context_window
        is_hiding = any("*" in each or any(fnmatchcase(each, other) for other in wide) for each in patterns)
        if patterns and (context or facts != Facts() or is_hiding):
            yield _row(patterns, context, facts, f"{provider.id}/{listed.id}")


def _row(patterns: list[str], context: int | None, facts: Facts, prices: str) -> str:
    cells = ("|".join(patterns), str(context or ""), str(facts.output or ""), ",".join(facts.kinds), prices)
    return "\t".join(cells)


def _patterns(logic: object) -> list[str]:
    """Return the patterns of names that a rule of the price list stands for; none for one that they cannot say."""
    match logic:
        case types.ClauseEquals(equals=text):
            return [text.lower()]
        case types.ClauseStartsWith(starts_with=text):
            return [f"{text.lower()}*"]
        case types.ClauseEndsWith(ends_with=text):
            return [f"*{text.lower()}"]
        case types.ClauseContains(contains=text):
            return [f"*{text.lower()}*"]
        case types.ClauseOr(or_=clauses):
            return [pattern for clause in clauses for pattern in _patterns(clause)]
        case _:
            return []


def _providers() -> list[tuple[types.Provider, list[str]]]:
    """Return each provider of the price list that has a distribution of ours, with our names of it."""
    names: dict[str, list[str]] = {}
    for address, ours in _addresses().items():
        found = next((each for each in get_snapshot().providers if re.match(each.api_pattern, address)), None)
        if found is not None:
            names[found.id] = [
                *names.get(found.id, ()),
                *(name for name in ours if name not in names.get(found.id, ())),
            ]
    return [(each, names[each.id]) for each in get_snapshot().providers if each.id in names]


def _addresses() -> dict[str, list[str]]:
    """Return the addresses of our providers, with their names."""
    addresses: dict[str, list[str]] = {}
    for host, distribution in published("hosts"):
        if distribution != HOSTS.name.replace("_", "-"):
            names = [name for name, owner in published("names") if owner == distribution]
            addresses[f"https://{host.removeprefix('-').replace('*', 'us-east-1')}"] = names
    for path in sorted(HOSTS.glob("*.toml")):
        addresses[tomllib.loads(path.read_text(encoding="utf-8"))["base_url"]] = [path.stem]
    return addresses
