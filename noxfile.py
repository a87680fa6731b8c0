"""Every check of the project: `uv run nox` runs them all, `uv run nox -s tests` one of them.

Each session has an environment of its own, which holds the dependency group of the session's name as uv.lock pins it.
The interpreter is the one that runs nox; `uv run nox -s tests-3.13` and `uv run nox -s bench -P 3.13` take another. It
has to be on the machine, as none is downloaded; without it, the session is skipped.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # where CI is set, too, a session without one is skipped
nox.options.sessions = [
    "lint",
    "types",
    "docs",
    "changelog",
    "scaffold",
    "servers",
    "libraries",
    "notebook",
    "tests",
]
UV = os.environ.get("UV", "uv")  # `uv run` names itself here, for when it is not on the path
WORKERS = min(8, (os.cpu_count() or 1) + 1)  # one more than processors: many tests wait for a server, or for a limit
PARALLEL = ("-n", str(WORKERS), "--dist", "worksteal")
IN_ORDER = (*PARALLEL[:-1], "load")
TRACING = ("-W", "ignore:Exception ignored in thread started by:pytest.PytestUnraisableExceptionWarning")
"""CPython 3.11 may refuse to trace two threads that start at once: that is the tool's trouble, not a test's."""


def allow_all_of_pyenv() -> None:
    """Let the commands of pyenv, such as ``python3.13``, run every version it has, not the chosen one alone."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    chosen = Path(sys.base_prefix).name if Path(sys.base_prefix).parent == root else "system"
    others = sorted(each.parts[-3] for each in root.glob("3.*/bin/python") if each.parts[-3] != chosen)
    if others:
        os.environ.setdefault("PYENV_VERSION", ":".join((chosen, *others)))


allow_all_of_pyenv()
os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")


def install(session: nox.Session, group: str, *options: str) -> None:
    """Install all distributions of the workspace and one dependency group into the session's environment."""
    environment = {"UV_PROJECT_ENVIRONMENT": session.virtualenv.location, "UV_PYTHON": session.virtualenv.location}
    command = (UV, "sync", "--quiet", "--frozen", "--no-default-groups", "--group", group, *options)
    session.run_install(*command, env=environment, external=True)


def install_for_tests(session: nox.Session) -> None:
    """Install what the tests need, compiled: where no bytecode is written, each program they start would compile it."""
    install(session, "tests", "--compile-bytecode")
    session.run_install("python", "-m", "compileall", "-q", "core", "plugins")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the import contracts."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": "plugins/litellm/src"})  # no member of the workspace


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy and pyright, both strict."""
    install(session, "types")
    session.run("mypy")
    session.run("pyright")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, on every processor; given arguments, run pytest with those alone.

    With MEASURE_COVERAGE in the environment, it also reports every branch of the core that the tests do not take.
    """
    install_for_tests(session)
    if "MEASURE_COVERAGE" not in os.environ:
        session.run("pytest", *(session.posargs or PARALLEL))
        return
    session.run("coverage", "erase")
    # begun before pytest loads our own plugins for it
    session.run("coverage", "run", "-m", "pytest", *TRACING, *(session.posargs or IN_ORDER))
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def replay(session: nox.Session) -> None:
    """Print how many recorded exchanges are read right, by api and framing, and how much of requests is sent."""
    install(session, "tests")
    session.chdir("tests")
    session.run("python", "-m", "replay")
    session.run("python", "-m", "replay.requests")


@nox.session
def notebook(session: nox.Session) -> None:
    """Run the cells of a notebook in a kernel, whose event loop runs meanwhile."""
    install(session, "notebook", "--compile-bytecode")
    session.run("pytest", "tests/notebooks", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the CPU time per call and per event, as ratios to a bare client, and how fast the command starts."""
    install(session, "tests")
    session.chdir("tests")
    session.run("python", "-m", "benchmarks")
    session.run("python", "-m", "benchmarks.terminal")


@nox.session
def bench_peers(session: nox.Session) -> None:
    """Measure other libraries too, each in an environment of its own, and write docs/explanation/performance.md."""
    install(session, "tests")
    place = os.path.abspath(session.create_tmp())  # noqa: PTH100  # before the directory is another
    session.chdir("tests")
    session.run("python", "-m", "benchmarks", "--peers", place, *session.posargs, env={"UV": UV})


@nox.session
def compare_faults(session: nox.Session) -> None:
    """Let other libraries meet the fault server, and write docs/explanation/faults-compared.md."""
    install(session, "tests")
    place = os.path.abspath(session.create_tmp())  # noqa: PTH100  # before the directory is another
    session.chdir("tests")
    session.run("python", "-m", "benchmarks.compare_faults", place, *session.posargs, env={"UV": UV})


@nox.session
def compare_llm(session: nox.Session) -> None:
    """Do everyday tasks with the command llm too, and write docs/explanation/dragoman-and-llm.md."""
    install(session, "tests")
    place = os.path.abspath(session.create_tmp())  # noqa: PTH100  # before the directory is another
    session.chdir("tests")
    session.run("python", "-m", "benchmarks.compare_llm", place, env={"UV": UV})


@nox.session
def catalogue(session: nox.Session) -> None:
    """Write the catalogue of models anew, from the data of genai-prices and the recorded lists of models."""
    install(session, "tests")
    session.chdir("tests")
    session.run("python", "-m", "catalogue")


@nox.session
def captures(session: nox.Session) -> None:
    """Hold the sessions in a terminal that the documentation shows, and write them anew."""
    install(session, "tests")
    session.chdir("tests")
    session.run("python", "-m", "captures")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Search for replies that break a promise of a decoder, with Atheris; what is found is saved in findings/."""
    install(session, "tests")
    session.install("atheris>=3.0.0")
    session.chdir("tests")
    session.run("python", "-m", "fuzz", "--findings", "../findings", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Make 100,000 calls and 10,000 streams against a server that fails at random; nothing may leak or get lost."""
    install(session, "tests")
    session.chdir("tests")
    session.run("python", "-W", "error", "-m", "soak", *session.posargs)


@nox.session
def scaffold(session: nox.Session) -> None:
    """Generate a provider of each kind and check it with its own configuration: what the tests lack the tools for."""
    install(session, "scaffold")
    session.run("pytest", "tests/scaffold/test_generated.py", *(session.posargs or ["-k", "nothing_to_say"]))


LEFT_OPEN = ("-W", "ignore::ResourceWarning", "-W", "ignore::pytest.PytestUnraisableExceptionWarning")
"""For libraries that keep connections open to the end of the process; elsewhere, a warning is an error."""


@nox.session
def servers(session: nox.Session) -> None:
    """Run LiteLLM in process and a real LiteLLM proxy, in an environment of their own: LiteLLM pins much."""
    session.install(
        *(
            "-e",
            "core[testing]",
            "-e",
            "plugins/openai_compatible",
            "-e",
            "plugins/litellm",
            "-e",
            "plugins/litellm_proxy",
            "-e",
            "plugins/llamacpp",
        ),
        *("litellm[proxy]==1.108.7", "openai==3.57.0"),  # each release words its errors in another way
        *("packaging>=24", "pytest>=9", "pytest-asyncio>=1.4", "pytest-timeout>=2.4"),
    )
    session.run("pytest", "tests/servers/litellm", *LEFT_OPEN, *session.posargs)


@nox.session
def libraries(session: nox.Session) -> None:
    """Run the pages for those who come from other libraries, and let those of vendors read what is written for them."""
    install_for_tests(session)
    session.install(
        *("anthropic==2.14.0", "dspy==3.4.1", "langchain-core==1.8.3", "litellm==1.110.2", "llm==0.36"),
        *("openai==3.57.0", "pydantic-ai-slim==2.68.0"),  # their releases change names and warnings
    )
    place = session.create_tmp()
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LLM_USER_PATH": place, "DSPY_CACHEDIR": place}
    tests = ("tests/docs/test_examples.py", "tests/servers/test_vendor_libraries.py")
    chosen = ("-k", "come-from or vendor_libraries")
    session.run("pytest", *tests, *chosen, *LEFT_OPEN, *session.posargs, env=environment)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    install(session, "docs")
    session.run("sphinx-build", "-EWnq", "--keep-going", "-b", "html", "docs", "docs/_build")


@nox.session
def changelog(session: nox.Session) -> None:
    """Show the changelog of the coming releases."""
    install(session, "changelog")
    session.run("towncrier", "build", "--draft", "--version", "Unreleased")


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel and the source archive of every distribution into dist/."""
    session.run(UV, "build", "--all-packages", "--out-dir", "dist", external=True)
