"""The syntax of claims: it prevents claims that look alike but differ, and claims that match everything."""

from __future__ import annotations

import re
import sys

from dragoman.plugins.metadata import ALIASES, EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim
from dragoman.spec.directory import PROGRAM

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_]*")
_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MODEL = re.compile(r"[a-z0-9][a-z0-9._:/@+-]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(?:-(?!\*)|\.)?(?:(?:{_LABEL}|\*)\.)*{_LABEL}\.(?!\d+$){_LABEL}")

_SHAPES = {
    PROVIDERS: (_PROVIDER, "not a provider name: use lower-case letters, digits and underscores"),
    ALIASES: (_PROVIDER, "not a provider name: use lower-case letters, digits and underscores"),
    EXTENSIONS: (_EXTENSION, "not an extension name: use letters, digits, dots, hyphens and underscores"),
    MODELS: (_MODEL, "not a prefix of model names: use at least two characters, in lower case"),
    HOSTS: (_HOST, "not a host: use at least two labels in lower case, such as api.acme.example"),
}


def misspelled(claim: Claim) -> str:
    """Return why *claim* is invalid; an empty string if it is valid."""
    if claim.distribution in {"", PROGRAM}:
        return f"is called {claim.distribution!r}, which is not the name of a distribution"
    shape, problem = _SHAPES.get(claim.group, (None, ""))
    if shape and not shape.fullmatch(claim.name):
        return f"claims {claim.name!r}, which is {problem}"
    if claim.group in {PROVIDERS, EXTENSIONS} and re.split("[.:]", claim.module)[0].strip() in sys.stdlib_module_names:
        return f"names {claim.module!r} as its module, which is a module of the standard library"
    return ""
