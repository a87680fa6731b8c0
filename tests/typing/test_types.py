"""The type checkers agree with the assertions in the files of this folder."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHECKED = sorted(str(path) for path in HERE.glob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_public_types_are_as_asserted(checker: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here; the session `types` has it")
    options = {"mypy": ["--cache-dir", str(tmp_path)], "pyright": ["--pythonpath", sys.executable]}[checker]
    command = [sys.executable, "-m", checker, *options, *CHECKED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "wrong", ["Message(5, 'Hi')", "Message('user', 5)", "Message('user', 'Hi').role = 'x'", "Message()"]
)
def test_a_wrong_use_is_noticed(wrong: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed here; the session `types` has it")
    path = tmp_path / "wrong.py"
    path.write_text(f"from dragoman.spec.message import Message\n{wrong}\n")
    cache = ROOT / ".mypy_cache"
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "wrong.py:2: error" in done.stdout
