from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd.cli.cancelling import stdin_lines
from foleyd.cli.main import run
from foleyd.v1 import foleyd_pb2 as pb

METHODS = pb.DESCRIPTOR.services_by_name["Foley"].methods_by_name
SLOW = {"rule": {"prompts": ["slow"]}}


@pytest.fixture(autouse=True)
def _answering(daemon: FakeDaemon) -> None:
    pass


def call(tmp_path: Path, method: str, request: Any, *more: str) -> tuple[int, list[dict[str, Any]]]:
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    file, events = tmp_path / "request.json", tmp_path / "events.jsonl"
    file.write_bytes(text)
    events.unlink(missing_ok=True)
    code = run(["call", method, "--request", str(file), "--events", str(events), *more])
    return code, lines_of(events.read_bytes())


def lines_of(text: bytes) -> list[dict[str, Any]]:
    assert text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Any]:
    """Starts ``foley call Generate`` of a job without end and waits for its first event."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(*more: str, request: Any = SLOW, method: str = "Generate") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "foleyd", "call", method, "--request", "-", *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # What a buffer read ahead would be lost to communicate().
            bufsize=0,
        )
        begun.append(process)
        assert process.stdin is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert "error" not in first
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[bytes], **closing: Any) -> tuple[int, list[dict[str, Any]]]:
    out, err = process.communicate(timeout=20, **closing)
    assert b"Traceback" not in err
    return process.returncode, lines_of(out)


# ------------------------------------------------------------------------------------------ answers


def test_events_are_snake_case_with_plain_fields_and_int64_as_text(tmp_path: Path) -> None:
    code, events = call(tmp_path, "Generate", {"rule": {"prompts": ["rain"]}})
    assert code == 0
    assert [event["sequence"] for event in events] == ["1", "2", "3", "4", "5", "6"]
    assert events[0]["queued"] == {"position": 0}
    assert events[2]["stage"] == {"name": "see", "fraction": 0.25, "step": 0, "steps": 0, "words": ""}
    done = events[-1]["done"]
    assert done["takes"][0]["source_in_samples"] == "24024"
    assert done["takes"][0]["export_paths"] == []
    assert done["cached"] is False


def test_the_events_file_is_new_and_private(tmp_path: Path) -> None:
    call(tmp_path, "GetServerInfo", {})
    events = tmp_path / "events.jsonl"
    assert stat.S_IMODE(events.stat().st_mode) == 0o600
    events.write_text("mine")
    request = str(tmp_path / "request.json")
    assert run(["call", "GetServerInfo", "--request", request, "--events", str(events)]) == 2
    assert events.read_text() == "mine"


@pytest.mark.parametrize(
    ("prompt", "code", "terminal"),
    [
        ("rain", 0, "done"),
        ("partly", 4, "done"),
        ("stopped", 3, "cancelled"),
        ("fail NOT_FOUND", 2, "failed"),
        ("fail INTERNAL", 1, "failed"),
    ],
)
def test_the_exit_code_is_the_last_events_meaning(
    tmp_path: Path, prompt: str, code: int, terminal: str
) -> None:
    found, events = call(tmp_path, "Generate", {"rule": {"prompts": [prompt]}})
    assert found == code
    assert terminal in events[-1]
    assert not any(key in event for event in events[:-1] for key in ("done", "failed", "cancelled"))


def test_a_failed_job_carries_its_details(tmp_path: Path) -> None:
    _, events = call(tmp_path, "Generate", {"rule": {"prompts": ["fail NOT_FOUND"]}})
    (detail,) = events[-1]["failed"]["details"]
    assert detail["@type"].endswith("google.rpc.ErrorInfo")
    assert detail["reason"] == "BROKEN"


def test_a_refusal_is_one_line_with_its_details(tmp_path: Path) -> None:
    code, (line,) = call(tmp_path, "Generate", {"rule": {"prompts": ["refuse PERMISSION_DENIED"]}})
    assert code == 2
    error = line["error"]
    assert (error["code"], error["reason"], error["message"]) == ("PERMISSION_DENIED", "NO", "it is refused")
    assert error["details"][0]["metadata"] == {"fix": "foley doctor"}
    assert error["details"][1]["field_violations"][0]["field"] == "rule.prompts"


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_of_the_service_can_be_called(tmp_path: Path, method: str) -> None:
    requests: dict[str, Any] = {
        "Generate": {"rule": {"prompts": ["rain"]}},
        "Spot": {"rule": {"prompts": ["rain"]}},
        "WatchJob": {"job_id": "job-rain", "after_sequence": "4"},
        "GetJob": {"jobId": "a1"},
    }
    code, lines = call(tmp_path, method, requests.get(method, {}))
    if method == "WriteTimeline":
        assert (code, lines[0]["error"]["code"]) == (1, "UNIMPLEMENTED")
    else:
        assert code == 0
        assert "error" not in lines[-1]


@pytest.mark.parametrize(
    ("method", "request_text", "sentence"),
    [
        ("Generate", b'{"promt": 1}', 'no field named "promt"'),
        ("Generate", b'{"rule": {"takes": "many"}}', "the request is not the JSON of GenerateRequest"),
        ("Generate", b'{"rule": ', "the request is not the JSON of GenerateRequest"),
        ("Generate", b"", "the request is not the JSON of GenerateRequest"),
        ("Generate", b"\xff\xfe", "the request is not the JSON of GenerateRequest"),
        ("Generate", b"[" * 100_000, "the request is not the JSON of GenerateRequest"),
        ("Generate", b'{"output": {"handles_frames": 1e99}}', "the request is not the JSON"),
        ("Explode", b"{}", "there is no method 'Explode'"),
    ],
)
def test_requests_that_cannot_be_read_are_one_line(
    tmp_path: Path, daemon: FakeDaemon, method: str, request_text: bytes, sentence: str
) -> None:
    code, (line,) = call(tmp_path, method, request_text)
    assert code == 2
    assert sentence in line["error"]["message"]
    assert "\n" not in line["error"]["message"]
    assert not daemon.foley.requests


def test_a_request_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    events = tmp_path / "events"
    assert run(["call", "Spot", "--request", str(tmp_path / "no.json"), "--events", str(events)]) == 2
    assert "does not exist" in lines_of(events.read_bytes())[0]["error"]["message"]


def test_a_usage_error_is_one_line_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "Spot"]) == 2
    assert "--request" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_broken_stream_is_taken_up_again(tmp_path: Path, daemon: FakeDaemon) -> None:
    daemon.foley.breaks_left, daemon.foley.break_after = 1, 3
    code, events = call(tmp_path, "Generate", {"rule": {"prompts": ["rain"]}})
    assert code == 0
    assert [event["sequence"] for event in events] == ["1", "2", "3", "4", "5", "6"]


def test_without_a_daemon_to_stop_none_is_started(tmp_path: Path, daemon: FakeDaemon) -> None:
    daemon.close()
    code, (line,) = call(tmp_path, "StopServer", {})
    assert (code, line["error"]["code"]) == (1, "UNAVAILABLE")


# --------------------------------------------------------------------------------------- cancelling


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_job_and_its_stream_ends_well(
    child: Any, daemon: FakeDaemon, number: signal.Signals
) -> None:
    process = child()
    process.send_signal(number)
    code, events = ended(process)
    assert code == 3
    assert events[-1]["cancelled"] == {"reason": "request"}
    assert [name for name, _ in daemon.foley.calls] == ["CancelJob"]


def test_the_line_cancel_on_stdin_cancels(child: Any) -> None:
    code, events = ended(child(), input=b"hello\ncancel\r\n")
    assert code == 3
    assert "cancelled" in events[-1]


def test_the_end_of_stdin_cancels_only_where_asked(child: Any, daemon: FakeDaemon) -> None:
    process = child()
    process.stdin.close()
    time.sleep(0.3)
    assert process.poll() is None
    assert not daemon.foley.calls
    process.stdin = None
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 3
    other = child("--cancel-on-eof")
    code, events = ended(other)
    assert code == 3
    assert "cancelled" in events[-1]


def test_the_cancel_file_cancels(child: Any, tmp_path: Path) -> None:
    wish = tmp_path / "cancel me"
    process = child("--cancel-file", str(wish))
    wish.touch()
    code, events = ended(process)
    assert code == 3
    assert "cancelled" in events[-1]


def test_a_cancel_file_that_is_there_already_keeps_the_request_from_being_sent(
    tmp_path: Path, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = tmp_path / "cancel"
    wish.touch()
    code, (line,) = call(tmp_path, "Generate", SLOW, "--cancel-file", str(wish))
    assert (code, line["error"]["code"]) == (3, "CANCELLED")
    assert not daemon.foley.requests


def test_cancelling_a_call_without_a_job_ends_the_call(child: Any) -> None:
    code, events = ended(child(method="LoadEngine", request={"name": "slow"}), input=b"cancel\n")
    assert code == 3
    assert events[-1]["error"]["code"] == "CANCELLED"


def test_cancelling_a_watcher_leaves_the_job_alone(child: Any, daemon: FakeDaemon) -> None:
    code, events = ended(child(method="WatchJob", request={"job_id": "job-slow"}), input=b"cancel\n")
    assert code == 3
    assert events[-1]["error"]["code"] == "CANCELLED"
    assert [name for name, _ in daemon.foley.calls] == ["WatchJob"]


def started_generate(tmp_path: Path, daemon: FakeDaemon) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "foleyd", "generate", str(tmp_path / "a.mp4"), "--prompt", "slow", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not daemon.foley.requests:
        time.sleep(0.02)
    return process


def test_ctrl_c_cancels_generate_and_waits_for_its_end(tmp_path: Path, daemon: FakeDaemon) -> None:
    process = started_generate(tmp_path, daemon)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "was cancelled (request)" in json.loads(out)["error"]["message"]
    assert b"Traceback" not in err
    assert [name for name, _ in daemon.foley.calls] == ["CancelJob"]


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path, daemon: FakeDaemon) -> None:
    daemon.foley.deaf = True
    process = started_generate(tmp_path, daemon)
    process.send_signal(signal.SIGINT)
    while not daemon.foley.calls:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 3
    assert json.loads(out)["error"]["message"] == "cancelled"
    assert b"Traceback" not in err


def test_lines_of_stdin_are_joined_across_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = iter([b'{"a"', b": 1}\nca", b"ncel\r\n\nrest", b""])
    with open(os.devnull) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        lines = list(stdin_lines(lambda _descriptor, _size: next(pieces)))
    assert lines == [b'{"a": 1}', b"cancel", b"", b"rest"]


# -------------------------------------------------------------------------------------------- weight


@pytest.mark.parametrize("words", [["version"], ["call", "GetServerInfo", "--request", "-"]])
def test_commands_start_without_the_libraries_of_the_daemon(words: list[str]) -> None:
    program = (
        "import sys; from foleyd.cli.main import run; code = run(sys.argv[1:]);"
        "heavy = {'av', 'numpy', 'scipy', 'opentimelineio', 'pydub', 'soundfile', 'PIL', 'rich'};"
        "found = heavy & set(sys.modules);"
        "sys.exit(f'imported {found}' if found else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], input=b"{}\n", capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_version_needs_no_grpc() -> None:
    program = "import sys; from foleyd.cli.main import run; run(['version']); sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=30).returncode == 0
