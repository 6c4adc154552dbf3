"""Folders that every system can have, by the daemon's own rule."""

from __future__ import annotations

import pytest
from foley.foley_names import LONGEST, safe_folder

from foleyd.names import safe_name

DEVICES = ["CON", "con", "Prn", "AUX", "nul", "COM1", "com9", "LPT3", "NUL.txt", "aux.", "con .v2"]


@pytest.mark.parametrize("name", DEVICES)
def test_no_folder_is_called_as_a_device_of_windows_is(name: str) -> None:
    assert safe_folder(name).startswith("_")
    assert safe_name(name.replace(" .", ".")).startswith("_"), "the daemon has the same rule for files"


@pytest.mark.parametrize("name", ["CONIN$", "COM¹", "lpt³.old"])
def test_nor_as_the_devices_that_are_less_known(name: str) -> None:
    assert safe_folder(name) == f"_{name}"


@pytest.mark.parametrize("name", ["Console", "COM10", "Nullify", "LPT", "Icon", "Con Air"])
def test_names_that_only_look_like_them_stay(name: str) -> None:
    assert safe_folder(name) == name


def test_spaces_and_dots_at_the_end_go_also_where_the_name_was_cut_there() -> None:
    assert safe_folder("Reel 1. . ") == "Reel 1"
    assert safe_folder("x" * (LONGEST - 1) + " y") == "x" * (LONGEST - 1)
    assert [safe_folder(name) for name in ("", " ", "...", "a\x00b", "caf\u00e9", "cafe\u0301")] == [
        *["untitled"] * 3,
        "a_b",
        *["caf\u00e9"] * 2,
    ]
