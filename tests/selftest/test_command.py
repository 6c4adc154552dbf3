"""``foley selftest`` through a real daemon, as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from acceptance.command import Foley
from foleyd.media.bwf import read_provenance
from foleyd.selftest.clip import CONTACTS, TAKE_SAMPLES
from house import House


@pytest.fixture(scope="module")
def foley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foley]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("selftest") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        house = House(home)
        house.start()
        yield Foley(house, tmp_path_factory.mktemp("work"))
        assert house.stop() == 0


def temporary() -> list[Path]:
    """What is left in the folder for temporary files."""
    return sorted(Path(os.environ["TMPDIR"]).glob("foley-selftest-*"))


@pytest.mark.slow
def test_procedural_is_well_and_says_so(foley: Foley) -> None:
    done = foley.run("selftest", "procedural")
    assert done.code == 0, done.err
    assert done.err.startswith("engine: procedural 3 (procedural, as asked for)")
    assert done.out.startswith("selftest procedural: all is well\n")
    assert "9 of 9 bounces heard within ±80 ms" in done.out
    (folder,) = temporary()
    report = (folder / "report.md").read_text()
    assert str(folder / "report.md") in done.out
    assert report in done.out
    assert str(folder) not in report
    assert str(foley.house.home) not in report
    (take,) = folder.glob("*.wav")
    info = soundfile.info(take)
    assert (info.frames, info.samplerate, info.channels) == (TAKE_SAMPLES, 48_000, 2)
    assert read_provenance(take)["seed"] == 1


@pytest.mark.slow
def test_its_json_has_everything_and_no_run_is_answered_from_the_cache(foley: Foley, tmp_path: Path) -> None:
    for number in (1, 2):
        done = foley.run("selftest", "procedural", "--out", tmp_path / str(number), "--json")
        assert done.code == 0, done.err
        told = done.json
        assert told["ok"] is True
        assert [check["state"] for check in told["checks"]] == ["ok"] * 6
        assert {"see", "hear"} <= set(told["job"]["seconds"])
    assert told["job"]["was_loaded"] is True
    assert told["job"]["peak_memory"] > 10**7
    onsets = told["onsets"]
    assert (onsets["matched"], onsets["missed"]) == (len(CONTACTS), 0)
    assert abs(onsets["worst_ms"]) <= 80
    assert told["versions"]["foleyd"]
    assert Path(told["take"]).parent == Path(told["report"]).parent == tmp_path / "2"


@pytest.mark.slow
def test_an_engine_that_makes_silence_fails_with_exit_code_1(foley: Foley, tmp_path: Path) -> None:
    # Nothing in the picture is bright enough to make it click.
    done = foley.run("selftest", "fake", "--out", tmp_path / "out")
    assert done.code == 1
    assert done.out.startswith("selftest fake: failed (level)\n")
    assert "failed  level: digital silence" in done.out
    assert "failed (level)" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crash", "words"),
    [
        ("nan", "values that are no numbers"),
        ("raise", "was told to fail"),
        ("defect", "ZeroDivisionError"),
    ],
)
def test_an_engine_that_fails_leaves_a_report_of_why(
    foley: Foley, tmp_path: Path, crash: str, words: str
) -> None:
    done = foley.run("selftest", "fake", "--option", f"crash={crash}", "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert done.json["error"]["message"]
    report = tmp_path / "out" / "report.md"
    assert f"a report to paste in an issue: {report}" in done.err
    text = report.read_text()
    assert "no sound came back" in text
    assert f"crash={crash}" in text
    assert words in text
    assert "engine: fake 1 on cpu, profile plain" in text
    assert str(Path(__file__).parents[1]) not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["unready"], "its weights are missing"),
        (["nope"], "there is no engine 'nope'"),
        (["procedural", "--option", "nope=1"], "has no option 'nope'"),
    ],
)
def test_an_engine_that_cannot_be_used_is_refused_as_ever_and_leaves_nothing(
    foley: Foley, words: list[str], sentence: str
) -> None:
    before = temporary()
    done = foley.run("selftest", *words)
    assert done.code == 2
    assert sentence in done.sentence
    assert done.out == ""
    assert temporary() == before


def test_a_folder_that_is_in_use_is_left_alone(foley: Foley, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = foley.run("selftest", "procedural", "--out", tmp_path)
    assert done.code == 2
    assert "is not empty" in done.sentence
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_ctrl_c_cancels_and_leaves_nothing(foley: Foley, tmp_path: Path) -> None:
    words = ["selftest", "fake", "--option", "delay=0.2", "--out", str(tmp_path / "out"), "--json"]
    running = subprocess.Popen(
        [sys.executable, "-m", "foleyd", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    assert running.stdout is not None
    for line in running.stderr:
        if line.startswith("hear"):
            break
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 3
    assert json.loads(running.stdout.read())["error"]["code"] == "CANCELLED"
    assert not (tmp_path / "out").exists()
