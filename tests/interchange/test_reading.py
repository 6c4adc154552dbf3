"""Any kind of document, read in a process of its own: what fails costs one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from edits import clip, span, time, timeline, track
from foleyd.errors import FoleyError
from foleyd.interchange import child
from foleyd.interchange.errors import InterchangeError
from foleyd.interchange.reading import read_any
from foleyd.interchange.writing import write_any
from foleyd.request import Document
from foleyd.timeline.document import read_document, write_document


def test_xml_goes_out_and_comes_back_through_the_child(tmp_path: Path) -> None:
    made = timeline(track(clip("a", span(0, 24), span(0, 100), url="a.mov", speed=0.5)), start=time(86400))
    (tmp_path / "a.mov").touch()
    document = Document(write_document(made), tmp_path, "cut.otio")
    notices = write_any(document, tmp_path / "cut.xml", ())
    assert "50 %" in notices[0].what
    back = read_any(tmp_path / "cut.xml")
    (shot,) = read_document(back.document.json, "cut.xml").find_clips()
    assert shot.media_reference.target_url == f"file://localhost{tmp_path / 'a.mov'}"
    assert back.document.title == "cut"


def test_xml_says_that_it_holds_no_collection(tmp_path: Path) -> None:
    bin_ = otio.schema.SerializableCollection("bin")
    bin_.append(timeline(track(clip("a", span(0, 24), span(0, 100), url="/a.mov")), start=time(86400)))
    document = Document(bin_.to_json_string().encode(), tmp_path, "bin.otio")
    assert write_any(document, tmp_path / "alone.xml", ()) == ()
    bin_.append(clip("b", span(0, 24)))
    document = Document(bin_.to_json_string().encode(), tmp_path, "bin.otio")
    (said,) = write_any(document, tmp_path / "bin.xml", ())
    assert said.what == "of the collection that came, FCP7 XML holds the timeline alone"


def test_an_otio_text_comes_back_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cut.otio").write_bytes(b'{"any": "thing"}')
    read = read_any(tmp_path / "cut.otio")
    assert (read.document.json, read.document.base_folder) == (b'{"any": "thing"}', tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cut.xml", b"<xmeml><sequence>", "not whole XML"),
        ("cut.xml", b"<xmeml><sequence><media><video><track><clipitem/></track></video></media></sequence>"
                    b"</xmeml>", "cannot be read as FCP7 XML (a part is missing or of the wrong kind)"),
        ("cut.edl", b"001 what\n", "cannot be read as CMX 3600 EDL"),
        ("cut.aaf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "cannot be read as AAF"),
        ("cut.otioz", b"PK no zip", "no whole OTIO bundle"),
        ("cut.edl", b"", "is empty"),
    ],
)  # fmt: skip
def test_broken_files_get_one_typed_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FoleyError) as refused:
        read_any(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_child_that_dies_or_hangs_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cut.xml"
    path.write_bytes(b"<xmeml/>")

    def killed(command: Any, **_: Any) -> Any:
        return subprocess.CompletedProcess(command, -9)

    monkeypatch.setattr(child.subprocess, "run", killed)
    with pytest.raises(InterchangeError, match="brought its reader down"):
        read_any(path)

    def hangs(command: Any, **_: Any) -> Any:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(child.subprocess, "run", hangs)
    with pytest.raises(InterchangeError, match="takes longer than"):
        read_any(path)


def test_folders_and_missing_files_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InterchangeError, match="a folder"):
        read_any(tmp_path)
    with pytest.raises(InterchangeError, match="cannot be read"):
        read_any(tmp_path / "gone.xml")
