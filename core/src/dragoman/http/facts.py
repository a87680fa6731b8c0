"""Facts about the models of a vendor, which its plugin keeps in a file of tables, with their source and their date."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from dragoman.spec.directory import read_lists
from dragoman.spec.errors import PluginError


class Facts:
    """Read a TOML file of a plugin when one of its tables is first asked for.

    The file consists of tables of lists of strings, without backslashes, which is what is read without :mod:`tomllib`.

    Args:
        spec: the ``__spec__`` of a module beside the file.
        name: the name of the file.

    """

    def __init__(self, spec: Any, name: str) -> None:
        self._spec = spec
        self._name = name
        self._patterns = cache(self._compiled)

    def table(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Return a table of the file.

        Raises:
            PluginError: if the file has no such table.

        """
        if name not in self._tables:
            raise self._missing(f"[{name}]")
        return self._tables[name]

    def holds(self, trait: str, model: str) -> bool:
        """Return whether a model has a trait of the table ``traits``: whether one of its patterns is found in the name.

        Args:
            trait: the trait.
            model: the name of the model, in which the patterns are searched.

        Raises:
            PluginError: if the file has no such trait.

        """
        return self._patterns(trait).search(model) is not None

    def _compiled(self, trait: str) -> re.Pattern[str]:
        patterns = self.table("traits").get(trait)
        if patterns is None:
            raise self._missing(f"{trait} in [traits]")
        return re.compile("|".join(patterns))

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        path = os.path.join(os.path.dirname(self._spec.origin), self._name)  # noqa: PTH118, PTH120  # for the loader
        return read_lists(self._spec.loader.get_data(path).decode())

    def _missing(self, what: str) -> PluginError:
        return PluginError(f"{self._name} of {self._spec.parent} has no {what}")
