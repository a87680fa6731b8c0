"""Acme keeps what every provider promises, as far as it concerns one in process."""

from __future__ import annotations

from dragoman.testing.conformance import ProviderConformance


class TestAcme(ProviderConformance):
    provider = "acme"
    model = "acme-large"
