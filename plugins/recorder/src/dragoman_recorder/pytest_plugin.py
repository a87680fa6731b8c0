"""The fixture and the marker ``dragoman_cassette`` for pytest: each test has its own cassette.

pytest imports this module in every environment that has it, so it imports Dragoman only when a test uses a cassette.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dragoman_recorder.cassette import Cassette
    from dragoman_recorder.scrubber import Scrub

MODES = ("off", "record", "replay", "auto")
MARKER = "dragoman_cassette(path=None, mode=None, scrub=()): replay the calls to models from a cassette, or record them"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the mode."""
    parser.getgroup("dragoman").addoption(
        "--dragoman-recorder",
        choices=MODES,
        help="the mode of the fixture dragoman_cassette; by default that of the test's marker, or else replay",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Activate the recorder if any test has a cassette, for an ``LLM`` that another test has used before."""
    if any(map(_has_cassette, items)):
        from dragoman_recorder.recording_mode import activate  # noqa: PLC0415  # only where it is used

        activate()


@pytest.fixture
def dragoman_scrub() -> Scrub:
    """Return what to keep out of cassettes in addition to secrets; override it in a ``conftest.py``."""
    return ()


@pytest.fixture
def dragoman_cassette(request: pytest.FixtureRequest, dragoman_scrub: Scrub) -> Iterator[Cassette]:
    """Replay this test's calls to models from ``cassettes/<module>/<test>.json``, or record them there."""
    from dragoman_recorder.active_cassette import using  # noqa: PLC0415  # only where it is used

    marker = request.node.get_closest_marker("dragoman_cassette")
    overrides: Mapping[str, Any] = marker.kwargs if marker else {}
    path = request.path.parent / "cassettes" / (overrides.get("path") or _relative_path(request))
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


def _relative_path(request: pytest.FixtureRequest) -> Path:
    """Return the path of a test's file: the folder of its module, then its class, name and parameters."""
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.partition("::")[2]).strip("-")
    return Path(request.path.stem, f"{name}.json")
