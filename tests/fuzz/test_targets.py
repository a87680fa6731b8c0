"""Every target runs without a fuzzer, with its seeds and with mutations of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz.__main__ import arguments, main, selected
from fuzz.targets import TARGETS, Target

every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@every_target
def test_seeds(target: Target) -> None:
    assert len(target.seeds) == len(set(target.seeds))
    for seed in target.seeds:
        target.run(seed)


@every_target
def test_mutations_are_reproducible_and_pass(target: Target) -> None:
    for number, seed in enumerate(target.seeds):
        changed = target.mutated(seed, random.Random(number))  # noqa: S311  # reproducible, not cryptographic
        assert changed == target.mutated(seed, random.Random(number))  # noqa: S311  # reproducible, not cryptographic
        target.run(changed)


def test_every_dialect_has_targets() -> None:
    ways: dict[str, set[str]] = {}
    for name in TARGETS:
        dialect, _, way = name.rpartition("-")
        ways.setdefault(dialect, set()).add(way)
    providers = {name.partition(".")[0] for name in ways}
    assert providers >= {"openai", "anthropic", "google", "azure", "groq", "cohere", "mistral", "openrouter", "bedrock"}
    assert all(each == {"stream", "reply", "error"} for each in ways.values())
    assert selected(["google.generate"]) == [f"google.generate-{way}" for way in ("stream", "reply", "error")]
    with pytest.raises(SystemExit, match="no target begins with 'nobody'"):
        selected(["nobody"])


def test_a_single_input_can_be_replayed(tmp_path: Path) -> None:
    saved = tmp_path / "crash"
    saved.write_bytes(b'{"candidates": [{"index": [[0]]}]}')
    assert main(["--replay", str(saved), "google.generate-reply"]) == 0
    assert arguments([]).runs == 20_000
