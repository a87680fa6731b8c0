"""The checks that every provider must pass: a test class that inherits :class:`ProviderConformance` runs them.

The vendor receives no request: a server on this machine speaks the vendor's dialect, correctly and with faults. See the
guide "Test a provider".
"""

from __future__ import annotations

from dragoman.testing.conformance.suite import LEVELS, Check, ProviderConformance, checks, level_of

__all__ = ["LEVELS", "Check", "ProviderConformance", "checks", "level_of"]
