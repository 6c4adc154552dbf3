"""Where Blender's extensions are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.plugins.errors import ProgramNotFound, ProgramUnusable
from foleyd.plugins.places import found_places, place_at, places_for

ROOTS = {
    "linux": ".config/blender",
    "darwin": "Library/Application Support/Blender",
    "win32": "AppData/Roaming/Blender Foundation/Blender",
}


@pytest.mark.parametrize("platform", ROOTS)
def test_every_blender_with_extensions_is_found_oldest_first(platform: str, tmp_path: Path) -> None:
    root = tmp_path / ROOTS[platform]
    for name in ("5.10", "5.2", "4.1", "4.2", "3.6", "backup", "4.5 copy", "04.5"):
        (root / name).mkdir(parents=True)
    (root / "4.4").write_text("no folder")
    found = found_places({}, tmp_path, platform)
    assert [place.version for place in found] == ["4.2", "5.2", "5.10"]
    assert found[0].extension == root / "4.2" / "extensions" / "user_default" / "foley"


def test_the_platforms_own_variables_move_the_folders(tmp_path: Path) -> None:
    (tmp_path / "config" / "blender" / "4.5").mkdir(parents=True)
    assert found_places({"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path, "linux")
    (tmp_path / "roaming" / "Blender Foundation" / "Blender" / "4.5").mkdir(parents=True)
    assert found_places({"APPDATA": str(tmp_path / "roaming")}, tmp_path, "win32")


def test_blenders_variables_win_over_its_folders(tmp_path: Path) -> None:
    (tmp_path / ".config" / "blender" / "4.5").mkdir(parents=True)
    resources, extensions = tmp_path / "resources", tmp_path / "extensions"
    moved = {"BLENDER_USER_RESOURCES": str(resources)}
    assert [p.repository for p in found_places(moved, tmp_path, "linux")] == [
        resources / "extensions" / "user_default"
    ]
    moved["BLENDER_USER_EXTENSIONS"] = str(extensions)
    assert [p.repository for p in found_places(moved, tmp_path, "linux")] == [extensions / "user_default"]
    with pytest.raises(ProgramUnusable, match="BLENDER_USER_EXTENSIONS is set"):
        places_for("4.5", environment=moved, home=tmp_path, platform="linux")


def test_a_version_may_be_named_before_it_was_started(tmp_path: Path) -> None:
    for name in ("4.5", "4.5.15"):
        (place,) = places_for(name, environment={}, home=tmp_path, platform="linux")
        assert place.extension == tmp_path / ".config/blender/4.5/extensions/user_default/foley"
    for name, kind in (("4.1", ProgramUnusable), ("3.6", ProgramUnusable), ("latest", ProgramNotFound)):
        with pytest.raises(kind):
            places_for(name, environment={}, home=tmp_path, platform="linux")


def test_without_any_blender_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        ProgramNotFound, match="start it once, or say which with --version or --path"
    ) as caught:
        places_for(environment={}, home=tmp_path, platform="linux")
    assert str(tmp_path / ".config" / "blender") in str(caught.value)


def test_a_path_may_be_any_of_blenders_folders(tmp_path: Path) -> None:
    user = tmp_path / "portable"
    (user / "config").mkdir(parents=True)
    repository = user / "extensions" / "user_default"
    repository.mkdir(parents=True)
    for path in (user, user / "extensions", repository):
        assert place_at(path).repository == repository
    empty = tmp_path / "empty"
    empty.mkdir()
    assert place_at(empty).repository == empty / "extensions" / "user_default"
    other = user / "extensions" / "studio"
    other.mkdir()
    assert place_at(other).repository == other


def test_a_path_may_be_the_application_in_the_forms_it_comes_in(tmp_path: Path) -> None:
    for name in ("Blender.app/Contents/MacOS/Blender", "blender-4.5-linux/blender", "windows/blender.exe"):
        program = tmp_path / name
        program.parent.mkdir(parents=True)
        program.write_text("")
        program.chmod(0o755)
        assert place_at(program).application == program
        assert place_at(tmp_path / name.split("/")[0]).application == program
    launcher = tmp_path / "windows" / "blender-launcher.exe"
    launcher.write_text("")
    assert place_at(launcher).application == launcher.with_name("blender.exe")


def test_a_path_that_has_nothing_to_do_with_blender_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    for path in (tmp_path, tmp_path / "letter.txt", tmp_path / "nothing"):
        with pytest.raises(ProgramNotFound):
            place_at(path)
