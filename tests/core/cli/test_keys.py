"""``dragoman keys``, and the file of keys as a source of credentials."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from core.cli.pseudo_terminal import CTRL_C, CTRL_D, ENTER, PseudoTerminal, Session
from dragoman import ConfigurationError, MissingCredentialError, ProviderConfig, Secret
from dragoman.cli.group import dragoman
from dragoman.http.endpoint import base_url, credential
from dragoman.spec.key_file import key_file, read_keys, stored_key, write_keys
from dragoman.spec.system_keyring import put_into_keyring
from dragoman.spec.user_folder import user_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "sk-0123456789abcdef"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(dragoman, ["keys", *arguments], input=stdin)


def test_a_key_is_stored_listed_and_removed(home: Path) -> None:
    path = home / ".config" / "dragoman" / "keys.json"
    assert run("path").stdout == f"{path}\n"
    assert "no key is stored" in run("list").stderr
    assert run("set", "openai", stdin=f"{KEY}\n").stdout == f"the key of openai is stored in {path}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_text()) == {"openai": KEY}
    assert run("set", "groq", stdin="other-key").exit_code == 0
    assert run("list").stdout == "groq\nopenai\n"
    assert run("remove", "openai").stdout == "the key of openai is removed\n"
    assert run("list").stdout == "groq\n"
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("set", "opnai"), KEY, "no installed distribution provides 'opnai'"),
        (
            ("set", "openai"),
            "",
            "the key of openai is empty, so nothing is stored; as in 'dragoman keys set openai < key.txt'",
        ),
        (("set", "openai"), " \n", "the key of openai is empty, so nothing is stored"),
        (("set", "openai"), "two\nlines", "the value is not shown"),
        (("set", "openai", KEY), KEY, "give only the name of the provider: its key is read from a hidden prompt"),
        (("set", f"openai={KEY}"), KEY, "give only the name of the provider"),
        (("set", "--file", KEY * 2), KEY, "give only the name of the provider"),
        (("remove", "groq"), None, "no key of groq is stored; stored are those of: openai"),
        (("remove", "nobody"), None, "no key of nobody is stored"),
    ],
)
def test_wrong_uses_are_one_line(home: Path, arguments: tuple[str, ...], stdin: str | None, words: str) -> None:
    run("set", "openai", stdin=KEY)
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 2
    assert words in done.stderr
    assert KEY not in done.output
    assert run("list").stdout == "openai\n"


def test_a_key_that_is_typed_is_not_shown(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("Key of openai:")
            terminal.type(f"{KEY}\r")
            terminal.wait("is stored in")

        assert terminal.run(user, "keys", "set", "openai") == 0
        assert KEY.encode() not in terminal.raw
    assert read_keys(home / ".config" / "dragoman" / "keys.json") == {"openai": KEY}


def test_keys_that_are_set_at_once_are_all_kept(home: Path) -> None:
    names = ("openai", "groq", "mistral", "cohere")
    command = [sys.executable, "-m", "dragoman.cli", "keys", "set", "--file"]
    set_at_once = [subprocess.Popen([*command, each], stdin=subprocess.PIPE, text=True) for each in names]
    for each, process in zip(names, set_at_once, strict=True):
        process.communicate(f"key-of-{each}")
        assert process.returncode == 0
    path = home / ".config" / "dragoman" / "keys.json"
    assert read_keys(path) == {each: f"key-of-{each}" for each in names}
    removed = [subprocess.Popen([*command[:-2], "remove", each]) for each in names]
    assert [each.wait() for each in removed] == [0] * 4
    assert read_keys(path) == {}


def test_ctrl_d_is_no_key(home: Path) -> None:
    with PseudoTerminal() as terminal:

        def user() -> None:
            terminal.wait("Key of openai:")
            terminal.wait_until(lambda _: terminal.is_answering)
            terminal.type(CTRL_D)
            terminal.wait("the key of openai is empty, so nothing is stored; type it")

        assert terminal.run(user, "keys", "set", "openai") == 2


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        (ENTER, 2, "the key of openai is empty, so nothing is stored; type it"),
        (f"  {ENTER}", 2, "the key of openai is empty, so nothing is stored; type it"),
        (CTRL_D, 2, "the key of openai is empty, so nothing is stored; type it"),
        (CTRL_C, 130, ""),
    ],
)
def test_no_key_is_typed(home: Path, keys: str, code: int, words: str) -> None:
    with Session("keys", "set", "openai", home=home) as terminal:
        terminal.wait("Key of openai:")
        terminal.wait_until(lambda _: terminal.is_answering)
        terminal.type(keys)
        assert terminal.ended() == code
        shown = terminal.wait(words)
        assert len(shown.splitlines()) <= 2
        assert not terminal.is_answering  # what is typed next is shown again
    assert not (home / ".config").exists()


def test_without_a_home_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert "set HOME or XDG_CONFIG_HOME" in run("list").stderr


def test_the_folder_is_that_of_the_user() -> None:
    assert user_folder({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/dragoman")
    assert user_folder({"XDG_CONFIG_HOME": "x", "HOME": "/h"}) == Path("/h/.config/dragoman")
    assert key_file({}) is None
    assert stored_key({}, "openai") is None


def config(environ: Mapping[str, str], api_base: str | None = None) -> ProviderConfig:
    return ProviderConfig(
        name="acme", distribution="dragoman-acme", environ=environ, hosts=("api.acme.example",), api_base=api_base
    )


def used(settings: ProviderConfig) -> Secret | None:
    base = base_url(settings, default="https://api.acme.example/v1")
    return credential(settings, base, env=("ACME_API_KEY",))


def test_a_stored_key_comes_after_the_environment_and_goes_home_only(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    write_keys(tmp_path / "dragoman" / "keys.json", {"acme": KEY, "other": "x"})
    found = used(config(environ))
    assert found is not None
    assert found.reveal() == KEY
    assert KEY not in repr(found)
    assert used(config(environ, "https://api.acme.example/v2")) == found
    first = used(config({**environ, "ACME_API_KEY": "of-the-environment"}))
    assert first is not None
    assert first.reveal() == "of-the-environment"
    with pytest.raises(MissingCredentialError, match=r"evil\.example is not a host of acme"):
        used(config(environ, "https://evil.example/v1"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "must hold a JSON object"),
        (f'{{"acme": "{KEY}"', "must hold a JSON object"),
        ("[]", "must hold a JSON object with a key for each provider"),
        (f'{{"acme": ["{KEY}"]}}', "must hold a JSON object with a key for each provider"),
        ('{"acme": "a\\nb"}', "the key of acme in"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "dragoman" / "keys.json"
    write_keys(path, {})
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=words) as raised:
        used(config({"XDG_CONFIG_HOME": str(tmp_path)}))
    assert KEY not in str(raised.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dragoman" / "keys.json"
    write_keys(path, {"acme": KEY})
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"other users may read .*; run: chmod 600"):
        used(config({"XDG_CONFIG_HOME": str(tmp_path)}))


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_keys(tmp_path / "folder")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written to"):
        write_keys(tmp_path / "file" / "keys.json", {})


class Keyring(ModuleType):
    """The three functions of the library ``keyring`` that are used, over a dictionary."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.__spec__ = ModuleSpec("keyring", None)
        self.held: dict[tuple[str, str], str] = {}
        self.trouble = ""

    def get_password(self, service_name: str, username: str) -> str | None:
        if self.trouble:
            raise RuntimeError(self.trouble)
        return self.held.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        if self.trouble:
            raise RuntimeError(self.trouble)
        self.held[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.held[service_name, username]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """Give the system a keyring."""
    module = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", module)
    return module


def test_the_library_has_the_functions_that_are_used() -> None:
    library = pytest.importorskip("keyring", reason="the extra keyring is not installed")
    for name in ("get_password", "set_password", "delete_password"):
        ours, theirs = (inspect.signature(getattr(each, name)) for each in (Keyring(), library))
        assert [*ours.parameters] == [*theirs.parameters]


def test_a_key_goes_into_the_keyring_and_is_used(home: Path, keyring: Keyring) -> None:
    folder = home / ".config" / "dragoman"
    assert run("set", "--file", "openai", stdin="sk-old").exit_code == 0
    assert run("set", "openai", stdin=KEY).stdout == "the key of openai is stored in the keyring of the system\n"
    assert keyring.held == {("dragoman", "openai"): KEY}
    assert read_keys(folder / "keys.json") == {}
    assert KEY not in "".join(path.read_text() for path in folder.iterdir())
    assert run("set", "--file", "groq", stdin="other").exit_code == 0
    assert run("list").stdout == "groq\nopenai  (keyring)\n"
    found = stored_key({"HOME": str(home)}, "openai")
    assert found is not None
    assert found.reveal() == KEY
    assert stored_key({"HOME": str(home)}, "anthropic") is None
    shown = CliRunner().invoke(dragoman, ["config", "show", "-m", "openai/m"]).stdout
    assert "********  (the keyring, unless openai reads one" in shown
    assert run("remove", "openai").stdout == "the key of openai is removed\n"
    assert keyring.held == {}
    assert run("list").stdout == "groq\n"


def test_a_key_that_others_removed_from_the_keyring_is_none(home: Path, keyring: Keyring) -> None:
    run("set", "openai", stdin=KEY)
    keyring.held.clear()
    assert stored_key({"HOME": str(home)}, "openai") is None
    assert run("remove", "openai").exit_code == 0
    assert "no key is stored" in run("list").stderr


def test_a_locked_keyring_is_an_error(home: Path, keyring: Keyring) -> None:
    run("set", "openai", stdin=KEY)
    keyring.trouble = "it is locked"
    with pytest.raises(ConfigurationError, match="cannot be read in the keyring of the system: it is locked"):
        stored_key({"HOME": str(home)}, "openai")
    done = run("remove", "openai")
    assert (done.exit_code, "cannot be removed in the keyring" in done.stderr) == (2, True)
    keyring.trouble = ""


def test_without_a_keyring_the_file_is_used(home: Path, keyring: Keyring) -> None:
    keyring.trouble = "no recommended backend was available"
    done = run("set", "openai", stdin=KEY)
    assert done.exit_code == 0
    assert "cannot be stored in the keyring of the system" in done.stderr
    assert KEY not in done.output
    assert read_keys(home / ".config" / "dragoman" / "keys.json") == {"openai": KEY}


def test_without_the_extra_a_key_of_the_keyring_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / ".config" / "dragoman" / "keyring.json"
    path.parent.mkdir(parents=True)
    path.write_text('["openai", 3]')
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"run: pip install 'dragoman\[keyring\]'"):
        stored_key({"HOME": str(home)}, "openai")
    path.write_text("{}")
    assert stored_key({"HOME": str(home)}, "openai") is None
    path.write_text("[")
    assert stored_key({"HOME": str(home)}, "openai") is None


def test_the_names_need_a_folder_that_can_be_written(home: Path, keyring: Keyring) -> None:
    with pytest.raises(ConfigurationError, match="set HOME or XDG_CONFIG_HOME"):
        put_into_keyring({}, "openai", Secret(KEY))
    (home / ".config").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        put_into_keyring({"HOME": str(home)}, "openai", Secret(KEY))
