"""Files under the folders that a request names, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.media_roots import MediaRoots


def made(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_names_are_found_at_any_depth_and_each_file_once(tmp_path: Path) -> None:
    made(tmp_path, "a/shot.mov", "b/c/shot.mov", ".trash/shot.mov")
    (tmp_path / "loop").symlink_to(tmp_path)
    roots = MediaRoots([tmp_path, tmp_path / "a"])
    assert roots.named("shot.mov") == (tmp_path / "a/shot.mov", tmp_path / "b/c/shot.mov")
    assert roots.named("other.mov") == ()


def test_case_counts_only_where_it_must(tmp_path: Path) -> None:
    roots = MediaRoots([made(tmp_path, "a/SHOT.MOV", "b/take.mov", "c/Take.mov")])
    assert roots.named("shot.mov") == (tmp_path / "a/SHOT.MOV",)
    assert roots.named("take.mov") == (tmp_path / "b/take.mov",)
    assert len(roots.named("TAKE.mov")) == 2


def test_a_reel_s_name_means_its_file(tmp_path: Path) -> None:
    roots = MediaRoots([made(tmp_path, "x/A001C003.mxf", "x/A001C004.mxf")])
    assert roots.named("A001C003") == (tmp_path / "x/A001C003.mxf",)


def test_too_many_files_are_a_reason_and_no_endless_search(tmp_path: Path) -> None:
    roots = MediaRoots([made(tmp_path, *(f"{number}.mov" for number in range(5)))], limit=4)
    with pytest.raises(LookupError, match="more than 4 files"):
        roots.named("1.mov")
