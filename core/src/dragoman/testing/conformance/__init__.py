"""Checks that every provider has to pass: inherit :class:`ProviderConformance` in a test class that names yours.

Nothing is asked of the vendor: a server on this machine speaks its dialect, soundly and otherwise. See the guide
"Test a provider".
"""

from __future__ import annotations

from dragoman.testing.conformance.suite import LEVELS, Check, ProviderConformance, checks, level_of

__all__ = ["LEVELS", "Check", "ProviderConformance", "checks", "level_of"]
