"""The suite itself: overridden checks, known failures, and checks that are skipped."""

from __future__ import annotations

import asyncio
import importlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from conformance.sound import INFO, Plugin, SoundChat, SoundProvider
from conformance.wrong.authorization import SUITE, Signed
from dragoman import Capabilities, ChatRequest, CompletionRequest, Text, UnsupportedError, hookimpl
from dragoman.http import HttpRequest
from dragoman.plugins.registry import installed
from dragoman.spec.capabilities import NO, YES
from dragoman.testing.conformance import LEVELS, ProviderConformance, checks, level_of
from dragoman.testing.conformance.import_probe import probe
from dragoman.testing.conformance.import_report import import_report
from dragoman.testing.faults import CHAT, GEMINI, SERVER_DIALECTS, FaultServer, SampleCall, ServerDialect
from dragoman_echo import EchoProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

MINIMAL = ServerDialect(
    **{
        each.name: getattr(CHAT, each.name)
        for each in attrs.fields(ServerDialect)
        if each.default is attrs.NOTHING and each.name not in {"coded", "unusual_replies"}
    },
    coded={},
    unusual_replies={},
)
"""A dialect with the required members only; it matches every path."""


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def suite(**members: Any) -> type[ProviderConformance]:
    return type("Suite", (ProviderConformance,), {"provider": Plugin(), "name": "sound", "model": "m"} | members)


def overriding(reason: str | None) -> Any:
    @pytest.mark.xfail(reason=reason)
    def override(_: object) -> None:
        pytest.fail("the override ran")

    return override


def test_every_check_says_what_it_protects_against() -> None:
    found = list(checks())
    assert [check.name for check in found if not check.protects.startswith("against ")] == []
    assert {check.level for check in found} == set(LEVELS)
    assert len({check.name for check in found}) == len(found)
    assert sum(check.cases for check in found) >= 300
    assert all(level_of(check.name) == check.level for check in found)


def test_an_override_without_a_reason_is_refused() -> None:
    with pytest.raises(TypeError, match="overrides or removes the check test_an_answer_comes_whole"):
        suite(test_an_answer_comes_whole=lambda _: None)
    with pytest.raises(TypeError, match="xfail"):
        suite(test_an_answer_comes_whole=None)


@pytest.mark.parametrize("reason", [None, " "])
def test_an_override_needs_a_reason_that_is_not_empty(reason: str | None) -> None:
    override = overriding(reason)
    with pytest.raises(TypeError, match="say why"):
        suite(test_an_answer_comes_whole=override)


def test_an_overridden_check_runs_and_is_expected_to_fail() -> None:
    override = overriding("because")
    kind: Any = suite(test_an_answer_comes_whole=override, server_dialect=CHAT)
    kind().test_an_answer_comes_whole()
    (mark,) = kind.test_an_answer_comes_whole.pytestmark
    assert mark.kwargs == {"reason": "because", "strict": True}
    assert type("Subclass", (kind,), {}).test_an_answer_comes_whole is kind.test_an_answer_comes_whole  # type: ignore[attr-defined]


def test_a_mixin_cannot_override_a_check_silently() -> None:
    class Mixin:
        def test_an_answer_comes_whole(self) -> None: ...

    with pytest.raises(TypeError, match="overrides or removes"):
        type("Mixed", (Mixin, ProviderConformance), {})


@pytest.mark.parametrize("known", [{"test_no_such": "because"}, {"test_an_answer_comes_whole": ""}])
def test_known_failures_name_checks_and_reasons(known: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="must name a check and give a reason"):
        suite(known_failures=known)


@pytest.mark.parametrize(
    ("check", "arguments", "plugin", "members"),
    [
        ("test_an_option_is_sent", (), Plugin(info=attrs.evolve(INFO, options=None)), {}),
        ("test_members_of_the_caller_are_sent", (), Plugin(info=attrs.evolve(INFO, options=None)), {}),
        ("test_any_name_of_a_model_is_sent_or_refused", ("/ours",), Plugin(), {"sent_model": "other"}),
        (
            "test_a_setting_of_zero_is_sent_as_meant",
            ("seed",),
            Plugin(capabilities=lambda _: Capabilities(settings={"seed": NO})),
            {"options": {"on_unsupported": "raise"}},
        ),
    ],
)
def test_a_check_that_does_not_apply_is_skipped(
    check: str, arguments: tuple[str, ...], plugin: Plugin, members: dict[str, Any]
) -> None:
    kind: Any = suite(provider=plugin, name="sound", model="large", server_dialect=CHAT, **members)
    with pytest.raises(pytest.skip.Exception, match="does not apply"):
        getattr(kind(), check)(*arguments)


@pytest.mark.parametrize("member", ["credentials", "ambient"])
def test_credentials_that_are_too_short_to_be_masked_are_refused(member: str) -> None:
    with pytest.raises(TypeError, match="session_token must have 8 characters"):
        suite(**{member: {"access_key": "AK-OF-THE-TEST", "session_token": "a-token"}})


def test_checks_without_the_member_of_the_dialect_are_not_shown() -> None:
    kind: Any = suite(server_dialect=MINIMAL)
    for name, member in (
        ("test_reasons_for_an_end_are_told_apart", "finish"),
        ("test_an_unknown_reason_is_no_stop", "finish"),
        ("test_usage_is_read_as_it_is_meant", "counts"),
        ("test_the_answer_is_named", "identity"),
        ("test_a_refusal_is_no_value", "refused"),
        ("test_reasoning_is_told_apart_from_text", "reasoned"),
        ("test_what_was_signed_goes_back", "sealed"),
        ("test_one_call_is_read", "calling"),
        ("test_settings_are_sent_together", "read_request"),
        ("test_nulls_are_no_values", 'unusual_replies\\["nulls"\\]'),
    ):
        with pytest.raises(pytest.skip.Exception, match=f"not shown: supply ServerDialect.{member}"):
            getattr(kind(), name)()
    with pytest.raises(pytest.skip.Exception, match="not shown"):
        kind().test_errors_of_another_shape_are_read("error_text")
    kind().test_an_answer_comes_whole()


def test_endpoints_that_the_dialect_does_not_describe_are_not_shown() -> None:
    prompts = Plugin(capabilities=lambda _: Capabilities(completion=YES))
    kind: Any = suite(server_dialect=MINIMAL, provider=prompts)
    for name, member in (
        ("test_a_prompt_is_answered", "prompts"),
        ("test_a_prompt_is_sent_as_meant", "prompts"),
        ("test_vectors_keep_the_order_of_the_texts", "embeddings"),
        ("test_all_models_are_listed", "listing"),
    ):
        with pytest.raises(pytest.skip.Exception, match=f"not shown: supply ServerDialect.{member}"):
            getattr(kind(), name)()
    with pytest.raises(pytest.skip.Exception, match="offers no counts"):
        kind().test_a_count_is_of_the_conversation()
    unstreamed: Any = suite(server_dialect=CHAT, provider=prompts)
    with pytest.raises(pytest.skip.Exception, match="does not stream its answers to prompts"):
        unstreamed().test_a_prompt_is_streamed()


@pytest.mark.parametrize(
    ("covered", "reason"),
    [
        (lambda _: b"a token", "what authorizes a request is not a signature"),
        (lambda _: uuid.uuid4().bytes, "never authorized twice in the same way"),
    ],
)
def test_what_is_no_signature_needs_to_cover_nothing(covered: Any, reason: str) -> None:
    kind: Any = suite(server_dialect=CHAT, provider=Signed(covered=covered), **SUITE)
    with pytest.raises(pytest.skip.Exception, match=reason):
        kind().test_a_signature_covers_the_request()
    with pytest.raises(pytest.skip.Exception, match="other credentials take the place of a key"):
        kind().test_two_keys_are_kept_apart()


def test_checks_that_do_not_apply_give_a_reason() -> None:
    bare: Any = suite(server_dialect=MINIMAL, base="", provider=Plugin(info=attrs.evolve(Plugin().info, options=None)))
    for name, reason in (
        ("test_its_options_are_typed", "no options"),
        ("test_its_options_are_documented", "no options"),
        ("test_its_options_can_be_given", "no options"),
        ("test_a_misspelt_option_is_told_with_the_right_one", "no options"),
        ("test_its_import_is_light", "registered"),
        ("test_each_try_is_authorized_once", "no function authorizes the requests"),
        ("test_a_slash_behind_the_address_is_no_segment", "no path"),
    ):
        with pytest.raises(pytest.skip.Exception, match=reason):
            getattr(bare(), name)()
    unmarked: Any = suite(server_dialect=attrs.evolve(CHAT, mark=b""))
    with pytest.raises(pytest.skip.Exception, match="no end marker"):
        unmarked().test_an_answer_needs_no_mark_behind_it()
    with pytest.raises(pytest.skip.Exception, match="cannot express"):
        suite(server_dialect=GEMINI)().calling(SampleCall(call_id="1", name="weather", pieces=("{",)))


def test_an_answer_instead_of_an_error_is_a_failure() -> None:
    made = suite(server_dialect=CHAT)()
    with made.sound() as url, pytest.raises(AssertionError, match="expected an error, got an answer"):
        made.failure(url)


def test_a_plugin_is_named_after_its_module_or_class() -> None:
    assert suite(provider=importlib.import_module("dragoman_echo"), name="").known_as() == "echo"
    assert suite(name="").known_as() == "plugin"
    assert suite(provider="groq").known_as() == "groq"


def test_a_provider_without_a_server_is_registered_and_checked() -> None:
    class Own:
        @hookimpl
        def dragoman_provider(self, config: Any) -> Any:
            made = EchoProvider(config)
            made.info = attrs.evolve(made.info, name="own")  # type: ignore[misc]
            return made

    kind: Any = suite(provider=Own(), name="own")
    kind().test_an_answer_comes_whole()
    kind().test_a_broken_neighbor_does_not_matter()
    described = kind.described()
    assert (described["provider"], described["distribution"], described["server_dialect"]) == (
        "own",
        "registered",
        None,
    )


def test_a_provider_that_cannot_be_created_is_described() -> None:
    described = suite(provider="nobody").described()
    assert (described["provider"], described["distribution"]) == ("nobody", "")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import dragoman", {}),
        ("print('hello')", {"output": "hello"}),
        ("import os; os.environ['OF_THE_TEST'] = '1'", {"environment": ["OF_THE_TEST"]}),
        ("import threading; threading.Thread(target=threading.Event().wait).start()", {"threads": 1}),
        ("import warnings; warnings.warn('soon', DeprecationWarning)", {"error": "DeprecationWarning: soon"}),
        (
            "import socket, contextlib\nwith contextlib.suppress(OSError): socket.create_connection(('127.0.0.1', 9))",
            {"connected": True},
        ),
    ],
)
def test_side_effects_of_an_import_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, found: dict[str, Any]
) -> None:
    (tmp_path / "imported_by_the_test.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    import_report.cache_clear()
    report = attrs.asdict(import_report("imported_by_the_test:plugin"))
    texts = {name: report[name].strip().rpartition("\n")[2] for name in ("output", "error")}
    values = {name: report[name] for name in ("environment", "threads", "connected")}
    nothing: dict[str, Any] = {"environment": [], "threads": 0, "connected": False, "output": "", "error": ""}
    assert values | texts == nothing | found
    import_report.cache_clear()


def test_an_import_that_terminates_the_process_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "terminates_the_process.py").write_text("import os\nos._exit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(pytest.fail.Exception, match="terminated the process"):
        import_report("terminates_the_process")


def test_a_custom_dialect_supports_all_faults() -> None:
    kind: Any = suite(server_dialect=MINIMAL)
    for name in ("trunc_clean", "mid_error"):
        with FaultServer(server_dialects=(MINIMAL,)) as server:
            assert kind().failure(server.url_of(name), streamed=True)
    assert all(server_dialect.endings != ("",) for server_dialect in SERVER_DIALECTS)


class Refusing(SoundChat):
    """Refuse everything except plain text without a seed."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        assert isinstance(request, ChatRequest)
        plain = all(isinstance(part, Text) and part.seal is None for each in request.messages for part in each.parts)
        if not plain or request.tools or request.output.kind != "text" or request.settings.seed is not None:
            message = "this dialect cannot express it"
            raise UnsupportedError(message)
        return super().encode(request, stream=stream)


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("test_the_choice_of_a_tool_is_sent", ("required",)),
        ("test_choices_of_tools_are_told_apart", ()),
        ("test_media_in_a_result_is_not_lost", ()),
        ("test_any_schema_is_sent_or_refused", ("plain",)),
        ("test_schemas_are_not_changed", ("plain",)),
        ("test_a_wish_for_json_is_sent", ()),
        ("test_media_is_sent_or_refused", ("image",)),
        ("test_data_is_sent", ()),
        ("test_what_another_signed_is_not_sent", ("text",)),
        ("test_what_is_held_back_is_written_down", ("text",)),
        ("test_a_setting_does_what_is_declared", ("seed",)),
        ("test_what_was_not_asked_is_not_sent", ()),
    ],
)
def test_checks_pass_if_a_dialect_refuses_the_request(check: str, arguments: tuple[Any, ...]) -> None:
    kind: Any = suite(server_dialect=CHAT, provider=Plugin(dialect=Refusing))
    getattr(kind(), check)(*arguments)


def test_checks_of_refused_content_are_skipped() -> None:
    kind: Any = suite(server_dialect=CHAT, provider=Plugin(dialect=Refusing))
    with pytest.raises(pytest.skip.Exception, match="does not accept images"):
        kind().test_media_keeps_its_place()
    with pytest.raises(pytest.skip.Exception, match="does not support seed"):
        kind().test_a_setting_keeps_its_value("seed")
    for check, argument in (
        ("test_media_is_sent_as_meant", "image"),
        ("test_tools_are_sent_as_meant", "auto"),
        ("test_a_setting_is_sent_as_meant", "seed"),
        ("test_an_output_format_is_sent_as_meant", "json"),
    ):
        with pytest.raises(pytest.skip.Exception, match="does not apply: the provider"):
            getattr(kind(), check)(argument)
    kind().test_settings_are_sent_together()
    in_process: Any = suite(provider=Plugin(dialect=Refusing), options={"api_key": "sk-of-the-test"})
    in_process().test_a_tool_is_called_in_process()


def test_unsupported_features_are_refused_or_skipped() -> None:
    limited = Capabilities(tools=NO, json_schema=NO, completion=YES)
    kind: Any = suite(server_dialect=CHAT, provider=Plugin(capabilities=lambda _: limited))
    kind().test_tools_are_refused_where_there_are_none()
    kind().test_a_schema_is_refused_where_there_is_none()
    for check, reason in (
        ("test_tools_are_offered", "does not support tools"),
        ("test_a_schema_is_sent", "does not support schemas"),
    ):
        with pytest.raises(pytest.skip.Exception, match=reason):
            getattr(kind(), check)()
    kind().test_requests_are_not_changed()


class WithoutPreview:
    """Hide the preview of requests, like a provider built on the SDK of a vendor."""

    def __init__(self, inner: Any) -> None:
        self.info, self.capabilities, self.aclose = inner.info, inner.capabilities, inner.aclose
        self.complete, self.chat, self.stream = inner.complete, inner.chat, inner.stream


class WithoutPreviewPlugin(Plugin):
    @hookimpl
    def dragoman_provider(self, config: Any) -> Any:
        return WithoutPreview(super().dragoman_provider(config))


def test_a_provider_without_preview_is_checked_by_its_requests() -> None:
    kind: Any = suite(server_dialect=CHAT, provider=WithoutPreviewPlugin())
    kind().test_tools_are_offered()
    kind().test_what_another_signed_is_not_sent("text")
    with pytest.raises(pytest.skip.Exception, match="no preview"):
        kind().test_what_is_shown_is_what_is_sent()


class ClosingInBackground(SoundProvider):
    """Clean up in a background task after closing."""

    async def aclose(self) -> None:
        self.closing = asyncio.create_task(asyncio.sleep(0.01))
        await super().aclose()


def test_a_short_background_task_is_awaited() -> None:
    kind: Any = suite(server_dialect=CHAT, provider=Plugin(provider=ClosingInBackground))
    kind().test_no_task_is_left_behind()


def test_the_import_probe_runs_in_this_process() -> None:
    report = probe("json")
    assert (report["connected"], report["environment"], report["error"]) == (False, [], "")
    assert "No module named" in str(probe("no_such_module")["error"])
