"""The extension as it is built."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from foleyd import __version__
from foleyd.files import OutputExists
from foleyd.plugins.build import MANIFEST, blender_files, blender_manifest, build_blender, sources

ROOT = Path(__file__).parents[2]


def test_the_extension_has_foleyds_version() -> None:
    assert blender_manifest().version == __version__


def test_the_extension_is_the_repositorys_sources_with_what_plugins_share(tmp_path: Path) -> None:
    assert sources() == ROOT / "plugins"
    blender_files.cache_clear()
    built = build_blender(tmp_path / "foley")
    found = {
        path.relative_to(built).as_posix(): path.read_bytes() for path in built.rglob("*") if path.is_file()
    }
    expected = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for folder in (ROOT / "plugins" / "blender", ROOT / "plugins" / "shared")
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == expected
    assert {MANIFEST, "__init__.py", "foley_call.py"} <= found.keys()


def test_zip_and_folder_hold_the_same(tmp_path: Path) -> None:
    folder = build_blender(tmp_path / "foley")
    with zipfile.ZipFile(build_blender(tmp_path / "foley.zip")) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {name: archive.read(name) for name in names} == {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


def test_the_same_sources_make_the_same_zip_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_blender(tmp_path / "one.zip").read_bytes()
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    old = os.umask(0o077)
    try:
        assert build_blender(tmp_path / "two.zip").read_bytes() == first
    finally:
        os.umask(old)


def test_a_zip_is_never_written_over(tmp_path: Path) -> None:
    target = build_blender(tmp_path / "foley.zip")
    before = target.read_bytes()
    with pytest.raises(OutputExists):
        build_blender(target)
    assert target.read_bytes() == before
