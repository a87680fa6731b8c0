"""Projects of new providers, created from templates.

The folder ``templates`` contains a project for each kind of provider, for a fictional vendor Acme, and the files that
they share. Installed distributions may contribute further kinds. Templates are ordinary projects, so they are linted,
type-checked and tested; a new project is a copy with another name.
"""

from __future__ import annotations

from dragoman.scaffold.kinds import Kind, kind_of, kinds
from dragoman.scaffold.name import ProjectName
from dragoman.scaffold.project import write_project

__all__ = ["Kind", "ProjectName", "kind_of", "kinds", "write_project"]
