"""Targets for a fuzzer, one for each way into each dialect, and what they all have to keep.

``python -m fuzz`` runs them with Atheris, each in a process of its own.
"""
