"""Fuzz targets, one for each input of each dialect, and the properties that they check.

``python -m fuzz`` runs them with Atheris, each in a separate process.
"""
