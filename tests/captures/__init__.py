"""Captures of the command in a real pseudo-terminal, for the documentation."""
