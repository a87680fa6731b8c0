"""The conformance checks that apply to a provider without a server."""

from __future__ import annotations

from dragoman.testing.conformance import ProviderConformance


class TestAcme(ProviderConformance):
    provider = "acme"
    model = "acme-large"
