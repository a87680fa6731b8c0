"""``dragoman doctor`` finds problems, suggests fixes, and shows no secret."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.scripted import PROVIDER, Site
from dragoman.cli import probe
from dragoman.cli.group import dragoman
from dragoman.plugins.registry import EXTENSIONS, PROVIDERS, installed

OPENAI_KEY = """base_url = "https://one.example/v1"
[key]
env = ["OPENAI_API_KEY"]
"""


def run(*arguments: str, **environment: str) -> Result:
    installed.cache_clear()
    try:
        return CliRunner().invoke(dragoman, ("doctor", *arguments), env=environment)
    finally:
        installed.cache_clear()


def test_healthy_plugins_pass() -> None:
    done = run()
    assert done.exit_code == 0, done.stdout
    assert done.stdout.rstrip().endswith(
        "no problems found; --load also imports the plugins and checks that they are configured"
    )


def add_broken_metadata(site: Site) -> None:
    site.add("acme-one", providers=("one",))
    folder = next(site.path.glob("acme_one-*.dist-info"))
    (folder / "METADATA").unlink()


def add_conflict(site: Site) -> None:
    site.add("acme-one", providers=("one",))
    site.add("acme-two", providers=("one",), models=("ac-",))
    site.add("acme-three", providers=("three",), models=("ac-",))


def add_foreign_hosts(site: Site) -> None:
    site.add("acme-one", providers=("one",), hosts=("api.openai.com", "eu.x.test"))
    site.add("acme-two", providers=("two",), hosts=("x.test",))


def add_crossing_hosts(site: Site) -> None:
    site.add("acme-one", providers=("one",), hosts=("run.*.x.test", "*.test"))
    site.add("acme-two", providers=("two",), hosts=("*.eu.x.test",))


def add_overlapping_claims(site: Site) -> None:
    site.add(
        "acme-one",
        providers=("one", "OpenAI", "mistral_"),
        hosts=("azure.com", "com"),
        models=("gpt-5", "ac-"),
        aliases={"gemini": "one"},
    )
    site.add("acme-two", providers=("two",), models=("ac-large",), aliases={"mistral_": "two"})


def add_manifests(site: Site) -> None:
    for number, text in (("one", OPENAI_KEY), ("two", None), ("three", "base_url =")):
        site.add(f"acme-{number}", f"acme_{number}", providers={number: "dragoman_openai_compatible.manifest_plugin"})
        (site.path / f"acme_{number}.py").unlink()
        (site.path / f"acme_{number}").mkdir()
        if text:
            (site.path / f"acme_{number}" / "dragoman.toml").write_text(text)


def add_catalogue(site: Site) -> None:
    module = "dragoman_openai_compatible.catalogue"
    site.add("acme-four", "acme_four", providers={"four": f"{module}:four", "five": f"{module}:five"})
    (site.path / "acme_four.py").unlink()
    (site.path / "acme_four").mkdir()
    (site.path / "acme_four" / "four.toml").write_text(f'places = {{ account = ["HF_TOKEN"] }}\n{OPENAI_KEY}')


def add_newer_specification(site: Site) -> None:
    site.add("acme-one", providers=("one",), specs={"one": "1.7"})


def add_missing_module(site: Site) -> None:
    site.add("acme-one", providers={"one": "not_there_at_all"})


def require(site: Site, *lines: str) -> None:
    site.add("acme-one", providers=("one",))
    head = next(site.path.glob("acme_one-*.dist-info")) / "METADATA"
    head.write_text(head.read_text() + "".join(f"Requires-Dist: {line}\n" for line in lines))


def add_missing_requirements(site: Site) -> None:
    site.add("acme-two")
    head = next(site.path.glob("acme_two-*.dist-info")) / "METADATA"
    head.write_text(
        head.read_text() + 'Requires-Dist: not-there-two>=1; extra == "net"\nRequires-Dist: not-there-four\n'
    )
    require(site, "not-there>=2", "acme_two[net]", "not-there-three; extra == 'x'", "attrs", "???")


@pytest.mark.parametrize(
    ("add", "lines"),
    [
        (add_broken_metadata, ["error  acme-one: its metadata has no name", "pip install --force-reinstall acme-one"]),
        (
            add_conflict,
            [
                "error  acme-one and acme-two: both claim the provider 'one'",
                "disable one of them: DRAGOMAN_DISABLE_PLUGINS=acme-one or DRAGOMAN_DISABLE_PLUGINS=acme-two",
                "error  acme-three and acme-two: both claim models that begin with 'ac-'",
            ],
        ),
        (
            add_foreign_hosts,
            [
                "error  acme-one: claims the host api.openai.com, which belongs to dragoman-openai",
                "error  acme-one: claims the host eu.x.test, which belongs to acme-two",
                "unless you trust it, disable it: DRAGOMAN_DISABLE_PLUGINS=acme-one",
            ],
        ),
        (
            add_crossing_hosts,
            [
                "error  acme-one: claims the host run.*.x.test, which belongs to acme-two",
                "error  acme-two: claims the host *.eu.x.test, which belongs to acme-one",
            ],
        ),
        (
            add_overlapping_claims,
            [
                "error  acme-one: claims models that begin with 'gpt-5', which belong to dragoman-openai",
                "error  acme-one: claims the host azure.com, which belongs to dragoman-azure",
                "error  acme-one and acme-two: both claim the provider 'mistral_'",
                "error  acme-one: claims the provider 'gemini', which belongs to dragoman-google",
                "error  acme-two: claims models that begin with 'ac-large', which belong to acme-one",
                "error  acme-one: claims 'OpenAI', which is not a provider name",
                "error  acme-one: claims 'com', which is not a host",
            ],
        ),
        (
            add_manifests,
            [
                "error  acme-one: key.env names OPENAI_API_KEY, which belongs to dragoman-openai",
                "error  acme-two: names dragoman_openai_compatible.manifest_plugin",
                "but does not contain acme_two/dragoman.toml",
                "error  acme-three: cannot be read: acme_three/dragoman.toml",
            ],
        ),
        (
            add_catalogue,
            [
                "error  acme-four: key.env names OPENAI_API_KEY, which belongs to dragoman-openai",
                "error  acme-four: places.account names HF_TOKEN, which belongs to Hugging Face",
                "error  acme-four: names dragoman_openai_compatible.catalogue:five",
                "but does not contain acme_four/five.toml",
            ],
        ),
        (
            add_newer_specification,
            ["error  one: acme-one was written for specification 1.7", "pip install --upgrade dragoman"],
        ),
        (add_missing_module, ["error  one (acme-one): its module 'not_there_at_all' is missing"]),
        (
            add_missing_requirements,
            ["one (acme-one): not-there is missing", "one (acme-one): not-there-two is missing", "'acme-two[net]'"],
        ),
    ],
)
def test_a_problem_is_reported_with_its_fix(site: Site, add: object, lines: list[str]) -> None:
    add(site)  # type: ignore[operator]
    done = run()
    assert done.exit_code == 1
    assert [line for line in lines if line not in done.stdout] == []
    assert "not-there-three" not in done.stdout
    assert "not-there-four" not in done.stdout
    assert site.imported() == set()


@pytest.mark.parametrize(
    ("setting", "value", "fix"),
    [
        ("DRAGOMAN_PLUGINS", "dragoman-echo,dragoman-opanai", "did you mean dragoman-openai?"),
        ("DRAGOMAN_PLUGINS", "dragoman-echo,openai", "did you mean dragoman-openai?"),
        ("DRAGOMAN_DISABLE_PLUGINS", "zzz", "installed plugins: dragoman-anthropic, "),
    ],
)
def test_a_setting_that_names_no_distribution_is_reported(setting: str, value: str, fix: str) -> None:
    done = run(**{setting: value})
    assert done.exit_code == 1
    assert f"error  {setting}: names {value.rpartition(',')[2]!r}, but no installed distribution" in done.stdout
    assert fix in done.stdout


def test_a_claim_on_the_host_of_a_disabled_distribution_is_a_note(site: Site) -> None:
    site.add("acme-one", providers=("one",), hosts=("api.groq.com",))
    done = run(DRAGOMAN_DISABLE_PLUGINS="dragoman-groq")
    assert done.exit_code == 0
    assert "note   acme-one: claims the host api.groq.com, which belongs to dragoman-groq" in done.stdout


def test_a_similar_name_is_not_reported(site: Site) -> None:
    for name in ("groqq", "llama", "azure-ai", "opena1", "ollama-cloud"):
        site.add(f"dragoman-{name}", providers=(name.replace("-", "_"),))
    done = run()
    assert done.exit_code == 0, done.stdout
    assert "dragoman-" not in done.stdout


@pytest.mark.parametrize("name", ["lmstudio", "vllm"])
def test_a_distribution_named_after_a_server_is_not_reported(site: Site, name: str) -> None:
    site.add(f"dragoman-{name}", providers=(name,))
    done = run()
    assert done.exit_code == 0, done.stdout
    assert f"dragoman-{name}" not in done.stdout


def test_a_blocked_plugin_is_a_note() -> None:
    done = run(DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.exit_code == 0
    assert "note   echo (dragoman-echo): is blocked" in done.stdout


def test_each_plugin_is_imported_in_a_separate_process(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site.path), *filter(None, sys.path)]))
    wants = """
        from dragoman import MissingCredentialError, hookimpl

        @hookimpl
        def dragoman_provider(config):
            print(config.environ["ACME_KEY"])
            config.env(["ACME_KEY", "ACME_TOKEN"])
            raise {error}
    """
    missing = "MissingCredentialError('no token for wants')"
    site.add("acme-wants", "stub_wants", wants.format(error=missing), providers=("wants",))
    leak = "ValueError(config.environ['ACME_KEY'])"
    site.add("acme-leaks", "stub_leaks", wants.format(error=leak), providers=("leaks",))
    site.add("acme-exits", "stub_exits", "import os\nos._exit(7)", providers=("exits",))
    site.add("acme-hangs", "stub_hangs", "import time\ntime.sleep(60)", providers=("hangs",))
    site.add("acme-slow", "stub_slow", "\n    import time\n    time.sleep(2.1)" + PROVIDER, providers=("slow",))
    site.add("acme-fine", "stub_fine", "from dragoman import hookimpl", extensions=("fine",))
    site.add("acme-sad", "stub_sad", "1 / 0", extensions=("sad",))
    names = "wants,leaks,exits,hangs,slow,fine,sad"
    only = ",".join(f"acme-{name}" for name in names.split(","))
    done = run("--load", "--limit", "8", DRAGOMAN_PLUGINS=only, ACME_KEY="sk-hunter2", ACME_TOKEN="")
    assert done.exit_code == 1
    assert "hunter2" not in done.stdout
    for line in (
        "note   wants (acme-wants): is not configured: no token for wants\n",
        "       it reads ACME_KEY (set)\n",
        "note   wants (acme-wants): prints 11 bytes when it is imported",
        "error  leaks (acme-leaks): the plugin 'leaks' of acme-leaks failed: ValueError: ********\n",
        "error  exits (acme-exits): terminated the process with exit code 7 when it was imported\n",
        "error  hangs (acme-hangs): was not imported within 8 seconds\n",
        "note   slow (acme-slow): takes 2.",
        "error  sad (acme-sad): the plugin 'sad' of acme-sad failed: ZeroDivisionError",
        "disable it: DRAGOMAN_DISABLE_PLUGINS=acme-sad\n",
        "4 problems found\n",
    ):
        assert line in done.stdout
    assert "fine (acme-fine)" not in done.stdout
    assert "dragoman-echo" not in done.stdout.replace("(dragoman-echo): is blocked", "")
    assert site.imported() == set()


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "1e300"])
def test_a_limit_that_nobody_can_wait_for_is_refused(limit: str) -> None:
    done = run("--load", "--limit", limit)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not a number of seconds above 0, and up to 86400" in done.stderr


def test_one_problem_is_counted_in_the_singular() -> None:
    assert "1 problem found;" in run(DRAGOMAN_DISABLE_PLUGINS="zzz").stdout


def test_the_probe_reports_variables_without_their_values(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
        from dragoman import hookimpl
        from core.scripted import Scripted

        @hookimpl
        def dragoman_provider(config):
            len(config.environ), list(config.environ), config.env(["ACME_KEY", "ACME_URL"])
            return Scripted()
    """
    site.add("acme-one", "stub_probed", source, providers=("one",), extensions=("more",))
    monkeypatch.setenv("ACME_URL", "https://x.test")
    report = tmp_path / "report.json"
    for group, name, variables in ((PROVIDERS, "one", {"ACME_KEY": False, "ACME_URL": True}), (EXTENSIONS, "more", {})):
        monkeypatch.setattr(sys, "argv", ["probe", str(report), group, name, "acme-one"])
        probe.main()
        found = json.loads(report.read_text())
        assert (found["error"], found["unconfigured"], found["variables"]) == (None, False, variables)
        assert found["seconds"] >= 0


def test_the_probe_reports_an_error(site: Site) -> None:
    site.add("acme-one", "stub_probed", "1 / 0", providers=("one",))
    found = probe.probe(PROVIDERS, "one", "acme-one")
    assert found["error"] == "the plugin 'one' of acme-one failed: ZeroDivisionError: division by zero"
    assert found["unconfigured"] is False


def test_the_probe_makes_a_provider_whose_address_callers_give() -> None:
    found = probe.probe(PROVIDERS, "watsonx", "dragoman-hosts")
    assert found["unconfigured"] is True
    assert "refused" not in found["error"]
