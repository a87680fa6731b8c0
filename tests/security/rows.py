"""The checklist: promises about keys, replies and plugins, and the tests that verify them."""

from __future__ import annotations

from attrs import frozen

LEAKS = "security/test_nothing_leaks.py::test_"
ADDRESSES = "security/test_addresses.py::test_"
REPLIES = "security/test_replies.py::test_"
TERMINAL = "security/test_terminal.py::test_"
ODD = "core/http/test_odd_replies.py::test_"
TLS = "security/test_tls.py::test_"
SUPPLY = "security/test_supply.py::test_"
ENDPOINT = "core/http/test_endpoint.py::Test"
TRANSPORT = "core/http/transport/test_transport.py::Test"
PLUGINS = "core/plugins/test_registry.py::test_"
VENDORS = "plugins/test_credentials_of_vendors.py::test_"
HIDDEN = "core/test_secrets_stay_hidden.py::test_"
RECORDER = "plugins/test_recorder_secrets.py::test_"
RECORDINGS = "plugins/test_recorder_files.py::test_"
CLAIMS = "security/test_claims.py::test_"
WHEELS = "distributions/test_wheels.py::test_"


@frozen
class Row:
    """Describe one promise.

    Args:
        number: its number in the list.
        promise: what is promised.
        tests: the tests that verify it, as pytest names them below ``tests``.
        partly: what the promise does not cover.
        absent: why it does not apply.

    """

    number: int
    promise: str
    tests: tuple[str, ...] = ()
    partly: str = ""
    absent: str = ""


ROWS = (
    Row(
        1,
        "Neither repr, str, a format nor `vars` of any public object shows a key",
        (
            f"{LEAKS}a_configuration_shows_no_credential_wherever_it_stands",
            f"{LEAKS}an_answer_holds_no_key",
            f"{HIDDEN}nothing_public_shows_the_key",
            f"{VENDORS}a_key_is_never_shown",
        ),
    ),
    Row(
        2,
        "`attrs.asdict`, the converter and JSON show a mask instead of a key",
        (
            f"{LEAKS}what_attrs_and_json_make_of_a_provider_configuration_is_masked",
            f"{LEAKS}an_answer_holds_no_key",
            "core/spec/test_secret.py::test_it_prints_as_a_mask_to_everyone",
        ),
        partly="`LLMConfig.to_dict()` contains the key, since `from_dict` needs it; `to_dict(redact=True)` does not",
    ),
    Row(
        3,
        "Pickling a credential is refused, copies keep it hidden, and errors are pickled without it",
        (
            f"{LEAKS}no_pickle_holds_the_key",
            f"{LEAKS}copies_keep_the_key_and_show_none",
            f"{HIDDEN}what_is_pickled_holds_no_key",
            "core/spec/test_secret.py::test_a_secret_is_not_pickled",
        ),
    ),
    Row(
        4,
        "No error caused by a server, the network or a wrong argument shows a key: not in its text, repr, arguments, "
        "notes or chained exceptions",
        (
            f"{LEAKS}no_fault_brings_the_key_out",
            f"{LEAKS}no_missing_server_brings_the_key_out",
            f"{LEAKS}no_mistake_brings_the_key_out",
            "core/http/test_secrets.py::test_no_answer_brings_it_out",
            "core/http/test_secrets.py::test_a_cancellation_does_not_bring_it_out",
            "security/test_echoed_keys.py::test_are_not_repeated",
        ),
        partly="if a server repeats the key, the frames of a failing stream hold the unmodified reply",
    ),
    Row(
        5,
        "A key with a line break, surrounding whitespace or non-ASCII characters is refused before a request is "
        "sent, without being shown",
        (
            "core/spec/test_secret.py::test_a_key_that_no_header_can_carry_is_refused_without_being_shown",
            f"{LEAKS}no_variable_that_no_header_can_carry_is_shown",
            f"{LEAKS}no_mistake_brings_the_key_out",
            "properties/test_config.py::test_a_secret_is_taken_or_refused_without_being_shown",
        ),
    ),
    Row(
        6,
        "A traceback with the local variables of every frame shows no key",
        (f"{LEAKS}no_fault_brings_the_key_out", f"{LEAKS}no_mistake_brings_the_key_out"),
        partly="a credential passed to a single call, which does not accept one, stays in the frames of that call",
    ),
    Row(
        7,
        "No logger emits a key at any level; Dragoman itself logs models, sizes, times and ids, and no content",
        (f"{LEAKS}no_fault_brings_the_key_out", f"{SUPPLY}few_modules_of_dragoman_log_anything"),
    ),
    Row(
        8,
        "The mask has a fixed length and shows no character of the key",
        (f"{LEAKS}a_mask_shows_nothing_of_the_key",),
    ),
    Row(
        9,
        "The tests also search for a key in its encodings: percent, base64, hexadecimal, repr, reversed, pieces of 8 "
        "characters",
        (f"{LEAKS}the_search_would_find_every_form",),
    ),
    Row(
        10,
        "A key for Gemini is sent in `x-goog-api-key`, never in the URL",
        (f"{VENDORS}a_given_key_goes_to_a_foreign_host", f"{VENDORS}each_variable_of_a_key_is_read"),
    ),
    Row(
        11,
        "No redirect is followed",
        (f"{VENDORS}a_redirect_is_not_followed", "faults/test_matrix.py::test_the_outcome_is_as_required"),
    ),
    Row(
        12,
        "A key from the environment is sent only to the hosts that its provider claims; lookalikes are refused",
        (
            "properties/test_credentials.py::test_an_ambient_key_goes_only_where_it_belongs",
            f"{VENDORS}a_lookalike_gets_nothing",
            f"{VENDORS}a_foreign_host_gets_nothing_from_the_environment",
            f"{VENDORS}a_vendor_gets_no_key_of_another",
        ),
    ),
    Row(
        13,
        "No option of a single call changes the host, the credentials or the security of the connection",
        (
            f"{ADDRESSES}no_wish_of_one_call_changes_where_it_goes",
            f"{ADDRESSES}no_header_of_one_call_changes_who_asks",
            f"{ADDRESSES}what_is_added_to_the_body_stays_in_the_body",
        ),
    ),
    Row(
        14,
        "A key, also one in a header, is sent over plain HTTP only to this machine, unless `allow_insecure=True`",
        (
            f"{ADDRESSES}a_credential_among_the_headers_does_not_travel_in_the_clear",
            f"{ADDRESSES}without_a_key_too_the_headers_do_not_travel_in_the_clear",
            f"{VENDORS}no_key_travels_in_the_clear",
            f"{ENDPOINT}Credential::test_does_not_travel_in_the_clear",
        ),
    ),
    Row(
        15,
        "A base URL with a user, a query, a fragment or `..` is refused, and a model name cannot change the path "
        "around it",
        (
            f"{ENDPOINT}BaseUrl::test_that_is_none_is_refused",
            f"{ENDPOINT}BaseUrl::test_has_its_version_exactly_once",
            f"{ADDRESSES}no_name_of_a_model_leaves_its_place",
            f"{VENDORS}an_address_with_two_readings_is_refused",
        ),
    ),
    Row(
        16,
        "A line break in a header, a header name or a model name adds no header",
        (
            f"{ADDRESSES}no_value_of_a_header_adds_another",
            f"{ADDRESSES}even_the_transport_takes_no_line_end",
            f"{ADDRESSES}no_name_of_a_model_leaves_its_place",
        ),
    ),
    Row(
        17,
        "No URL in a message is fetched",
        (f"{REPLIES}no_address_in_a_message_is_fetched",),
    ),
    Row(
        18,
        "No path in a message is read",
        (f"{REPLIES}a_path_in_a_message_stays_a_text", f"{REPLIES}the_test_would_notice_a_file"),
    ),
    Row(
        19,
        "A reply triggers no action: nothing is evaluated, imported or run, and a truncated tool call cannot be run",
        (
            f"{REPLIES}no_source_can_run_what_arrives",
            f"{REPLIES}nothing_is_imported_by_a_name_that_arrives",
            f"{REPLIES}no_tool_is_run_by_itself",
            f"{REPLIES}a_call_that_was_cut_cannot_be_run",
        ),
    ),
    Row(
        20,
        "Every size is limited: reply, event, head, displayed body, decompressed bytes, nesting",
        (
            f"{REPLIES}a_reply_may_be_as_deep_as_it_likes",
            f"{REPLIES}arguments_may_be_as_deep_as_they_like",
            f"{REPLIES}a_file_may_be_as_deep_as_it_likes",
            f"{REPLIES}every_size_has_a_limit",
            f"{REPLIES}no_head_is_larger_than_its_limit",
            f"{REPLIES}no_body_of_an_error_is_shown_whole",
            f"{TRANSPORT}Bodies::test_that_explode",
        ),
        partly="a member that the dialect does not read may be nested 500 levels deep in `Response.raw`, which "
        "pickle refuses",
    ),
    Row(
        21,
        "TLS 1.2 or later is verified unless both `verify=False` and `allow_insecure=True` are set; `SSL_CERT_FILE` or "
        "`verify=` name a private certificate authority",
        (
            f"{TLS}two_options_together_turn_it_off_and_nothing_else",
            "core/http/transport/test_tls.py::TestVerify::test_trusts_an_authority_of_ones_own",
            "core/http/transport/test_tls.py::TestVerify::test_of_nobody_wants_allow_insecure_beside_it",
            "core/http/transport/test_tls.py::TestClientCertificates::test_are_shown",
            f"{TLS}an_authority_of_ones_own_is_trusted_when_the_environment_names_it",
            f"{TLS}a_certificate_for_another_name_is_refused",
            f"{TLS}a_version_before_1_2_is_refused",
            f"{TLS}what_allows_plain_http_allows_no_false_certificate",
        ),
    ),
    Row(
        22,
        "Proxies of the environment and `NO_PROXY` are respected unless `DRAGOMAN_TRUST_ENV=0`, and are never used for "
        "this machine; a password is sent only to the proxy and is not shown",
        (
            f"{TRANSPORT}Proxies::test_of_the_environment_are_obeyed",
            f"{TRANSPORT}Proxies::test_of_the_environment_can_be_ignored",
            f"{TRANSPORT}Proxies::test_spare_what_no_proxy_names",
            f"{TRANSPORT}Proxies::test_that_fail_are_named_without_their_password",
            f"{TRANSPORT}Proxies::test_spare_this_machine",
            "core/http/transport/test_proxy.py::TestThisMachine::test_is_never_asked_through_a_proxy_of_the_environment",
            "core/http/transport/test_proxy.py::TestAddresses::test_that_are_none_are_refused_unseen",
            "core/http/transport/test_tunnel.py::test_the_password_goes_to_the_proxy_alone",
            "core/http/transport/test_tunnel.py::test_a_proxy_that_repeats_the_password_brings_it_out_nowhere",
            "core/http/transport/test_tunnel.py::test_a_proxy_that_never_answers_is_given_up_in_time",
        ),
    ),
    Row(
        23,
        "No `.netrc`, no cookies, no `Referer`",
        (
            f"{ADDRESSES}a_request_says_nothing_of_this_machine",
            f"{TRANSPORT}Requests::test_keep_no_cookies",
        ),
    ),
    Row(
        24,
        "Keys are compared in constant time, and no identifier is derived from a key",
        (f"{SUPPLY}no_key_is_compared_or_made_into_a_name", "core/spec/test_secret.py::test_secrets_compare_by_value"),
    ),
    Row(
        25,
        "Plugins are found by metadata alone; only the plugin that answers is imported",
        (
            f"{PLUGINS}metadata_is_read_without_importing",
            f"{PLUGINS}a_provider_is_imported_when_it_is_made_and_only_once",
            "core/test_import.py::test_naming_a_model_imports_nothing_and_using_it_one_provider_beside_extensions",
        ),
    ),
    Row(
        26,
        "`DRAGOMAN_PLUGINS` and `DRAGOMAN_DISABLE_PLUGINS` block distributions before they are imported",
        (f"{PLUGINS}plugins_are_blocked_by_distribution_before_import",),
    ),
    Row(
        27,
        "`dragoman plugins` lists the installed plugins without importing them",
        ("core/cli/test_cli.py::test_plugins_lists_and_imports_none",),
    ),
    Row(
        28,
        "Two distributions that provide the same name are an error that names both; none is chosen silently",
        (
            f"{PLUGINS}two_distributions_with_one_name_are_a_conflict_at_use",
            f"{WHEELS}no_provider_or_model_prefix_is_claimed_twice",
        ),
    ),
    Row(
        29,
        "A plugin that cannot be imported affects no other plugin; its error is raised when it is used",
        (
            f"{PLUGINS}a_broken_plugin_is_a_record_and_its_error_is_raised_when_it_is_asked_for",
            f"{PLUGINS}a_broken_extension_is_a_diagnosis_not_silence",
            "core/client/test_binding.py::test_a_broken_extension_stops_no_call_and_is_told",
        ),
    ),
    Row(
        30,
        "No hook call shows a key, even if pluggy traces every argument; the hooks of a provider see only its own "
        "bindings",
        (
            f"{SUPPLY}no_hook_call_shows_a_key",
            f"{PLUGINS}the_call_hooks_of_a_provider_see_only_its_own_bindings",
        ),
        partly="an extension is code that the user installed: it can read the attributes of a provider",
    ),
    Row(
        31,
        "No name in a configuration or a reply is imported",
        (
            f"{REPLIES}nothing_is_imported_by_a_name_that_arrives",
            "core/plugins/test_resolution.py::test_resolution_imports_nothing_but_extensions",
        ),
    ),
    Row(
        32,
        "Few dependencies, none with a known vulnerability, all locked by hash; only the LiteLLM plugin depends on "
        "LiteLLM",
        (
            f"{SUPPLY}no_release_with_a_known_hole_is_taken",
            f"{SUPPLY}the_core_needs_three_distributions",
            f"{SUPPLY}everything_in_the_lock_has_a_hash",
            f"{SUPPLY}litellm_is_asked_for_by_its_own_plugin_alone_and_never_compromised",
        ),
    ),
    Row(
        33,
        "The wheels contain only their package, and building them runs no code of this project",
        (
            f"{WHEELS}holds_its_package_and_nothing_else",
            f"{WHEELS}holds_every_module_of_the_source_tree",
            f"{SUPPLY}building_runs_no_code_of_ours",
        ),
        partly="attestations are created when a release is published, outside this repository",
    ),
    Row(
        34,
        "Messages spell the names of distributions exactly as published",
        (
            f"{SUPPLY}names_of_ours_are_told_exactly",
            f"{WHEELS}the_core_names_for_installation_what_the_plugins_declare",
            "core/plugins/test_resolution.py::test_a_missing_plugin_is_named_with_the_line_that_installs_it",
        ),
        partly="reserving names is a matter of the package index",
    ),
    Row(
        35,
        "Importing opens no connection, starts no thread and reads no key; LiteLLM is prevented from fetching its "
        "price tables",
        (
            f"{SUPPLY}importing_connects_to_nobody_starts_no_thread_and_reads_no_key",
            f"{SUPPLY}litellm_is_told_to_fetch_nothing_before_it_is_imported",
            "core/test_import.py::test_importing_dragoman_imports_nothing_costly",
        ),
    ),
    Row(
        36,
        "The servers of the tests listen only on this machine, and a test that connects to another machine fails",
        (f"{SUPPLY}no_test_reaches_another_machine",),
    ),
    Row(
        37,
        "A credential of a single attempt, such as a token of Entra ID or Vertex AI, is masked wherever a server may "
        "repeat it, in every encoding: text, body, headers, notes, causes, frames and partial answers",
        (
            "security/test_echoed_tokens.py::test_are_not_repeated",
            "security/test_echoed_tokens.py::test_are_not_repeated_by_other_operations",
            "security/test_echoed_tokens.py::TestWhatAuthorizes::test_is_masked_under_any_name",
            "security/test_echoed_tokens.py::TestWhatAuthorizes::test_is_masked_when_it_is_fresh",
            "security/test_echoed_tokens.py::TestInTheMiddle::test_of_a_stream",
            "security/test_echoed_tokens.py::TestInTheMiddle::test_of_what_a_plugin_fails_with",
            "core/http/test_redaction.py::test_every_form_is_masked",
            "core/http/test_redaction.py::test_no_secret_is_left_whole",
        ),
        partly="a value of fewer than 8 characters is not masked, since it may be an ordinary word",
    ),
    Row(
        38,
        "A cassette contains no secret; secrets are found by value, form or name, in text, JSON, base64 or split "
        "pieces",
        (
            f"{RECORDER}a_key_is_recognized_by_its_format",
            f"{RECORDER}a_secret_is_recognized_by_the_name_before_it",
            f"{RECORDER}a_known_secret_is_found_in_every_encoding",
            f"{RECORDER}pieces_are_scrubbed_as_one_text",
            f"{RECORDER}no_exchange_holds_a_secret_and_streams_replay_the_same_answer_as_whole_calls",
            f"{RECORDER}the_credentials_of_a_call_are_masked_whatever_their_format",
            f"{RECORDER}harmless_text_is_kept",
        ),
        partly="a secret that is neither known nor recognizable by form or name must be passed as `scrub=`",
    ),
    Row(
        39,
        "A recording loses no answer and no earlier exchange on a full disk, a truncated file, a killed process or "
        "concurrent processes",
        (
            f"{RECORDINGS}a_full_disk_loses_neither_an_answer_nor_an_earlier_recording",
            f"{RECORDINGS}a_truncated_file_is_read_up_to_its_last_complete_exchange",
            f"{RECORDINGS}a_killed_process_leaves_what_it_has_recorded",
            f"{RECORDINGS}processes_and_threads_can_record_to_one_cassette",
            "plugins/test_recorder.py::test_a_file_that_is_not_a_cassette_is_refused",
        ),
    ),
    Row(
        40,
        "A claim of a model, host, name or alias that belongs to another distribution, installed or only published, is "
        "an error that names both and says how to choose; the longer claim does not win",
        (
            f"{CLAIMS}a_prefix_of_another_is_ambiguous_installed_or_not",
            f"{CLAIMS}a_host_of_another_is_ambiguous",
            f"{CLAIMS}a_name_of_another_is_a_conflict_installed_or_not",
            f"{CLAIMS}an_alias_leads_to_no_provider_of_another",
            "properties/test_resolution.py::test_nobody_takes_a_published_model",
            "properties/test_resolution.py::test_nobody_takes_a_published_host",
            "properties/test_resolution.py::test_the_length_of_a_claim_does_not_win_over_whose_it_is",
        ),
        partly="an unpublished name belongs to the only distribution that claims it",
    ),
    Row(
        41,
        "No provider reads a variable of another vendor, and a manifest may name neither a variable nor a host of "
        "another vendor",
        (
            f"{CLAIMS}a_described_host_names_no_variable_of_another",
            f"{CLAIMS}a_described_host_is_not_that_of_another",
            f"{CLAIMS}no_provider_reads_a_variable_of_another",
            "core/spec/test_directory.py::test_a_variable_is_read_by_its_owner_alone",
        ),
        partly="a plugin with code can read the environment of its process itself",
    ),
    Row(
        42,
        "A claim that would match everything, or that imitates another, is ignored: `com`, `*`, an empty claim, "
        "another "
        "alphabet or case, a module of the standard library, more than a thousand claims, a forged name in the "
        "metadata",
        (
            f"{CLAIMS}a_claim_that_takes_all_or_only_looks_right_is_left_out",
            f"{CLAIMS}no_module_of_python_is_imported_as_a_plugin",
            f"{CLAIMS}a_flood_of_claims_is_left_out_whole",
            f"{CLAIMS}a_distribution_is_called_as_its_folder_is",
            f"{CLAIMS}no_distribution_is_called_as_the_program_itself",
        ),
    ),
    Row(
        43,
        "No answer, error, plugin or argument can control the terminal, and JSON escapes such characters",
        (
            f"{TERMINAL}no_reply_rules_it",
            f"{TERMINAL}no_argument_rules_it",
            f"{TERMINAL}no_plugin_rules_it",
            "core/cli/test_terminal.py::test_every_way_of_writing_is_filtered",
            "core/cli/test_terminal.py::test_json_holds_every_character_and_escapes_controls",
        ),
        partly="an extension that writes to the file descriptor directly, or starts another program, bypasses the "
        "filter",
    ),
    Row(
        44,
        "No server can write escape sequences, extra lines or megabytes into a log: every text of an error is plain "
        "and limited",
        (
            "core/spec/test_errors.py::test_no_text_of_an_error_rules_a_terminal_or_fills_a_log",
            f"{ODD}what_an_error_says_is_fit_to_be_logged",
            f"{ODD}what_a_head_says_is_fit_to_be_logged",
            f"{ODD}no_more_of_an_error_is_read_than_anybody_reads",
        ),
        partly="line feeds and tabs are kept in the message and the body",
    ),
    Row(
        45,
        "A base URL names one host under every parser: brackets enclose an IPv6 address, and only a port may follow",
        (f"{ENDPOINT}BaseUrl::test_that_is_none_is_refused", f"{ENDPOINT}BaseUrl::test_may_name_a_host_in_any_way"),
    ),
    Row(
        46,
        "`dragoman doctor`, `why` and `plugins` report these problems before a plugin is used",
        (
            "core/cli/test_doctor.py::test_a_problem_is_reported_with_its_fix",
            "core/cli/test_inspect.py::test_plugins_as_data",
            "core/cli/test_inspect.py::test_why_warns_of_the_distribution_that_answers",
        ),
    ),
)
