"""What is pasted in public holds figures and versions, and nobody's folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from foleyd.config import find_folders
from foleyd.errors import failure_or_defect
from foleyd.launch import logged_defect
from foleyd.selftest import machine, report
from foleyd.selftest.measure import FAILED, LOOK, OK, Check, Timing

TIMING = Timing((0.56, 1.44), (0.57,), ((0.56, 0.57),), 0.1, 0.0, 0)
CHECKS = [Check("file", OK, "WAV"), Check("onsets", LOOK, "1 of 2")]
MODEL = {
    "model": "hunyuan-xxl",
    "weights_source": "import /home/jane/My Weights",
    "weights_revisions": "tencent/HunyuanVideo-Foley@abc",
    "weights_digest": "0123",
    "precision": "float16",
    "licence": "a licence",
}
FACTS = report.Facts(
    engine="hunyuan 1+0123",
    note="hunyuan-xxl in float16, full: 61.0 GiB are free; loaded in 9.1 s",
    model=MODEL,
    seconds={"load": 9.2, "see": 1.0},
    warnings=("shot 1 lies in /mnt/raid/secret project/ball.mp4 (~), C:\\Users\\Jane\\x.wav",),
)


def test_it_has_what_a_maintainer_asks_for() -> None:
    text = report.success(FACTS, CHECKS, TIMING, {})
    for words in (
        "selftest hunyuan: it works; look at onsets",
        "| file | ok | WAV |",
        "0.56 s +10 ms, 1.44 s missed",
        "load 9.20 s, see 1.00 s",
        "hunyuan-xxl in float16, full: 61.0 GiB are free",
        "weights digest: 0123",
        "tencent/HunyuanVideo-Foley@abc",
        "precision float16",
        "foleyd ",
        "Python 3.",
    ):
        assert words in text


def test_it_has_nobodys_folders() -> None:
    text = report.success(FACTS, CHECKS, TIMING, {"/mnt/raid/secret project": "<out>"})
    assert "<out>/ball.mp4" in text
    assert "…/x.wav" in text
    for word in ("jane", "Jane", "My Weights", "raid", "Users"):
        assert word not in text


def test_a_job_that_failed_is_told_with_its_reason() -> None:
    trace = 'File "/home/jane/lib/python3.11/torch/nn.py", line 3, in forward\nKeyError: 5'
    text = report.failure(FACTS, "ENGINE_FAILED", "it broke; see /var/log/jane/foleyd.log", trace, {})
    assert "no sound came back" in text
    assert 'File "…/nn.py", line 3, in forward\nKeyError: 5\n```' in text
    assert "ENGINE_FAILED: it broke; see …/foleyd.log" in text


@pytest.mark.parametrize(
    ("states", "words"),
    [((OK, OK), "all is well"), ((OK, LOOK), "look at b"), ((FAILED, LOOK), "failed (a)")],
)
def test_the_verdict_is_one_line(states: tuple[str, str], words: str) -> None:
    checks = [Check(name, state, "") for name, state in zip("ab", states, strict=True)]
    assert words in report.verdict("x", checks)


def test_cards_are_read_off_the_drivers_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 81559 MiB, 550.90.07'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(machine.shutil, "which", lambda name: str(tool))
    assert machine.cards() == ["NVIDIA H100 80GB HBM3, 81559 MiB, driver 550.90.07"]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert machine.cards() == []


def test_without_a_driver_there_are_no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    monkeypatch.setattr(subprocess, "run", None)
    assert machine.cards() == []


def test_the_traceback_of_a_defect_is_found_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))
    folders = find_folders()
    message = failure_or_defect(KeyError(5)).message
    assert logged_defect(folders, message) == ""
    reference = message.split(" as ")[-1]
    folders.log.parent.mkdir(parents=True)
    folders.log.write_text(
        "2026-01-02 03:04:05,678 worker ERROR foleyd.errors: defect 00000000\nanother\n"
        f"2026-01-02 03:04:05,678 worker ERROR foleyd.errors: defect {reference}\n"
        "Traceback (most recent call last):\nKeyError: 5\n"
        "2026-01-02 03:04:06,000 INFO foleyd.server.main: stopping\n"
    )
    assert logged_defect(folders, message) == "Traceback (most recent call last):\nKeyError: 5"
    assert logged_defect(folders, "the card is full") == ""
