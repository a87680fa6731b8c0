"""The syntax of claims: it prevents claims that look alike but differ, and claims that match everything."""

from __future__ import annotations

import string
import sys
from collections.abc import Callable

from dragoman.plugins.metadata import ALIASES, EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim
from dragoman.spec.directory import PROGRAM

# Every program that makes a call checks the claims of all plugins, and sets of letters are quicker than regular
# expressions, which each process has to compile.
_LOWER = frozenset(string.ascii_lowercase + string.digits)
_ANY = frozenset(string.ascii_letters + string.digits)
_OF_PROVIDERS = _LOWER | {"_"}
_OF_EXTENSIONS = _ANY | {*"._-"}
_OF_MODELS = _LOWER | {*"._:/@+-"}
_OF_LABELS = _LOWER | {"-"}


def _is_provider(name: str) -> bool:
    return name[:1] in _LOWER and _OF_PROVIDERS.issuperset(name)


def _is_extension(name: str) -> bool:
    return name[:1] in _ANY and _OF_EXTENSIONS.issuperset(name)


def _is_model(name: str) -> bool:
    return name[:1] in _LOWER and len(name) > 1 and _OF_MODELS.issuperset(name)


def _is_host(name: str) -> bool:
    """Tell whether *name* is a host, with ``*`` for whole labels and a hyphen or dot before what any host ends in."""
    *labels, second, last = ["", *(name[1:] if name.startswith(("-", ".")) else name).split(".")]
    is_suffix = not name.startswith("-*")
    return (
        is_suffix
        and all(map(_is_label, (second, last)))
        and not last.isdigit()
        and all(label == "*" or _is_label(label) for label in labels[1:])
    )


def _is_label(label: str) -> bool:
    return label[:1] in _LOWER and label[-1:] in _LOWER and _OF_LABELS.issuperset(label)


_SHAPES: dict[str, tuple[Callable[[str], bool], str]] = {
    PROVIDERS: (_is_provider, "not a provider name: use lower-case letters, digits and underscores"),
    ALIASES: (_is_provider, "not a provider name: use lower-case letters, digits and underscores"),
    EXTENSIONS: (_is_extension, "not an extension name: use letters, digits, dots, hyphens and underscores"),
    MODELS: (_is_model, "not a prefix of model names: use at least two characters, in lower case"),
    HOSTS: (_is_host, "not a host: use at least two labels in lower case, such as api.acme.example"),
}


def misspelled(claim: Claim) -> str:
    """Return why *claim* is invalid; an empty string if it is valid."""
    if claim.distribution in {"", PROGRAM}:
        return f"is called {claim.distribution!r}, which is not the name of a distribution"
    is_shaped, problem = _SHAPES.get(claim.group, (None, ""))
    if is_shaped and not is_shaped(claim.name):
        return f"claims {claim.name!r}, which is {problem}"
    package = claim.module.partition(":")[0].partition(".")[0].strip()
    if claim.group in {PROVIDERS, EXTENSIONS} and package in sys.stdlib_module_names:
        return f"names {claim.module!r} as its module, which is a module of the standard library"
    return ""
