"""Where media lie: every form of reference seen in real files, as a path of this machine."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import (
    Relink,
    file_uri,
    is_file,
    is_relative,
    media_name,
    rebase_url,
    resolve_media,
)

BASE = Path("/edit")


def anything(_: Path) -> bool:
    """A disk that has every file."""
    return True


def only(*paths: str) -> Callable[[Path], bool]:
    """A disk that has just these files."""
    return lambda path: str(path) in paths


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/Users/josh/a b.mov", "/Users/josh/a b.mov"),
        ("file:///Users/josh/a%20b.mov", "/Users/josh/a b.mov"),
        ("file://localhost/media/a.mov", "/media/a.mov"),
        ("FILE:///media/a.mov", "/media/a.mov"),
        ("file:/media/a.mov", "/media/a.mov"),
        ("file:///media/%E9%97%A8.mov", "/media/门.mov"),
        ("file:///media/门.mov", "/media/门.mov"),
        ("/media/100%20real.mov", "/media/100%20real.mov"),
        ("/media/a%20b.mov", "/media/a b.mov"),
        ("file:///media/take#2?.mov", "/media/take#2?.mov"),
        ("file:///media/take%232.mov", "/media/take#2.mov"),
        ("file:///media/a.mov?x=1#t", "/media/a.mov"),
        ("clips/a.mov", "/edit/clips/a.mov"),
        ("../a%20b.mov", "/edit/../a b.mov"),
        ("./a.mov", "/edit/a.mov"),
        ("50% off.mov", "/edit/50% off.mov"),
        ("bad%E9.mov", "/edit/bad%E9.mov"),
        ("day 1\\cam%20a\\a.mov", "/edit/day 1/cam a/a.mov"),
        ("odd\\name.mov", "/edit/odd\\name.mov"),
    ],
)
def test_forms_in_use_find_their_file(url: str, path: str) -> None:
    assert resolve_media(url, BASE, exists=only(path)).path == Path(path)


def test_a_literal_percent_wins_over_its_decoding() -> None:
    both = only("/media/a%20b.mov", "/media/a b.mov")
    assert resolve_media("/media/a%20b.mov", BASE, exists=both).path == Path("/media/a%20b.mov")
    # In a URI percent is encoding first.
    assert resolve_media("file:///media/a%20b.mov", BASE, exists=both).path == Path("/media/a b.mov")


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_composed_and_decomposed_names_are_the_same_file(written: str, on_disk: str) -> None:
    name = unicodedata.normalize(on_disk, "/media/Tür.mov")  # type: ignore[arg-type]
    url = unicodedata.normalize(written, "/media/Tür.mov")  # type: ignore[arg-type]
    assert resolve_media(url, BASE, exists=only(name)).path == Path(name)


@pytest.mark.parametrize(
    "url",
    [
        "C:\\Users\\robin\\data\\shot.mov",
        "C:/Users/robin/data/shot.mov",
        "file:///C:/Users/robin/data/shot.mov",
        "file://localhost/C%3a/Users/robin/data/shot.mov",
        "file://C:/Users/robin/data/shot.mov",
        "\\\\server\\share\\data\\shot.mov",
        "//server/share/data/shot.mov",
        "file://server/share/data/shot.mov",
    ],
)
def test_windows_and_network_paths_are_found_under_a_media_root(url: str) -> None:
    alone = resolve_media(url, BASE, exists=anything)
    assert alone.path is None
    assert "relink" in alone.reason
    assert alone.name == media_name(url) == "shot.mov"
    deep = resolve_media(url, BASE, exists=only("/here/data/shot.mov"), media_roots=[Path("/here")])
    assert deep.path == Path("/here/data/shot.mov")
    flat = resolve_media(url, BASE, exists=only("/here/shot.mov"), media_roots=[Path("/here")])
    assert flat.path == Path("/here/shot.mov")


def test_the_longest_tail_under_a_root_wins() -> None:
    disk = only("/here/a/b/shot.mov", "/here/shot.mov")
    found = resolve_media("/x/a/b/shot.mov", BASE, exists=disk, media_roots=[Path("/here")])
    assert found.path == Path("/here/a/b/shot.mov")


def test_a_tail_never_climbs_out_of_its_root() -> None:
    tried: list[str] = []

    def look(path: Path) -> bool:
        tried.append(str(path))
        return False

    resolve_media("../../etc/passwd", None, exists=look, media_roots=[Path("/here")])
    assert tried
    assert all(PurePosixPath(path).is_relative_to("/here") and ".." not in path for path in tried)


def test_relinking_comes_first_and_ignores_case_on_drives_only() -> None:
    drive = Relink("c:/USERS/robin", Path("/here"))
    moved = resolve_media("C:\\Users\\robin\\data\\shot.mov", BASE, relinks=[drive], exists=anything)
    assert moved.path == Path("/here/data/shot.mov")
    posix = Relink("/Users/Robin", Path("/here"))
    assert resolve_media("/Users/Robin/a.mov", BASE, relinks=[posix], exists=anything).path == Path(
        "/here/a.mov"
    )
    other = resolve_media("/users/robin/a.mov", BASE, relinks=[posix], exists=anything)
    assert other.path == Path("/users/robin/a.mov")


def under(*paths: str) -> Callable[[str], list[Path]]:
    """What lies under the roots, by name."""
    return lambda name: [Path(path) for path in paths if Path(path).name == name]


def search(url: str, *paths: str, roots: str = "/here") -> tuple[Path | None, str]:
    found = resolve_media(
        url, BASE, exists=only(*paths), media_roots=[Path(r) for r in roots.split()], named=under(*paths)
    )
    return found.path, found.reason


def test_a_name_is_found_at_any_depth() -> None:
    assert search("D:\\footage\\shot.mov", "/here/a/b/shot.mov") == (Path("/here/a/b/shot.mov"), "")


def test_of_equal_names_the_one_with_most_of_the_path_is_taken() -> None:
    two = ("/here/x/day1/shot.mov", "/here/x/day2/shot.mov")
    assert search("/Volumes/M/Day2/shot.mov", *two)[0] == Path("/here/x/day2/shot.mov")


def test_names_that_cannot_be_told_apart_are_not_guessed() -> None:
    path, reason = search("/Volumes/M/shot.mov", "/here/a/shot.mov", "/here/b/shot.mov")
    assert path is None
    assert "2 files may be meant (/here/a/shot.mov, /here/b/shot.mov)" in reason
    assert "--relink" in reason
    # A file in the root itself is no better than one deeper down.
    assert search("/M/shot.mov", "/here/shot.mov", "/here/b/shot.mov")[0] is None
    # Nor is that of the first root.
    both = search("/M/day/shot.mov", "/here/day/shot.mov", "/there/day/shot.mov", roots="/here /there")
    assert both[0] is None


def test_what_cannot_be_listed_says_why() -> None:
    def refuse(_: str) -> list[Path]:
        raise LookupError("too many")

    found = resolve_media("/x/a.mov", BASE, exists=only(), media_roots=[Path("/here")], named=refuse)
    assert (found.path, found.reason) == (None, "too many")


@pytest.mark.parametrize(
    ("old", "url"),
    [
        ("/old/a.mov", "/old/a.mov"),
        ("file:///old/a.mov", "file:///old/a.mov"),
        ("/old/a.mov", "file://localhost/old/a.mov"),
        ("file://localhost/D%3a/x/a.mov", "d:\\X\\A.mov"),
    ],
)
def test_one_file_can_be_relinked_however_it_is_written(old: str, url: str) -> None:
    relink = Relink(old, Path("/new/b.mov"))
    assert resolve_media(url, BASE, exists=only("/new/b.mov"), relinks=[relink]).path == Path("/new/b.mov")


def test_a_relink_replaces_whole_names_only() -> None:
    relink = Relink("/old/a", Path("/new"))
    assert resolve_media("/old/ab/c.mov", BASE, exists=anything, relinks=[relink]).path == Path(
        "/old/ab/c.mov"
    )


@pytest.mark.parametrize(
    "url", ["https://example.com/a.mov", "http://x/a", "s3://bucket/a.mov", "data:text,a"]
)
def test_other_schemes_are_reported_and_never_looked_for(url: str) -> None:
    def look(path: Path) -> bool:
        raise AssertionError(f"{path} was looked for")

    found = resolve_media(url, BASE, exists=look, media_roots=[Path("/here")])
    assert found.path is None
    assert "are not opened" in found.reason


@pytest.mark.parametrize(
    ("url", "cause"), [("", "names no file"), ("  ", "names no file"), ("/a\0b.mov", "control")]
)
def test_what_is_no_reference_says_so(url: str, cause: str) -> None:
    assert cause in resolve_media(url, BASE, exists=anything).reason


def test_relative_names_need_a_folder() -> None:
    assert "without a folder" in resolve_media("a.mov", None, exists=anything).reason


def test_a_missing_file_is_named_with_the_way_out() -> None:
    reason = resolve_media("/media/a.mov", BASE, exists=lambda _: False).reason
    assert "there is no file /media/a.mov" in reason
    assert "relink the clip: with --media-root or --relink, or in the editor" in reason


def test_a_relative_name_of_windows_is_found_under_a_root_and_called_by_its_end() -> None:
    url = "day 1\\cam a\\a.mov"
    found = resolve_media(url, BASE, exists=only("/raid/day 1/cam a/a.mov"), media_roots=[Path("/raid")])
    assert (found.path, found.name) == (Path("/raid/day 1/cam a/a.mov"), "a.mov")


def test_real_files_with_difficult_names_are_found(tmp_path: Path) -> None:
    for name in ("plain.mov", "with space.mov", "ha#sh?.mov", "per%41cent.mov", "门 Tür 🎬.mov"):
        file = tmp_path / name
        file.write_bytes(b"x")
        assert resolve_media(file_uri(file), None).path == file
        assert resolve_media(str(file), None).path == file
        assert resolve_media(name, tmp_path).path == file
    assert not is_file(tmp_path)
    assert not is_file(Path("/" + "x" * 5000))


def test_references_are_relative_or_not() -> None:
    absolute = ("/a", "C:/a", "C:\\a", "\\\\s\\a", "file:///a", "http://a", "")
    assert is_relative("a.mov")
    assert is_relative("../a")
    assert not any(is_relative(url) for url in absolute)


@pytest.mark.parametrize(
    ("url", "old", "new", "expected"),
    [
        ("a.mov", "/edit", "/edit/out", "../a.mov"),
        ("clips/a%20b.mov", "/edit", "/", "edit/clips/a%20b.mov"),
        ("../a.mov", "/edit/in", "/edit/out", "../a.mov"),
        ("./a.mov", "/edit", "/edit", "./a.mov"),
        ("/a.mov", "/edit", "/out", "/a.mov"),
        ("file:///a.mov", "/edit", "/out", "file:///a.mov"),
        ("C:\\a.mov", "/edit", "/out", "C:\\a.mov"),
    ],
)
def test_relative_references_follow_the_document(url: str, old: str, new: str, expected: str) -> None:
    assert rebase_url(url, Path(old), Path(new)) == expected


def test_uris_are_encoded_and_relative_paths_refused() -> None:
    assert file_uri(Path("/tmp/a b/ü#1%.wav")) == "file:///tmp/a%20b/%C3%BC%231%25.wav"
    with pytest.raises(TimelineError):
        file_uri(Path("a.wav"))
