"""Matching of host names against the hosts that distributions claim."""

from __future__ import annotations


def host_matches(host: str, claim: str) -> bool:
    """Tell whether *host* equals *claim* or is a subdomain of it.

    A claim may begin with a hyphen: ``-x.test`` matches ``eu-x.test``. ``*`` matches one whole label: ``a.*.test``
    matches ``a.eu.test``.
    """
    if "*" in claim:
        patterns, labels = claim.split("."), host.split(".")
        pairs = zip(reversed(patterns), reversed(labels), strict=False)
        return len(labels) >= len(patterns) and all(pattern in ("*", label) for pattern, label in pairs)
    return host == claim or host.endswith(claim if claim.startswith(("-", ".")) else f".{claim}")
