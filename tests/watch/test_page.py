"""docs/watch-folder.md: what it shows to be typed can be read."""

from __future__ import annotations

import re
from pathlib import Path

from foleyd.cuesheet.read import read_settings, read_sheet, read_sidecar
from foleyd.watch.batch import by_file
from foleyd.watch.kinds import VIDEO_SUFFIXES

PAGE = (Path(__file__).parents[2] / "docs" / "watch-folder.md").read_text()


def block(after: str) -> str:
    """The indented block that follows the words AFTER."""
    rest = PAGE[PAGE.index(after) + len(after) :]
    found = re.search(r"((?:    [^\n]*\n|\n)+)", rest)
    assert found is not None
    return "\n".join(line.removeprefix("    ") for line in found[1].strip("\n").splitlines()) + "\n"


def test_its_examples_are_read(tmp_path: Path) -> None:
    (tmp_path / "foley.toml").write_text(block("A `foley.toml`, all of it optional:\n"))
    assert read_settings(tmp_path / "foley.toml").target == "resolve"
    (tmp_path / "bottles.foley.toml").write_text(block("A sidecar takes the same, and cues:\n"))
    assert read_sidecar(tmp_path / "bottles.foley.toml").cues[0].prompt == "fx: glass put down"
    (tmp_path / "reel.csv").write_text(block("whose rows name files:\n"))
    assert len(read_sheet(tmp_path / "reel.csv").cues) == 3
    assert [path.name for path in by_file(tmp_path / "reel.csv")] == ["a.mp4", "cut.otio"]


def test_the_videos_that_it_names_are_taken() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| videos |"))
    assert set(re.findall(r"`(\.\w+)`", row)) <= VIDEO_SUFFIXES
