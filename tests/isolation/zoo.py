"""Plugins that misbehave, each as its installer would leave it: metadata in a folder, and a module next to it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from attrs import field, frozen

FINE = """
from dragoman import hookimpl
from dragoman_echo import EchoProvider

@hookimpl
def dragoman_provider(config):
    return EchoProvider(config)
"""
PROVIDER = "[dragoman.providers.v1]\n{name} = {module}\n"
EXTENSION = "[dragoman.extensions.v1]\n{name} = {module}\n"


@frozen
class Specimen:
    """A bad plugin.

    Args:
        name: what it is called.
        source: its module.
        entries: its entry points, with ``{name}`` and ``{module}`` where those belong.
        fails: a part of the error that its users get; empty if it answers, ``None`` if nobody can use it.
        doctor: a part of what the doctor says of it without importing it; empty for nothing.
        loaded: a part of what the doctor says once it has imported it.
        metadata: its METADATA; ``None`` for a sound one, empty for none at all.

    """

    name: str
    source: str = FINE
    entries: str = PROVIDER
    fails: str | None = field(default=None, kw_only=True)
    doctor: str = field(default="", kw_only=True)
    loaded: str = field(default="", kw_only=True)
    metadata: bytes | None = field(default=None, kw_only=True)

    @property
    def module(self) -> str:
        return f"zoo_{self.name}"

    @property
    def distribution(self) -> str:
        return f"zoo-{self.name.replace('_', '-')}"

    def install(self, site: Path) -> None:
        site.joinpath(f"{self.module}.py").write_text(dedent(self.source))
        folder = site / f"zoo_{self.name}-1.0.dist-info"
        folder.mkdir()
        sound = f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: 1.0\n".encode()
        metadata = sound if self.metadata is None else self.metadata
        if metadata:
            (folder / "METADATA").write_bytes(metadata)
        entries = self.entries.format(name=self.name, module=self.module)
        (folder / "entry_points.txt").write_bytes(entries.encode("latin-1"))


HOOK = "from dragoman import hookimpl\n\n@hookimpl\n"
MAKES = HOOK + "def dragoman_provider(config):\n    "
WRAPS = "from dragoman import hookimpl\n\n@hookimpl(wrapper=True)\n"

ZOO = (
    Specimen("import_error", "import no_such_module_anywhere", fails="No module named", loaded="No module named"),
    Specimen("syntax_error", "def broken(:", fails="SyntaxError", loaded="SyntaxError"),
    Specimen("wrong_type", MAKES + "return 'a provider'", fails="returned a str", loaded="returned a str"),
    Specimen("gives_nothing", MAKES + "return None", fails="returned nothing", loaded="returned nothing"),
    Specimen("no_hooks", "x = 1", fails="returned nothing", loaded="returned nothing"),
    Specimen(
        "coroutine",
        HOOK + "async def dragoman_provider(config): ...",
        fails="coroutine",
        loaded="coroutine or generator",
    ),
    Specimen(
        "returns_coroutine",
        "async def make(): ...\n" + MAKES + "return make()",
        fails="returned a coroutine",
        loaded="returned a coroutine",
    ),
    Specimen(
        "generator",
        HOOK + "def dragoman_provider(config):\n    yield",
        fails="generator",
        loaded="coroutine or generator",
    ),
    Specimen("unknown_hook", HOOK + "def dragoman_providr(config): ...", fails="is not a hook", loaded="is not a hook"),
    Specimen("wrong_arguments", HOOK + "def dragoman_provider(confg): ...", fails="confg", loaded="confg"),
    Specimen("makes_trouble", MAKES + "1 / 0", fails="ZeroDivisionError", loaded="ZeroDivisionError"),
    Specimen(
        "same_name",
        entries="[dragoman.providers.v1]\necho = {module}\nopenai_compatible = {module}\n",
        doctor="both claim the provider 'echo'",
    ),
    Specimen("slow", "import time\ntime.sleep(30)" + FINE, loaded="was not imported within"),
    Specimen("exits", "import sys\nsys.exit(3)", fails="SystemExit: 3", loaded="SystemExit: 3"),
    Specimen("exits_hard", "import os\nos._exit(7)", loaded="terminated the process with exit code 7"),
    Specimen(
        "base_exception",
        "class Bad(BaseException): ...\nraise Bad('base')",
        fails="Bad: base",
        loaded="Bad: base",
    ),
    Specimen("interrupts", "raise KeyboardInterrupt", loaded="terminated the process"),
    Specimen("prints", "print('a secret: hunter2')" + FINE, fails="", loaded="prints 18 bytes"),
    Specimen(
        "newer",
        "from dragoman import OnlyInTheNextOne",
        PROVIDER + "[dragoman.spec.v1.99]\n{name} = {module}\n",
        fails="was written for specification 1.99",
        doctor="was written for specification 1.99",
        loaded="run: pip install --upgrade dragoman",
    ),
    Specimen(
        "takes_hosts",
        entries=PROVIDER + "[dragoman.hosts.v1]\napi.openai.com = {module}\neu.api.anthropic.com = {module}\n",
        doctor="claims the host eu.api.anthropic.com, which belongs to dragoman-anthropic",
    ),
    Specimen("no_target", entries="[dragoman.providers.v1]\n{name} =\n", fails="Empty module", doctor="is malformed"),
    Specimen("no_equals", entries=PROVIDER + "[dragoman.models.v1]\nno equals sign\n", fails="", doctor="is malformed"),
    Specimen(
        "bad_module",
        entries="[dragoman.providers.v1]\n{name} = no such!\n",
        fails="failed",
        doctor="is malformed",
    ),
    Specimen(
        "gone",
        entries="[dragoman.providers.v1]\n{name} = zoo_gone.inner.part\n",
        fails="ModuleNotFoundError",
        doctor="is missing",
    ),
    Specimen("relative", entries="[dragoman.providers.v1]\n{name} = .zoo\n", fails="TypeError", doctor="is malformed"),
    Specimen(
        "spaces",
        entries="  [ dragoman.providers.v1 ]\n\n  a b   =   {module}  [x]\n# a = b\n",
        doctor="claims 'a b', which is not a",
    ),
    Specimen("no_text", entries=PROVIDER + "# \xff\xfe\n", fails="", doctor="not encoded in UTF-8"),
    Specimen("no_section", entries="{name} = {module}\ndragoman.\n"),
    Specimen("no_metadata", fails="", metadata=b"", doctor="has no name or no version"),
    Specimen("junk_metadata", fails="", metadata=b"\xff\x00\n\n", doctor="has no name or no version"),
    Specimen(
        "breaks_the_bond",
        WRAPS + "def dragoman_chat(binding):\n    1 / 0\n    yield",
        EXTENSION,
    ),
    Specimen("breaks_after", WRAPS + "def dragoman_chat(binding):\n    yield\n    1 / 0", EXTENSION),
    Specimen("gives_no_call", WRAPS + "def dragoman_chat(binding):\n    yield\n    return 'call'", EXTENSION),
    Specimen("secretive", HOOK + "def dragoman_secret(provider, field):\n    1 / 0", EXTENSION),
    Specimen("lost", HOOK + "def dragoman_resolve(query):\n    1 / 0", EXTENSION),
    Specimen("orders", HOOK + "def dragoman_commands():\n    return [1]", EXTENSION),
    Specimen("extends_nothing", "import no_such_module_anywhere", EXTENSION, loaded="No module named"),
    Specimen("leaves", "raise SystemExit", EXTENSION, loaded="SystemExit"),
    Specimen("base_extension", "raise BaseException('base')", EXTENSION, loaded="BaseException: base"),
    Specimen(
        "unhashable",
        """
        class Plugin:
            __hash__ = None
        plugin = Plugin()
        """,
        "[dragoman.providers.v1]\n{name} = {module}:plugin\n",
        fails="not hashable",
        loaded="not hashable",
    ),
    Specimen(
        "explosive",
        """
        class Plugin:
            @property
            def dragoman_provider(self):
                raise ValueError("boom")
            def __dir__(self):
                raise ValueError("boom")
        plugin = Plugin()
        """,
        "[dragoman.providers.v1]\n{name} = {module}:plugin\n",
        fails="boom",
        loaded="boom",
    ),
    Specimen(
        "no_capabilities",
        MAKES
        + """
    class Broken(EchoProvider):
        def capabilities(self, model):
            raise ValueError("no idea")
    return Broken(config)

from dragoman_echo import EchoProvider
""",
        fails="no idea",
    ),
    Specimen(
        "no_info",
        MAKES
        + """
    made = EchoProvider(config)
    made.info = "me"
    return made

from dragoman_echo import EchoProvider
""",
        fails="states the specification None",
        loaded="states the specification None",
    ),
    Specimen(
        "registers_itself",
        FINE
        + """
import sys
from dragoman.plugins.registry import installed
installed().register(sys.modules[__name__], provider="registers_itself_too")
""",
        fails="already registered",
    ),
)
