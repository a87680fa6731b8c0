"""Whether a host is one that a claim names."""

from __future__ import annotations


def host_matches(host: str, claim: str) -> bool:
    """Tell whether *host* is *claim* or ends in it at a label's border.

    ``-x.test`` also matches ``eu-x.test``, and ``*`` stands for one whole label: ``a.*.test`` matches ``a.eu.test``.
    """
    if "*" in claim:
        wanted, labels = claim.split("."), host.split(".")
        pairs = zip(reversed(wanted), reversed(labels), strict=False)
        return len(labels) >= len(wanted) and all(each in ("*", label) for each, label in pairs)
    return host == claim or host.endswith(claim if claim.startswith(("-", ".")) else f".{claim}")
