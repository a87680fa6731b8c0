"""The file of a cassette is written exchange by exchange, and can be read at every moment."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, SyncLLM
from dragoman_recorder import Cassette, CassetteError, CassetteMissError, CassetteWriteError, using
from dragoman_recorder.cassette_format import HEAD, TAIL

resource = pytest.importorskip("resource")


def echo(**options: Any) -> LLM:
    return LLM(LLMConfig(model="echo", num_retries=0, **options))


def recorded(path: Path) -> list[str]:
    return [exchange["request"]["prompt"] for exchange in json.loads(path.read_text("utf-8"))["exchanges"]]


def ask(path: Path, *prompts: str, mode: str = "auto") -> None:
    with using(path, mode), SyncLLM(LLMConfig(model="echo")) as llm:
        for prompt in prompts:
            assert llm.completion(prompt) == prompt


def file_names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_truncated_file_is_read_up_to_its_last_complete_exchange(tmp_path: Path) -> None:
    path, prompts = tmp_path / "x.json", ["short", "ä\u2028€ 𝄞 }\n]\n" + "long " * 20, "}"]
    ask(path, *prompts)
    content = path.read_bytes()
    ends = [content.index(f'"began": {n}'.encode()) for n in range(3)]
    for end in range(len(content)):
        path.write_bytes(content[:end])
        found = [exchange.question.request["prompt"] for exchange in Cassette(path, "replay").exchanges]
        assert found == prompts[: len(found)]
        assert sum(each < end for each in ends) - len(found) in {0, 1}
        assert len(found) == 3 or end < len(content) - len(TAIL)


@pytest.mark.parametrize("cut", [5, len(HEAD) + 3, -1, -len(TAIL), -len(TAIL) - 20, -200])
def test_the_next_recording_repairs_a_truncated_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.json"
    ask(path, "one", "two")
    path.write_bytes(path.read_bytes()[:cut])
    ask(path, "three")
    assert recorded(path)[-1] == "three"
    assert recorded(path)[:-1] == ["one", "two"][: len(recorded(path)) - 1]
    assert file_names(tmp_path) == ["x.json"]


def test_an_error_within_a_complete_file_is_not_taken_for_truncation(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    ask(path, "one", "two" * 50)
    content = path.read_text("utf-8")
    for wrong in (
        content.replace('"one"', "one"),
        content.replace('"kind"', "kind"),
        content.replace("\n    }", "\n    )"),
        content.replace("\n  ]\n}\n", ",\n  ]\n}\n"),
    ):
        path.write_text(wrong, "utf-8")
        if wrong.endswith(",\n  ]\n}\n"):  # a crash may leave this
            assert len(Cassette(path).exchanges) == 2
            continue
        with pytest.raises(CassetteError, match=r"x\.json is not a cassette: line \d+ is not JSON"):
            Cassette(path)


def test_a_file_of_the_first_format_is_read_and_converted_by_the_next_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    ask(path, "one", "two")
    exchanges = json.loads(path.read_text("utf-8"))["exchanges"]
    for exchange in exchanges:
        del exchange["began"]
    old = json.dumps({"format": 1, "exchanges": exchanges})
    path.write_text(old)
    path.chmod(0o640)
    ask(path, "one", "two", mode="replay")
    assert path.read_text() == old
    ask(path, "one", "two", "three")
    assert path.read_bytes().startswith(HEAD)
    assert recorded(path) == ["one", "two", "three"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert file_names(tmp_path) == ["x.json"]


def test_a_question_that_was_recorded_before_a_pattern_was_given_is_still_found(tmp_path: Path) -> None:
    ask(tmp_path / "x.json", "call 1234", "call 5678")
    with using(tmp_path / "x.json", "replay", scrub=[r"\d{4}"]), SyncLLM(LLMConfig(model="echo")) as llm:
        assert llm.completion("call 1234") == "call 5678"  # the pattern makes both questions the same
        with pytest.raises(CassetteMissError):
            llm.completion("call")


async def test_each_call_writes_and_hashes_only_its_own_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dragoman_recorder import cassette_file, exchange  # noqa: PLC0415

    written, digests = [], []
    write, digest = os.write, exchange.hashlib.sha256
    monkeypatch.setattr(cassette_file.os, "write", lambda fd, data: written.append(len(data)) or write(fd, data))
    monkeypatch.setattr(exchange.hashlib, "sha256", lambda data=b"": digests.append(len(data)) or digest(data))
    with using(tmp_path / "x.json", "record"):
        for number in range(200):
            await echo().completion(f"{number:04}")
    assert len(written) == 200
    assert max(written) < 2 * min(written)
    assert len(digests) == 200
    digests.clear()
    with using(tmp_path / "x.json", "replay"):
        for number in range(200):
            await echo().completion(f"{number:04}")
    assert len(digests) == 400  # once for each recording, once for each question


class FullDisk:
    """Fail after a number of written bytes, as a full disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self._write, self.room = os.write, room
        monkeypatch.setattr("dragoman_recorder.cassette_file.os.write", self)

    def __call__(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            self.room = 1 << 30  # the old content can be restored
            raise OSError(errno.ENOSPC, "No space left on device")
        count = self._write(descriptor, bytes(data)[: self.room])
        self.room -= count
        return count


@pytest.mark.parametrize("room", [0, 1, 7, 8, 9, 100, 300])
async def test_a_full_disk_loses_neither_an_answer_nor_an_earlier_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, room: int
) -> None:
    path = tmp_path / "x.json"
    for earlier in ([], ["one"]):
        with pytest.raises(CassetteWriteError, match=r"1 exchange is missing in .*x\.json.*No space") as caught:  # noqa: PT012, SIM117  # the block raises at its end
            with using(path, "auto") as cassette, monkeypatch.context() as patch:
                disk = FullDisk(patch, room)
                assert await echo().completion("lost " * 200) == "lost " * 200
                assert disk.room > 300
                assert cassette.failure is not None
        assert isinstance(caught.value, OSError)
        assert "was not recorded" in caplog.text
        assert (recorded(path) if earlier else file_names(tmp_path)) == earlier
        with using(path, "auto"):
            await echo().completion("one")
        assert recorded(path) == ["one"]
    assert file_names(tmp_path) == ["x.json"]


async def test_a_failure_to_record_is_added_to_another_error_as_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyError) as caught, using(tmp_path / "x.json", "record"):  # noqa: PT012  # the block raises at its end
        FullDisk(monkeypatch, 0)
        await echo().completion("lost")
        raise KeyError
    assert "1 exchange is missing" in caught.value.__notes__[0]


async def test_a_file_size_limit_is_handled_like_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    ask(path, "one")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    content = path.read_bytes()
    with pytest.raises(CassetteWriteError, match="too large"), using(path, "auto"):  # noqa: PT012  # the block raises at its end
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) + 100, limit[1]))
        try:
            assert await echo().completion("x" * 3000) == "x" * 3000
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert path.read_bytes() == content


async def test_a_failure_while_an_answer_is_recorded_does_not_lose_it(tmp_path: Path) -> None:
    def scrub(text: str) -> str:
        if "assistant" in text:
            raise LookupError(text)
        return text

    with pytest.raises(CassetteWriteError, match="failed with LookupError"), using(tmp_path / "x.json", scrub=scrub):
        assert await echo().completion("Hello") == "Hello"


async def test_a_file_that_cannot_be_written_is_reported_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with using(tmp_path / "file" / "x.json", "record") as cassette:
        with pytest.raises(CassetteWriteError, match="cannot be written"):
            await echo().completion("Hello")
        assert cassette.failure is None


RECORDING_PROGRAM = """
    import sys
    from dragoman import LLMConfig, SyncLLM
    from dragoman_recorder import using
    with using(sys.argv[1], "auto"), SyncLLM(LLMConfig(model="echo")) as llm:
        for number in range(int(sys.argv[3])):
            llm.completion(f"{sys.argv[2]} {number} " + "x" * 2000)
            print(number, flush=True)
"""


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", dedent(RECORDING_PROGRAM), str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_and_threads_can_record_to_one_cassette(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    others = [start(path, name, 20) for name in ("a", "b")]
    threads = [threading.Thread(target=ask, args=(path, *(f"{name} {n} " for n in range(20)))) for name in "cd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.communicate()
        assert other.returncode == 0
    assert sorted(prompt.rstrip("x") for prompt in recorded(path)) == sorted(
        f"{name} {number} " for name in "abcd" for number in range(20)
    )
    assert file_names(tmp_path) == ["x.json"]


def test_a_reader_waits_while_another_one_writes(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "x.json"
    ask(path, "old")
    content = path.read_bytes()
    read: list[int] = []
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content[:40] + b"}" * (len(content) - 40))
        file.flush()
        reader = threading.Thread(target=lambda: read.append(len(Cassette(path, "replay").exchanges)))
        reader.start()
        reader.join(0.1)
        assert read == []
        file.seek(0)
        file.write(content)
    reader.join()
    assert read == [1]


def test_a_killed_process_leaves_what_it_has_recorded(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with start(path, "a", 100_000) as other:
        assert other.stdout is not None
        for _ in range(20):
            other.stdout.readline()
        other.send_signal(signal.SIGKILL)
    count = len(Cassette(path, "replay").exchanges)
    assert count >= 20
    ask(path, "more")
    assert len(recorded(path)) == count + 1


def test_recordings_that_replace_a_file_at_the_same_time_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    ask(path, "old")
    first, second = Cassette(path, "record"), Cassette(path, "record")
    exchange = Cassette(path).exchanges[0]
    for cassette in (first, second, first):
        cassette.fill(cassette.reserve(), lambda: exchange)
    assert recorded(path) == ["old"] * 3
    assert (first.failure, second.failure) == (None, None)


def test_a_symbolic_link_to_a_cassette_is_preserved(tmp_path: Path) -> None:
    ask(tmp_path / "x.json", "one")
    (tmp_path / "y.json").symlink_to("x.json")
    ask(tmp_path / "y.json", "two", mode="record")
    assert recorded(tmp_path / "x.json") == ["two"]


def test_lone_surrogates_and_infinite_numbers_are_recorded_as_json(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    ask(path, "a \ud800 b")
    assert recorded(path) == ["a \ud800 b"]
    ask(path, "a \ud800 b", mode="replay")
    with using(path, "auto"), SyncLLM(LLMConfig(model="echo")) as llm:
        llm.generate("x", options={"acme": {"n": float("inf")}})
    assert json.loads(path.read_text("utf-8"))["exchanges"][1]["request"]["options"]["acme"] == {"n": None}
