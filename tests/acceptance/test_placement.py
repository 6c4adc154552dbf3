"""Placement, checked from outside: the command makes the files, other people's readers look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from benchmarks.placement import Foley, check_clips, check_timeline, foley
from benchmarks.placement_check import Found, Wanted, check_take, check_tiles
from benchmarks.placement_edit import RATES, STARTS, Rate

RATE = {rate.name: rate for rate in RATES}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foley]:
    with foley(tmp_path_factory.mktemp("foley")) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("29.97 DF", "23:59:50:00"),
        pytest.param("23.976", "01:00:00:00", marks=pytest.mark.slow),
        pytest.param("29.97 NDF", "00:00:00:00", marks=pytest.mark.slow),
        pytest.param("59.94 NDF", "15:44:35:10", marks=pytest.mark.slow),
    ],
)
def test_every_cut_of_a_timeline_lies_on_its_sample(
    command: Foley, tmp_path: Path, name: str, start: str
) -> None:
    found = check_timeline(command, tmp_path, RATE[name], STARTS.index(start))
    assert found.wrong == []
    assert (found.worst_cut, found.worst_tile) == (0, 0)
    assert found.cuts == 4 * found.cues > 40
    assert found.clicks > 30


def test_every_cut_of_a_clip_lies_on_its_sample(command: Foley, tmp_path: Path) -> None:
    for what, found in check_clips(command, tmp_path, ["29.97 DF"]).items():
        assert found.wrong == [], what
        assert (found.cues, found.worst_cut) == (1, 0)
        assert found.clicks > 10


@pytest.mark.parametrize("moved", [-1, 1])
def test_the_checker_sees_a_single_sample(tmp_path: Path, moved: int) -> None:
    rate, path = RATE["25"], tmp_path / "take.wav"
    _write_take(path, samples=1920 * 11 + moved, reference=1920 * 5)
    found = Found()
    check_take(found, rate, 5, _answer(path, rate, 1920 * 11 + moved), Wanted(0, 10, 0, 11, [False] * 11))
    check_tiles(found, rate, [(0, 1920), (1920 + moved, 5000)])
    assert found.worst_cut == 1
    assert len(found.wrong) == 2


def test_the_checker_sees_a_click_that_is_not_there(tmp_path: Path) -> None:
    rate, path = RATE["25"], tmp_path / "take.wav"
    _write_take(path, samples=1920 * 11, reference=1920 * 5)
    found = Found()
    seen = [frame >= 4 for frame in range(11)]
    check_take(found, rate, 5, _answer(path, rate, 1920 * 11), Wanted(0, 10, 0, 11, seen))
    assert [sentence.split(":")[0] for sentence in found.wrong] == ["25 frame 0 clicks", "25 frame 0 events"]


def _write_take(path: Path, samples: int, reference: int) -> None:
    """A silent WAV with a bext chunk written by hand: TimeReference lies 338 bytes in."""
    soundfile.write(path, [0.0] * samples, 48_000, subtype="PCM_24")
    whole = path.read_bytes()
    bext = bytearray(602)
    bext[338:346] = reference.to_bytes(8, "little")
    chunk = b"bext" + len(bext).to_bytes(4, "little") + bytes(bext)
    size = (len(whole) - 8 + len(chunk)).to_bytes(4, "little")
    path.write_bytes(whole[:4] + size + whole[8:12] + chunk + whole[12:])


def _answer(path: Path, rate: Rate, samples: int) -> dict[str, object]:
    answer = {
        "record_start": {"value": 5, "rate_exact": f"{rate.num}/{rate.den}"},
        "duration": {"value": 10},
        "takes": [
            {
                "path": str(path),
                "samples": samples,
                "source_in_samples": 0,
                "cue_samples": 19_200,
                "events_s": [],
            }
        ],
    }
    return dict(json.loads(json.dumps(answer)))
