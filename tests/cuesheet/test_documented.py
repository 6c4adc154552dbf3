"""docs/cue-sheets.md: its examples are read, and its tables are what foleyd knows."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from foleyd.cuesheet.checking import CUE_KEYS, SETTING_KEYS
from foleyd.cuesheet.csv_rows import COLUMNS
from foleyd.cuesheet.read import read_settings, read_sheet, read_sidecar
from foleyd.cuesheet.spots import cue_list
from foleyd.media.loudness import AS_IS, PRESETS
from foleyd.names import _FIELDS, check_naming
from foleyd.timebase import Timecode

PAGE = (Path(__file__).parents[2] / "docs" / "cue-sheets.md").read_text()
HOUR = Timecode(90_000, Fraction(25))


def example(folder: Path, kind: str, name: str) -> Path:
    """The page's example of KIND that begins with NAME, as a file."""
    found = next(body for body in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) if name in body)
    path = folder / (name if "." in name else "spots.csv")
    path.write_text(found)
    return path


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table under HEADING."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_table_is_read(tmp_path: Path) -> None:
    cues = cue_list(read_sheet(example(tmp_path, "csv", "Cue")), HOUR, 2_000, "cut").cues
    assert [
        (cue.id, cue.range.start_frame, cue.range.end_frame, cue.layer, len(cue.seeds)) for cue in cues
    ] == [
        ("1M1", 250, 362, "foley", 3),
        ("AMB", 250, 375, "ambience", 1),
        ("1M2", 362, 375, "fx", 1),
    ]


def test_the_sidecar_and_the_folders_settings_are_read(tmp_path: Path) -> None:
    sheet = read_sidecar(example(tmp_path, "toml", "clip.foley.toml"))
    cues = cue_list(sheet, HOUR, 2_000, "cut").cues
    assert [(cue.range.start_frame, cue.range.end_frame, cue.prompt, list(cue.seeds)) for cue in cues] == [
        (113, 126, "door slam", [7, 19]),
        (250, 362, "footsteps on gravel", [cues[1].seeds[0], cues[1].seeds[0] + 1]),
    ]
    assert (sheet.target, sheet.loudness) == ("resolve", "broadcast-ebu")
    assert check_naming(sheet.naming or "") == sheet.naming
    assert read_settings(example(tmp_path, "toml", "# foley.toml").rename(tmp_path / "foley.toml")).takes == 3


def test_every_column_and_key_is_listed() -> None:
    columns = {codes(row[0])[0].casefold() for row in rows("As a table")}
    assert columns == (COLUMNS.keys() - {"id"}) | {"cue"}
    for row in rows("As a table"):
        known = {name for names in COLUMNS.values() for name in names}
        assert {name.strip(" …").casefold() for name in row[1].split(",") if name.strip()} <= known
    keys = {key.strip("[]"): row for row in rows("As TOML") for key in codes(row[0])}
    assert keys.keys() == {*SETTING_KEYS, *CUE_KEYS}
    assert {key for key, row in keys.items() if row[1]} == set(SETTING_KEYS)
    assert {key for key, row in keys.items() if row[2]} == set(CUE_KEYS)


def test_every_field_of_names_and_every_preset_is_listed() -> None:
    assert {code.strip("{}") for row in rows("Names of takes") for code in codes(row[0])} == set(_FIELDS)
    listed = {name: row for row in rows("Loudness") for name in codes(row[0])}
    assert listed.keys() == {*PRESETS, AS_IS}
    for name, target in PRESETS.items():
        assert [float(cell) for cell in listed[name][1:3]] == [target.integrated, target.ceiling]
