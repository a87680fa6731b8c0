"""New providers: a complete project for each kind of them, from templates that are projects themselves.

The folder ``templates`` holds one project for each kind, of a host called Acme, and what all have in common; installed
distributions bring further kinds. They are files like any others, so they are linted, typed and tested as they stand; a
new project is a copy with another name.
"""

from __future__ import annotations

from dragoman.scaffold.kinds import Kind, kind_of, kinds
from dragoman.scaffold.name import ProjectName
from dragoman.scaffold.project import write_project

__all__ = ["Kind", "ProjectName", "kind_of", "kinds", "write_project"]
