"""Matching of host names against the hosts that distributions claim.

A claim matches the host of this name and its subdomains. It may begin with a hyphen: ``-x.test`` matches ``eu-x.test``.
It may begin with a dot: ``.x.test`` matches subdomains only. ``*`` stands for one whole label: ``a.*.test`` matches
``a.eu.test``.
"""

from __future__ import annotations


def host_matches(host: str, claim: str) -> bool:
    """Tell whether *claim* matches *host*, which may also be a claim: then, whether it covers that one."""
    if "*" in claim:
        wanted, labels = claim.removeprefix(".").split("."), host.split(".")
        enough = len(labels) >= len(wanted) + claim.startswith(".")
        return enough and all(map(_fits, reversed(labels), reversed(wanted)))
    return host == claim or host.endswith(claim if claim.startswith(("-", ".")) else f".{claim}")


def match_length(host: str, claim: str) -> tuple[int, int]:
    """Return how much of *host* a matching claim states; ``*`` counts less than a label of the same length."""
    wanted = claim.split(".")
    labels = host.split(".")[-len(wanted) :]
    filled = [label if each == "*" else each for label, each in zip(labels, wanted, strict=False)]
    return len(".".join(filled)), -claim.count("*")


def claims_cross(one: str, other: str) -> bool:
    """Tell whether some host matches both claims although neither covers the other: only claims with ``*`` do this."""
    pairs = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    meet = all(_fits(label, each) or _fits(each, label) for label, each in pairs)
    return meet and not host_matches(one, other) and not host_matches(other, one)


def _fits(label: str, wanted: str) -> bool:
    if wanted == "*":
        return bool(label)
    return label == wanted or (wanted.startswith("-") and label.endswith(wanted))
