"""Where DaVinci Resolve's scripts are looked for, and Resolve itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.plugins.davinci_places import (
    EVERYBODY,
    STORE,
    USER,
    System,
    applications,
    known_variants,
    library,
    place_at,
    place_of,
    places_for,
    scripting,
    variants,
)
from foleyd.plugins.errors import ProgramNotFound

CONTAINER = "home/Library/Containers/com.blackmagic-design.DaVinciResolveLite"
# Kind and folder of scripts, below a root in which the user's home is "home":
FOLDERS = {
    "darwin": [
        (USER, "home/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts"),
        (
            STORE,
            f"{CONTAINER}/Data/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts",
        ),
        (STORE, f"{CONTAINER}/Data/Library/Application Support/Fusion/Scripts"),
        (EVERYBODY, "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts"),
    ],
    "win32": [
        (USER, "home/AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts"),
        (EVERYBODY, "ProgramData/Blackmagic Design/DaVinci Resolve/Fusion/Scripts"),
    ],
    "linux": [
        (USER, "home/.local/share/DaVinciResolve/Fusion/Scripts"),
        (EVERYBODY, "opt/resolve/Fusion/Scripts"),
        (EVERYBODY, "home/resolve/Fusion/Scripts"),
    ],
}
# What Resolve itself makes, and so tells that it has been there.
MADE = {
    "darwin": [
        "home/Library/Application Support/Blackmagic Design/DaVinci Resolve",
        CONTAINER,
        "Library/Application Support/Blackmagic Design/DaVinci Resolve",
    ],
    "win32": [
        "home/AppData/Roaming/Blackmagic Design/DaVinci Resolve",
        "ProgramData/Blackmagic Design/DaVinci Resolve",
    ],
    "linux": ["home/.local/share/DaVinciResolve", "opt/resolve/libs", "home/resolve/libs"],
}


def system(root: Path, platform: str, **environment: str) -> System:
    variables = {"PROGRAMDATA": str(root / "ProgramData"), "ProgramFiles": str(root / "Program Files")}
    return System({**variables, **environment}, root / "home", platform, root)


@pytest.mark.parametrize("platform", FOLDERS)
def test_every_folder_of_the_system_is_known(platform: str, tmp_path: Path) -> None:
    found = variants(system(tmp_path, platform))
    assert [(place.kind, place.scripts.relative_to(tmp_path).as_posix()) for place in found] == FOLDERS[
        platform
    ]


@pytest.mark.parametrize("platform", FOLDERS)
def test_only_folders_where_resolve_has_been_are_meant(platform: str, tmp_path: Path) -> None:
    here = system(tmp_path, platform)
    assert known_variants(here, (USER, STORE, EVERYBODY)) == []
    for name in MADE[platform]:
        (tmp_path / name).mkdir(parents=True)
    own = [tmp_path / folder for kind, folder in FOLDERS[platform] if kind != EVERYBODY]
    shared = [tmp_path / folder for kind, folder in FOLDERS[platform] if kind == EVERYBODY]
    assert [place.scripts for place in places_for(here)] == own
    assert [place.scripts for place in places_for(here, for_all_users=True)] == shared


def test_a_person_called_resolve_is_no_resolve(tmp_path: Path) -> None:
    (tmp_path / "home" / "resolve" / "Documents").mkdir(parents=True)
    assert known_variants(system(tmp_path, "linux"), (EVERYBODY,)) == []


def test_windows_variables_move_its_folders(tmp_path: Path) -> None:
    (place, _) = variants(system(tmp_path, "win32", APPDATA=str(tmp_path / "roaming")))
    assert place.scripts.is_relative_to(tmp_path / "roaming")


@pytest.mark.parametrize("platform", FOLDERS)
def test_without_resolve_the_sentence_says_where_it_looked_and_what_to_do(
    platform: str, tmp_path: Path
) -> None:
    for for_all_users in (False, True):
        with pytest.raises(ProgramNotFound, match="name its folder of scripts with --path") as caught:
            places_for(system(tmp_path, platform), for_all_users=for_all_users)
        kinds = {EVERYBODY} if for_all_users else {USER, STORE}
        for place in variants(system(tmp_path, platform)):
            assert all((str(mark) in str(caught.value)) == (place.kind in kinds) for mark in place.marks)


def test_the_package_lies_beside_the_scripts_where_resolve_lists_nothing(tmp_path: Path) -> None:
    here = system(tmp_path, "linux")
    place = variants(here)[0]
    fusion = tmp_path / "home/.local/share/DaVinciResolve/Fusion"
    assert place.package == fusion / "Foley" / "foley_davinci"
    assert place.entries == fusion / "Scripts" / "Utility"
    assert place_of(here, place.package) == place


def test_a_path_is_a_folder_of_scripts_or_the_one_that_it_belongs_in(tmp_path: Path) -> None:
    here, fusion = system(tmp_path, "linux"), tmp_path / "elsewhere" / "Fusion"
    fusion.mkdir(parents=True)
    for path in (fusion, fusion / "Scripts"):
        assert place_at(here, path).scripts == fusion / "Scripts"
    for path in (tmp_path, tmp_path / "none" / "Scripts", fusion / "Scripts" / "Utility"):
        with pytest.raises(ProgramNotFound, match="no folder of scripts"):
            place_at(here, path)


def test_a_path_that_is_all_users_folder_is_known_as_such(tmp_path: Path) -> None:
    scripts = tmp_path / "opt" / "resolve" / "Fusion" / "Scripts"
    scripts.mkdir(parents=True)
    assert place_at(system(tmp_path, "linux"), scripts).for_all_users


@pytest.mark.parametrize(
    ("platform", "application", "api", "lib"),
    [
        (
            "darwin",
            "Applications/DaVinci Resolve/DaVinci Resolve.app",
            "Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",
            "Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries/Fusion/fusionscript.so",
        ),
        (
            "win32",
            "Program Files/Blackmagic Design/DaVinci Resolve",
            "ProgramData/Blackmagic Design/DaVinci Resolve/Support/Developer/Scripting",
            "Program Files/Blackmagic Design/DaVinci Resolve/fusionscript.dll",
        ),
        (
            "linux",
            "opt/resolve",
            "opt/resolve/Developer/Scripting",
            "opt/resolve/libs/Fusion/fusionscript.so",
        ),
    ],
)
def test_resolve_and_its_library_are_where_its_installer_puts_them(
    platform: str, application: str, api: str, lib: str, tmp_path: Path
) -> None:
    here = system(tmp_path, platform)
    first = applications(here)[0]
    assert first == tmp_path / application
    assert scripting(here, first) == tmp_path / api
    assert library(here, first) == tmp_path / lib
    moved = system(tmp_path, platform, RESOLVE_SCRIPT_API="/api", RESOLVE_SCRIPT_LIB="/lib")
    assert (scripting(moved, first), library(moved, first)) == (Path("/api"), Path("/lib"))
