"""Fixtures of the tests of HTTP providers."""

from __future__ import annotations

from dragoman.testing.fixtures import loopback

__all__ = ["loopback"]
