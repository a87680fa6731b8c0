"""A catalogue of hosts that speak the OpenAI chat dialect, without code: one TOML file for each, named after it.

:mod:`dragoman_openai_compatible.catalogue` makes a provider of one; what a file may hold is defined by
:class:`dragoman_openai_compatible.manifest.Manifest`. The entry points of the distribution repeat what the files claim.
"""
