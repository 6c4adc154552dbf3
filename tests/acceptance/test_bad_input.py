"""Bad input through the real command and a real daemon: one sentence, exit code 2, nothing left, no harm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote

import av
import numpy as np
import pytest

from acceptance.command import Foley, check_refused, check_sentence
from clipmaker import make_clip

MEBIBYTE = 2**20

pytestmark = pytest.mark.usefixtures("stays_small", "unharmed")


# ------------------------------------------------------------------------------------------ media


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 48_000
        container.mux(stream.encode(silence))
        container.mux(stream.encode())


MEDIA: dict[str, tuple[Callable[[Path, bytes], object], str, str]] = {
    "truncated": (lambda path, whole: path.write_bytes(whole[: len(whole) // 2]), "MEDIA_UNREADABLE", "copy"),
    "empty": (lambda path, _: path.write_bytes(b""), "MEDIA_UNREADABLE", "is empty: copy or export it again"),
    "text": (lambda path, _: path.write_text("Dear diary,\n" * 99), "MEDIA_UNREADABLE", "not a video"),
    "zeros": (lambda path, _: path.write_bytes(bytes(100_000)), "MEDIA_UNREADABLE", "not a video"),
    "sound": (lambda path, _: sound_only(path), "NO_PICTURE", "only sound: choose a video"),
    "folder": (lambda path, _: path.mkdir(), "MEDIA_UNREADABLE", "name the media file itself"),
    "absent": (lambda path, _: path, "MEDIA_MISSING", "correct the path"),
}


@pytest.mark.parametrize("kind", MEDIA)
def test_a_file_that_is_no_video_is_named(foley: Foley, clip: Path, tmp_path: Path, kind: str) -> None:
    make, reason, words = MEDIA[kind]
    path = tmp_path / f"{kind}.mp4"
    make(path, clip.read_bytes())
    code = "NOT_FOUND" if reason == "MEDIA_MISSING" else "INVALID_ARGUMENT"
    check_refused(foley.generate(path), code, reason, str(path), words)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(foley: Foley, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    check_refused(
        foley.generate("pipe.mp4"), "INVALID_ARGUMENT", "MEDIA_UNREADABLE", "pipe.mp4 is not a file"
    )
    os.mkfifo(tmp_path / "pipe.otio")
    words = ("timeline", "pipe.otio", "-o", "out.otio", "--prompt", "rain", "--json")
    check_refused(foley.run(*words), "INVALID_ARGUMENT", "INPUT_INVALID", "pipe.otio is no file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(foley: Foley, tmp_path: Path) -> None:
    (tmp_path / "locked.mp4").touch(mode=0)
    answer = foley.generate("locked.mp4")
    check_refused(answer, "INVALID_ARGUMENT", "MEDIA_UNREADABLE", "locked.mp4", "permission")


def test_a_name_that_no_disk_takes_is_refused(foley: Foley) -> None:
    answer = foley.generate("x" * 260 + ".mp4")
    check_refused(answer, "INVALID_ARGUMENT", "MEDIA_UNREADABLE", "cannot be opened", "correct the path")


def test_a_name_with_a_line_end_makes_one_line(foley: Foley) -> None:
    answer = foley.generate("two\nlines \x1b[31m.mp4")
    assert answer.code == 2
    check_sentence(answer.sentence, r"two\nlines \x1b[31m.mp4 is not there")
    assert "two\nlines" in answer.json["error"]["message"]


@pytest.mark.parametrize("name", ["two words", "take #2 100%", "%20", "雨の音 Straße 🥁"])
def test_any_name_of_a_file_works(foley: Foley, clip: Path, tmp_path: Path, name: str) -> None:
    video = shutil.copy(clip, tmp_path / f"{name}.mp4")
    answer = foley.generate(video, "-o", tmp_path / f"of {name}")
    assert answer.code == 0, answer.err
    take = Path(answer.json["cues"][0]["takes"][0]["path"])
    assert take.parent == tmp_path / f"of {name}"
    assert take.name.startswith(name)
    assert take.stat().st_size > 96_000 * 3
    reference = json.loads(Path(answer.json["otio"]).read_text())
    assert unquote(json.dumps(reference, ensure_ascii=False)).count(f"/{name}.mp4") >= 1
    shutil.rmtree(take.parent)


# ----------------------------------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        ("1", "1", "00:00:01:00 to 00:00:01:00 is empty"),
        ("1.6", "1", "00:00:01:15 to 00:00:01:00 ends before it starts; swap the two times"),
        ("1", "9", "reaches outside of flashes.mp4, which lasts from 00:00:00:00 to 00:00:02:00"),
        ("5", "9", "reaches outside of flashes.mp4"),
        ("00:00:00:99", "1", "--in: timecode 00:00:00:99 is out of range at 25 frames a second"),
        ("-1", "1", "--in: '-1' is not timecode"),
        ("nan", "1", "--in: 'nan' is not timecode"),
        ("0", "1e999", "--out: '1e999' is not timecode"),
    ],
)
def test_a_range_that_cannot_be_is_named(foley: Foley, clip: Path, begin: str, end: str, words: str) -> None:
    answer = foley.generate(clip, "--in", begin, "--out", end)
    check_refused(answer, "INVALID_ARGUMENT", "RANGE_INVALID", words)


def test_a_range_of_one_frame_works(foley: Foley, clip: Path, tmp_path: Path) -> None:
    answer = foley.generate(clip, "--in", "1", "--out", "1.04")
    assert answer.code == 0, answer.err
    (cue,) = answer.json["cues"]
    assert (cue["record_start"]["value"], cue["duration"]["value"]) == (25, 1)
    assert cue["takes"][0]["cue_samples"] == 1920
    shutil.rmtree(tmp_path / "out")


# ------------------------------------------------------------------------------------- the prompt


@pytest.mark.parametrize(
    ("prompt", "reason", "words"),
    [
        ("rain " * 2000, "SPOTTING_INVALID", "the prompt has 10,000 characters, more than 2,000: shorten it"),
        ("rain\x07\x1b[31m", "SPOTTING_INVALID", "the control character U+0007: remove it"),
        ("  \n\t ", "SPOTTING_INVALID", "the prompt is empty: say what should be heard"),
        ("fx:", "SPOTTING_INVALID", "the prompt is empty"),
        ("🥁🔥", "PROMPT_INVALID", "names no sound; name one in English, of footsteps"),
        ("雨の音", "PROMPT_INVALID", "names no sound that the procedural engine knows ('雨の音')"),
    ],
)
def test_a_prompt_that_cannot_be_is_refused(
    foley: Foley, clip: Path, prompt: str, reason: str, words: str
) -> None:
    answer = foley.generate(clip, "--prompt", prompt, engine="procedural")
    check_refused(answer, "INVALID_ARGUMENT", reason, words)


@pytest.mark.parametrize("prompt", ["rain 🥁 on a roof", "rain\nand\tthunder", "pluie, rain, 雨"])
def test_a_prompt_with_odd_letters_works(foley: Foley, clip: Path, tmp_path: Path, prompt: str) -> None:
    answer = foley.generate(clip, "--prompt", prompt, engine="procedural")
    assert answer.code == 0, answer.err
    assert answer.json["cues"][0]["prompt"] == " ".join(prompt.split())
    shutil.rmtree(tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "code", "reason", "said"),
    [
        (
            ["--engine", "none"],
            "NOT_FOUND",
            "ENGINE_UNKNOWN",
            "there is no engine 'none'; installed",
        ),
        (["--engine", "unready"], "FAILED_PRECONDITION", "ENGINE_NOT_READY", "run foley fetch unready"),
        (["--option", "a=1"], "INVALID_ARGUMENT", "OPTION_INVALID", "has no option 'a'"),
        (["--layer", "music"], "INVALID_ARGUMENT", "REQUEST_INVALID", "there are foley, fx, ambience"),
        (["--loudness", "nan"], "INVALID_ARGUMENT", "LOUDNESS_INVALID", "'nan' is no loudness; give LUFS"),
        (["--handles", "99999"], "INVALID_ARGUMENT", "REQUEST_INVALID", "give 0 to 3600"),
        (["--takes", "99"], "INVALID_ARGUMENT", "USAGE", "--takes"),
    ],
)
def test_what_cannot_be_asked_for_is_named(
    foley: Foley, clip: Path, words: list[str], code: str, reason: str, said: str
) -> None:
    check_refused(foley.generate(clip, *words), code, reason, said)


# -------------------------------------------------------------------------------------- the output


@pytest.mark.parametrize("place", ["taken", "taken/deeper", "z" * 300, "new/" + "z" * 300, "nowhere"])
def test_an_output_that_cannot_be_made_is_named(foley: Foley, clip: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "nowhere").symlink_to("/nowhere/at/all")
    answer = foley.generate(clip, "-o", tmp_path / place)
    words = "too long" if "z" in place else "is not a folder; choose another place"
    check_refused(answer, "FAILED_PRECONDITION", "OUTPUT_NOT_WRITABLE", str(tmp_path), words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nowhere", "taken"]
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte in memory; only root may mount it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def leave(disk: Path, free: int) -> None:
    room = os.statvfs(disk)
    (disk / "full").write_bytes(bytes(room.f_bavail * room.f_frsize - free))


@pytest.mark.parametrize("free", [0, 100_000, 300_000])
def test_a_full_disk_is_said_to_be_full(foley: Foley, clip: Path, disk: Path, free: int) -> None:
    """Seen beforehand where the takes do not fit, else while the rest is written."""
    leave(disk, free)
    answer = foley.run(
        "generate", clip, "-o", disk / "out", "--prompt", "rain", "--engine", "fake", "--mix", "--json"
    )
    check_refused(answer, "FAILED_PRECONDITION", "DISK_FULL", str(disk), "free some space there")
    assert [path.name for path in disk.iterdir()] == ["full"]


def test_a_read_only_disk_is_said_to_be_read_only(foley: Foley, clip: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    answer = foley.generate(clip, "-o", disk / "out")
    check_refused(answer, "FAILED_PRECONDITION", "OUTPUT_NOT_WRITABLE", str(disk), "cannot be written to")


# ------------------------------------------------------------------------------- files that change


def busy_clip(path: Path, frames: int) -> Path:
    """Noise that moves: a file large enough to be cut off while it is read."""
    noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    return make_clip(path, frames=frames, size=(96, 96), draw=lambda n: np.roll(noise, 5 * n, axis=1))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busy_clip(tmp_path_factory.mktemp("busy") / "busy.mp4", 1500)


@pytest.mark.parametrize(
    ("sign", "act", "code", "reason"),
    [
        ("spot:", lambda path: path.unlink(missing_ok=True), "NOT_FOUND", "MEDIA_MISSING"),
        ("see:", lambda path: path.unlink(missing_ok=True), "NOT_FOUND", "MEDIA_MISSING"),
        ("look up:", lambda path: os.truncate(path, path.stat().st_size // 3), "", "MEDIA_UNREADABLE"),
    ],
)
def test_a_file_that_vanishes_or_shrinks_under_way_is_named(
    foley: Foley, busy: Path, tmp_path: Path, sign: str, act: Callable[[Path], object], code: str, reason: str
) -> None:
    path = tmp_path / "changing.mp4"
    shutil.copy(busy, path)
    words = ("-o", "out", "--prompt", "rain", "--engine", "fake", "--json")
    answer = foley.generate_until(sign, lambda: act(path), path, *words)
    check_refused(answer, code or "INVALID_ARGUMENT", reason, str(path))


# ------------------------------------------------------------------------------------- long files


def long_file(path: Path, seconds: int, rate: int = 10) -> Path:
    """Keyframes of noise, the same few again and again, each encoded once: 3 hours in a second."""
    seed = busy_clip(path.with_suffix(".seed.mp4"), 10)
    with av.open(str(seed)) as reader, av.open(str(path), "w") as writer:
        source = reader.streams.video[0]
        stream = writer.add_stream("mjpeg", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 96, 96, "yuvj420p"
        frames = [frame.reformat(format="yuvj420p") for frame in reader.decode(source)]
        encoded = []
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, rate)
            encoded += [bytes(packet) for packet in stream.encode(frame)]
        for number in range(seconds * rate):
            packet = av.Packet(encoded[number % len(encoded)])
            packet.stream, packet.time_base = stream, Fraction(1, rate)
            packet.pts = packet.dts = number
            packet.duration, packet.is_keyframe = 1, True
            writer.mux(packet)
    seed.unlink()
    return path


def bytes_read(pid: int) -> int:
    """Bytes that process PID has read, from whatever."""
    facts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(facts["rchar"])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts bytes in /proc")
def test_five_seconds_of_three_hours_touch_that_part_alone(foley: Foley, tmp_path: Path) -> None:
    path = long_file(tmp_path / "long.mov", 3 * 3600)
    worker = foley.worker().pid
    before = bytes_read(worker)
    answer = foley.generate(path, "--in", "02:00:00:00", "--out", "02:00:05:00")
    assert answer.code == 0, answer.err
    assert answer.json["cues"][0]["duration"]["value"] == 50
    read, size = bytes_read(worker) - before, path.stat().st_size
    assert size > 100 * MEBIBYTE
    assert read < size / 10, f"{read} of {size} bytes"
    shutil.rmtree(tmp_path / "out")
