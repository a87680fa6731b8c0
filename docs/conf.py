"""The configuration of the documentation; the build treats warnings as errors."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import dragoman

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "Dragoman"
author = "The Dragoman authors"
release = version = metadata.version("dragoman")

sys.path.append(str(Path(__file__).parent / "_ext"))
sys.path.append(str(Path(__file__).parents[1] / "plugins/litellm/src"))  # its options are shown; LiteLLM is not needed
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "options_table"]
exclude_patterns = ["_build", "_ext", "changelog/*/*"]  # fragments become part of the changelog at a release

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_class_signature = "separated"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_type_aliases = {"Proxy": "dragoman.http.transport.proxy.Proxy"}  # else hints beside it are not resolved either
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!dragoman).*"),  # no inventory of other projects: it would be a download
    ("py:class", r"dragoman[a-z_]*\..*\.(_?[A-Z](_co)?|Item)"),  # type variables
    ("py:class", r"dragoman\.client\.loop_thread\.LoopThread"),  # internal
]

html_theme = "furo"
html_title = "Dragoman"


def find_definition(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """Lead a name that `dragoman` re-exports to the module that defines it, where it is documented."""
    package, _, name = str(node.get("reftarget", "")).partition(".")
    found = getattr(dragoman, name.partition(".")[0], None) if package == "dragoman" else None
    if found is None:
        return None
    module = getattr(found, "__module__", "") if isinstance(found, type) or callable(found) else ""
    if not module.startswith("dragoman."):
        module = "dragoman.spec.hookspecs"  # the marker is an object of pluggy's
    domain, target = env.domains.python_domain, f"{module}.{name}"
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, content)


def setup(app: Sphinx) -> None:
    """Register what this file adds to Sphinx."""
    app.connect("missing-reference", find_definition)
