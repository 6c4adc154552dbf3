"""Timelines out, read and played by programs of others: nothing that is checked here is checked by foleyd."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from benchmarks.interchange import SAMPLES, Case, layers, own_timelines, run_one, samples
from benchmarks.interchange_check import Found, check_rest, marks_of_files, read_ours, wanted_marks
from benchmarks.interchange_melt import lacking, render
from benchmarks.interchange_scene import EditPicture
from benchmarks.placement import Foley, foley
from benchmarks.placement_edit import RATES, make_edit

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "all is here")]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foley]:
    with foley(tmp_path_factory.mktemp("foley")) as running:
        yield running


@pytest.mark.parametrize(
    ("rate", "out"),
    [
        ("23.976", "resolve"),
        ("25", "premiere"),
        ("25", "otioz"),
        ("29.97 DF", "xml"),
        ("59.94 NDF", "kdenlive"),
    ],
)
def test_what_melt_plays_lies_where_the_picture_turns(
    command: Foley, tmp_path: Path, rate: str, out: str
) -> None:
    for what, found in own_timelines(command, tmp_path, (rate,), outs=(out,), handled=(("generic", 12),)):
        assert found.wrong == [], what
        assert (found.clips > 10, found.marks > 35) == (True, True)
        if "handles" not in what:
            assert found.melt <= (0 if rate in {"23.976", "25"} else 1)
        assert found.summed == 0


@pytest.mark.parametrize("name", ["01", "03", "07", "10", "12"])
def test_timelines_of_real_tools_keep_all_and_gain_sound_in_its_place(
    command: Foley, tmp_path: Path, name: str
) -> None:
    (source,) = SAMPLES.glob(f"{name}*.otio")
    for what, found in samples(command, tmp_path, source, outs=("generic", "xml"), handled=()):
        assert found.wrong == [], what
        assert found.marks > 5
        assert found.melt <= (2 if name == "10" else 0)


def test_layers_are_mixed_and_alternates_are_silent(command: Foley, tmp_path: Path) -> None:
    found = layers(command, tmp_path)
    assert (found.wrong, found.melt, found.summed) == ([], 0, 0)
    assert found.marks > 35


def test_the_checks_see_a_frame_a_sample_and_a_changed_number(command: Foley, tmp_path: Path) -> None:
    rate = next(rate for rate in RATES if rate.name == "25")
    edit = make_edit(tmp_path, rate, "01:00:00:00", 25.0)
    picture, out = EditPicture(edit), tmp_path / "out.otio"
    case = Case(edit.path, out, "generic", picture, [(0, 60)])
    assert run_one(command, case).wrong == []
    text = out.read_text()

    import opentimelineio as otio

    timeline = otio.adapters.read_from_file(str(out))
    (clip,) = read_ours(Found(), timeline, tmp_path, picture, 25.0)
    wanted = wanted_marks([(0, 60)], [clip], picture)
    assert marks_of_files([clip], picture) == wanted
    # A sample: the file plays one late.
    sound, _ = soundfile.read(clip.path, dtype="float32")
    clip.path.chmod(0o644)
    soundfile.write(clip.path, [0.0, *sound[:-1]], 48_000, subtype="PCM_24")
    assert marks_of_files([clip], picture) == [mark + 1 for mark in wanted]
    played, _ = render(timeline, tmp_path, rate.exact, ["Foley: foley"], tmp_path / "played")
    assert abs(played[wanted[1] + 1]) == pytest.approx(0.5, abs=1e-3)
    assert abs(played[wanted[1]]) == 0
    # A frame, and a frame that is none.
    document = json.loads(text)
    ours = document["tracks"]["children"][-1]["children"][-1]
    for moved, wrong in ((1.0, "places"), (0.5, "no whole frame")):
        ours["source_range"]["duration"]["value"] -= moved
        out.write_text(json.dumps(document))
        found = Found()
        clips = read_ours(found, otio.adapters.read_from_file(str(out)), tmp_path, picture, 25.0)
        found.expect("places", [(each.begin, each.end) for each in clips], [(0, 60)])
        assert any(wrong in sentence for sentence in found.wrong)
    # A number of somebody else's.
    document = json.loads(text)
    document["tracks"]["children"][0]["children"][0]["metadata"]["Vendor"]["x"] = [1.25]
    out.write_text(json.dumps(document))
    found = Found()
    check_rest(found, edit.path, out)
    assert any("1.5" in sentence and "1.25" in sentence for sentence in found.wrong)
