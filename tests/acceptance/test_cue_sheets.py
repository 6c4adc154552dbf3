"""A cue sheet through the command and a real daemon: spotted, written, read back, filled, shown."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from acceptance.command import Foley, check_refused

SHEET = """Cue,Start,End,Layer,Prompt,Negative,Takes,Seed
1M1,0,1,foley,footsteps on gravel,music,2,7
1M2,00:00:01:05,00:00:01:20,fx,"door, heavy",,,
"""


def test_from_spotting_to_a_page(foley: Foley, clip: Path, tmp_path: Path) -> None:
    foley.work = tmp_path
    sheet = tmp_path / "spots.csv"
    sheet.write_text(SHEET)
    found = foley.run("cues", clip, "--cues", sheet, "--csv", "back.csv", "--json")
    assert found.code == 0, found.err
    assert [
        (cue["id"], cue["record_start"]["value"], cue["duration"]["value"]) for cue in found.json["cues"]
    ] == [
        ("1M1", 0, 25),
        ("1M2", 30, 15),
    ]
    again = foley.run("cues", clip, "--cues", "back.csv", "--csv", "again.csv", "--json")
    assert again.json["cues"] == found.json["cues"]
    assert (tmp_path / "back.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()
    taken = foley.run("cues", clip, "--cues", sheet, "--csv", "back.csv", "--json")
    check_refused(taken, "ALREADY_EXISTS", "OUTPUT_EXISTS", "back.csv")

    made = foley.generate(
        clip,
        "--cues",
        sheet,
        "--cue-sheet",
        "--naming",
        "{stem}_{tc}_{layer}_{slug}_t{take}",
        "--loudness",
        "as-is",
    )
    assert made.code == 0, made.err
    names = [Path(take["path"]).name for cue in made.json["cues"] for take in cue["takes"]]
    assert names == [
        "flashes_00000000_foley_footsteps-on-gravel_t1.wav",
        "flashes_00000000_foley_footsteps-on-gravel_t2.wav",
        "flashes_00000105_fx_door-heavy_t1.wav",
    ]
    assert [take["seed"] for take in made.json["cues"][0]["takes"]] == [7, 8]
    page = Path(made.json["cue_page"])
    assert re.findall(r'<audio [^>]*src="\./([^"]+)"', page.read_text()) == names
    assert all((page.parent / name).exists() for name in names)
    table = Path(made.json["cue_sheet"])
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Files"] for row in rows] == ["; ".join(names[:2]), names[2]]
    assert {row["Job"] for row in rows} == {made.json["job"]}
    read = foley.run("cues", clip, "--cues", table, "--json")
    assert [cue["seeds"] for cue in read.json["cues"]] == [cue["seeds"] for cue in found.json["cues"]]

    foley.run("remove", made.json["job"], "--delete-files")
    assert not page.exists()
    assert not table.exists()


def test_a_mistake_is_said_with_its_place(foley: Foley, clip: Path, tmp_path: Path) -> None:
    foley.work = tmp_path
    (tmp_path / "a.csv").write_text("Start,End,Prompt\n0,9,rain\n")
    late = foley.run("generate", clip, "--cues", "a.csv", "--json")
    check_refused(late, "INVALID_ARGUMENT", "SHEET_INVALID", "a.csv, line 2, column 2 (End)", "flashes.mp4")
    (tmp_path / "a.toml").write_text('[[cues]]\nstart = 0\nend = 1\nprompt = "rain"\nlayr = "fx"\n')
    slip = foley.run("cues", clip, "--cues", "a.toml", "--json")
    check_refused(
        slip, "INVALID_ARGUMENT", "SHEET_INVALID", "a.toml, line 5, column 1", "did you mean 'layer'"
    )
    (tmp_path / "b.csv").write_text("File,Start,Prompt\nflashes.mp4,0,rain\nclips/other.mp4,1,rain\n")
    other = foley.run("cues", clip, "--cues", "b.csv", "--json")
    check_refused(other, "INVALID_ARGUMENT", "SHEET_INVALID", "b.csv, line 3, column 1 (File)", "foley batch")
    gone = foley.run("cues", clip, "--cues", "none.csv", "--json")
    check_refused(gone, "NOT_FOUND", "SHEET_NOT_FOUND", "none.csv")
    both = foley.run("generate", clip, "--cues", "a.toml", "--in", "1", "--json")
    check_refused(both, "INVALID_ARGUMENT", "INPUT_INVALID", "--cues says where")
    assert not list(tmp_path.rglob("*.wav"))
