"""What comes with a document over the wire: folders to look for media in, and references to replace."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.config import Settings
from foleyd.errors import FoleyError
from foleyd.server.requests import MAX_MEDIA_ROOTS, read_document
from foleyd.v1 import foleyd_pb2 as pb


def document(**fields: object) -> pb.OtioDocument:
    return pb.OtioDocument(json=b"{}", base_folder="/", name="cut.xml", **fields)  # type: ignore[arg-type]


def test_roots_and_relinks_are_taken_as_they_are(tmp_path: Path) -> None:
    relink = pb.Relink(old_prefix="D:/media", new_prefix="/mnt")
    read = read_document(document(media_roots=[str(tmp_path)] * 2, relinks=[relink]), Settings(), "otio")
    assert read.media_roots == (tmp_path,)
    assert read.relinks == (("D:/media", Path("/mnt")),)
    assert read.title == "cut"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"media_roots": ["relative"]}, "otio.media_roots[0]"),
        ({"media_roots": ["/nowhere/at/all"]}, "otio.media_roots[0]"),
        ({"media_roots": ["/"] * (MAX_MEDIA_ROOTS + 1)}, "otio.media_roots"),
        ({"relinks": [pb.Relink(new_prefix="/mnt")]}, "otio.relinks[0].old_prefix"),
        ({"relinks": [pb.Relink(old_prefix="/a")]}, "otio.relinks[0].new_prefix"),
        ({"relinks": [pb.Relink(old_prefix="/a", new_prefix="b")]}, "otio.relinks[0].new_prefix"),
    ],
)
def test_what_cannot_be_names_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(FoleyError) as refused:
        read_document(document(**fields), Settings(), "otio")
    assert refused.value.field == field


def test_folders_outside_the_allowed_ones_are_refused(tmp_path: Path) -> None:
    settings = Settings(roots=(str(tmp_path),))
    outside = pb.OtioDocument(json=b"{}", base_folder=str(tmp_path), media_roots=["/"])
    with pytest.raises(FoleyError) as refused:
        read_document(outside, settings, "otio")
    assert refused.value.reason == "PATH_OUTSIDE_ROOTS"
