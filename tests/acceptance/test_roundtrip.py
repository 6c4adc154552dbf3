"""Round trips: a timeline goes out with our takes on it, is cut anew, and comes back to be refreshed."""

from __future__ import annotations

import copy
import csv
import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from acceptance import returned as r
from acceptance.command import Answer, Foley

QUICK = ("--no-preview", "--no-picture", "--json")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return r.make_media(tmp_path_factory.mktemp("media"), 5)


def calls(log: Path) -> int:
    """How many takes the engine was asked for."""
    lines = log.read_text().splitlines() if log.exists() else []
    return sum(len(line.split(" | ")) for line in lines)


def first_run(foley: Foley, folder: Path, shots: list[r.Json], spotted: list[int], *words: str) -> r.Json:
    """A take under each of SHOTS that is SPOTTED, in FOLDER/first.otio."""
    source = r.write(folder / "cut.otio", r.timeline(shots, [r.gap(5), r.shot(folder / "music.wav", 0, 60)]))
    at, spans = 0, []
    for number, shot in enumerate(shots):
        length = round(shot["source_range"]["duration"]["value"])
        if number in spotted:
            spans += ["--range", str(Fraction(at, r.RATE)), str(Fraction(at + length, r.RATE))]
        at += length
    spans = [str(float(Fraction(word))) if word[0].isdigit() else word for word in spans]
    log = ("--option", f"log={folder / 'log'}")
    out = folder / "first.otio"
    answer = foley.run(
        "timeline", source, "-o", out, "--engine", "fake", "--prompt", "clicks", *spans, *log, *words, *QUICK
    )
    assert answer.code == 0, answer.err
    return r.read(out)


def refresh(foley: Foley, folder: Path, document: r.Json, name: str) -> tuple[r.Json, list[Any], Answer]:
    """DOCUMENT brought back as FOLDER/NAME-back.otio and refreshed."""
    back = r.write(folder / f"{name}-back.otio", document)
    answer = foley.run("timeline", back, "-o", folder / f"{name}.otio", "--refresh", *QUICK)
    assert answer.code == 0, answer.err
    return r.read(folder / f"{name}.otio"), answer.json["refreshed"], answer


def others(document: r.Json) -> list[r.Json]:
    """All tracks but ours."""
    tracks: list[r.Json] = document["tracks"]["children"]
    return [track for track in tracks if not track["name"].startswith("Foley")]


def test_a_cut_that_changes_and_comes_back(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    """Four shots: the first slips inside its handles, the second goes, a new one comes before the last."""
    shots = [r.shot(media[number], 100 + 60 * number, 40) for number in range(4)]
    document = first_run(foley, tmp_path, shots, [0, 1, 2, 3])
    assert r.check_sound(document).wrong == []
    made = calls(tmp_path / "log")
    assert made == 4
    picture = document["tracks"]["children"][0]
    picture["children"] = [
        r.shot(media[0], 105, 40),
        copy.deepcopy(shots[2]),
        r.shot(media[4], 50, 21),
        r.shot(media[3], 260, 40),
    ]
    after, table, _ = refresh(foley, tmp_path, document, "second")
    assert [(row["outcome"], row["why"].split("; ")[0]) for row in table] == [
        ("re-cut", "its shot was slipped by 5 frames, inside its file"),
        ("dropped", "its shot is gone or disabled"),
        ("moved", "its picture only moved"),
        ("re-made", "its picture goes on for 8 frames beyond what its file holds"),
    ]
    assert calls(tmp_path / "log") == made + 1
    assert others(after) == others(document)
    checked = r.check_sound(after)
    assert checked.wrong == []
    assert (checked.clips, checked.clicks > 5) == (3, True)
    again, table, _ = refresh(foley, tmp_path, after, "third")
    assert {row["outcome"] for row in table} == {"kept"}
    assert again == after
    assert calls(tmp_path / "log") == made + 1
    assert not (tmp_path / "third.foley").exists()


def test_what_a_refresh_would_do_is_listed_and_nothing_is_made(
    foley: Foley, media: list[Path], tmp_path: Path
) -> None:
    document = first_run(foley, tmp_path, [r.shot(media[0], 100, 40), r.shot(media[1], 100, 40)], [0, 1])
    document["tracks"]["children"][0]["children"].reverse()
    back = r.write(tmp_path / "back.otio", document)
    answer = foley.run("cues", back, "--refresh")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "cue    layer  what   from                     to                       why",
        "cue-1  foley  moved  01:00:00:00-01:00:01:15  01:00:01:15-01:00:03:05  its picture only moved",
        "cue-2  foley  moved  01:00:01:15-01:00:03:05  01:00:00:00-01:00:01:15  its picture only moved",
        "",
        "2 takes: 2 moved",
    ]
    assert calls(tmp_path / "log") == 2


@pytest.mark.slow
def test_a_bundle_is_listed_as_it_would_be_refreshed(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    """The list unpacks no media: takes and pictures are known by what is in the bundle all the same."""
    document = first_run(foley, tmp_path, [r.shot(media[0], 100, 40), r.shot(media[1], 100, 40)], [0, 1])
    document["tracks"]["children"][0]["children"].reverse()
    back = tmp_path / "back.otioz"
    with zipfile.ZipFile(back, "w") as archive:
        for one in [item for track in document["tracks"]["children"] for item in track["children"]]:
            for held in one.get("media_references", {}).values():
                file = r.file_of(one)
                if file.exists() and f"media/{file.name}" not in archive.namelist():
                    archive.write(file, f"media/{file.name}")
                held["target_url"] = f"media/{file.name}"
        archive.writestr("content.otio", json.dumps(document))
    table = [line.split()[2] for line in foley.run("cues", back, "--refresh").out.splitlines()[1:3]]
    assert table == ["moved", "moved"]
    out = tmp_path / "out.otioz"
    answer = foley.run("timeline", back, "-o", out, "--refresh", *QUICK)
    assert [row["outcome"] for row in answer.json["refreshed"]] == table
    assert answer.json["otio"] is None
    assert sorted(path.name for path in (tmp_path / "out.foley").iterdir()) == [
        "cut_foley_cue-1_take1_v2.wav",
        "cut_foley_cue-2_take1_v2.wav",
    ]
    again = foley.run("timeline", out, "-o", tmp_path / "again.otioz", "--refresh", *QUICK)
    assert [row["outcome"] for row in again.json["refreshed"]] == ["kept", "kept"]
    assert not (tmp_path / "again.foley").exists()


def test_a_run_without_refresh_only_adds(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    document = first_run(foley, tmp_path, [r.shot(media[0], 100, 40), r.shot(media[1], 100, 40)], [0, 1])
    source, out = tmp_path / "first.otio", tmp_path / "more.otio"
    words = ("--engine", "fake", "--prompt", "taps", "--range", "0", "1", *QUICK)
    answer = foley.run("timeline", source, "-o", out, *words)
    assert answer.code == 0, answer.err
    after = r.read(out)
    assert after["tracks"]["children"][:-1] == document["tracks"]["children"]
    assert r.foley_tracks(after) == ["Foley: foley", "Foley: foley 2"]


def test_a_refresh_needs_takes_of_ours_and_no_prompt(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    source = r.write(tmp_path / "cut.otio", r.timeline([r.shot(media[0], 100, 40)]))
    nothing = foley.run("timeline", source, "-o", tmp_path / "out.otio", "--refresh", *QUICK)
    assert nothing.json["error"]["reason"] == "NOTHING_TO_REFRESH"
    prompted = foley.run("timeline", source, "-o", tmp_path / "out.otio", "--refresh", "--prompt", "rain")
    assert prompted.code == 2
    assert prompted.sentence.startswith("foley: --refresh takes everything from the takes on the timeline")


@pytest.mark.slow
def test_a_refresh_without_any_picture_that_is_on_is_refused(
    foley: Foley, media: list[Path], tmp_path: Path
) -> None:
    """Somebody has soloed a sound: their takes are not to be dropped for that."""
    document = first_run(foley, tmp_path, [r.shot(media[0], 100, 40)], [0])
    picture = document["tracks"]["children"][0]
    assert picture["kind"] == "Video"
    picture["name"], picture["enabled"] = "V1", False
    off = r.write(tmp_path / "off.otio", document)
    out = tmp_path / "out.otio"
    for words in (("cues", off), ("timeline", off, "-o", out, "--no-preview", "--no-picture")):
        answer = foley.run(*words, "--refresh", "--json")
        assert answer.code == 2
        assert answer.json["error"]["reason"] == "PICTURE_OFF"
        assert answer.json["error"]["message"] == (
            "no track of picture is on in off.otio (V1), so every take would be dropped; switch the "
            "picture's track on, and export the timeline again"
        )
    assert not out.exists()
    assert not out.with_suffix(".foley").exists()
    del document["tracks"]["children"][0]
    bare = r.write(tmp_path / "bare.otio", document)
    answer = foley.run("timeline", bare, "-o", out, "--refresh", *QUICK)
    assert answer.code == 2
    assert answer.sentence.startswith("foley: there is no track of picture in bare.otio")
    assert not out.exists()


@pytest.mark.slow
def test_mix_and_cue_sheet_of_a_refresh_are_of_all_that_lies_on_the_timeline(
    foley: Foley, media: list[Path], tmp_path: Path
) -> None:
    """Moved, kept and made anew are heard, and what an editor muted is not. All keep the shape of before."""
    shots = [r.shot(media[number], 100 + 60 * number, 40) for number in range(4)]
    back = first_run(foley, tmp_path, shots, [0, 1, 2, 3], "--takes", "2", "--target", "resolve")
    picture, ours = back["tracks"]["children"][0], back["tracks"]["children"][2]
    picture["children"] = [shots[1], shots[0], shots[2], r.shot(media[3], 300, 40)]
    ours["children"][2]["enabled"] = False
    source = r.write(tmp_path / "back.otio", back)
    words = ("--refresh", "--mix", "--cue-sheet", *QUICK)
    # As on another machine, where the cache holds no pictures of these takes.
    assert foley.run("cache", "--purge", "--older-than", "0").code == 0
    answer = foley.run("timeline", source, "-o", tmp_path / "second.otio", *words)
    assert answer.code == 0, answer.err
    after = r.read(tmp_path / "second.otio")
    assert r.check_sound(after).wrong == []
    items = [one.item for name in r.foley_tracks(after) for one in r.lying(after, name)]
    assert all("Resolve_OTIO" in item["metadata"] for item in items)
    assert all(str(r.file_of(item)) in json.dumps(item["media_references"]) for item in items)
    assert not any("file:" in json.dumps(item["media_references"]) for item in items)
    clicks, length = r.clicks_of_file(Path(answer.json["mix"]))
    wanted = r.clicks_of_picture(r.lying(after, "V1"), r.START, Fraction(r.RATE))
    muted = range((r.START + 80) * 1920, (r.START + 120) * 1920)
    assert (clicks, length) == (sorted(at for at in wanted if at not in muted), 160 * 1920)
    with Path(answer.json["cue_sheet"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["In"], row["Takes"], row["Notes"].split(":")[0]) for row in rows] == [
        ("01:00:00:00", "2", "moved"),
        ("01:00:01:15", "2", "moved"),
        ("01:00:03:05", "2", "left as edited"),
        ("01:00:04:20", "2", "re-made"),
    ]
    page = Path(answer.json["cue_page"])
    players = [unquote(name) for name in re.findall(r'<audio [^>]*src="\./([^"]+)"', page.read_text())]
    assert players == [name for row in rows for name in row["Files"].split("; ")]
    assert all((page.parent / name).is_file() for name in players)
    articles = page.read_text().split('<article class="cue"')[1:]
    assert [article.count("<img ") for article in articles] == [4, 4, 4, 8]

    made = calls(tmp_path / "log")
    again = foley.run("timeline", tmp_path / "second.otio", "-o", tmp_path / "third.otio", *words)
    assert {row["outcome"] for row in again.json["refreshed"]} == {"kept", "left as edited"}
    assert r.clicks_of_file(Path(again.json["mix"])) == (clicks, length)
    assert calls(tmp_path / "log") == made

    gone = next(Path(row["path"]) for row in again.json["refreshed"] if row["outcome"] == "kept")
    gone.rename(gone.with_suffix(".away"))
    without = foley.run(
        "timeline", tmp_path / "second.otio", "-o", tmp_path / "fourth.otio", "--refresh", *QUICK
    )
    assert without.json["warnings"][-1] == {
        "what": "the file of cue-2 cannot be had",
        "where": "01:00:00:00",
        "fix": "put it back or relink it: --media-root, --relink",
    }


# ------------------------------------------------------------------------------------- forty shots


def forty(media: list[Path]) -> list[r.Json]:
    return [r.shot(media[n % 4], 30 + 64 * (n // 4), 30 + n % 7) for n in range(40)]


def re_edited(document: r.Json, media: list[Path]) -> r.Json:
    """One of every kind of change; the sound's track does not ripple with the picture."""
    edit = copy.deepcopy(document)
    old = forty(media)
    new = {number: [shot] for number, shot in enumerate(copy.deepcopy(old))}

    def changed(number: int, *, head: int = 0, tail: int = 0, **how: Any) -> list[r.Json]:
        used = old[number]["source_range"]
        source, length = (round(used[key]["value"]) for key in ("start_time", "duration"))
        return [r.shot(media[number % 4], source + head, length + tail - head, **how)]

    new[2].append(r.shot(media[4], 40, 37))  # insert
    new[6] = changed(6, head=5, tail=5)  # slip, inside the handles
    new[7] = changed(7, head=20, tail=20)  # slip, beyond them
    new[10], new[11] = new[11], new[10]  # swap
    new[14] = []  # delete
    new[17] = changed(17, speed=2.0)  # retime
    new[20] = changed(20, head=6)  # trim in, at the head
    new[21] = changed(21, tail=8)  # trim out, inside the handles
    new[22] = changed(22, tail=30)  # trim out, beyond them
    new[25] = changed(25, enabled=False)  # disable
    new[34] = [r.shot(media[4], 200, 35)]  # replace
    picture = edit["tracks"]["children"][0]
    picture["children"] = [shot for number in range(40) for shot in new[number]]
    ours = next(t for t in edit["tracks"]["children"] if t["name"] == "Foley: foley")
    clips = ours["children"]
    clips[28]["enabled"] = False  # mute
    clips[31:32] = [r.gap(4), clips[31]]  # move by hand: four frames later, over a shorter neighbour
    clips[33]["source_range"]["start_time"]["value"] += 4
    clips[33]["source_range"]["duration"]["value"] -= 4
    return edit


EXPECTED = {
    **dict.fromkeys(range(3), "kept"),
    **dict.fromkeys(range(3, 40), "moved"),
    6: "re-cut",
    7: "re-made",
    14: "dropped",
    17: "re-made",
    20: "re-cut",
    21: "re-cut",
    22: "re-made",
    25: "dropped",
    28: "left as edited",
    31: "left as edited",
    34: "re-made",
}


@pytest.mark.slow
def test_forty_shots_re_edited(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    document = first_run(foley, tmp_path, forty(media), list(range(40)))
    log = tmp_path / "log"
    assert calls(log) == 40
    assert r.check_sound(document).wrong == []
    files = {path: path.read_bytes() for path in (tmp_path / "first.foley").glob("*.wav")}

    after, table, answer = refresh(foley, tmp_path, re_edited(document, media), "second")
    assert {number: row["outcome"] for number, row in enumerate(table)} == EXPECTED
    assert calls(log) == 44
    assert answer.json["seconds"]["hear"] > 0
    retimed = {Path(table[17]["path"]).name}
    by_hand = {Path(table[31]["path"]).name}
    checked = r.check_sound(after, ignored=[*retimed, *by_hand])
    assert checked.wrong == []
    assert checked.clips == 40 - 2 - 1 - 2
    assert others(after)[1:] == others(document)[1:]
    assert {path: path.read_bytes() for path in files} == files
    assert not {
        Path(row["path"]).name for row in table if row["outcome"] in {"moved", "re-cut", "re-made"}
    } & {path.name for path in files}
    (left,) = [one for one in r.lying(after, "Foley: foley") if r.file_of(one.item).name in by_hand]
    was = table[31]["found"]["record_start"]["value"] - r.START
    assert (left.start, table[31]["to"]["record_start"]["value"] - r.START) == (was, was)
    muted = [one for name in r.foley_tracks(after) for one in r.lying(after, name) if not one.item["enabled"]]
    assert [r.file_of(one.item).name for one in muted] == [Path(table[28]["path"]).name]

    faster = at_rate(after, 24)
    back, table, _ = refresh(foley, tmp_path, faster, "third")
    assert calls(log) == 44
    assert {row["outcome"] for row in table} <= {"re-cut", "left as edited"}
    seconds = [
        abs(one.start / 24 - other.start / 25)
        for name in r.foley_tracks(after)
        for one, other in zip(r.lying(back, name), r.lying(after, name), strict=True)
    ]
    assert max(seconds) < 1 / 24


def at_rate(document: r.Json, rate: int) -> r.Json:
    """DOCUMENT as a tool makes it that takes every time to its own rate and rounds it."""
    edit = copy.deepcopy(document)
    for track in edit["tracks"]["children"]:
        at = Fraction(0)
        done = 0
        for item in track["children"]:
            used = item["source_range"]
            at += Fraction(used["duration"]["value"]) / r.RATE
            end = round(at * rate)
            used["start_time"] = r.time(round(used["start_time"]["value"] * rate / r.RATE), rate)
            used["duration"] = r.time(end - done, rate)
            done = end
    edit["global_start_time"] = r.time(3600 * rate, rate)
    return edit


def bare(document: r.Json) -> r.Json:
    """DOCUMENT as a tool writes it that keeps nothing of what others have written."""
    edit = copy.deepcopy(document)
    for track in edit["tracks"]["children"]:
        track["metadata"] = {}
        for item in track["children"]:
            item["metadata"] = {}
    return edit


@pytest.mark.slow
def test_takes_are_known_by_their_files_where_a_tool_drops_metadata(
    foley: Foley, media: list[Path], tmp_path: Path
) -> None:
    shots = [r.shot(media[number], 100 + 60 * number, 40) for number in range(3)]
    document = bare(first_run(foley, tmp_path, shots, [0, 1, 2]))
    document["tracks"]["children"][0]["children"] = [shots[2], shots[0]]
    after, table, _ = refresh(foley, tmp_path, document, "second")
    assert [row["outcome"] for row in table] == ["moved", "dropped", "moved"]
    assert r.check_sound(after).wrong == []
    assert calls(tmp_path / "log") == 3
    again, table, _ = refresh(foley, tmp_path, bare(after), "third")
    assert [row["outcome"] for row in table] == ["kept", "kept"]
    assert again == bare(after)


@pytest.mark.slow
def test_takes_of_an_older_foleyd_are_kept_while_their_picture_looks_the_same(
    foley: Foley, media: list[Path], tmp_path: Path
) -> None:
    """They know only the fingerprint of what they were made for."""
    shots = [r.shot(media[number], 100, 40) for number in range(2)]
    document = first_run(foley, tmp_path, shots, [0, 1])
    for one in r.lying(document, "Foley: foley"):
        notes = one.item["metadata"]["foleyd"]
        for key in ("record", "file", "picture", "number", "enabled", "text_only"):
            del notes[key]
        notes["schema"] = 1
    document["tracks"]["children"][0]["children"][1] = r.shot(media[2], 100, 40)
    after, table, _ = refresh(foley, tmp_path, document, "second")
    assert [(row["outcome"], row["from"]) for row in table] == [("kept", None), ("re-made", None)]
    assert r.lying(after, "Foley: foley")[0].item == r.lying(document, "Foley: foley")[0].item
    assert calls(tmp_path / "log") == 3
    assert r.check_sound(after).wrong == []


@pytest.mark.slow
def test_what_cannot_be_made_anew_lies_as_it_did(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    shots = [r.shot(media[number], 100, 40) for number in range(2)]
    document = first_run(foley, tmp_path, shots, [0, 1])
    back = copy.deepcopy(document)
    back["tracks"]["children"][0]["children"] = [r.shot(tmp_path / "gone.mp4", 100, 40), shots[1]]
    path = r.write(tmp_path / "back.otio", back)
    answer = foley.run("timeline", path, "-o", tmp_path / "out.otio", "--refresh", *QUICK)
    assert answer.code == 4, answer.err
    assert [row["outcome"] for row in answer.json["refreshed"]] == ["failed", "kept"]
    assert r.read(tmp_path / "out.otio")["tracks"]["children"][1:] == document["tracks"]["children"][1:]


@pytest.mark.slow
def test_a_sound_that_was_cut_up_is_made_anew_in_one(foley: Foley, media: list[Path], tmp_path: Path) -> None:
    """Both halves of a take ask for the same new one: it lies there once, and not twice as loud."""
    document = first_run(foley, tmp_path, [r.shot(media[0], 100, 40), r.shot(media[1], 100, 40)], [0, 1])
    back = copy.deepcopy(document)
    sound = back["tracks"]["children"][2]["children"]
    half = copy.deepcopy(sound[0])
    used = half["source_range"]
    sound[0]["source_range"]["duration"]["value"] = 15.0
    used["start_time"]["value"] += 15
    used["duration"]["value"] -= 15
    sound.insert(1, half)
    back["tracks"]["children"][0]["children"][0] = r.shot(media[0], 300, 40)
    after, table, _ = refresh(foley, tmp_path, back, "second")
    assert [row["outcome"] for row in table] == ["re-made", "dropped", "kept"]
    assert table[1]["why"].endswith("; it is made anew in one with another part of it")
    assert r.foley_tracks(after) == ["Foley: foley"]
    assert [(one.start, one.end) for one in r.lying(after, "Foley: foley")] == [(0, 40), (40, 80)]
    assert r.check_sound(after).wrong == []
    back["tracks"]["children"][0]["children"][0] = r.shot(tmp_path / "gone.mp4", 100, 40)
    path = r.write(tmp_path / "lost.otio", back)
    answer = foley.run("timeline", path, "-o", tmp_path / "lost-out.otio", "--refresh", *QUICK)
    assert answer.code == 4, answer.err
    assert [row["outcome"] for row in answer.json["refreshed"]] == ["failed", "failed", "kept"]
    assert r.read(tmp_path / "lost-out.otio")["tracks"]["children"][2] == back["tracks"]["children"][2]
