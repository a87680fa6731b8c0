"""How a claim may be spelled, so that two that look alike are alike, and that none takes everything."""

from __future__ import annotations

import re
import sys

from dragoman.plugins.metadata import ALIASES, EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim
from dragoman.spec.directory import PROGRAM

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_]*")
_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MODEL = re.compile(r"[a-z0-9][a-z0-9._:/@+-]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"[-.]?(?:(?:{_LABEL}|\*)\.)*{_LABEL}\.(?!\d+$){_LABEL}")

_SHAPES = {
    PROVIDERS: (_PROVIDER, "no name of a provider, which has lower-case letters, digits and underscores"),
    ALIASES: (_PROVIDER, "no name of a provider, which has lower-case letters, digits and underscores"),
    EXTENSIONS: (_EXTENSION, "no name of an extension, which has letters, digits, dots, hyphens and underscores"),
    MODELS: (_MODEL, "no beginning of a model's name, which has at least two characters, all in lower case"),
    HOSTS: (_HOST, "no host, which has at least two labels in lower case, such as api.acme.example"),
}


def misspelled(claim: Claim) -> str:
    """Return why *claim* cannot be taken, empty if it can."""
    if claim.distribution in {"", PROGRAM}:
        return f"is called {claim.distribution!r}, which stands for no distribution"
    shape, told = _SHAPES.get(claim.group, (None, ""))
    if shape and not shape.fullmatch(claim.name):
        return f"claims {claim.name!r}, which is {told}"
    if claim.group in {PROVIDERS, EXTENSIONS} and re.split("[.:]", claim.module)[0].strip() in sys.stdlib_module_names:
        return f"names {claim.module!r} as its module, which is one of Python itself"
    return ""
