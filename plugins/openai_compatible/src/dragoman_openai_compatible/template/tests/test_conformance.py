"""Acme passes the checks that every provider passes, offline and without a key."""

from __future__ import annotations

from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT


class TestAcme(ProviderConformance):
    provider = "acme"
    model = "acme-large"
    server_dialect = CHAT
