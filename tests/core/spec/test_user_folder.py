"""Paths that a user writes: ``~`` is a home, wherever the path stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dragoman import LLM, ConfigurationError, LLMConfig
from dragoman.spec.config_loading import profiles
from dragoman.spec.user_folder import folder_in, user_folder, user_path, write_whole


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("written", "path"), [("~", "."), ("~/a/~", "a/~"), ("~//a", "a")])
def test_a_tilde_is_the_home(written: str, path: str, home: Path) -> None:
    assert user_path(written) == user_path(Path(written)) == home / path


@pytest.mark.parametrize("written", ["a", "./~", "a/~", "/a~", "", ".."])
def test_other_paths_stay(written: str) -> None:
    assert user_path(written) == Path(written)


def test_an_unknown_home_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"verify names the home .*: ~nobody-here/a") as caught:
        user_path("~nobody-here/a", "verify")
    assert caught.value.parameter == "verify"


def test_a_folder_of_xdg_may_begin_with_a_tilde_and_is_absolute(home: Path) -> None:
    assert user_folder({"XDG_CONFIG_HOME": "~/c"}) == home / "c" / "dragoman"
    assert [folder_in({"X": each}, "X") for each in ("", "c", "~nobody-here/c")] == [None] * 3
    assert folder_in({}, "X") is None


@pytest.mark.parametrize("written", ["~/x.toml", os.path.join("~", "x.toml")])  # noqa: PTH118  # as a shell writes it
def test_a_configuration_is_found_in_the_home(written: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "x.toml").write_text('[llm]\nmodel = "echo"\ntop_p = 0.5\n[llm.draft]\ntop_p = 0.25\n')
    environ = {"DRAGOMAN_CONFIG": written}
    assert LLMConfig.load(environ=environ).kwargs["top_p"] == LLMConfig.load(path=written, environ={}).kwargs["top_p"]
    assert profiles(environ) == ["draft"]
    monkeypatch.setenv("DRAGOMAN_CONFIG", written)
    assert LLM.load("draft").config.kwargs["top_p"] == 0.25


@pytest.mark.parametrize(
    ("written", "words"),
    [("~nobody-here/x", "home of a user that is not known"), ("~/none", "No such file"), ("~", "Is a directory")],
)
def test_a_configuration_that_is_not_there_is_told(written: str, words: str) -> None:
    for load in (lambda: LLMConfig.load(environ={"DRAGOMAN_CONFIG": written}), lambda: LLMConfig.load(path=written)):
        with pytest.raises(ConfigurationError, match=words) as caught:
            load()
        assert written in str(caught.value)


def test_a_file_is_written_whole_or_not_at_all(home: Path) -> None:
    file = home / "a" / "b"
    write_whole(file, b"one")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"one", 0o600)
    file.chmod(0o640)
    write_whole(file, b"two")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", 0o640)
    with pytest.raises(TypeError):
        write_whole(file, "no bytes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # fails while it is written
    assert (file.read_bytes(), [*file.parent.iterdir()]) == (b"two", [file])


def test_a_link_and_what_is_no_file_stay_what_they_are(home: Path) -> None:
    kept, link, pipe = home / "kept", home / "link", home / "pipe"
    link.symlink_to(kept)
    write_whole(link, b"one")
    assert (link.is_symlink(), kept.read_bytes()) == (True, b"one")
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:  # noqa: PTH123  # of a descriptor
        write_whole(pipe, b"two")
        assert reader.read() == b"two"
    assert pipe.is_fifo()
