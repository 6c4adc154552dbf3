"""``.otioz`` bundles: hostile ones unpack nothing, honest ones unpack once, ours hold what we made."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import opentimelineio as otio
import pytest

from edits import clip, span, timeline, track
from foleyd.files import OutputError, OutputExists
from foleyd.interchange import bundle
from foleyd.interchange.bundle import open_bundle, remove_unpacked, with_content
from foleyd.interchange.errors import InterchangeError
from foleyd.interchange.reading import read_any
from foleyd.interchange.writing import write_any
from foleyd.request import Document
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.placement import rebase_references
from foleyd.timeline.program import read_program

CONTENT = write_document(timeline(track(clip("a", span(0, 24), span(0, 100), url="media/a.mov"))))


def packed(path: Path, entries: dict[str, bytes], content: bytes = CONTENT) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("version.txt", "1.0.0")
        archive.writestr("content.otio", content)
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_bundle_unpacks_once_and_its_media_are_found(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"picture", "media/sub/b.mov": b"more"})
    folder = tmp_path / "out.media"
    first = read_any(path, unpack_to=folder)
    assert (folder / "media/a.mov").read_bytes() == b"picture"
    seen = read_program(
        read_document(first.document.json, "cut.otioz"), base_folder=first.document.base_folder
    )
    assert seen.program.shots[0].media is not None
    assert seen.program.shots[0].media.path == folder / "media/a.mov"
    assert read_any(path, unpack_to=folder).unpacked == ()
    remove_unpacked(first.unpacked)
    assert not folder.exists()


def test_a_bundle_that_the_otio_project_wrote_is_read(tmp_path: Path) -> None:
    media = tmp_path / "a b.mov"
    media.write_bytes(b"x" * 1000)
    made = timeline(track(clip("a", span(0, 24), span(0, 100), url=media.as_uri())))
    otio.adapters.write_to_file(made, str(tmp_path / "cut.otioz"))
    read = read_any(tmp_path / "cut.otioz", unpack_to=tmp_path / "out.media")
    shown = read_program(read_document(read.document.json, "c"), base_folder=read.document.base_folder)
    assert shown.missing == ()


def test_to_list_cues_only_names_lengths_and_how_sounds_begin_are_needed(tmp_path: Path) -> None:
    """By length a media file is known that was written anew, by its head a take of ours."""
    sound = bytes(range(256)) * 20_000
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"picture" * 1000, "media/b.wav": sound})
    read_any(path, unpack_to=tmp_path / "names", names_only=True)
    picture, unpacked = (tmp_path / "names/media" / name for name in ("a.mov", "b.wav"))
    assert picture.read_bytes() == bytes(7000)
    assert unpacked.read_bytes()[: 4 << 20] == sound[: 4 << 20]
    assert unpacked.stat().st_size == len(sound)


def test_a_bundle_with_another_document_is_the_same_beside(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"picture", "notes/x.txt": b"ours"})
    with_content(path, tmp_path / "new.otioz", b"{}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "new.otioz") as new:
        assert new.namelist() == old.namelist()
        assert new.testzip() is None
        assert new.read("content.otio") == b"{}"
        assert {name: new.read(name) for name in ("version.txt", "media/a.mov", "notes/x.txt")} == {
            "version.txt": b"1.0.0", "media/a.mov": b"picture", "notes/x.txt": b"ours",
        }  # fmt: skip
    with pytest.raises(OutputExists):
        with_content(path, tmp_path / "new.otioz", b"{}")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/0.mov": b"new", "media/a.mov": b"picture"})
    mine = tmp_path / "out.media/media/a.mov"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"PICTURE")
    with pytest.raises(OutputExists):
        open_bundle(path, tmp_path / "out.media")
    assert mine.read_bytes() == b"PICTURE"
    assert sorted(p.name for p in mine.parent.iterdir()) == ["a.mov"]


@pytest.mark.parametrize(
    "name",
    ["../evil", "media/../../evil", "/evil", "media/./evil", "media\\..\\evil", "C:/evil", "media/a\x01b"],
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "cut.otioz", {name: b"evil", "media/a.mov": b"picture"})
    with pytest.raises(InterchangeError, match="would land elsewhere"):
        open_bundle(path, tmp_path / "deep/er/out.media")
    assert not any(found.name == "evil" for found in tmp_path.rglob("*"))
    assert not (tmp_path / "deep").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.otioz"
    entry = zipfile.ZipInfo("media/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.otio", CONTENT)
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InterchangeError, match="or is none"):
        open_bundle(path, tmp_path / "out.media")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"1", "media/A.MOV": b"2"})
    with pytest.raises(InterchangeError, match="twice"):
        open_bundle(path, tmp_path / "out.media")


def test_bombs_are_refused_before_they_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_ALLOWANCE", 0)
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": bytes(5_000_000)})
    with pytest.raises(InterchangeError, match="would unpack to"):
        open_bundle(path, tmp_path / "out.media")
    monkeypatch.setattr(bundle, "MAX_CONTENT", 1000)
    with pytest.raises(InterchangeError, match="larger than"):
        open_bundle(packed(tmp_path / "big.otioz", {}, bytes(2_000_000)), None)


def test_broken_ones_get_a_sentence(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": os.urandom(100_000)})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InterchangeError, match="no whole OTIO bundle"):
        open_bundle(path, tmp_path / "out.media")
    path.write_bytes(whole.replace(whole[2000:2010], bytes(10)))
    with pytest.raises(InterchangeError, match="no whole OTIO bundle"):
        open_bundle(path, tmp_path / "out.media")
    assert not (tmp_path / "out.media").exists()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no timeline")
    with pytest.raises(InterchangeError, match=r"no content\.otio"):
        open_bundle(path, None)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"picture"})
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="does not exist"):
        open_bundle(path, tmp_path / "file/out.media")
    long = packed(tmp_path / "long.otioz", {f"media/{'x' * 300}.mov": b"picture", "media/a.mov": b""})
    with pytest.raises(OutputError, match="too long"):
        open_bundle(long, tmp_path / "out.media")
    assert not (tmp_path / "out.media").exists()
    open_bundle(long, tmp_path / "names", names_only=True)
    assert (tmp_path / "names/media/a.mov").exists()


# ------------------------------------------------------------------------------------------ out


def take(path: Path) -> Path:
    path.write_bytes(b"RIFF....iXML FOLEYD_PROVENANCE" + path.name.encode())
    return path


def test_a_bundle_holds_what_we_made_and_refers_to_the_rest(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    now, before = take(tmp_path / "one/take.wav"), take(tmp_path / "two/take.wav")
    theirs, secret = tmp_path / "theirs.mov", tmp_path / "secret.wav"
    theirs.write_bytes(b"picture")
    secret.write_bytes(b"RIFF not a take")
    urls = ("two/../theirs.mov", str(theirs), "one/../gone.mov")
    shots = [clip("a", span(0, 24), span(0, 100), url=url) for url in urls]
    sounds = [clip("s", span(0, 24), span(0, 100), url=p.as_uri()) for p in (now, before, secret)]
    for sound in sounds[1:]:
        sound.metadata["foleyd"] = {"job": "earlier"}
    text = write_document(timeline(track(*shots), track(*sounds, kind="Audio")))
    out = tmp_path / "out.otioz"
    notices = write_any(Document(text, tmp_path, "cut"), out, [now])
    with zipfile.ZipFile(out) as archive:
        assert sorted(archive.namelist()) == [
            "content.otio", "media/take (2).wav", "media/take.wav", "version.txt",
        ]  # fmt: skip
        assert archive.read("media/take.wav") == now.read_bytes()
        content = json.loads(archive.read("content.otio"))
    written = [clip_url(node) for lane in content["tracks"]["children"] for node in lane["children"]]
    assert written == [
        theirs.as_uri(), str(theirs), (tmp_path / "gone.mov").as_uri(),
        "media/take.wav", "media/take (2).wav", secret.as_uri(),
    ]  # fmt: skip
    assert "2 references" in notices[0].what
    read_back = otio.adapters.read_from_file(str(out))
    assert len(list(read_back.find_clips())) == 6


def clip_url(node: dict[str, dict[str, dict[str, str]]]) -> str:
    return node["media_references"]["DEFAULT_MEDIA"]["target_url"]


def test_media_of_a_bundle_go_into_the_next_one(tmp_path: Path) -> None:
    path = packed(tmp_path / "cut.otioz", {"media/a.mov": b"picture"})
    read = read_any(path, unpack_to=tmp_path / "out.media")
    made = read_document(read.document.json, "cut")
    rebase_references(made, tmp_path / "out.media", tmp_path / "out.foley")
    moved = Document(write_document(made, read.document.json), tmp_path / "out.foley", "cut")
    (tmp_path / "out.foley").mkdir()
    assert write_any(moved, tmp_path / "out.otioz", (), tmp_path / "out.media") == ()
    with zipfile.ZipFile(tmp_path / "out.otioz") as archive:
        assert archive.read("media/a.mov") == b"picture"
        assert json.loads(archive.read("content.otio")) == json.loads(CONTENT)


def test_an_output_that_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.otioz"
    out.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        write_any(Document(CONTENT, tmp_path, "cut"), out, ())
    assert out.read_bytes() == b"mine"
