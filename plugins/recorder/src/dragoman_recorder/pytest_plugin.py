"""The fixture and the marker ``dragoman_cassette`` for pytest: each test has a cassette of its own.

pytest loads this module wherever it is installed, so nothing of Dragoman is imported before a test wants a cassette.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dragoman_recorder.cassette import Cassette
    from dragoman_recorder.scrubbing import Scrub

MODES = ("off", "record", "replay", "auto")
MARKER = "dragoman_cassette(path=None, mode=None, scrub=()): replay the calls to models from a cassette, or record them"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the mode."""
    parser.getgroup("dragoman").addoption(
        "--dragoman-recorder",
        choices=MODES,
        help="what the fixture dragoman_cassette does; what the test's marker says, or replay, if not given",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Arm the recorder where any test has a cassette: an ``LLM`` that another test used first must not slip past it."""
    if any(map(_has_cassette, items)):
        from dragoman_recorder.switch import arm  # noqa: PLC0415  # as the module says

        arm()


@pytest.fixture
def dragoman_scrub() -> Scrub:
    """Say what to keep out of cassettes beside keys; override it in a ``conftest.py``."""
    return ()


@pytest.fixture
def dragoman_cassette(request: pytest.FixtureRequest, dragoman_scrub: Scrub) -> Iterator[Cassette]:
    """Replay this test's calls to models from ``cassettes/<module>/<test>.json``, or record them there."""
    from dragoman_recorder.active_cassette import using  # noqa: PLC0415  # as the module says

    marker = request.node.get_closest_marker("dragoman_cassette")
    overrides: Mapping[str, Any] = marker.kwargs if marker else {}
    path = request.path.parent / "cassettes" / (overrides.get("path") or _file(request))
    mode = request.config.getoption("--dragoman-recorder") or overrides.get("mode") or "replay"
    with using(path, mode, overrides.get("scrub") or dragoman_scrub) as cassette:
        yield cassette


@pytest.fixture(autouse=True)
def _dragoman_cassette_of_marker(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("dragoman_cassette"):
        request.getfixturevalue("dragoman_cassette")


def _has_cassette(item: pytest.Item) -> bool:
    names: Collection[str] = getattr(item, "fixturenames", ())
    return "dragoman_cassette" in names or item.get_closest_marker("dragoman_cassette") is not None


def _file(request: pytest.FixtureRequest) -> Path:
    """Return the file of a test: its name with its class and its parameters, in the folder of its module."""
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.partition("::")[2]).strip("-")
    return Path(request.path.stem, f"{name}.json")
